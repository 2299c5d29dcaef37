"""patients.problems: diagnoses and findings."""

from tests.patients.telling import made


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
