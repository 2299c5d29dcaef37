"""The ServiceRequests we propose: referrals and laboratory orders, always drafts.

What is constant is written once and validated with fhir.resources (R4B) when it is first needed;
a call fills typed values in. Nothing here is ever sent or signed.
"""

from collections.abc import Iterable, Mapping
from functools import cache

import msgspec

from cards.codes import OrderCoding
from cards.completeness import absent_blocks, answer_references, missing_references
from cards.criteria import Chart, Finding
from cards.drafts import Draft, Json
from cards.evidence import active_cancers, day, earlier_cancers, facts, plain_value, slot_day
from cards.markdown import flattened, table
from cards.panel import LACKING, SlotStatus
from cards.pathways.form import Pathway
from cards.record import Coded, Diagnosis, Report
from cards.terminology import TERMS
from cards.words import Words

SNOMED = "http://snomed.info/sct"
REFERRAL = ("3457005", "Patient referral (procedure)")
LABORATORY = ("15220000", "Laboratory test (procedure)")
_TEXT_LIMIT = 300

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


def _filled(category: tuple[str, str], chart: Chart, form: Form, ids: str) -> Resource:
    """Give a draft for the patient, in the encounter, by the referrer of the call."""
    record = chart.record
    body = dict(template(category, "urgent"))
    body |= {"id": ids, "intent": form.intent}
    body |= {"subject": {"reference": f"Patient/{record.person.id}"}}
    body |= {"authoredOn": record.today.isoformat()}
    if record.encounter:
        body["encounter"] = {"reference": f"Encounter/{record.encounter}"}
    if record.referrer.reference:
        body["requester"] = {"reference": record.referrer.reference}
    return body


def lab_order(analyte: str, chart: Chart, words: Words, form: Form, ids: str) -> Resource:
    """Give the draft order of one test: NPU and LOINC coding, the specimen in words."""
    known = TERMS.analyte(analyte)
    own = form.orders.get(analyte)
    codings: list[Json] = [_coding(c) for c in ((own,) if own else known.order)]
    body = _filled(LABORATORY, chart, form, ids)
    body["code"] = {"coding": codings, "text": known.name[words.language]}
    body["specimen"] = [{"display": known.specimen[words.language]}]
    return body


def _coding(coding: OrderCoding) -> Json:
    found: dict[str, Json] = {"system": coding.system_uri, "code": coding.code}
    return found | ({"display": coding.display} if coding.display else {})


def redirect(organ: str, chart: Chart, words: Words, form: Form, ids: str) -> Resource:
    """Give the draft referral to an organ's own pathway, to be completed by the clinician."""
    body = _filled(REFERRAL, chart, form, ids)
    name = words.concept(f"organ.{organ}")
    code = f"svf-{organ.replace('_', '-')}"
    body["code"] = _order_code(code, words.say("order", "redirect", name=name), form, organ)
    return body


def _order_code(code: str, text: str, form: Form, key: str) -> Json:
    own = form.orders.get(key)
    system = f"{form.canonical}/CodeSystem/pathway-order"
    coding: Json = _coding(own) if own else {"system": system, "code": code, "display": text}
    return {"coding": [coding], "text": text}


def referral(
    pathway: Pathway, finding: Finding, chart: Chart, words: Words, form: Form, ids: str
) -> Resource:
    """Give the prefilled referral to a pathway: reasons, every answer used, the note in blocks."""
    body = _filled(REFERRAL, chart, form, ids)
    body["code"] = _order_code(pathway.code, words.say("order", pathway.id), form, pathway.id)
    body |= _reasons(finding, chart)
    info = supporting_info(chart)
    if info:
        body["supportingInfo"] = [{"reference": r} for r in info]
    body["note"] = [_annotation(b, pathway, finding, chart, words) for b in pathway.blocks]
    body["patientInstruction"] = words.say("note", "patientInstruction")
    return body


