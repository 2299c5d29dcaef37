"""One analyte: which of its results answers, and what is said when none does."""

from zoneinfo import ZoneInfo

import pytest

from cards.moment import Moment, moment
from cards.panel import LACKING, OPEN, ORDERABLE, UNSEEN, Answer, Panel, Rules, SlotStatus, best_of
from cards.record import Reason, Result, Value
from tests.cards.charts import (
    TODAY,
    ago,
    cut,
    month,
    notes,
    number,
    order,
    panel,
    record,
    result,
    slot_of,
)

UNREADABLE = {"state": "unreadable", "value": None, "reason": Reason("noUnit")}
VOID = {"state": "void", "value": None, "reason": Reason("cancelled")}


@pytest.mark.parametrize(
    ("taken", "fresh"),
    [
        (ago(0), True),
        (ago(30), True),
        (ago(31), False),
        (ago(-1), True),
        (ago(-2), None),
        (None, None),
        (month(2026, 2), True),
        (month(2026, 1), None),
        (month(2025, 12), False),
        (month(2026, 3), True),
        (month(2026, 4), None),
        (Moment(ago(0).last.replace(month=12, day=31), ago(0).last.replace(month=1, day=1)), None),
        (Moment(TODAY.replace(year=2028), TODAY.replace(year=2027)), None),
    ],
)
def test_the_window_counts_whole_days_from_the_sampling(taken: Moment | None, fresh):
    assert panel().fresh(result("hb", taken=taken)) is fresh


@pytest.mark.parametrize(
    ("written", "days"),
    [
        ("2026-01-30T23:30:00Z", 30),
        ("2026-01-30T22:30:00Z", 31),
        ("2026-01-31T00:10:00+01:00", 30),
        ("2026-01-30T23:50:00+01:00", 31),
        ("2026-01-30T23:50:00", 31),
        ("2026-01-31", 30),
    ],
)
def test_a_sample_late_in_the_evening_belongs_to_its_local_day(written: str, days: int):
    taken = moment(written, ZoneInfo("Europe/Stockholm"))
    assert taken is not None
    assert taken.days == ago(days).days
    assert slot_of("hb", result("hb", taken=taken)).status == (
        "answered" if days <= 30 else "stale"
    )


def test_the_window_is_the_clients():
    rules = Rules(result_max_age_days=90)
    assert slot_of("hb", result("hb", taken=90), rules=rules).status == "answered"
    assert slot_of("hb", result("hb", taken=91), rules=rules).status == "stale"


def test_the_newest_answer_inside_the_window_counts():
    old, new = result("hb", 141.0, taken=20), result("hb", 121.0, taken=3)
    assert slot_of("hb", old, new).value == number(121.0, "g/L")
    assert slot_of("hb", new, old).value == number(121.0, "g/L")


def test_two_answers_of_one_day_are_chosen_between_whatever_their_order():
    one, two = (
        result("hb", 1.0, reference="Observation/1"),
        result("hb", 2.0, reference="Observation/2"),
    )
    assert slot_of("hb", one, two).value == slot_of("hb", two, one).value


@pytest.mark.parametrize(
    "later",
    [{"state": "pending", "value": None}, VOID, UNREADABLE],
    ids=["pending", "void", "unreadable"],
)
def test_what_comes_later_and_is_no_answer_does_not_erase_one(later: dict[str, object]):
    slot = slot_of("hb", result("hb", 141.0, taken=9), result("hb", taken=1, **later))
    assert (slot.status, slot.results[0].taken) == ("answered", ago(9))


def test_an_answer_keeps_its_notes():
    slot = slot_of("hb", result("hb", notes=(Reason("issuedTime"),)))
    assert notes(slot) == ["issuedTime"]


def test_a_preliminary_result_is_waited_for():
    waited = result("hb", state="pending", value=None, taken=3)
    slot = slot_of("hb", waited, result("hb", taken=100))
    assert (slot.status, notes(slot), slot.order) == ("pending", ["preliminary"], ())
    undated = result("hb", state="pending", taken=None)
    assert slot_of("hb", undated).status == "pending"


