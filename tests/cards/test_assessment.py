"""The decision as a whole: what goes first, what silences what, and what is never said."""

from itertools import product
from typing import get_args

import msgspec
import pytest

from cards.assessment import (
    INDICATORS,
    NEEDED,
    SEVERE_CALCIUM,
    TOPICS,
    Assessment,
    Topic,
    assess,
    organs,
    severe_calcium,
    very_low_hb,
)
from cards.panel import ORDERABLE, Rules
from cards.pathways import of_country
from cards.terminology import TERMS
from tests.cards.charts import ago, chart, cut, diagnosis, month, number, order, record, result
from tests.cards.situations import Case, assessed

CHILD, ADULT, OPEN = ago(10 * 366), ago(66 * 366), None
SILENT = {"name": "x", "rows": [], "expect": {"cards": []}}


def judged(*facts: object, **about: object) -> Assessment:
    rules, hook = about.pop("rules", Rules()), about.pop("hook", "patient-view")
    return assess(record(*facts, **about), of_country("SE"), rules, hook)


def situation(**words: object) -> Assessment:
    """Judge a situation in the words of tests/cases."""
    return assessed(msgspec.convert(SILENT | words, Case))


def topics(found: Assessment) -> list[str]:
    return [a.topic for a in found.advice]


WEIGHT, LIVER = diagnosis("weight_loss"), diagnosis("metastasis.liver")


# -- form ------------------------------------------------------------------------------------------


def test_every_topic_has_its_place_and_its_indicator():
    assert set(TOPICS) == set(get_args(Topic)) == set(INDICATORS)
    assert len(TOPICS) == len(set(TOPICS))


def test_the_acute_goes_first_and_only_the_acute_is_critical():
    critical = [t for t in TOPICS if INDICATORS[t] == "critical"]
    assert critical == ["acuteCord", "acuteCalcium", "underAge"]
    assert list(TOPICS[:3]) == critical


def test_advice_comes_in_the_order_of_the_topics():
    found = judged(
        diagnosis("cord_compression"), LIVER, WEIGHT, result("ca_ionised", 1.7), hook="patient-view"
    )
    assert topics(found) == ["acuteCord", "acuteCalcium", "cupRefer"]
    assert found.advice[1].evidence == ("Observation/ca_ionised",)


# -- who is not judged -----------------------------------------------------------------------------


def test_without_the_patient_nothing_is_answered():
    found = judged(WEIGHT, sources=cut("patient", outcome="unavailable"))
    assert (found.advice, found.unanswerable) == ((), (("patient", "morePages"),))


def test_a_source_that_failed_without_a_reason_is_named_absent():
    sources = cut("patient", outcome="unavailable")
    nameless = msgspec.structs.replace(sources["patient"], reason=None)
    found = judged(sources=sources | {"patient": nameless})
    assert found.unanswerable == (("patient", "absent"),)


def test_the_dead_get_no_advice_whatever_is_recorded():
    dead = record(LIVER, WEIGHT, diagnosis("cord_compression"))
    dead = msgspec.structs.replace(dead, person=msgspec.structs.replace(dead.person, deceased=True))
    assert topics(assess(dead, of_country("SE"), Rules(), "patient-view")) == []


@pytest.mark.parametrize("key", ["observations", "conditions"])
def test_an_unavailable_source_without_anything_to_say_is_unanswerable(key: str):
    found = judged(sources=cut(key, outcome="unavailable"))
    assert (found.advice, [k for k, _ in found.unanswerable]) == ((), [key])


def test_an_unavailable_source_does_not_silence_what_can_be_said():
    found = judged(LIVER, sources=cut("observations", outcome="unavailable"))
    assert (topics(found), found.unanswerable) == (["cupRefer"], ())


@pytest.mark.parametrize("birth", [CHILD, ADULT, OPEN])
def test_a_partly_read_source_with_nothing_found_is_said_at_every_age(birth: object):
    found = judged(birth=birth, sources=cut("conditions"))
    assert (topics(found), found.advice[0].why) == (["data"], "incomplete")


def test_a_diagnosis_that_cannot_be_understood_is_said_when_it_could_matter():
    found = judged(diagnosis("metastasis.liver", presence="uncertain"))
    assert (topics(found), found.advice[0].why) == (["data"], "uncertain")


def test_a_record_read_to_its_end_without_findings_is_silent_at_every_age():
    for birth in (CHILD, ADULT, OPEN):
        assert judged(birth=birth) == Assessment(judged(birth=birth).chart)


