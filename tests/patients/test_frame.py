"""patients.frame: the days of a chart have the offset of their place."""

import pytest

from patients.frame import coded
from tests.patients.telling import frame


@pytest.mark.parametrize(
    ("told", "instant"),
    [
        ("2026-02-20", "2026-02-20T09:00:00+01:00"),
        ("2025-07-01", "2025-07-01T09:00:00+02:00"),
        ("2025-07-01T14:05", "2025-07-01T14:05:00+02:00"),
    ],
)
def test_a_day_is_a_moment_of_its_place(told, instant):
    assert frame().moment(told) == instant


def test_a_code_of_hl7_is_named_by_its_system():
    assert coded("observation-category", "laboratory")["coding"] == [
        {
            "system": "http://terminology.hl7.org/CodeSystem/observation-category",
            "code": "laboratory",
        }
    ]