def test_a_result_that_stayed_preliminary_past_the_window_is_waited_for_no_longer():
    slot = slot_of("hb", result("hb", state="pending", taken=31))
    assert (slot.status, notes(slot), slot.order) == ("missing", ["preliminary"], ("hb",))


def test_an_order_being_signed_now_counts_as_waited_for():
    slot = slot_of("hb", drafts=(order("hb", status="draft"),))
    assert (slot.status, notes(slot), slot.order) == ("pending", ["beingSigned"], ())


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({}, "pending"),
        ({"status": "on-hold"}, "pending"),
        ({"authored": ago(30)}, "pending"),
        ({"authored": None}, "pending"),
        ({"authored": ago(31)}, "missing"),
        ({"status": "completed"}, "missing"),
        ({"status": "revoked"}, "missing"),
        ({"status": "draft"}, "missing"),
        ({"status": None}, "missing"),
    ],
)
def test_an_active_order_of_the_window_is_waited_for(changes: dict[str, object], status: str):
    slot = slot_of("hb", order("hb", **changes))
    assert slot.status == status
    assert slot.order == (("hb",) if status == "missing" else ())


def test_the_newest_order_is_the_one_told():
    orders = (
        order("hb", authored=ago(9)),
        order("hb", authored=ago(2)),
        order("hb", authored=None),
    )
    for sent in (orders, orders[::-1]):
        assert slot_of("hb", *sent).notes == (Reason("ordered", str(ago(2))),)


@pytest.mark.parametrize("came", [VOID, UNREADABLE], ids=["cancelled", "unreadable"])
def test_nobody_waits_for_an_order_whose_sample_was_cancelled_or_cannot_be_read(
    came: dict[str, object],
):
    ordered = order("hb", authored=ago(6))
    told = {"void": "missing", "unreadable": "unreadable"}[str(came["state"])]
    assert slot_of("hb", ordered, result("hb", taken=6, **came)).status == told
    assert slot_of("hb", ordered, result("hb", taken=7, **came)).status == "pending"
    assert slot_of("hb", ordered, result("hb", **came | {"taken": None})).status == "pending"
    again = order("hb", authored=ago(1))
    assert slot_of("hb", ordered, again, result("hb", taken=5, **came)).status == "pending"


def test_an_undated_order_stays_waited_for_whatever_came():
    assert slot_of("hb", order("hb", authored=None), result("hb", **VOID)).status == "pending"


def test_what_cannot_be_read_is_never_called_missing_nor_ordered():
    slot = slot_of("hb", result("hb", **UNREADABLE))
    assert (slot.status, notes(slot), slot.order) == ("unreadable", ["noUnit"], ())
    undated = slot_of("hb", result("hb", **UNREADABLE, taken=None), result("hb", taken=99))
    assert undated.status == "unreadable"


def test_a_result_of_too_open_a_date_cannot_be_read_and_says_so():
    slot = slot_of("hb", result("hb", taken=month(2026, 1)))
    assert slot.notes == (Reason("impreciseTime", "2026-01"),)
    assert slot.status == "unreadable"


def test_an_unreadable_result_older_than_the_window_is_old():
    slot = slot_of("hb", result("hb", **UNREADABLE, taken=40))
    assert (slot.status, notes(slot), slot.order) == ("stale", ["old"], ("hb",))


def test_an_answer_older_than_the_window_is_shown_and_ordered():
    slot = slot_of("hb", result("hb", 141.0, taken=31), result("hb", 150.0, taken=300))
    assert (slot.status, slot.order) == ("stale", ("hb",))
    assert slot.value == number(141.0, "g/L")
    assert slot.notes == (Reason("old", str(ago(31))),)
    assert slot.abnormal is None


def test_a_cancelled_test_is_missing_with_its_reason():
    slot = slot_of("hb", result("hb", **VOID))
    assert (slot.status, notes(slot), slot.order) == ("missing", ["cancelled"], ("hb",))
    assert notes(slot_of("hb", result("hb", state="void", value=None))) == []


# -- what was not read to its end ------------------------------------------------------------------


