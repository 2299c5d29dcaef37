import copy

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cards.reading import PatientMismatch, read_record
from cards.source import TOO_DEEP, Entry, Source, open_source
from tests.cards.build import (
    LOINC,
    MINE,
    as_json,
    bundle,
    call,
    code_of,
    concept,
    condition,
    diagnostic_report,
    encounter,
    medication_request,
    observation,
    patient,
    quantity,
    record_of,
    resource,
    service_request,
    test_code,
)
from tests.cards.test_decoding import DEEP, JSON

OTHER = {"reference": "Patient/p2"}
ELSEWHERE = {"reference": "https://elsewhere.example/fhir/Patient/p1"}


def listed(record):
    return [(u.reference, u.reason.id) for u in record.unread]


def state(record, key="observations"):
    return record.sources[key].outcome, record.sources[key].reason


HALF = {"system": LOINC, "code": 7187}
"""A coding that cannot be read: its code is no text."""
LOST = ("partial", "unreadableEntries")
WHOLE = ("complete", None)


@pytest.mark.parametrize(
    ("entry", "reason"),
    [
        (None, "notFhir"),
        ("text", "notFhir"),
        ({}, "noResourceType"),
        ({"resourceType": ""}, "noResourceType"),
        ({"resourceType": "observation"}, "unknownType"),
        ({"resourceType": "Banana"}, "unknownType"),
        ({"resourceType": 5}, "notFhir"),
    ],
)
def test_an_entry_that_may_be_anything_is_listed_and_leaves_its_source_incomplete(entry, reason):
    record = record_of(observations=bundle(entry, observation()))
    assert listed(record) == [("observations[0]", reason)]
    assert state(record) == LOST
    assert record.results["hb"][0].state == "final"


@pytest.mark.parametrize("item", [{}, {"resource": None}, None])
def test_an_entry_without_a_resource_is_listed(item):
    record = record_of(observations=bundle(entry=[item]))
    assert [name for name, _ in listed(record)] == ["observations[0]"]
    assert state(record) == LOST


@pytest.mark.parametrize(
    "rider",
    [
        {"resourceType": "Specimen", "id": "s"},
        {"resourceType": "Medication"},
        patient(),
        resource("Practitioner", {"id": "x"}, {}),
    ],
)
def test_what_rides_along_is_passed_over(rider):
    record = record_of(observations=bundle(rider, observation()))
    assert (listed(record), state(record)) == ([], WHOLE)


def test_a_source_that_was_already_short_keeps_its_reason():
    record = record_of(observations=bundle(None, link=[{"relation": "next"}]))
    assert state(record) == ("partial", "morePages")


def test_sources_that_were_never_named_are_unavailable():
    record = read_record({}, call())
    assert {k: s.outcome for k, s in record.sources.items()} == dict.fromkeys(
        ("patient", "observations", "conditions"), "unavailable"
    )


# -- whose -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "make",
    [observation, condition, diagnostic_report, service_request, encounter, medication_request],
)
def test_another_patients_resource_is_ignored_listed_and_counted(make):
    sent = make(subject=OTHER, id="x")
    record = record_of(sent)
    assert listed(record) == [(f"{sent['resourceType']}/x", "foreignPatient")]
    assert record.foreign == 1
    kept = (record.results, record.diagnoses, record.orders, record.reports)
    assert not any(kept)


def test_the_same_stranger_is_counted_once():
    assert record_of(*[observation(subject=OTHER)] * 2, patient()).foreign == 1


def test_another_patient_who_rides_along_is_counted():
    record = record_of(observations=bundle(patient(id="p2")))
    assert (record.foreign, listed(record)) == (1, [("Patient/p2", "foreignPatient")])


@pytest.mark.parametrize(
    "subject",
    [
        None,
        ELSEWHERE,
        {"reference": "urn:uuid:x"},
        {},
        5,
        {"reference": "Group/p1"},
        {"reference": "#x"},
    ],
)
@pytest.mark.parametrize("make", [observation, diagnostic_report])
def test_a_result_of_nobody_we_know_is_unreadable_for_its_analyte(subject, make):
    sent = make("s_protein_profile", subject=subject)
    record = record_of(sent)
    (found,) = record.results["s_protein_profile"]
    assert (found.state, found.reason.id, found.value) == ("unreadable", "noSubject", None)
    assert (f"{sent['resourceType']}/{sent['id']}", "noSubject") in listed(record)
    assert record.foreign == 0


def test_a_cancelled_result_of_nobody_we_know_is_cancelled():
    (found,) = record_of(observation(subject=None, status="cancelled")).results["hb"]
    assert found.state == "void"


