"""What we propose to create or to update: valid, whole, and inventing nothing."""

import json
import re
from decimal import Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from cards.codes import OrderCoding
from cards.note import SUPPORTING
from cards.pathways import PATHWAYS, of_country
from cards.record import Coded, Diagnosis
from cards.referral import (
    LABORATORY,
    REFERRAL,
    Form,
    InvalidTemplate,
    _reason_code,
    checked,
    prepare,
    reason_references,
    template,
)
from cards.rendering import REDIRECTED
from cards.terminology import TERMS
from cards.updating import pruned
from cards.words import WORDS
from tests.cards import build
from tests.cards.shown import (
    GAPS,
    IRON,
    LANGUAGES,
    SIGN,
    SYMPTOMS,
    ConditionWords,
    CountWords,
    MeasureWords,
    OrderWords,
    PanelWords,
    PatientWords,
    ResultWords,
    aos_draft,
    card,
    cards,
    cup_draft,
    every_situation,
    lesion,
    partly,
    proposed,
    situation,
    walk,
)

CATALOGUE = {
    "aos": OrderCoding(system_uri="urn:local", code="R123", display="Remiss AOS"),
    "b12": OrderCoding(system_uri="urn:local", code="L1", display=""),
    "colorectal": OrderCoding(system_uri="urn:local", code="R9", display="Remiss tarm"),
}
SV = WORDS["sv"]


def draft_of(assessment, topic, language="sv", **form):
    """Give the one referral that a card proposes."""
    shown = card(assessment, topic, language, form=Form(**form))
    (found,) = (r for r in proposed(shown) if r["category"][0]["coding"][0]["code"] == REFERRAL[0])
    return found


def orders_of(assessment, topic="aosMissing", **form):
    """Give the laboratory orders that a card proposes."""
    return [
        r
        for r in proposed(card(assessment, topic, form=Form(**form)))
        if r["category"][0]["coding"][0]["code"] == LABORATORY[0]
    ]


def block(resource, name, language="sv"):
    """Give the text of a block of the note, without its heading."""
    heading = WORDS[language].say("block", name)
    (text,) = (n["text"] for n in resource["note"] if n["text"].startswith(f"{heading}\n"))
    return text.removeprefix(f"{heading}\n")


# -- every resource ------------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
def test_everything_proposed_is_valid_fhir_with_the_required_codes(language):
    count = 0
    for assessment in every_situation().values():
        for shown in cards(assessment, language):
            for kind in ("create", "update"):
                for resource in proposed(shown, kind):
                    checked(resource)
                    count += 1
                    assert resource["status"] == "draft"
                    assert resource["priority" if kind == "create" else "intent"]
    assert count >= 15


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_is_invented_when_nobody_said_it(language):
    for assessment in every_situation().values():
        for shown in cards(assessment, language):
            for resource in proposed(shown):
                given = {"performer", "locationCode", "locationReference"}
                given |= {"identifier", "insurance", "bodySite"}
                assert not given & resource.keys()
                routed = shown["source"]["topic"]["code"] == "dkRoute"
                assert routed or "performerType" not in resource
                assert not any(name.startswith("occurrence") for name in resource)


@pytest.mark.parametrize(
    "wrong", [{"status": "sent"}, {"intent": "wish"}, {"priority": "now"}, {"subject": None}]
)
def test_what_is_not_valid_is_refused(wrong):
    whole = {**template(REFERRAL, "urgent"), **wrong}
    with pytest.raises(InvalidTemplate):
        checked({k: v for k, v in whole.items() if v is not None})


def test_every_template_is_valid():
    prepare()
    assert template(LABORATORY, "urgent")["priority"] == "urgent"


# -- the referral --------------------------------------------------------------------------------


def test_the_referral_says_who_what_and_by_whom():
    found = draft_of(situation(conditions=SYMPTOMS, panel="complete"), "aosReady")
    assert found["status"] == "draft"
    assert found["intent"] == "order"
    assert found["priority"] == "urgent"
    assert found["category"][0]["coding"][0]["code"] == "3457005"
    assert found["subject"] == {"reference": "Patient/p1"}
    assert found["encounter"] == {"reference": "Encounter/e1"}
    assert found["requester"] == {"reference": "Practitioner/doctor"}
    assert found["authoredOn"] == "2026-03-02"
    assert found["code"]["coding"] == [
        {"system": build.OURS, "code": "svf-aos", "display": found["code"]["text"]}
    ]


def test_the_installation_decides_intent_and_canonical():
    assessment = situation(conditions=SYMPTOMS, panel="complete")
    found = draft_of(assessment, "aosReady", intent="proposal", canonical="https://region.example")
    assert found["intent"] == "proposal"
    system = found["code"]["coding"][0]["system"]
    assert system == "https://region.example/CodeSystem/pathway-order"


