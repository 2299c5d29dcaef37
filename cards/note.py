"""The note of a referral, block by block: what the guideline wants to read, and marked gaps."""

from collections.abc import Iterable, Mapping
from functools import cache

from cards.criteria import Chart, Finding, is_old
from cards.drafts import Json
from cards.evidence import day, facts, named, names_itself, notes_in_words, plain_value, slot_day
from cards.markdown import flattened, table
from cards.panel import LACKING, SlotStatus
from cards.pathways.form import Pathway
from cards.record import Diagnosis, PatientRecord, Presence, Report
from cards.words import WORDS, Words

_TEXT_LIMIT = 300
_CONCLUSION_LIMIT = 1500
_OTHERS = 20
"""How many other conditions a referral lists at most, the new ones apart."""
_CANCERS = ("organ.", "malignancy.", "metastasis.", "conclusion.")
"""Kinds of concepts with which nobody may read that there is no cancer."""

_OWN: Mapping[str, str] = {"cup-se": "_cup", "metastases-dk": "_dk"}
"""Pathways with texts of their own for history and examination."""

SUPPORTING: Mapping[str, tuple[str, ...]] = {
    "cup-se": (
        "weight_loss",
        "appetite_loss",
        "fatigue",
        "pain",
        "pathological_fracture",
        "hypercalcaemia",
    ),
    "metastases-dk": (
        "morphology.adenocarcinoma",
        "morphology.serous_adenocarcinoma",
        "morphology.squamous",
        "morphology.poorly_differentiated",
        "morphology.small_cell_anaplastic",
        "morphology.neuroendocrine",
    ),
}
"""What supports a pathway and stands in its reasons: symptoms (CUP: Utredning > Symtom > Andra
symtom), the histology (Denmark, 3.1.5)."""


def annotation(
    block: str,
    pathway: Pathway,
    finding: Finding,
    chart: Chart,
    words: Words,
    *,
    reasoned: bool = False,
) -> Json:
    """Give a block as an Annotation: its heading on the first line, then what is known.

    `reasoned`: the clinician has written the reason, so that symptoms stand in the history.
    """
    text = _BLOCKS[block](pathway, finding, chart, words)
    if reasoned and block == "history":
        symptoms = (d for d in _reasons(pathway, finding, chart) if not _is_tumour(d))
        text = "\n".join([*(f"- {_said(d, words)}" for d in symptoms), text])
    return {"text": f"{words.say('block', block)}\n{text}"}


def plain(text: str, limit: int = _TEXT_LIMIT) -> str:
    """Give a text from the record on one line, at most `limit` characters of it."""
    if not text:
        return ""
    flat = flattened(text)
    return flat if len(flat) <= limit else flat[: limit - 1] + "…"


def triggers(finding: Finding, chart: Chart) -> tuple[Diagnosis, ...]:
    """Give the diagnoses that a finding rests on."""
    evidence = set(finding.evidence)
    used = [d for d in chart.record.diagnoses if (d.reference or d.text) in evidence]
    return tuple(d for d in used if d.presence == "present")


def _lines(lines: Iterable[str], words: Words) -> str:
    found = [f"- {line}" for line in lines]
    return "\n".join(found) or words.say("phrase", "none")


def _said(diagnosis: Diagnosis, words: Words) -> str:
    text = f"{plain(named(diagnosis, words))} ({day(diagnosis.since, words)})"
    return words.say("note", "guessed", text=text) if diagnosis.guessed else text


def _reasons(pathway: Pathway, finding: Finding, chart: Chart) -> tuple[Diagnosis, ...]:
    """Give what the reason of a referral names: what is acute, what triggered, what supports."""
    acute = [d for d in chart.having("cord_compression") if not is_old(d, chart)]
    found = [*acute, *triggers(finding, chart), *_supporting(pathway, chart.record)]
    return tuple(dict.fromkeys(found))


def _reason(pathway: Pathway, finding: Finding, chart: Chart, words: Words) -> str:
    found = [
        *(_said(d, words) for d in _reasons(pathway, finding, chart)),
        *(_row_text(s, words) for s in abnormal_triggers(finding, chart)),
    ]
    gap = words.say("phrase", "gap")
    question = words.say("note", "questionProven" if _is_proven(pathway, chart) else "question")
    return f"{_lines(found, words) if found else gap}\n{gap} {question}"


def _is_proven(pathway: Pathway, chart: Chart) -> bool:
    """Tell whether a histology bears the referral out: nobody is asked why cancer is suspected."""
    histology = pathway.criteria.get("histology")
    return histology is not None and histology.judge(chart).met is True


def _supporting(pathway: Pathway, record: PatientRecord) -> list[Diagnosis]:
    """Give the recorded symptoms that support a pathway, as the guideline names them."""
    return [d for c in SUPPORTING.get(pathway.id, ()) for d in record.having(c)]


def abnormal_triggers(finding: Finding, chart: Chart) -> tuple[SlotStatus, ...]:
    """Give the slots whose abnormal value is among a finding's criteria (AOS: four examples)."""
    kinds = ("_high", "_low", "_below_")
    met = [f.id for f in finding.walk() if f.met]
    slots = {name.partition(kind)[0] for name in met for kind in kinds if kind in name}
    return tuple([s for s in chart.slots.values() if s.slot in slots])