def test_the_patients_full_url_and_identifiers_name_the_patient():
    me = patient(identifier=[{"system": "urn:mrn", "value": "77"}])
    sent = bundle(entry=[{"fullUrl": "urn:uuid:me", "resource": me}])
    subjects = [{"reference": "urn:uuid:me"}, {"identifier": {"system": "urn:mrn", "value": "77"}}]
    results = [observation(id=f"o{n}", subject=s) for n, s in enumerate(subjects)]
    record = record_of(*results, patient=sent)
    assert [r.state for r in record.results["hb"]] == ["final", "final"]


@pytest.mark.parametrize(
    "reference", ["Patient/", " ", "https://elsewhere.example/fhir/Patient/p1", "urn:uuid:x"]
)
@pytest.mark.parametrize("mine_first", [True, False])
def test_a_reference_that_says_nothing_leaves_each_result_to_its_own_identifier(
    reference, mine_first
):
    me, other = ({"system": "urn:mrn", "value": value} for value in ("77", "78"))
    sent = [
        observation(analyte, id=analyte, subject={"reference": reference, "identifier": named})
        for analyte, named in (("hb", me), ("crp", other), ("tsh", None))
    ]
    record = record_of(*(sent if mine_first else sent[::-1]), patient(identifier=[me]))
    states = {analyte: [r.state for r in results] for analyte, results in record.results.items()}
    assert states == {"hb": ["final"], "tsh": ["unreadable"]}
    assert record.foreign == 1


# -- twice -----------------------------------------------------------------------------------------


def test_the_same_resource_twice_is_one():
    record = record_of(observation(), observation(), vitals=bundle(observation()))
    assert len(record.results["hb"]) == 1
    assert listed(record) == []


def test_two_versions_of_a_result_leave_every_analyte_of_them_unreadable():
    two = [observation("hb", id="x"), observation("crp", id="x"), observation("crp", id="x")]
    record = record_of(*two)
    reasons = {a: {r.reason.id for r in rs} for a, rs in record.results.items()}
    assert reasons == {"hb": {"twice"}, "crp": {"twice"}}
    assert listed(record) == [("Observation/x", "twice")]


def test_another_patients_version_does_not_disturb():
    record = record_of(observation(subject=OTHER), observation())
    assert record.results["hb"][0].state == "final"


def test_of_two_versions_one_may_be_of_two_types():
    two = as_json(bundle(service_request(), service_request(status="completed")))
    sent = two.replace(b'"id"', b'"reso\\u0075rceType": "ServiceRequest", "id"', 1)
    record = record_of(serviceRequests=open_source("serviceRequests", sent))
    assert listed(record) == [("serviceRequests[0]", "notFhir")]
    assert [order.status for order in record.orders] == ["completed"]


def test_two_versions_of_an_order_leave_its_status_unknown():
    record = record_of(service_request("b12"), service_request("b12", status="completed"))
    assert {o.status for o in record.orders} == {None}
    assert record_of(service_request("b12")).orders[0].status == "active"


# -- codes that cannot be read ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("members", "reason", "expected"),
    [
        ({"code": None}, "noCode", LOST),
        ({"code": 5}, "noCode", LOST),
        ({"code": {"coding": []}}, "noCode", LOST),
        ({"code": {"coding": [{"system": LOINC, "code": ""}]}}, "noCode", LOST),
        ({"code": None, "status": "cancelled"}, None, WHOLE),
        ({"code": {"text": "B-Hb"}}, "noCode", WHOLE),
        ({"code": {"coding": [HALF, *concept("urn:local", "Hb")["coding"]]}}, "malformed", LOST),
        ({"code": {"coding": [HALF, *test_code("hb")["coding"]]}}, "malformed", WHOLE),
        (
            {"code": {"coding": [HALF, {"code": "x"}]}, "status": "cancelled"},
            "malformed",
            WHOLE,
        ),
        ({"code": concept("urn:local", "Hb")}, None, WHOLE),
        ({"component": [None]}, "malformed", LOST),
        ({"component": [None], "status": "entered-in-error"}, "malformed", WHOLE),
    ],
)
def test_a_result_that_may_be_any_test_is_listed_and_leaves_its_source_incomplete(
    members, reason, expected
):
    record = record_of(observation(**members))
    assert state(record) == expected
    assert (reason in [why for _, why in listed(record)]) is bool(reason)