def test_the_catalogue_of_the_client_wins():
    ready = situation(conditions=SYMPTOMS, panel="complete")
    found = draft_of(ready, "aosReady", orders=CATALOGUE)
    assert found["code"]["coding"] == [
        {"system": "urn:local", "code": "R123", "display": "Remiss AOS"}
    ]
    (b12, *_) = orders_of(situation(conditions=SYMPTOMS, panel=GAPS), orders=CATALOGUE)
    assert b12["code"]["coding"] == [{"system": "urn:local", "code": "L1"}]


def test_without_an_encounter_or_a_caller_none_is_named():
    held = [build.condition("fatigue"), build.condition("weight_loss")]
    from tests.cards.shown import judged

    found = draft_of(judged(*held, call=build.call()), "aosMissing")
    assert not {"encounter", "requester"} & found.keys()


def test_the_reasons_are_the_findings_in_words_and_by_reference():
    found = draft_of(situation(conditions=SYMPTOMS, panel="complete"), "aosReady")
    assert [c["text"] for c in found["reasonCode"]] == ["aptitlöshet", "viktnedgång"]
    assert found["reasonReference"] == [
        {"reference": "Condition/c0"},
        {"reference": "Condition/c1"},
    ]
    question = SV.say("note", "question")
    assert block(found, "reason") == (
        f"- aptitlöshet (2026-01-31)\n- viktnedgång (2026-01-31)\n[fylls i] {question}"
    )


def test_the_symptoms_that_support_cup_are_among_its_reasons_after_the_finding():
    recorded = [*reversed(SUPPORTING["cup-se"]), "malaise"]
    found = draft_of(situation(conditions=[*recorded, lesion()]), "cupRefer")
    *lines, gap = block(found, "reason").split("\n")
    named = [SV.concept("metastasis.liver"), *(SV.concept(c) for c in SUPPORTING["cup-se"])]
    assert [line.removeprefix("- ").rpartition(" (")[0] for line in lines] == named
    assert lines[1].endswith("(2026-01-31)")
    assert gap == f"[fylls i] {SV.say('note', 'question')}"
    assert [c["text"] for c in found["reasonCode"]] == named[:1]


def test_a_symptom_that_is_over_does_not_support_cup_and_one_with_two_meanings_is_said_once():
    over = ConditionWords(concept="pain", status="resolved", onset="-30 d")
    found = draft_of(situation(conditions=[lesion(), over]), "cupRefer")
    assert SV.concept("pain") not in block(found, "reason")
    both = build.code_of("pain")["coding"] + build.code_of("fatigue")["coding"]
    twice = build.condition("pain", code={"coding": both, "text": "Ont och trött"})
    found = draft_of(situation(twice, conditions=[lesion()]), "cupRefer")
    assert block(found, "reason").count("Ont och trött") == 1


def test_every_supporting_symptom_is_known_and_belongs_to_a_pathway():
    assert set(SUPPORTING) <= set(PATHWAYS)
    assert all(TERMS.concept(c) for concepts in SUPPORTING.values() for c in concepts)


def test_the_codes_of_the_record_travel_with_the_reasons():
    coded = Diagnosis(
        frozenset({"fatigue"}),
        "present",
        "trött",
        codings=(Coded("urn:x", "R53", "Trött\nhet"), Coded("urn:y", "1")),
    )
    assert _reason_code(coded) == {
        "coding": [
            {"system": "urn:x", "code": "R53", "display": "Trött het"},
            {"system": "urn:y", "code": "1"},
        ],
        "text": "trött",
    }
    assert "text" not in _reason_code(Diagnosis(frozenset(), "present", ""))


def test_a_finding_without_resources_gives_no_empty_reference():
    reasons = every_situation()["aosMissing, all"].advice[0].criteria
    assert reason_references(reasons)["reasonReference"]
    assert reason_references(type(reasons)("x", True, ("only words",))) == {}


def test_an_abnormal_value_that_triggered_is_among_the_reasons():
    suspicion = build.condition("suspected_malignancy_obs", onsetDateTime=build.RECENT)
    values = PanelWords(values={"esr": "62 mm/h"})
    found = draft_of(situation(suspicion, panel=values), "aosReady")
    assert "SR 62 mm/h högt (2026-02-25)" in block(found, "reason")


def test_every_answer_used_is_pointed_at_and_then_the_imaging():
    assessment = situation(conditions=SYMPTOMS, panel="complete", reports=["DT buk"])
    found = draft_of(assessment, "aosReady")
    pointed = [i["reference"] for i in found["supportingInfo"]]
    used = {
        r.reference
        for s in assessment.chart.slots.values()
        if s.status == "answered"
        for r in s.results
    }
    assert set(pointed) == used | {"DiagnosticReport/i0"}
    assert len(pointed) == len(set(pointed))
    assert pointed[-1] == "DiagnosticReport/i0"
    assert "- DT buk (2026-02-25): normal" in block(found, "results")


