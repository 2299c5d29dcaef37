"""FHIR resources as an EHR sends them, as plain dictionaries, and the record read from them.

Every builder gives a small valid R4 resource; keyword arguments set or replace its members, and
`None` leaves a member out.
"""

import json
from collections.abc import Mapping
from datetime import date
from zoneinfo import ZoneInfo

import msgspec

from cards.reading import Call, Catalogue, read_record
from cards.record import PatientRecord
from cards.source import Source, open_source, unavailable
from cards.terminology import TERMS

Json = dict[str, object]

PATIENT_ID = "p1"
SERVER = "https://ehr.example/fhir"
TODAY = date(2026, 3, 2)
RECENT = "2026-02-25"
"""A day inside every window."""
ZONE = ZoneInfo("Europe/Stockholm")
MINE = {"reference": f"Patient/{PATIENT_ID}"}
LOINC, NPU, SNOMED, UCUM = (TERMS.system_uri(key) for key in ("loinc", "npu", "snomed", "ucum"))
OURS = "https://vidare.example/CodeSystem/pathway-order"
HL7 = "http://terminology.hl7.org/CodeSystem"

KEYS = (
    "patient",
    "observations",
    "conditions",
    "serviceRequests",
    "diagnosticReports",
    "vitals",
    "encounters",
    "medications",
    "user",
)
_KEY_OF = {
    "Patient": "patient",
    "Observation": "observations",
    "Condition": "conditions",
    "ServiceRequest": "serviceRequests",
    "DiagnosticReport": "diagnosticReports",
    "Encounter": "encounters",
    "MedicationRequest": "medications",
    "MedicationStatement": "medications",
    "Practitioner": "user",
    "PractitionerRole": "user",
    "Organization": "user",
}
CATALOGUE = Catalogue(
    codes={
        f"{OURS}|svf-aos": "aos",
        f"{OURS}|svf-cup": "cup-se",
        f"{OURS}|pakkeforloeb-metastases": "metastases-dk",
    },
    names=(("allvarliga ospecifika symtom", "aos"), ("cancer utan känd primärtumör", "cup-se")),
)


def resource(kind: str, members: Json, changes: Mapping[str, object]) -> Json:
    """Give a resource of `kind`: its members, changed; those changed to None are left out."""
    merged = {"resourceType": kind, **members, **changes}
    return {name: value for name, value in merged.items() if value is not None}


def concept(system: str | None, code: str | None, text: str | None = None) -> Json:
    """Give a CodeableConcept of one coding."""
    coding = {k: v for k, v in (("system", system), ("code", code)) if v is not None}
    return {"coding": [coding], **({"text": text} if text else {})}


def test_code(analyte: str) -> Json:
    """Give the code under which an analyte is ordered and answered."""
    coding = TERMS.analyte(analyte).order[0]
    return concept(coding.system_uri, coding.code)


test_code.__test__ = False  # a builder, although its name begins as a test's


def quantity(value: object, unit: str | None = None, **changes: object) -> Json:
    """Give a Quantity whose unit is a UCUM code."""
    coded = {"unit": unit, "system": UCUM, "code": unit} if unit else {}
    merged = {"value": value, **coded, **changes}
    return {name: given for name, given in merged.items() if given is not None}


def observation(
    analyte: str = "hb", value: object = None, unit: str | None = None, **changes: object
) -> Json:
    """Give a final Observation of an analyte: a number in its unit, or words.

    Without a value: 121 of the analyte's own unit, or "normal" for an answer in words.
    """
    entry = TERMS.analyte(analyte)
    if isinstance(value, str) or (value is None and entry.kind == "text"):
        answer: Json = {"valueString": value or "normal"}
    else:
        answer = {"valueQuantity": quantity(121 if value is None else value, unit or entry.unit)}
    members: Json = {
        "id": f"obs-{analyte}",
        "status": "final",
        "code": test_code(analyte),
        "subject": MINE,
        "effectiveDateTime": RECENT,
        **answer,
    }
    return resource("Observation", members, changes)


def code_of(concept_key: str) -> Json:
    """Give a code that records a finding, site or cancer of the terminology, and nothing else."""
    for system, index in ((SNOMED, TERMS._snomed), (TERMS.system_uri("icd10_se"), TERMS._icd10)):
        fitting = sorted(code for code, keys in index.items() if keys == {concept_key})
        if fitting:
            return concept(system, fitting[0])
    raise KeyError(concept_key)


