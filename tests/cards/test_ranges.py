import pytest

from cards.decoding import decode
from cards.ranges import flags_of, is_plausible, normal_of
from cards.record import Normal, Value
from cards.terminology import TERMS
from tests.cards.build import as_json, concept, observation, quantity

V3 = "http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation"
LOW, HIGH = quantity(117, "g/L"), quantity(153, "g/L")
HB = TERMS.analyte("hb")


@pytest.mark.parametrize(
    ("system", "code", "flags"),
    [
        (V3, "H", ("H",)),
        (f"{V3}/", " H ", ("H",)),
        (None, "H", ("H",)),
        ("urn:oid:2.16.840.1.113883.5.83", "H", ("H",)),
        ("urn:medcom", "NI", ()),
        (V3, " ", ()),
    ],
)
def test_a_flag_counts_in_the_code_system_of_flags(system, code, flags):
    sent = decode(as_json(observation(interpretation=[concept(system, code)])), "Observation")
    assert flags_of(sent.interpretation) == flags


def test_no_interpretation_is_no_flag():
    assert flags_of(None) == ()


def normal(*ranges, value=None):
    sent = decode(as_json(observation(referenceRange=list(ranges))), "Observation")
    return normal_of(sent.referenceRange, HB, value or Value(121.0, None, "g/L", "121"))


@pytest.mark.parametrize(
    ("ranges", "found"),
    [
        ([{"low": LOW, "high": HIGH}], Normal(117, 153)),
        ([{"low": LOW}], Normal(117, None)),
        ([{"high": HIGH}], Normal(None, 153)),
        ([{"low": quantity(11.7, "g/dL"), "high": HIGH}], Normal(117, 153)),
        ([{"low": LOW, "type": {"text": "Normal range"}}], Normal(117, None)),
        ([{"low": LOW, "type": concept(None, "normal", "Referens")}], Normal(117, None)),
        ([{"low": LOW}, {"low": LOW}], Normal(117, None)),
        ([{"low": LOW}, {"low": quantity(134, "g/L")}], None),
        ([{"low": LOW, "type": {"text": "Therapeutic"}}], None),
        ([{"low": LOW, "appliesTo": [{"text": "women"}]}], None),
        ([{"low": LOW, "age": {"low": quantity(18, "a")}}], None),
        ([{"low": LOW, "modifierExtension": [{"url": "x"}]}], None),
        ([{"low": LOW, "modifierExtension": [{"url": "x"}]}, {"high": HIGH}], Normal(None, 153)),
        ([{"low": LOW | {"comparator": ">="}, "high": HIGH}], Normal(117, 153)),
        ([{"high": HIGH | {"comparator": "<"}}], Normal(None, 153)),
        ([{"low": HIGH | {"comparator": "<"}}], None),
        ([{"low": LOW, "high": HIGH | {"comparator": ">"}}], None),
        ([{"low": LOW | {"comparator": "ad"}, "high": HIGH}], None),
        ([{"low": LOW, "high": quantity(153)}], None),
        ([{"low": quantity(117, "bananas"), "high": HIGH}], None),
        ([{"low": quantity(None, "g/L"), "high": HIGH}], None),
        ([{"low": HIGH, "high": LOW}], None),
        ([{"text": "117-153"}], None),
        ([], None),
    ],
)
def test_a_reference_range_serves_where_it_can_mean_one_thing(ranges, found):
    assert normal(*ranges) == found


@pytest.mark.parametrize("value", [Value(shown="high"), Value(121.0, None, "bananas", "121")])
def test_a_value_that_cannot_be_compared_has_no_range(value):
    assert normal({"low": LOW}, value=value) is None


def test_a_bound_is_never_converted_where_that_is_forbidden():
    analyte = next(
        a for a in TERMS.analytes.values() if len(a.units) > 1 and a.units[-1].factor is None
    )
    fixed, free = analyte.units[-1].ucum, analyte.units[0].ucum
    bound = decode(
        as_json(observation(referenceRange=[{"low": quantity(1, fixed)}])), "Observation"
    ).referenceRange
    assert normal_of(bound, analyte, Value(1.0, None, free, "1")) is None
    bound = decode(
        as_json(observation(referenceRange=[{"low": quantity(1, free)}])), "Observation"
    ).referenceRange
    assert normal_of(bound, analyte, Value(1.0, None, fixed, "1")) is None


@pytest.mark.parametrize(
    ("number", "unit", "plausible"),
    [
        (121, "g/L", True),
        (13.5, "g/dL", True),
        (13.5, "g/L", False),
        (None, None, True),
        (1, "bananas", True),
    ],
)
def test_a_number_far_outside_is_not_judged(number, unit, plausible):
    assert is_plausible(HB, Value(number, None, unit)) is plausible
