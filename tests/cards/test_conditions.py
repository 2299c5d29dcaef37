import pytest

from tests.cards.build import (
    LOINC,
    MINE,
    SNOMED,
    call,
    code_of,
    concept,
    condition,
    observation,
    record_of,
    resource,
)

FATIGUE = code_of("fatigue")


def presences(*resources, **keys):
    found = record_of(*resources, **keys).diagnoses
    return [(d.presence, d.reason and d.reason.id) for d in found]


@pytest.mark.parametrize(
    ("clinical", "verification", "found"),
    [
        ("active", "confirmed", [("present", None)]),
        ("recurrence", "provisional", [("present", None)]),
        ("relapse", "unconfirmed", [("present", None)]),
        ("remission", "differential", [("past", None)]),
        ("resolved", "confirmed", [("past", None)]),
        ("active", "refuted", []),
        ("active", "entered-in-error", []),
        ("Active", "confirmed", [("uncertain", "unknownStatus")]),
        ("active", "sure", [("uncertain", "unknownStatus")]),
    ],
)
@pytest.mark.parametrize("form", ["concept", "bare", "text", "padded"])
def test_both_statuses_decide_together(clinical, verification, found, form):
    make = {
        "concept": lambda code: concept(None, code),
        "bare": lambda code: code,
        "text": lambda code: {"text": code},
        "padded": lambda code: concept("http://terminology.hl7.org/x", f" {code} "),
    }[form]
    sent = condition(clinicalStatus=make(clinical), verificationStatus=make(verification))
    assert presences(sent) == found


@pytest.mark.parametrize(
    ("members", "found"),
    [
        ({"clinicalStatus": None, "verificationStatus": None}, [("present", None)]),
        ({"clinicalStatus": {}}, [("uncertain", "unknownStatus")]),
        ({"clinicalStatus": ""}, [("uncertain", "unknownStatus")]),
        ({"clinicalStatus": 5}, [("uncertain", "malformed")]),
        ({"verificationStatus": 5}, [("uncertain", "malformed")]),
        ({"modifierExtension": [{"url": "x"}]}, [("uncertain", "malformed")]),
        ({"clinicalStatus": 5, "verificationStatus": concept(None, "refuted")}, []),
        (
            {"clinicalStatus": {"coding": [{"code": "active"}, {"code": "resolved"}]}},
            [("uncertain", "unknownStatus")],
        ),
        (
            {"clinicalStatus": {"coding": [None, {"code": "A"}, {"code": "active"}]}},
            [("present", None)],
        ),
        ({"clinicalStatus": None, "abatementDateTime": "2025-01-01"}, [("past", None)]),
        ({"clinicalStatus": None, "abatementAge": {"value": 60}}, [("past", None)]),
        ({"clinicalStatus": None, "abatementString": 5}, [("uncertain", "malformed")]),
        ({"onsetDateTime": 5}, [("present", None)]),
        ({"subject": None}, [("uncertain", "noSubject")]),
        ({"subject": None, "verificationStatus": concept(None, "refuted")}, []),
        ({"subject": {"reference": "Patient/p2"}}, []),
    ],
)
def test_what_cannot_be_read_is_uncertain_never_present_never_absent(members, found):
    assert presences(condition(**members)) == found


def test_two_versions_of_a_condition_leave_it_uncertain():
    two = [condition(), condition(clinicalStatus=concept(None, "resolved"))]
    assert presences(*two) == [("uncertain", "twice")] * 2
    assert presences(condition(), condition()) == [("present", None)]


def test_a_diagnosis_keeps_its_facts():
    (found,) = record_of(
        condition(
            onsetDateTime=None,
            onsetPeriod={"start": "2026-01-02"},
            recordedDate="2026-01-20",
            severity=concept(SNOMED, "24484000"),
        )
    ).diagnoses
    assert (str(found.since), str(found.recorded)) == ("2026-01-02", "2026-01-20")
    assert found.severity == "severe"
    assert found.reference == "Condition/con-fatigue"
    (bare,) = record_of(
        condition(id=None, onsetDateTime=None, severity={}, verificationStatus=None)
    ).diagnoses
    assert (bare.since, bare.severity, bare.reference) == (None, None, None)