def test_examinations_stand_with_their_conclusions_the_newest_first():
    def report(number, day, **changes):
        code = {"text": f"Undersökning {number}"}
        return build.diagnostic_report(id=f"x{number}", code=code, effectiveDateTime=day, **changes)

    study = {"id": "s", "status": "available", "subject": build.MINE, "started": "2026-02-27"}
    held = [
        report(1, "2026-01-10", conclusion=f"Lång {'a' * 2000}"),
        report(2, "2026-02-10", conclusion=None, category=[build.concept(None, "PAT")]),
        report(3, "2024-12-24"),
        report(4, "2026-02-12", category=[build.concept(None, "LAB")]),
        build.resource("ImagingStudy", study, {"description": "MR rygg"}),
    ]
    found = draft_of(situation(*held, conditions=SYMPTOMS), "aosMissing")
    newest, second, longest = block(found, "results").split("\n")
    assert newest == "- MR rygg (2026-02-27)"
    assert second == "- Undersökning 2 (2026-02-10)"
    head = "- Undersökning 1 (2026-01-10): "
    assert longest.startswith(f"{head}Lång aaa")
    assert len(longest) == len(head) + 1500
    pointed = [i["reference"] for i in found["supportingInfo"]]
    assert pointed == ["ImagingStudy/s", "DiagnosticReport/x2", "DiagnosticReport/x1"]


@pytest.mark.parametrize(
    ("topic", "conditions", "key"),
    [("aosMissing", SYMPTOMS, "examination"), ("cupRefer", [lesion()], "examination_cup")],
)
@pytest.mark.parametrize(
    ("sex", "end"), [("male", ""), ("female", "_female"), ("other", ""), ("not said", "")]
)
def test_the_examination_is_a_marked_gap_with_what_the_guideline_wants(
    topic, conditions, key, sex, end
):
    found = draft_of(situation(conditions=conditions, patient=PatientWords(sex=sex)), topic)
    assert block(found, "examination") == f"[fylls i] {SV.say('note', key + end)}"


def test_the_examination_is_demanded_of_aos_and_asked_about():
    assert "examination" in PATHWAYS["aos"].mandatory
    assert "examined" in PATHWAYS["aos"].ask
    assert "examination" not in PATHWAYS["cup-se"].mandatory


def test_what_the_guideline_sets_no_limit_for_is_not_said_in_the_referral():
    many = situation(conditions=SYMPTOMS, contacts=CountWords(recent=9, before=2))
    found = draft_of(many, "aosMissing")
    assert SV.say("phrase", "contacts", recent=9, before=2) in block(found, "history")
    assert SV.say("phrase", "noLimit") not in json.dumps(found, ensure_ascii=False)


def test_without_answers_nothing_is_pointed_at():
    found = draft_of(situation(conditions=SYMPTOMS), "aosMissing")
    assert "supportingInfo" not in found
    assert block(found, "results") == "inget funnet i journalen"


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("topic", "pathway"), [("aosMissing", "aos"), ("cupRefer", "cup-se")])
def test_the_note_has_the_blocks_of_the_pathway_in_order(topic, pathway, language):
    found = draft_of(every_situation()[topic], topic, language)
    headings = [n["text"].split("\n")[0] for n in found["note"]]
    expected = [WORDS[language].say("block", b) for b in PATHWAYS[pathway].blocks]
    assert headings == expected
    assert all(n["text"].split("\n", 1)[1].strip() for n in found["note"])


def test_the_table_of_results_has_value_unit_date_and_flag():
    assessment = situation(conditions=SYMPTOMS, panel=GAPS)
    text = block(draft_of(assessment, "aosMissing"), "results")
    header, _, first, *_ = text.split("\n")
    columns = [SV.say("column", c) for c in ("test", "value", "date", "flag")]
    assert header == f"| {' | '.join(columns)} |"
    assert first == "| B-Hemoglobin | 60 g/L | 2026-02-25 | lågt |"
    assert "Ferritin" not in text
    assert "TSH" not in text


def test_what_is_missing_is_said_with_its_reason():
    text = block(draft_of(situation(conditions=SYMPTOMS, panel=GAPS), "aosMissing"), "lacking")
    lines = text.split("\n")
    assert "- P-Kobalamin (B12): saknas" in lines
    (old,) = (line for line in lines if "Ferritin" in line)
    assert old.startswith("- P-Ferritin: för gammalt (")
    assert "2026-01-16" in old
    assert "90 µg/L" in old
    (waiting,) = (line for line in lines if "TSH" in line)
    assert "svar väntas" in waiting


def test_what_was_not_checked_is_said_as_such_and_never_as_missing():
    assessment = situation(conditions=SYMPTOMS, keys={"observations": ...})
    text = block(draft_of(assessment, "data"), "lacking")
    assert "inte kontrollerat" in text
    assert "saknas" not in text


