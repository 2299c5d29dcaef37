"""patients.laboratory: values that look like a laboratory's, and are the same every time."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patients.laboratory import TESTS, Body, day_of, days_of, named_tests, on_line, taken_at, ucum
from patients.story import Sampling

BORN = date(1961, 1, 18)
DAYS = st.dates(date(2019, 1, 1), date(2026, 3, 2))
COUNTRIES = st.sampled_from(["SE", "DK"])
NUMBERS = sorted(name for name, test in TESTS.items() if test.usual)
LIPIDS = {"cholesterol", "hdl", "ldl", "triglycerides"}
"""Of these a Danish laboratory prints what to aim at, not how the healthy are."""
RANGED = sorted(set(NUMBERS) - LIPIDS)


@given(st.integers(0, 9999), COUNTRIES, st.sampled_from("fm"), st.sampled_from(RANGED), DAYS)
def test_noise_makes_nobody_ill(seed, country, sex, test, day):
    body = Body(seed, country, sex, BORN, {})
    written = TESTS[test].written(country)
    low, high = body.bounds(written, day) or ("", "")
    value = body.value(test, day)
    assert value > 0
    assert low == "" or value >= low
    assert high == "" or value <= high


@given(st.integers(0, 99), st.sampled_from(NUMBERS), DAYS)
def test_the_same_seed_gives_the_same_value(seed, test, day):
    first, second = (Body(seed, "SE", "f", BORN, {}).value(test, day) for _ in range(2))
    assert first == second


def test_two_persons_and_two_days_differ():
    values = {
        Body(seed, "SE", "m", BORN, {}).value("plt", date(2025, 1, day))
        for seed in range(3)
        for day in (7, 8, 9)
    }
    assert len(values) > 5


def test_a_course_leads_the_values_and_may_leave_the_range():
    body = Body(1, "SE", "f", BORN, {"hb": {"2024": 130, "2026-02": 90}})
    assert abs(body.value("hb", date(2023, 5, 5)) - 130) < 8
    assert abs(body.value("hb", date(2026, 2, 20)) - 90) < 6


def test_a_level_of_one_day_stands_in_the_place_of_the_course():
    body = Body(1, "SE", "f", BORN, {"crp": {"2024": 2}})
    assert body.value("crp", date(2025, 5, 5), 120) > 40
    assert body.value("strip-nitrite", date(2025, 5, 5), "pos") == "pos"


def test_a_line_is_level_before_its_first_and_after_its_last_point():
    points = {"2024-01-01": 10.0, "2024-01-11": 20.0}
    days = [
        date(2023, 1, 1),
        date(2024, 1, 1),
        date(2024, 1, 6),
        date(2024, 1, 11),
        date(2025, 1, 1),
    ]
    assert [on_line(points, day) for day in days] == [10, 10, 15, 20, 20]


def test_a_year_and_a_month_stand_for_their_first_day():
    assert day_of("2024") == date(2024, 1, 1)
    assert day_of("2024-06") == date(2024, 6, 1)
    assert day_of("2024-06-12") == date(2024, 6, 12)


def test_the_panel_asks_for_psa_in_men_only_and_each_test_once():
    assert set(named_tests(("panel",), "m")) - set(named_tests(("panel", "hb"), "f")) == {"psa"}
    assert named_tests(("hb", "blood"), "f") == ("hb", "wbc", "plt")


def test_a_test_that_there_is_not_is_an_error():
    with pytest.raises(KeyError):
        named_tests(("haemoglobin",), "f")


@given(st.integers(0, 999), st.integers(20, 400))
def test_samplings_are_on_weekdays_and_leave_the_last_two_months_to_the_story(seed, every):
    sampling = Sampling(tests=("hb",), since="2020-03-02", every=every)
    days = days_of(sampling, seed, date(2026, 3, 2))
    assert days
    assert all(day.weekday() < 5 for day in days)
    assert max(days) <= date(2026, 3, 2) - timedelta(days=61)


def test_a_sampling_may_end_early_and_may_have_days_of_its_own():
    days = days_of(
        Sampling(tests=("hb",), on=("2020-01-07",), since="2021-01-04", until="2021-03", every=30),
        1,
        date(2026, 3, 2),
    )
    assert days[0] == date(2020, 1, 7)
    assert max(days) <= date(2021, 3, 1)


@given(DAYS)
def test_blood_is_drawn_in_the_morning(day):
    assert 7 <= taken_at(1, day).hour < 10


def test_units_have_their_ucum_spelling():
    assert [ucum(unit) for unit in ("µkat/L", "mIE/L", "g/L")] == ["ukat/L", "m[IU]/L", "g/L"]


@pytest.mark.parametrize("name", sorted(TESTS))
def test_every_coded_test_is_what_the_service_takes_it_for(name):
    """A test of the panel is known to the terminology; no other passes for one of the panel."""
    from cards.terminology import TERMS

    for country in ("SE", "DK"):
        written = TESTS[name].written(country)
        system, _, code = written.code.partition("|")
        uses = {use.analyte for use in TERMS.code_uses(system, code)}
        outside = {
            "mcv",
            "hba1c",
            "asat",
            "gt",
            "cholesterol",
            "hdl",
            "ldl",
            "triglycerides",
            "inr",
        }
        assert bool(uses) == (name not in outside), written
        if written.unit and uses:
            (analyte,) = uses
            assert TERMS.analyte(analyte).unit_of(ucum(written.unit)), written
