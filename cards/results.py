"""From an Observation to laboratory results.

A value counts by its status, its value, its unit and its sampling time, never by its presence
alone. What cannot serve as an answer stays in the record as `unreadable`, so that nobody is told
that the test was not taken.
"""

import functools
from collections.abc import Callable, Mapping
from typing import TypeAlias

import msgspec

from cards.coded import said, uses_of
from cards.elements import Component
from cards.fhir import DiagnosticReport, Observation
from cards.moment import Moment
from cards.ranges import flags_of, is_plausible, normal_of
from cards.record import Reason, Result, State
from cards.terminology import TERMS, CodeUse
from cards.values import Verdict, read_value

__all__ = ["STATES", "Dated", "Sample", "meant", "observed", "said", "sampled", "uses_of"]

Dated: TypeAlias = Callable[[str | None], Moment | None]
"""Gives the moment of a FHIR date in the days of the call."""

STATES: Mapping[str, State] = {
    "final": "final",
    "amended": "final",
    "corrected": "final",
    "registered": "pending",
    "preliminary": "pending",
    "partial": "pending",
    "appended": "final",
    "cancelled": "void",
    "entered-in-error": "void",
}
"""Observation.status and DiagnosticReport.status (FHIR R4); any other is not a status we know."""

_KEPT = 1024
"""Combinations of codes whose meaning is kept at hand."""

CRITICAL = frozenset({"code", "subject", "dataAbsentReason", "modifierExtension"})
"""Members beside value[x] and effective[x] without which a result cannot be trusted."""


class Sample(msgspec.Struct, frozen=True, gc=False):
    """What all results of one resource share."""

    state: State
    reference: str | None
    taken: Moment | None
    specimen: str | None = None
    notes: tuple[Reason, ...] = ()
    reason: Reason | None = None


def observed(observation: Observation, dated: Dated, site_map: Mapping[str, str]) -> list[Result]:
    """Give the results of an Observation and of its components; none where no analyte is meant."""
    uses = uses_of(observation.code, site_map)
    components = [
        (component, used)
        for component in observation.component or ()
        if (used := uses_of(component.code, site_map))
    ]
    if not uses and not components:
        return []
    sample = sampled(observation, dated)
    own = _results(uses, observation, sample)
    parts = [
        result for component, used in components for result in _results(used, component, sample)
    ]
    return [*_beside(own, parts), *parts]


def _beside(own: list[Result], parts: list[Result]) -> list[Result]:
    """Leave out what has no value of its own: a panel stands back for its parts."""
    answered = {part.analyte for part in parts}
    return [r for r in own if r.analyte not in answered or not _is_bare(r)]


def _is_bare(result: Result) -> bool:
    return result.reason is not None and result.reason.id in {"noValue", "membersNotSent"}


def sampled(source: Observation | DiagnosticReport, dated: Dated) -> Sample:
    """Give what the results of a resource share: state, sampling time, reference."""
    state, reason = _state(source.status, source.bad)
    taken, why, notes = _taken(source, dated)
    specimen = None
    if isinstance(source, Observation):
        specimen = source.specimen.reference if source.specimen else None
        reference = f"Observation/{source.id}" if source.id else None
    else:
        reference = f"DiagnosticReport/{source.id}" if source.id else None
    if state == "final" and why is not None:
        state, reason = "unreadable", why
    return Sample(state, reference, taken, specimen, notes, reason)


def _state(status: str | None, bad: tuple[str, ...]) -> tuple[State, Reason | None]:
    if status is None:
        why = Reason("malformed", "status") if "status" in bad else Reason("noStatus")
        return "unreadable", why
    state = STATES.get(status)
    if state is None:
        return "unreadable", Reason("unknownStatus")
    if state == "void":
        return state, Reason("cancelled")
    return ("unreadable", Reason("malformed", wrong)) if (wrong := flaw(bad)) else (state, None)


def flaw(bad: tuple[str, ...]) -> str | None:
    """Give the first unreadable member that makes a result untrustworthy."""
    if not bad:
        return None
    return next((b for b in bad if b in CRITICAL or b.startswith(("value", "effective"))), None)


