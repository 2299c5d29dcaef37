"""What answers each slot of the panel, and what does not (decision table A21)."""

import msgspec
import pytest

from cards.panel import Rules
from cards.record import Normal, Reason, Result, Value
from cards.slots import SLOTS, panel_of
from tests.cards.charts import ago, month, notes, number, order, record, result, slot_of

SINGLE = [
    "hb", "wbc", "plt", "esr", "crp", "glucose", "sodium", "potassium", "b12", "folate",
    "ferritin", "ld", "albumin", "bilirubin", "alat", "alp", "tsh",
]  # fmt: skip
PENDING = {"state": "pending"}
VOID = {"state": "void", "reason": Reason("cancelled")}
UNREADABLE = {"state": "unreadable", "reason": Reason("noUnit")}


def test_the_panel_has_the_23_slots_of_the_guideline_in_its_order():
    assert len(SLOTS) == 23
    assert [s.slot for s in panel_of(record(), Rules())] == list(SLOTS)
    assert list(SLOTS)[:5] == ["hb", "wbc", "plt", "esr", "crp"]


@pytest.mark.parametrize("slot", SINGLE)
def test_a_slot_of_one_test_is_answered_by_that_test_alone(slot: str):
    others = [result(a) for a in SINGLE if a != slot]
    assert slot_of(slot, *others).status == "missing"
    assert slot_of(slot, *others).order == (slot,)
    assert slot_of(slot, result(slot)).status == "answered"


# -- creatinine ------------------------------------------------------------------------------------


def test_egfr_alone_answers_with_a_note_and_creatinine_goes_before():
    alone = slot_of("creatinine", result("egfr", 70.0))
    assert (alone.status, notes(alone), alone.order) == ("answered", ["egfrOnly"], ())
    both = slot_of("creatinine", result("egfr", 70.0), result("creatinine", 75.0))
    assert (both.value, notes(both)) == (number(75.0, "umol/L"), [])


@pytest.mark.parametrize("changes", [PENDING, VOID, UNREADABLE, {"taken": 40}])
def test_an_egfr_that_is_no_answer_answers_nothing(changes: dict[str, object]):
    assert slot_of("creatinine", result("egfr", **changes)).status == "missing"


def test_an_old_creatinine_is_replaced_by_a_recent_egfr():
    slot = slot_of("creatinine", result("creatinine", taken=50), result("egfr", 70.0))
    assert (slot.status, notes(slot)) == ("answered", ["egfrOnly"])


# -- calcium ---------------------------------------------------------------------------------------

TOTAL, ALBUMIN = result("ca_total", 2.58), result("albumin", 30.0)


def test_ionised_goes_before_corrected_and_both_before_computed():
    ionised, corrected = result("ca_ionised", 1.2), result("ca_corrected", 2.4)
    assert slot_of("calcium", corrected, ionised, TOTAL, ALBUMIN).value == number(1.2, "mmol/L")
    assert slot_of("calcium", corrected, TOTAL, ALBUMIN).value == number(2.4, "mmol/L")
    old = result("ca_ionised", 1.2, taken=40)
    assert slot_of("calcium", old, corrected).value == number(2.4, "mmol/L")


def test_total_and_albumin_of_one_sample_are_computed_by_the_norip_formula():
    slot = slot_of("calcium", TOTAL, ALBUMIN)
    assert slot.status == "answered"
    assert slot.computed == Value(2.81, None, "mmol/L", "2.81")
    assert slot.results == (TOTAL, ALBUMIN)
    assert slot.notes == (Reason("computedCalcium", "2.58 / 30.0"),)
    assert slot.abnormal == "high"


@pytest.mark.parametrize(
    ("total", "albumin", "shown"),
    [
        (number(2.40, "mmol/L"), number(41.3, "g/L"), "2.40"),
        (number(10.34, "mg/dL"), number(3.0, "g/dL"), "2.81"),
        (number(2.10, "mmol/L"), number(50.0, "g/L"), "1.93"),
        (number(2.58, "mmol/L"), number(451.0, "umol/L"), "2.81"),
    ],
)
def test_the_formula_takes_every_known_unit(total: Value, albumin: Value, shown: str):
    slot = slot_of("calcium", result("ca_total", total), result("albumin", albumin))
    assert slot.value is not None
    assert (slot.value.shown, slot.value.unit) == (shown, "mmol/L")


def _with(base: Result, **changes: object) -> Result:
    return msgspec.structs.replace(base, **changes)


