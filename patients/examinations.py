"""The examinations of a chart: imaging and pathology, as ordered and as answered."""

from collections.abc import Iterator

from patients.catalogue import CATALOGUE, Entry, coding
from patients.frame import Frame
from patients.results import category
from patients.story import Json, Report


def examinations(frame: Frame) -> Iterator[Json]:
    """Give the report of every examination, and its order where that is told."""
    for report in frame.chart.reports:
        entry = CATALOGUE.examinations[report.what]
        name = report.id or entry.id or report.what
        if report.ordered:
            yield _order(frame, report, entry, name)
        yield _report(frame, report, entry, name)


def _order(frame: Frame, report: Report, entry: Entry, name: str) -> Json:
    return {
        "resourceType": "ServiceRequest",
        "id": f"order-{name}",
        "status": "completed",
        "intent": "order",
        "category": [{"coding": [coding("snomed|363679005|Imaging")], "text": frame.place.imaging}],
        "code": {
            "coding": entry.codings(frame.chart.country),
            "text": entry.text(frame.chart.country),
        },
        "subject": frame.subject,
        "authoredOn": frame.moment(report.ordered or report.on, "09:25"),
        "requester": {"reference": f"PractitionerRole/{frame.place.role}"},
        "reasonCode": [{"text": report.why}] if report.why else None,
    }


def _report(frame: Frame, report: Report, entry: Entry, name: str) -> Json:
    performer = frame.place.pathology if entry.kind == "PAT" else frame.place.radiology
    kinds = {"RAD": "Radiology", "PAT": "Pathology"}
    return {
        "resourceType": "DiagnosticReport",
        "id": f"report-{name}",
        "basedOn": [{"reference": f"ServiceRequest/order-{name}"}] if report.ordered else None,
        "status": "final",
        "category": [category(entry.kind, kinds[entry.kind])],
        "code": {
            "coding": entry.codings(frame.chart.country),
            "text": entry.text(frame.chart.country),
        },
        "subject": frame.subject,
        "effectiveDateTime": frame.moment(report.on, "10:10"),
        "issued": frame.moment(report.on[:10], "15:30"),
        "performer": [{"display": performer}],
        "conclusion": report.says,
        **report.raw,
    }