def test_a_word_of_the_record_stays_on_its_line():
    odd = "ja\n- B-Hemoglobin | 999 g/L |"
    held = build.observation(
        "s_protein_profile", value=odd, id="odd", effectiveDateTime=build.RECENT
    )
    assessment = situation(
        held, conditions=SYMPTOMS, panel=PanelWords(without=["s_protein_profile"])
    )
    text = block(draft_of(assessment, "aosReady"), "results")
    rows = [line for line in text.split("\n") if line.startswith("|")]
    assert len({row.count("|") for row in rows}) == 1
    assert any("999 g/L" in row and "S-Proteinprofil" in row for row in rows)


def test_what_only_the_clinician_knows_is_a_marked_gap():
    found = draft_of(situation(conditions=SYMPTOMS, panel="complete"), "aosReady")
    assert block(found, "information").startswith("[fylls i]")
    assert "[fylls i]" in block(found, "history")
    assert found["patientInstruction"] == SV.say("note", "patientInstruction")


def test_the_history_holds_the_facts_of_the_record():
    facts = situation(
        conditions=SYMPTOMS,
        panel="complete",
        contacts=CountWords(recent=9, before=2),
        measures=[
            MeasureWords(kind="weight", value=80, taken="-200 d"),
            MeasureWords(kind="weight", value=72, taken="-2 d"),
        ],
    )
    text = block(draft_of(facts, "aosReady"), "history")
    assert "9" in text
    assert "−8 kg (−10 %)" in text


def test_earlier_and_present_cancers_are_in_their_block():
    assessment = situation(
        conditions=[lesion(), lesion("organ.colorectal", status="resolved", text="Tarmcancer 2014")]
    )
    assert "- Tarmcancer 2014 (" in block(draft_of(assessment, "cupRefer"), "malignancy")


def test_no_cancer_found_differs_from_diagnoses_not_read():
    whole = draft_of(situation(conditions=SYMPTOMS), "aosMissing")
    assert block(whole, "malignancy") == f"- {SV.say('note', 'noCancer')}"
    held = [build.condition(s, id=s.replace("_", "-")) for s in SYMPTOMS]
    signing = situation(keys={"conditions": partly(*held)}, hook=SIGN, drafts=[aos_draft()])
    actions = [a for s in card(signing, "aosMissing")["suggestions"] for a in s["actions"]]
    (part,) = (a["resource"] for a in actions if a["type"] == "update")
    assert block(part, "malignancy") == f"[fylls i] {SV.say('note', 'notRead')}"


def test_of_diagnoses_not_read_to_the_end_the_cancers_are_told_and_the_gap_is_marked():
    old = build.condition("organ.lung", clinicalStatus=build.concept(None, "resolved"))
    held = [*(build.condition(s, id=s.replace("_", "-")) for s in SYMPTOMS), old]
    signing = situation(keys={"conditions": partly(*held)}, hook=SIGN, drafts=[aos_draft()])
    (part,) = proposed(card(signing, "aosMissing"), "update")
    assert block(part, "malignancy").split("\n") == [
        f"- {SV.concept('organ.lung')} (2026-01-15)",
        f"[fylls i] {SV.say('note', 'notRead')}",
    ]


def test_earlier_disease_has_the_cancers_first_and_then_what_no_rule_asks_for():
    diabetes = ConditionWords(code="icd10_se|E11.9", text="Diabetes typ 2", recorded="-900 d")
    recorded = [
        diabetes,
        *SYMPTOMS,
        ConditionWords(concept="organ.lung", status="not said", recorded="-3000 d"),
        ConditionWords(code="icd10_se|Z85.3", text="Bröstcancer i anamnesen", recorded="-800 d"),
        ConditionWords(code="icd10_se|C44.3", text="Basaliom", recorded="-90 d"),
        ConditionWords(code="icd10_se|I10.9", text="Oklar", status="odd", recorded="-90 d"),
    ]
    signing = situation(conditions=recorded, hook=SIGN, drafts=[aos_draft()], panel="complete")
    (found,) = proposed(card(signing, "aosCheck"), "update")
    unclear = f"{SV.concept('organ.lung')} (2017-12-14)"
    assert block(found, "malignancy").split("\n") == [
        "- Bröstcancer i anamnesen (2023-12-23)",
        "- Basaliom (2025-12-02)",
        f"- {SV.say('note', 'unclear', text=unclear)}",
        "- Diabetes typ 2 (2023-09-14)",
    ]


def test_what_the_reason_names_is_no_earlier_disease():
    old = ConditionWords(concept="pain", text="Gammal värk", onset="-900 d")
    aos = draft_of(situation(conditions=[*SYMPTOMS, old], panel="complete"), "aosReady")
    assert "viktnedgång (2026-01-31)" in block(aos, "reason")
    assert block(aos, "malignancy").split("\n")[1:] == ["- Gammal värk (2023-09-14)"]
    cup = draft_of(situation(conditions=[lesion(), "pain"]), "cupRefer")
    assert SV.concept("pain") in block(cup, "reason")
    assert block(cup, "malignancy") == f"- {SV.say('note', 'noCancer')}"


