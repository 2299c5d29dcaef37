import pytest

from cards.source import (
    TOO_DEEP,
    UnreadableSource,
    Unusable,
    fetched_page,
    open_page,
    open_source,
    source_of,
    unavailable,
)
from tests.cards.build import as_json, bundle, observation, patient

WARNING = {"resourceType": "OperationOutcome", "issue": [{"severity": "warning"}]}
ERROR = {"resourceType": "OperationOutcome", "issue": [{"severity": "error"}]}
INCOMPLETE = {
    "resourceType": "OperationOutcome",
    "issue": [{"severity": "warning", "code": "incomplete"}],
}
NO_RESULTS = {
    "resourceType": "OperationOutcome",
    "issue": [{"severity": "warning", "code": "not-found"}],
}
WITHHELD = [
    "security",
    "login",
    "unknown",
    "expired",
    "forbidden",
    "suppressed",
    "transient",
    "lock-error",
    "no-store",
    "exception",
    "timeout",
    "incomplete",
    "throttled",
    "too-costly",
]
NO_ISSUE = {"resourceType": "OperationOutcome"}
BAD_ISSUE = {"resourceType": "OperationOutcome", "issue": "none"}
NEXT = [{"relation": "self"}, {"relation": " Next ", "url": "https://ehr.example/fhir?page=2"}]


def opened(value, key="observations"):
    return open_source(key, value if isinstance(value, bytes) else as_json(value))


@pytest.mark.parametrize(
    "value",
    [None, b" null ", bundle(), bundle(entry=None), {"resourceType": "Bundle", "entry": None}],
)
def test_null_and_a_bundle_without_entries_are_an_answer_nothing(value):
    source = opened(value)
    assert (source.outcome, source.reason, source.entries) == ("complete", None, ())


@pytest.mark.parametrize(
    ("value", "outcome", "reason", "entries"),
    [
        (WARNING, "complete", None, 0),
        (ERROR, "unavailable", "ehrError", 0),
        (NO_ISSUE, "unavailable", "ehrError", 0),
        (BAD_ISSUE, "unavailable", "ehrError", 0),
        (bundle(WARNING, total=0), "complete", None, 0),
        (bundle(ERROR), "unavailable", "ehrError", 0),
        (bundle(observation(), ERROR), "partial", "ehrErrorBeside", 1),
        (bundle(observation(), WARNING), "complete", None, 1),
        (bundle(observation(), INCOMPLETE), "partial", "ehrErrorBeside", 1),
        (bundle(NO_RESULTS), "complete", None, 0),
        (bundle(INCOMPLETE), "unavailable", "ehrError", 0),
        (bundle({"id": "OperationOutcome"}), "complete", None, 1),
        (bundle({"resourceType": 1, "id": "OperationOutcome"}), "complete", None, 1),
        (bundle(observation(), link=NEXT), "partial", "morePages", 1),
        (bundle(observation(), link=[{"relation": "self"}]), "complete", None, 1),
        (bundle(observation(), link=[{"relation": 5}]), "partial", "morePages", 1),
        (bundle(observation(), link={"relation": "self"}), "partial", "morePages", 1),
        (bundle(observation(), total=1), "complete", None, 1),
        (bundle(observation(), total="1"), "complete", None, 1),
        (bundle(observation(), total=2), "partial", "fewerThanTotal", 1),
        (bundle(observation(), total=[]), "partial", "fewerThanTotal", 1),
        (bundle(observation(), total=-1), "complete", None, 1),
        (bundle(total=-1), "complete", None, 0),
        (bundle(entry={"resource": observation()}), "complete", None, 1),
    ],
)
def test_the_outcome_tells_whether_a_bundle_was_all_there_is(value, outcome, reason, entries):
    source = opened(value)
    assert (source.outcome, source.reason) == (outcome, reason)
    assert len(source.entries) == entries


@pytest.mark.parametrize("severity", ["warning", "information"])
@pytest.mark.parametrize("code", WITHHELD)
def test_a_warning_that_something_is_withheld_is_no_complete_answer(code, severity):
    issue = {"severity": severity, "code": code}
    outcome = {"resourceType": "OperationOutcome", "issue": [issue]}
    assert opened(bundle(outcome)).outcome == "unavailable"
    assert opened(bundle(observation(), outcome)).outcome == "partial"
    assert opened(outcome).outcome == "unavailable"


