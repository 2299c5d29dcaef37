"""The reasons that travel with a card, for audit and for programs."""

import msgspec
import pytest

from cards.reasons import KEY, RULES_VERSION, not_checked, reasons, shows_panel
from cards.record import Reason, Result, Value
from cards.slots import SLOTS
from cards.words import WORDS
from tests.cards import build
from tests.cards.shown import (
    GAPS,
    LANGUAGES,
    SYMPTOMS,
    PanelWords,
    ResultWords,
    card,
    cards,
    every_situation,
    lesion,
    partly,
    situation,
    topic_of,
)

MEMBERS = {
    "pathway",
    "edition",
    "topic",
    "criteria",
    "panel",
    "markers",
    "route",
    "ask",
    "notChecked",
    "ignored",
    "rulesVersion",
}
ENTRY = {
    "slot",
    "status",
    "value",
    "unit",
    "effective",
    "reference",
    "references",
    "abnormal",
    "computed",
    "note",
}
STATUSES = {
    "answered",
    "stale",
    "pending",
    "missing",
    "unreadable",
    "not-checked",
    "not-applicable",
    "ask",
}


def of(assessment, topic, language="sv"):
    return card(assessment, topic, language)["extension"]["vidare.assessment"]


def entries(assessment, topic="aosMissing"):
    return {e["slot"]: e for e in of(assessment, topic)["panel"]}


@pytest.mark.parametrize("name", every_situation())
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_card_has_its_reasons_under_one_name_and_no_other_member(name, language):
    for shown in cards(every_situation()[name], language):
        assert shown["extension"].keys() == {KEY}
        found = shown["extension"][KEY]
        assert found.keys() <= MEMBERS
        assert {"topic", "rulesVersion"} <= found.keys()
        assert found["topic"] == topic_of(shown)
        assert found["rulesVersion"] == RULES_VERSION
        assert ("pathway" in found) == ("edition" in found)


def test_the_criteria_are_a_tree_of_ids_answers_and_evidence():
    tree = of(situation(conditions=SYMPTOMS), "aosMissing")["criteria"]
    assert tree["id"] == "suspicion"
    assert tree["met"] is True
    assert tree["needed"] == 1
    assert tree["evidence"] == ["Condition/c0", "Condition/c1"]
    leaves = {p["id"]: p for p in tree["parts"][0]["parts"]}
    assert leaves["weight_loss"] == {
        "id": "weight_loss",
        "met": True,
        "evidence": ["Condition/c1"],
    }
    assert leaves["pain"] == {"id": "pain", "met": False}
    assert leaves["contacts_increase"] == {"id": "contacts_increase", "met": None}


def test_the_panel_has_every_slot_in_order_with_known_members():
    panel = of(situation(conditions=SYMPTOMS, panel=GAPS), "aosMissing")["panel"]
    assert [e["slot"] for e in panel] == list(SLOTS)
    for entry in panel:
        assert entry.keys() <= ENTRY
        assert entry["status"] in STATUSES


def test_an_answer_has_value_unit_day_reference_and_flag():
    found = entries(situation(conditions=SYMPTOMS, panel=GAPS))
    hb = found["hb"]
    assert (hb["value"], hb["unit"], hb["effective"]) == (60.0, "g/L", "2026-02-25")
    assert hb["reference"].startswith("Observation/")
    assert hb["abnormal"] == "low"
    assert "abnormal" not in found["crp"]
    assert found["psa"] == {
        "slot": "psa",
        "status": "not-applicable",
        "note": WORDS["sv"].reason(Reason("female")),
    }
    assert found["b12"] == {"slot": "b12", "status": "missing"}
    assert found["ferritin"]["value"] == 90.0
    assert "value" not in found["tsh"]


def test_two_results_that_answer_together_are_both_named():
    given = PanelWords(without=["b12"], values={"flc_kappa": "12.5 mg/L"})
    chains = entries(situation(conditions=SYMPTOMS, panel=given))["light_chains"]
    assert chains["value"] == "12.5 / 14"
    assert chains["unit"] == "mg/L"
    assert len(chains["references"]) == 2
    assert chains["reference"] == chains["references"][0]


def test_a_value_with_a_sign_of_comparison_is_no_number():
    given = PanelWords(without=["b12"], values={"ferritin": "<5 ug/L"})
    ferritin = entries(situation(conditions=SYMPTOMS, panel=given))["ferritin"]
    assert ferritin["value"] == "<5"


