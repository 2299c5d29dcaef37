"""When something happened, as exactly as it was written: a day, a month or a year."""

import functools
import re
from calendar import monthrange
from datetime import date, datetime, tzinfo

import msgspec

_PARTIAL = re.compile(r"([0-9]{4})(?:-([0-9]{2})(?:-([0-9]{2}))?)?")
_TIME = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2})"
    r"(?::(?:[0-5][0-9]|60)(?:\.[0-9]+)?)?(Z|[+-][0-9]{2}:[0-9]{2})?"
)
"""FHIR's dateTime and instant; the seconds, 60 among them, never decide the day."""

_LONG = 40
"""No date and time that is written plainly has more characters."""
_KEPT = 4096


class Moment(msgspec.Struct, frozen=True, gc=False, order=True):
    """The first and the last local day that a FHIR date can mean; the same day when it is exact."""

    last: date
    first: date
    minute: int = 0
    """Minutes since local midnight, to tell samples of one day apart; 0 without a time."""

    @property
    def exact(self) -> bool:
        """Whether the day is known."""
        return self.first == self.last

    @property
    def days(self) -> tuple[date, date]:
        """The first and the last day, without the time."""
        return self.first, self.last

    def age_in_days(self, today: date) -> tuple[int, int]:
        """Give the fewest and the most whole calendar days from this moment to `today`."""
        return (today - self.last).days, (today - self.first).days

    def within(self, days: int, today: date) -> bool | None:
        """Tell whether it lies at most `days` back; None when its date does not decide it."""
        fewest, most = self.age_in_days(today)
        return True if most <= days else False if fewest > days else None

    def __str__(self) -> str:
        """Give the date at the precision it is known: 2026, 2026-03 or 2026-03-02."""
        if self.exact:
            return self.first.isoformat()
        same_month = self.first.month == self.last.month
        return self.first.isoformat()[: 7 if same_month else 4]


def moment(text: str | None, zone: tzinfo) -> Moment | None:
    """Give the moment of a FHIR date, dateTime or instant, in the days of `zone`.

    A time with an offset is turned into the local day; a time without one is taken as local.
    None for no text and for text that is no FHIR date.
    """
    if not text:
        return None
    text = text.strip()
    partial = _PARTIAL.fullmatch(text)
    try:
        return _whole(partial) if partial else _local_day(text, zone)
    except (ValueError, OverflowError):
        return None


def kept_moment(text: str | None, zone: tzinfo) -> Moment | None:
    """Give a moment as `moment` does, and keep it at hand for the next call."""
    return _kept(text, zone) if text and len(text) <= _LONG else moment(text, zone)


@functools.lru_cache(_KEPT)
def _kept(text: str, zone: tzinfo) -> Moment | None:
    return moment(text, zone)


def _local_day(text: str, zone: tzinfo) -> Moment | None:
    match = _TIME.fullmatch(text)
    if match is None:
        return None
    minute, offset = match.groups()
    at = datetime.fromisoformat(minute + (offset or ""))
    local = at.astimezone(zone) if at.tzinfo else at
    return Moment(local.date(), local.date(), local.hour * 60 + local.minute)


def _whole(parts: re.Match[str]) -> Moment:
    year, month, day = (int(part or 0) for part in parts.groups())
    if parts[2] is None:
        return Moment(date(year, 12, 31), date(year, 1, 1))
    if parts[3] is None:
        return Moment(date(year, month, monthrange(year, month)[1]), date(year, month, 1))
    exact = date(year, month, day)
    return Moment(exact, exact)


def years_between(birth: Moment, today: date) -> tuple[int, int]:
    """Give the fewest and the most completed years of age on `today`."""
    return _years(birth.last, today), _years(birth.first, today)


def _years(birth: date, today: date) -> int:
    return today.year - birth.year - ((today.month, today.day) < (birth.month, birth.day))