def completed(
    draft: Draft, pathway: Pathway, finding: Finding, chart: Chart, words: Words
) -> tuple[Resource, tuple[str, ...]] | None:
    """Give a draft whole, with what it lacked added, and the ids of what was added.

    Every element that was sent is kept; only empty ones, which FHIR forbids, fall away. None
    when the draft has no id to be updated by, or lacks nothing that we could add.
    """
    blocks = absent_blocks(draft, pathway, chart)
    references = missing_references(draft, chart)
    if draft.order.reference is None or not blocks:
        return None
    body = _without_empty(draft.whole)
    for member in ("note", "supportingInfo", "reasonReference", "reasonCode"):
        if member in body and not isinstance(body[member], list):
            return None
    if "reason" in blocks:
        _extend(body, _reasons(finding, chart))
    _extend(body, {"supportingInfo": [{"reference": r} for r in references]})
    notes: list[Json] = [_annotation(b, pathway, finding, chart, words) for b in blocks]
    _extend(body, {"note": notes})
    if "patientInstruction" not in body:
        body["patientInstruction"] = words.say("note", "patientInstruction")
    return body, blocks


def _extend(body: Resource, more: Mapping[str, Json]) -> None:
    for member, items in more.items():
        old = body.get(member, [])
        if isinstance(items, list) and items and isinstance(old, list):
            body[member] = [*old, *items]


def pruned(value: Json) -> Json:
    """Give JSON without empty members: null, "", [] and {} are not allowed in FHIR.

    A null stays where it lines up the values of an array with their extensions (`_given`).
    """
    if isinstance(value, dict):
        return _without_empty(value)
    if isinstance(value, list):
        return [kept for v in value if _is_there(kept := pruned(v))]
    return value


def _without_empty(members: Mapping[str, Json]) -> Resource:
    kept = ((name, _member(name, value, members)) for name, value in members.items())
    return {name: value for name, value in kept if _is_there(value)}


def _member(name: str, value: Json, beside: Mapping[str, Json]) -> Json:
    twin = name[1:] if name.startswith("_") else f"_{name}"
    if twin not in beside or not isinstance(value, list):
        return pruned(value)
    items: list[Json] = [kept if _is_there(kept := pruned(v)) else None for v in value]
    return items if any(item is not None for item in items) else []


def _is_there(value: Json) -> bool:
    return value is not None and value not in ("", [], {})


def supporting_info(chart: Chart) -> tuple[str, ...]:
    """Give the references of every answer used, then of the imaging reports."""
    imaging = (r.reference for r in chart.record.reports if r.imaging and r.reference)
    return tuple(dict.fromkeys([*answer_references(chart), *imaging]))


def triggers(finding: Finding, chart: Chart) -> tuple[Diagnosis, ...]:
    """Give the diagnoses that a finding rests on."""
    evidence = set(finding.evidence)
    used = [d for d in chart.record.diagnoses if (d.reference or d.text) in evidence]
    return tuple(d for d in used if d.presence == "present")


def _reasons(finding: Finding, chart: Chart) -> Resource:
    """Give reasonCode and reasonReference of the findings that triggered."""
    diagnoses = triggers(finding, chart)
    found: Resource = {}
    codes: list[Json] = [_reason_code(d) for d in diagnoses if d.text or d.codings]
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
    return found | ({"text": plain(diagnosis.text)} if diagnosis.text else {})


def _coded(coded: Coded) -> Json:
    found: dict[str, Json] = {"system": coded.system, "code": coded.code}
    return found | ({"display": plain(coded.display)} if coded.display else {})


def plain(text: str) -> str:
    """Give a text from the record on one line, at most 300 characters of it."""
    flat = flattened(text)
    return flat if len(flat) <= _TEXT_LIMIT else flat[: _TEXT_LIMIT - 1] + "…"


# -- the note, block by block --------------------------------------------------------------------


def _annotation(block: str, pathway: Pathway, finding: Finding, chart: Chart, words: Words) -> Json:
    text = _BLOCKS[block](pathway, finding, chart, words)
    return {"text": f"{words.say('block', block)}\n{text}"}


def _lines(lines: Iterable[str], words: Words) -> str:
    found = [f"- {line}" for line in lines]
    return "\n".join(found) or words.say("phrase", "none")


def _said(diagnosis: Diagnosis, words: Words) -> str:
    return f"{plain(diagnosis.text)} ({day(diagnosis.since, words)})"


def _reason(_: Pathway, finding: Finding, chart: Chart, words: Words) -> str:
    found = [
        *(_said(d, words) for d in triggers(finding, chart)),
        *(_row_text(s, words) for s in abnormal_triggers(finding, chart)),
    ]
    return _lines(found, words) if found else words.say("phrase", "gap")


