"""The ServiceRequests we propose: referrals and laboratory orders, always drafts.

What is constant is written once and validated with fhir.resources (R4B) when it is first needed;
a call fills typed values in. Nothing here is ever sent or signed.
"""

from collections.abc import Mapping
from functools import cache, lru_cache

import msgspec

from cards.codes import OrderCoding
from cards.completeness import supporting_references
from cards.criteria import Chart, Finding
from cards.drafts import Json
from cards.note import annotation, plain, triggers
from cards.pathways.form import Pathway
from cards.record import Coded, Diagnosis
from cards.terminology import TERMS
from cards.words import Words

SNOMED = "http://snomed.info/sct"
REFERRAL = ("3457005", "Patient referral (procedure)")
LABORATORY = ("15220000", "Laboratory test (procedure)")
IMAGING = ("363679005", "Imaging")
PROCEDURE = ("103693007", "Diagnostic procedure")

Resource = dict[str, Json]


class Form(msgspec.Struct, frozen=True):
    """How an installation wants its orders."""

    canonical: str = "https://vidare.example"
    intent: str = "order"
    orders: Mapping[str, OrderCoding] = {}
    """The coding that the client's catalogue wants, by pathway or analyte."""


class InvalidTemplate(Exception):
    """A ServiceRequest of ours is not valid FHIR: the service must not start."""


def checked(resource: Mapping[str, Json]) -> Resource:
    """Give the resource if fhir.resources (R4B) and the required codes of R4 accept it.

    Raises `InvalidTemplate`. fhir.resources does not check required value sets: that is done here.
    """
    from fhir.resources.R4B.servicerequest import ServiceRequest  # noqa: PLC0415 -- slow to import

    codes = {
        "status": {"draft", "active", "on-hold", "revoked", "completed", "unknown"},
        "intent": {"proposal", "plan", "directive", "order", "original-order"},
        "priority": {"routine", "urgent", "asap", "stat"},
    }
    try:
        ServiceRequest.model_validate(dict(resource))
    except ValueError as error:
        raise InvalidTemplate("a ServiceRequest of ours is not valid FHIR R4B") from error
    for member, allowed in codes.items():
        if member in resource and resource[member] not in allowed:
            raise InvalidTemplate(f"ServiceRequest.{member} is no code of FHIR R4")
    return dict(resource)


@cache
def template(category: tuple[str, str], priority: str) -> Resource:
    """Give the constant part of a draft, validated."""
    code, display = category
    coding: Json = [{"system": SNOMED, "code": code, "display": display}]
    body: Resource = {
        "resourceType": "ServiceRequest",
        "status": "draft",
        "intent": "order",
        "category": [{"coding": coding}],
        "priority": priority,
        "code": {"text": "template"},
        "subject": {"reference": "Patient/template"},
    }
    return checked(body)


def prepare() -> None:
    """Build and validate every template; called once when the service starts."""
    template(REFERRAL, "urgent")
    template(LABORATORY, "urgent")
    template(IMAGING, "urgent")
    template(PROCEDURE, "urgent")


def filled(category: tuple[str, str], chart: Chart, form: Form, ids: str) -> Resource:
    """Give a draft for the patient, in the encounter, by the referrer of the call."""
    record = chart.record
    body: Resource = {
        **template(category, "urgent"),
        "id": ids,
        "intent": form.intent,
        "subject": {"reference": f"Patient/{record.person.id}"},
        "authoredOn": record.today.isoformat(),
    }
    if record.encounter:
        body["encounter"] = {"reference": f"Encounter/{record.encounter}"}
    if record.referrer.reference:
        body["requester"] = {"reference": record.referrer.reference}
    return body


def lab_order(analyte: str, chart: Chart, words: Words, form: Form, ids: str) -> Resource:
    """Give the draft order of one test: NPU and LOINC coding, the specimen in words."""
    constant = _test(analyte, words.language, form.orders.get(analyte))
    return filled(LABORATORY, chart, form, ids) | constant


@lru_cache(maxsize=1024)
def _test(analyte: str, language: str, own: OrderCoding | None) -> Resource:
    """Give what is the same in every order of a test: its code and its specimen."""
    known = TERMS.analyte(analyte)
    codings: list[Json] = [_coding(c) for c in ((own,) if own else known.order)]
    return {
        "code": {"coding": codings, "text": known.name[language]},
        "specimen": [{"display": known.specimen[language]}],
    }


def _coding(coding: OrderCoding) -> Json:
    found: dict[str, Json] = {"system": coding.system_uri, "code": coding.code}
    return found | ({"display": coding.display} if coding.display else {})


def redirect(organ: str, chart: Chart, words: Words, form: Form, ids: str) -> Resource:
    """Give the draft referral to an organ's own pathway, to be completed by the clinician."""
    body = filled(REFERRAL, chart, form, ids)
    name = words.concept(f"organ.{organ}")
    code = f"svf-{organ.replace('_', '-')}"
    body["code"] = order_code(code, words.say("order", "redirect", name=name), form, organ)
    return body


def order_code(code: str, text: str, form: Form, key: str) -> Json:
    """Give the code of a referral: what the client's catalogue wants for `key`, else our own."""
    own = form.orders.get(key)
    system = f"{form.canonical}/CodeSystem/pathway-order"
    coding: Json = _coding(own) if own else {"system": system, "code": code, "display": text}
    return {"coding": [coding], "text": text}


def referral(
    pathway: Pathway, finding: Finding, chart: Chart, words: Words, form: Form, ids: str
) -> Resource:
    """Give the prefilled referral to a pathway: reasons, every answer used, the note in blocks."""
    body = filled(REFERRAL, chart, form, ids)
    body["code"] = order_code(pathway.code, words.say("order", pathway.id), form, pathway.id)
    body |= reasons(finding, chart)
    info = supporting_references(chart)
    if info:
        body["supportingInfo"] = [{"reference": r} for r in info]
    body["note"] = [annotation(b, pathway, finding, chart, words) for b in pathway.blocks]
    key = "patientInstruction_dk" if pathway.country == "DK" else "patientInstruction"
    body["patientInstruction"] = words.say("note", key)
    return body


def reasons(finding: Finding, chart: Chart) -> Resource:
    """Give reasonCode and reasonReference of the findings that triggered."""
    diagnoses = triggers(finding, chart)
    found: Resource = {}
    codes: list[Json] = [code for d in diagnoses if (code := _reason_code(d))]
    if codes:
        found["reasonCode"] = codes
    return found | reason_references(finding)


def reason_references(finding: Finding) -> Resource:
    """Give the reasonReference of what a finding rests on; nothing where it names no resource."""
    kinds = ("Condition/", "Observation/", "DiagnosticReport/")
    references: list[Json] = [{"reference": r} for r in finding.evidence if r.startswith(kinds)]
    return {"reasonReference": references} if references else {}


def _reason_code(diagnosis: Diagnosis) -> Json:
    codings: list[Json] = [_coded(c) for c in diagnosis.codings]
    found: dict[str, Json] = {"coding": codings} if codings else {}
    text = plain(diagnosis.text)
    return found | ({"text": text} if text else {})


def _coded(coded: Coded) -> Json:
    found: dict[str, Json] = {"system": coded.system, "code": coded.code}
    display = plain(coded.display or "")
    return found | ({"display": display} if display else {})
