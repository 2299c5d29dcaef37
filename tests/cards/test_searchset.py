import json

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cards import fhir
from cards.fhir import Observation
from cards.reading import read_record
from cards.searchset import Item, read_whole
from cards.source import TOO_DEEP, Entry, Source, open_source
from tests.cards.build import (
    MINE,
    as_json,
    bundle,
    call,
    concept,
    condition,
    diagnostic_report,
    encounter,
    medication_request,
    observation,
    patient,
    quantity,
    service_request,
)

SENT = {
    "observations": observation(category=[concept(None, "laboratory")], performer=[MINE]),
    "vitals": observation(encounter=MINE, method={"text": "a"}, device=MINE),
    "conditions": condition(category=[concept(None, "problem")], recorder=MINE),
    "serviceRequests": service_request(),
    "diagnosticReports": diagnostic_report(performer=[MINE], meta={"versionId": "1"}),
    "encounters": {**encounter(), "class": {"code": "AMB"}, "participant": [{"individual": MINE}]},
    "medications": medication_request(dosageInstruction=[{"text": "daily"}], requester=MINE),
}


def one_by_one(key, raw):
    """Give the source as it is without the short way: every entry opened alone."""
    source = open_source("draftOrders", raw)
    return Source(key, source.outcome, source.reason, source.entries)


def record(source):
    patients = open_source("patient", as_json(patient()))
    return read_record({"patient": patients, source.key: source}, call())


def assert_read_alike(key, raw):
    assert record(open_source(key, raw)) == record(one_by_one(key, raw))


@pytest.mark.parametrize("key", SENT)
@pytest.mark.parametrize("indent", [None, 2])
def test_a_searchset_of_what_was_asked_for_is_decoded_at_once(key, indent):
    raw = json.dumps(bundle(SENT[key], total=1, id="b", link=[{"url": "x"}]), indent=indent)
    found = read_whole(key, raw.encode())
    assert [item.resource.id for item in found.entry] == [SENT[key].get("id")]
    assert_read_alike(key, raw.encode())


def test_the_usual_members_spare_the_search_for_names_that_stand_twice(monkeypatch):
    monkeypatch.setattr("cards.searchset.may_repeat", lambda _raw: True)
    assert all(read_whole(key, as_json(bundle(sent, total=1))) for key, sent in SENT.items()
               if key != "serviceRequests")  # fmt: skip


@pytest.mark.parametrize("key", ["observations", "conditions", "encounters", "medications"])
def test_what_is_sent_in_the_order_of_fhir_is_written_again_to_the_byte(key):
    order = [*msgspec.structs.fields(fhir.RESOURCES[SENT[key]["resourceType"]])]
    names = [f.encode_name for f in order if f.encode_name in SENT[key]]
    assert sorted(names) == sorted(SENT[key])
    item = {"fullUrl": "urn:a", "resource": {n: SENT[key][n] for n in names}, "search": {}}
    sent = {"resourceType": "Bundle", "type": "searchset", "total": 1, "entry": [item]}
    raw = json.dumps(sent, separators=(",", ":")).encode()
    assert msgspec.json.encode(read_whole(key, raw)) == raw


def test_members_that_nobody_knows_cost_a_search_and_nothing_else():
    raw = as_json(bundle(observation(hemoglobin="a:b", focus=[MINE])))
    assert read_whole("observations", raw) is not None
    assert_read_alike("observations", raw)


@pytest.mark.parametrize(
    "value",
    [
        observation(),
        {**bundle(observation()), "resourceType": "Parameters"},
        bundle(observation(), patient()),
        bundle(observation(), {"resourceType": "OperationOutcome"}),
        bundle(observation(status=5)),
        bundle(entry=[None]),
        bundle(entry=[{"fullUrl": "urn:x"}]),
        bundle(entry={"resource": observation()}),
        bundle(observation(), total="1"),
        bundle(observation(), link={"relation": "self"}),
        bundle(observation(modifierExtension=[{"url": "x"}])),
        bundle(observation(component=[{"code": MINE, "modifierExtension": [{"url": "x"}]}])),
        bundle(observation(component=[{"code": MINE}], extension=[{"modifierExtension": []}])),
        None,
        [],
    ],
)
def test_what_asks_for_a_closer_look_is_opened_one_by_one(value):
    assert read_whole("observations", as_json(value)) is None


