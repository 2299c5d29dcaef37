"""What the laboratory itself says of a value: its flags and its reference range."""

from cards.coded import codings, said
from cards.elements import CodeableConcept, Quantity, ReferenceRange
from cards.record import Normal, Value
from cards.terminology import Analyte
from cards.values import unit_of

_FLAG_SYSTEMS = (
    "",
    "http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation",
    "http://hl7.org/fhir/v3/ObservationInterpretation",
    "urn:oid:2.16.840.1.113883.5.83",
)
"""HL7 v3 ObservationInterpretation, as FHIR R4, STU3 and an OID name it, or unsaid."""


_FROM = (None, ">", ">=", "≥")
_UP_TO = (None, "<", "<=", "≤")
"""Comparators that a lower and an upper bound may bear: "low <5" says that 5 is the upper one."""


def flags_of(interpretation: list[CodeableConcept] | None) -> tuple[str, ...]:
    """Give the HL7 v3 interpretation codes; codes of other systems (MedCom NI) say nothing."""
    if not interpretation:
        return ()
    return tuple(
        code
        for concept in interpretation
        for system, code in codings(concept)
        if system.rstrip("/") in _FLAG_SYSTEMS
    )


def is_plausible(analyte: Analyte, value: Value) -> bool:
    """Tell whether a number may be judged: outside the plausible range the unit may be wrong."""
    if value.number is None or analyte.plausible is None:
        return True
    unit = analyte.unit_of(value.unit)
    number = unit.canonical(value.number) if unit else None
    low, high = analyte.plausible
    return number is None or low <= number <= high


def normal_of(
    ranges: list[ReferenceRange] | None, analyte: Analyte, value: Value | None
) -> Normal | None:
    """Give the own reference range: of type normal, for everyone, in a unit that can be compared.

    None where several that fit differ, and where one bound of the range cannot be read: the other
    alone would call a value normal that is not.
    """
    if not ranges or value is None or value.number is None:
        return None
    found = {n for each in ranges if _is_for_all(each) and (n := _normal(each, analyte, value))}
    return found.pop() if len(found) == 1 else None


def _is_for_all(each: ReferenceRange) -> bool:
    if each.appliesTo or each.age or each.modifierExtension:
        return False
    if each.type is None:
        return True
    return any(code == "normal" for _, code in codings(each.type)) or (
        said(each.type).lower() in {"normal", "normal range"}
    )


def _normal(each: ReferenceRange, analyte: Analyte, value: Value) -> Normal | None:
    low = _bound(each.low, analyte, value, _FROM)
    high = _bound(each.high, analyte, value, _UP_TO)
    if (low is None) != (each.low is None) or (high is None) != (each.high is None):
        return None
    if (low is None and high is None) or (low is not None and high is not None and low > high):
        return None
    return Normal(low, high)


def _bound(
    quantity: Quantity | None, analyte: Analyte, value: Value, signs: tuple[str | None, ...]
) -> float | None:
    """Give a bound in the unit of the value; a comparator that points the other way is none."""
    if quantity is None or quantity.value is None or quantity.comparator not in signs:
        return None
    unit, own = unit_of(analyte, quantity), analyte.unit_of(value.unit)
    if isinstance(unit, str) or own is None:
        return None
    if unit.ucum == own.ucum:
        return float(quantity.value)
    canonical = unit.canonical(float(quantity.value))
    if canonical is None or own.factor is None:
        return None
    return canonical / own.factor - own.offset
