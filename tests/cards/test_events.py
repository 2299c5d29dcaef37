import pytest

from tests.cards.build import (
    LOINC,
    MINE,
    concept,
    diagnostic_report,
    encounter,
    medication_request,
    observation,
    quantity,
    record_of,
    resource,
)


@pytest.mark.parametrize(
    ("members", "counted"),
    [
        ({}, True),
        ({"status": "in-progress"}, True),
        ({"status": "planned"}, False),
        ({"status": "cancelled"}, False),
        ({"status": None}, False),
        ({"status": 5}, False),
        ({"period": None}, False),
        ({"period": {}}, False),
        ({"period": {"start": "soon"}}, False),
        ({"subject": None}, False),
    ],
)
def test_a_contact_counts_when_it_took_place(members, counted):
    assert len(record_of(encounter(**members)).contacts) == counted


@pytest.mark.parametrize(
    ("members", "counted"),
    [
        ({}, True),
        ({"authoredOn": None, "effectivePeriod": {"start": "2026-01-01"}}, True),
        ({"authoredOn": None}, False),
        ({"status": "cancelled"}, False),
        ({"status": None}, False),
        ({"intent": "plan"}, False),
        ({"doNotPerform": True}, False),
        ({"doNotPerform": "no"}, False),
    ],
)
def test_a_prescription_counts_when_it_was_made(members, counted):
    assert len(record_of(medication_request(**members)).medications) == counted


def vital(value=80, unit="kg", code="29463-7", **members):
    sent = {"code": concept(LOINC, code), "valueQuantity": quantity(value, unit)}
    return observation(**(sent | members))


@pytest.mark.parametrize(
    ("sent", "value", "reason"),
    [
        (vital(), 80, None),
        (vital(80000, "g"), 80, None),
        (vital(98.6, "[degF]", "8310-5"), 37, None),
        (vital(98.6, "Cel", "8310-5"), None, "implausible"),
        (vital(80, None), None, "noUnit"),
        (vital(80, "stone"), None, "unknownUnit"),
        (vital(-80), None, "malformed"),
        (vital(valueQuantity=quantity(80, "kg", comparator="<")), None, "malformed"),
        (vital(valueQuantity=quantity(80, "kg") | {"unit": "g"}), None, "contradictoryUnits"),
        (vital(valueString="80"), None, "twoValues"),
        (vital(dataAbsentReason=concept(None, "error")), None, "twoValues"),
        (vital(status="Final"), None, "unknownStatus"),
        (vital(effectiveDateTime=None), None, "noTime"),
        (vital(status="preliminary"), None, None),
        (vital(subject=None), None, "noSubject"),
        (vital(valueQuantity=None), None, None),
        ({**vital(), "code": {"text": "weight"}}, None, "noCode"),
    ],
)
def test_a_vital_sign_counts_in_a_unit_we_know(sent, value, reason):
    record = record_of(vitals={"resourceType": "Bundle", "entry": [{"resource": sent}]})
    assert [round(m.value, 6) for m in record.measures] == ([] if value is None else [value])
    assert [u.reason.id for u in record.unread] == ([reason] if reason else [])


def test_a_vital_sign_in_two_versions_does_not_count():
    assert record_of(vital(), vital(81)).measures == ()


@pytest.mark.parametrize(
    ("members", "text", "imaging"),
    [
        ({}, "CT thorax", True),
        ({"category": None}, "CT thorax", False),
        ({"category": [concept(None, " LAB ")]}, "CT thorax", False),
        (
            {"effectiveDateTime": None, "effectivePeriod": {"start": "2026-01-01"}},
            "CT thorax",
            True,
        ),
        ({"status": "preliminary"}, None, None),
        ({"status": 5}, None, None),
        ({"code": None}, None, None),
        ({"subject": None}, None, None),
        ({"status": "entered-in-error"}, None, None),
    ],
)
def test_a_final_report_says_what_was_examined(members, text, imaging):
    found = record_of(diagnostic_report(**members)).reports
    assert [(r.text, r.study) for r in found] == ([(text, imaging)] if text else [])


@pytest.mark.parametrize(
    ("members", "text"),
    [
        ({}, "ImagingStudy"),
        ({"description": "DT buk"}, "DT buk"),
        ({"status": "cancelled"}, None),
        ({"status": 5}, None),
        ({"id": None}, "ImagingStudy"),
    ],
)
def test_an_imaging_study_that_was_done_is_a_report(members, text):
    study = resource("ImagingStudy", {"id": "s", "status": "available", "subject": MINE}, members)
    assert [r.text for r in record_of(study).reports] == ([text] if text else [])
