import pytest

from cards.reading import PatientMismatch
from tests.cards.build import bundle, call, patient, record_of, resource

PHONE = {"system": "phone", "value": "070 123  45 67"}


def person(**members):
    return record_of(patient(**members)).person


def malformed(record):
    return [u.reason.detail for u in record.unread if u.reason.id == "malformed"]


@pytest.mark.parametrize(
    ("birth", "shown", "listed"),
    [
        ("1959-05-17", "1959-05-17", []),
        ("1969", "1969", []),
        ("1969-05", "1969-05", []),
        (1969, None, ["birthDate"]),
        ("long ago", None, ["birthDate"]),
        ("2027-01-01", None, ["birthDate"]),
        ("0001-01-01", None, ["birthDate"]),
        ("2026-03-02", "2026-03-02", []),
        (None, None, []),
    ],
)
def test_a_birth_date_is_known_as_far_as_it_was_written(birth, shown, listed):
    record = record_of(patient(birthDate=birth))
    assert (record.person.birth and str(record.person.birth)) == shown
    assert malformed(record) == listed


@pytest.mark.parametrize(
    ("gender", "sex", "listed"),
    [
        ("male", "male", []),
        ("female", "female", []),
        ("other", "other", []),
        ("unknown", None, []),
        (None, None, []),
        ("Male", None, ["gender"]),
        (5, None, ["gender"]),
    ],
)
def test_the_sex_is_one_of_fhirs_codes_or_not_known(gender, sex, listed):
    record = record_of(patient(gender=gender))
    assert record.person.sex == sex
    assert malformed(record) == listed


@pytest.mark.parametrize(
    ("members", "deceased"),
    [
        ({}, None),
        ({"deceasedBoolean": False}, False),
        ({"deceasedBoolean": True}, True),
        ({"deceasedBoolean": "true"}, None),
        ({"deceasedDateTime": "2026-01-01"}, True),
        ({"deceasedDateTime": "in winter"}, True),
        ({"deceasedDateTime": 2026}, True),
        ({"deceasedDateTime": " "}, None),
        ({"deceasedDateTime": "2026-01-01", "deceasedBoolean": False}, True),
    ],
)
def test_death_is_known_by_either_member(members, deceased):
    assert person(**members).deceased is deceased


@pytest.mark.parametrize(
    ("meta", "protected"),
    [
        (None, False),
        ({}, False),
        ({"security": [{"code": "N"}, None]}, False),
        ({"security": [{"code": "R"}]}, True),
        ({"security": {"code": " v "}}, True),
        ({"security": [{"code": "sekretessmarkering"}]}, True),
        ({"security": 5}, True),
    ],
)
def test_a_protected_identity_shows_no_phone(meta, protected):
    found = person(meta=meta, telecom=[PHONE])
    assert found.protected is protected
    assert found.phones == (() if protected else ("070 123 45 67",))


@pytest.mark.parametrize(
    ("point", "shown"),
    [
        ({}, True),
        ({"system": "sms"}, True),
        ({"system": "fax"}, False),
        ({"system": None}, False),
        ({"use": "old"}, False),
        ({"value": None}, False),
        ({"value": " "}, False),
        ({"period": {"end": "2026-03-01"}}, False),
        ({"period": {"end": "2026-03-02"}}, True),
        ({"period": {"end": "2026"}}, True),
        ({"period": {"start": "2026-03-03"}}, False),
        ({"period": {"start": "2026-03-02"}}, True),
        ({"period": 5}, False),
    ],
)
def test_a_phone_is_shown_while_it_is_in_use(point, shown):
    assert bool(person(telecom=[PHONE | point]).phones) is shown


def test_mobile_numbers_come_first_and_none_twice():
    telecom = [{"system": "phone", "value": "1"}, None, PHONE | {"use": "mobile"}, PHONE]
    assert person(telecom=telecom).phones == ("070 123 45 67", "1")


@pytest.mark.parametrize("identifier", ["p2", None, 5])
def test_a_patient_who_is_not_the_calls_is_refused(identifier):
    with pytest.raises(PatientMismatch):
        record_of(patient(id=identifier))


def test_a_stranger_beside_the_patient_is_refused():
    with pytest.raises(PatientMismatch):
        record_of(patient=bundle(patient(), patient(id="p2")))


@pytest.mark.parametrize(
    ("sent", "reason"),
    [
        (None, "noPatient"),
        (bundle(), "noPatient"),
        (..., "absent"),
        (bundle({"resourceType": "Group"}), "noPatient"),
        (bundle(None), "noPatient"),
        (bundle(patient(), patient(gender="male")), "noPatient"),
    ],
)
def test_without_one_readable_patient_the_source_is_unavailable(sent, reason):
    record = record_of(patient=sent)
    assert record.sources["patient"].outcome == "unavailable"
    assert record.sources["patient"].reason == reason
    assert record.person.birth is None


def test_the_same_patient_twice_is_one():
    record = record_of(patient=bundle(patient(), patient()))
    assert record.person.sex == "female"


# -- who refers ------------------------------------------------------------------------------------


def caller(kind, identifier, phone=None, **members):
    telecom = [{"system": "phone", "value": phone}] if phone else None
    return resource(kind, {"id": identifier, "telecom": telecom}, members)


ROLE = {
    "organization": {"reference": "https://ehr.example/fhir/Organization/o"},
    "practitioner": {"reference": "Practitioner/a"},
}


@pytest.mark.parametrize(
    ("callers", "phones"),
    [
        ([caller("Practitioner", "a", "1")], ("1",)),
        ([caller("Practitioner", "b", "1")], ()),
        ([caller("Practitioner", "a"), caller("Organization", "o", "2")], ()),
        ([], ()),
        ([None, {"resourceType": "Device"}], ()),
    ],
)
def test_the_referrers_phone_is_the_callers_own(callers, phones):
    record = record_of(user=bundle(*callers), the_call=call(user="Practitioner/a"))
    assert (record.referrer.reference, record.referrer.phones) == ("Practitioner/a", phones)


@pytest.mark.parametrize(
    ("others", "phones"),
    [
        ([caller("Organization", "o", "2")], ("2",)),
        ([caller("Organization", "x", "2")], ()),
        ([caller("Organization", "o"), caller("Practitioner", "a", "3")], ("3",)),
    ],
)
def test_else_it_is_the_phone_of_the_role_or_organisation(others, phones):
    role = caller("PractitionerRole", "r", **ROLE)
    record = record_of(user=bundle(role, *others), the_call=call(user="PractitionerRole/r"))
    assert record.referrer.phones == phones


def test_another_clinicians_phone_beside_the_results_is_not_the_referrers():
    stray = caller("Practitioner", "a", "9")
    record = record_of(observations=bundle(stray), the_call=call(user="Practitioner/a"))
    assert record.referrer.phones == ()
