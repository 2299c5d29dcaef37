"""The one sentence of a card: self-sufficient, fewer than 140 characters."""

from collections.abc import Mapping

from cards.assessment import NEEDED, Advice, Assessment, severe_calcium
from cards.card import SUMMARY_LIMIT
from cards.completeness import mandatory_gaps
from cards.evidence import plain_value
from cards.markdown import fitted
from cards.panel import LACKING, SlotStatus, Status
from cards.pathways.form import Pathway
from cards.words import Words

_ANYWHERE = ".ln_unspecified"
"""A lymph node somewhere: not worth a word beside one whose place is told."""
_URGENCY: Mapping[Status, int] = {"missing": 0, "stale": 1, "unreadable": 2, "ask": 3, "pending": 4}


def summary(advice: Advice, assessment: Assessment, pathway: Pathway, words: Words) -> str:
    """Give the summary of an advice, a sentence; lists are cut to fit."""
    text = _text(advice, assessment, pathway, words)
    return text[:1].upper() + text[1:]


def _text(advice: Advice, assessment: Assessment, pathway: Pathway, words: Words) -> str:
    if advice.topic == "aosMissing":
        return _missing(assessment, words)
    if advice.topic == "cupCheck":
        draft = advice.update
        gaps = mandatory_gaps(draft, pathway, assessment.chart) if draft else ()
        names = [words.say("gap", b) for b in gaps]
        return fitted(words.say("summary", "cupCheck", blocks=""), names, SUMMARY_LIMIT)
    key = f"{advice.topic}_{advice.why}" if advice.why else advice.topic
    whole = words.say("summary", key, **_values(advice, assessment, words, most=2))
    if len(whole) <= SUMMARY_LIMIT:
        return whole
    return words.say("summary", key, **_values(advice, assessment, words, most=1))


def lacking(assessment: Assessment) -> list[SlotStatus]:
    """Give the slots that lack an answer, the ones to act on first."""
    slots = [s for s in assessment.chart.slots.values() if s.status in LACKING]
    return sorted(slots, key=lambda s: _URGENCY[s.status])


def total(assessment: Assessment) -> int:
    """Give how many slots apply to the patient."""
    slots = assessment.chart.slots.values()
    return len([s for s in slots if s.status != "not-applicable"])


def to_look_at(assessment: Assessment) -> bool:
    """Tell whether nothing is missing: what lacks an answer has one to look up, or is asked."""
    return all(slot.status in {"unreadable", "ask"} for slot in lacking(assessment))


def _missing(assessment: Assessment, words: Words) -> str:
    slots = lacking(assessment)
    if to_look_at(assessment):
        prefix = words.say(
            "summary", "aosMissing_look", count=len(slots), total=total(assessment), tests=""
        )
        return fitted(prefix, [words.slot(s.slot) for s in slots], SUMMARY_LIMIT)
    pending = len([s for s in slots if s.status == "pending"])
    prefix = words.say(
        "summary",
        "aosMissing",
        count=len(slots),
        total=total(assessment),
        pending=_beside(pending, assessment, words),
        tests="",
    )
    return fitted(prefix, [words.slot(s.slot) for s in slots], SUMMARY_LIMIT)


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