@pytest.mark.parametrize("outcome", ["partial", "unavailable"])
def test_missing_and_stale_are_said_only_when_the_results_were_read_to_the_end(outcome: str):
    sources = cut("observations", outcome=outcome)
    missing, stale = (
        slot_of("hb", sources=sources),
        slot_of("hb", result("hb", taken=99), sources=sources),
    )
    assert (missing.status, notes(missing), missing.order) == (
        "not-checked",
        ["sourceIncomplete"],
        (),
    )
    assert (stale.status, notes(stale), stale.order) == (
        "not-checked",
        ["old", "sourceIncomplete"],
        (),
    )
    assert missing.notes[0].detail == "observations"


def test_what_is_there_stays_what_it_is_when_the_rest_was_not_read():
    sources = cut("observations", "diagnosticReports")
    assert slot_of("hb", result("hb"), sources=sources).status == "answered"
    assert slot_of("hb", result("hb", state="pending"), sources=sources).status == "pending"
    unread = slot_of("hb", result("hb", **UNREADABLE), sources=sources)
    assert (unread.status, notes(unread)) == ("unreadable", ["noUnit", "sourceIncomplete"])


@pytest.mark.parametrize("slot", ["s_protein_profile", "light_chains", "u_dipstick"])
def test_what_may_stand_in_a_report_is_missing_only_when_reports_were_read_too(slot: str):
    told = slot_of(slot, sources=cut("diagnosticReports"))
    assert (told.status, told.notes[-1].detail) == ("not-checked", "diagnosticReports")
    assert slot_of("hb", sources=cut("diagnosticReports")).status == "missing"
    both = slot_of(slot, sources=cut("diagnosticReports", "observations"))
    assert both.notes[-1].detail == "observations, diagnosticReports"


def test_a_source_that_was_never_named_was_not_read():
    assert slot_of("hb", sources={}).status == "not-checked"


# -- how it is told --------------------------------------------------------------------------------


def test_the_answer_furthest_on_its_way_is_told_the_first_of_equals():
    stale, pending = Answer("stale"), Answer("pending")
    other = Answer("pending", notes=(Reason("ordered"),))
    assert best_of(stale, pending, other) is pending
    assert best_of(Answer("missing"), Answer("answered"), pending).status == "answered"
    assert best_of(Answer("missing"), Answer("unreadable"), stale).status == "unreadable"


def test_the_value_of_two_results_shows_both_with_their_common_unit():
    two = (result("flc_kappa", 12.0), result("flc_lambda", 14.0))
    assert SlotStatus("light_chains", "answered", two).value == Value(
        unit="mg/L", shown="12.0 / 14.0"
    )
    mixed = (result("flc_kappa", 12.0), result("flc_lambda", 1.4, "mg/dL"))
    assert SlotStatus("light_chains", "answered", mixed).value == Value(shown="12.0 / 1.4")


def test_a_slot_without_results_has_no_value_and_a_computed_one_goes_before():
    assert SlotStatus("hb", "missing").value is None
    computed = number(2.81, "mmol/L")
    slot = SlotStatus("calcium", "answered", (result("ca_total", 2.58),), computed=computed)
    assert slot.value == computed


def test_what_is_ordered_lacks_an_answer_and_nobody_waits_for_it():
    assert ORDERABLE < LACKING
    assert "pending" not in ORDERABLE
    assert ORDERABLE.isdisjoint(UNSEEN)
    assert LACKING - {"ask"} == OPEN
    assert ORDERABLE < OPEN


def test_parts_that_are_no_answer_by_themselves_can_be_left_out():
    of = Panel(record(result("hb", part="fraction")), Rules())
    assert of.answer("hb").status == "answered"
    assert of.answer("hb", keep=lambda r: r.part is None).status == "missing"


def test_a_slot_of_two_results_shows_the_one_that_holds_a_value():
    held, empty = result("flc_kappa", 12), Result("flc_lambda", "final")
    assert SlotStatus("light_chains", "answered", (held, empty)).value == held.value
    assert SlotStatus("light_chains", "answered", (empty, empty)).value is None