def test_a_computed_value_is_marked():
    results = [
        ResultWords(test="ca_total", value="2.58 mmol/L", specimen="s1"),
        ResultWords(test="albumin", value="30 g/L", specimen="s1"),
    ]
    panel = PanelWords(without=["calcium", "albumin", "b12"])
    calcium = entries(situation(conditions=SYMPTOMS, panel=panel, results=results))["calcium"]
    assert calcium["computed"] is True
    assert float(calcium["value"]) == 2.81
    assert len(calcium["references"]) == 2


def test_an_answer_that_stands_in_a_report_has_no_made_up_value():
    given = situation(conditions=SYMPTOMS, panel=PanelWords(without=["b12"]))
    slots = dict(given.chart.slots)
    report = Result("s_protein_profile", "final", value=Value(shown="→"))
    slots["s_protein_profile"] = msgspec.structs.replace(
        slots["s_protein_profile"], results=(report,)
    )
    chart = msgspec.structs.replace(given.chart, slots=slots)
    found = reasons(given.advice[0], msgspec.structs.replace(given, chart=chart), None, WORDS["sv"])
    (entry,) = (e for e in found["panel"] if e["slot"] == "s_protein_profile")
    assert entry == {"slot": "s_protein_profile", "status": "answered"}
    assert not {"pathway", "edition"} & found.keys()


@pytest.mark.parametrize(
    ("topic", "shows"),
    [("aosMissing", True), ("aosReady", True), ("cupRefer", False), ("duplicate", False)],
)
def test_only_an_advice_about_the_panel_carries_it(topic, shows):
    shown = card(every_situation()[topic], topic)["extension"][KEY]
    assert ("panel" in shown) is shows


def test_the_card_that_says_the_panel_was_not_checked_carries_it():
    (advice,) = every_situation()["data_panelNotChecked"].advice
    assert shows_panel(advice)
    (other,) = every_situation()["data_incomplete"].advice
    assert not shows_panel(other)


def test_a_source_that_was_not_read_is_named_with_its_reason():
    found = of(every_situation()["data_incomplete"], "data")
    assert found["notChecked"] == [{"source": "conditions", "reason": "morePages"}]
    assert "notChecked" not in of(every_situation()["aosReady"], "aosReady")


def test_orders_that_were_not_read_matter_where_something_is_proposed():
    given = situation(conditions=[lesion()], keys={"serviceRequests": ...})
    assert {"source": "serviceRequests", "reason": "absent"} in of(given, "cupRefer")["notChecked"]
    known = situation(conditions=[lesion(), lesion("organ.breast")], keys={"serviceRequests": ...})
    assert "notChecked" not in of(known, "cupExcluded")


def test_reports_that_were_not_read_matter_where_a_slot_hangs_on_them():
    cut = {"diagnosticReports": partly(key="diagnosticReports")}
    given = situation(conditions=SYMPTOMS, keys=cut)
    assert "diagnosticReports" in {k for k, _ in not_checked(given.advice[0], given)}
    whole = situation(conditions=SYMPTOMS, panel="complete", keys=cut)
    assert "notChecked" not in of(whole, "aosReady")


def test_a_source_that_nobody_asked_for_was_not_read():
    given = every_situation()["data_incomplete"]
    record = msgspec.structs.replace(given.chart.record, sources={})
    chart = msgspec.structs.replace(given.chart, record=record)
    cut = msgspec.structs.replace(given, chart=chart)
    assert ("patient", "absent") in not_checked(given.advice[0], cut)


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_was_not_used_is_listed_with_its_reason_in_words(language):
    stranger = build.observation("hb", id="s", subject={"reference": "Patient/other"})
    found = of(situation(stranger, conditions=SYMPTOMS), "aosMissing", language)
    assert found["ignored"] == [
        {
            "reference": "Observation/s",
            "reason": WORDS[language].reason(Reason("foreignPatient")),
        }
    ]


def test_a_flood_of_what_was_not_used_is_cut():
    strangers = [
        build.observation("hb", id=f"s{n}", subject={"reference": "Patient/other"})
        for n in range(60)
    ]
    assert len(of(situation(*strangers, conditions=SYMPTOMS), "aosMissing")["ignored"]) == 50
