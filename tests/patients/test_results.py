"""patients.results: what the laboratory answered."""

import pytest

from tests.patients.telling import made


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


def test_an_infection_is_seen_on_its_days_alone():
    ill = {"tests": ["crp"], "on": ["2023-12-06"], "levels": {"crp": 118}}
    well = {"tests": ["crp"], "on": ["2024-06-12"]}
    first, second = made("Observation", samplings=[well, ill])
    assert first["valueQuantity"]["value"] > 40
    assert second["valueQuantity"]["value"] < 5


def test_a_level_of_a_test_that_is_not_taken_is_an_error():
    stray = {"tests": ["crp"], "on": ["2023-12-06"], "levels": {"wbc": 13}}
    with pytest.raises(KeyError):
        made("Observation", samplings=[stray])
