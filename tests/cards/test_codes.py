"""Units and limits: no unit is guessed, and the limit is the one of the reported unit."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cards.codes import Analyte, Limit, Spellings, Unit, bare_icd, folded_uri
from cards.terminology import TERMS

NAMES = {"sv": "prov", "da": "prøve", "en": "test"}
QUANTITIES = [analyte for analyte in TERMS.analytes.values() if analyte.kind == "quantity"]
CONVERTIBLE = [(a, unit) for a in QUANTITIES for unit in a.units if unit.factor is not None]


def unit(analyte, text):
    found = TERMS.analyte(analyte).unit_of(text)
    return found and found.ucum


def limit(analyte, of_unit, sex, age):
    found = TERMS.analyte(analyte).limits_for(of_unit, sex, age)
    return found and (found.low, found.high)


def made(*limits, units=()):
    return Analyte(
        key="made",
        name=NAMES,
        short=NAMES,
        specimen=NAMES,
        kind="quantity",
        source=("VIDARE",),
        unit="g/L",
        units=(Unit(ucum="g/L", factor=1.0, source=("SI",)), *units),
        limits=limits,
    )


@pytest.mark.parametrize(
    ("analyte", "text", "ucum"),
    [
        ("ld", "ukat/L", "ukat/L"),
        ("ld", "\u00b5kat/L", "ukat/L"),
        ("ld", "\u03bckat/L", "ukat/L"),
        ("ld", "mikrokat/l", "ukat/L"),
        ("alp", "E/L", "U/L"),
        ("tsh", "mE/L", "m[IU]/L"),
        ("hcg", "E/L", "[IU]/L"),
        ("hcg", "mE/mL", "m[IU]/mL"),
        ("esr", "mm", "mm/h"),
        ("hb", " g/l ", "g/L"),
        ("hb", "G/DL", "g/dL"),
        ("hb", "\u00a0mmol/L\u00a0", "mmol/L"),
        ("egfr", "mL/min/1,73 m²", "mL/min/{1.73_m2}"),
        ("wbc", "x10⁹/L", "10*9/L"),
        ("afp", "kIE/L", "k[IU]/L"),
    ],
)
def test_a_unit_is_known_by_its_ucum_code_and_its_aliases(analyte, text, ucum):
    assert unit(analyte, text) == ucum


@pytest.mark.parametrize("text", [None, "", "  ", "%", "mmol", "g / L"])
def test_an_absent_or_unknown_unit_is_not_guessed(text):
    assert unit("hb", text) is None


@pytest.mark.parametrize("analyte", [a.key for a in QUANTITIES if a.key != "esr"])
def test_plain_millimetres_are_a_unit_of_the_sedimentation_rate_alone(analyte):
    assert unit(analyte, "mm") is None


def test_case_is_ignored_only_where_one_unit_is_meant():
    milli = Unit(ucum="m[IU]/L", factor=1.0, aliases=("mU/L",), source=("SI",))
    mega = Unit(ucum="M[IU]/L", factor=1e9, aliases=("MU/L",), source=("SI",))
    units = Spellings([milli, mega])
    assert units.find("mU/L") is milli
    assert units.find("MU/L") is mega
    assert units.find("mu/l") is None


@given(pair=st.sampled_from(CONVERTIBLE), value=st.floats(1e-6, 1e9))
def test_converting_there_and_back_gives_the_same_value(pair, value):
    analyte, other = pair
    canonical = other.canonical(value)
    assert math.isclose(canonical / other.factor, value, rel_tol=1e-12)
    assert analyte.unit_of(analyte.unit).canonical(canonical) == canonical


@given(pair=st.sampled_from(CONVERTIBLE))
def test_every_spelling_of_a_unit_leads_to_its_own_factor(pair):
    analyte, other = pair
    for spelling in (other.ucum, *other.aliases):
        assert analyte.unit_of(spelling).factor == other.factor


@pytest.mark.parametrize(
    ("analyte", "ucum", "factor"),
    [
        ("glucose", "mg/dL", 10 / 180.156),
        ("creatinine", "mg/dL", 10000 / 113.12),
        ("ca_total", "mg/dL", 10 / 40.078),
        ("ca_ionised", "mg/dL", 10 / 40.078),
        ("ca_corrected", "mg/dL", 10 / 40.078),
        ("potassium", "mg/dL", 10 / 39.0983),
        ("b12", "pg/mL", 1000 / 1355.37),
        ("folate", "ng/mL", 1000 / 441.40),
        ("bilirubin", "mg/dL", 10000 / 584.66),
        ("hb", "mmol/L", 16114 / 1000),
        ("ld", "U/L", 1 / 60),
        ("alat", "U/L", 1 / 60),
        ("alp", "U/L", 1 / 60),
    ],
)
def test_a_factor_is_the_arithmetic_of_its_molar_mass(analyte, ucum, factor):
    assert TERMS.analyte(analyte).unit_of(ucum).factor == pytest.approx(factor, rel=1e-15)


@pytest.mark.parametrize(("analyte", "ucum"), [("afp", "k[IU]/L"), ("crp", "nmol/L")])
def test_a_unit_whose_factors_disagree_is_known_but_never_converted(analyte, ucum):
    found = TERMS.analyte(analyte).unit_of(ucum)
    assert found.factor is None
    assert found.canonical(1.0) is None
    assert limit(analyte, ucum, "male", 50) is None


@pytest.mark.parametrize(
    ("sex", "age", "bounds"),
    [
        ("female", 17, None),
        ("female", 18, (None, 20)),
        ("female", 59, (None, 20)),
        ("female", 60, (None, 30)),
        ("male", 59, (None, 10)),
        ("male", 60, (None, 20)),
        (None, 59, None),
        ("other", 59, None),
        ("male", None, None),
    ],
)
def test_the_sedimentation_rate_goes_by_sex_and_whole_years(sex, age, bounds):
    assert limit("esr", "mm/h", sex, age) == bounds


def test_a_limit_written_less_than_n_is_strict():
    assert TERMS.analyte("esr").limits_for("mm/h", "male", 40).strict
    assert TERMS.analyte("psa").limits_for("ug/L", "male", 40).strict
    assert not TERMS.analyte("hb").limits_for("g/L", "male", 40).strict


@pytest.mark.parametrize(
    ("age", "high"), [(49, 2), (50, 3), (69, 3), (70, 5), (80, 5), (81, 7), (120, 7)]
)
def test_the_action_limit_of_psa_goes_by_age(age, high):
    assert limit("psa", "ug/L", "male", age) == (None, high)


def test_psa_has_no_limit_for_a_woman_or_an_unknown_sex():
    assert limit("psa", "ug/L", "female", 60) is None
    assert limit("psa", "ug/L", None, 60) is None


def test_an_unknown_sex_is_answered_where_both_sexes_agree():
    assert limit("sodium", "mmol/L", None, 40) == (137, 145)
    assert limit("hb", "g/L", None, 40) is None


def test_the_limits_are_for_adults_so_an_unknown_age_has_none():
    adults = [a.key for a in QUANTITIES if a.limits and limit(a.key, a.unit, "male", None)]
    assert adults == []


def test_an_unknown_age_is_answered_where_every_age_agrees():
    every_age = Limit(low=1.0, unit="g/L", source=("VIDARE",))
    child = Limit(low=1.0, max_age=18, unit="g/L", source=("VIDARE",))
    adult = Limit(low=1.0, min_age=18, unit="g/L", source=("VIDARE",))
    old = Limit(low=2.0, min_age=18, unit="g/L", source=("VIDARE",))
    assert made(every_age).limits_for("g/L", None, None).low == 1.0
    assert made(child, adult).limits_for("g/L", None, None).low == 1.0
    assert made(child, old).limits_for("g/L", None, None) is None
    assert made(adult).limits_for("g/L", None, None) is None


def test_the_limit_is_the_one_of_the_reported_unit():
    assert limit("alp", "U/L", "female", 40) == (35, 105)
    assert limit("alp", "ukat/L", "female", 40) == (0.7, 1.9)


def test_a_unit_without_limits_of_its_own_gets_another_one_converted():
    low, high = limit("ld", "ukat/L", None, 69)
    assert low == pytest.approx(1.75)
    assert high == pytest.approx(205 / 60)
    found = TERMS.analyte("hb").limits_for("mmol/L", "female", 40)
    assert found.unit == "mmol/L"
    assert found.low == pytest.approx(117 / 16.114)
    assert TERMS.analyte("b12").limits_for("pg/mL", None, 40).high == pytest.approx(
        500 * 1355.37 / 1000
    )


def test_a_one_sided_limit_stays_one_sided_when_converted():
    assert limit("crp", "mg/dL", None, 40) == (None, 0.5)
    low, high = limit("folate", "ng/mL", None, 40)
    assert low == pytest.approx(7 * 441.40 / 1000)
    assert high is None


def test_a_limit_in_a_unit_that_cannot_be_converted_serves_that_unit_alone():
    arbitrary = Unit(ucum="k[IU]/L", convertible=False, source=("VIDARE",))
    analyte = made(Limit(high=6.0, unit="k[IU]/L", source=("VIDARE",)), units=(arbitrary,))
    assert analyte.limits_for("k[IU]/L", None, 40).high == 6.0
    assert analyte.limits_for("g/L", None, 40) is None


def test_a_unit_of_another_test_has_no_limit():
    assert limit("hb", "ukat/L", "female", 40) is None


@pytest.mark.parametrize("analyte", ["alat", "bilirubin", "egfr"])
def test_an_unverified_limit_is_never_used(analyte):
    assert TERMS.analyte(analyte).limits == ()
    assert limit(analyte, TERMS.analyte(analyte).unit, "male", 40) is None


@given(
    analyte=st.sampled_from(QUANTITIES),
    sex=st.sampled_from(["male", "female"]),
    age=st.integers(0, 120),
)
def test_knowing_sex_and_age_never_changes_a_limit_already_given(analyte, sex, age):
    for of_unit in analyte.units:
        known = analyte.limits_for(of_unit.ucum, sex, age)
        for guess in (
            analyte.limits_for(of_unit.ucum, None, age),
            analyte.limits_for(of_unit.ucum, sex, None),
            analyte.limits_for(of_unit.ucum, None, None),
        ):
            assert guess is None or guess.bounds == known.bounds


def test_an_icd_code_is_bared_of_dots_spaces_dagger_and_asterisk():
    assert bare_icd(" g99.2* ") == "G992"
    assert bare_icd("C79.3†") == "C793"
    assert bare_icd("R 63.4") == "R634"


def test_a_system_is_folded_to_what_tells_it_apart():
    assert folded_uri(" HTTPS://LOINC.org/ ") == folded_uri("http://loinc.org")
    assert folded_uri("URN:OID:1.2.208.176.2.1") == "1.2.208.176.2.1"