def test_what_began_of_late_stands_in_the_history_and_is_no_earlier_disease():
    others = [
        ConditionWords(code="icd10_se|R61.9", text="Nattsvettningar", onset="-20 d"),
        ConditionWords(code="icd10_se|R61.9", text="Gamla svettningar", onset="-200 d"),
        ConditionWords(code="icd10_se|I10.9", text="Högt blodtryck", recorded="-20 d"),
        ConditionWords(code="icd10_se|J03.9", text="Halsfluss", onset="-20 d", status="resolved"),
        ConditionWords(concept="pregnancy", text="Graviditet", onset="-210 d"),
    ]
    found = draft_of(situation(conditions=["pain", *others], panel="complete"), "aosReady")
    lines = block(found, "history").split("\n")
    assert lines[:2] == ["- Nattsvettningar (2026-02-10)", "- Graviditet (2025-08-04)"]
    assert lines[-1].startswith(SV.say("phrase", "gap"))
    assert SV.concept("pain") not in block(found, "history")
    assert block(found, "malignancy").split("\n")[1:] == [
        "- Gamla svettningar (2025-08-14)",
        "- Högt blodtryck (2026-02-10)",
        "- Halsfluss (2026-02-10)",
    ]


def test_a_pregnancy_of_years_ago_is_earlier():
    old = ConditionWords(concept="pregnancy", text="Graviditet", onset="-800 d")
    found = draft_of(situation(conditions=["pain", old], panel="complete"), "aosReady")
    assert "Graviditet" not in block(found, "history")
    assert "Graviditet" in block(found, "malignancy")


def test_a_cord_compression_is_a_reason_and_first_while_it_is_new():
    cord = ConditionWords(concept="cord_compression", text="Tvärsnittssyndrom", onset="-1 d")
    found = draft_of(situation(conditions=[lesion(), cord]), "cupRefer")
    assert block(found, "reason").startswith("- Tvärsnittssyndrom (2026-03-01)\n- ")
    assert "Tvärsnittssyndrom" not in block(found, "malignancy")
    past = ConditionWords(concept="cord_compression", text="Tvärsnittssyndrom", onset="-700 d")
    found = draft_of(situation(conditions=[lesion(), past]), "cupRefer")
    assert "Tvärsnittssyndrom" not in block(found, "reason")
    assert "Tvärsnittssyndrom" in block(found, "malignancy")


def test_beside_a_reason_of_ones_own_the_symptoms_stand_in_the_history():
    cord = ConditionWords(concept="cord_compression", text="Tvärsnittssyndrom", onset="-1 d")
    written = cup_draft(reasonCode=[{"text": "Förändring i levern"}])
    signing = situation(conditions=[lesion(), "pain", cord], hook=SIGN, drafts=[written])
    (found,) = proposed(card(signing, "cupCheck"), "update")
    lines = block(found, "history").split("\n")
    assert lines[0] == "- Tvärsnittssyndrom (2026-03-01)"
    assert lines[1].startswith(f"- {SV.concept('pain')} (")
    assert SV.concept("metastasis.liver") not in block(found, "history")
    assert "Tvärsnittssyndrom" not in block(found, "malignancy")


def test_at_most_twenty_other_conditions_are_told_and_every_cancer():
    many = [
        ConditionWords(code="icd10_se|E11.9", text=f"Sjukdom {n}", recorded="-90 d")
        for n in range(25)
    ]
    cancers = [
        ConditionWords(code="icd10_se|Z85.3", text=f"Cancer {n}", recorded="-90 d")
        for n in range(25)
    ]
    found = draft_of(situation(conditions=[lesion(), *many, *cancers]), "cupRefer")
    lines = block(found, "malignancy").split("\n")
    assert lines[:25] == [f"- Cancer {n} (2025-12-02)" for n in range(25)]
    assert lines[25:] == [f"- Sjukdom {n} (2025-12-02)" for n in range(20)]


@pytest.mark.parametrize(
    "cancer",
    [
        ConditionWords(concept="metastasis.liver", text="Levermetastas", onset="-400 d"),
        ConditionWords(concept="metastasis.liver", text="Levermetastas", status="resolved"),
        ConditionWords(code="icd10_se|C80.9", text="Levermetastas", recorded="-20 d"),
    ],
)
def test_no_cancer_is_never_said_beside_a_metastasis_or_an_unknown_primary(cancer):
    found = draft_of(situation(conditions=[*SYMPTOMS, cancer], panel="complete"), "aosReady")
    assert block(found, "malignancy").startswith("- Levermetastas (")
    assert SV.say("note", "noCancer") not in block(found, "malignancy")


def test_a_metastasis_of_unclear_status_is_told_as_unclear():
    odd = ConditionWords(concept="metastasis.bone", status="odd", text="Skelettmetastas")
    signing = situation(
        conditions=[*SYMPTOMS, odd], hook=SIGN, drafts=[aos_draft()], panel="complete"
    )
    (found,) = proposed(card(signing, "aosCheck"), "update")
    text = "Skelettmetastas (utan datum)"
    assert f"- {SV.say('note', 'unclear', text=text)}" in block(found, "malignancy").split("\n")


