import pytest

from cards.belonging import Subject, pairs
from cards.elements import Identifier, Reference
from tests.cards.build import SERVER, as_json

MRN, NATIONAL = "urn:mrn", "urn:oid:1.2.752.129.2.1.3.1"
SUBJECT = Subject(
    "p1",
    f"{SERVER}/",
    pairs([Identifier(MRN, "77"), Identifier(NATIONAL, "19590517-1234"), None, Identifier(MRN)]),
    frozenset({"urn:uuid:a"}),
)


def by(reference=None, system=None, value=None):
    return Reference(reference, Identifier(system, value) if system or value else None)


@pytest.mark.parametrize(
    ("reference", "owner"),
    [
        (None, "unknown"),
        (by(), "unknown"),
        (by(" "), "unknown"),
        (by("Patient/p1"), "patient"),
        (by(" Patient/p1 "), "patient"),
        (by("Patient/p1/_history/3"), "patient"),
        (by(f"{SERVER}/Patient/p1"), "patient"),
        (by(f"{SERVER}/Patient/p1/_history/3"), "patient"),
        (by("urn:uuid:a"), "patient"),
        (by("urn:uuid:b"), "unknown"),
        (by("Patient/p2"), "other"),
        (by(f"{SERVER}/Patient/p2"), "other"),
        (by("https://elsewhere.example/fhir/Patient/p1"), "unknown"),
        (by("https://elsewhere.example/fhir/Patient/p2"), "unknown"),
        (by("Patient/p1?x=1"), "unknown"),
        (by("Patient/"), "unknown"),
        (by("p1"), "unknown"),
        (by("Group/p1"), "unknown"),
        (by(None, MRN, "77"), "patient"),
        (by(None, f" {NATIONAL} ", "19590517 1234"), "patient"),
        (by(None, MRN, "78"), "other"),
        (by(None, "urn:else", "77"), "unknown"),
        (by(None, None, "77"), "unknown"),
        (by(None, MRN, " "), "unknown"),
        (by("Patient/p1", MRN, "78"), "patient"),
        (by("urn:uuid:b", MRN, "77"), "patient"),
        (by("#pat"), "unknown"),
    ],
)
def test_the_subject_tells_whose_a_resource_is(reference, owner):
    assert SUBJECT.owner(reference) == owner


@pytest.mark.parametrize(
    ("contained", "owner"),
    [
        (
            {
                "resourceType": "Patient",
                "id": "pat",
                "identifier": [{"system": MRN, "value": "77"}],
            },
            "patient",
        ),
        (
            {
                "resourceType": "Patient",
                "id": "pat",
                "identifier": [{"system": MRN, "value": "78"}],
            },
            "other",
        ),
        (
            {
                "resourceType": "Patient",
                "id": "pat",
                "identifier": [{"system": "x", "value": "1"}, None, {"system": MRN, "value": "77"}],
            },
            "patient",
        ),
        ({"resourceType": "Patient", "id": "pat"}, "unknown"),
        ({"resourceType": "Patient", "id": "pat", "identifier": 5}, "unknown"),
        (
            {
                "resourceType": "Patient",
                "id": "tap",
                "identifier": [{"system": MRN, "value": "77"}],
            },
            "unknown",
        ),
        (
            {"resourceType": "Group", "id": "pat", "identifier": [{"system": MRN, "value": "77"}]},
            "unknown",
        ),
        (None, "unknown"),
    ],
)
def test_a_contained_patient_is_known_by_its_identifiers(contained, owner):
    assert SUBJECT.owner(by("#pat"), [as_json({}), as_json(contained)]) == owner


def test_without_a_server_an_absolute_reference_counts_by_its_id():
    assert Subject("p1").owner(by("https://ehr.example/fhir/Patient/p1")) == "patient"
    assert Subject("p1").owner(by("https://ehr.example/fhir/Patient/p2")) == "other"
