"""service.examples: the example patients on any day."""

import json
import re
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.examples import NoSuchExample, cases, example, shifted
from tests.service.asking import ANCHOR, ROOT, examples
from tests.service.asking import example as sent

DAYS = st.dates(date(2020, 1, 1), date(2040, 1, 1))
STAMP = re.compile(r"\d{4}-\d\d-\d\d(T[\d:.]+([+-]\d\d:\d\d|Z))?")


def one(member, stamp, today):
    return json.loads(shifted(json.dumps({member: stamp}), ANCHOR, today))[member]


def test_every_folder_is_a_case():
    folders = {path.parent.name for path in (ROOT / "fhir_examples").glob("*/case.toml")}
    assert set(cases()) == folders
    for about in cases().values():
        assert about.anchor == ANCHOR
        assert set(about.title) == set(about.story) == {"sv", "da", "en"}


@pytest.mark.parametrize(("case", "service_id"), examples())
def test_on_its_anchor_day_an_example_is_what_the_file_holds(case, service_id):
    assert example(case, service_id, ANCHOR) == sent(case, service_id)


@pytest.mark.parametrize(("case", "service_id"), examples())
def test_on_another_day_only_dates_differ(case, service_id):
    moved = example(case, service_id, ANCHOR + timedelta(days=265)).decode()
    assert moved != sent(case, service_id).decode()
    was, now = (json.loads(text) for text in (sent(case, service_id), moved))
    changed = list(differences(was, now))
    assert changed
    for before, after in changed:
        assert len(before) == len(after)
        if STAMP.fullmatch(before):
            days = date.fromisoformat(after[:10]) - date.fromisoformat(before[:10])
            assert days.days == 265
            assert before[10:] == after[10:]


def differences(was, now):
    if isinstance(was, dict):
        for key, value in was.items():
            yield from differences(value, now[key])
    elif isinstance(was, list):
        for before, after in zip(was, now, strict=True):
            yield from differences(before, after)
    elif was != now:
        yield was, now


def test_without_a_service_the_first_one_of_the_case_is_meant():
    assert json.loads(example("aos-stale-boundary", None, ANCHOR))["hook"] == "order-sign"


@pytest.mark.parametrize(
    ("case", "service_id", "named"),
    [("aos", None, "aos-gaps"), ("under-age", "svf-order-sign", "svf-patient-view")],
)
def test_what_there_is_not_is_answered_with_what_there_is(case, service_id, named):
    with pytest.raises(NoSuchExample, match=named):
        example(case, service_id, ANCHOR)


@pytest.mark.parametrize(
    "member", ["birthDate", "effectiveDateTime", "recordedDate", "issued", "start", "date"]
)
def test_a_date_keeps_its_distance(member):
    assert one(member, "2026-03-01", date(2026, 11, 22)) == "2026-11-21"


def test_time_and_zone_stay():
    assert one("issued", "2026-03-01T08:15:00.5+01:00", date(2026, 11, 22)) == (
        "2026-11-21T08:15:00.5+01:00"
    )


@pytest.mark.parametrize("member", ["value", "id", "code", "text", "reference"])
def test_what_only_looks_like_a_date_stays(member):
    assert one(member, "2026-03-01", date(2030, 1, 1)) == "2026-03-01"


@given(st.integers(1900, 2026), DAYS)
def test_a_year_that_had_begun_never_comes_to_lie_ahead(year, today):
    moved = one("onsetDateTime", str(year), today)
    assert len(moved) == 4
    assert int(moved) <= today.year


@given(st.integers(1, 12), DAYS)
def test_a_month_stays_a_month(month, today):
    moved = one("onsetDateTime", f"2025-{month:02}", today)
    assert re.fullmatch(r"\d{4}-\d\d", moved)
    assert moved <= today.isoformat()[:7]


@given(DAYS)
def test_the_child_who_comes_of_age_tomorrow_does_so_on_every_day(today):
    birth = date.fromisoformat(one("birthDate", "2008-03-03", today))
    birthday = birth.replace(year=birth.year + 18) if (birth.month, birth.day) != (2, 29) else None
    assert birthday is None or today < birthday


def test_numbers_keep_their_digits():
    text = '{"valueQuantity": {"value": 1.10}, "issued": "2026-03-02"}'
    assert "1.10" in shifted(text, ANCHOR, date(2027, 1, 1))