def _row_text(slot: SlotStatus, words: Words) -> str:
    flag = words.say("flag", slot.abnormal) if slot.abnormal in {"high", "low", "conflict"} else ""
    value = plain(plain_value(slot, words))
    name = "" if names_itself(slot) else words.slot(slot.slot)
    parts = [name, value, flag, f"({slot_day(slot)})"]
    return " ".join(p for p in parts if p and p != "()")


def _history(pathway: Pathway, finding: Finding, chart: Chart, words: Words) -> str:
    """Give what began of late, the facts of the record, and what the guideline wants asked."""
    key = f"history{_OWN.get(pathway.id, '')}"
    gap = f"{words.say('phrase', 'gap')} {words.say('note', key)}"
    new = (_said(d, words) for d in _current(pathway, finding, chart)[:_OTHERS])
    return "\n".join([*(f"- {f}" for f in (*new, *facts(chart, words))), gap])


def _current(pathway: Pathway, finding: Finding, chart: Chart) -> tuple[Diagnosis, ...]:
    """Give what began inside the window of symptoms, and a pregnancy: no earlier disease.

    What the reason names, and tumours, stand elsewhere; without an onset nobody knows that it is
    new.
    """
    new = [d for d in chart.record.diagnoses if d.presence == "present" and _is_new(d, chart)]
    reason = _reasons(pathway, finding, chart) if new else ()
    return tuple(d for d in new if d not in reason and not _is_tumour(d))


def _is_new(diagnosis: Diagnosis, chart: Chart) -> bool:
    if diagnosis.onset is None or is_old(diagnosis, chart):
        return "pregnancy" in diagnosis.concepts and chart.record.pregnant()
    return True


def _malignancy(pathway: Pathway, finding: Finding, chart: Chart, words: Words) -> str:
    """Give the cancers, then the other conditions; "none" is said only of what was read.

    What the reason or the history of the referral names is no earlier disease.
    """
    record, reason = chart.record, _reasons(pathway, finding, chart)
    told = (*reason, *_current(pathway, finding, chart))
    known = (*_cancers(record, "past"), *_cancers(record, "present"))
    lines = [_said(d, words) for d in known if d not in reason]
    unclear = _cancers(record, "uncertain")
    lines += [words.say("note", "unclear", text=_said(d, words)) for d in unclear]
    if not record.complete("conditions"):
        gap = words.say("phrase", "gap")
        return "\n".join([*(f"- {x}" for x in lines), f"{gap} {words.say('note', 'notRead')}"])
    lines = lines or [words.say("note", "noCancer")]
    others = [
        d
        for d in record.diagnoses
        if d.presence != "uncertain" and not _is_tumour(d) and d not in told
    ]
    return _lines([*lines, *(_said(d, words) for d in others[:_OTHERS])], words)


def _cancers(record: PatientRecord, presence: Presence) -> tuple[Diagnosis, ...]:
    found = (d for d in record.diagnoses if d.presence == presence and _is_cancer(d))
    return tuple(dict.fromkeys(found))


def _is_tumour(diagnosis: Diagnosis) -> bool:
    """Tell whether a diagnosis is a cancer or a histology: neither is another disease."""
    return _is_cancer(diagnosis) or any(c.startswith("morphology.") for c in diagnosis.concepts)


def _is_cancer(diagnosis: Diagnosis) -> bool:
    return bool([c for c in diagnosis.concepts if c.startswith(_CANCERS)])


def _results(_: Pathway, __: Finding, chart: Chart, words: Words) -> str:
    """Give every answer with value, unit, date and flag, then what imaging there is."""
    rows = [
        (
            words.slot(s.slot, short=False),
            plain(plain_value(s, words)).replace("|", "/"),
            slot_day(s),
            words.say("flag", s.abnormal) if s.abnormal in {"high", "low", "conflict"} else "",
            _remarks(s, words) if s.notes else "",
        )
        for s in chart.slots.values()
        if s.status == "answered"
    ]
    text = table(_header(words.language), rows) if rows else ""
    lines = [_study(r, words) for r in chart.record.studies()]
    return "\n".join(p for p in (text, "\n".join(lines)) if p) or words.say("phrase", "none")


def _remarks(slot: SlotStatus, words: Words) -> str:
    return "; ".join([plain(text) for text in notes_in_words(slot.notes, words)]).replace("|", "/")


@cache
def _header(language: str) -> tuple[str, ...]:
    columns = ("test", "value", "date", "flag", "note")
    return tuple(WORDS[language].say("column", c) for c in columns)


def _study(report: Report, words: Words) -> str:
    conclusion = f": {plain(report.conclusion, _CONCLUSION_LIMIT)}" if report.conclusion else ""
    return f"- {plain(report.text)} ({day(report.taken, words)}){conclusion}"


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
    found = [*notes_in_words(slot.notes, words), plain_value(slot, words)]
    known = "; ".join(plain(text) for text in found if text)
    return f" ({known})" if known else ""


def _examination(pathway: Pathway, _: Finding, chart: Chart, words: Words) -> str:
    """Give what the guideline wants examined (Status) in the patient's sex, as a gap to fill in."""
    every = f"examination{_OWN.get(pathway.id, '')}"
    sexed = f"{every}_{chart.record.person.sex}"
    key = sexed if words.has("note", sexed) else every
    return f"{words.say('phrase', 'gap')} {words.say('note', key)}"


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
    "examination": _examination,
    "malignancy": _malignancy,
    "results": _results,
    "lacking": _lacking,
    "information": _information,
    "phonePatient": _phone_patient,
    "phoneReferrer": _phone_referrer,
}