@pytest.mark.parametrize(
    ("total", "albumin"),
    [
        (TOTAL, _with(ALBUMIN, taken=ago(3))),
        (_with(TOTAL, specimen="Specimen/1"), _with(ALBUMIN, specimen="Specimen/2")),
        (_with(TOTAL, specimen="#1", taken=ago(4)), _with(ALBUMIN, specimen="#1")),
        (_with(TOTAL, taken=month(2026, 2)), _with(ALBUMIN, taken=month(2026, 2))),
        (_with(TOTAL, taken=ago(40)), _with(ALBUMIN, taken=ago(40))),
        (TOTAL, _with(ALBUMIN, **PENDING)),
        (_with(TOTAL, **UNREADABLE), ALBUMIN),
        (TOTAL, _with(ALBUMIN, judged=False)),
        (TOTAL, _with(ALBUMIN, value=number(30.0, "g/L", "<"))),
        (TOTAL, _with(ALBUMIN, value=number(30.0, "pounds"))),
        (TOTAL, _with(ALBUMIN, value=Value(shown="lågt"))),
        (TOTAL, _with(ALBUMIN, value=None)),
    ],
    ids=[
        "another day", "two specimens", "contained specimens", "a month", "too old", "preliminary",
        "unreadable", "implausible", "a bound", "unknown unit", "words", "no value",
    ],
)  # fmt: skip
def test_what_is_not_one_usable_sample_is_never_computed(total: Result, albumin: Result):
    slot = slot_of("calcium", total, albumin)
    assert (slot.status, slot.computed, slot.order) == ("missing", None, ("ca_ionised",))


def test_one_specimen_makes_one_sample_even_where_the_days_differ():
    total = _with(TOTAL, specimen="Specimen/1", taken=ago(3))
    assert slot_of("calcium", total, _with(ALBUMIN, specimen="Specimen/1")).computed is not None
    named = _with(TOTAL, specimen="Specimen/1")
    assert slot_of("calcium", named, ALBUMIN).computed is not None


def test_the_newest_sample_that_holds_both_is_the_one_computed():
    newer = result("ca_total", 3.0, taken=1)
    slot = slot_of("calcium", newer, TOTAL, ALBUMIN)
    assert slot.results == (TOTAL, ALBUMIN)


def test_total_calcium_alone_is_named_as_no_answer():
    slot = slot_of("calcium", TOTAL)
    assert (slot.status, notes(slot), slot.order) == (
        "missing",
        ["totalCalciumAlone"],
        ("ca_ionised",),
    )
    stale = slot_of("calcium", TOTAL, result("ca_ionised", 1.2, taken=40))
    assert (stale.status, notes(stale)) == ("stale", ["old", "totalCalciumAlone"])


def test_ordered_ionised_or_corrected_calcium_is_waited_for():
    assert slot_of("calcium", order("ca_ionised")).status == "pending"
    assert slot_of("calcium", order("ca_corrected")).status == "pending"
    assert slot_of("calcium", order("ca_total")).status == "missing"


# -- S-protein profile -----------------------------------------------------------------------------


def part(name: str, shown: str = "normal", **changes: object) -> Result:
    reference = f"Observation/{name}-{changes.get('taken', 2)}-{shown}"
    return result("s_protein_profile", shown, part=name, reference=reference, **changes)


@pytest.mark.parametrize(
    "name", ["interpretation", "m_protein", "immunofixation", "electrophoresis", "panel", None]
)
def test_a_whole_profile_answers(name: str | None):
    assert slot_of("s_protein_profile", part(name)).status == "answered"


def test_gamma_needs_two_other_fractions_of_its_own_sample():
    gamma, alpha, beta = part("gamma"), part("alpha_1", "alpha"), part("beta", "beta")
    answered = slot_of("s_protein_profile", gamma, alpha, beta)
    assert (answered.status, answered.results) == ("answered", (gamma, beta, alpha))
    for short in ((gamma, alpha), (gamma,), (alpha, beta), (alpha,)):
        told = slot_of("s_protein_profile", *short)
        assert (told.status, notes(told), told.order) == ("unreadable", ["fractionsOnly"], ())
    apart = slot_of("s_protein_profile", gamma, alpha, part("beta", "beta", taken=9))
    assert apart.status == "unreadable"


def test_the_same_fraction_twice_is_one_fraction():
    twice = slot_of("s_protein_profile", part("gamma"), part("beta", "b1"), part("beta", "b2"))
    assert twice.status == "unreadable"


def test_an_older_complete_set_of_fractions_answers_beside_a_newer_gamma_alone():
    older = [part("gamma", taken=9), part("alpha_1", "a", taken=9), part("beta", "b", taken=9)]
    assert slot_of("s_protein_profile", part("gamma"), *older).status == "answered"


def test_fractions_that_are_old_or_not_final_do_not_count():
    gamma = part("gamma")
    waiting = part("beta", "beta", state="pending")
    assert slot_of("s_protein_profile", gamma, part("alpha_1"), waiting).status == "unreadable"
    old = [part(p, s, taken=40) for p, s in (("gamma", "g"), ("alpha_1", "a"), ("beta", "b"))]
    assert slot_of("s_protein_profile", *old).status == "missing"