# -- children --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "concepts",
    [
        ("metastasis.liver",),
        ("organ.brain",),
        ("malignancy.primary",),
        ("suspected_malignancy_obs",),
        ("weight_loss", "pain"),
        ("appetite_loss", "fatigue"),
        ("prolonged_fever", "malaise"),
    ],
)
def test_stated_malignancy_or_two_symptoms_in_a_child_go_to_the_childrens_clinic(concepts):
    found = judged(*(diagnosis(c) for c in concepts), birth=CHILD)
    assert topics(found) == ["underAge"]
    advice = found.advice[0]
    assert (advice.order, advice.refer, advice.updates, advice.indicator) == (
        (),
        None,
        (),
        "critical",
    )


@pytest.mark.parametrize(
    "concepts",
    [("pain",), ("weight_loss",), ("malaise", "fatigue"), ("prolonged_fever",), ("anaemia",), ()],
)
def test_one_everyday_symptom_in_a_child_opens_nothing(concepts):
    assert topics(judged(*(diagnosis(c) for c in concepts), birth=CHILD)) == []


def test_abnormal_values_alone_open_nothing_in_a_child():
    assert topics(judged(result("hb", 70.0, flags=("LL",)), birth=CHILD)) == []


@pytest.mark.parametrize(
    "concept",
    ["metastasis.liver", "organ.brain", "malignancy.primary", "suspected_malignancy_obs"],
)
def test_malignancy_stated_long_ago_in_a_child_opens_nothing(concept: str):
    assert topics(judged(diagnosis(concept, onset=181), birth=CHILD)) == []
    assert topics(judged(diagnosis(concept, onset=180), birth=CHILD)) == ["underAge"]
    assert topics(judged(diagnosis(concept, onset=None), birth=CHILD)) == ["underAge"]


# -- age not known ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fact", "pathway"), [(WEIGHT, "aos"), (LIVER, "cup-se"), (diagnosis("pain"), "aos")]
)
def test_an_open_age_is_asked_for_and_nothing_is_proposed(fact: object, pathway: str):
    advice = judged(fact, birth=OPEN).advice
    assert [(a.topic, a.why, a.pathway) for a in advice] == [("data", "birthDate", pathway)]
    assert (advice[0].order, advice[0].refer, advice[0].redirects) == ((), None, ())


def test_a_referral_signed_for_somebody_of_unknown_age_asks_too():
    found = situation(hook="order-sign", drafts=["aos"], patient={"birth": "2008"})
    assert [(a.topic, a.why) for a in found.advice] == [("data", "birthDate")]


# -- signing ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("panel", ["complete", "none"])
def test_signing_what_is_not_ours_is_not_interrupted(panel: str):
    found = situation(
        hook="order-sign",
        drafts=[{"text": "Röntgen knä"}],
        panel=panel,
        conditions=["weight_loss", "metastasis.liver"],
    )
    assert topics(found) == []


def test_signing_a_test_when_the_panel_is_complete_is_not_interrupted():
    found = situation(
        hook="order-sign", drafts=["esr"], panel="complete", conditions=["weight_loss"]
    )
    assert topics(found) == []


def test_signing_a_test_while_only_others_are_waited_for_is_not_interrupted():
    found = situation(
        hook="order-sign",
        drafts=["esr"],
        panel={"without": ["esr"], "pending": ["tsh"]},
        conditions=["weight_loss"],
    )
    assert topics(found) == []


def test_signing_a_test_without_any_suspicion_is_not_interrupted():
    assert topics(situation(hook="order-sign", drafts=["esr"])) == []


@pytest.mark.parametrize(
    ("drafts", "concerned"),
    [
        (["hb"], False),
        (["hb", "crp"], False),
        (["hb", "hb", "crp"], False),
        (["hb", "crp", "tsh"], True),
        (["esr"], True),
        (["s_protein_profile"], True),
        (["flc_kappa"], True),
        (["flc_lambda"], True),
        (["u_protein_profile"], True),
        ([{"text": "Röntgen knä"}, "hb", "crp"], False),
        (["cup-se", "hb", "crp"], False),
    ],
)
def test_signing_tests_bears_on_the_panel_with_three_of_them_or_one_that_is_distinctive(
    drafts: list, concerned
):
    found = situation(hook="order-sign", drafts=drafts, conditions=["weight_loss"])
    assert ("aosMissing" in topics(found)) is concerned


