"""patients.places: whose chart, and where."""

from tests.patients.telling import made


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
