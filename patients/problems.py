"""The problems of a chart: diagnoses and findings, old and new."""

from patients.catalogue import CATALOGUE, coding
from patients.frame import Frame, coded
from patients.laboratory import day_of
from patients.story import Json, Problem


def condition(frame: Frame, problem: Problem) -> Json:
    """Give the Condition of a problem."""
    entry = CATALOGUE.problems[problem.what] if problem.what else None
    codings = [coding(code) for code in problem.codes]
    if entry and not codings:
        codings = entry.codings(frame.chart.country)
    text = problem.text or (entry.text(frame.chart.country) if entry else None)
    ended = "resolved" if problem.ended else "active"
    category = "problem-list-item" if problem.listed else "encounter-diagnosis"
    recorded = problem.recorded or problem.since
    return {
        "resourceType": "Condition",
        "id": f"cond-{problem.id or (entry and entry.id) or problem.what}",
        "clinicalStatus": coded("condition-clinical", problem.status or ended),
        "verificationStatus": coded("condition-ver-status", problem.verification or "confirmed"),
        "category": [coded("condition-category", category)],
        "severity": _severity(problem.severity),
        "code": {"coding": codings or None, "text": text},
        "subject": frame.subject,
        "encounter": {"reference": f"Encounter/enc-{problem.at}"} if problem.at else None,
        "onsetDateTime": problem.since,
        "abatementDateTime": problem.ended,
        "recordedDate": frame.moment(day_of(recorded).isoformat(), "09:20") if recorded else None,
        "recorder": {"reference": f"Practitioner/{frame.place.practitioner}"},
        **problem.raw,
    }


def _severity(word: str | None) -> Json | None:
    codes = {"severe": "24484000|Severe", "moderate": "6736007|Moderate", "mild": "255604002|Mild"}
    return {"coding": [coding(f"snomed|{codes[word]}")]} if word else None