def test_an_included_resource_is_no_match_that_the_total_counts():
    include = {"resource": observation("crp"), "search": {"mode": "include"}}
    source = opened(bundle(total=2, entry=[{"resource": observation()}, include]))
    assert (source.outcome, len(source.entries)) == ("partial", 2)


@pytest.mark.parametrize("key", ["patient", "user"])
def test_a_read_gives_its_one_resource(key):
    source = opened(patient(), key)
    assert (source.outcome, len(source.entries)) == ("complete", 1)


@pytest.mark.parametrize(
    ("key", "value", "sentence"),
    [
        ("observations", observation(), "a Bundle or null was expected"),
        ("patient", observation(), "a Patient or null was expected"),
        ("observations", [], "a FHIR resource or null was expected"),
        ("observations", {}, "a FHIR resource or null was expected"),
        ("observations", b"{", "a FHIR resource or null was expected"),
        ("observations", b'{"resourceType": "\xff"}', "a FHIR resource or null was expected"),
        ("observations", b'{"a":' * 5000 + b"1" + b"}" * 5000, "a FHIR resource or null"),
        ("observations", bundle(entry="none"), "Bundle.entry must be an array"),
        (
            "observations",
            b'{"resourceType":"Bundle","entry":[{"resource":{}}],"entry":[]}',
            "a member stands twice in the Bundle",
        ),
    ],
)
def test_what_is_no_answer_to_the_template_is_the_callers_error(key, value, sentence):
    with pytest.raises(UnreadableSource, match=sentence) as caught:
        opened(value, key)
    assert caught.value.key == key
    assert str(caught.value).startswith(f"prefetch.{key}: ")


@pytest.mark.parametrize(
    ("item", "raw"),
    [
        ({"resource": {"id": "a"}, "search": "match"}, b'{"id": "a"}'),
        ({"fullUrl": 5}, b""),
        ({}, b""),
        (None, b"null"),
        ("text", b'"text"'),
    ],
)
def test_an_entry_that_cannot_be_opened_keeps_its_bytes(item, raw):
    assert [e.raw for e in opened(bundle(entry=[item])).entries] == [raw]


@pytest.mark.parametrize("name", [b"resource", b"reso\\u0075rce"])
def test_of_two_resources_in_one_entry_neither_is_taken(name):
    one, other = b'{"resource":{"id":"a"}', b'"' + name + b'":{"id":"b"}}'
    two = b'{"resourceType":"Bundle","entry":[' + one + b"," + other + b"]}"
    assert [e.raw for e in opened(two).entries] == [b"[]"]


def test_a_resource_that_speaks_of_a_resource_is_taken():
    source = opened(bundle({"resourceType": "Basic", "resource": "x"}))
    assert b'"Basic"' in source.entries[0].raw


def test_an_entry_keeps_the_url_it_was_sent_under():
    source = opened(bundle(entry=[{"fullUrl": "urn:uuid:1", "resource": patient()}]))
    assert source.entries[0].full_url == "urn:uuid:1"


def test_a_source_that_could_not_be_had_says_why():
    source = unavailable("conditions", "absent")
    assert (source.key, source.outcome, source.reason) == ("conditions", "unavailable", "absent")


def test_the_mark_of_a_cut_subtree_is_a_json_string():
    assert TOO_DEEP.startswith(b'"\\u0000')


@pytest.mark.parametrize("rest", [{}, {"resourceType": "Banana", "id": "b"}])
def test_a_page_sent_twice_does_not_make_up_for_one_that_was_not(rest):
    sent = [observation("hb", id="a"), observation("hb", id="b")]
    extra = [rest] if rest else []
    page = bundle(*sent, *sent, *extra) | {"total": 4 + len(extra)}
    assert open_source("observations", as_json(page)).reason == "fewerThanTotal"
    whole = bundle(*sent, *extra) | {"total": 2 + len(extra)}
    assert open_source("observations", as_json(whole)).outcome == "complete"


# -- several pages, and what was fetched -----------------------------------------------------------


def page(*held, **members):
    return open_page("observations", as_json(bundle(*held, **members)))


ONE, TWO = observation("hb", id="a"), observation("crp", id="b")


