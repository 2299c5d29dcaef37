"""The least story, with members laid over it."""

from datetime import date

import msgspec

from patients.chart import record
from patients.frame import Frame
from patients.story import Chart

ANCHOR = date(2026, 3, 2)
WOMAN = {"name": "Testa Testsson", "identifier": "testperson-1", "born": "1961-01-18"}


def frame(sex="female", **members):
    """Give the frame of a chart that tells nothing but the members."""
    patient = {**WOMAN, "sex": sex}
    told = {"seed": 1, "patient": patient, "reason": "Läkarbesök", **members}
    return Frame("case", msgspec.convert(told, Chart), ANCHOR)


def made(kind, sex="female", **members):
    """Give the resources of a kind that the members of a story become."""
    return [each for each in record(frame(sex, **members)) if each["resourceType"] == kind]
