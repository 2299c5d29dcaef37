"""The laboratory of an example patient: its tests, and the values of one person over the years."""

import random
import tomllib
from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from importlib.resources import files
from itertools import pairwise
from typing import Literal

import msgspec

from patients.story import Sampling, Telling

Sex = Literal["f", "m"]
Bounds = tuple[int | float | Literal[""], int | float | Literal[""]]


class Written(Telling, frozen=True):
    """A test as the laboratories of one country write it."""

    code: str
    name: str
    unit: str | None = None
    digits: int = 0
    factor: float = 1
    strict: bool = False
    f: Bounds | None = None
    m: Bounds | None = None
    f41: Bounds | None = None
    m41: Bounds | None = None
    f50: Bounds | None = None
    m50: Bounds | None = None
    f60: Bounds | None = None
    m60: Bounds | None = None
    f70: Bounds | None = None
    m70: Bounds | None = None
    f71: Bounds | None = None
    m71: Bounds | None = None
    m81: Bounds | None = None

    def bounds(self, sex: Sex, age: int) -> Bounds | None:
        """Give the reference range of a sex and an age in years; None where there is none."""
        found: Bounds | None = getattr(self, sex)
        for least in (41, 50, 60, 70, 71, 81):
            if age >= least:
                found = getattr(self, f"{sex}{least}", None) or found
        return found


class Test(Telling, frozen=True):
    """What is measured, how persons differ, how samples differ."""

    se: Written
    dk: Written
    usual: Mapping[Sex, float] = {}
    person: float = 0
    spread: float = 0
    only: Sex | None = None
    text: Mapping[Literal["se", "dk"], str] = {}

    def written(self, country: str) -> Written:
        """Give how a country ("SE", "DK") writes the test."""
        return self.dk if country == "DK" else self.se


class _File(Telling, frozen=True):
    sets: Mapping[str, tuple[str, ...]]
    tests: Mapping[str, Test]
    ucum: Mapping[str, str]


_LABORATORY = msgspec.convert(
    tomllib.loads((files("patients") / "laboratory.toml").read_text("utf-8")), _File
)
TESTS = _LABORATORY.tests
"""Every test by its name, which is also the end of the id of its newest result."""


def ucum(unit: str) -> str:
    """Give the UCUM code of a unit as laboratories write it."""
    return _LABORATORY.ucum.get(unit, unit)


def named_tests(names: tuple[str, ...], sex: Sex) -> tuple[str, ...]:
    """Give the tests that names of tests and of sets stand for, for a sex, each once.

    Raises `KeyError` for a name that is neither.
    """
    found = (t for name in names for t in _spread_out(name) if TESTS[t].only in {None, sex})
    return tuple(dict.fromkeys(found))


def _spread_out(name: str) -> Iterator[str]:
    if name not in _LABORATORY.sets:
        yield name
        return
    for each in _LABORATORY.sets[name]:
        yield from _spread_out(each)


class Body:
    """The levels of one person: a course that the story tells, and noise, always the same."""

    def __init__(
        self,
        seed: int,
        country: str,
        sex: Sex,
        born: date,
        course: Mapping[str, Mapping[str, float]],
    ) -> None:
        """Take the seed of the story, who it is, and levels by day in the unit of the country."""
        self.seed, self.country, self.sex, self.born = seed, country, sex, born
        self.course = course

    def value(self, test: str, on: date, told: float | str | None = None) -> float | str:
        """Give the value of a sample: a number in the unit of the country, or words.

        `told` is the level of this day alone, in the place of the person's course.
        """
        entry = TESTS[test]
        if entry.text:
            return str(told or entry.text["dk" if self.country == "DK" else "se"])
        written = entry.written(self.country)
        drawn = random.Random(f"{self.seed}/{test}/{on}")  # noqa: S311 - charts, not secrets
        level = self._level(test, on) if told is None else float(told)
        value = level * (1 + entry.spread * max(-2.0, min(2.0, drawn.gauss(0, 1))))
        return rounded(self._kept(value, level, written, on), written.digits)

    def _level(self, test: str, on: date) -> float:
        entry = TESTS[test]
        if test in self.course:
            return on_line(self.course[test], on)
        own = random.Random(f"{self.seed}/{test}")  # noqa: S311 - charts, not secrets
        factor = entry.written(self.country).factor
        return entry.usual[self.sex] * factor * (1 + entry.person * own.uniform(-1, 1))

    def _kept(self, value: float, level: float, written: Written, on: date) -> float:
        """Give the value, within the range as long as the level is: noise makes nobody ill."""
        low, high = self.bounds(written, on) or ("", "")
        step = float(10**-written.digits)
        if high != "" and level < high:
            value = min(value, high - step)
        if low != "" and level > low:
            value = max(value, low + step)
        return max(value, step)

    def bounds(self, written: Written, on: date) -> Bounds | None:
        """Give the reference range on a day."""
        return written.bounds(self.sex, int((on - self.born).days / 365.25))


def rounded(value: float, digits: int) -> float:
    """Give a number as a laboratory writes it: whole numbers without a decimal point."""
    return round(value, digits) if digits else round(value)


def on_line(points: Mapping[str, float], on: date) -> float:
    """Give the height on a day of the line through the points, level before and after them."""
    known = sorted((day_of(day), level) for day, level in points.items())
    if on <= known[0][0]:
        return known[0][1]
    for (start, low), (end, high) in pairwise(known):
        if on <= end:
            return low + (high - low) * (on - start).days / (end - start).days
    return known[-1][1]


def day_of(text: str) -> date:
    """Give the day of a date, or the first of a month or a year."""
    return date.fromisoformat(f"{text}-01-01"[:10] if len(text) != len("2026-02") else f"{text}-01")


def days_of(sampling: Sampling, seed: int, anchor: date) -> tuple[date, ...]:
    """Give the days of a sampling: as named, or at intervals some days early or late, no weekend.

    Intervals end two months before the anchor: what is newer is told.
    """
    named = tuple(day_of(day) for day in sampling.on)
    if sampling.every is None or sampling.since is None:
        return named
    drawn = random.Random(f"{seed}/{sampling.tests}/{sampling.since}")  # noqa: S311 - charts
    last = day_of(sampling.until) if sampling.until else anchor - timedelta(days=61)
    day, found = day_of(sampling.since), list(named)
    while day <= last:
        found.append(_weekday(day))
        day += timedelta(days=sampling.every + round(drawn.gauss(0, sampling.every / 25)))
    return tuple(found)


def _weekday(day: date) -> date:
    return day - timedelta(days=max(0, day.weekday() - 4))


def taken_at(seed: int, on: date) -> datetime:
    """Give when blood was drawn on a day: some time in the morning."""
    drawn = random.Random(f"{seed}/{on}")  # noqa: S311 - charts, not secrets
    minutes = 5 * drawn.randrange(24)
    return datetime.combine(on, datetime.min.time()) + timedelta(hours=7, minutes=40 + minutes)