REPEATED = [
    (b'"status": "final"', b'"status": "final", "status": "entered-in-error"'),
    (b'"status": "final"', b'"status": "final", "st\\u0061tus": "entered-in-error"'),
    (b'"id": "obs-hb"', b'"status": "void", "note": [{"text":"\\u003a"}], "id": "obs-hb"'),
    (b'"value": 121', b'"value": 121, "value": 12.1'),
    (b'"unit": "g/L"', b'"unit": "g/L", "unit": "g/dL"'),
    (b'"reference": "Patient/p1"', b'"reference": "Patient/p2", "reference": "Patient/p1"'),
    (b'"code": "NPU28309"', b'"code": "NPU02319", "code": "NPU28309"'),
    (b'"resourceType": "Obs', b'"resourceType": "Device", "resourceType": "Obs'),
    (b'{"resource": ', b'{"resource": {"resourceType": "Observation"}, "resource": '),
    (b'"id": "obs-hb"', b'"contained": [{"id": "a", "id": "b"}], "id": "obs-hb"'),
    (b'"id": "obs-hb"', b'"id": "obs-hb", "valueRatio": {"numerator": 1, "numerator": 2}'),
    (b'"id": "obs-hb"', b'"component": [{"valueString": "a", "valueString": "b"}], "id": "obs-hb"'),
]  # fmt: skip


@pytest.mark.parametrize(("once", "twice"), REPEATED)
def test_a_name_that_stands_twice_is_never_decoded_at_once(once, twice):
    raw = as_json(bundle(observation()))
    assert read_whole("observations", raw) is not None
    assert once in raw
    assert read_whole("observations", raw.replace(once, twice)) is None


def test_a_name_that_stands_twice_in_the_bundle_is_the_callers_error():
    raw = as_json(bundle(observation())).replace(b'"type"', b'"total": 1, "total": 2, "type"')
    assert read_whole("observations", raw) is None


def test_a_cut_subtree_is_opened_one_by_one():
    raw = as_json(bundle(observation(extension="HERE"))).replace(b'"HERE"', TOO_DEEP)
    assert read_whole("observations", raw) is None


def test_a_name_that_stands_twice_where_nobody_reads_costs_nothing():
    raw = as_json(bundle(observation(category="HERE"))).replace(b'"HERE"', b'{"a": 1, "a": 2}')
    assert_read_alike("observations", raw)


@pytest.mark.parametrize(
    "changes",
    [
        {"link": [{"relation": " Next ", "url": "x"}]},
        {"link": [{"relation": "self", "url": "x"}]},
        {"total": 3},
        {"total": 2},
        {"total": 0},
    ],
)
def test_the_outcome_is_the_same_either_way(changes):
    include = {"resource": observation("crp"), "search": {"mode": "include"}, "fullUrl": "urn:a"}
    entries = [include, {"resource": observation(), "search": {"mode": "match", "score": 1}}]
    raw = as_json(bundle(entry=entries, **changes))
    assert read_whole("observations", raw) is not None
    whole, alone = open_source("observations", raw), one_by_one("observations", raw)
    assert (whole.outcome, whole.reason) == (alone.outcome, alone.reason)
    assert [e.full_url for e in whole.entries] == [e.full_url for e in alone.entries]


def test_two_versions_that_differ_only_in_what_nobody_reads_are_one():
    raw = as_json(
        bundle(observation(meta={"versionId": "1"}), observation(meta={"versionId": "2"}))
    )
    found = record(open_source("observations", raw))
    assert (len(found.results["hb"]), found.unread) == (1, ())


def test_a_panel_finds_a_member_by_the_url_it_was_sent_under():
    panel = observation("s_protein_profile", valueString=None, hasMember=[{"reference": "urn:a"}])
    first, member = observation("crp", 5), observation("hb", 121)
    entries = [{"resource": first}, {"fullUrl": "urn:a", "resource": member}, {"resource": panel}]
    raw = as_json(bundle(entry=entries))
    assert_read_alike("observations", raw)
    found = record(open_source("observations", raw))
    assert [r.state for r in found.results["s_protein_profile"]] == ["final"]


