"""The facts behind an advice in words: results, diagnoses, weight, temperature, contacts."""

from collections.abc import Iterable
from functools import lru_cache

from cards.criteria import HALF_YEAR, Chart, halves
from cards.markdown import escape
from cards.moment import Moment
from cards.panel import SlotStatus
from cards.record import Diagnosis, PatientRecord, Reason, Result
from cards.terminology import TERMS
from cards.words import Words

_FEVER = 38.0
_YEAR = 365


@lru_cache(maxsize=4096)
def written(moment: Moment) -> str:
    """Give a date as it is written; kept at hand, for the results of a sample share it."""
    return str(moment)


def day(moment: Moment | None, words: Words) -> str:
    """Give a date, or that there is none."""
    return written(moment) if moment else words.say("phrase", "undated")


def result_text(result: Result, words: Words) -> str:
    """Give a result as "Hb 121 g/L (2026-02-20)"."""
    value = escape(words.value(result.value))
    return f"{words.slot(result.analyte)} {value} ({day(result.taken, words)})"


def named(diagnosis: Diagnosis, words: Words) -> str:
    """Give what a diagnosis is called; where the record holds a bare code, the concept's name."""
    if diagnosis.text and diagnosis.text not in [c.code for c in diagnosis.codings]:
        return diagnosis.text
    known = [c for c in diagnosis.concepts if c in TERMS.concepts]
    return words.concept(min(known)) if known else diagnosis.text


def diagnosis_text(diagnosis: Diagnosis, words: Words) -> str:
    """Give a diagnosis as it is called in the record, with the date it began."""
    return f"{escape(named(diagnosis, words))} ({day(diagnosis.since, words)})"


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
    value, results = slot.value, slot.results
    if value is None:
        return ""
    if slot.computed is not None:
        return f"{words.value(value)} ({words.say('phrase', 'computed')})"
    if len(results) > 1:
        return ", ".join([f"{_part(r, words)} {words.value(r.value)}" for r in results])
    text = words.value(value)
    return f"{words.slot(results[0].analyte)}: {text}" if text and names_itself(slot) else text


def names_itself(slot: SlotStatus) -> bool:
    """Tell whether the value of a slot bears a name: one test answers that is not the slot's."""
    alone = len(slot.results) == 1 and slot.computed is None
    return alone and slot.results[0].analyte != slot.slot


def _part(result: Result, words: Words) -> str:
    """Give the name of one of several results that answer a slot together."""
    part = result.part or ""
    return words.say("strip", part) if words.has("strip", part) else words.slot(result.analyte)


_NEGATIVE = frozenset(
    {"neg", "negativ", "negative", "negativt", "0", "-", "normal", "norm", "false"}
)


def must_be_read(slot: SlotStatus) -> bool:
    """Tell whether an answer must be read by a person: words, or a strip that is not negative."""
    if slot.status != "answered" or slot.computed is not None:
        return False
    worded = [r.value for r in slot.results if r.value is not None and r.value.number is None]
    if not worded:
        return False
    if slot.slot != "u_dipstick":
        return True
    return any(v.shown.strip(" .").lower() not in _NEGATIVE for v in worded)


def slot_day(slot: SlotStatus) -> str:
    """Give the sampling date of a slot's answer, or nothing."""
    taken = slot.results[0].taken if slot.results else None
    return written(taken) if taken else ""


def slot_notes(slot: SlotStatus, words: Words) -> str:
    """Give the notes of a slot in words.

    That it is old is said by its date, that a source was not read to its end by the whole card.
    """
    if not slot.notes:
        return ""
    notes = [n for n in slot.notes if n.id not in {"old", "sourceIncomplete"}]
    return "; ".join([escape(text) for text in notes_in_words(notes, words)])


def notes_in_words(notes: Iterable[Reason], words: Words) -> list[str]:
    """Give notes in words: which member could not be read is nothing to a clinician."""
    said = (Reason("notFhir") if note.id == "malformed" else note for note in notes)
    return [words.reason(note) for note in said]


def facts(chart: Chart, words: Words) -> tuple[str, ...]:
    """Give the facts that the guideline asks about without giving a number (Q10).

    Contacts and medicines stand there when they rose, by more than one (A10, A11 speak of a marked
    rise), or when the client has set a limit for them.
    """
    if words.language not in chart.said:
        chart.said[words.language] = tuple(_facts(chart, words))
    return chart.said[words.language]


def _facts(chart: Chart, words: Words) -> list[str]:
    record, rules = chart.record, chart.rules
    found = [weight_text(record, words), temperature_text(record, words)]
    for what, source, moments, factor in (
        ("contacts", "encounters", record.contacts, rules.contacts_increase_factor),
        ("medications", "medications", record.medications, rules.medications_increase_factor),
    ):
        recent, before = halves(moments, chart) if moments else (0, 0)
        if recent - before > 1 or (factor is not None and (recent or before)):
            partly = "" if record.complete(source) else words.say("phrase", "notRead")
            found.append(words.say("phrase", what, recent=recent, before=before) + partly)
    return [text for text in found if text]


def weight_text(record: PatientRecord, words: Words) -> str | None:
    """Give the change of weight over the last year, where two weights are recorded."""
    weights = sorted(
        [
            m
            for m in record.measures
            if m.kind == "weight" and m.value > 0 and _recent(m.taken, record, _YEAR)
        ],
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


def unclear_cancers(record: PatientRecord) -> tuple[Diagnosis, ...]:
    """Give the cancers of which it cannot be told whether they are active."""
    found = [d for kind in ("organ.", "malignancy.") for d in record.having(kind, "uncertain")]
    return tuple(dict.fromkeys(found))


def active_cancers(record: PatientRecord) -> tuple[Diagnosis, ...]:
    """Give the cancers that are recorded as present."""
    found = [d for kind in ("organ.", "malignancy.") for d in record.having(kind)]
    return tuple(dict.fromkeys(found))
