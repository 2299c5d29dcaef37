"""The note of a referral, block by block: what the guideline wants to read, and marked gaps."""

from collections.abc import Iterable

from cards.criteria import Chart, Finding
from cards.drafts import Json
from cards.evidence import active_cancers, day, earlier_cancers, facts, plain_value, slot_day
from cards.markdown import flattened, table
from cards.panel import LACKING, SlotStatus
from cards.pathways.form import Pathway
from cards.record import Diagnosis, Report
from cards.words import Words

_TEXT_LIMIT = 300


def annotation(block: str, pathway: Pathway, finding: Finding, chart: Chart, words: Words) -> Json:
    """Give a block as an Annotation: its heading on the first line, then what is known."""
    text = _BLOCKS[block](pathway, finding, chart, words)
    return {"text": f"{words.say('block', block)}\n{text}"}


def plain(text: str) -> str:
    """Give a text from the record on one line, at most 300 characters of it."""
    flat = flattened(text)
    return flat if len(flat) <= _TEXT_LIMIT else flat[: _TEXT_LIMIT - 1] + "…"


def triggers(finding: Finding, chart: Chart) -> tuple[Diagnosis, ...]:
    """Give the diagnoses that a finding rests on."""
    evidence = set(finding.evidence)
    used = [d for d in chart.record.diagnoses if (d.reference or d.text) in evidence]
    return tuple(d for d in used if d.presence == "present")


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