@pytest.mark.parametrize(
    ("system", "code", "concepts"),
    [
        ("http://hl7.org/fhir/sid/icd-10", "C50.1", {"organ.breast", "malignancy.primary"}),
        ("http://hl7.org/fhir/sid/icd-10", "C44.3", {"malignancy.skin"}),
        ("http://hl7.org/fhir/sid/icd-10", "C76.1", {"malignancy.primary"}),
        ("http://hl7.org/fhir/sid/icd-10", "Z85.3", {"malignancy.earlier"}),
        ("http://hl7.org/fhir/sid/icd-10", "Z85", {"malignancy.earlier"}),
        ("http://hl7.org/fhir/sid/icd-10", "Z86.0", set()),
        ("urn:oid:1.2.208.176.2.4", "DZ853", {"malignancy.earlier"}),
        ("http://hl7.org/fhir/sid/icd-10", "C80", {"conclusion.unknown_primary"}),
        ("http://hl7.org/fhir/sid/icd-10", "E11", set()),
        ("urn:oid:1.2.208.176.2.4", "DC501", {"malignancy.primary"}),
        ("urn:local", "trött", {"fatigue"}),
        ("urn:local", "annat", set()),
        (None, "C50.1", set()),
        ("http://hl7.org/fhir/sid/icd-10", "C50.1" + "0" * 200, set()),
        (LOINC, "718-7", set()),
    ],
)
def test_a_code_means_the_concepts_of_the_tables(system, code, concepts):
    the_call = call(site_map={"urn:local|trött": "fatigue"})
    found = record_of(condition(code=concept(system, code)), the_call=the_call).diagnoses
    assert [d.concepts >= concepts and bool(d.concepts) is bool(concepts) for d in found] == [True]


@pytest.mark.parametrize(
    ("code", "lost"),
    [
        ({"text": "trötthet"}, False),
        ({"text": " "}, True),
        ({"coding": []}, True),
        ({"coding": [{"code": " "}]}, True),
        (..., True),
        (5, True),
    ],
)
def test_a_condition_that_may_be_anything_leaves_its_source_incomplete(code, lost):
    sent = condition(code=code)
    if code is ...:
        del sent["code"]
    record = record_of(sent)
    assert record.complete("conditions") is not lost
    assert ("Condition/con-fatigue", "noCode") in [
        (u.reference, u.reason.id) for u in record.unread
    ]


@pytest.mark.parametrize("status", ["active", "resolved", None])
def test_a_history_of_cancer_is_past_whatever_its_status(status):
    coded = concept("http://hl7.org/fhir/sid/icd-10", "Z85.3")
    clinical = concept(None, status) if status else None
    assert presences(condition(code=coded, clinicalStatus=clinical)) == [("past", None)]


def test_a_history_of_cancer_that_is_refuted_or_unclear_stays_so():
    coded = concept("http://hl7.org/fhir/sid/icd-10", "Z85.3")
    assert presences(condition(code=coded, verificationStatus=concept(None, "refuted"))) == []
    odd = condition(code=coded, clinicalStatus=concept(None, "odd"))
    assert presences(odd) == [("uncertain", "unknownStatus")]


DIABETES = concept("http://hl7.org/fhir/sid/icd-10", "E11.9", "Diabetes")


def test_a_condition_that_no_rule_asks_for_is_kept_with_its_words():
    (found,) = record_of(condition(code=DIABETES)).diagnoses
    assert (found.concepts, found.text, found.presence) == (frozenset(), "Diabetes", "present")
    assert [c.code for c in found.codings] == ["E11.9"]


def test_an_unreadable_status_is_listed_only_where_a_rule_could_ask_for_the_diagnosis():
    odd = concept(None, "odd")
    plain = record_of(condition(code=DIABETES, clinicalStatus=odd))
    assert [d.presence for d in plain.diagnoses] == ["uncertain"]
    assert plain.unread == ()
    asked = record_of(condition(clinicalStatus=odd))
    assert [(u.reference, u.reason.id) for u in asked.unread] == [
        ("Condition/con-fatigue", "unknownStatus")
    ]


