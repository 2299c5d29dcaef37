"""The Swedish example patients are valid FHIR, synthetic, and tell the story their case says.

What no EHR should send, yet some do, is named here case by case.
"""

import json
import re
import tomllib
from collections import Counter
from datetime import date, datetime
from pathlib import Path
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from fhir.resources.R4B import get_fhir_model_class
from pydantic import ValidationError

from tests.service.asking import FAULTY

EXAMPLES = Path(__file__).parents[2] / "fhir_examples"
CALLS = [
    (path.parent.name, path.name.removeprefix("request.").removesuffix(".json"))
    for path in sorted(EXAMPLES.glob("*/request.svf-*.json"))
]
CASES = sorted({case for case, _ in CALLS})

PERSONNUMMER = "http://electronichealth.se/identifier/personnummer"
# Published as test identities: the examples of the HL7 Sweden base profiles, and the Inera sandbox.
TEST_NUMBERS = {
    *("195009072553", "196101182803", "189002029800", "200302022389", "199002222397"),
    *("200001252386", "189602029812"),
    *("194208106593", "195503222340", "197511151347", "198906032464", "200508251238"),
}
# The mobile numbers that the Swedish telecom authority (PTS) keeps free for fiction.
FICTION = range(1740605, 1740700)

# Which resource of the record answers which prefetch key.
KEY_OF_TYPE = {
    "Condition": "conditions",
    "ServiceRequest": "serviceRequests",
    "DiagnosticReport": "diagnosticReports",
    "Encounter": "encounters",
    "MedicationRequest": "medications",
}
KEY_OF_CATEGORY = {"laboratory": "observations", "vital-signs": "vitals"}
KEYS = {"patient", "user", *KEY_OF_TYPE.values(), *KEY_OF_CATEGORY.values()}
# Resources that others refer to and that no prefetch key asks for.
BY_REFERENCE_ONLY = {"Practitioner", "Organization", "Specimen"}

# Codes of the R4 bindings that are required, as far as the records need them: fhir.resources
# reads any word as a status.
STATUSES = {
    "Observation": {"registered", "preliminary", "final", "cancelled", "corrected"},
    "DiagnosticReport": {"partial", "final"},
    "ServiceRequest": {"draft", "active", "completed"},
    "MedicationRequest": {"draft", "active", "completed", "stopped"},
    "Encounter": {"in-progress", "finished", "cancelled"},
    "Specimen": {"available"},
}
CONDITION_CODES = {
    "clinicalStatus": {"active", "remission", "resolved", "inactive"},
    "verificationStatus": {"unconfirmed", "provisional", "confirmed", "refuted"},
}
# What an EHR should not send, on purpose.
UNCLEAR_UNITS = {
    "aos-units-unclear": {"obs-hb", "obs-creatinine"},
    "aos-messy-record": {"obs-glucose"},
}
WITHOUT_VALUE = {
    "aos-answers-in-text": {"obs-s-protein", "obs-ld", "obs-kappa"},
    "aos-messy-record": {"obs-s-protein"},
}
OF_ANOTHER = {"aos-wrong-patient": "Patient/pat-someone-else"}
STRIP = ("protein", "nitrite", "glucose", "leukocytes", "haemoglobin")
WITH_STRIP = ("aos-calcium-computed", "aos-complete", "aos-iron-deficiency", "aos-stale-boundary")
SUBJECT_REQUIRED = {*KEY_OF_TYPE, "Observation", "Specimen"}


def record(case):
    bundle = json.loads((EXAMPLES / case / "record.json").read_text(encoding="utf-8"))
    return [entry["resource"] for entry in bundle["entry"]]


def request(case, service):
    path = EXAMPLES / case / f"request.{service}.json"
    return json.loads(path.read_text(encoding="utf-8"))


def story(case):
    return tomllib.loads((EXAMPLES / case / "case.toml").read_text(encoding="utf-8"))


