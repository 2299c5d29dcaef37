"""The rule engine: met, not met or unknown, and the two laws that hold for every tree of it."""

from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cards.criteria import (
    Chart,
    Criterion,
    Finding,
    abnormal,
    adult,
    all_of,
    any_of,
    at_least,
    below,
    canonical,
    count,
    drafted,
    finding,
    halves,
    increased,
    measured,
    recorded,
    without,
)
from cards.panel import Rules
from cards.record import Result, Value
from tests.cards.charts import (
    TODAY,
    ago,
    chart,
    cut,
    diagnosis,
    month,
    number,
    order,
    record,
    result,
)

NOTHING = Chart(record())


def leaf(name: str, answer) -> Criterion:
    return Criterion(name, lambda _: Finding(name, answer, (f"Condition/{name}",)), "Section")


# -- the laws --------------------------------------------------------------------------------------


def tree_of(plan: object, answers: dict[str, bool | None]) -> Criterion:
    """Build the criterion of a plan: a leaf's name, or (k, plans)."""
    if isinstance(plan, str):
        return leaf(plan, answers[plan])
    k, parts = plan
    return at_least(k, *(tree_of(p, answers) for p in parts), id="tree", section="Section")


LEAVES = ["a", "b", "c", "d", "e", "f"]
plans = st.recursive(
    st.sampled_from(LEAVES),
    lambda inner: st.lists(inner, min_size=1, max_size=4).flatmap(
        lambda parts: st.integers(1, len(parts)).map(lambda k: (k, parts))
    ),
    max_leaves=10,
)
answers = st.fixed_dictionaries({name: st.sampled_from([True, False, None]) for name in LEAVES})


def met(plan: object, given_answers: dict[str, bool | None]) -> bool | None:
    return tree_of(plan, given_answers).judge(NOTHING).met


@settings(deadline=None)
@given(plans, answers, answers)
def test_knowing_more_never_reverses_a_decision(plan, known, told):
    decided = met(plan, known)
    more = {name: told[name] if answer is None else answer for name, answer in known.items()}
    if decided is not None:
        assert met(plan, more) is decided


def names_in(plan: object) -> list[str]:
    return [plan] if isinstance(plan, str) else [n for p in plan[1] for n in names_in(p)]


@settings(deadline=None)
@given(plans, answers)
def test_unknown_means_that_both_answers_are_still_possible(plan, known):
    used = names_in(plan)
    once = len(used) == len(set(used))
    unknown = [name for name in set(used) if known[name] is None]
    worlds = {
        met(plan, known | dict(zip(unknown, world, strict=True)))
        for world in product([True, False], repeat=len(unknown))
    }
    decided = met(plan, known)
    if decided is not None:
        assert worlds == {decided}
    elif once:
        assert worlds == {True, False}


@settings(deadline=None)
@given(st.integers(0, 6), st.lists(st.sampled_from([True, False, None]), max_size=5))
def test_count_is_what_every_completion_agrees_on(k, given_answers):
    unknown = [i for i, answer in enumerate(given_answers) if answer is None]
    worlds = set()
    for world in product([True, False], repeat=len(unknown)):
        whole = list(given_answers)
        for i, answer in zip(unknown, world, strict=True):
            whole[i] = answer
        worlds.add(sum(whole) >= k)
    expected = worlds.pop() if len(worlds) == 1 else None
    assert count(k, given_answers) is expected


# -- combining -------------------------------------------------------------------------------------


def test_all_any_and_at_least_count_their_parts():
    yes, no, open_ = leaf("yes", True), leaf("no", False), leaf("open", None)

    def judged(criterion: Criterion) -> bool | None:
        return criterion.judge(NOTHING).met

    assert judged(all_of(yes, no, open_, id="x", section="S")) is False
    assert judged(all_of(yes, open_, id="x", section="S")) is None
    assert judged(all_of(yes, yes, id="x", section="S")) is True
    assert judged(any_of(yes, no, open_, id="x", section="S")) is True
    assert judged(any_of(no, open_, id="x", section="S")) is None
    assert judged(any_of(no, no, id="x", section="S")) is False
    assert judged(at_least(2, yes, yes, no, id="x", section="S")) is True
    assert judged(at_least(2, yes, no, open_, id="x", section="S")) is None