# -- a cancer without a status ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("members", "presence"),
    [
        ({"onsetDateTime": "2021-03-03"}, "present"),
        ({"onsetDateTime": "2021-03-02"}, "uncertain"),
        ({"onsetDateTime": "2021"}, "present"),
        ({"onsetDateTime": "2020"}, "uncertain"),
        ({"onsetDateTime": None}, "present"),
        ({"onsetDateTime": None, "recordedDate": "2015-06-01"}, "uncertain"),
        ({"onsetDateTime": "2015", "clinicalStatus": concept(None, "active")}, "present"),
        ({"onsetDateTime": "2015", "clinicalStatus": concept(None, "resolved")}, "past"),
        ({"onsetDateTime": "2015", "abatementDateTime": "2016"}, "past"),
    ],
)
@pytest.mark.parametrize("key", ["organ.breast", "malignancy.primary"])
def test_an_old_cancer_without_a_status_is_neither_active_nor_over(members, presence, key):
    coded = {"code": concept("http://hl7.org/fhir/sid/icd-10", "C76.1")}
    of = {} if key == "organ.breast" else coded
    sent = condition("organ.breast", **({"clinicalStatus": None} | of | members))
    assert [d.presence for d in record_of(sent).diagnoses] == [presence]


@pytest.mark.parametrize("key", ["metastasis.liver", "weight_loss", "pregnancy"])
def test_only_of_a_cancer_does_age_make_the_status_unclear(key):
    sent = condition(key, clinicalStatus=None, onsetDateTime="2015-01-01")
    assert presences(sent) == [("present", None)]


def test_why_an_old_cancer_is_unclear_is_kept_and_it_is_not_called_unread():
    sent = condition("organ.breast", clinicalStatus=None, onsetDateTime="2015-01-01")
    assert presences(sent) == [("uncertain", "unknownStatus")]
    assert record_of(sent).unread == ()


# -- findings --------------------------------------------------------------------------------------


def finding(**members):
    base = {"code": FATIGUE, "valueQuantity": None, "valueBoolean": True}
    return observation(**(base | members))


@pytest.mark.parametrize(
    ("members", "found"),
    [
        ({}, [("present", None)]),
        ({"valueBoolean": False}, []),
        (
            {"valueBoolean": None, "code": concept("urn:q", "q"), "valueCodeableConcept": FATIGUE},
            [("present", None)],
        ),
        ({"status": "preliminary"}, []),
        ({"status": "entered-in-error"}, []),
        ({"status": "Final"}, [("uncertain", "unknownStatus")]),
        ({"effectiveDateTime": None}, [("present", None)]),
        ({"valueString": "no"}, [("uncertain", "twoValues")]),
        ({"dataAbsentReason": concept(None, "error")}, [("uncertain", "valueAndAbsent")]),
        ({"interpretation": 5}, [("present", None)]),
        ({"valueQuantity": 5}, [("uncertain", "malformed")]),
        ({"subject": None}, [("uncertain", "noSubject")]),
    ],
)
def test_an_observation_may_state_a_symptom(members, found):
    assert presences(finding(**members)) == found


# -- contrast --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("members", "found"),
    [
        ({}, ["present"]),
        ({"code": {"text": "Penicillin"}}, []),
        ({"code": None}, []),
        ({"clinicalStatus": 5}, ["uncertain"]),
        ({"verificationStatus": concept(None, "refuted")}, []),
        ({"patient": {"reference": "Patient/p2"}}, []),
        ({"patient": None}, []),
    ],
)
def test_an_allergy_to_contrast_media_is_kept(members, found):
    allergy = resource(
        "AllergyIntolerance",
        {"id": "a", "patient": MINE, "code": {"text": "Jodkontrast"}},
        members,
    )
    record = record_of(allergy)
    assert [d.presence for d in record.contrast_risks] == found
    assert all(d.reference == "AllergyIntolerance/a" for d in record.contrast_risks)
