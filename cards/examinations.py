"""The work-up (3.1): which examinations a site or a histology calls for, and which are done."""

from typing import Literal

import msgspec

from cards.codes import Examination
from cards.criteria import Chart, Criterion, Finding, is_old
from cards.free_text import starts
from cards.record import Report
from cards.terminology import TERMS

Phase = Literal["referral", "workup"]
"""On which card a step stands: with the referral, or with the work-up that remains."""

_UNTIL_HISTOLOGY = frozenset({"surgery", "prognosis"})
"""Questions that a known histology answers: whether an operation gives it, or nobody needs it."""
_SCANS = ("ct_", "mr_")
"""Beginnings of the keys of examinations with contrast."""


class Step(msgspec.Struct, frozen=True):
    """A row of the work-up: for whom, and which examinations (keys of the terminology).

    `ask`: what only a clinician knows of it, as ids of texts. `unless_operated`: an operation on
    clinical grounds gives the diagnosis, and its examinations are needless (3.1.4).
    """

    row: str
    phase: Phase
    when: Criterion
    examinations: tuple[str, ...] = ()
    ask: tuple[str, ...] = ()
    unless_operated: bool = False


class Examined(msgspec.Struct, frozen=True):
    """An examination of the work-up, and the report that shows that it was done."""

    key: str
    done: Report | None = None
    checked: bool = True
    """False where the reports that could show it were not read to their end: it may be done."""


class Work(msgspec.Struct, frozen=True):
    """A step that applies to the patient."""

    step: Step
    finding: Finding
    examined: tuple[Examined, ...] = ()


def work_of(chart: Chart, steps: tuple[Step, ...], phase: Phase) -> tuple[Work, ...]:
    """Give the steps of a phase that apply, each examination with the report that shows it.

    An examination that lies within a wider one gives way to it where a step calls for that too.
    """
    found = ((step, step.when.judge(chart)) for step in steps if step.phase == phase)
    return tuple(
        Work(step, finding, tuple(_examined(e, chart, steps) for e in step.examinations))
        for step, finding in found
        if finding.met
    )


def _examined(key: str, chart: Chart, steps: tuple[Step, ...]) -> Examined:
    report, examination = done(key, chart), TERMS.examination(key)
    wider = examination.within
    if report is None and wider and _is_called_for(wider, chart, steps):
        return _examined(wider, chart, steps)
    by_hand = not examination.words and not examination.codes
    checked = report is not None or by_hand or chart.record.complete("diagnosticReports")
    return Examined(key, report, checked)


def _is_called_for(key: str, chart: Chart, steps: tuple[Step, ...]) -> bool:
    return any(key in step.examinations and step.when.judge(chart).met for step in steps)


def done(key: str, chart: Chart) -> Report | None:
    """Give the newest final report of the window that shows an examination, by code or title.

    A wider examination shows the narrower one as well, never the reverse.
    """
    if key == "biopsy" and (told := _histology(chart)):
        return told
    examination = TERMS.examination(key)
    wider = TERMS.examination(examination.within or key)
    days, today = chart.rules.symptom_max_age_days, chart.record.today
    shown = [
        r
        for r in chart.record.reports
        if r.taken is not None
        and r.taken.within(days, today)
        and (_shows(r, examination) or _shows(r, wider))
    ]
    return max(shown, key=lambda r: str(r.taken), default=None)


def _histology(chart: Chart) -> Report | None:
    """Give a histology of the window as the report of a biopsy: there must have been one."""
    for diagnosis in chart.having("morphology."):
        if not (diagnosis.guessed or is_old(diagnosis, chart)):
            return Report(diagnosis.text, diagnosis.reference, diagnosis.since)
    return None


def _shows(report: Report, examination: Examination) -> bool:
    if starts(report.text, examination.unless):
        return False
    if any(code in report.codes for code, _ in examination.codes):
        return True
    return any(all(starts(report.text, [w]) for w in words) for words in examination.words)


def without(work: tuple[Work, ...], others: tuple[Work, ...]) -> tuple[Work, ...]:
    """Give the work without the examinations that stand among the others already."""
    told = {e.key for w in others for e in w.examined}
    return tuple(
        msgspec.structs.replace(w, examined=tuple(e for e in w.examined if e.key not in told))
        for w in work
    )


def diagnosed(work: tuple[Work, ...]) -> tuple[Work, ...]:
    """Give the work of a patient whose histology is known: nothing waits for an operation (3.1.4).

    A step that is no more than a question of before the diagnosis falls away.
    """
    return tuple(_diagnosed(w) for w in work if not _is_moot(w.step))


def _is_moot(step: Step) -> bool:
    return bool(step.ask) and not step.examinations and _UNTIL_HISTOLOGY.issuperset(step.ask)


def _diagnosed(work: Work) -> Work:
    ask = tuple(a for a in work.step.ask if a not in _UNTIL_HISTOLOGY)
    step = msgspec.structs.replace(work.step, ask=ask, unless_operated=False)
    return msgspec.structs.replace(work, step=step)


def asked(work: tuple[Work, ...]) -> tuple[str, ...]:
    """Give what only a clinician knows of the work, each once; of contrast while a scan remains."""
    left = (e.key for w in work for e in w.examined if e.done is None)
    scan = any(key.startswith(_SCANS) for key in left)
    asks = (a for w in work for a in w.step.ask)
    return tuple(dict.fromkeys(a for a in asks if a != "contrast" or scan))


def waiting(work: tuple[Work, ...]) -> tuple[str, ...]:
    """Give those that remain and are needless if the patient is operated on."""
    now = remaining(tuple(w for w in work if not w.step.unless_operated))
    return tuple(e for e in remaining(work) if e not in now)


def remaining(work: tuple[Work, ...]) -> tuple[str, ...]:
    """Give the examinations that no report shows though all were read, each once."""
    left = (e for w in work for e in w.examined if e.done is None and e.checked)
    return tuple(dict.fromkeys(e.key for e in left))