def test_only_what_is_met_is_evidence_and_each_once():
    tree = any_of(leaf("a", True), leaf("b", False), leaf("a", True), id="x", section="S")
    assert tree.judge(NOTHING).evidence == ("Condition/a",)


def test_a_part_is_found_at_any_depth_and_a_wrong_name_is_an_error():
    inner = any_of(leaf("deep", None), id="inner", section="S")
    tree = any_of(inner, leaf("b", False), id="outer", section="S")
    found = tree.judge(NOTHING)
    assert found.part("deep").met is None
    assert [f.id for f in found.walk()] == ["outer", "inner", "deep", "b"]
    assert [c.id for c in tree.walk()] == ["outer", "inner", "deep", "b"]
    with pytest.raises(KeyError, match="no criterion nowhere under outer"):
        found.part("nowhere")


# -- symptoms --------------------------------------------------------------------------------------

PAIN = finding("pain", section="S")
FEVER = finding("fever", lasting_days=14, section="S")


def test_a_misspelt_concept_is_an_error_at_once():
    with pytest.raises(KeyError):
        finding("payn", section="S")


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, True),
        ({"onset": 180}, True),
        ({"onset": 181}, False),
        ({"onset": None}, True),
        ({"onset": None, "recorded": ago(181)}, False),
        ({"onset": None, "recorded": ago(180)}, True),
        ({"onset": 400, "recorded": ago(10)}, False),
        ({"onset": month(2025, 9)}, True),
        ({"onset": month(2025, 8)}, False),
        ({"severity": "mild"}, False),
        ({"severity": "moderate"}, True),
        ({"severity": "severe"}, True),
        ({"presence": "past"}, False),
        ({"presence": "uncertain"}, None),
    ],
)
def test_a_symptom_is_met_when_it_is_new_and_not_mild(changes: dict[str, object], expected):
    assert PAIN.judge(chart(diagnosis("pain", **changes))).met is expected


def test_the_age_of_a_symptom_is_the_clients_to_set():
    old = chart(diagnosis("pain", onset=200), rules=Rules(symptom_max_age_days=365))
    assert PAIN.judge(old).met is True


@pytest.mark.parametrize(
    ("onset", "expected"),
    [(13, False), (14, True), (180, True), (181, False), (None, None), (month(2026, 2), None)],
)
def test_a_symptom_that_must_last_counts_from_its_onset(onset: object, expected):
    assert FEVER.judge(chart(diagnosis("fever", onset=onset))).met is expected


def test_an_absent_symptom_is_known_absent_only_when_everything_was_read():
    assert PAIN.judge(chart()).met is False
    assert PAIN.judge(chart(sources=cut("conditions"))).met is None
    assert PAIN.judge(chart(diagnosis("pain"), sources=cut("conditions"))).met is True
    old = chart(diagnosis("pain", onset=999), diagnosis("pain", presence="uncertain"))
    assert PAIN.judge(old).met is None


def test_the_evidence_of_a_symptom_is_what_counted_by_reference_else_by_text():
    counted, old = diagnosis("pain"), diagnosis("pain", onset=999, reference="Condition/old")
    assert PAIN.judge(chart(counted, old)).evidence == ("Condition/pain",)
    assert PAIN.judge(chart(diagnosis("pain", reference=None))).evidence == ("pain",)


# -- what is recorded ------------------------------------------------------------------------------


def test_a_kind_is_any_concept_under_it():
    organ = recorded("organ", "organ.", "malignancy.primary", section="S")
    assert organ.judge(chart(diagnosis("organ.lung"))).met is True
    assert organ.judge(chart(diagnosis("malignancy.primary"))).met is True
    assert organ.judge(chart(diagnosis("malignancy.skin"))).met is False
    assert organ.judge(chart(diagnosis("organ.lung", presence="past"))).met is False