def test_a_call_that_does_not_bear_on_us_is_not_told_what_was_not_read():
    given = {"hook": "order-sign", "sources": {"conditions": "partial"}}
    assert topics(situation(drafts=["hb"], **given)) == []
    assert topics(situation(drafts=["esr"], **given)) == ["data"]


@pytest.mark.parametrize("drafts", [["aos"], ["aos", "hb"], ["cup-se"], ["aos", "cup-se"]])
def test_at_signing_no_new_referral_of_the_same_kind_is_proposed(drafts: list[str]):
    found = situation(
        hook="order-sign", drafts=drafts, conditions=["weight_loss"], panel="complete"
    )
    assert not {a.refer for a in found.advice} & set(drafts)


def test_a_duplicate_silences_the_referral_it_doubles():
    found = situation(
        hook="order-sign",
        drafts=["aos"],
        conditions=["weight_loss"],
        orders=["aos"],
        panel="complete",
    )
    assert topics(found) == ["duplicate"]
    cup = situation(
        hook="order-sign", drafts=["cup-se"], conditions=["metastasis.bone"], orders=["cup-se"]
    )
    assert (topics(cup), cup.advice[0].evidence) == (["duplicate"], ("ServiceRequest/s0",))


def test_a_lesion_with_a_referral_under_way_is_not_asked_about_again():
    found = judged(diagnosis("lesion.liver"), order(pathway="cup-se"))
    assert topics(found) == ["duplicate"]


@pytest.mark.parametrize(
    ("changes", "counts"),
    [
        ({"status": "active"}, True),
        ({"status": "on-hold"}, True),
        ({"authored": None}, True),
        ({"authored": ago(180)}, True),
        ({"authored": ago(181)}, False),
        ({"status": "draft"}, False),
        ({"status": "revoked"}, False),
        ({"status": None}, False),
    ],
)
def test_only_an_active_recent_referral_is_a_duplicate(changes: dict[str, object], counts):
    found = judged(WEIGHT, order(pathway="aos", **changes))
    assert topics(found) == (["duplicate"] if counts else ["aosMissing"])


PAIN = diagnosis("pain", onset=60)


@pytest.mark.parametrize(
    ("facts", "sent", "answered"),
    [
        ([WEIGHT], ago(1), True),
        ([WEIGHT], ago(30), True),
        ([WEIGHT], ago(31), False),
        ([PAIN], ago(60), True),
        ([PAIN, WEIGHT], ago(60), False),
        ([PAIN, WEIGHT], ago(30), True),
        ([WEIGHT], None, False),
        ([diagnosis("weight_loss", onset=180)], ago(180), True),
        ([diagnosis("weight_loss", onset=None)], ago(1), False),
        ([diagnosis("weight_loss", onset=month(2026, 2))], ago(2), True),
        ([diagnosis("weight_loss", onset=month(2026, 2))], ago(10), False),
    ],
)
def test_a_completed_referral_counts_while_nothing_it_rests_on_is_newer(
    facts: list, sent: object, answered
):
    found = judged(*facts, order(pathway="aos", status="completed", authored=sent))
    assert topics(found) == (["duplicate"] if answered else ["aosMissing"])


def test_a_completed_referral_older_than_the_window_is_forgotten_with_its_symptoms():
    rules = Rules(symptom_max_age_days=365)
    old = order(pathway="aos", status="completed", authored=ago(300))
    ill = diagnosis("weight_loss", onset=320)
    assert topics(judged(ill, old, rules=rules)) == ["duplicate"]
    older = order(pathway="aos", status="completed", authored=ago(366))
    assert topics(judged(ill, older, rules=rules)) == ["aosMissing"]


def test_a_completed_cup_referral_covers_a_metastasis_but_no_finding_after_it():
    done = order(pathway="cup-se", status="completed", authored=ago(20))
    assert topics(judged(LIVER, done)) == ["duplicate"]
    assert topics(judged(LIVER, diagnosis("metastasis.bone", onset=5), done)) == ["cupRefer"]
    assert topics(judged(diagnosis("lesion.liver"), done)) == ["duplicate"]
    assert topics(judged(diagnosis("lesion.liver", onset=5), done)) == ["cupAsk"]


def test_a_completed_referral_says_nothing_of_one_that_rests_on_no_diagnosis():
    done = {"refer": "aos", "status": "completed", "authored": "-100 d"}
    found = situation(hook="order-sign", drafts=["aos"], orders=[done], panel="complete")
    assert topics(found) == ["aosCheck"]


# -- CUP beside AOS --------------------------------------------------------------------------------


