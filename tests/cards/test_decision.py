"""cards.decision: the same facts give the same digest; new facts give another."""

from datetime import timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cards.assessment import assess
from cards.decision import _diagnosis, decision, may_sleep
from cards.panel import Rules
from cards.pathways import of_country
from cards.record import Reason
from tests.cards import build
from tests.cards.danish import judged as danish
from tests.cards.danish import man, metastasis
from tests.cards.shown import (
    GAPS,
    IRON,
    SYMPTOMS,
    ConditionWords,
    OrderWords,
    PanelWords,
    PatientWords,
    case,
    every_situation,
    judged,
    lesion,
    situation,
)
from tests.cards.situations import resources

SWEDEN = of_country("SE")
AOS = {"conditions": SYMPTOMS, "panel": GAPS}
CUP = {"conditions": [lesion()]}


def digests(assessment):
    return {a.topic: decision(a, assessment) for a in assessment.advice}


def of(topic, *more, **words):
    return digests(situation(*more, **words))[topic]


def later(assessment, days):
    """Give the same record judged some days later."""
    chart = assessment.chart
    record = msgspec.structs.replace(chart.record, today=chart.record.today + timedelta(days=days))
    return assess(record, of_country("SE"), Rules(), "patient-view")


@pytest.mark.parametrize("name", every_situation())
def test_every_advice_of_every_situation_has_a_digest_of_its_own(name):
    assessment = every_situation()[name]
    found = digests(assessment)
    assert all(len(digest) == 32 for digest in found.values())
    assert len(set(found.values())) == len(found)


@given(st.randoms(use_true_random=False))
def test_the_order_of_entries_does_not_matter(random):
    held = resources(case(**AOS))
    first = digests(judged(*held))
    random.shuffle(held)
    assert digests(judged(*held)) == first


@pytest.mark.parametrize("days", range(1, 60, 4))
@pytest.mark.parametrize("words", [AOS, CUP])
def test_a_mere_passing_of_days_does_not_matter(words, days):
    now = situation(**words)
    then = later(now, days)
    before, after = digests(now), digests(then)
    assert before.keys() & after.keys()
    assert {t: before[t] for t in before.keys() & after.keys()} == {
        t: after[t] for t in before.keys() & after.keys()
    }


def test_a_cancer_that_grows_old_without_a_status_is_the_same_cancer():
    breast = ConditionWords(concept="organ.breast", status="not said", onset="-1800 d")
    now = situation(conditions=[*SYMPTOMS, breast, lesion()])
    then = later(now, 60)
    (young,), (old,) = (
        [d for d in a.chart.record.diagnoses if "organ.breast" in d.concepts] for a in (now, then)
    )
    assert young.presence == "present"
    aged = msgspec.structs.replace(old, presence="uncertain", reason=Reason("unknownStatus"))
    assert _diagnosis(aged) == _diagnosis(young)


@pytest.mark.parametrize(
    "change",
    [
        {"panel": PanelWords(without=["b12", "light_chains"], values={"hb": "121 g/L"})},
        {"panel": GAPS, "orders": [OrderWords(test="b12", authored="-1 d")]},
        {"panel": GAPS, "conditions": [*SYMPTOMS, "fatigue"]},
        {"panel": GAPS, "patient": PatientWords(sex="male")},
    ],
)
def test_new_facts_matter(change):
    assert of("aosMissing", **{**AOS, **change}) != of("aosMissing", **AOS)


def test_an_order_of_no_test_of_ours_says_nothing_new():
    words = {**AOS, "orders": [OrderWords(text="Sjukgymnastik")]}
    assert of("aosMissing", **words) == of("aosMissing", **AOS)


def test_a_source_that_failed_matters():
    whole = situation(**AOS)
    states = dict(whole.chart.record.sources)
    states["observations"] = msgspec.structs.replace(states["observations"], outcome="partial")
    record = msgspec.structs.replace(whole.chart.record, sources=states)
    partly = assess(record, of_country("SE"), Rules(), "patient-view")
    assert not set(digests(partly).values()) & set(digests(whole).values())


def test_a_laboratory_result_says_nothing_new_where_cards_do_not_wait_for_it():
    assert of("cupRefer", **CUP) == of("cupRefer", **CUP, panel=PanelWords())
    assert of("cupRefer", **CUP) != of("cupRefer", conditions=[lesion(), lesion("metastasis.lung")])


def test_the_results_that_are_evidence_matter():
    words = {"conditions": SYMPTOMS, "panel": IRON}
    other = PanelWords(values={**IRON.values, "ferritin": "7 ug/L"})
    assert of("aosIronDeficiency", **words) != of("aosIronDeficiency", **{**words, "panel": other})


def test_acute_advice_and_that_for_children_never_sleep():
    for assessment in every_situation().values():
        for advice in assessment.advice:
            acute = advice.topic in {"acuteCord", "acuteCalcium", "underAge"}
            assert not (acute and may_sleep(advice, assessment))


def test_advice_that_begins_with_a_very_low_hb_does_not_sleep():
    low = situation(**AOS)
    assert not any(may_sleep(a, low) for a in low.advice)
    usual = situation(conditions=SYMPTOMS, panel=PanelWords(without=["b12"]))
    assert all(may_sleep(a, usual) for a in usual.advice)


def reported(**changes):
    """Give a final report that names itself by its title only, of no category."""
    titled = {"id": "mr", "code": {"text": "MR cerebrum"}, "effectiveDateTime": build.RECENT}
    return build.diagnostic_report(**{**titled, **changes})


AFP = build.observation("afp", 5, "10*3.U/L")
BRAIN, LIVER = metastasis("DC793B"), metastasis("DC787")


@pytest.mark.parametrize(
    ("topic", "held", "change"),
    [
        ("dkRoute", [LIVER], [AFP]),
        ("dkMarkers", [LIVER], [AFP]),
        ("dkMarkers", [LIVER], [build.service_request("afp")]),
        ("dkRoute", [LIVER], [metastasis("DC795")]),
        ("dkRoute", [LIVER], [reported()]),
        ("dkRoute", [LIVER, reported()], [reported(conclusion="Én proces")]),
        ("dkRoute", [LIVER], [metastasis("DC787", note=[{"text": "Solitær proces"}])]),
        (
            "dkRoute",
            [LIVER],
            [metastasis("DC787", verificationStatus=build.concept(None, "confirmed"))],
        ),
    ],
)
def test_in_denmark_new_markers_reports_and_words_matter(topic, held, change):
    ids = {r["id"] for r in change}
    before = danish(man(), *held)
    after = danish(man(), *[r for r in held if r["id"] not in ids], *change)
    assert digests(before)[topic] != digests(after)[topic]


def test_in_denmark_another_result_or_diagnosis_says_nothing_new():
    hb = build.observation("hb", 130, "g/L")
    sprain = build.condition(
        id="sprain", code=build.concept("urn:local", "S934", "Forstuvet ankel")
    )
    assert digests(danish(man(), LIVER)) == digests(danish(man(), LIVER, hb, sprain))


def test_in_denmark_a_new_contact_with_neurology_matters():
    contact = build.encounter(serviceType={"text": "Neurologisk afdeling"})
    assert (
        digests(danish(man(), BRAIN))["dkRoute"]
        != digests(danish(man(), BRAIN, contact))["dkRoute"]
    )


@pytest.mark.parametrize("name", every_situation())
def test_no_two_cards_of_a_call_are_of_one_topic_and_pathway(name):
    said = [(a.topic, a.pathway) for a in every_situation()[name].advice]
    assert len(set(said)) == len(said)
