"""The one sentence of a card: self-sufficient, fewer than 140 characters."""

from collections.abc import Mapping
from typing import Literal

from cards.assessment import NEEDED, Advice, Assessment, severe_calcium
from cards.card import SUMMARY_LIMIT
from cards.completeness import gaps_of
from cards.evidence import plain_value
from cards.markdown import fitted
from cards.panel import OPEN, ORDERABLE, UNSEEN, SlotStatus, Status
from cards.pathways.form import Pathway
from cards.words import Words

_ANYWHERE = ".ln_unspecified"
"""A lymph node somewhere: not worth a word beside one whose place is told."""
_URGENCY: Mapping[Status, int] = {
    "missing": 0,
    "stale": 1,
    "unreadable": 2,
    "not-checked": 3,
    "pending": 4,
}

Remains = Literal["order", "both", "look", "pending"]


def summary(advice: Advice, assessment: Assessment, pathway: Pathway, words: Words) -> str:
    """Give the summary of an advice, a sentence; lists are cut to fit."""
    text = _text(advice, assessment, pathway, words)
    return text[:1].upper() + text[1:]


def _text(advice: Advice, assessment: Assessment, pathway: Pathway, words: Words) -> str:
    if advice.topic == "aosMissing":
        return _missing(assessment, words)
    if advice.topic == "cupCheck":
        gaps = gaps_of(advice.updates, pathway, assessment.chart)
        names = [words.say("gap", b) for b in gaps]
        return fitted(words.say("summary", "cupCheck", blocks=""), names, SUMMARY_LIMIT)
    key = f"{advice.topic}_{advice.why}" if advice.why else advice.topic
    if advice.topic in {"aosReady", "aosCheck"} and "psaApplies" in advice.ask:
        key = f"{advice.topic}_ask"
    whole = words.say("summary", key, **_values(advice, assessment, words, most=2))
    if len(whole) <= SUMMARY_LIMIT:
        return whole
    return words.say("summary", key, **_values(advice, assessment, words, most=1))


_LACKING = OPEN | UNSEEN


def lacking(assessment: Assessment) -> list[SlotStatus]:
    """Give the slots without an answer that we could read, the ones to act on first."""
    slots = [s for s in assessment.chart.slots.values() if s.status in _LACKING]
    return sorted(slots, key=lambda s: _URGENCY[s.status])


def total(assessment: Assessment) -> int:
    """Give how many slots apply to the patient, as far as is known."""
    slots = assessment.chart.slots.values()
    return len([s for s in slots if s.status not in {"not-applicable", "ask"}])


def remains(assessment: Assessment) -> Remains:
    """Tell what is to be done for the slots without an answer.

    To order (beside what is to be looked up: both), to look up, or nothing: results are pending.
    """
    statuses = {s.status for s in assessment.chart.slots.values()}
    look = not statuses.isdisjoint(UNSEEN)
    if not statuses.isdisjoint(ORDERABLE):
        return "both" if look else "order"
    return "look" if look else "pending"


def _missing(assessment: Assessment, words: Words) -> str:
    """Give the tests without a result, and the results that a person has to look up."""
    slots = lacking(assessment)
    named = [s for s in slots if s.status not in UNSEEN]
    values = {"count": len(named or slots), "total": total(assessment), "tests": ""}
    if not named:
        prefix = words.say("summary", "aosMissing_look", **values)
        return fitted(prefix, [words.slot(s.slot) for s in slots], SUMMARY_LIMIT)
    pending = len([s for s in named if s.status == "pending"])
    if pending == len(named) and "not-checked" not in {s.status for s in slots}:
        prefix = words.say("summary", "aosMissing_pending", **values)
    else:
        beside = _beside(pending, assessment, words)
        prefix = words.say("summary", "aosMissing", pending=beside, **values)
    return _with_unread(prefix, named, [s for s in slots if s.status == "unreadable"], words)


def _with_unread(
    prefix: str, named: list[SlotStatus], unread: list[SlotStatus], words: Words
) -> str:
    """Give the tests by name, then those to look up, which are counted where they do not fit."""
    names = [words.slot(s.slot) for s in named]
    if not unread:
        return fitted(prefix, names, SUMMARY_LIMIT)
    also = words.say("phrase", "lookAlso", tests=", ".join([words.slot(s.slot) for s in unread]))
    whole = prefix + ", ".join(names) + also
    if len(whole) <= SUMMARY_LIMIT:
        return whole
    also = words.say("phrase", "lookCount", count=len(unread))
    return fitted(prefix, names, SUMMARY_LIMIT - len(also)) + also


def _beside(pending: int, assessment: Assessment, words: Words) -> str:
    """Count what is pending, and what was not checked: that may have a result, or not."""
    unchecked = [s for s in assessment.chart.slots.values() if s.status == "not-checked"]
    counts = (("pendingCount", pending), ("uncheckedCount", len(unchecked)))
    told = ", ".join(words.say("phrase", key, count=count) for key, count in counts if count)
    return f" ({told})" if told else ""


def _values(
    advice: Advice, assessment: Assessment, words: Words, *, most: int
) -> dict[str, object]:
    """Give what fills a summary; of organs and sites at most so many."""
    record = assessment.chart.record
    organs = [words.concept(f"organ.{o}") for o in advice.redirects]
    unread = [words.say("source", k) for k in NEEDED if not record.complete(k)]
    values: dict[str, object] = {
        "organs": ", ".join(organs[:most]) or words.criterion("organ"),
        "named": f" ({', '.join(organs[:most])})" if organs else "",
        "sites": ", ".join(sites(advice, assessment, words)[:most]),
        "total": total(assessment),
        "tests": ", ".join(
            [words.slot(s.slot) for s in assessment.chart.slots.values() if s.status == "ask"]
        ),
        "sources": ", ".join(unread),
        "pathway": words.say("order", advice.pathway) if advice.pathway else "",
        "date": order_date(advice, assessment),
    }
    if advice.topic == "acuteCalcium":
        values |= calcium_values(assessment, words)
    return values


def calcium_values(assessment: Assessment, words: Words) -> dict[str, object]:
    """Give what fills the sentence of a severe hypercalcaemia: value and date."""
    slot = assessment.chart.slots["calcium"]
    severe = severe_calcium(assessment.chart)
    if slot.results != severe:
        slot = SlotStatus("calcium", "answered", severe)
    return {"value": plain_value(slot, words), "date": str(severe[0].taken)}


def order_date(advice: Advice, assessment: Assessment) -> str:
    """Give the newest date of the referrals that an advice rests on, in brackets."""
    orders = [o for o in assessment.chart.record.orders if o.reference in advice.evidence]
    dates = [str(o.authored) for o in orders if o.authored]
    return f" ({max(dates)})" if dates else ""


def sites(advice: Advice, assessment: Assessment, words: Words) -> list[str]:
    """Give the names of the sites or findings that an advice rests on."""
    evidence = set(advice.criteria.evidence) if advice.criteria else set()
    kinds = ("metastasis.", "lymphadenopathy.", "lesion.", "conclusion.")
    concepts = [
        c
        for d in assessment.chart.record.diagnoses
        if (d.reference or d.text) in evidence
        for c in sorted(d.concepts)
        if c.startswith(kinds)
    ]
    placed = {c.partition(".")[0] for c in concepts if "ln_" in c and not c.endswith(_ANYWHERE)}
    told = [c for c in concepts if not (c.endswith(_ANYWHERE) and c.partition(".")[0] in placed)]
    return list(dict.fromkeys(words.concept(c) for c in told))