def test_a_profile_that_is_waited_for_is_waited_for_whatever_fractions_there_are():
    waiting = part("interpretation", state="pending")
    assert slot_of("s_protein_profile", waiting, part("gamma")).status == "pending"
    assert slot_of("s_protein_profile", order("s_protein_profile")).status == "pending"


# -- light chains ----------------------------------------------------------------------------------

KAPPA, LAMBDA = result("flc_kappa", 12.0), result("flc_lambda", 14.0)
OLD_KAPPA = _with(KAPPA, taken=ago(40))
URINE = result("u_protein_profile", "Ingen Bence Jones", part="interpretation")


def test_both_free_chains_answer_and_both_are_shown():
    slot = slot_of("light_chains", KAPPA, LAMBDA)
    assert (slot.status, slot.results, slot.abnormal) == ("answered", (KAPPA, LAMBDA), "normal")


@pytest.mark.parametrize(
    ("kappa", "lamda", "expected"),
    [(40.0, 14.0, "high"), (12.0, 1.0, "low"), (40.0, 1.0, "conflict"), (40.0, 60.0, "high")],
)
def test_the_worse_of_the_two_chains_is_the_verdict(kappa: float, lamda: float, expected: str):
    slot = slot_of("light_chains", result("flc_kappa", kappa), result("flc_lambda", lamda))
    assert slot.abnormal == expected


def test_a_urine_profile_answers_but_its_fraction_alone_does_not():
    assert slot_of("light_chains", URINE).status == "answered"
    assert slot_of("light_chains", KAPPA, URINE).results == (URINE,)
    fraction = result("u_protein_profile", "albumin", part="fraction")
    assert slot_of("light_chains", fraction).status == "missing"


@pytest.mark.parametrize(
    ("facts", "status", "ordered"),
    [
        ([], "missing", ("flc_kappa", "flc_lambda")),
        ([KAPPA], "missing", ("flc_lambda",)),
        ([LAMBDA], "missing", ("flc_kappa",)),
        ([KAPPA, _with(LAMBDA, taken=ago(40))], "stale", ("flc_lambda",)),
        ([OLD_KAPPA, _with(LAMBDA, taken=ago(40))], "stale", ("flc_kappa", "flc_lambda")),
        ([_with(KAPPA, taken=ago(40))], "missing", ("flc_kappa", "flc_lambda")),
        ([KAPPA, _with(LAMBDA, **PENDING)], "pending", ()),
        ([_with(LAMBDA, **PENDING)], "missing", ("flc_kappa",)),
        ([KAPPA, _with(LAMBDA, **UNREADABLE)], "unreadable", ()),
        ([order("flc_kappa", "flc_lambda")], "pending", ()),
        ([order("flc_kappa")], "missing", ("flc_lambda",)),
        ([order("u_protein_profile")], "pending", ()),
        ([_with(URINE, **PENDING)], "pending", ()),
        ([KAPPA, _with(LAMBDA, taken=ago(40)), _with(URINE, **PENDING)], "pending", ()),
        ([_with(URINE, taken=ago(40))], "stale", ("flc_kappa", "flc_lambda")),
        ([_with(URINE, **UNREADABLE)], "unreadable", ()),
        ([_with(URINE, **VOID)], "missing", ("flc_kappa", "flc_lambda")),
        ([result("flc_ratio", 0.9)], "missing", ("flc_kappa", "flc_lambda")),
    ],
)  # fmt: skip
def test_the_chain_or_chains_that_lack_are_what_is_ordered(
    facts: list[Result], status: str, ordered: tuple[str, ...]
):
    slot = slot_of("light_chains", *facts)
    assert (slot.status, slot.order) == (status, ordered)


def test_one_chain_is_named_and_a_cancelled_urine_profile_too():
    assert notes(slot_of("light_chains", KAPPA)) == ["oneChain"]
    assert notes(slot_of("light_chains", KAPPA, _with(URINE, **VOID))) == ["oneChain", "cancelled"]


# -- PSA -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sex", "setting", "taken", "status", "ordered"),
    [
        ("male", "male", False, "missing", ("psa",)),
        ("male", "male", True, "answered", ()),
        ("female", "male", False, "not-applicable", ()),
        ("female", "male", True, "not-applicable", ()),
        ("other", "male", False, "ask", ()),
        ("other", "male", True, "answered", ()),
        (None, "male", False, "ask", ()),
        (None, "male", True, "answered", ()),
        ("male", "all", False, "missing", ("psa",)),
        ("female", "all", False, "missing", ("psa",)),
        ("female", "all", True, "answered", ()),
        (None, "all", False, "missing", ("psa",)),
    ],
)
def test_psa_goes_by_sex_and_setting(
    sex: str | None, setting: str, taken, status: str, ordered: tuple[str, ...]
):
    facts = [result("psa", 1.2)] if taken else []
    slot = slot_of("psa", *facts, sex=sex, rules=Rules(psa_required_for=setting))
    assert (slot.status, slot.order) == (status, ordered)


