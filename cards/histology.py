"""The histology that a pathology report gives: by codes, and by listed words of its conclusion."""

from collections.abc import Mapping

import msgspec

from cards.certainty import states
from cards.coded import codings, said
from cards.conditions import concepts_of
from cards.fhir import DiagnosticReport
from cards.free_text import starts
from cards.record import Diagnosis
from cards.results import Dated, sampled
from cards.terminology import TERMS

PATHOLOGY = frozenset({"PAT", "SP", "CP", "PTH", "LP7839-6", "394597005", "371528001"})
"""DiagnosticReport.category of pathology: v2-0074, LOINC and SNOMED CT."""
_TITLES = ("patolog", "histolog", "cytolog", "biopsi", "biopsy", "mikroskopi", "patholog")
"""Beginnings of words by which a report without such a category names itself pathology."""
_PREFIX = "morphology."
_SHOWN = 300
"""Characters of a conclusion that stand for the histology."""


def histologies(
    report: DiagnosticReport, dated: Dated, site_map: Mapping[str, str]
) -> list[Diagnosis]:
    """Give the histology of a final pathology report (3.1.5); nothing of any other report.

    The codes of `conclusionCode` go before the words of `conclusion`. A word that is denied
    ("ikke-småcellet") is not read, one in doubt ("mistanke om", "DD") is uncertain: a suspicion. A
    report that cannot be trusted states nothing for sure.
    """
    stated, possible = _told(report, site_map)
    if not (stated or possible):
        return []
    sample = sampled(report, dated)
    if sample.state in {"void", "pending"}:
        return []
    doubtful = sample.state == "unreadable" and not _only_undated(sample.reason)
    told = Diagnosis(
        frozenset(stated),
        "uncertain" if doubtful else "present",
        _text(report),
        sample.reference,
        recorded=sample.taken,
        reason=sample.reason if doubtful else None,
    )
    guess = {"concepts": frozenset(possible), "presence": "uncertain", "suspected": True}
    both = (told, msgspec.structs.replace(told, **guess))
    return [each for each in both if each.concepts]


def _told(report: DiagnosticReport, site_map: Mapping[str, str]) -> tuple[set[str], set[str]]:
    """Give the histologies that a report states, and those that it calls possible."""
    coded = {c for code in report.conclusionCode or () for c in concepts_of(code, site_map)}
    stated = {c for c in coded if c.startswith(_PREFIX)}
    if stated or not is_pathology(report):
        return stated, set()
    return _worded(report.conclusion or "")


def _only_undated(reason: object) -> bool:
    return getattr(reason, "id", "") in {"noTime", "unclearTime"}


def is_pathology(report: DiagnosticReport) -> bool:
    """Tell whether a report is of pathology: by its category, else by its title."""
    kinds = {code for kind in report.category or () for _, code in codings(kind)}
    return not kinds.isdisjoint(PATHOLOGY) or starts(said(report.code), _TITLES)


def _worded(conclusion: str) -> tuple[set[str], set[str]]:
    named = ((k, states(conclusion, c.words)) for k, c in TERMS.concepts.items() if c.words)
    read = [(key, told) for key, told in named if told is not False]
    return {k for k, told in read if told}, {k for k, told in read if told is None}


def _text(report: DiagnosticReport) -> str:
    """Give what a report says, as much of it as a line of a card holds."""
    codes = (text for c in report.conclusionCode or () if (text := said(c)))
    text = " ".join((report.conclusion or next(codes, said(report.code))).split())
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"