def drafts(case, service):
    orders = request(case, service)["context"].get("draftOrders", {})
    return [entry["resource"] for entry in orders.get("entry", [])]


def name(resource):
    return f"{resource['resourceType']}/{resource['id']}"


def only(case, resource_type):
    (found,) = (row for row in record(case) if row["resourceType"] == resource_type)
    return found


def prefetch_key(resource):
    kind = resource["resourceType"]
    if kind == "Observation":
        return KEY_OF_CATEGORY[resource["category"][0]["coding"][0]["code"]]
    return KEY_OF_TYPE.get(kind)


def strings(value):
    """Every string in a JSON value, with the member it stands in."""
    if isinstance(value, dict):
        for member, inner in value.items():
            if isinstance(inner, str):
                yield member, inner
            yield from strings(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from strings(inner)


def laboratory(case):
    """The results of today's question; those of the years before bear their day in their id."""
    return {
        row["id"]: row
        for row in record(case)
        if prefetch_key(row) == "observations" and not re.search(r"-\d{8}$", row["id"])
    }


def sampled(observation):
    return datetime.fromisoformat(observation["effectiveDateTime"]).date()


def passes_luhn(digits):
    doubled = (int(digit) * (2 - place % 2) for place, digit in enumerate(digits))
    return sum(sum(divmod(number, 10)) for number in doubled) % 10 == 0


def files_of_the_examples():
    inputs = ("record.json", "request.*.json", "case.toml")
    return sorted(path for pattern in inputs for path in EXAMPLES.glob(f"*/{pattern}"))


@pytest.mark.parametrize("case", CASES)
def test_a_case_has_an_anchor_a_title_and_a_story_in_three_languages(case):
    told = story(case)
    assert told["anchor"] == date(2026, 3, 2)
    for part in ("title", "story"):
        assert set(told[part]) == {"sv", "da", "en"}
        assert all(told[part].values())


@pytest.mark.parametrize("case", CASES)
def test_a_case_has_one_request_for_each_service_it_names(case):
    files = {path.name for path in (EXAMPLES / case).glob("request.*.json")}
    assert files == {f"request.{service}.json" for service in story(case)["services"]}


@pytest.mark.parametrize(
    "path", files_of_the_examples(), ids=lambda path: f"{path.parent.name}/{path.name}"
)
def test_a_file_is_written_as_plain_utf8(path):
    assert not re.search(r"\\u[0-9a-fA-F]{4}", path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("case", CASES)
def test_each_resource_of_a_record_is_valid_alone(case):
    invalid = set()
    for resource in record(case):
        try:
            get_fhir_model_class(resource["resourceType"]).model_validate(resource)
        except ValidationError:
            invalid.add(name(resource))
    assert invalid == FAULTY.get(case, set())


@pytest.mark.parametrize(("case", "service"), CALLS)
def test_each_draft_order_is_valid_alone(case, service):
    found = drafts(case, service)
    assert bool(found) == service.endswith("order-sign")
    for resource in found:
        get_fhir_model_class(resource["resourceType"]).model_validate(resource)
        assert (resource["status"], resource["intent"]) == ("draft", "order")


@pytest.mark.parametrize(("case", "service"), CALLS)
def test_every_status_is_a_code_of_its_required_binding(case, service):
    for row in (*record(case), *drafts(case, service)):
        if "status" in row:
            assert row["status"] in STATUSES[row["resourceType"]], name(row)
        for member in CONDITION_CODES.keys() & row.keys():
            assert row[member]["coding"][0]["code"] in CONDITION_CODES[member], name(row)
        assert row.get("intent", "order") == "order"


@pytest.mark.parametrize(("case", "service"), CALLS)
def test_ids_are_unique_and_a_draft_is_not_in_the_record(case, service):
    names = [name(row) for row in (*record(case), *drafts(case, service))]
    assert [key for key, times in Counter(names).items() if times > 1] == []


def test_no_two_cases_share_a_patient_id():
    assert len({only(case, "Patient")["id"] for case in CASES}) == len(CASES)


@pytest.mark.parametrize(("case", "service"), CALLS)
def test_every_clinical_resource_is_about_the_patient(case, service):
    patients = {name(only(case, "Patient"))}
    rows = (*record(case), *drafts(case, service))
    subjects = {r["subject"]["reference"] for r in rows if r["resourceType"] in SUBJECT_REQUIRED}
    assert subjects == patients | ({OF_ANOTHER[case]} if case in OF_ANOTHER else set())


@pytest.mark.parametrize(("case", "service"), CALLS)
def test_every_reference_leads_to_a_resource_of_the_record(case, service):
    known = {name(row) for row in record(case)}
    rows = [*record(case), *drafts(case, service)]
    pointed = {text for member, text in strings(rows) if member == "reference"}
    assert pointed - {OF_ANOTHER.get(case)} <= known


@pytest.mark.parametrize("case", CASES)
def test_a_personnummer_is_a_published_test_number_and_fits_the_person(case):
    patient = only(case, "Patient")
    (identifier,) = patient["identifier"]
    number = identifier["value"]
    if identifier["system"] == "http://example.org/fhir/sid/test-person":
        assert re.fullmatch(r"testperson-\d\d", number)
        return
    assert identifier["system"] == PERSONNUMMER
    assert number in TEST_NUMBERS
    assert passes_luhn(number[2:])
    assert patient["birthDate"].replace("-", "") == number[:8]
    assert patient["gender"] == ("male" if int(number[10]) % 2 else "female")


@pytest.mark.parametrize(
    "path", files_of_the_examples(), ids=lambda path: f"{path.parent.name}/{path.name}"
)
def test_no_other_national_number_and_no_real_phone_stands_anywhere(path):
    text = path.read_text(encoding="utf-8")
    numbers = re.findall(r"(?<![\d-])(?:19|20)\d{6}-?\d{4}(?!\d)", text)
    assert {number.replace("-", "") for number in numbers} <= TEST_NUMBERS
    phones = re.findall(r"\+46[\d -]*\d", text)
    assert all(int(phone.removeprefix("+46-70-")) in FICTION for phone in phones)


NEWCOMERS = {"age-not-known"}
"""Whoever came to the country last autumn has no older chart."""


@pytest.mark.parametrize("case", CASES)
def test_a_chart_has_years_behind_it(case):
    visits = [row for row in record(case) if row["resourceType"] == "Encounter"]
    years = {row["period"]["start"][:4] for row in visits}
    assert len(years) >= (2 if case in NEWCOMERS else 3)


def test_the_table_of_the_readme_names_every_case_and_nothing_else():
    table = (EXAMPLES / "README.md").read_text("utf-8")
    named = set(re.findall(r"^\| `([a-z-]+)` \|", table, re.MULTILINE))
    assert named == {path.parent.name for path in EXAMPLES.glob("*/case.toml")}


@pytest.mark.parametrize("case", CASES)
def test_nothing_is_dated_after_the_anchor(case):
    anchor = story(case)["anchor"].isoformat()
    full_day = re.compile(r"\d{4}-\d{2}-\d{2}(T.*)?")
    days = [text[:10] for _, text in strings(record(case)) if full_day.fullmatch(text)]
    assert days
    assert max(days) <= anchor


@pytest.mark.parametrize("case", CASES)
def test_every_instant_bears_the_swedish_offset_of_its_day(case):
    for text in (text for _, text in strings(record(case)) if re.match(r"\d{4}-\d\d-\d\dT", text)):
        moment = datetime.fromisoformat(text)
        in_sweden = moment.replace(tzinfo=ZoneInfo("Europe/Stockholm"))
        assert moment.utcoffset() == in_sweden.utcoffset(), text


@pytest.mark.parametrize(("case", "service"), CALLS)
def test_a_request_is_the_call_of_its_service_about_its_patient(case, service):
    call = request(case, service)
    assert call["hook"] == service.removeprefix("svf-")
    assert call["context"]["patientId"] == only(case, "Patient")["id"]
    assert call["context"]["userId"] == name(only(case, "PractitionerRole"))
    assert f"Encounter/{call['context']['encounterId']}" in {name(row) for row in record(case)}


def test_every_hook_instance_is_a_version_four_uuid_of_its_own():
    instances = [request(*call)["hookInstance"] for call in CALLS]
    assert {UUID(text).version for text in instances} == {4}
    assert len(set(instances)) == len(CALLS)


@pytest.mark.parametrize(("case", "service"), CALLS)
def test_a_prefetch_holds_exactly_the_resources_of_the_record(case, service):
    prefetch = request(case, service)["prefetch"]
    sending = story(case)["chart"].get("sending", {})
    assert set(prefetch) == KEYS - set(sending.get("withheld", ()))
    assert prefetch["patient"] == only(case, "Patient")
    assert prefetch["user"] == only(case, "PractitionerRole")
    expected = {key: {} for key in KEYS - {"patient", "user"}}
    left_out = set()
    for row in record(case):
        key = prefetch_key(row)
        if key is None:
            left_out.add(row["resourceType"])
        else:
            expected[key][row["id"]] = row
    assert left_out - {"Patient", "PractitionerRole"} <= BY_REFERENCE_ONLY
    for key, rows in expected.items():
        entries = prefetch[key].get("entry", [])
        sent = {entry["resource"]["id"]: entry["resource"] for entry in entries}
        if key in sending.get("failed", ()):
            assert prefetch[key]["resourceType"] == "OperationOutcome"
        elif key in sending.get("first", ()):
            assert sent.items() < rows.items()
        else:
            assert sent == rows, key


@pytest.mark.parametrize(("case", "service"), CALLS)
def test_a_searchset_counts_its_matches_and_says_where_each_came_from(case, service):
    for key, bundle in request(case, service)["prefetch"].items():
        if bundle["resourceType"] != "Bundle":
            continue
        entries = bundle.get("entry", [])
        assert bundle["type"] == "searchset", key
        assert (bundle["total"] == len(entries)) == ("link" not in bundle), key
        assert bundle.get("entry") != []
        for entry in entries:
            assert entry["fullUrl"].endswith("/" + name(entry["resource"]))
            assert entry["search"] == {"mode": "match"}


@pytest.mark.parametrize("case", CASES)
def test_a_quantity_has_a_ucum_code_and_a_result_has_one_value(case):
    for row in record(case):
        if row["resourceType"] != "Observation" or "component" in row:
            continue
        held = sum(member.startswith("value") for member in row)
        assert held == (row["id"] not in WITHOUT_VALUE.get(case, ())), row["id"]
        quantity = row.get("valueQuantity")
        if quantity and row["id"] not in UNCLEAR_UNITS.get(case, ()):
            assert quantity["system"] == "http://unitsofmeasure.org"
            assert set(quantity) == {"value", "unit", "system", "code"}


def test_the_woman_with_gaps_lacks_exactly_the_tests_of_her_story():
    strip = {f"obs-strip-{part}" for part in STRIP}
    lacking = laboratory("aos-complete").keys() - laboratory("aos-gaps").keys()
    assert lacking == strip | {
        *("obs-psa", "obs-b12", "obs-folate", "obs-s-protein", "obs-kappa", "obs-lambda"),
    }
    assert laboratory("aos-gaps").keys() <= laboratory("aos-complete").keys()
    waiting = {key for key, row in laboratory("aos-gaps").items() if row["status"] != "final"}
    assert waiting == {"obs-ferritin"}
    assert laboratory("aos-gaps")["obs-ferritin"]["status"] == "preliminary"


ALSO_ABNORMAL = {
    "aos-complete": {"obs-hb", "obs-crp"},
    "aos-gaps": {"obs-crp"},
    "aos-stale-boundary": {"obs-hb", "obs-crp", "obs-psa"},
    "aos-calcium-computed": {"obs-crp", "obs-ca-total", "obs-albumin"},
    "aos-iron-deficiency": {"obs-hb", "obs-ferritin", "obs-mcv"},
}


@pytest.mark.parametrize("case", sorted(ALSO_ABNORMAL))
def test_values_and_reference_ranges_agree_with_the_flags_of_the_story(case):
    abnormal = set()
    for key, row in laboratory(case).items():
        for limits in row.get("referenceRange", ()):
            value = row["valueQuantity"]["value"]
            low, high = (limits.get(side, {"value": value})["value"] for side in ("low", "high"))
            if not low <= value <= high:
                abnormal.add(key)
    assert abnormal == {"obs-esr", "obs-alp"} | ALSO_ABNORMAL[case]


@pytest.mark.parametrize("case", sorted(WITH_STRIP))
def test_the_dipstick_is_five_negative_answers_of_one_sample(case):
    found = [laboratory(case)[f"obs-strip-{part}"] for part in STRIP]
    assert [row["valueString"] for row in found] == ["neg"] * 5
    assert len({row["effectiveDateTime"] for row in found}) == 1


def test_the_stale_ferritin_is_31_days_old_and_the_thyrotropin_30():
    results = laboratory("aos-stale-boundary")
    anchor = story("aos-stale-boundary")["anchor"]
    assert (anchor - sampled(results["obs-ferritin"])).days == 31
    assert (anchor - sampled(results["obs-tsh"])).days == 30
    assert sampled(results["obs-u-protein"]) == date(2026, 2, 15)
    assert not {"obs-kappa", "obs-lambda"} & results.keys()


def test_calcium_and_albumin_come_from_one_specimen_and_ionised_calcium_is_absent():
    results = laboratory("aos-calcium-computed")
    assert results["obs-ca-total"]["specimen"] == results["obs-albumin"]["specimen"]
    values = [results[key]["valueQuantity"]["value"] for key in ("obs-ca-total", "obs-albumin")]
    assert values == [2.58, 30]
    assert "obs-ca-ionised" not in results


def test_the_anaemic_woman_has_the_values_of_iron_deficiency():
    results = laboratory("aos-iron-deficiency")
    read = {
        key: results[f"obs-{key}"]["valueQuantity"]["value"] for key in ("hb", "ferritin", "crp")
    }
    assert read == {"hb": 92, "ferritin": 6, "crp": 4}


def test_the_girl_turns_eighteen_the_day_after_the_anchor():
    assert only("under-age", "Patient")["birthDate"] == "2008-03-03"
    assert laboratory("under-age") == {}


def test_the_man_with_an_earlier_cancer_has_no_laboratory_results():
    assert laboratory("cup-earlier-cancer") == {}
    found = {row["id"]: row for row in record("cup-earlier-cancer") if "clinicalStatus" in row}
    remission = found["cond-colon-cancer"]["clinicalStatus"]["coding"][0]["code"]
    suspected = found["cond-liver-metastasis"]["verificationStatus"]["coding"][0]["code"]
    assert (remission, suspected) == ("remission", "provisional")


def test_a_draft_referral_is_as_bare_as_a_clinician_leaves_it():
    for case, service in CALLS:
        for draft in drafts(case, service) if case != "cup-lungs" else ():
            assert not {"note", "supportingInfo", "reasonReference"} & draft.keys()


def test_contacts_of_the_complete_case_rise_from_three_to_eight_in_half_a_year():
    visits = [row for row in record("aos-complete") if row["resourceType"] == "Encounter"]
    kept = [row["period"]["start"][:10] for row in visits if row["status"] != "cancelled"]
    assert sum("2025-09-02" < day <= "2026-03-02" for day in kept) == 8
    assert sum("2025-03-02" < day <= "2025-09-02" for day in kept) == 3
