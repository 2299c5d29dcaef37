"""The facts behind an advice in words: results, diagnoses, weight, temperature, contacts."""

from cards.criteria import HALF_YEAR, Chart, halves
from cards.markdown import escape
from cards.moment import Moment
from cards.panel import SlotStatus
from cards.record import Diagnosis, Measure, PatientRecord, Result
from cards.words import Words

_FEVER = 38.0
_YEAR = 365


def day(moment: Moment | None, words: Words) -> str:
    """Give a date, or that there is none."""
    return str(moment) if moment else words.say("phrase", "undated")


def result_text(result: Result, words: Words) -> str:
    """Give a result as "Hb 121 g/L (2026-02-20)"."""
    value = escape(words.value(result.value))
    return f"{words.slot(result.analyte)} {value} ({day(result.taken, words)})"


def diagnosis_text(diagnosis: Diagnosis, words: Words) -> str:
    """Give a diagnosis as it is called in the record, with the date it began."""
    return f"{escape(diagnosis.text)} ({day(diagnosis.since, words)})"


def texts_by_reference(
    record: PatientRecord, wanted: frozenset[str], words: Words
) -> dict[str, str]:
    """Give the texts of the facts that are evidence, by their references (those of `wanted`)."""
    found = {
        r.reference: result_text(r, words)
        for results in record.results.values()
        for r in results
        if r.reference in wanted and r.value
    }
    found |= {
        d.reference or d.text: diagnosis_text(d, words)
        for d in record.diagnoses
        if (d.reference or d.text) in wanted
    }
    found |= {
        o.reference: f"{escape(o.text)} ({day(o.authored, words)})"
        for o in record.orders
        if o.reference in wanted
    }
    return {key: text for key, text in found.items() if key}


def slot_value(slot: SlotStatus, words: Words) -> str:
    """Give the value of a slot as inert Markdown, marked where it was computed."""
    return escape(plain_value(slot, words))


def plain_value(slot: SlotStatus, words: Words) -> str:
    """Give the value of a slot as plain text, named where another test than the slot's answers.

    Of a urine strip each component is named.
    """
    if slot.value is not None and len(slot.results) > 1 and slot.computed is None:
        return ", ".join(f"{_part(r, words)} {words.value(r.value)}" for r in slot.results)
    text = words.value(slot.value)
    if slot.computed:
        return f"{text} ({words.say('phrase', 'computed')})"
    other = [r.analyte for r in slot.results if r.analyte != slot.slot]
    return f"{words.slot(other[0])}: {text}" if text and len(slot.results) == len(other) else text


def _part(result: Result, words: Words) -> str:
    """Give the name of one of several results that answer a slot together."""
    part = result.part or ""
    return words.say("strip", part) if words.has("strip", part) else words.slot(result.analyte)


def slot_day(slot: SlotStatus) -> str:
    """Give the sampling date of a slot's answer, or nothing."""
    return str(slot.results[0].taken or "") if slot.results else ""


def slot_notes(slot: SlotStatus, words: Words) -> str:
    """Give the notes of a slot in words; that it is old is said by its date."""
    return "; ".join(escape(words.reason(note)) for note in slot.notes if note.id != "old")


def facts(chart: Chart, words: Words) -> list[str]:
    """Give the facts that the guideline asks about without giving a number (Q10)."""
    record = chart.record
    found = [weight_text(record, words), temperature_text(record, words)]
    for what, source in (("contacts", "encounters"), ("medications", "medications")):
        recent, before = halves(getattr(record, what), chart)
        if recent or before:
            partly = "" if record.complete(source) else words.say("phrase", "notRead")
            found.append(words.say("phrase", what, recent=recent, before=before) + partly)
    return [text for text in found if text]


def weight_text(record: PatientRecord, words: Words) -> str | None:
    """Give the change of weight over the last year, where two weights are recorded."""
    weights = sorted(
        (m for m in record.measures if _is_weight(m) and _recent(m.taken, record, _YEAR)),
        key=lambda m: m.taken,
    )
    if len(weights) < 2 or weights[0].value == weights[-1].value:  # noqa: PLR2004 -- a pair
        return None
    old, new = weights[0], weights[-1]
    change = new.value - old.value
    return words.say(
        "phrase",
        "weight",
        old=words.number(old.value),
        new=words.number(new.value),
        oldDate=old.taken,
        newDate=new.taken,
        change=f"{'+' if change > 0 else '−'}{words.number(abs(change))}",
        percent=f"{'+' if change > 0 else '−'}{words.number(abs(change) / old.value * 100)}",
    )


def _is_weight(measure: Measure) -> bool:
    return measure.kind == "weight" and measure.value > 0


def temperature_text(record: PatientRecord, words: Words) -> str | None:
    """Give the highest temperature of the last half-year and how many days had fever."""
    fevers = [
        m
        for m in record.measures
        if m.kind == "temperature" and m.value >= _FEVER and _recent(m.taken, record, HALF_YEAR)
    ]
    if not fevers:
        return None
    top = max(fevers, key=lambda m: (m.value, m.taken))
    days = len({m.taken.days for m in fevers})
    value = words.number(top.value)
    return words.say("phrase", "temperature", value=value, date=top.taken, days=days)


def _recent(moment: Moment, record: PatientRecord, days: int) -> bool:
    return moment.within(days, record.today) is True


def earlier_cancers(record: PatientRecord) -> tuple[Diagnosis, ...]:
    """Give the cancers that are over: resolved, inactive or in remission."""
    kinds = ("organ.", "malignancy.")
    found = [d for kind in kinds for d in record.having(kind, "past")]
    return tuple(dict.fromkeys(found))


def active_cancers(record: PatientRecord) -> tuple[Diagnosis, ...]:
    """Give the cancers that are recorded as present."""
    found = [d for kind in ("organ.", "malignancy.") for d in record.having(kind)]
    return tuple(dict.fromkeys(found))