@pytest.mark.parametrize(
    ("pages", "stopped", "outcome", "reason"),
    [
        ([page(ONE, link=NEXT), page(TWO)], None, "complete", None),
        ([page(ONE, link=NEXT), page(TWO, link=NEXT)], None, "partial", "morePages"),
        ([page(ONE, link=NEXT)], "ehrLate", "partial", "ehrLate"),
        ([page(ONE, link=NEXT, total=2), page(TWO)], None, "complete", None),
        ([page(ONE, link=NEXT, total=2), page(ONE)], None, "partial", "fewerThanTotal"),
        ([page(ONE, link=NEXT, total=2), page(TWO, total=3)], None, "partial", "fewerThanTotal"),
        ([page(ONE, link=NEXT, total=3), page(TWO, total=-1)], None, "partial", "fewerThanTotal"),
        ([page(ONE, link=NEXT), page(ERROR)], None, "partial", "ehrErrorBeside"),
        ([page(link=NEXT), page(ERROR)], None, "unavailable", "ehrError"),
        ([], "ehrRefused", "unavailable", "ehrRefused"),
        ([], None, "unavailable", "absent"),
    ],
)
def test_pages_are_complete_only_to_their_very_end(pages, stopped, outcome, reason):
    source = source_of("observations", pages, stopped)
    assert (source.outcome, source.reason) == (outcome, reason)
    if outcome == "complete":
        assert len(source.entries) == 2


def test_a_page_read_whole_and_one_read_entry_by_entry_count_a_resource_once():
    odd = bundle(ONE, {"resourceType": "Banana", "id": "b"}, total=3)
    assert open_page("observations", as_json(odd)).named == {
        ("Observation", "a"),
        ("Banana", "b"),
    }
    both = [page(ONE, link=NEXT, total=3), open_page("observations", as_json(odd))]
    assert source_of("observations", both).reason == "fewerThanTotal"


SEARCH = "Observation?patient=p1"


@pytest.mark.parametrize("answer", [bundle(), bundle(ONE), bundle(ONE, patient()), bundle(WARNING)])
def test_a_fetched_searchset_is_a_page(answer):
    assert not fetched_page("observations", as_json(answer), SEARCH).failed


def test_an_outcome_in_place_of_what_was_fetched_is_a_failure():
    assert fetched_page("observations", as_json(ERROR), SEARCH).failed
    assert fetched_page("patient", as_json(ERROR), "Patient/p1").failed
    assert not fetched_page("patient", as_json(WARNING), "Patient/p1").failed


@pytest.mark.parametrize(
    ("key", "asked", "answer", "reason"),
    [
        ("observations", SEARCH, None, "ehrUnreadable"),
        ("observations", SEARCH, patient(), "ehrUnreadable"),
        ("observations", SEARCH, bundle(patient()), "ehrUnreadable"),
        ("observations", SEARCH, [], "ehrUnreadable"),
        ("patient", "Patient/p1", None, "ehrUnreadable"),
        ("patient", "Patient/p1", bundle(patient()), "ehrUnreadable"),
        ("patient", "Patient/p1", patient(id="p2"), "ehrOtherPatient"),
        ("patient", "Patient/p1", patient(id=7), "ehrUnreadable"),
        ("user", "Practitioner/d", patient(), "ehrUnreadable"),
        ("user", "Practitioner/d", {"resourceType": "Practitioner", "id": "e"}, "ehrUnreadable"),
    ],
)
def test_a_fetched_answer_to_another_question_is_not_used(key, asked, answer, reason):
    with pytest.raises(Unusable) as caught:
        fetched_page(key, as_json(answer), asked)
    assert caught.value.reason == reason


def test_what_cannot_be_told_what_it_is_is_left_to_the_reading():
    sent = fetched_page("observations", as_json(bundle({"id": "x"})), SEARCH)
    assert [entry.kind for entry in sent.entries] == [None]


@pytest.mark.parametrize(
    ("held", "members", "outcome"),
    [
        ([ONE], {}, "complete"),
        ([ONE, TWO], {}, "partial"),
        ([ONE, TWO], {"total": 2}, "complete"),
        ([ONE, TWO], {"total": -1}, "partial"),
        ([ONE, TWO], {"total": "-1"}, "partial"),
        ([ONE, TWO], {"total": 1}, "partial"),
        ([ONE, TWO, observation("hb", id="c")], {}, "complete"),
    ],
    ids=[
        *("less", "full", "full and all", "not counted", "not counted, as text"),
        *("counted wrongly", "more than asked for"),
    ],
)
def test_a_page_full_to_the_brim_without_a_total_need_not_be_all(held, members, outcome):
    source = source_of("observations", [page(*held, **members)], size=2)
    assert (source.outcome, source.reason or "morePages") == (outcome, "morePages")
