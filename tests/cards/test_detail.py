"""The body of a card: what to do first, then what it rests on."""

import pytest

from cards.panel import Rules
from cards.pathways import PATHWAYS
from cards.words import WORDS
from tests.cards import build
from tests.cards.shown import (
    GAPS,
    IRON,
    LANGUAGES,
    SIGN,
    SYMPTOMS,
    UNREAD,
    ConditionWords,
    CountWords,
    PanelWords,
    PatientWords,
    ResultWords,
    aos_draft,
    card,
    cup_draft,
    every_situation,
    judged,
    lesion,
    partly,
    situation,
    wire,
)

SV = WORDS["sv"]


def body(assessment, topic, language="sv"):
    return card(assessment, topic, language)["detail"]


def first(assessment, topic):
    """Give the key of the text that a card begins with."""
    line = body(assessment, topic).split("\n\n")[0].strip("*")
    (key,) = (k for k, text in SV.tables["do"].items() if text == line)
    return key


def rows(detail):
    """Give the rows of the tables, without their heads."""
    found = [line for line in detail.split("\n") if line.startswith("| ")]
    return [line.strip("| ").split(" | ") for line in found if "---" not in line]


@pytest.mark.parametrize("name", every_situation())
def test_a_card_begins_with_what_to_do(name):
    topic = name.split(",")[0].split("_")[0]
    shown = every_situation()[name]
    if name in {"aosMissing", "aosMissing, sign"}:
        assert body(shown, topic).startswith("**Hb 60 g/L")
        return
    assert first(shown, topic) == name.split(",")[0]


def test_signing_a_referral_with_gaps_is_allowed_and_said():
    panel = PanelWords(without=["b12"])
    signing = situation(panel=panel, hook=SIGN, drafts=[aos_draft()])
    assert first(signing, "aosMissing") == "aosMissing_sign"


def test_a_result_to_look_up_stands_in_the_table_and_is_not_counted_again():
    for name in ("aosMissing_look", "aosMissing_both"):
        detail = body(every_situation()[name], "aosMissing")
        assert [SV.slot("hb", short=False), SV.say("status", "unreadable")] in [
            r[:2] for r in rows(detail)
        ]
        assert SV.say("heading", "notChecked") not in detail
    ready = body(situation(conditions=SYMPTOMS, panel="complete", results=UNREAD), "aosReady")
    assert SV.say("phrase", "unreadCount", count=1) in ready


def test_why_a_source_was_not_read_is_said_once_not_in_every_row():
    panel = PanelWords(without=["b12", "s_protein_profile"])
    given = situation(conditions=SYMPTOMS, panel=panel, keys={"diagnosticReports": ...})
    detail = body(given, "aosMissing")
    profile = [SV.slot("s_protein_profile", short=False), SV.say("status", "not-checked")]
    assert profile in rows(detail)
    assert detail.count(SV.say("source", "absent")) == 1


def test_a_very_low_hb_comes_before_everything_on_an_aos_card_alone():
    low = situation(conditions=SYMPTOMS, panel=PanelWords(values={"hb": "60 g/L"}))
    assert body(low, "aosReady").startswith(f"**{SV.say('phrase', 'veryLowHb', value='60 g/L')}**")
    metastasis = situation(conditions=[lesion()], panel=PanelWords(values={"hb": "60 g/L"}))
    assert "mycket lågt" not in body(metastasis, "cupRefer")


def test_the_table_of_what_lacks_an_answer_says_how():
    detail = body(situation(conditions=SYMPTOMS, panel=GAPS), "aosMissing")
    lacking = [r[:2] for r in rows(detail) if r[0] in {"P-Kobalamin (B12)", "P-Ferritin", "P-TSH"}]
    assert lacking == [
        ["P-Kobalamin (B12)", SV.say("status", "missing")],
        ["P-Ferritin", SV.say("status", "stale")],
        ["P-TSH", SV.say("status", "pending")],
    ]
    assert "90 µg/L" in detail
    assert "2026-01-16" in detail


def test_columns_that_say_nothing_are_left_out():
    panel = PanelWords(without=["b12"])
    detail = body(situation(conditions=SYMPTOMS, panel=panel), "aosMissing")
    head = f"| {SV.say('column', 'test')} | {SV.say('column', 'status')} |"
    assert head in detail.split("\n")


