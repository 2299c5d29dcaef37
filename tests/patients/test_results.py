"""patients.results: what the laboratory answered."""

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
