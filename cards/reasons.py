"""The reasons that travel with a card: extension["vidare.assessment"], for audit and programs."""

from collections.abc import Iterable

from cards.assessment import NEEDED, Advice, Assessment
from cards.criteria import Finding
from cards.drafts import Json
from cards.evidence import written
from cards.markers import MARKERS
from cards.panel import SlotStatus
from cards.pathways.form import Pathway
from cards.record import PatientRecord
from cards.routing import IN_PATHWAY
from cards.words import SEE_REPORT, Words

KEY = "vidare.assessment"
RULES_VERSION = "2026-11-22.2"
"""The version of the rules and the terminology; a change that alters an answer alters it.

The day of the change, and a number where it is not the first of its day.
"""

_IGNORED_LIMIT = 50
_MARKED = IN_PATHWAY | {"primary_liver", "testis"}
"""Targets on whose card the markers stand."""


def reasons(
    advice: Advice, assessment: Assessment, pathway: Pathway | None, words: Words
) -> dict[str, Json]:
    """Give the members of the extension; those without content are left out."""
    record, slots = assessment.chart.record, assessment.chart.slots
    markers = shown_markers(advice, assessment)
    members: dict[str, Json] = {
        "pathway": pathway.id if pathway else None,
        "edition": pathway.guideline.edition if pathway else None,
        "topic": advice.topic,
        "criteria": _tree(advice.criteria) if advice.criteria else None,
        "panel": [_entry(s, words) for s in slots.values()] if shows_panel(advice) else None,
        "markers": [_entry(s, words) for s in markers],
        "route": _route(advice),
        "ask": [*advice.ask],
        "notChecked": [
            {"source": key, "reason": reason} for key, reason in not_checked(advice, assessment)
        ],
        "ignored": _ignored(record, words),
        "dismissed": _dismissed(advice),
        "rulesVersion": RULES_VERSION,
    }
    return {name: value for name, value in members.items() if value not in (None, [], {})}


def dismissed_text(advice: Advice, words: Words) -> str:
    """Say that the last card on the topic was set aside, when and why."""
    dismissed = advice.dismissed
    if dismissed is None:
        return ""
    on = dismissed.on.isoformat()
    if not dismissed.reason:
        return words.say("phrase", "dismissed", date=on)
    reason = words.say("override", dismissed.reason)
    return words.say("phrase", "dismissedBecause", date=on, reason=reason)


def _dismissed(advice: Advice) -> Json:
    if advice.dismissed is None:
        return None
    on, reason = advice.dismissed.on.isoformat(), advice.dismissed.reason
    return {"on": on, "reason": reason} if reason else {"on": on}


def _route(advice: Advice) -> Json:
    """Give where to refer (Denmark), and the latest first attendance where it can be told."""
    if not advice.targets and advice.latest is None:
        return None
    members: dict[str, Json] = {"targets": [*advice.targets]}
    if advice.latest is not None:
        members["latestFirstAttendance"] = advice.latest.isoformat()
    return members


def shown_markers(advice: Advice, assessment: Assessment) -> tuple[SlotStatus, ...]:
    """Give the markers (Denmark) that a card reports on: those that concern the patient."""
    concerned = advice.topic == "dkMarkers" or (
        advice.topic == "dkRoute" and not _MARKED.isdisjoint((*advice.targets, *advice.further))
    )
    if not concerned:
        return ()
    found = (assessment.chart.slots[m] for m in MARKERS)
    return tuple(s for s in found if s.status != "not-applicable")


def shows_panel(advice: Advice) -> bool:
    """Tell whether an advice is about the laboratory panel."""
    return advice.topic in {"aosMissing", "aosReady", "aosCheck"} or (
        advice.topic == "data" and advice.why == "panelNotChecked"
    )


def several(advice: Advice, words: Words) -> list[str]:
    """Ask, where several referrals to one pathway are being signed, whether each is meant."""
    count = len(advice.updates)
    return [words.say("phrase", "severalReferrals", count=count)] if count > 1 else []


def not_checked(advice: Advice, assessment: Assessment) -> tuple[tuple[str, str], ...]:
    """Give the sources (key, reason id) that were not read to their end and bear on the advice."""
    record = assessment.chart.record
    keys = [*NEEDED]
    if advice.refer or advice.updates or advice.order or advice.measure:
        keys.append("serviceRequests")
    if "neurologyContact" in advice.ask:
        keys.append("encounters")
    if any(work.examined for work in advice.work):
        keys.append("diagnosticReports")
    if shows_panel(advice) and any(
        n.id == "sourceIncomplete" and "diagnosticReports" in n.detail
        for s in assessment.chart.slots.values()
        for n in s.notes
    ):
        keys.append("diagnosticReports")
    states = ((key, record.sources.get(key)) for key in keys)
    return tuple(
        (key, (state.reason if state else None) or "absent")
        for key, state in states
        if state is None or state.outcome != "complete"
    )


def _tree(finding: Finding) -> Json:
    members: dict[str, Json] = {"id": finding.id, "met": finding.met}
    if finding.evidence:
        members["evidence"] = list(finding.evidence)
    if finding.needed is not None:
        members["needed"] = finding.needed
    if finding.parts:
        members["parts"] = [_tree(p) for p in finding.parts]
    return members


def _entry(slot: SlotStatus, words: Words) -> Json:
    members: dict[str, Json] = {"slot": slot.slot, "status": slot.status}
    if slot.results:
        members |= _answer(slot)
    if slot.abnormal in {"high", "low", "conflict"}:
        members["abnormal"] = slot.abnormal
    if slot.computed is not None:
        members["computed"] = True
    if slot.notes:
        members["note"] = "; ".join([words.reason(n) for n in slot.notes])
    return members


def _answer(slot: SlotStatus) -> dict[str, Json]:
    """Give the value of a slot with its unit, day and references; what is not there is left out."""
    value, first = slot.value, slot.results[0]
    members: dict[str, Json] = {}
    if value is not None:
        exact = value.number is not None and value.comparator is None
        if exact or value.shown not in {"", SEE_REPORT}:
            members["value"] = value.number if exact else value.shown
        if value.unit:
            members["unit"] = value.unit
    if first.taken:
        members["effective"] = written(first.taken)
    if first.reference:
        members["reference"] = first.reference
    if len(slot.results) > 1 and (named := _unique(r.reference for r in slot.results)):
        members["references"] = named
    return members


def _unique(references: Iterable[str | None]) -> list[Json]:
    return list(dict.fromkeys(r for r in references if r))


def _ignored(record: PatientRecord, words: Words) -> Json:
    listed = record.unread[:_IGNORED_LIMIT]
    return [{"reference": u.reference, "reason": words.reason(u.reason)} for u in listed]
