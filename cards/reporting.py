"""From a DiagnosticReport to laboratory results, and to what was examined."""

from collections.abc import Mapping

from cards.coded import codings, said, uses_of
from cards.fhir import DiagnosticReport
from cards.record import Reason, Report, Result, Value
from cards.results import STATES, Dated, Sample, meant, sampled
from cards.terminology import TERMS, CodeUse
from cards.values import Verdict, worded

LABORATORY = frozenset(
    {"LAB", "CH", "HM", "MB", "MCB", "SR", "TX", "VR", "IMM", "BLB", "GE", "laboratory", "15220000"}
)
"""DiagnosticReport.category: the v2-0074 sections whose answers are laboratory values."""
ATTACHED = Value(shown="→")
"""The answer stands in a document or in other results."""


def reported(report: DiagnosticReport, dated: Dated, site_map: Mapping[str, str]) -> list[Result]:
    """Give the results that a laboratory report holds as a whole (A21: panels and profiles).

    Only analytes answered in words or as a panel; a report of a single number is an answer that
    we could not read, unless the Observations it points at were sent.
    """
    uses = uses_of(report.code, site_map)
    if not uses:
        return []
    sample = sampled(report, dated)
    return [_result(use, doubt, report, sample) for use, doubt in meant(uses)]


def _result(use: CodeUse, doubt: Reason | None, report: DiagnosticReport, sample: Sample) -> Result:
    value, state, reason = _answer(use, report, sample)
    if doubt is not None and state == "final":
        value, state, reason = None, "unreadable", doubt
    return Result(
        use.analyte,
        state,
        "panel",
        sample.reference,
        value,
        sample.taken,
        reason=reason,
        notes=sample.notes,
        members=tuple(r.reference for r in report.result or () if r.reference),
    )


def _answer(use: CodeUse, report: DiagnosticReport, sample: Sample) -> Verdict:
    if sample.state != "final":
        return None, sample.state, sample.reason
    if TERMS.analyte(use.analyte).kind == "text":
        return _concluded(report)
    if report.result:
        return None, "unreadable", Reason("membersNotSent")
    return None, "unreadable", Reason("answerInNote" if _text(report) else "noValue")


def _concluded(report: DiagnosticReport) -> Verdict:
    answer = worded(_text(report))
    if answer[1] != "unreadable":
        return answer
    if any(form.get("data") or form.get("url") for form in report.presentedForm or ()):
        return ATTACHED, "final", None
    if report.result:
        return None, "unreadable", Reason("membersNotSent")
    return answer


def _text(report: DiagnosticReport) -> str:
    if report.conclusion and report.conclusion.strip():
        return report.conclusion
    return next((text for c in report.conclusionCode or () if (text := said(c))), "")


def examined(report: DiagnosticReport, dated: Dated) -> Report | None:
    """Give what a final report says was examined; None where it is not final or says not what."""
    if STATES.get(report.status or "") != "final" or not said(report.code):
        return None
    period = report.effectivePeriod
    when = report.effectiveDateTime or (period.start if period else None) or report.issued
    categories = {code for kind in report.category or () for _, code in codings(kind)}
    reference = f"DiagnosticReport/{report.id}" if report.id else None
    study = bool(categories) and categories.isdisjoint(LABORATORY)
    codes = frozenset(code for system, code in codings(report.code) if _is_snomed(system))
    text, conclusion = said(report.code), report.conclusion
    return Report(text, reference, dated(when), conclusion, codes, study)


def _is_snomed(system: str) -> bool:
    return TERMS.system_key(system) == "snomed"
