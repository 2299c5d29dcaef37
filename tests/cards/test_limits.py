"""High, low, normal, in conflict, or not to be told."""

import msgspec
import pytest

from cards.limits import compare, is_below, verdict
from cards.record import Normal, Value
from tests.cards.charts import number, result

HIGH, LOW = ("H", "HH", "HU", "H>"), ("L", "LL", "LU", "L<")
FLAGS = [*((f, "high") for f in HIGH), *((f, "low") for f in LOW), ("N", "normal")]


@pytest.mark.parametrize(("flag", "expected"), FLAGS)
def test_the_laboratorys_own_flag_decides_before_the_default_limits(flag: str, expected: str):
    assert verdict(result("potassium", 4.0, flags=(flag,)), "female", 65) == expected


@pytest.mark.parametrize("flag", ["IND", "E", "W", "POS", "", "high"])
def test_a_flag_without_a_direction_leaves_the_decision_to_the_limits(flag: str):
    assert verdict(result("potassium", 4.0, flags=(flag,)), "female", 65) == "normal"
    assert verdict(result("potassium", 5.0, flags=(flag,)), "female", 65) == "high"


@pytest.mark.parametrize("flag", ["A", "AA"])
def test_abnormal_without_a_direction_is_never_called_normal(flag: str):
    assert verdict(result("potassium", 4.0, flags=(flag,)), "female", 65) is None
    assert verdict(result("potassium", 5.0, flags=(flag,)), "female", 65) == "high"
    inside = Normal(3.0, 5.0)
    assert verdict(result("potassium", 4.0, flags=(flag,), normal=inside), None, None) == "conflict"
    assert verdict(result("potassium", 5.5, flags=(flag,), normal=inside), None, None) == "high"


@pytest.mark.parametrize("flags", [("H", "L"), ("H", "N"), ("N", "LL"), ("N", "A")])
def test_flags_that_contradict_each_other_are_a_conflict(flags: tuple[str, ...]):
    assert verdict(result("potassium", 4.0, flags=flags), "female", 65) == "conflict"


def test_two_flags_of_one_direction_agree():
    assert verdict(result("potassium", 4.0, flags=("H", "HH", "A")), "female", 65) == "high"


@pytest.mark.parametrize(
    ("value", "flag", "low", "high", "expected"),
    [
        (4.0, "H", 3.5, 4.6, "conflict"),
        (4.0, "L", 3.5, 4.6, "conflict"),
        (5.0, "N", 3.5, 4.6, "conflict"),
        (5.0, "L", 3.5, 4.6, "conflict"),
        (3.0, "H", 3.5, None, "conflict"),
        (5.0, "H", 3.5, 4.6, "high"),
        (3.0, "L", 3.5, 4.6, "low"),
        (4.0, "N", 3.5, 4.6, "normal"),
        (5.0, "H", 3.5, None, "high"),
        (3.0, "L", None, 4.6, "low"),
    ],
)
def test_a_flag_and_a_range_that_disagree_are_a_conflict_and_an_open_side_does_not_disagree(
    value: float, flag: str, low: float | None, high: float | None, expected: str
):
    judged = result("potassium", value, flags=(flag,), normal=Normal(low, high))
    assert verdict(judged, "female", 65) == expected


def test_the_results_own_range_decides_before_the_default_limits():
    assert verdict(result("potassium", 4.8, normal=Normal(3.5, 5.0)), "female", 65) == "normal"
    assert verdict(result("potassium", 4.4, normal=Normal(3.5, 4.3)), "female", 65) == "high"


def test_a_bound_that_its_own_range_cannot_decide_is_left_to_the_default_limits():
    open_ = result("crp", number(10.0, "mg/L", "<"), normal=Normal(None, 8.0))
    assert verdict(open_, "female", 65) is None
    flagged = result("crp", number(10.0, "mg/L", "<"), normal=Normal(None, 8.0), flags=("N",))
    assert verdict(flagged, "female", 65) == "normal"