@pytest.mark.parametrize(
    ("subject", "state", "foreign"),
    [
        ({"reference": "Patient/p2"}, None, 1),
        ({"reference": "https://elsewhere.example/fhir/Patient/p1"}, "unreadable", 0),
        ({"display": "somebody"}, "unreadable", 0),
        (None, "unreadable", 0),
    ],
)
def test_a_plain_observation_that_is_not_surely_the_patients_is_no_answer(subject, state, foreign):
    raw = as_json(bundle(observation("crp", 5), observation("hb", 121, subject=subject)))
    assert read_whole("observations", raw) is not None
    assert_read_alike("observations", raw)
    found = record(open_source("observations", raw))
    assert [r.state for r in found.results.get("hb", ())] == ([state] if state else [])
    assert found.foreign == foreign


def test_of_two_plain_versions_neither_is_trusted_either_way():
    sent = [observation("crp", 5), observation("hb", 121), observation("hb", 90)]
    raw = as_json(bundle(*sent))
    assert_read_alike("observations", raw)
    found = record(open_source("observations", raw))
    assert [r.state for r in found.results["hb"]] == ["unreadable", "unreadable"]


def test_one_version_read_at_once_and_one_read_alone_are_compared():
    raw = as_json(bundle(observation()))
    alone = Entry(as_json(observation("hb", 90)))
    both = Source(
        "observations", "complete", entries=(*open_source("observations", raw).entries, alone)
    )
    assert [r.state for r in record(both).results["hb"]] == ["unreadable", "unreadable"]


def structs_in(info, found):
    """Collect the structs of a type, at any depth."""
    if isinstance(info, msgspec.inspect.StructType) and info.cls not in found:
        found.add(info.cls)
        parts = [field.type for field in info.fields]
    elif isinstance(info, msgspec.inspect.UnionType):
        parts = info.types
    else:
        parts = [getattr(info, "item_type", None)]
    for part in parts:
        if part is not None:
            structs_in(part, found)
    return found


def test_every_struct_of_a_searchset_encodes_only_what_was_sent():
    kinds = [Observation, *set(fhir.RESOURCES.values())]
    for kind in kinds:
        found = structs_in(msgspec.inspect.type_info(list[Item[kind]]), set())
        assert kind in found
        plain = [getattr(struct, "__origin__", struct) for struct in found]
        assert all(struct.__struct_config__.omit_defaults for struct in plain)


@pytest.mark.parametrize("kind", [Observation, *set(fhir.RESOURCES.values())])
def test_a_resource_that_says_nothing_encodes_to_nothing(kind):
    assert msgspec.json.encode(msgspec.json.decode(b"{}", type=kind)) == b"{}"


# -- any mutation reads the same -------------------------------------------------------------------

TEXTS = st.sampled_from(["final", "g/L", "Patient/p1", "Patient/p2", "NPU28309", "a:b", "é", "\\"])
KEYS = ["value", "unit", "code", "coding", "text", "x"]
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(0, 200) | st.floats(0, 9) | TEXTS,
    lambda inner: st.lists(inner, max_size=2)
    | st.dictionaries(st.sampled_from(KEYS), inner, max_size=3),
    max_leaves=5,
)  # fmt: skip
NAMES = sorted({*Observation.__struct_fields__, "focus"} - {"bad", "resourceType"})


def written(pairs, draw):
    """Write an object member by member, so that a name may stand twice."""
    members = [f"{json.dumps(name)}:{draw(gaps)}{json.dumps(value)}" for name, value in pairs]
    return ("{" + ",".join(members) + "}").encode()


gaps = st.sampled_from(["", " ", "\n  "])


@settings(max_examples=400, deadline=None)
@given(st.data())
def test_whatever_an_observation_holds_both_ways_read_the_same(data):
    base = observation("hb", 121, referenceRange=[{"low": quantity(110, "g/L")}])
    more = data.draw(st.lists(st.tuples(st.sampled_from(NAMES), VALUES), max_size=3))
    pairs = data.draw(st.permutations([*base.items(), *more]))
    if data.draw(st.booleans()):
        pairs = list(dict(pairs).items())
    resource = written(pairs, data.draw)
    first = as_json(observation("crp", 5))  # teaches by which name the patient is called
    entries = b'{"resource":' + first + b'},{"fullUrl":"urn:a","resource":' + resource + b"}"
    assert_read_alike("observations", b'{"resourceType":"Bundle","entry":[' + entries + b"]}")
