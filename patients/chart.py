"""A story becomes the resources of a chart."""

from collections.abc import Iterable, Iterator

from patients.contacts import contacts
from patients.examinations import examinations
from patients.frame import Frame
from patients.orders import order, prescriptions, whole
from patients.problems import condition
from patients.results import results
from patients.story import Json
from patients.vitals import vitals


def record(frame: Frame) -> list[Json]:
    """Give every resource of the record, the patient first."""
    return [whole(resource) for part in _parts(frame) for resource in part]


def drafts(frame: Frame) -> list[Json]:
    """Give the orders about to be signed."""
    return [order(frame, each) for each in frame.chart.drafts]


def _parts(frame: Frame) -> Iterator[Iterable[Json]]:
    chart, place = frame.chart, frame.place
    yield [place.patient(frame.case, chart.patient)]
    yield place.staff()
    yield contacts(frame)
    yield (condition(frame, problem) for problem in chart.problems)
    yield results(frame)
    yield vitals(frame)
    yield examinations(frame)
    yield (order(frame, each) for each in chart.orders)
    yield (each for medicine in chart.medicines for each in prescriptions(frame, medicine))
    yield chart.raw