def test_a_metastasis_suspicion_has_the_cup_card_alone_whatever_tests_lack():
    assert topics(judged(LIVER, WEIGHT)) == ["cupRefer"]


@pytest.mark.parametrize("panel", ["complete", "none"])
def test_a_metastasis_suspicion_silences_aos_at_signing_too(panel: str):
    given = {"hook": "order-sign", "conditions": ["metastasis.liver", "weight_loss"]}
    found = situation(drafts=["aos"], panel=panel, **given)
    assert [(a.topic, a.refer, a.updates) for a in found.advice] == [("cupRefer", "cup-se", ())]
    assert topics(situation(drafts=["esr"], panel=panel, **given)) == []


@pytest.mark.parametrize(
    ("concepts", "why"),
    [
        ([("metastasis.liver", 700)], "earlier"),
        ([("metastasis.liver", 700), ("lesion.lung", 5)], ""),
        ([("metastasis.liver", 700), ("lymphadenopathy.ln_neck", 700)], "earlier"),
        ([("lesion.lung", 5)], ""),
    ],
)
def test_an_old_metastasis_alone_is_asked_about_in_words_of_its_own(concepts: list, why: str):
    found = judged(*(diagnosis(c, onset=days) for c, days in concepts))
    assert [(a.topic, a.why, a.refer) for a in found.advice] == [("cupAsk", why, None)]


def test_an_unknown_primary_as_a_diagnosis_opens_no_card():
    assert topics(judged(diagnosis("conclusion.unknown_primary"))) == []
    assert topics(judged(diagnosis("conclusion.unknown_primary"), WEIGHT)) == ["aosMissing"]


UNCLEAR = diagnosis("organ.breast", presence="uncertain")


def test_a_cancer_of_unclear_status_excludes_neither_pathway_and_lets_nothing_be_proposed():
    assert [(a.topic, a.refer) for a in judged(WEIGHT, UNCLEAR).advice] == [("aosMissing", None)]
    cup = judged(LIVER, UNCLEAR).advice
    assert [(a.topic, a.why, a.refer) for a in cup] == [("data", "organNotChecked", None)]


def test_a_lesion_beside_general_symptoms_is_asked_about_and_the_aos_card_stays():
    assert topics(judged(diagnosis("lesion.liver"), WEIGHT)) == ["aosMissing", "cupAsk"]


def test_a_metastasis_without_the_whole_list_of_diagnoses_is_not_called_of_unknown_primary():
    found = judged(LIVER, sources=cut("conditions"))
    assert [(a.topic, a.why, a.refer) for a in found.advice] == [("data", "organNotChecked", None)]


def test_the_organs_of_active_cancers_are_named_once_each():
    of = record(
        diagnosis("organ.lung"),
        diagnosis("organ.lung", reference="Condition/2"),
        diagnosis("organ.breast", presence="past"),
        diagnosis("malignancy.primary"),
    )
    assert organs(of) == ("lung",)


# -- proposals -------------------------------------------------------------------------------------

STATES = ["answered", "stale", "pending", "missing", "unreadable"]


@pytest.mark.parametrize(("hb", "crp"), list(product(STATES, STATES)))
def test_what_is_ordered_is_what_is_missing_or_stale_and_nothing_else(hb: str, crp: str):
    changes = {
        "answered": {},
        "stale": {"taken": 40},
        "pending": {"state": "pending"},
        "missing": {"state": "void"},
        "unreadable": {"state": "unreadable"},
    }
    found = judged(WEIGHT, result("hb", 140.0, **changes[hb]), result("crp", 3.0, **changes[crp]))
    ordered = set(found.advice[0].order)
    assert ("hb" in ordered, "crp" in ordered) == (hb in ORDERABLE, crp in ORDERABLE)


def test_iron_deficiency_redirects_and_leaves_the_aos_card():
    found = judged(WEIGHT, result("hb", 90.0), result("ferritin", 8.0))
    assert topics(found) == ["aosIronDeficiency", "aosMissing"]
    assert found.advice[0].redirects == ("colorectal", "oesophagus_stomach")


@pytest.mark.parametrize(("onset", "counts"), [(180, True), (None, True), (181, False)])
def test_a_coded_iron_deficiency_counts_while_it_is_new(onset: int | None, counts):
    found = judged(WEIGHT, diagnosis("iron_deficiency_anaemia", onset=onset))
    assert ("aosIronDeficiency" in topics(found)) is counts


