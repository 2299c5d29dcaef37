"""The histology that a pathology report gives: by codes, and by listed words of its conclusion."""

from collections.abc import Mapping

from cards.coded import codings, said
from cards.conditions import concepts_of
from cards.fhir import DiagnosticReport
from cards.free_text import starts, states
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

    The codes of `conclusionCode` go before the words of `conclusion`; a word that is denied
    ("ikke-småcellet") or in doubt ("mistanke om") is not read. A report that cannot be trusted
    states nothing for sure.
    """
    coded = {c for code in report.conclusionCode or () for c in concepts_of(code, site_map)}
    concepts = {c for c in coded if c.startswith(_PREFIX)}
    if not concepts and is_pathology(report):
        concepts = _worded(report.conclusion or "")
    if not concepts:
        return []
    sample = sampled(report, dated)
    if sample.state in {"void", "pending"}:
        return []
    doubtful = sample.state == "unreadable" and not _only_undated(sample.reason)
    text = _text(report)
    return [
        Diagnosis(
            frozenset(concepts),
            "uncertain" if doubtful else "present",
            text,
            sample.reference,
            recorded=sample.taken,
            reason=sample.reason if doubtful else None,
        )
    ]


def _only_undated(reason: object) -> bool:
    return getattr(reason, "id", "") in {"noTime", "unclearTime"}


def is_pathology(report: DiagnosticReport) -> bool:
    """Tell whether a report is of pathology: by its category, else by its title."""
    kinds = {code for kind in report.category or () for _, code in codings(kind)}
    return not kinds.isdisjoint(PATHOLOGY) or starts(said(report.code), _TITLES)


def _worded(conclusion: str) -> set[str]:
    return {
        key
        for key, concept in TERMS.concepts.items()
        if concept.words and states(conclusion, concept.words)
    }


def _text(report: DiagnosticReport) -> str:
    """Give what a report says, as much of it as a line of a card holds."""
    codes = (text for c in report.conclusionCode or () if (text := said(c)))
    text = " ".join((report.conclusion or next(codes, said(report.code))).split())
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"