@pytest.mark.parametrize(
    ("age", "onset", "expected"),
    [
        ("any", 999, True),
        ("new", 180, True),
        ("new", 181, False),
        ("new", None, True),
        ("old", 180, False),
        ("old", 181, True),
        ("old", None, False),
    ],
)
def test_new_old_or_any(age: str, onset: int | None, expected):
    criterion = recorded("m", "metastasis.", age=age, section="S")
    assert criterion.judge(chart(diagnosis("metastasis.liver", onset=onset))).met is expected


def test_something_past_can_be_asked_for():
    past = recorded("earlier", "organ.", presence="past", section="S")
    assert past.judge(chart(diagnosis("organ.lung", presence="past"))).met is True
    assert past.judge(chart(diagnosis("organ.lung"))).met is False


def test_what_is_not_recorded_is_unknown_where_not_all_was_read_or_something_is_uncertain():
    criterion = recorded("m", "metastasis.", section="S")
    assert criterion.judge(chart(sources=cut("conditions"))).met is None
    assert criterion.judge(chart(diagnosis("metastasis.bone", presence="uncertain"))).met is None


def test_without_is_the_opposite_and_unknown_stays_unknown():
    criterion = without("none", "organ.", section="S")
    assert criterion.judge(chart()).met is True
    assert criterion.judge(chart(diagnosis("organ.lung"))).met is False
    assert criterion.judge(chart(diagnosis("organ.lung"))).evidence == ("Condition/organ.lung",)
    assert criterion.judge(chart(sources=cut("conditions"))).met is None


# -- age -------------------------------------------------------------------------------------------


def born(year: int, month_: int, day: int):
    on = TODAY.replace(year=year, month=month_, day=day)
    return ago((TODAY - on).days)


@pytest.mark.parametrize(
    ("birth", "expected"),
    [
        (born(2008, 3, 2), True),
        (born(2008, 3, 3), False),
        (born(2008, 3, 1), True),
        (month(2008, 2), True),
        (month(2008, 3), None),
        (month(2008, 4), False),
        (None, None),
    ],
)
def test_adult_from_the_18th_birthday_and_unknown_where_the_date_leaves_it_open(
    birth: object, expected
):
    assert adult(section="S").judge(chart(birth=birth)).met is expected


# -- the panel -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "flags", "expected"),
    [(100.0, (), True), (130.0, (), False), (130.0, ("H",), False), (100.0, ("N",), False)],
)
def test_an_abnormal_answer_counts_in_its_direction_only(value: float, flags: tuple, expected):
    judged = abnormal("hb", "low", section="S").judge(chart(result("hb", value, flags=flags)))
    assert judged.met is expected
    assert judged.evidence == ("Observation/hb",)


def test_a_conflict_counts_as_abnormal_in_both_directions():
    torn = chart(result("hb", 130.0, flags=("H", "L")))
    assert abnormal("hb", "low", section="S").judge(torn).met is True
    assert abnormal("hb", "high", section="S").judge(torn).met is True


def test_no_answer_and_no_verdict_are_unknown():
    criterion = abnormal("hb", "low", section="S")
    assert criterion.judge(chart()).met is None
    assert criterion.judge(NOTHING).met is None
    assert criterion.judge(chart(result("hb", 100.0, taken=31))).met is None
    assert criterion.judge(chart(result("hb", 125.0), sex=None)).met is None


