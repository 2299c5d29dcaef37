"""The one sentence of a card."""

import msgspec
import pytest

from cards.assessment import Advice
from cards.card import SUMMARY_LIMIT
from cards.criteria import Finding
from cards.panel import SlotStatus
from cards.pathways import PATHWAYS
from cards.record import Result, Value
from cards.summary import lacking, remains, sites, summary, total
from cards.words import WORDS
from tests.cards.build import observation
from tests.cards.shown import (
    GAPS,
    LANGUAGES,
    NO_HB,
    SYMPTOMS,
    UNREAD,
    OrderWords,
    PanelWords,
    PatientWords,
    ResultWords,
    card,
    cards,
    every_situation,
    lesion,
    partly,
    situation,
)

SV = WORDS["sv"]


def said(assessment, topic, language="sv"):
    return card(assessment, topic, language)["summary"]


def test_what_lacks_an_answer_is_counted_and_named_the_ones_to_order_first():
    given = situation(conditions=SYMPTOMS, panel=GAPS)
    assert [s.slot for s in lacking(given)] == ["b12", "light_chains", "ferritin", "tsh"]
    assert said(given, "aosMissing").endswith(": B12, fria lätta kedjor, ferritin, TSH")
    assert "4 av 22" in said(given, "aosMissing")
    assert "(1 väntas)" in said(given, "aosMissing")


def test_what_a_person_can_look_up_is_not_called_missing():
    text = said(every_situation()["aosMissing_look"], "aosMissing")
    assert text == "AOS: slå upp svaret på 1 av 22 prov i laboratoriemodulen: Hb"
    text = said(every_situation()["aosMissing_both"], "aosMissing")
    assert text == "AOS: aktuellt svar saknas på 1 av 22 prov: B12. Slå även upp: Hb."
    text = said(every_situation()["aosMissing_pending"], "aosMissing")
    assert text == "AOS: svar väntas på 1 av 22 prov: TSH"


def test_a_lymph_node_anywhere_is_not_named_beside_one_whose_place_is_told():
    nodes = [lesion("lymphadenopathy.ln_neck"), lesion("lymphadenopathy.ln_unspecified")]
    text = said(situation(conditions=nodes), "cupAsk")
    assert SV.concept("lymphadenopathy.ln_neck") in text
    assert SV.concept("lymphadenopathy.ln_unspecified") not in text
    alone = said(situation(conditions=nodes[1:]), "cupAsk")
    assert SV.concept("lymphadenopathy.ln_unspecified") in alone


@pytest.mark.parametrize("language", LANGUAGES)
def test_of_a_long_list_what_to_look_up_is_still_said(language):
    given = situation(conditions=SYMPTOMS, results=[ResultWords(test="hb", value="141")])
    text = said(given, "aosMissing", language)
    assert text.endswith(", …" + WORDS[language].say("phrase", "lookCount", count=1))
    assert len(text) <= SUMMARY_LIMIT


def test_a_slot_that_was_not_checked_is_to_be_looked_up():
    panel = PanelWords(without=["b12", "s_protein_profile"])
    given = situation(conditions=SYMPTOMS, panel=panel, keys={"diagnosticReports": ...})
    assert [s.slot for s in lacking(given)] == ["b12", "s_protein_profile"]
    assert remains(given) == "both"


@pytest.mark.parametrize(
    ("panel", "results", "todo"),
    [
        (PanelWords(without=["hb"]), [], "order"),
        (PanelWords(stale=["hb"], pending=["tsh"]), [], "order"),
        (PanelWords(pending=["tsh"]), [], "pending"),
        (NO_HB, UNREAD, "look"),
        (PanelWords(without=["hb"], pending=["tsh"]), UNREAD, "look"),
        (PanelWords(without=["hb"], stale=["b12"]), UNREAD, "both"),
    ],
)
def test_what_remains_to_be_done(panel, results, todo):
    given = situation(conditions=SYMPTOMS, panel=panel, results=results)
    assert remains(given) == todo
    (advice,) = given.advice
    assert bool(advice.order) is (todo in {"order", "both"})


@pytest.mark.parametrize("topic", ["aosReady", "aosCheck"])
def test_a_complete_panel_with_a_question_asks_it(topic):
    text = said(every_situation()[f"{topic}, ask"], topic)
    assert "alla 22 prov" in text
    assert "ta ställning till PSA (kön ej angivet)" in text
    assert "PSA" not in said(every_situation()[topic], topic)


def test_a_slot_that_does_not_apply_is_not_counted():
    for sex, count in (("female", 22), ("male", 23), ("not said", 22)):
        given = situation(conditions=SYMPTOMS, patient=PatientWords(sex=sex))
        assert total(given) == count