@pytest.mark.parametrize(
    ("analyte", "unit", "sex", "age", "value", "expected"),
    [
        ("hb", "g/L", "female", 65, 117.0, "normal"),
        ("hb", "g/L", "female", 65, 116.9, "low"),
        ("hb", "g/L", "male", 65, 133.9, "low"),
        ("hb", "g/L", "male", 65, 134.0, "normal"),
        ("hb", "g/L", None, 65, 125.0, None),
        ("hb", "g/L", "other", 65, 125.0, None),
        ("hb", "g/L", "female", 17, 100.0, None),
        ("hb", "g/L", "female", 18, 100.0, "low"),
        ("hb", "g/L", "female", None, 100.0, None),
        ("esr", "mm/h", "female", 59, 20.0, "high"),
        ("esr", "mm/h", "female", 59, 19.0, "normal"),
        ("esr", "mm/h", "female", 60, 20.0, "normal"),
        ("esr", "mm/h", "female", 60, 30.0, "high"),
        ("esr", "mm/h", "male", 59, 10.0, "high"),
        ("esr", "mm/h", "male", 60, 19.9, "normal"),
        ("esr", "mm/h", "male", 60, 20.0, "high"),
        ("crp", "mg/L", None, 65, 5.0, "normal"),
        ("crp", "mg/L", None, 65, 5.1, "high"),
        ("ca_ionised", "mmol/L", None, 65, 1.33, "normal"),
        ("ca_ionised", "mmol/L", None, 65, 1.34, "high"),
        ("ca_corrected", "mmol/L", None, 49, 2.50, "high"),
        ("ca_corrected", "mmol/L", None, 50, 2.50, "normal"),
        ("ld", "U/L", None, 69, 210.0, "high"),
        ("ld", "U/L", None, 70, 210.0, "normal"),
        ("albumin", "g/L", None, 70, 35.0, "low"),
        ("albumin", "g/L", None, 71, 35.0, "normal"),
        ("psa", "ug/L", "male", 49, 2.0, "high"),
        ("psa", "ug/L", "male", 50, 2.0, "normal"),
        ("psa", "ug/L", "male", 69, 3.0, "high"),
        ("psa", "ug/L", "male", 70, 3.0, "normal"),
        ("psa", "ug/L", "male", 81, 6.9, "normal"),
        ("psa", "ug/L", "male", 81, 7.0, "high"),
        ("tsh", "m[IU]/L", None, 19, 9.0, None),
        ("tsh", "m[IU]/L", None, 20, 9.0, "high"),
        ("alp", "ukat/L", None, 65, 1.9, "normal"),
        ("alp", "ukat/L", None, 65, 1.91, "high"),
        ("alp", "U/L", None, 65, 105.0, "normal"),
        ("alp", "U/L", None, 65, 106.0, "high"),
        ("bilirubin", "umol/L", None, 65, 400.0, None),
    ],
)
def test_default_limits_hold_at_their_edges_of_sex_and_age(
    analyte: str, unit: str, sex: str | None, age: int | None, value: float, expected: str | None
):
    assert verdict(result(analyte, value, unit), sex, age) == expected


def test_what_holds_no_number_or_must_not_be_judged_has_no_verdict():
    assert verdict(result("s_protein_profile", "M-komponent", flags=("H",)), "female", 65) is None
    assert verdict(result("hb", 60.0, judged=False, flags=("LL",)), "female", 65) is None
    assert verdict(result("hb", Value(60.0, None, None, "60")), "female", 65) is None
    without = msgspec.structs.replace(result("hb", 60.0), value=None)
    assert verdict(without, "female", 65) is None


def test_words_cannot_be_compared():
    assert compare(Value(shown="hög"), Normal(1.0, 2.0), strict=False) is None


@pytest.mark.parametrize(
    ("sign", "value", "strict", "expected"),
    [
        (None, 10.0, False, "normal"),
        (None, 10.0, True, "high"),
        (None, 2.0, True, "normal"),
        (None, 1.9, False, "low"),
        (">", 10.0, False, "high"),
        (">=", 10.0, False, None),
        (">=", 10.0, True, "high"),
        (">=", 10.1, False, "high"),
        (">", 5.0, False, None),
        (">", 1.0, False, None),
        ("<", 10.0, False, None),
        ("<", 2.0, False, "low"),
        ("<=", 2.0, False, None),
        ("<=", 1.9, False, "low"),
        ("<", 11.0, False, None),
    ],
)
def test_a_comparator_decides_only_what_it_bounds(
    sign: str | None, value: float, strict, expected: str | None
):
    assert compare(number(value, "u", sign), Normal(2.0, 10.0), strict=strict) == expected


@pytest.mark.parametrize(
    ("sign", "value", "strict", "expected"),
    [
        ("<", 10.0, False, "normal"),
        ("<", 10.0, True, "normal"),
        ("<=", 10.0, False, "normal"),
        ("<=", 10.0, True, None),
        ("<", 10.1, False, None),
    ],
)
def test_a_bound_below_an_upper_limit_alone_is_normal(
    sign: str, value: float, strict, expected: str | None
):
    assert compare(number(value, "u", sign), Normal(None, 10.0), strict=strict) == expected


def test_a_bound_above_a_lower_limit_alone_is_normal():
    assert compare(number(10.0, "u", ">"), Normal(2.0, None), strict=False) == "normal"
    assert compare(number(2.0, "u", ">="), Normal(2.0, None), strict=False) == "normal"
    assert compare(number(1.0, "u", ">="), Normal(2.0, None), strict=False) is None


def test_without_a_lower_limit_nothing_lies_under_it():
    assert is_below(0.0, "<", None) is False