def condition(concept_key: str = "fatigue", **changes: object) -> Json:
    """Give an active, confirmed Condition of a concept, such as "fatigue" or "organ.lung"."""
    members: Json = {
        "id": f"con-{concept_key}".replace("_", "-"),
        "clinicalStatus": concept(None, "active"),
        "verificationStatus": concept(None, "confirmed"),
        "code": code_of(concept_key) if "code" not in changes else None,
        "subject": MINE,
        "onsetDateTime": "2026-01-15",
    }
    return resource("Condition", members, changes)


def service_request(analyte: str | None = None, **changes: object) -> Json:
    """Give an active order of an analyte, or without one a referral to the AOS pathway."""
    members: Json = {
        "id": f"order-{analyte or 'aos'}",
        "status": "active",
        "intent": "order",
        "code": test_code(analyte) if analyte else concept(OURS, "svf-aos"),
        "subject": MINE,
        "authoredOn": "2026-03-01",
    }
    return resource("ServiceRequest", members, changes)


def diagnostic_report(analyte: str | None = None, **changes: object) -> Json:
    """Give a final report: of an analyte answered in words, or without one a chest CT."""
    imaging = {"category": [concept(None, "RAD")], "code": {"text": "CT thorax"}}
    laboratory = {"code": test_code(analyte)} if analyte else imaging
    members: Json = {
        "id": f"rep-{analyte or 'ct'}".replace("_", "-"),
        "status": "final",
        **laboratory,
        "subject": MINE,
        "effectiveDateTime": RECENT,
        "conclusion": "normal",
    }
    return resource("DiagnosticReport", members, changes)


def encounter(start: str = RECENT, **changes: object) -> Json:
    """Give a finished contact."""
    members: Json = {"status": "finished", "subject": MINE, "period": {"start": start}}
    return resource("Encounter", members, changes)


def medication_request(authored: str = RECENT, **changes: object) -> Json:
    """Give a prescription."""
    members: Json = {"status": "active", "subject": MINE, "authoredOn": authored}
    return resource("MedicationRequest", members, changes)


def patient(**changes: object) -> Json:
    """Give the patient of the call: a woman of 66."""
    members: Json = {"id": PATIENT_ID, "gender": "female", "birthDate": "1959-05-17"}
    return resource("Patient", members, changes)


def bundle(*resources: object, **changes: object) -> Json:
    """Give a searchset of the resources."""
    members: Json = {"type": "searchset", "entry": [{"resource": each} for each in resources]}
    return resource("Bundle", members, changes)


def as_json(value: object) -> bytes:
    """Give a value as JSON bytes."""
    return json.dumps(value, ensure_ascii=False).encode()


def call(**changes: object) -> Call:
    """Give the call of the patient on the day of the tests."""
    usual = Call(PATIENT_ID, TODAY, ZONE, fhir_server=SERVER, catalogue=CATALOGUE)
    return msgspec.structs.replace(usual, **changes)


def sources_of(*resources: Json, **keys: object) -> dict[str, Source]:
    """Give every prefetch key: the resources each under the key of its type, all read to the end.

    A keyword replaces a key: by a `Source`, by any JSON value as it was sent, or by ... for a
    key that was not sent.
    """
    sorted_in: dict[str, list[Json]] = {key: [] for key in KEYS}
    for each in resources:
        sorted_in[_KEY_OF.get(str(each.get("resourceType")), "observations")].append(each)
    sorted_in["patient"] = sorted_in["patient"] or [patient()]
    found: dict[str, Source] = {}
    for key, values in sorted_in.items():
        sent = keys.get(key, bundle(*values))
        if isinstance(sent, Source):
            found[key] = sent
        else:
            found[key] = (
                unavailable(key, "absent") if sent is ... else open_source(key, as_json(sent))
            )
    return found


def record_of(*resources: Json, the_call: Call | None = None, **keys: object) -> PatientRecord:
    """Give the record read from resources, as `sources_of` sorts them."""
    return read_record(sources_of(*resources, **keys), the_call or call())