def test_a_list_that_does_not_fit_ends_in_an_ellipsis():
    text = said(situation(conditions=SYMPTOMS), "aosMissing")
    assert text.endswith(", …")
    assert len(text) <= SUMMARY_LIMIT


def test_two_sites_are_named_where_they_fit_and_one_where_they_do_not():
    fits = said(situation(conditions=[lesion(), lesion("metastasis.bone")]), "cupRefer")
    assert "lever" in fits
    assert "skelett" in fits
    long = [lesion("metastasis.ln_mediastinal"), lesion("metastasis.ln_retroperitoneal")]
    text = said(situation(conditions=long), "cupRefer")
    assert SV.concept("metastasis.ln_mediastinal") in text
    assert SV.concept("metastasis.ln_retroperitoneal") not in text
    assert "…" not in text


def test_a_cancer_whose_organ_is_not_known_leaves_no_hole():
    given = situation(conditions=[*SYMPTOMS])
    advice = msgspec.structs.replace(given.advice[0], topic="aosSpecific", redirects=())
    for words in WORDS.values():
        text = summary(advice, given, PATHWAYS["aos"], words)
        assert "()" not in text
        assert " :" not in text


@pytest.mark.parametrize("language", LANGUAGES)
def test_severe_calcium_is_said_with_value_unit_and_day(language):
    given = situation(results=[ResultWords(test="ca_ionised", value="1.71 mmol/L")])
    words = WORDS[language]
    value = words.value(Value(1.71, None, "mmol/L", "1.71"))
    text = said(given, "acuteCalcium", language)
    assert f"{value} (2026-02-25)" in text


def test_a_total_calcium_is_said_as_it_was_measured():
    given = situation(results=[ResultWords(test="ca_total", value="3.71 mmol/L")])
    assert "3,71 mmol/L" in said(given, "acuteCalcium")


def test_a_severe_value_is_never_shown_with_the_value_of_another_result():
    given = situation(
        results=[
            ResultWords(test="ca_total", value="3.71 mmol/L"),
            ResultWords(test="ca_ionised", value="<1.80 mmol/L"),
        ]
    )
    for shown in cards(given):
        assert "1,80" not in shown["summary"]


def test_a_sign_of_comparison_is_shown_and_not_escaped():
    given = situation(results=[ResultWords(test="ca_total", value=">3.71 mmol/L")])
    for shown in cards(given):
        assert "&" not in shown["summary"]
        assert ">3,71 mmol/L" in shown["summary"]
    assert cards(given)


def test_a_referral_that_exists_is_named_with_its_day():
    given = situation(conditions=[lesion()], orders=[OrderWords(refer="cup-se")])
    assert "2026-02-28" in said(given, "duplicate")
    undated = OrderWords(refer="cup-se", authored=None)
    text = said(situation(conditions=[lesion()], orders=[undated]), "duplicate")
    assert "(20" not in text
    assert "None" not in text


def test_sites_come_from_what_the_advice_rests_on_alone():
    given = situation(conditions=[lesion(), lesion("lesion.lung"), *SYMPTOMS])
    advice = Advice("cupRefer", "cup-se", "warning", Finding("x", True, ("Condition/c0",)))
    assert sites(advice, given, SV) == [SV.concept("metastasis.liver")]
    assert sites(Advice("cupRefer", None, "warning"), given, SV) == []


def test_a_total_calcium_beside_an_answered_slot_is_the_one_shown():
    given = situation(results=[ResultWords(test="ca_total", value="3.71 mmol/L")])
    other = Result("ca_ionised", "final", value=Value(None, None, None, "ej bedömbart"))
    slots = {**given.chart.slots, "calcium": SlotStatus("calcium", "answered", (other,))}
    chart = msgspec.structs.replace(given.chart, slots=slots)
    text = summary(
        given.advice[0], msgspec.structs.replace(given, chart=chart), PATHWAYS["cup-se"], SV
    )
    assert "3,71 mmol/L" in text


@pytest.mark.parametrize(
    ("language", "beside"),
    [
        ("sv", "(1 väntas, 17 ej kontrollerade)"),
        ("da", "(1 afventes, 17 ikke kontrolleret)"),
        ("en", "(1 pending, 17 not checked)"),
    ],
)
def test_what_was_not_checked_is_counted_beside_what_lacks_an_answer(language, beside):
    held = [observation(test, id=test) for test in ("hb", "wbc", "plt", "esr")]
    pending = observation("ferritin", id="f", status="preliminary")
    cut = partly(*held, pending, key="observations")
    given = situation(conditions=SYMPTOMS, panel="none", keys={"observations": cut})
    assert beside in said(given, "aosMissing", language)
