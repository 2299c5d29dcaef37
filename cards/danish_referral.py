"""The drafts of the Danish pathway: a referral for each target, and orders of examinations."""

from collections.abc import Mapping

from cards.advice import Advice
from cards.criteria import Chart, Finding
from cards.drafts import Json
from cards.evidence import day
from cards.note import plain, triggers
from cards.places import metastases, places_of
from cards.record import Diagnosis
from cards.referral import (
    IMAGING,
    PROCEDURE,
    SNOMED,
    Form,
    Resource,
    filled,
    order_code,
)
from cards.routing import IN_PATHWAY
from cards.terminology import TERMS
from cards.words import Words

SKS_DIAGNOSES = "urn:oid:1.2.208.176.2.4.12"
"""The diagnoses of SKS, as the Danish core profiles of Condition and ServiceRequest name them."""

PERFORMERS: Mapping[str, tuple[str, str]] = {
    "medical_department": ("306110004", "Referral to medical service (procedure)"),
    "neurology": ("183521007", "Referral to neurology service (procedure)"),
    "ent_filter": ("183544005", "Referral to ear, nose and throat service (procedure)"),
    "haematology": ("183567007", "Referral to hematologist (procedure)"),
    "colorectal": ("306180006", "Referral to surgical service (procedure)"),
    "breast": ("313186001", "Referral to breast clinic (procedure)"),
    "ovary": ("308485000", "Referral to gynecologist (procedure)"),
    "primary_liver": ("183523005", "Referral to gastroenterology service (procedure)"),
}
"""performerType of a target, SNOMED CT Global Patient Set; a target without a verified code has
none."""

PROPOSED = "medical_department"
"""Where a referral is prepared to where the guideline leaves the site out (Q14)."""


def targets_of(advice: Advice) -> tuple[str, ...]:
    """Give the targets for which a referral is prepared, the recommended first."""
    if advice.refer is None or advice.why in {"organ", "known", "symptoms"}:
        return ()
    named = [t for t in advice.targets if t != "ask"]
    if not named and advice.why == "undecided":
        named = [t for t in advice.further if t != "ask"]
    return tuple(named) or (PROPOSED,)


def addressed(
    body: Resource, target: str, advice: Advice, chart: Chart, words: Words, form: Form
) -> Resource:
    """Give a prefilled referral of ours addressed to a target, its reasons in SKS as well."""
    body = dict(body)
    if target not in IN_PATHWAY:
        code = f"pakkeforloeb-{target.replace('_', '-')}"
        body["code"] = order_code(code, words.say("target", target), form, target)
    performer = PERFORMERS.get(target)
    if performer:
        coding: Json = {"system": SNOMED, "code": performer[0], "display": performer[1]}
        body["performerType"] = {"coding": [coding]}
    if target == "haematology":
        body["patientInstruction"] = words.say("note", "patientInstruction_blood")
    codes = reason_codes(advice.criteria, chart) if advice.criteria else []
    return body | ({"reasonCode": codes} if codes else {})


def reason_codes(finding: Finding, chart: Chart) -> list[Json]:
    """Give the reasons as recorded, each with an SKS coding where the record holds none."""
    return [code for d in triggers(finding, chart) if (code := _reason_code(d))]


def _reason_code(diagnosis: Diagnosis) -> Json:
    codings: list[Json] = []
    for coded in diagnosis.codings:
        display = plain(coded.display or "")
        found: dict[str, Json] = {"system": coded.system, "code": coded.code}
        codings.append(found | ({"display": display} if display else {}))
    if not any(TERMS.system_key(c.system) == "sks" for c in diagnosis.codings):
        codings += [{"system": SKS_DIAGNOSES, "code": sks} for sks in _sks(diagnosis)]
    text = plain(diagnosis.text)
    members: dict[str, Json] = {"coding": codings} if codings else {}
    return members | ({"text": text} if text else {})


def _sks(diagnosis: Diagnosis) -> tuple[str, ...]:
    """Give the SKS code of the place of a metastasis, where its place is one."""
    places = places_of(diagnosis)
    if len(places) != 1:
        return ()
    sks = TERMS.concept(next(iter(places))).sks
    return (sks,) if sks else ()


def examination_order(key: str, chart: Chart, words: Words, form: Form, ids: str) -> Resource:
    """Give the draft order of an examination; before contrast, what is known against it."""
    examination = TERMS.examination(key)
    category = IMAGING if examination.order == "imaging" else PROCEDURE
    body = filled(category, chart, form, ids)
    codings: list[Json] = [
        {"system": SNOMED, "code": code, "display": display}
        for code, display in examination.codes[:1]
    ]
    code: dict[str, Json] = {"coding": codings, "text": words.examination(key)}
    body["code"] = {name: value for name, value in code.items() if value != []}
    references: list[Json] = [{"reference": d.reference} for d in metastases(chart) if d.reference]
    body["reasonReference"] = references
    if examination.order == "imaging" and key.startswith("ct_"):
        body["note"] = [{"text": text} for text in _before_contrast(chart, words)]
    return {name: value for name, value in body.items() if value != []}


def _before_contrast(chart: Chart, words: Words) -> list[str]:
    risks = chart.record.contrast_risks
    lines = [words.say("phrase", "contrastRisk", text=plain(r.text)) for r in risks]
    return [*lines, plain(kidneys(chart, words))]


def kidneys(chart: Chart, words: Words) -> str:
    """Give the newest eGFR, else the newest creatinine, with its date, or that there is none."""
    results = (r for a in ("egfr", "creatinine") for r in chart.record.results.get(a, ()))
    newest = next((r for r in results if r.state == "final" and r.value is not None), None)
    if newest is None:
        return words.say("phrase", "egfrNone")
    name, when = words.slot(newest.analyte), day(newest.taken, words)
    return words.say("phrase", "egfr", name=name, value=words.value(newest.value), date=when)
