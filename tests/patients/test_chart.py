"""patients.chart and its parts: what a line of a story becomes."""

import pytest

from patients.chart import drafts, record
from tests.patients.telling import frame


def made(kind, sex="female", **members):
    return [each for each in record(frame(sex, **members)) if each["resourceType"] == kind]


def test_a_chart_of_nothing_is_a_patient_a_practice_and_the_visit_of_today():
    kinds = [each["resourceType"] for each in record(frame())]
    assert kinds == ["Patient", "Practitioner", "PractitionerRole", "Organization", "Encounter"]


def test_a_protected_identity_shows_neither_phone_nor_address():
    told = {"name": "T T", "identifier": "x", "born": "1989-06-03", "protected": True}
    (patient,) = made("Patient", patient=told)
    assert {"telecom", "address"}.isdisjoint(patient)
    assert [label["code"] for label in patient["meta"]["security"]] == [
        "HTEST",
        "sekretessmarkering",
    ]


def test_only_digits_are_a_national_number():
    assert made("Patient")[0]["identifier"][0]["system"].startswith("http://example.org/")


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


def test_an_ended_problem_is_resolved_and_one_may_have_codes_of_its_own():
    ended, own = made(
        "Condition",
        problems=[
            {"what": "pneumonia", "since": "2023-12-06", "ended": "2024-01-10"},
            {"text": "x", "id": "own", "codes": ["snomed|1|y"], "severity": "severe", "at": "now"},
        ],
    )
    assert ended["clinicalStatus"]["coding"][0]["code"] == "resolved"
    assert own["code"] == {
        "coding": [{"system": "http://snomed.info/sct", "code": "1", "display": "y"}],
        "text": "x",
    }
    assert own["severity"]["coding"][0]["code"] == "24484000"


def test_a_danish_chart_is_in_danish_with_sks_codes():
    (condition,) = made("Condition", country="DK", problems=[{"what": "hypertension"}])
    assert condition["code"]["text"] == "Forhøjet blodtryk"
    assert condition["code"]["coding"][1]["code"] == "DI109"
    (hb,) = made("Observation", country="DK", panel={"on": "2026-02-20", "tests": ["hb"]})
    assert hb["valueQuantity"]["unit"] == "mmol/L"


def test_the_panel_is_one_report_partial_while_an_answer_is_awaited():
    panel = {"on": "2026-02-20", "tests": ["hb", "ferritin"], "pending": ["ferritin"]}
    (report,) = made("DiagnosticReport", panel=panel)
    assert report["status"] == "partial"
    assert [r["reference"] for r in report["result"]] == [
        "Observation/obs-hb",
        "Observation/obs-ferritin",
    ]


def test_a_panel_of_nothing_has_no_report():
    panel = {"on": "2026-02-20", "tests": ["hb"], "without": ["hb"]}
    assert made("DiagnosticReport", panel=panel) == made("Observation", panel=panel) == []


def test_an_odd_result_is_as_told():
    odd = [
        {"test": "hb", "on": "2026-02-20", "value": 7.6, "unit": "mmol/L"},
        {"test": "wbc", "on": "2026-02-20", "less": ["valueString", "performer"], "raw": {"x": 1}},
        {"test": "plt", "on": "2026-02-20", "value": "se svar"},
    ]
    hb, wbc, plt = made("Observation", results=odd)
    assert hb["valueQuantity"]["code"] == "mmol/L"
    assert "referenceRange" not in hb
    assert wbc["x"] == 1
    assert not {"valueString", "valueQuantity", "performer"} & wbc.keys()
    assert plt["valueString"] == "se svar"


def test_vital_signs_are_numbered_by_day_and_blood_pressure_has_two_parts():
    found = made(
        "Observation",
        measures={
            "weight": {"2026-02-13": 82.6, "2025-10-06": 90.8},
            "blood_pressure": {"2026-02-13": "124/72"},
        },
    )
    assert [each["id"] for each in found] == [
        "vital-weight-1",
        "vital-weight-2",
        "vital-blood-pressure",
    ]
    assert [c["valueQuantity"]["value"] for c in found[2]["component"]] == [124, 72]


def test_an_examination_is_shown_with_its_order_where_that_is_told():
    told = {"what": "biopsy", "on": "2026-02-19", "says": "x", "ordered": "2026-02-13"}
    (report,) = made("DiagnosticReport", reports=[told])
    (order,) = made("ServiceRequest", reports=[told])
    assert report["basedOn"] == [{"reference": f"ServiceRequest/{order['id']}"}]
    assert report["category"][0]["coding"][0]["code"] == "PAT"


def test_of_a_medicine_only_the_last_prescription_is_in_force():
    found = made(
        "MedicationRequest", medicines=[{"what": "warfarin", "on": ["2024-01-02", "2025-01-07"]}]
    )
    assert [(each["id"], each["status"]) for each in found] == [
        ("med-warfarin-20240102", "completed"),
        ("med-warfarin", "active"),
    ]


def test_an_order_is_of_a_test_of_a_code_of_a_text_or_a_medicine():
    told = [
        {"id": "1", "on": "2026-03-02", "text": "Hb", "test": "hb", "status": "draft"},
        {"id": "2", "on": "2026-03-02", "text": "AOS", "code": "ours|svf-aos", "status": "draft"},
        {"id": "3", "on": "2026-03-02", "text": "SVF AOS", "status": "draft", "why": "x"},
        {"id": "4", "on": "2026-03-02", "medicine": "cetirizine", "status": "draft"},
    ]
    hb, aos, text, medicine = drafts(frame(drafts=told))
    assert hb["code"]["coding"][0]["code"] == "NPU28309"
    assert aos["code"]["coding"][0]["code"] == "svf-aos"
    assert text["code"] == {"text": "SVF AOS"}
    assert (medicine["resourceType"], medicine["id"]) == ("MedicationRequest", "4")