def test_the_metastasis_that_is_the_reason_is_not_told_twice():
    found = draft_of(situation(conditions=[lesion()]), "cupRefer")
    assert block(found, "malignancy") == f"- {SV.say('note', 'noCancer')}"
    old = ConditionWords(concept="metastasis.bone", text="Skelettmetastas", onset="-700 d")
    found = draft_of(situation(conditions=[lesion(), old]), "cupRefer")
    assert block(found, "malignancy") == "- Skelettmetastas (2024-04-01)"


def test_no_referral_is_proposed_where_a_known_cancer_may_be_unread():
    held = [build.condition(s, id=s.replace("_", "-")) for s in SYMPTOMS]
    partial = card(situation(keys={"conditions": partly(*held)}), "aosMissing")
    assert [a["type"] for s in partial["suggestions"] for a in s["actions"]]
    assert not [
        r for r in proposed(partial) if r["category"][0]["coding"][0]["code"] == REFERRAL[0]
    ]


def test_the_phones_are_filled_in_or_marked_as_gaps():
    known = draft_of(situation(conditions=SYMPTOMS), "aosMissing")
    assert block(known, "phonePatient") == "070-1740605"
    assert block(known, "phoneReferrer") == "08-123 456 00"
    patient = PatientWords(phone=None)
    unknown = draft_of(
        situation(conditions=SYMPTOMS, patient=patient, referrer_phone=None), "aosMissing"
    )
    assert block(unknown, "phonePatient") == "[fylls i]"
    assert block(unknown, "phoneReferrer") == "[fylls i]"


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("hook", ["patient-view", SIGN])
def test_a_protected_identity_leaves_no_phone_and_no_address_anywhere(hook, language):
    home = {"line": ["Hemliga vägen 7"], "city": "Dolda byn", "postalCode": "12345"}
    person = build.patient(
        meta={"security": [{"system": "urn:x", "code": "R"}]},
        telecom=[{"system": "phone", "value": "070-1740605"}],
        address=[home],
        contact=[{"telecom": [{"system": "phone", "value": "070-9998877"}]}],
    )
    for drafts in ([aos_draft()], [cup_draft()]):
        assessment = situation(
            conditions=[lesion(), *SYMPTOMS],
            panel=GAPS,
            hook=hook,
            drafts=drafts if hook == SIGN else (),
            keys={"patient": person},
        )
        text = json.dumps(cards(assessment, language), ensure_ascii=False, default=str)
        assert "cards" not in text
        for secret in ("1740605", "9998877", "Hemliga", "Dolda", "12345"):
            assert secret not in text
        assert WORDS[language].say("phrase", "protectedGap") in text


# -- laboratory orders ---------------------------------------------------------------------------


def test_one_order_for_each_test_that_is_missing_or_too_old():
    orders = orders_of(situation(conditions=SYMPTOMS, panel=GAPS))
    names = [o["code"]["text"] for o in orders]
    assert names == ["P-Kobalamin (B12)", "P-Ferritin", "S-Kappakedja, fri", "S-Lambdakedja, fri"]
    assert len({o["id"] for o in orders}) == 4


def test_an_order_has_npu_and_loinc_and_says_the_specimen():
    (b12, *_) = orders_of(situation(conditions=SYMPTOMS, panel=GAPS))
    assert [c["system"] for c in b12["code"]["coding"]] == [build.NPU, build.LOINC]
    assert b12["specimen"] == [{"display": "plasma eller serum"}]
    assert b12["category"][0]["coding"][0]["code"] == "15220000"
    assert "note" not in b12


def test_psa_is_never_ordered_for_a_woman_but_for_a_man():
    for sex, ordered in (("female", False), ("male", True)):
        nothing = situation(conditions=SYMPTOMS, patient=PatientWords(sex=sex))
        assert ("P-PSA" in [o["code"]["text"] for o in orders_of(nothing)]) is ordered


def test_what_somebody_waits_for_is_not_ordered_again():
    waiting = situation(conditions=SYMPTOMS, orders=[OrderWords(test="b12")])
    names = [o["code"]["text"] for o in orders_of(waiting)]
    assert "P-Kobalamin (B12)" not in names
    assert "P-Folat" in names


def test_a_result_that_cannot_be_read_by_us_is_not_ordered_again():
    odd = ResultWords(test="b12", value="350 furlong")
    panel = PanelWords(without=["b12", "folate"])
    found = situation(conditions=SYMPTOMS, panel=panel, results=[odd])
    assert [o["code"]["text"] for o in orders_of(found)] == ["P-Folat"]


# -- other pathways ------------------------------------------------------------------------------


