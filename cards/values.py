"""The value of an Observation or component: an answer, or the reason why it is none."""

import functools
import re
from operator import attrgetter
from typing import TypeAlias

from cards.coded import because, codings, said
from cards.elements import Component, Quantity
from cards.fhir import Observation
from cards.record import Reason, State, Value
from cards.terminology import TERMS, Analyte, CodeUse, Unit
from cards.wording import is_cancelled, is_no_answer

Verdict: TypeAlias = tuple[Value | None, State, Reason | None]

VALUES = tuple(name for name in Component.__struct_fields__ if name.startswith("value"))
"""The members of value[x] that FHIR R4 has, of an Observation and of a component alike."""
_values = attrgetter(*VALUES)

COMPARATORS = {"<": "<", "<=": "<=", ">": ">", ">=": ">=", "≤": "<=", "≥": ">="}
_NUMBER = re.compile(r"\s*(<=|>=|<|>|≤|≥)?\s*([+-]?[0-9]{1,9}(?:[.,][0-9]{1,9})?)\s*([^0-9].*)?")
_GROUPED = re.compile(r"[+-]?[1-9][0-9]{0,2}[.,][0-9]{3}")
"""1,234 and 1.234: a decimal in one country, thousands in another."""
_SIGNS = frozenset("+-±")
"""A test strip is also answered in these alone."""
GREATEST = 1e12
_LONG = 100
"""No unit is written with more characters."""
_KEPT = 4096

_ELSEWHERE = frozenset(
    {
        "masked",
        "unsupported",
        "not-permitted",
        "temp-unknown",
        "not-a-number",
        "negative-infinity",
        "positive-infinity",
    }
)
"""Codes of data-absent-reason (FHIR R4) where a result exists or is to come, but not as a value."""


def read_value(analyte: Analyte, use: CodeUse, source: Observation | Component) -> Verdict:
    """Give the value, the state it deserves, and the reason where it is no answer."""
    present = values_in(source)
    if len(present) > 1:
        return None, "unreadable", Reason("twoValues")
    if source.dataAbsentReason is not None:
        return _absent(source, present=bool(present))
    if not present:
        return _without_value(source)
    if analyte.kind == "quantity":
        return _measured(analyte, source)
    return _worded(use, source)


def values_in(source: Observation | Component) -> list[str]:
    """Give the names of the value[x] that are there."""
    return [name for name, value in zip(VALUES, _values(source), strict=True) if value is not None]


def holds_several(source: Observation | Component) -> bool:
    """Tell whether more than one value[x] is there."""
    return _values(source).count(None) < len(VALUES) - 1


def _absent(source: Observation | Component, *, present: bool) -> Verdict:
    if present:
        return None, "unreadable", Reason("valueAndAbsent")
    codes = {code for _, code in codings(source.dataAbsentReason)}
    if "as-text" in codes:
        return None, "unreadable", Reason("answerInNote")
    why = because("absent", said(source.dataAbsentReason))
    elsewhere = not codes.isdisjoint(_ELSEWHERE)
    return None, "unreadable" if elsewhere else "void", why


def _without_value(source: Observation | Component) -> Verdict:
    remarks = source.note if isinstance(source, Observation) else None
    texts = [note.text for note in remarks or () if note.text]
    if any(is_cancelled(text, narrative=False) for text in texts):
        return None, "void", Reason("cancelled")
    if isinstance(source, Observation) and source.hasMember:
        return None, "unreadable", Reason("membersNotSent")
    return None, "unreadable", Reason("answerInNote" if texts else "noValue")


def _measured(analyte: Analyte, source: Observation | Component) -> Verdict:
    if source.valueQuantity is not None:
        return _quantity(analyte, source.valueQuantity)
    if source.valueString is not None:
        return _from_text(analyte, source.valueString)
    if source.valueInteger is not None:
        return None, "unreadable", because("noUnit", str(source.valueInteger))
    if is_cancelled(said(source.valueCodeableConcept), narrative=False):
        return None, "void", Reason("cancelled")
    return None, "unreadable", Reason("notANumber")


def _quantity(analyte: Analyte, quantity: Quantity) -> Verdict:
    number = quantity.value
    if number is None:
        return None, "unreadable", Reason("noValue")
    if not is_measurable(quantity):
        return None, "unreadable", Reason("malformed", "valueQuantity")
    sign = COMPARATORS.get(quantity.comparator or "")
    return _with_unit(analyte, float(number), f"{sign or ''}{number}", sign, quantity)


def is_measurable(quantity: Quantity) -> bool:
    """Tell whether a quantity can be a measurement: not negative, not beyond all bounds."""
    fits = quantity.value is not None and 0 <= quantity.value <= GREATEST
    return fits and (quantity.comparator is None or quantity.comparator in COMPARATORS)


