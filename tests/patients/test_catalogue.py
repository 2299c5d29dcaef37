"""patients.catalogue: the words of both countries."""

from tests.patients.telling import made


def test_a_danish_chart_is_in_danish_with_sks_codes():
    (condition,) = made("Condition", country="DK", problems=[{"what": "hypertension"}])
    assert condition["code"]["text"] == "Forhøjet blodtryk"
    assert condition["code"]["coding"][1]["code"] == "DI109"
    (hb,) = made("Observation", country="DK", panel={"on": "2026-02-20", "tests": ["hb"]})
    assert hb["valueQuantity"]["unit"] == "mmol/L"