def test_iron_deficiency_offers_a_draft_for_each_of_the_two_pathways():
    found = proposed(card(situation(conditions=SYMPTOMS, panel=IRON), "aosIronDeficiency"))
    codes = [r["code"]["coding"][0]["code"] for r in found]
    assert codes == ["svf-colorectal", "svf-oesophagus-stomach"]
    for each in found:
        assert {r["reference"].split("/")[0] for r in each["reasonReference"]} == {"Observation"}
        headings = [n["text"].split("\n")[0] for n in each["note"]]
        assert headings == [SV.say("block", b) for b in REDIRECTED]
        assert "Hb 92 g/L lågt (2026-02-25)" in block(each, "reason")
        assert re.search(r"- ferritin \d+ µg/L( lågt)? \(2026-02-25\)", block(each, "reason"))
        assert "[fylls i]" in block(each, "information")
        assert block(each, "phonePatient") == "070-1740605"


def test_a_redirect_has_the_coding_of_the_catalogue():
    iron = situation(conditions=SYMPTOMS, panel=IRON)
    found = proposed(card(iron, "aosIronDeficiency", form=Form(orders=CATALOGUE)))
    assert found[0]["code"]["coding"][0]["code"] == "R9"


# -- completing a draft --------------------------------------------------------------------------

RICH = {
    "id": "x" * 200,
    "status": "active",
    "meta": {"versionId": "7", "profile": ["https://ehr.example/profile"]},
    "implicitRules": "https://ehr.example/rules",
    "language": "sv",
    "contained": [{"resourceType": "Organization", "id": "o", "name": "Avd 1"}],
    "extension": [{"url": "https://ehr.example/e", "valueDecimal": Decimal("1.10")}],
    "identifier": [{"system": "urn:x", "value": "1"}],
    "instantiatesUri": [None, "urn:b"],
    "_instantiatesUri": [{"extension": [{"url": "urn:e", "valueString": "a"}]}, None],
    "_status": {"extension": [{"url": "https://ehr.example/s", "valueInteger": 0}]},
    "quantityQuantity": {"value": Decimal("1.10"), "unit": "1"},
    "doNotPerform": False,
    "note": [{"text": "Egen anteckning.", "time": "2026-03-01"}],
    "supportingInfo": [{"reference": "DocumentReference/d"}],
    "reasonCode": [{"text": "Trött"}],
    "madeUp": {"deep": [{"er": [1, Decimal("2.50")]}]},
    "patientInstruction": "Fasta",
}


def exact(value):
    """Give JSON that keeps the digits of decimals."""
    marks = {}

    def mark(number):
        marks[f"\u0001{len(marks)}\u0001"] = str(number)
        return list(marks)[-1]

    text = json.dumps(value, ensure_ascii=False, default=mark)
    for name, digits in marks.items():
        text = text.replace(json.dumps(name), digits)
    return text.encode()


def signed(draft, **words):
    """Give the assessment of a draft being signed, its decimals as written."""
    from cards.assessment import assess
    from cards.drafts import read_drafts
    from cards.panel import Rules
    from tests.cards.shown import case, resources

    call = build.call(user="Practitioner/doctor", encounter="e1")
    bundle = exact({"resourceType": "Bundle", "entry": [{"resource": draft}]})
    drafts = read_drafts(bundle, call)
    record = build.record_of(*resources(case(**words)), the_call=call)
    return assess(record, of_country("SE"), Rules(), SIGN, drafts)


def completed_of(draft, topic="aosCheck", language="sv", **words):
    """Give the updated draft, its decimals as sent, or None where no update is offered."""
    given = {"panel": "complete", **words}
    updates = proposed(card(signed(draft, **given), topic, language), "update")
    return updates[0] if updates else None


def test_an_update_carries_the_whole_draft_and_only_adds():
    draft = aos_draft(**RICH)
    found = completed_of(draft)
    for name, value in draft.items():
        if name in {"note", "supportingInfo"}:
            assert found[name][: len(value)] == value
            assert len(found[name]) > len(value)
        else:
            assert found[name] == value, name
    assert found.keys() == draft.keys()


def test_digits_are_sent_back_as_they_came():
    from tests.cards.shown import wire

    assert b'"valueDecimal":1.10' in wire(signed(aos_draft(**RICH), panel="complete"))


AOS = "Allvarliga ospecifika symtom"


@pytest.mark.parametrize(
    ("empty", "left"),
    [
        ({"code": {"coding": [{}], "text": AOS}}, {"code": {"text": AOS}}),
        ({"reasonCode": []}, {}),
        ({"occurrenceDateTime": None}, {}),
        ({"bodySite": [None, {}, ""]}, {}),
        ({"performer": [{"reference": ""}]}, {}),
        ({"locationCode": [{"coding": [None], "text": ""}]}, {}),
    ],
)
def test_what_is_empty_in_a_draft_is_not_sent_back(empty, left):
    found = completed_of(aos_draft(**empty))
    empties = [path for path, value in walk(found) if value in (None, "", [], {})]
    assert empties == []
    for name in empty:
        if name != "reasonCode":
            assert found.get(name) == left.get(name)