def test_of_the_answers_only_the_abnormal_are_listed_and_all_are_counted():
    values = PanelWords(values={"hb": "121 g/L", "esr": "62 mm/h"})
    given = situation(conditions=SYMPTOMS, patient=PatientWords(sex="male"), panel=values)
    detail = body(given, "aosReady")
    assert SV.say("phrase", "answeredCount", count=23, total=23) in detail
    assert [r[0] for r in rows(detail)[1:]] == [
        SV.slot(s, short=False) for s in ("hb", "esr", "s_protein_profile")
    ]


def test_an_answer_in_words_is_shown_to_be_read():
    detail = body(situation(conditions=SYMPTOMS, panel="complete"), "aosReady")
    (profile,) = rows(detail)[1:]
    assert profile[0] == SV.slot("s_protein_profile", short=False)
    assert profile[1:3] == ["Normal fördelning, ingen M-komponent", SV.say("flag", "read")]


def test_a_strip_is_shown_only_where_a_component_is_not_negative():
    found = {"loinc|20454-5": "3+"}
    strip = body(situation(conditions=SYMPTOMS, panel=PanelWords(values=found)), "aosReady")
    shown = {r[0]: r[1:3] for r in rows(strip)}
    value, flag = shown[SV.slot("u_dipstick", short=False)]
    assert "protein 3+" in value
    assert flag == SV.say("flag", "read")
    quiet = body(situation(conditions=SYMPTOMS, panel="complete"), "aosReady")
    assert SV.slot("u_dipstick", short=False) not in quiet


def test_a_raised_psa_asks_whether_it_is_the_prostate_on_cards_about_the_panel_alone():
    man = PatientWords(sex="male")
    raised = PanelWords(values={"psa": "45 ug/L"})
    given = situation(conditions=SYMPTOMS, patient=man, panel=raised)
    assert f"- {SV.say('phrase', 'psaHigh')}" in body(given, "aosReady").split("\n")
    normal = situation(conditions=SYMPTOMS, patient=man, panel="complete")
    assert SV.say("phrase", "psaHigh") not in body(normal, "aosReady")
    metastasis = situation(conditions=[lesion()], patient=man, panel=raised)
    assert SV.say("phrase", "psaHigh") not in body(metastasis, "cupRefer")


def test_the_reasons_stand_with_their_evidence():
    detail = body(situation(conditions=SYMPTOMS), "aosMissing")
    assert "Varför:\n\n- [x] aptitlöshet: aptitlöshet (2026-01-31)" in detail
    assert "[ ]" not in detail


def test_a_metastasis_card_names_the_finding_and_says_that_tests_are_not_awaited():
    detail = body(every_situation()["cupRefer"], "cupRefer")
    assert "Blodprov krävs inte" in detail
    assert "prov har svar" not in detail
    assert SV.concept("metastasis.liver") in detail
    assert rows(detail) == []


def test_an_earlier_cancer_is_asked_about_and_never_assumed():
    earlier = lesion("organ.colorectal", status="resolved", text="Tarmcancer 2014")
    detail = body(situation(conditions=[lesion(), earlier]), "cupRefer")
    text = "Tarmcancer 2014 (2026-02-25)"
    assert f"- {SV.say('phrase', 'earlierCancer', text=text)}" in detail


def test_a_known_cancer_is_named_with_the_code_of_its_pathway():
    detail = body(every_situation()["cupExcluded"], "cupExcluded")
    assert f"- {SV.concept('organ.breast')} (" in detail
    assert SV.say("phrase", "treatedBy", codes="VG910") in detail


def test_a_cancer_without_a_pathway_of_its_own_has_no_code():
    given = situation(
        build.condition(
            "organ.breast",
            id="x",
            code=build.concept("http://hl7.org/fhir/sid/icd-10", "C76.1", "Tumör"),
        ),
        conditions=SYMPTOMS,
    )
    shown = [a for a in given.advice if a.topic == "aosSpecific"]
    if shown and not shown[0].redirects:
        assert "Startkod" not in body(given, "aosSpecific")


def test_iron_deficiency_names_both_pathways_and_what_inflammation_hides():
    detail = body(situation(conditions=SYMPTOMS, panel=IRON), "aosIronDeficiency")
    assert detail.count("startkod") == 2
    assert SV.say("phrase", "ferritinCrp") in detail
    calm = PanelWords(values={"hb": "92 g/L", "ferritin": "6 ug/L"})
    quiet = body(situation(conditions=SYMPTOMS, panel=calm), "aosIronDeficiency")
    assert SV.say("phrase", "ferritinCrp") not in quiet


