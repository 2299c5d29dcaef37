"""The Danish example patients are valid FHIR, plainly synthetic, and tell their story."""

import json
import re
import tomllib
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from fhir.resources.R4B import get_fhir_model_class

EXAMPLES = Path(__file__).parents[2] / "fhir_examples"
CALLS = [
    (path.parent.name, path.name.removeprefix("request.").removesuffix(".json"))
    for path in sorted(EXAMPLES.glob("*/request.pakkeforloeb-*.json"))
]
CASES = sorted({case for case, _ in CALLS})
CPR = "urn:oid:1.2.208.176.1.2"
# Published as test identities: the examples of HL7 Denmark's dk-core. Day and month, then year.
TEST_NUMBERS = {
    "0201609995": ("male", "1960-01-02"),
    "0201609996": ("female", "1960-01-02"),
    "0504909995": ("male", "1990-04-05"),
    "0201919990": ("female", "1991-01-02"),
}
KEY_OF_TYPE = {
    "Condition": "conditions",
    "ServiceRequest": "serviceRequests",
    "DiagnosticReport": "diagnosticReports",
    "Encounter": "encounters",
    "MedicationRequest": "medications",
}
KEY_OF_CATEGORY = {"laboratory": "observations", "vital-signs": "vitals"}


def record(case):
    bundle = json.loads((EXAMPLES / case / "record.json").read_text("utf-8"))
    return [entry["resource"] for entry in bundle["entry"]]


def request(case, service):
    return json.loads((EXAMPLES / case / f"request.{service}.json").read_text("utf-8"))


def only(case, kind):
    (found,) = (row for row in record(case) if row["resourceType"] == kind)
    return found


def codes(resource):
    return {coding["code"] for coding in resource["code"].get("coding", ())}


def drafts(case, service):
    orders = request(case, service)["context"].get("draftOrders", {})
    return [entry["resource"] for entry in orders.get("entry", ())]


def strings(value):
    if isinstance(value, str):
        yield value
    elif isinstance(value, (dict, list)):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from strings(inner)


def test_the_four_patients_of_the_first_stories_are_here():
    first = {"dk-neck-node", "dk-axilla-adenocarcinoma", "dk-liver-afp", "dk-bone-cord"}
    assert first <= set(CASES)


@pytest.mark.parametrize("case", CASES)
def test_a_story_stands_in_three_languages_and_names_its_services(case):
    told = tomllib.loads((EXAMPLES / case / "case.toml").read_text("utf-8"))
    assert told["anchor"] == date(2026, 3, 2)
    assert set(told["title"]) == set(told["story"]) == {"sv", "da", "en"}
    assert set(told["services"]) == set(told["cards"]) == {s for c, s in CALLS if c == case}


@pytest.mark.parametrize(("case", "service"), CALLS)
def test_each_resource_is_valid_alone_and_about_the_patient(case, service):
    patient = f"Patient/{only(case, 'Patient')['id']}"
    for row in (*record(case), *drafts(case, service)):
        get_fhir_model_class(row["resourceType"]).model_validate(row)
        assert row.get("subject", {"reference": patient}) == {"reference": patient}


@pytest.mark.parametrize("case", CASES)
def test_the_number_is_of_a_published_test_identity_or_no_number_at_all(case):
    patient = only(case, "Patient")
    (identifier,) = patient["identifier"]
    if identifier["system"] != CPR:
        assert identifier["system"] == "http://example.org/fhir/sid/test-person"
        assert not re.search(r"\d{6}-?\d{4}", identifier["value"])
        return
    assert TEST_NUMBERS[identifier["value"]] == (patient["gender"], patient["birthDate"])


