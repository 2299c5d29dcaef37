"""patients.vitals: what was measured."""

from tests.patients.telling import made


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