def test_what_was_sent_decides_who_has_to_be_asked():
    found = completed_of(aos_draft(reasonCode=[{"text": "Trött"}]), conditions=SYMPTOMS)
    assert found["reasonCode"] == [{"text": "Trött"}]
    assert "reasonReference" not in found
    lacking = completed_of(aos_draft(), conditions=SYMPTOMS)
    assert [c["text"] for c in lacking["reasonCode"]] == ["aptitlöshet", "viktnedgång"]
    assert len(lacking["reasonReference"]) == 2


def test_a_draft_without_a_reason_and_a_record_without_one_leave_a_gap():
    text = block(completed_of(aos_draft()), "reason")
    assert text == f"[fylls i]\n[fylls i] {SV.say('note', 'question')}"


def test_a_draft_without_id_is_not_updated():
    draft = {k: v for k, v in aos_draft().items() if k != "id"}
    assert completed_of(draft) is None


@pytest.mark.parametrize(
    "old",
    [
        {"note": {"text": "Fri text"}},
        {"note": "Fri text"},
        {"supportingInfo": {"reference": "Observation/1"}},
        {"reasonCode": {"text": "Trött"}},
        {"reasonReference": {"reference": "Condition/1"}},
        {"note": [{"text": 7}]},
        {"note": ["text"]},
        {"supportingInfo": ["Observation/1"]},
    ],
)
def test_a_draft_of_an_older_or_broken_form_is_left_alone(old):
    assert completed_of(aos_draft(**old)) is None


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("again", LANGUAGES)
def test_accepting_the_update_leaves_nothing_to_add(language, again):
    given = {"panel": GAPS, "conditions": SYMPTOMS}
    first = completed_of(aos_draft(), "aosMissing", language, **given)
    assert completed_of(first, "aosMissing", again, **given) is None


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_check_of_a_completed_draft_names_only_what_is_still_marked(language):
    words = WORDS[language]
    given = {"conditions": [lesion()], "panel": "complete"}
    first = completed_of(cup_draft(), "cupCheck", language, **given)
    shown = card(signed(first, **given), "cupCheck", language)
    assert shown["summary"] == words.say(
        "summary", "cupCheck", blocks=words.say("gap", "information")
    )
    assert "suggestions" not in shown
    filled = json.loads(
        exact(first).decode().replace(words.say("phrase", "gap"), "Patienten vet."),
        parse_float=Decimal,
    )
    assert cards(signed(filled, **given), language) == []


def test_new_answers_are_added_to_a_completed_draft():
    given = {"panel": GAPS, "conditions": SYMPTOMS}
    first = completed_of(aos_draft(), "aosMissing", **given)
    second = completed_of(first, conditions=SYMPTOMS)
    assert len(second["supportingInfo"]) > len(first["supportingInfo"])
    assert sum(n["text"].startswith("Provsvar") for n in second["note"]) == 2


# -- pruning -------------------------------------------------------------------------------------

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.sampled_from(["", "a"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["a", "b", "c"]), inner, max_size=3)
    ),
    max_leaves=12,
)


@given(JSON)
@example({"a": [None, {}, []], "b": {"c": {"a": None}}})
@example([0, False, ""])
def test_what_is_pruned_has_nothing_empty_and_lost_nothing_else(value):
    kept = pruned(value)
    inner = [v for path, v in walk(kept) if path]
    assert not any(v is None or v in ("", [], {}) for v in inner)
    leaves = [v for _, v in walk(value) if v is not None and v not in ("", [], {})]
    said = [v for v in leaves if not isinstance(v, (dict, list))]
    assert said == [
        v for _, v in walk(kept) if not isinstance(v, (dict, list)) and v not in (None, "")
    ]


def test_nulls_that_line_up_values_with_their_extensions_stay():
    whole = {"given": ["A", None], "_given": [None, {"id": "x"}], "family": "B", "_family": {}}
    assert pruned(whole) == {"given": ["A", None], "_given": [None, {"id": "x"}], "family": "B"}
    assert pruned({"given": ["A"], "_given": [None]}) == {"given": ["A"]}


# -- what the reader of the referral must not misunderstand ---------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
def test_that_nothing_lacks_an_answer_is_said_as_that(language):
    ready = situation(conditions=SYMPTOMS, panel="complete")
    text = block(draft_of(ready, "aosReady", language), "lacking", language)
    assert text == WORDS[language].say("phrase", "answeredCount", count=22, total=22)


def test_a_computed_value_is_marked_among_the_reasons_and_among_the_results():
    results = [
        ResultWords(test="ca_total", value="2.58 mmol/L", specimen="s1"),
        ResultWords(test="albumin", value="30 g/L", specimen="s1"),
    ]
    stated = build.condition("suspected_malignancy_obs", onsetDateTime=build.RECENT)
    panel = PanelWords(without=["calcium", "albumin"])
    found = draft_of(situation(stated, panel=panel, results=results), "aosReady")
    assert "2,81 mmol/L (beräknat)" in block(found, "reason")
    assert "2,81 mmol/L (beräknat)" in block(found, "results")