@pytest.mark.parametrize(
    ("sent", "key", "expected"),
    [
        (diagnostic_report(code={"coding": [HALF, {"display": "CT"}]}), "diagnosticReports", LOST),
        (diagnostic_report(code={"coding": [HALF, {"code": "x"}]}), "diagnosticReports", LOST),
        (condition(code={"coding": [HALF, {"code": "x"}]}), "conditions", LOST),
        (
            condition(
                code={"coding": [HALF, {"code": "x"}]},
                verificationStatus=concept(None, "entered-in-error"),
            ),
            "conditions",
            WHOLE,
        ),
        (
            condition(code={"coding": [HALF, *code_of("organ.lung")["coding"]]}),
            "conditions",
            WHOLE,
        ),
    ],
)
def test_what_bears_half_a_code_may_be_anything(sent, key, expected):
    assert state(record_of(sent), key) == expected


def test_a_report_that_may_be_any_test_is_listed():
    record = record_of(diagnostic_report(code=None))
    assert listed(record) == [("DiagnosticReport/rep-ct", "noCode")]
    assert state(record, "diagnosticReports") == LOST


# -- contained -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("inner", "outer", "found", "why"),
    [
        ({"subject": None}, {}, "final", None),
        ({}, {}, "final", None),
        ({"subject": {"reference": "#pat"}}, {}, "final", None),
        ({"subject": OTHER}, {}, None, "foreignPatient"),
        ({"subject": 5}, {}, "unreadable", "noSubject"),
        ({"subject": None}, {"subject": None}, "unreadable", "noSubject"),
        ({"subject": None}, {"subject": OTHER}, None, "foreignPatient"),
        ({"status": "preliminary"}, {}, "pending", None),
        ({"id": None, "interpretation": 5}, {}, "final", "malformed"),
        ({"focus": [{"reference": "#pat"}]}, {}, "final", None),
        ({"focus": [{"reference": "RelatedPerson/donor"}]}, {}, "unreadable", "noSubject"),
        ({}, {"modifierExtension": [{"url": "x"}]}, "unreadable", "malformed"),
        ({}, {"status": "entered-in-error"}, None, None),
        ({}, {"status": "preliminary"}, "final", None),
    ],
)
def test_a_contained_result_is_of_its_containers_patient(inner, outer, found, why):
    me = {"resourceType": "Patient", "id": "pat", "identifier": [{"system": "m", "value": "7"}]}
    report = diagnostic_report(contained=[me, observation(**inner)], **outer)
    record = record_of(report, patient(identifier=me["identifier"]))
    assert [r.state for r in record.results.get("hb", ())] == ([found] if found else [])
    assert (why in [reason for _, reason in listed(record)]) is bool(why)


@pytest.mark.parametrize("inner", [None, 5, {"resourceType": 5}])
def test_a_contained_resource_that_may_be_anything_leaves_its_source_incomplete(inner):
    record = record_of(diagnostic_report(contained=[inner, observation()]))
    assert state(record, "diagnosticReports") == LOST
    assert record.results["hb"][0].state == "final"


def test_a_contained_result_without_a_name_is_one_of_its_container():
    record = record_of(observation("crp", contained=[observation(id=None)]))
    assert record.results["hb"][0].state == "final"


# -- depth -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("member", "found"), [("extension", "final"), ("valueQuantity", "unreadable")]
)
def test_a_subtree_that_was_cut_is_listed_and_costs_only_what_it_held(member, found):
    raw = as_json(bundle(observation(**{member: "HERE"}), observation("crp")))
    record = record_of(observations=open_source("observations", raw.replace(b'"HERE"', TOO_DEEP)))
    assert record.results["hb"][0].state == found
    assert record.results["crp"][0].state == "final"
    assert ("Observation/obs-hb", "tooDeep") in listed(record)


def test_an_entry_too_deep_to_open_costs_its_neighbours_nothing():
    entries = (Entry(DEEP), Entry(as_json(observation())))
    record = record_of(observations=Source("observations", "complete", entries=entries))
    assert listed(record) == [("observations[0]", "tooDeep")]
    assert record.results["hb"][0].state == "final"


# -- whatever is sent ------------------------------------------------------------------------------

VALID = [
    patient(telecom=[{"system": "phone", "value": "1"}], meta={"security": [{"code": "N"}]}),
    observation("hb", referenceRange=[{"low": quantity(1, "g/L")}], note=[{"text": "x"}]),
    observation("u_dipstick", component=[{"code": concept(LOINC, "718-7"), "valueString": "x"}]),
    condition("fatigue"),
    service_request("b12"),
    diagnostic_report("s_protein_profile", contained=[observation("crp")]),
    encounter(),
    medication_request(),
    resource("AllergyIntolerance", {"patient": MINE, "code": {"text": "kontrast"}}, {}),
    resource("ImagingStudy", {"subject": MINE, "status": "available"}, {}),
    resource("Practitioner", {"id": "a", "telecom": [{"system": "phone"}]}, {}),
]
ODD = JSON | st.sampled_from(["", " ", "final", "2026-02-25", "Patient/p1", 10**400, 1e308, -1])


