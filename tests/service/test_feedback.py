"""service.feedback: the standard's shape, real clients' shapes, and what is wrong, item by item."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.errors import BadRequest
from service.feedback import MOST, Teller, read_feedback
from service.pseudonyms import Pseudonyms
from tests.service.asking import JSON, PATIENT_VIEW
from tests.service.keeping import SECRET, Kept, accepted, overridden

CARD = "4e0a3a1e-3283-4575-ab82-028d55fe2719"
OTHER = "9368d37b-283f-44a0-93ea-547cebab93ed"
RECEIVED = 1_800_000_000_000
TELLER = Teller("A", "svf-patient-view", RECEIVED, Pseudonyms((SECRET,)))
CANARY = "Canary-Testsson-191212121212"
FEEDBACK = f"{PATIENT_VIEW}/feedback"

ACCEPTED = {
    "card": CARD,
    "outcome": "accepted",
    "acceptedSuggestions": [{"id": OTHER}],
    "outcomeTimestamp": "2026-03-02T14:30:00Z",
}
OVERRIDDEN = {"card": CARD, "outcome": "overridden", "outcomeTimestamp": "2026-03-02T14:30:00Z"}
REASON = {"reason": {"code": "explained", "system": "https://a.example/reasons"}}


def read(*items):
    return read_feedback(json.dumps({"feedback": list(items)}).encode(), TELLER)


def one(**members):
    (entry,) = read({**OVERRIDDEN, **members}).entries
    return entry


def fault(**members):
    found = read({**OVERRIDDEN, **members})
    assert found.entries == ()
    (only,) = found.faults
    return only.expression


def test_an_accepted_suggestion_is_read():
    (entry,) = read(ACCEPTED).entries
    assert (entry.card, entry.outcome, entry.suggestion) == (CARD, "accepted", OTHER)
    assert (entry.client, entry.service, entry.received) == ("A", "svf-patient-view", RECEIVED)
    assert entry.at == 1_772_461_800_000


def test_each_accepted_suggestion_is_an_entry_and_none_stands_twice():
    several = {**ACCEPTED, "acceptedSuggestions": [{"id": OTHER}, {"id": CARD}, {"id": OTHER}]}
    assert [e.suggestion for e in read(several).entries] == [OTHER, CARD]


def test_a_card_accepted_without_a_suggestion_is_one_entry():
    (entry,) = read({**ACCEPTED, "acceptedSuggestions": []}).entries
    assert entry.suggestion is None


@pytest.mark.parametrize("member", ["overrideReason", "overrideReasons"])
@pytest.mark.parametrize("several", [False, True])
def test_a_reason_is_read_in_either_spelling(member, several):
    if several and member == "overrideReason":
        assert fault(overrideReason=[REASON]) == "feedback[0]"
        return
    entry = one(**{member: [REASON] if several else REASON})
    assert (entry.reason_system, entry.reason) == ("https://a.example/reasons", "explained")


def test_a_dismissal_without_a_reason_is_valid():
    assert (one().reason, one().commented) == (None, False)
    assert one(overrideReason={}).reason is None
    assert one(overrideReasons=[]).reason is None


@pytest.mark.parametrize(
    ("extension", "code"),
    [
        (
            {"reasonTitle": "Does not meet criteria", "reasonCategory": "45"},
            "Does not meet criteria",
        ),
        ({"reasonTitle": "", "reasonDisplay": "Other"}, "Other"),
        ({"reasonCategory": "45"}, "45"),
        ({"reasonCategory": 45}, None),
        ({}, None),
    ],
)
def test_a_reason_that_epic_built_is_read_from_its_extension(extension, code):
    named = {f"com.epic.cdshooks.feedback.overrideReason.{k}": v for k, v in extension.items()}
    entry = one(overrideReasons={"extension": named, "userComment": "free text"})
    assert (entry.reason, entry.commented) == (code, True)


def test_a_reason_may_lack_its_system_and_have_any_display():
    entry = one(overrideReason={"reason": {"code": "x", "display": CANARY}})
    assert (entry.reason, entry.reason_system) == ("x", None)
    assert CANARY not in repr(entry)


@pytest.mark.parametrize("code", [CANARY, "x" * 65, "19121212-1212 1", "a\u0000b", "<b>"])
def test_a_code_that_may_tell_of_a_person_is_kept_as_other(code):
    assert one(overrideReason={"reason": {"code": code, "system": "a b"}}).reason == "other"
    assert one(overrideReason={"reason": {"code": code, "system": "a b"}}).reason_system is None


@pytest.mark.parametrize("spelling", [CARD.upper(), f"urn:uuid:{CARD}", f" {CARD} "])
def test_a_uuid_is_the_same_in_every_spelling(spelling):
    assert one(card=spelling).id == one().id


def test_an_id_that_is_no_uuid_is_kept_as_a_hash():
    assert one(card="123456").card == one(card="123456").card != one(card="123457").card
    assert one(card=CANARY).card.startswith("#")
    assert len(one(card=CANARY).card) <= 36


def test_the_same_instant_written_otherwise_is_the_same_entry():
    again = one(outcomeTimestamp="2026-03-02T15:30:00.000+01:00")
    assert again.id == one().id
    assert one(outcomeTimestamp="2026-03-02T14:30:01Z").id != one().id


def test_a_clock_that_is_ahead_does_not_make_it_later_than_it_was_received():
    assert one(outcomeTimestamp="2199-01-01T00:00:00Z").at == RECEIVED


@pytest.mark.parametrize(
    ("members", "place"),
    [
        ({"outcome": "ignored"}, "feedback[0].outcome"),
        ({"outcome": None}, "feedback[0]"),
        ({"card": 1}, "feedback[0]"),
        ({"card": " "}, "feedback[0].card"),
        ({"outcomeTimestamp": "2026-03-02"}, "feedback[0].outcomeTimestamp"),
        ({"outcomeTimestamp": "2026-03-02T14:30:00"}, "feedback[0].outcomeTimestamp"),
        ({"outcomeTimestamp": "2026-02-30T14:30:00Z"}, "feedback[0].outcomeTimestamp"),
        ({"outcome": "accepted"}, "feedback[0].acceptedSuggestions"),
        ({"outcome": "accepted", "acceptedSuggestions": [{}]}, "feedback[0]"),
        ({"overrideReason": "explained"}, "feedback[0]"),
    ],
)
def test_an_item_that_cannot_be_read_is_named(members, place):
    assert fault(**members) == place


def test_the_valid_items_of_a_batch_are_read():
    found = read(OVERRIDDEN, 1, ACCEPTED, {**OVERRIDDEN, "outcome": "x"})
    assert [e.outcome for e in found.entries] == ["overridden", "accepted"]
    assert [f.expression for f in found.faults] == ["feedback[1]", "feedback[3].outcome"]


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{}", b'{"feedback":1}', b'{"feedback":{}}', b'{"feedback":1e999}']
)
def test_a_body_without_a_list_of_feedback_is_refused(body):
    with pytest.raises(BadRequest):
        read_feedback(body, TELLER)


def test_a_list_out_of_range_and_one_that_is_too_long_are_refused():
    assert read_feedback(b'{"feedback":[],"x":1e999}', TELLER).entries == ()
    with pytest.raises(BadRequest):
        read(*[OVERRIDDEN] * (MOST + 1))


@given(st.lists(st.sampled_from(range(6)), max_size=12))
def test_repeated_and_out_of_order_is_the_same_set(order):
    items = [{**OVERRIDDEN, "outcomeTimestamp": f"2026-03-02T14:3{n}:00Z"} for n in range(6)]
    entries = read(*(items[n] for n in order)).entries
    assert {e.id for e in entries} == {read(items[n]).entries[0].id for n in order}


WORD = st.text("ab/: ", max_size=4)
JSON_VALUE = st.recursive(
    st.none() | st.booleans() | st.integers() | WORD,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(WORD, inner, max_size=2),
    max_leaves=5,
)
MEMBER = st.sampled_from([*ACCEPTED, "overrideReason", "overrideReasons"])


@given(st.dictionaries(MEMBER, JSON_VALUE))
def test_whatever_is_sent_is_read_or_refused_by_name(item):
    found = read(item)
    assert len(found.entries) > 0 or len(found.faults) == 1


# -- over HTTP, to the database --------------------------------------------------------------------


def test_feedback_is_stored_once_however_often_it_comes(tmp_path, database_url):
    kept = Kept(tmp_path, database_url)
    response = kept.tell(OVERRIDDEN, ACCEPTED, OVERRIDDEN)
    assert (response.status_code, response.content) == (200, b"")
    assert kept.tell(ACCEPTED, overridden(CARD, "explained")).status_code == 200
    assert kept.tell(ACCEPTED).status_code == 200
    rows = kept.rows("feedback")
    assert sorted((r["outcome"], r["reason"] or "") for r in rows) == [
        ("accepted", ""),
        ("overridden", ""),
        ("overridden", "explained"),
    ]


def test_invalid_items_are_named_while_the_valid_ones_are_kept(tmp_path):
    kept = Kept(tmp_path, f"sqlite:///{tmp_path}/a.db")
    bad = {**OVERRIDDEN, "outcome": CANARY}
    response = kept.tell(bad, accepted(CARD, OTHER), {**bad, "userComment": CANARY})
    assert response.status_code == 400
    places = [issue["expression"] for issue in response.json()["issue"]]
    assert places == [["feedback[0].outcome"], ["feedback[2].outcome"]]
    assert CANARY not in response.text
    assert len(kept.rows("feedback")) == 1


def test_the_feedback_route_is_as_strict_as_the_hook(tmp_path):
    kept = Kept(tmp_path, f"sqlite:///{tmp_path}/a.db")
    with kept.running() as asking:
        assert asking.post("/cds-services/x/feedback", {"feedback": []}).status_code == 404
        assert asking.send("POST", FEEDBACK, content=b"{}").status_code == 415
        large = b" " * 4_000_001
        assert asking.send("POST", FEEDBACK, content=large, headers=JSON).status_code == 413
        assert asking.send("GET", FEEDBACK).status_code == 405
        assert asking.post(FEEDBACK, {"feedback": []}).status_code == 200