def abnormal_triggers(finding: Finding, chart: Chart) -> tuple[SlotStatus, ...]:
    """Give the slots whose abnormal value is among a finding's criteria (AOS: four examples)."""
    names = {f.id for f in finding.walk() if f.met}
    return tuple(s for s in chart.slots.values() if {f"{s.slot}_high", f"{s.slot}_low"} & names)


def _row_text(slot: SlotStatus, words: Words) -> str:
    flag = words.say("flag", slot.abnormal) if slot.abnormal in {"high", "low", "conflict"} else ""
    value = plain_value(slot, words)
    parts = [words.slot(slot.slot), plain(value), flag, f"({slot_day(slot)})"]
    return " ".join(p for p in parts if p and p != "()")


def _history(pathway: Pathway, _: Finding, chart: Chart, words: Words) -> str:
    key = "history_cup" if pathway.id == "cup-se" else "history"
    gap = f"{words.say('phrase', 'gap')} {words.say('note', key)}"
    return "\n".join([*(f"- {f}" for f in facts(chart, words)), gap])


def _malignancy(_: Pathway, __: Finding, chart: Chart, words: Words) -> str:
    found = [*earlier_cancers(chart.record), *active_cancers(chart.record)]
    if not found and not chart.record.complete("conditions"):
        return f"{words.say('phrase', 'gap')} {words.say('status', 'not-checked')}"
    return _lines((_said(d, words) for d in dict.fromkeys(found)), words)


def _results(_: Pathway, __: Finding, chart: Chart, words: Words) -> str:
    """Give every answer with value, unit, date and flag, then what imaging there is."""
    rows = [
        (
            words.slot(s.slot, short=False),
            plain(plain_value(s, words)),
            slot_day(s),
            words.say("flag", s.abnormal) if s.abnormal in {"high", "low", "conflict"} else "",
            "; ".join(plain(words.reason(n)) for n in s.notes),
        )
        for s in chart.slots.values()
        if s.status == "answered"
    ]
    header = [words.say("column", c) for c in ("test", "value", "date", "flag", "note")]
    text = table(header, [[_cell(c) for c in row] for row in rows]) if rows else ""
    lines = [_imaging(r, words) for r in chart.record.reports if r.imaging]
    return "\n".join(p for p in (text, "\n".join(lines)) if p) or words.say("phrase", "none")


def _imaging(report: Report, words: Words) -> str:
    conclusion = f": {plain(report.conclusion)}" if report.conclusion else ""
    return f"- {plain(report.text)} ({day(report.taken, words)}){conclusion}"


def _cell(text: str) -> str:
    return text.replace("|", "/")


def _lacking(_: Pathway, __: Finding, chart: Chart, words: Words) -> str:
    shown = LACKING | {"not-checked"}
    statuses = [s.status for s in chart.slots.values()]
    if shown.isdisjoint(statuses):
        count = statuses.count("answered")
        return words.say("phrase", "answeredCount", count=count, total=count)
    return _lines(
        (
            f"{words.slot(s.slot, short=False)}: {words.say('status', s.status)}{_known(s, words)}"
            for s in chart.slots.values()
            if s.status in shown
        ),
        words,
    )


def _known(slot: SlotStatus, words: Words) -> str:
    """Give what is known of a slot without an answer: its notes, and the value that grew old."""
    found = [*(words.reason(n) for n in slot.notes), plain_value(slot, words)]
    known = "; ".join(plain(text) for text in found if text)
    return f" ({known})" if known else ""


def _information(_: Pathway, __: Finding, ___: Chart, words: Words) -> str:
    return f"{words.say('phrase', 'gap')} {words.say('note', 'information')}"


def _phone_patient(_: Pathway, __: Finding, chart: Chart, words: Words) -> str:
    if chart.record.person.protected:
        return words.say("phrase", "protectedGap")
    return ", ".join(plain(p) for p in chart.record.person.phones) or words.say("phrase", "gap")


def _phone_referrer(_: Pathway, __: Finding, chart: Chart, words: Words) -> str:
    return ", ".join(plain(p) for p in chart.record.referrer.phones) or words.say("phrase", "gap")


_BLOCKS = {
    "reason": _reason,
    "history": _history,
    "malignancy": _malignancy,
    "results": _results,
    "lacking": _lacking,
    "information": _information,
    "phonePatient": _phone_patient,
    "phoneReferrer": _phone_referrer,
}