@pytest.mark.parametrize(
    ("key", "condition", "topic"),
    [
        ("fracture", "pathological_fracture", "cupRefer"),
        ("pregnancy", "pregnancy", "cupRefer"),
    ],
)
def test_what_changes_the_handling_is_said(key, condition, topic):
    with_it = situation(conditions=[lesion(), lesion(condition)])
    assert SV.say("phrase", key) in body(with_it, topic)
    assert SV.say("phrase", key) not in body(situation(conditions=[lesion()]), topic)


def test_an_allergy_to_contrast_is_said_before_the_examination():
    given = situation(conditions=[lesion()], allergies=["Jodkontrast: urtikaria"])
    assert "Kontrastmedel: Jodkontrast: urtikaria" in body(given, "cupRefer")


def test_that_the_guideline_is_unclear_about_the_age_of_18_is_said_for_cup():
    young = situation(patient=PatientWords(age=18), conditions=[lesion()])
    assert SV.say("phrase", "eighteen") in body(young, "cupRefer")
    older = situation(patient=PatientWords(age=19), conditions=[lesion()])
    assert SV.say("phrase", "eighteen") not in body(older, "cupRefer")
    cord = situation(patient=PatientWords(age=18), conditions=[lesion(), "cord_compression"])
    assert SV.say("phrase", "eighteen") not in body(cord, "acuteCord")


def test_what_a_referral_lacks_stands_in_the_summary_and_not_once_more():
    lacking = every_situation()["cupCheck"]
    gaps = ", ".join(SV.say("gap", b) for b in PATHWAYS["cup-se"].mandatory)
    shown = card(lacking, "cupCheck")
    assert gaps in shown["summary"]
    assert gaps not in shown["detail"]


def test_what_only_the_clinician_knows_is_asked_and_the_code_to_register_is_named():
    for topic, code in (("aosReady", "VP810"), ("cupRefer", "VP910")):
        conditions = SYMPTOMS if topic == "aosReady" else [lesion()]
        man = situation(conditions=conditions, panel="complete", patient=PatientWords(sex="male"))
        detail = body(man, topic)
        for each in man.advice[0].ask:
            assert f"- {SV.say('ask', each)}" in detail
        assert code in detail
    assert "VP" not in body(every_situation()["cupAsk"], "cupAsk")


def test_nobody_is_asked_to_palpate_what_a_woman_has_not():
    detail = body(situation(conditions=[lesion()]), "cupRefer")
    assert SV.say("ask", "noOrganSigns_female") in detail
    assert SV.say("ask", "noOrganSigns") not in detail


def test_facts_are_shown_where_they_bear_on_the_advice():
    many = CountWords(recent=9, before=2)
    shown = body(situation(conditions=SYMPTOMS, contacts=many), "aosMissing")
    assert SV.say("phrase", "contacts", recent=9, before=2) in shown
    for topic, conditions in (
        ("cupRefer", [lesion()]),
        ("cupAsk", [lesion("lesion.liver")]),
        ("cupExcluded", [lesion(), lesion("organ.breast")]),
    ):
        given = situation(conditions=conditions, contacts=many)
        assert SV.say("heading", "facts") not in body(given, topic)


def test_that_the_guideline_sets_no_limit_is_said_once_and_only_beside_facts():
    many = situation(conditions=SYMPTOMS, contacts=CountWords(recent=9, before=2))
    assert body(many, "aosMissing").count(SV.say("phrase", "noLimit")) == 1
    none = situation(conditions=SYMPTOMS)
    assert SV.say("phrase", "noLimit") not in body(none, "aosMissing")


def unclear(concept="organ.breast"):
    """Give a cancer of long ago of which nobody says whether it is active."""
    return ConditionWords(concept=concept, status="not said", recorded="-3000 d")


@pytest.mark.parametrize(
    ("topic", "conditions"),
    [("data", [lesion()]), ("cupAsk", [lesion("lesion.liver")]), ("aosMissing", SYMPTOMS)],
)
def test_a_cancer_of_unclear_status_is_named_with_what_it_would_mean(topic, conditions):
    detail = body(situation(conditions=[*conditions, unclear()]), topic)
    text = f"{SV.concept('organ.breast')} (2017-12-14)"
    assert f"- {SV.say('phrase', 'unclearCancer', text=text)}" in detail.split("\n")
    assert "Cancer med oklar status" not in wire(situation(conditions=conditions)).decode()