@pytest.mark.parametrize(
    ("slot", "direction", "odd", "usual", "in_pregnancy"),
    [
        ("alp", "high", result("alp", 2.5), result("alp", 1.0), None),
        ("esr", "high", result("esr", 80.0), result("esr", 8.0), None),
        ("hb", "low", result("hb", 100.0), result("hb", 130.0), None),
        ("calcium", "high", result("ca_ionised", 1.45), result("ca_ionised", 1.24), True),
    ],
)
def test_what_pregnancy_itself_shifts_is_unknown_in_a_recorded_pregnancy(
    slot: str, direction: str, odd: Result, usual: Result, in_pregnancy
):
    criterion, pregnant = abnormal(slot, direction, section="S"), diagnosis("pregnancy")
    assert criterion.judge(chart(odd)).met is True
    assert criterion.judge(chart(odd, pregnant)).met is in_pregnancy
    assert criterion.judge(chart(odd, diagnosis("pregnancy", onset=301))).met is True
    assert criterion.judge(chart(usual, pregnant)).met is False


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (number(14.9, "ug/L"), True),
        (number(15.0, "ug/L"), False),
        (number(14.9, "ng/mL"), True),
        (number(33.0, "pmol/L"), True),
        (number(34.0, "pmol/L"), False),
        (number(5.0, "ug/L", "<"), True),
        (number(15.0, "ug/L", "<"), True),
        (number(16.0, "ug/L", "<"), None),
        (number(15.0, "ug/L", "<="), None),
        (number(15.0, "ug/L", ">="), False),
        (number(5.0, "ug/L", ">"), None),
        (number(5.0, "pounds"), None),
        (Value(shown="lågt"), None),
    ],
)
def test_below_compares_in_the_canonical_unit_and_knows_a_bound(value: Value, expected):
    assert (
        below("ferritin", 15, section="S").judge(chart(result("ferritin", value))).met is expected
    )


def test_below_has_a_name_with_its_number_and_its_evidence():
    criterion = below("ferritin", 15, section="S")
    assert criterion.id == "ferritin_below_15"
    assert criterion.judge(chart(result("ferritin", 9.0))).evidence == ("Observation/ferritin",)
    assert criterion.judge(NOTHING) == Finding("ferritin_below_15", None)


def test_the_canonical_number_is_exact_or_none():
    assert canonical(chart(result("hb", 12.5, "g/dL")), "hb") == 125.0
    assert canonical(chart(result("hb", number(60.0, "g/L", "<"))), "hb") is None
    assert measured(chart(result("hb", number(60.0, "g/L", "<"))), "hb") == (60.0, "<")
    assert canonical(chart(), "hb") is None
    assert canonical(NOTHING, "hb") is None
    assert canonical(chart(result("hb", 13.5, judged=False)), "hb") is None
    assert canonical(chart(result("hb", 125.0, taken=40)), "hb") is None
    assert canonical(chart(result("crp", 5.0, "nmol/L")), "crp") is None
    computed = chart(result("ca_total", 2.58), result("albumin", 30.0))
    assert canonical(computed, "calcium") == pytest.approx(2.81)


# -- contacts, prescriptions, drafts ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("recent", "before", "expected"),
    [(10, 5, True), (9, 5, False), (2, 0, True), (1, 0, False), (0, 0, False), (5, 5, False)],
)
def test_a_rise_is_judged_by_the_clients_factor(recent: int, before: int, expected):
    moments = (ago(10),) * recent + (ago(200),) * before
    for what in ("contacts", "medications"):
        rules = Rules(**{f"{what}_increase_factor": 2.0})
        judged = increased(what, section="S").judge(chart(rules=rules, **{what: moments}))
        assert judged.met is expected
        unset = increased(what, section="S").judge(chart(**{what: moments}))
        assert unset.met is None


def test_a_rise_is_unknown_where_the_contacts_were_not_read_to_the_end():
    rules = Rules(contacts_increase_factor=2.0, medications_increase_factor=2.0)
    moments = {"contacts": (ago(3),) * 9, "medications": (ago(3),) * 9}
    unread = chart(rules=rules, sources=cut("encounters"), **moments)
    assert increased("contacts", section="S").judge(unread).met is None
    assert increased("medications", section="S").judge(unread).met is True


def test_the_two_halves_of_the_year_have_182_days_each_and_the_future_is_in_neither():
    moments = [ago(d) for d in (-1, 0, 181, 182, 363, 364)]
    assert halves(moments, NOTHING) == (2, 2)


def test_a_draft_is_found_by_its_pathway():
    criterion = drafted("aos", section="S")
    assert criterion.judge(chart()).met is False
    assert criterion.judge(chart(drafts=(order(pathway="cup-se"),))).met is False
    judged = criterion.judge(chart(drafts=(order(pathway="aos"),)))
    assert (judged.met, judged.evidence) == (True, ("ServiceRequest/1",))
