"""patients.contacts: visits, calls and stays."""

import pytest

from tests.patients.telling import made


def test_a_sampling_may_be_a_contact_unless_one_is_told_of_that_day():
    visits = made(
        "Encounter",
        samplings=[{"tests": ["hb"], "on": ["2025-05-06", "2025-06-03"], "why": "Provtagning"}],
        contacts=[{"on": "2025-06-03", "why": "Årskontroll"}],
    )
    assert [v["reasonCode"][0]["text"] for v in visits] == [
        "Provtagning",
        "Årskontroll",
        "Läkarbesök",
    ]
    assert [v["id"] for v in visits] == ["enc-01", "enc-02", "enc-now"]


@pytest.mark.parametrize(
    ("kind", "status", "code"),
    [("call", "finished", "VR"), ("cancelled", "cancelled", "AMB"), ("ward", "finished", "IMP")],
)
def test_a_contact_is_of_its_kind(kind, status, code):
    first, _ = made("Encounter", contacts=[{"on": "2025-06-03", "why": "x", "kind": kind}])
    assert (first["status"], first["class"]["code"]) == (status, code)
    assert ("end" in first["period"]) == (kind != "cancelled")