@pytest.mark.parametrize("case", CASES)
def test_no_other_personal_number_and_no_phone_that_could_ring(case):
    text = "\n".join(path.read_text("utf-8") for path in (EXAMPLES / case).glob("re[cq]*.json"))
    numbers = re.findall(r"(?<![\d.-])(?:[0-2]\d|3[01])(?:0\d|1[0-2])\d{2}-?\d{4}(?![\d.-])", text)
    assert {number.replace("-", "") for number in numbers} <= TEST_NUMBERS.keys()
    assert all(phone.startswith("+45 00 00 00 ") for phone in re.findall(r"\+45[\d -]*\d", text))


@pytest.mark.parametrize("case", CASES)
def test_nothing_is_dated_after_the_day_and_every_instant_bears_the_danish_offset(case):
    stamps = [text for text in strings(record(case)) if re.match(r"\d{4}-\d\d-\d\d", text)]
    assert max(stamp[:10] for stamp in stamps) <= "2026-03-02"
    for moment in (datetime.fromisoformat(stamp) for stamp in stamps if "T" in stamp):
        assert moment.utcoffset() == moment.astimezone(ZoneInfo("Europe/Copenhagen")).utcoffset()


@pytest.mark.parametrize("case", CASES)
def test_a_chart_has_years_behind_it(case):
    begun = {
        row["period"]["start"][:4] for row in record(case) if row["resourceType"] == "Encounter"
    }
    assert len(begun) >= 3


@pytest.mark.parametrize(("case", "service"), CALLS)
def test_a_call_holds_the_record_sorted_into_searches(case, service):
    call = request(case, service)
    assert call["hook"] == service.removeprefix("pakkeforloeb-")
    assert call["context"]["patientId"] == only(case, "Patient")["id"]
    assert call["prefetch"]["patient"] == only(case, "Patient")
    for key in (*KEY_OF_TYPE.values(), *KEY_OF_CATEGORY.values()):
        bundle = call["prefetch"].get(key, {"link": "not sent"})
        if "link" in bundle:  # a page of more, or no page at all: the story says so
            continue
        sent = [entry["resource"] for entry in bundle.get("entry", ())]
        held = [row for row in record(case) if _key(row) == key]
        assert sorted(r["id"] for r in sent) == sorted(r["id"] for r in held), key


def _key(row):
    if row["resourceType"] == "Observation":
        return KEY_OF_CATEGORY[row["category"][0]["coding"][0]["code"]]
    return KEY_OF_TYPE.get(row["resourceType"])


@pytest.mark.parametrize(
    ("case", "sks"),
    [
        ("dk-neck-node", "DC770"),
        ("dk-axilla-adenocarcinoma", "DC773"),
        ("dk-liver-afp", "DC787"),
        ("dk-bone-cord", "DC795"),
    ],
)
def test_the_metastasis_is_coded_in_sks_and_in_nothing_else(case, sks):
    found = [
        row for row in record(case) if row["resourceType"] == "Condition" and sks in codes(row)
    ]
    assert [codes(row) for row in found] == [{sks}]


def test_the_histology_of_the_axilla_stands_in_the_report_of_the_biopsy():
    report = only("dk-axilla-adenocarcinoma", "DiagnosticReport")
    assert report["conclusionCode"][0]["coding"][0]["code"] == "35917007"
    assert "adenokarcinom" in report["conclusion"]


def test_the_liver_is_called_solitary_in_a_note_and_afp_is_above_its_range():
    held = {row["id"]: row for row in record("dk-liver-afp")}
    assert "Solitær" in held["cond-liver-metastasis"]["note"][0]["text"]
    afp = held["obs-afp"]
    assert (afp["valueQuantity"]["value"], afp["valueQuantity"]["code"]) == (420, "ug/L")
    assert afp["referenceRange"][0]["high"]["value"] == 10
    assert not {"obs-psa", "obs-hcg"} & held.keys()


def test_the_draft_being_signed_is_as_bare_as_a_clinician_leaves_it():
    (draft,) = drafts("dk-bone-cord", "pakkeforloeb-order-sign")
    assert (draft["status"], draft["intent"]) == ("draft", "order")
    assert not {"note", "supportingInfo", "reasonReference"} & draft.keys()
