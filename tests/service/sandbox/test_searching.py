"""service.sandbox.searching: FHIR search in memory."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.sandbox.searching import search

LAB = {"coding": [{"system": "http://cat", "code": "laboratory"}]}
VITAL = {"coding": [{"system": "http://cat", "code": "vital-signs"}]}


def observation(id_, day, *, patient="p1", category=LAB, code="NPU1", status="final"):
    return {
        "resourceType": "Observation",
        "id": id_,
        "status": status,
        "category": [category],
        "code": {"coding": [{"system": "http://npu", "code": code}], "text": code},
        "subject": {"reference": f"Patient/{patient}"},
        "performer": [{"reference": "Organization/o1"}],
        "effectiveDateTime": day,
    }


RESOURCES = [
    {"resourceType": "Patient", "id": "p1", "gender": "male"},
    {"resourceType": "Organization", "id": "o1"},
    observation("a", "2026-02-01T08:00:00+01:00"),
    observation("b", "2026-02-03", code="NPU2", status="preliminary"),
    observation("c", "2026-01", category=VITAL),
    observation("d", "2026-02-02", patient="p2"),
    {"resourceType": "Condition", "id": "e", "subject": {"reference": "Patient/p1"}},
]


def ids(query, kind="Observation"):
    pairs = [tuple(part.split("=", 1)) for part in query.split("&") if part]
    return [resource["id"] for resource in search(kind, pairs, RESOURCES).matches]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", "abcd"),
        ("patient=p1", "abc"),
        ("patient=Patient/p1", "abc"),
        ("subject=p2", "d"),
        ("patient=p1,p2", "abcd"),
        ("_id=a,d", "ad"),
        ("category=laboratory&patient=p1", "ab"),
        ("category=http://cat|vital-signs", "c"),
        ("category=http://other|vital-signs", ""),
        ("category=|laboratory", ""),
        ("code=NPU2,NPU9", "b"),
        ("status=preliminary", "b"),
        ("status=http://x|final", ""),
        ("date=2026-02", "abd"),
        ("date=2026", "abcd"),
        ("date=eq2026-02-01", "a"),
        ("date=ge2026-02-02", "bd"),
        ("date=gt2026-02-02", "b"),
        ("date=lt2026-02-01", "c"),
        ("date=le2026-02-01", "ac"),
        ("date=ge2026-01-15", "abcd"),
        ("date=ge2026-02-02T00:00:00Z", "bd"),
        ("_sort=-date&patient=p1", "bac"),
        ("_sort=date&patient=p1", "cab"),
        ("unknown=1", "abcd"),
        ("date=yesterday", "abcd"),
    ],
)
def test_a_search_finds_what_it_asks_for(query, found):
    assert ids(query) == list(found)


def test_a_patient_is_found_by_itself():
    assert ids("patient=p1&gender=male", "Patient") == ["p1"]
    assert ids("_id=p2", "Patient") == []


def test_a_resource_without_a_date_is_in_no_period():
    assert ids("date=ge1900", "Condition") == ["e"]  # no such parameter for Conditions here
    undated = [{"resourceType": "Encounter", "id": "x"}]
    assert search("Encounter", [("date", "ge1900")], undated).matches == []


def test_what_was_obeyed_is_told():
    query = [("patient", "p1"), ("date", "soon"), ("x", "y"), ("_sort", "-date"), ("_sort", "x")]
    assert search("Observation", query, RESOURCES).obeyed == [("patient", "p1"), ("_sort", "-date")]


def test_what_matches_refer_to_may_be_included():
    query = [("_id", "a,b"), ("_include", "Observation:performer"), ("_include", "Condition:x")]
    found = search("Observation", query, RESOURCES)
    assert [resource["id"] for resource in found.included] == ["o1"]
    patients = search("Observation", [("_include", "Observation:patient")], RESOURCES).included
    assert [resource["id"] for resource in patients] == ["p1"]
    assert search("Observation", [("_include", "Observation")], RESOURCES).included == []


@given(st.lists(st.tuples(st.sampled_from(["code", "date", "category", "_id"]), st.text())))
def test_no_query_finds_more_than_there_is_nor_fails(query):
    found = search("Observation", query, RESOURCES)
    assert {resource["id"] for resource in found.matches} <= set("abcd")
