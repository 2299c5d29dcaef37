"""The data types of FHIR R4 that the rules read, with only the members that they read."""

from typing import Annotated, TypeAlias

import msgspec
from msgspec import field

# ruff: noqa: N815 -- the members bear FHIR's own names

_BOUND = 10**15
Whole: TypeAlias = Annotated[int, msgspec.Meta(ge=-_BOUND, le=_BOUND)]
"""An integer that also fits a float: one of a thousand digits is no measurement."""
Number: TypeAlias = Whole | float


class Coding(msgspec.Struct, gc=False, omit_defaults=True):
    """A code in a code system."""

    system: str | None = None
    code: str | None = None
    display: str | None = None


class CodeableConcept(msgspec.Struct, gc=False, omit_defaults=True):
    """One meaning, in any number of code systems and as text."""

    coding: list[Coding | None] | None = None
    text: str | None = None


class Identifier(msgspec.Struct, gc=False, omit_defaults=True):
    """A business identifier."""

    system: str | None = None
    value: str | None = None


class Reference(msgspec.Struct, gc=False, omit_defaults=True):
    """A pointer to another resource."""

    reference: str | None = None
    identifier: Identifier | None = None
    display: str | None = None


class Quantity(msgspec.Struct, gc=False, omit_defaults=True):
    """A number with its unit."""

    value: Number | None = None
    comparator: str | None = None
    unit: str | None = None
    system: str | None = None
    code: str | None = None


class Period(msgspec.Struct, gc=False, omit_defaults=True):
    """A span of time."""

    start: str | None = None
    end: str | None = None


class Range(msgspec.Struct, gc=False, omit_defaults=True):
    """A low and a high bound."""

    low: Quantity | None = None
    high: Quantity | None = None


class ReferenceRange(msgspec.Struct, gc=False, omit_defaults=True):
    """What the laboratory calls normal, and for whom."""

    modifierExtension: list[dict[str, object]] | None = None
    low: Quantity | None = None
    high: Quantity | None = None
    type: CodeableConcept | None = None
    appliesTo: list[CodeableConcept] | None = None
    age: Range | None = None
    text: str | None = None


class Annotation(msgspec.Struct, gc=False, omit_defaults=True):
    """A remark."""

    text: str | None = None


class ContactPoint(msgspec.Struct, gc=False, omit_defaults=True):
    """A phone number or another way to reach someone."""

    system: str | None = None
    value: str | None = None
    use: str | None = None
    period: Period | None = None


class Meta(msgspec.Struct, gc=False, omit_defaults=True):
    """Security labels, as far as they are read."""

    security: list[Coding | None] | None = None


class Component(msgspec.Struct, gc=False, omit_defaults=True):
    """A part of an observation with a code and a value of its own."""

    code: CodeableConcept | None = None
    valueQuantity: Quantity | None = None
    valueCodeableConcept: CodeableConcept | None = None
    valueString: str | None = None
    valueBoolean: bool | None = None
    valueInteger: Whole | None = None
    valueRange: Range | None = None
    valueRatio: dict[str, object] | None = None
    valueSampledData: dict[str, object] | None = None
    valueTime: str | None = None
    valueDateTime: str | None = None
    valuePeriod: Period | None = None
    dataAbsentReason: CodeableConcept | None = None
    interpretation: list[CodeableConcept] | None = None
    referenceRange: list[ReferenceRange] | None = None
    modifierExtension: list[msgspec.Raw] | None = None
    bad: tuple[str, ...] = field(name="vidare:bad", default=())