@pytest.mark.parametrize(("name", "pathway"), [("cupExcluded", "cup-se"), ("aosSpecific", "aos")])
def test_a_known_cancer_says_what_applies_when_it_is_over(name, pathway):
    lines = body(every_situation()[name], name).split("\n")
    assert f"- {SV.say('phrase', f'ifOver_{pathway}')}" in lines
    code = next(n for n, line in enumerate(lines) if "tartkod" in line)
    assert lines[code + 1] == f"- {SV.say('phrase', f'ifOver_{pathway}')}"


def test_a_cancer_that_is_the_reason_of_the_card_is_named_once():
    suspected = ConditionWords(
        concept="organ.pancreas", text="Misstänkt pankreascancer", verification="unconfirmed"
    )
    detail = body(situation(conditions=[*SYMPTOMS, suspected]), "aosSpecific")
    (line,) = [x for x in detail.split("\n") if "Misstänkt pankreascancer" in x]
    assert line.startswith("- [x]")


def test_where_cup_takes_the_place_of_a_signed_aos_referral_it_says_so():
    given = {"conditions": [lesion()], "panel": "complete"}
    signing = situation(hook=SIGN, drafts=[aos_draft()], **given)
    assert SV.say("phrase", "insteadOfAos") in body(signing, "cupRefer")
    assert SV.say("phrase", "insteadOfAos") not in body(situation(**given), "cupRefer")


def test_a_source_that_was_not_read_to_its_end_is_named_with_its_reason():
    held = [build.condition(s, id=s.replace("_", "-")) for s in SYMPTOMS]
    given = situation(keys={"conditions": partly(*held)})
    line = f"- {SV.say('source', 'conditions')}: {SV.say('source', 'morePages')}"
    assert line in body(given, "aosMissing")
    assert SV.say("heading", "notChecked") not in body(situation(conditions=SYMPTOMS), "aosMissing")


def test_what_could_not_be_read_and_what_is_another_patients_is_counted():
    stranger = build.observation("hb", id="s", subject={"reference": "Patient/other"})
    broken = build.observation("b12", id="b", code=7)
    given = situation(stranger, broken, conditions=SYMPTOMS)
    detail = body(given, given.advice[0].topic)
    assert SV.say("phrase", "foreignCount", count=1) in detail
    assert SV.say("phrase", "unreadCount", count=1) in detail


def test_only_another_patients_resource_is_not_counted_as_unread():
    stranger = build.observation("hb", id="s", subject={"reference": "Patient/other"})
    detail = body(situation(stranger, conditions=SYMPTOMS), "aosMissing")
    assert SV.say("phrase", "unreadCount", count=1) not in detail


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_source_ends_the_card_with_the_window_that_is_ours(language):
    words = WORDS[language]
    given = situation(conditions=SYMPTOMS, rules=Rules(result_max_age_days=45))
    last = body(given, "aosMissing", language).split("\n\n")[-1]
    assert PATHWAYS["aos"].guideline.url in last
    assert PATHWAYS["aos"].guideline.edition in last
    assert words.say("phrase", "outsideWindow", days=45) in last
    cup = body(every_situation()["cupRefer"], "cupRefer", language).split("\n\n")[-1]
    assert PATHWAYS["cup-se"].guideline.url in cup
    assert "30" not in cup


def test_an_acute_card_rests_on_its_value():
    given = situation(results=[ResultWords(test="ca_ionised", value="1.71 mmol/L")])
    detail = body(given, "acuteCalcium")
    assert f"- [x] {SV.slot('ca_ionised')} 1,71 mmol/L (2026-02-25)" in detail


def test_a_record_without_references_still_gives_reasons():
    held = [build.condition(s, id=None) for s in SYMPTOMS]
    detail = body(judged(*held), "aosMissing")
    assert SV.say("heading", "why") in detail


def test_a_card_on_a_draft_alone_has_no_empty_sections():
    shown = situation(panel="complete", hook=SIGN, drafts=[aos_draft()])
    detail = body(shown, "aosCheck")
    assert "\n\n\n" not in detail
    for heading in SV.tables["heading"].values():
        assert not detail.endswith(f"{heading}:\n\n")
    assert body(situation(conditions=[lesion()], hook=SIGN, drafts=[cup_draft()]), "cupCheck")
