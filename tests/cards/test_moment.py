from datetime import date
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cards.moment import moment, years_between
from tests.cards.build import TODAY, ZONE


@pytest.mark.parametrize(
    ("text", "first", "last", "shown"),
    [
        ("2026", "2026-01-01", "2026-12-31", "2026"),
        ("2026-02", "2026-02-01", "2026-02-28", "2026-02"),
        ("2026-02-25", "2026-02-25", "2026-02-25", "2026-02-25"),
        (" 2026-02-25 ", "2026-02-25", "2026-02-25", "2026-02-25"),
        ("2026-02-25T08:00", "2026-02-25", "2026-02-25", "2026-02-25"),
        ("2026-02-25T08:00:60Z", "2026-02-25", "2026-02-25", "2026-02-25"),
        ("2026-02-25T23:30:00Z", "2026-02-26", "2026-02-26", "2026-02-26"),
        ("2026-02-25T23:30:00.1234567+01:00", "2026-02-25", "2026-02-25", "2026-02-25"),
        ("2026-02-25T23:30:00", "2026-02-25", "2026-02-25", "2026-02-25"),
    ],
)
def test_a_fhir_date_means_local_days_at_its_own_precision(text, first, last, shown):
    found = moment(text, ZONE)
    assert found is not None
    assert found.days == (date.fromisoformat(first), date.fromisoformat(last))
    assert str(found) == shown
    assert found.exact is (first == last)


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        " ",
        "yesterday",
        "2026-13",
        "2026-02-30",
        "0000",
        "20260225",
        "2026-W09-1",
        "2026-02-25 08:00",
        "2026-02-25T25:00Z",
        "2026-02-25T08:00+99:00",
        "0001-01-01T00:00+14:00",
        "2026-02-25T",
        "٢٠٢٦",
        "2026-00-10",
        "2026-02-00",
    ],
)
def test_what_is_no_fhir_date_is_no_moment(text):
    assert moment(text, ZONE) is None


@given(
    st.text() | st.from_regex(r"[0-9]{1,4}-[0-9]{1,2}-[0-9]{1,2}(T[0-9:.+Z-]*)?", fullmatch=True)
)
def test_no_text_raises(text):
    found = moment(text, ZONE)
    assert found is None or found.first <= found.last


@given(
    st.datetimes(
        timezones=st.just(ZoneInfo("UTC")), min_value=__import__("datetime").datetime(1900, 1, 1)
    )
)
def test_a_time_with_an_offset_is_the_local_day(at):
    assert moment(at.isoformat(), ZONE).first == at.astimezone(ZONE).date()


@pytest.mark.parametrize(
    ("text", "days", "within"),
    [
        ("2026-01-31", 30, True),
        ("2026-01-30", 30, False),
        ("2026-01", 30, None),
        ("2026-02", 30, True),
        ("2025", 30, False),
    ],
)
def test_a_window_is_decided_only_by_a_date_that_decides_it(text, days, within):
    assert moment(text, ZONE).within(days, TODAY) is within


@pytest.mark.parametrize(
    ("birth", "ages"),
    [
        ("2008-03-02", (18, 18)),
        ("2008-03-03", (17, 17)),
        ("2008-03", (17, 18)),
        ("2008", (17, 18)),
        ("2030", (-5, -4)),
    ],
)
def test_age_is_counted_in_completed_years(birth, ages):
    assert years_between(moment(birth, ZONE), TODAY) == ages