def _with_unit(
    analyte: Analyte, number: float, shown: str, sign: str | None, quantity: Quantity
) -> Verdict:
    unit = unit_of(analyte, quantity)
    if isinstance(unit, str):
        texts = [t.strip() for t in (quantity.code, quantity.unit) if t and t.strip()]
        detail = (
            " / ".join(texts) if unit == "contradictoryUnits" else " ".join([shown, *texts[-1:]])
        )
        return None, "unreadable", because(unit, detail)
    return Value(number, sign, unit.ucum, shown), "final", None


def unit_of(analyte: Analyte, quantity: Quantity) -> Unit | str:
    """Give the unit of a quantity, or the id of the reason why it has none that we know.

    Its code counts where the code system is UCUM or unsaid. A UCUM code that is not known decides:
    the printed unit beside it is only a translation of it.
    """
    system, code, text = quantity.system, quantity.code or "", quantity.unit or ""
    if len(system or "") + len(code) + len(text) > _LONG:
        return "unknownUnit"
    return _unit_of(analyte, system, code.strip(), text.strip())


@functools.lru_cache(_KEPT)
def _unit_of(analyte: Analyte, system: str | None, code: str, text: str) -> Unit | str:
    ucum = TERMS.system_key(system) == "ucum"
    coded = code if ucum or not (system or "").strip() else ""
    if not coded and not text:
        return "noUnit"
    by_code, by_text = analyte.unit_of(coded), analyte.unit_of(text)
    if by_code is None and (by_text is None or (ucum and coded)):
        return "unknownUnit"
    known = [unit for unit in (by_code, by_text) if unit is not None]
    if len({(unit.ucum, unit.factor) for unit in known}) > 1:
        return "contradictoryUnits"
    return known[0]


def _from_text(analyte: Analyte, text: str) -> Verdict:
    if is_cancelled(text, narrative=False):
        return None, "void", Reason("cancelled")
    if is_no_answer(text):
        return None, "unreadable", Reason("noValue")
    match = _NUMBER.fullmatch(text)
    if match is None or _GROUPED.fullmatch(match[2]) or match[2].startswith("-"):
        return None, "unreadable", Reason("notANumber")
    sign = COMPARATORS.get(match[1] or "")
    digits = match[2].replace(",", ".")
    unit = Quantity(unit=match[3])
    return _with_unit(analyte, float(digits), f"{sign or ''}{digits}", sign, unit)


def _worded(use: CodeUse, source: Observation | Component) -> Verdict:
    """Read a qualitative answer: words, a coded answer, or for a strip also a bare number."""
    strip = use.analyte == "u_dipstick"
    if source.valueQuantity is not None:
        return _counted(source.valueQuantity, bare=strip)
    if source.valueCodeableConcept is not None:
        text = said(source.valueCodeableConcept)
    elif source.valueString is not None:
        text = source.valueString
    elif strip and source.valueInteger is not None:
        text = str(source.valueInteger)
    elif strip and source.valueBoolean is not None:
        text = str(source.valueBoolean).lower()
    else:
        return None, "unreadable", Reason("notWords")
    if strip and text.strip() and _SIGNS.issuperset(text.strip()):
        return Value(shown=text.strip()), "final", None
    return worded(text)


def worded(text: str) -> Verdict:
    """Give an answer in words."""
    if is_cancelled(text, narrative=True):
        return None, "void", Reason("cancelled")
    if is_no_answer(text):
        return None, "unreadable", Reason("answerInNote" if text.strip() else "noValue")
    return Value(shown=text.strip()), "final", None


def _counted(quantity: Quantity, *, bare: bool) -> Verdict:
    """Read a number where words are the rule; its unit is shown and never compared."""
    unit = (quantity.unit or "").strip() or (quantity.code or "").strip() or None
    if quantity.value is None:
        return None, "unreadable", Reason("noValue")
    if not is_measurable(quantity):
        return None, "unreadable", Reason("malformed", "valueQuantity")
    sign = COMPARATORS.get(quantity.comparator or "")
    shown = f"{sign or ''}{quantity.value}"
    if unit is None and not bare:
        return None, "unreadable", Reason("noUnit", shown)
    return Value(float(quantity.value), sign, unit, shown), "final", None


def holds_answer(source: Observation | Component) -> bool:
    """Tell whether a member of a panel brings an answer of any kind."""
    present = values_in(source)
    if len(present) != 1 or source.dataAbsentReason is not None or source.bad:
        return False
    quantity = source.valueQuantity
    if quantity is not None:
        return is_measurable(quantity) and bool((quantity.unit or quantity.code or "").strip())
    if source.valueCodeableConcept is not None or source.valueString is not None:
        return worded(source.valueString or said(source.valueCodeableConcept))[1] == "final"
    return True