def test_a_panel_of_which_all_that_lacks_was_not_read_is_not_called_incomplete():
    found = judged(WEIGHT, sources=cut("observations", "diagnosticReports"))
    assert [(a.topic, a.why, a.order, a.refer) for a in found.advice] == [
        ("data", "panelNotChecked", (), "aos")
    ]


# -- very low and very high ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "unit", "low"),
    [
        (63.0, "g/L", True),
        (65.0, "g/L", False),
        (6.3, "g/dL", True),
        (3.99, "mmol/L", True),
        (4.0, "mmol/L", False),
    ],
)
def test_a_very_low_hb_is_one_below_4_mmol_per_litre_in_any_unit(value: float, unit: str, low):
    assert very_low_hb(chart(result("hb", value, unit))) is low


def test_no_hb_is_no_very_low_hb():
    assert very_low_hb(chart()) is False
    assert very_low_hb(chart(result("hb", 50.0, taken=40))) is False


def test_a_very_low_hb_raises_information_to_a_warning_and_nothing_else():
    low = situation(conditions=["weight_loss"], panel={"values": {"hb": "60 g/L"}})
    assert [(a.topic, a.indicator) for a in low.advice] == [("aosReady", "warning")]
    duplicate = judged(diagnosis("lesion.liver"), result("hb", 50.0))
    assert [(a.topic, a.indicator) for a in duplicate.advice] == [("cupAsk", "info")]


@pytest.mark.parametrize(
    ("facts", "severe"),
    [
        ([result("ca_ionised", 1.60)], True),
        ([result("ca_ionised", 1.59)], False),
        ([result("ca_ionised", 6.5, "mg/dL")], True),
        ([result("ca_corrected", 3.0)], True),
        ([result("ca_corrected", 2.99)], False),
        ([result("ca_total", 3.51)], True),
        ([result("ca_total", 3.50)], False),
        ([result("ca_total", 14.1, "mg/dL")], True),
        ([result("ca_total", 14.0, "mg/dL")], False),
        ([result("ca_total", 2.80), result("albumin", 31.3)], True),
        ([result("ca_total", 2.80), result("albumin", 31.9)], False),
        ([result("ca_total", number(3.6, "mmol/L", ">"))], True),
        ([result("ca_total", number(3.6, "mmol/L", "<"))], False),
        ([result("ca_total", 3.6, "pounds")], False),
        ([result("ca_total", 3.6, taken=31)], False),
        ([result("ca_total", 3.6, taken=None)], False),
        ([result("ca_total", 3.6, state="pending")], False),
        ([result("ca_total", 3.6, state="unreadable")], False),
        ([result("ca_total", 10.2, judged=False)], False),
        ([result("ca_ionised", 2.4, judged=False)], False),
        ([result("ca_ionised", 1.2, taken=40), result("ca_total", 3.6)], True),
        ([], False),
    ],
)
def test_severe_calcium_by_its_three_limits(facts: list, severe):
    assert bool(severe_calcium(chart(*facts))) is severe


def test_severe_calcium_is_said_of_children_and_without_any_suspicion():
    for birth in (CHILD, ADULT, OPEN):
        found = judged(result("ca_ionised", 1.7), birth=birth)
        assert [(a.topic, a.indicator) for a in found.advice] == [("acuteCalcium", "critical")]


def test_the_limits_of_severe_calcium_lie_above_the_default_limits():
    for analyte, limit in SEVERE_CALCIUM.items():
        usual = TERMS.analyte(analyte).limits_for("mmol/L", "female", 65)
        assert usual is not None
        assert limit > usual.high


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ([LIVER], True),
        ([diagnosis("organ.prostate")], True),
        ([diagnosis("organ.prostate", presence="past")], True),
        ([diagnosis("malignancy.primary", presence="past")], True),
        ([diagnosis("malignancy.earlier", presence="past")], True),
        ([diagnosis("suspected_malignancy_obs")], True),
        ([WEIGHT], True),
        ([], False),
        ([diagnosis("pregnancy")], False),
    ],
)
def test_cord_compression_is_acute_beside_any_suspicion_of_cancer(setting: list, said):
    found = judged(diagnosis("cord_compression"), *setting)
    assert ("acuteCord" in topics(found)) is said


@pytest.mark.parametrize(("onset", "said"), [(180, True), (181, False), (None, True)])
def test_only_a_new_cord_compression_is_acute(onset: int | None, said):
    found = judged(diagnosis("cord_compression", onset=onset), LIVER)
    assert ("acuteCord" in topics(found)) is said


def test_what_is_needed_is_what_a_silence_rests_on():
    assert NEEDED == ("patient", "observations", "conditions")
