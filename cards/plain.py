"""The plain Observation, read in one stroke: one number in a known unit, with a sampling time.

Nine of ten laboratory results are of this kind, and the general way (cards/results.py) asks them
forty questions whose answer is no. It gives None for anything else, which then goes that way.
tests/cards/test_plain.py holds that both ways give equal results.
"""

import math
from collections.abc import Mapping
from itertools import chain
from operator import attrgetter

import msgspec

from cards.coded import codings, uses_of, vital_of
from cards.elements import CodeableConcept, Coding, Quantity, ReferenceRange
from cards.fhir import Observation
from cards.ranges import flags_of, normal_of
from cards.record import Normal, Result, State, Value
from cards.results import STATES, Dated, meant
from cards.terminology import TERMS, Analyte, CodeUse, Unit
from cards.values import GREATEST, VALUES, unit_of

_COUNTING: Mapping[str | None, State] = {
    status: state for status, state in STATES.items() if state != "void"
}
_RARE = (
    *(name for name in VALUES if name != "valueQuantity"),
    *("effectivePeriod", "effectiveInstant", "effectiveTiming"),
    *("dataAbsentReason", "modifierExtension", "contained", "component", "hasMember", "focus"),
    "bad",
)
"""Members with which an Observation is not plain."""
_rare = attrgetter(*_RARE)
_NONE_OF_THEM = _rare(Observation())
_LONG = 300
"""Characters of codes and units that are worth keeping."""
_MOST = 4096
"""Combinations of codes and a unit whose meaning is kept at hand."""

_Codes = tuple[tuple[str | None, str | None], ...]


class _Meaning(msgspec.Struct, frozen=True, gc=False):
    """What a number under some codes and in a unit measures, and what is plausible."""

    use: CodeUse
    analyte: Analyte
    unit: Unit
    least: float
    most: float


_Key = tuple[_Codes, str | None, str | None, str | None]
_known: dict[_Key, _Meaning | None] = {}


def plain_result(
    observation: Observation, reference: str, dated: Dated, site_map: Mapping[str, str]
) -> Result | None:
    """Give the one result of a plain Observation; None where it must be read the general way."""
    quantity, state = observation.valueQuantity, _COUNTING.get(observation.status)
    if quantity is None or state is None:
        return None
    if _rare(observation) != _NONE_OF_THEM:
        return None
    number = quantity.value
    if number is None or quantity.comparator is not None or not 0 <= number <= GREATEST:
        return None
    taken = dated(observation.effectiveDateTime)
    meaning = _meaning_of(observation.code, quantity, site_map)
    if taken is None or meaning is None:
        return None
    measured = float(number)
    canonical = meaning.unit.canonical(measured)
    if canonical is not None and not meaning.least <= canonical <= meaning.most:
        return None
    value = Value(measured, None, meaning.unit.ucum, str(number))
    ranges, specimen = observation.referenceRange, observation.specimen
    return Result(
        meaning.analyte.key,
        state,
        meaning.use.part,
        reference,
        value,
        taken,
        flags_of(observation.interpretation) if observation.interpretation else (),
        _normal(ranges, quantity, meaning.analyte, value) if ranges else None,
        specimen.reference if specimen else None,
    )


def _meaning_of(
    code: CodeableConcept | None, quantity: Quantity, site_map: Mapping[str, str]
) -> _Meaning | None:
    """Look up what is measured; None where the EHR maps a code itself."""
    if code is None or not code.coding:
        return None
    sent = code.coding
    codes: _Codes = (
        ((sent[0].system, sent[0].code),)
        if len(sent) == 1 and sent[0] is not None
        else tuple([(c.system, c.code) for c in sent if c is not None])
    )
    if site_map and any(f"{system}|{text}" in site_map for system, text in codings(code)):
        return None
    key = codes, quantity.system, quantity.code, quantity.unit
    return _known[key] if key in _known else _learnt(key)


def _learnt(key: _Key) -> _Meaning | None:
    """Work out a meaning and keep it, none that takes much room; a full store begins afresh."""
    meaning = _worked_out(*key)
    codes, *unit = key
    if sum(len(text or "") for text in (*unit, *chain.from_iterable(codes))) <= _LONG:
        if len(_known) >= _MOST:
            _known.clear()
        _known[key] = meaning
    return meaning


def _worked_out(
    codes: _Codes, system: str | None, code: str | None, text: str | None
) -> _Meaning | None:
    """Give what is meant where all codes agree on one number without a caveat."""
    concept = CodeableConcept([Coding(*each) for each in codes])
    uses = meant(uses_of(concept, {}))
    if len(uses) != 1 or uses[0][1] is not None or uses[0][0].use != "accept":
        return None
    if any(vital_of(*each) for each in codings(concept)):
        return None
    analyte = TERMS.analyte(uses[0][0].analyte)
    unit = unit_of(analyte, Quantity(unit=text, system=system, code=code))
    if analyte.kind != "quantity" or isinstance(unit, str):
        return None
    least, most = analyte.plausible or (-math.inf, math.inf)
    return _Meaning(uses[0][0], analyte, unit, least, most)


def _normal(
    ranges: list[ReferenceRange], quantity: Quantity, analyte: Analyte, value: Value
) -> Normal | None:
    """Give the reference range; at once where it is the only one, for all, in the same unit."""
    only = ranges[0]
    low, high = only.low, only.high
    if low is None or high is None or low.value is None or high.value is None:
        return normal_of(ranges, analyte, value)
    unit = quantity.unit, quantity.code, quantity.system
    alike = (low.unit, low.code, low.system) == unit == (high.unit, high.code, high.system)
    if not alike or len(ranges) > 1 or only.type is not None or only.appliesTo or only.age:
        return normal_of(ranges, analyte, value)
    return Normal(float(low.value), float(high.value)) if low.value <= high.value else None