def test_an_old_psa_of_somebody_whose_sex_is_not_known_is_kept_beside_the_question():
    slot = slot_of("psa", result("psa", 1.2, taken=50), sex=None)
    assert (slot.status, notes(slot)) == ("ask", ["old", "sexNotKnown"])
    assert slot.results[0].value == number(1.2, "ug/L")


# -- urine dipstick --------------------------------------------------------------------------------


def strip(*parts: str, **changes: object) -> list[Result]:
    return [
        result("u_dipstick", "neg", part=p, reference=f"Observation/{p}", **changes) for p in parts
    ]


@pytest.mark.parametrize(
    ("parts", "status"),
    [
        (
            ("protein", "glucose", "haemoglobin", "leukocytes", "nitrite", "ketones", "ph"),
            "answered",
        ),
        (("protein", "glucose", "nitrite"), "answered"),
        (("protein", "glucose"), "unreadable"),
        (("protein",), "unreadable"),
        (("protein", "glucose", "density"), "unreadable"),
        (("protein", "protein", "protein"), "unreadable"),
        (("panel",), "answered"),
        ((None,), "answered"),
        ((), "missing"),
    ],
)
def test_a_dipstick_is_a_panel_or_three_components(parts: tuple[str, ...], status: str):
    assert slot_of("u_dipstick", *strip(*parts)).status == status


def test_an_incomplete_strip_names_its_components_and_is_not_ordered():
    slot = slot_of("u_dipstick", *strip("protein", "glucose"))
    assert slot.notes == (Reason("stripIncomplete", "glucose, protein"),)
    assert slot.order == ()


def test_components_of_different_days_or_specimens_are_not_one_strip():
    apart = [*strip("protein", "glucose"), *strip("nitrite", taken=9)]
    assert slot_of("u_dipstick", *apart).status == "unreadable"
    two = [*strip("protein", "glucose", specimen="Specimen/1"), *strip("ph", specimen="Specimen/2")]
    assert slot_of("u_dipstick", *two).status == "unreadable"
    months = strip("protein", "glucose", "nitrite", taken=month(2026, 2))
    assert slot_of("u_dipstick", *months).status == "unreadable"
    contained = [*strip("protein", "glucose", specimen="#s"), *strip("ph", specimen="#s", taken=9)]
    assert slot_of("u_dipstick", *contained).status == "unreadable"


def test_one_specimen_is_one_strip():
    named = [
        *strip("protein", "glucose", specimen="Specimen/1"),
        *strip("ph", specimen="Specimen/1", taken=3),
    ]
    assert slot_of("u_dipstick", *named).status == "answered"


def test_the_fuller_strip_goes_before_the_newer():
    full, newer = strip("protein", "glucose", "ph", taken=9), strip("protein", taken=1)
    slot = slot_of("u_dipstick", *newer, *full)
    assert {r.taken for r in slot.results} == {ago(9)}
    same = strip("protein", "glucose", "ph", taken=1)
    assert {r.taken for r in slot_of("u_dipstick", *full, *same).results} == {ago(1)}


def test_components_without_day_specimen_or_name_are_still_read():
    slot = slot_of("u_dipstick", *strip("protein", taken=month(2026, 2), specimen=None))
    assert slot.status == "unreadable"
    bare = _with(strip("protein", taken=month(2026, 2))[0], reference=None)
    assert slot_of("u_dipstick", bare).status == "unreadable"


def test_an_old_strip_is_stale_and_a_waiting_one_waited_for():
    assert slot_of("u_dipstick", *strip("protein", "glucose", "ph", taken=40)).status == "stale"
    waiting = [*strip("protein"), *strip("ph", state="pending")]
    assert slot_of("u_dipstick", *waiting).status == "pending"
    assert slot_of("u_dipstick", order("u_dipstick"), *strip("protein")).status == "pending"
    old_and_new = [*strip("panel", taken=40), *strip("protein")]
    assert slot_of("u_dipstick", *old_and_new).status == "unreadable"


def test_an_answer_is_judged_by_the_patients_own_sex_and_age():
    assert slot_of("hb", result("hb", 125.0), sex="female").abnormal == "normal"
    assert slot_of("hb", result("hb", 125.0), sex="male").abnormal == "low"
    assert slot_of("hb", result("hb", 125.0), sex=None).abnormal is None
    assert slot_of("hb", result("hb", 90.0), birth=None).abnormal is None
    ranged = result("hb", 90.0, normal=Normal(117.0, 153.0))
    assert slot_of("hb", ranged, birth=None, sex=None).abnormal == "low"