def places(value, path=()):
    """Give the path of every member and item in a JSON value."""
    inner = value.items() if isinstance(value, dict) else enumerate(value)
    for name, child in inner:
        yield (*path, name)
        if isinstance(child, dict | list):
            yield from places(child, (*path, name))


def mutated(value, path, odd):
    changed = copy.deepcopy(value)
    at = changed
    for name in path[:-1]:
        at = at[name]
    at[path[-1]] = odd
    return changed


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_no_resource_with_any_member_replaced_raises_or_costs_a_neighbour(data):
    number = data.draw(st.integers(0, len(VALID) - 1))
    path = data.draw(st.sampled_from(sorted(places(VALID[number]), key=str)))
    sent = mutated(VALID[number], path, data.draw(ODD))
    neighbour = observation("tsh", id="neighbour")
    try:
        if number == 0:
            record = record_of(neighbour, patient=bundle(sent))
        else:
            record = record_of(observations=bundle(sent, neighbour), user=bundle(sent))
    except PatientMismatch:
        assert path == ("id",)
        return
    assert record.results["tsh"][-1].reference == "Observation/neighbour"
    assert record.results["tsh"][-1].state == "final"


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_no_replaced_member_makes_a_result_missing_in_silence(data):
    sent = VALID[1]
    path = data.draw(st.sampled_from(sorted(places(sent), key=str)))
    record = record_of(observations=bundle(mutated(sent, path, data.draw(JSON))))
    if not record.results.get("hb") and path[0] != "code":
        assert record.unread
    if not record.results.get("hb") and path == ("code",):
        assert listed(record)


def test_reading_costs_no_more_than_in_proportion_to_what_is_read():
    record = record_of(*(observation(id=f"o{n}") for n in range(300)))
    assert len(record.results["hb"]) == 300


# -- named, and about somebody else ----------------------------------------------------------------


@pytest.mark.parametrize(
    "code",
    [
        {"text": "B-Hemoglobin"},
        {"text": " b-hemoglobin "},
        {"coding": [{"system": "urn:lab", "code": "17", "display": "B-Hemoglobin"}]},
    ],
)
def test_a_result_that_is_only_named_is_no_answer_and_not_missing_either(code):
    (found,) = record_of(observation(code=code)).results["hb"]
    assert (found.state, found.reason.id) == ("unreadable", "unverifiedCode")


@pytest.mark.parametrize(
    ("printed", "analyte"),
    [
        ("S-Proteinfraktioner", "s_protein_profile"),
        ("S-Proteinprofil", "s_protein_profile"),
        ("P-Kobalamin", "b12"),
        ("P-Kobalamin (B12)", "b12"),
        ("vB-Hemoglobin", "hb"),
    ],
)
def test_a_result_named_as_laboratories_print_it_is_not_called_missing(printed, analyte):
    local = {"coding": [{"system": "urn:lab", "code": "17", "display": printed}]}
    (found,) = record_of(observation(code=local)).results[analyte]
    assert (found.state, found.reason.id) == ("unreadable", "unverifiedCode")


def test_no_name_means_two_analytes_and_a_remark_in_brackets_is_no_name():
    from cards.coded import _NAMES, _called
    from cards.terminology import TERMS

    for key, analyte in TERMS.analytes.items():
        for name in (*analyte.short.values(), *analyte.name.values(), *analyte.printed):
            assert {_NAMES[called] for called in _called(name)} == {key}
    assert {"free", "ratio", "kvot"}.isdisjoint(_NAMES)


def test_a_local_code_with_a_foreign_name_means_nothing():
    record = record_of(observation(code=concept("urn:lab", "17") | {"text": "Hb från labb X"}))
    assert "hb" not in record.results


@pytest.mark.parametrize(
    ("focus", "state_of_it"),
    [
        ([{"reference": "Patient/p1"}], "final"),
        ([{"reference": "Patient/other"}], "unreadable"),
        ([{"reference": "RelatedPerson/donor"}], "unreadable"),
        ([{"display": "fetus"}], "unreadable"),
        ("RelatedPerson/donor", "unreadable"),
        ([{"reference": 5}], "unreadable"),
        ([], "final"),
        (None, "final"),
    ],
)
def test_a_result_about_somebody_else_is_no_answer(focus, state_of_it):
    (found,) = record_of(observation(focus=focus)).results["hb"]
    assert found.state == state_of_it
