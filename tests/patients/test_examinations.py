"""patients.examinations: imaging and pathology."""

from tests.patients.telling import made


def test_an_examination_is_shown_with_its_order_where_that_is_told():
    told = {"what": "biopsy", "on": "2026-02-19", "says": "x", "ordered": "2026-02-13"}
    (report,) = made("DiagnosticReport", reports=[told])
    (order,) = made("ServiceRequest", reports=[told])
    assert report["basedOn"] == [{"reference": f"ServiceRequest/{order['id']}"}]
    assert report["category"][0]["coding"][0]["code"] == "PAT"
