"""patients.chart: a story becomes a record."""

from patients.chart import record
from tests.patients.telling import frame


def test_a_chart_of_nothing_is_a_patient_a_practice_and_the_visit_of_today():
    kinds = [each["resourceType"] for each in record(frame())]
    assert kinds == ["Patient", "Practitioner", "PractitionerRole", "Organization", "Encounter"]