def _taken(
    source: Observation | DiagnosticReport, dated: Dated
) -> tuple[Moment | None, Reason | None, tuple[Reason, ...]]:
    """Give the sampling time, or why there is none, and a note where `issued` stands in."""
    text, period = source.effectiveDateTime, source.effectivePeriod
    start = (period.start or period.end) if period else None
    sent = (text is not None) + (period is not None)
    if isinstance(source, Observation):
        sent += (source.effectiveInstant is not None) + (source.effectiveTiming is not None)
        text = text if source.effectiveInstant is None else source.effectiveInstant
        if source.effectiveTiming is not None:
            text = "a timing is no moment"
    if sent > 1:
        return None, Reason("unclearTime"), ()
    given = text if text is not None else start
    if given is not None:
        taken = dated(given)
        return taken, None if taken else Reason("unclearTime"), ()
    issued = dated(source.issued)
    if issued is None:
        return None, Reason("noTime"), ()
    return issued, None, (Reason("issuedTime"),)


@functools.lru_cache(_KEPT)
def meant(uses: tuple[CodeUse, ...]) -> tuple[tuple[CodeUse, Reason | None], ...]:
    """Give one use per analyte that codes mean, with the reason why it cannot be relied on.

    Codes of several analytes, or one accepted and one refused of the same, contradict each other;
    an unverified code alone means that there may be a result, never that there is an answer.
    """
    verified = {use.analyte: use for use in reversed(uses) if use.use != "reject" and use.verified}
    refused = {use.analyte for use in uses if use.use == "reject"}
    if verified:
        clash = len(verified) > 1 or not refused.isdisjoint(verified)
        why = Reason("contradictoryCodes") if clash else None
        return tuple((use, why) for use in verified.values())
    doubtful = {use.analyte: use for use in uses if use.analyte not in refused}
    return tuple((use, Reason("unverifiedCode")) for use in doubtful.values())


def _results(
    uses: tuple[CodeUse, ...], source: Observation | Component, sample: Sample
) -> list[Result]:
    """Give one result per analyte that the codes mean."""
    found: list[Result] = []
    for use, doubt in meant(uses):
        if doubt is not None and sample.state != "void":
            found.append(_doubtful(use, doubt, sample))
        else:
            found.append(_result(use, source, sample))
    return found


def _doubtful(use: CodeUse, doubt: Reason, sample: Sample) -> Result:
    return Result(
        use.analyte,
        "unreadable",
        part=use.part,
        reference=sample.reference,
        taken=sample.taken,
        specimen=sample.specimen,
        reason=doubt,
    )


def _result(use: CodeUse, source: Observation | Component, sample: Sample) -> Result:
    analyte = TERMS.analyte(use.analyte)
    value, state, reason = _answer(use, source, sample)
    notes = sample.notes + ((Reason("codeNote", use.note or ""),) if use.use == "note" else ())
    judged = use.use != "presence" and value is not None and is_plausible(analyte, value)
    if value is not None and value.number is not None and not judged:
        notes += (Reason("notJudged" if use.use == "presence" else "implausible"),)
    ranges = source.referenceRange if judged and "referenceRange" not in source.bad else None
    return Result(
        analyte=use.analyte,
        state=state,
        part=use.part,
        reference=sample.reference,
        value=value,
        taken=sample.taken,
        flags=() if "interpretation" in source.bad else flags_of(source.interpretation),
        normal=normal_of(ranges, analyte, value),
        specimen=sample.specimen,
        reason=reason,
        notes=notes,
        members=_members(source),
        judged=judged,
    )


def _answer(use: CodeUse, source: Observation | Component, sample: Sample) -> Verdict:
    """Give the value as far as the sample's own state lets it count."""
    if sample.state not in {"final", "pending"}:
        return None, sample.state, sample.reason
    if wrong := flaw(source.bad):
        return None, "unreadable", Reason("malformed", wrong)
    value, state, reason = read_value(TERMS.analyte(use.analyte), use, source)
    return (value, state, reason) if sample.state == "final" else (value, "pending", None)


def _members(source: Observation | Component) -> tuple[str, ...]:
    if isinstance(source, Component) or not source.hasMember:
        return ()
    return tuple(r.reference for r in source.hasMember if r.reference)
