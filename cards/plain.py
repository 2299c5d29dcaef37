"""The plain Observation, read in one stroke: one number in a known unit, with a sampling time.

Nine of ten laboratory results and vital signs are of this kind, and the general way
(cards/results.py, cards/events.py) asks them forty questions whose answer is no. It gives None for
anything else, which then goes that way. tests/cards/test_plain.py holds that both ways agree.
"""

import math
from collections.abc import Mapping
from itertools import chain
from operator import attrgetter

import msgspec

from cards.coded import codings, is_coded, is_named, uses_of, vital_of
from cards.elements import CodeableConcept, Coding, Quantity, ReferenceRange
from cards.events import BELIEVABLE
from cards.fhir import Observation
from cards.moment import Moment
from cards.ranges import flags_of, normal_of
from cards.record import Measure, Normal, Result, State, Value
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
    """What a number under some codes and in a unit measures, and what is plausible.

    `use` and `analyte` are of a laboratory result, `vital` of a vital sign.
    """

    unit: Unit
    least: float
    most: float
    use: CodeUse | None = None
    analyte: Analyte | None = None
    printed: str | None = None
    """How the unit was printed, where the print alone names it as well."""
    vital: str = ""


_NOTHING = _Meaning(Unit(ucum="1", source=(), factor=1), -math.inf, math.inf)
"""What codes mean that no rule of ours asks for."""
_Key = tuple[_Codes, str | None, str | None, str | None]
_known: dict[_Key, _Meaning | None] = {}


def read_plain(
    observation: Observation, reference: str, dated: Dated, site_map: Mapping[str, str]
) -> tuple[Result | Measure, ...] | None:
    """Give what a plain Observation says; None where it must be read the general way.

    Nothing is said by one whose codes no rule of ours asks for: most of a long chart.
    """
    quantity, state = observation.valueQuantity, _COUNTING.get(observation.status)
    if quantity is None or state is None or _rare(observation) != _NONE_OF_THEM:
        return None
    exact, taken = quantity.value, dated(observation.effectiveDateTime)
    if exact is None or taken is None or not 0 <= exact <= GREATEST:
        return None
    meaning = _meaning_of(observation.code, quantity, site_map)
    if meaning is None or quantity.comparator is not None:
        return None
    number = float(exact)
    canonical = meaning.unit.canonical(number)
    if canonical is not None and not meaning.least <= canonical <= meaning.most:
        return None
    if meaning.use is None or meaning.analyte is None:
        sure = state == "final" and not is_named(observation.code)
        return _unjudged(meaning, canonical if sure else None, taken, reference)
    value = Value(number, None, meaning.unit.ucum, str(exact))
    ranges, specimen = observation.referenceRange, observation.specimen
    result = Result(
        meaning.analyte.key,
        state,
        meaning.use.part,
        reference,
        value,
        taken,
        flags_of(observation.interpretation) if observation.interpretation else (),
        _normal(ranges, quantity, meaning.analyte, value, meaning.printed) if ranges else None,
        specimen.reference if specimen else None,
    )
    return (result,)


def _unjudged(
    meaning: _Meaning, number: float | None, taken: Moment, reference: str
) -> tuple[Measure, ...] | None:
    """Give the vital sign that is meant, nothing for what no rule asks for; None without number."""
    if number is None:
        return None
    return (Measure(meaning.vital, number, taken, reference),) if meaning.vital else ()


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
    try:
        return _known[key]
    except KeyError:
        return _learnt(key)


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
    vitals = {kind for each in codings(concept) if (kind := vital_of(*each))}
    if not uses and not vitals:
        return _NOTHING if is_coded(concept) else None
    if not uses and len(vitals) == 1:
        return _of_vital(vitals.pop(), code, text)
    if vitals or len(uses) != 1 or uses[0][1] is not None or uses[0][0].use != "accept":
        return None
    analyte = TERMS.analyte(uses[0][0].analyte)
    unit = unit_of(analyte, Quantity(unit=text, system=system, code=code))
    if analyte.kind != "quantity" or isinstance(unit, str):
        return None
    least, most = analyte.plausible or (-math.inf, math.inf)
    alone = unit_of(analyte, Quantity(unit=text))
    printed = text if not isinstance(alone, str) and alone.ucum == unit.ucum else None
    return _Meaning(unit, least, most, uses[0][0], analyte, printed)


def _of_vital(kind: str, code: str | None, text: str | None) -> _Meaning | None:
    """Give the meaning of a vital sign where code and text name one unit; one may be unknown."""
    found = [TERMS.vital_unit(kind, each) for each in (code, text)]
    units = {(unit.factor, unit.offset): unit for unit in found if unit is not None}
    if len(units) != 1:
        return None
    (unit,) = units.values()
    least, most = BELIEVABLE[kind]
    return _Meaning(unit, least, most, vital=kind)


def _normal(
    ranges: list[ReferenceRange],
    quantity: Quantity,
    analyte: Analyte,
    value: Value,
    printed: str | None,
) -> Normal | None:
    """Give the reference range; at once where it is the only one and plain."""
    bounds = _bounds(ranges[0], quantity, printed) if len(ranges) == 1 else None
    if bounds is None:
        return normal_of(ranges, analyte, value)
    low, high = bounds
    return Normal(low, high) if low <= high else None


def _bounds(
    only: ReferenceRange, quantity: Quantity, printed: str | None
) -> tuple[float, float] | None:
    """Give the bounds of a range that has both, for all, in the unit of the value, else None.

    The unit is written as that of the value is, or as it is `printed`.
    """
    low, high = only.low, only.high
    if only.type is not None or only.appliesTo or only.age or low is None or high is None:
        return None
    if only.modifierExtension or low.comparator is not None or high.comparator is not None:
        return None
    unit = low.unit, low.code, low.system
    if low.value is None or high.value is None or unit != (high.unit, high.code, high.system):
        return None
    alike = unit == (quantity.unit, quantity.code, quantity.system)
    if not alike and (printed is None or unit != (printed, None, None)):
        return None
    return float(low.value), float(high.value)
