"""Is a value high or low: by the laboratory's flag, its own range, then the default limits.

A flag and a range that disagree are shown as a conflict, never settled in silence.
"""

from functools import lru_cache
from typing import Literal

from cards.record import Normal, Result, Sex, Value
from cards.terminology import TERMS

Verdict = Literal["high", "low", "normal", "conflict"]

_FLAGS: dict[str, Verdict] = {
    "H": "high",
    "HH": "high",
    "HU": "high",
    "H>": "high",
    "L": "low",
    "LL": "low",
    "LU": "low",
    "L<": "low",
    "N": "normal",
}
"""HL7 v3 ObservationInterpretation codes that name a direction; IND, E, NA and the rest do not."""
_ABNORMAL = frozenset({"A", "AA"})


def verdict(result: Result, sex: Sex | None, age: int | None) -> Verdict | None:
    """Give the verdict on a result; None where it has no number or nothing decides it.

    `sex` and `age` (completed years) choose the default limits; None where they are not known.
    """
    value = result.value
    if value is None or value.number is None or not result.judged:
        return None
    own = compare(value, result.normal, strict=False) if result.normal else None
    if not result.flags:
        return own or _default(result.analyte, value, sex, age)
    flags = {_FLAGS[flag] for flag in result.flags if flag in _FLAGS}
    abnormal = not _ABNORMAL.isdisjoint(result.flags)
    if len(flags) > 1 or (abnormal and "normal" in flags):
        return "conflict"
    if flags:
        flag = flags.pop()
        return "conflict" if _contradicts(own, flag, result.normal) else flag
    if own is not None:
        return "conflict" if abnormal and own == "normal" else own
    default = _default(result.analyte, value, sex, age)
    return None if abnormal and default == "normal" else default


def _contradicts(own: Verdict | None, flag: Verdict, normal: Normal | None) -> bool:
    """Tell whether a range speaks against a flag; about a side it leaves open it says nothing."""
    if own is None or normal is None or own == flag:
        return False
    silent = (flag == "high" and normal.high is None) or (flag == "low" and normal.low is None)
    return not (own == "normal" and silent)


def _default(analyte: str, value: Value, sex: Sex | None, age: int | None) -> Verdict | None:
    known = sex if sex in {"male", "female"} else None
    limit = _limit(analyte, value.unit, known, age) if value.unit else None
    if limit is None:
        return None
    normal, strict = limit
    return compare(value, normal, strict=strict)


@lru_cache(maxsize=4096)
def _limit(analyte: str, unit: str, sex: str | None, age: int | None) -> tuple[Normal, bool] | None:
    """Give the default limits, and whether the upper one is strict."""
    found = TERMS.analyte(analyte).limits_for(unit, sex, age)
    return (Normal(found.low, found.high), found.strict) if found else None


def compare(value: Value, limits: Normal, *, strict: bool) -> Verdict | None:
    """Compare a value, or its bound when it has a comparator, with limits in the same unit.

    `strict`: the upper limit was written "<n", so that n itself is high. None where a bound
    ("<5" against 3) leaves the question open, and for words.
    """
    number = value.number
    if number is None:
        return None
    high = _above(number, value.comparator, limits.high, strict=strict)
    low = is_below(number, value.comparator, limits.low)
    if high:
        return "high"
    if low:
        return "low"
    return "normal" if high is False and low is False else None


def _above(number: float, sign: str | None, high: float | None, *, strict: bool) -> bool | None:
    if high is None:
        return False
    reached = number > high or (strict and number == high)
    if sign in {">", ">="}:
        return True if reached or (sign == ">" and number == high) else None
    if sign in {"<", "<="}:
        return None if reached and not (sign == "<" and number == high) else False
    return reached


def is_below(number: float, sign: str | None, low: float | None) -> bool | None:
    """Tell whether a number, or what its comparator bounds, lies under `low`; None: not decided."""
    if low is None:
        return False
    if sign in {"<", "<="}:
        return True if number < low or (sign == "<" and number == low) else None
    if sign in {">", ">="}:
        return None if number < low else False
    return number < low
