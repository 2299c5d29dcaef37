"""What a referral being signed says, and what it still lacks."""

import json

import msgspec
import pytest

from cards.completeness import (
    absent_blocks,
    held,
    is_whole,
    mandatory_gaps,
    missing_references,
    supporting_references,
)
from cards.drafts import read_drafts
from cards.pathways import PATHWAYS
from cards.updating import completed
from cards.words import WORDS
from tests.cards import build
from tests.cards.shown import GAPS, LANGUAGES, SIGN, aos_draft, situation
from tests.cards.situations import ReportWords

COMPLETE = situation(panel="complete").chart
LACKING = situation(panel=GAPS).chart
EMPTY = situation().chart


def read(**members):
    """Give the draft as it is read."""
    bundle = build.as_json(build.bundle(aos_draft(**members)))
    (draft,) = read_drafts(bundle, build.call())
    return draft


def noted(*texts):
    return read(note=[{"text": text} for text in texts])


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("block", PATHWAYS["aos"].blocks)
def test_a_block_is_found_by_its_heading_in_any_language(block, language):
    if block == "results":
        return
    heading = WORDS[language].say("block", block)
    assert held(noted(f"{heading}\ntext"), block, LACKING) == "held"
    gap = WORDS[language].say("phrase", "gap")
    assert held(noted(f"{heading}\n{gap}"), block, LACKING) == "open"
    assert held(noted("något annat"), block, LACKING) == "absent"


@pytest.mark.parametrize(
    ("block", "text"),
    [
        ("malignancy", "Tidigare sjukdomar: hypertoni"),
        ("malignancy", "Ingen tidigare malignitet"),
        ("malignancy", "Ingen känd cancer"),
        ("malignancy", "Känd bröstcancer sjukdom"),
        ("malignancy", "Previous malignant disease: none"),
        ("malignancy", "Tidligere kræft: nej"),
        ("information", "Pat informerad om misstanken"),
        ("information", "Patienten har fått veta att det kan vara cancer"),
        ("information", "Patienten er oplyst"),
        ("information", "The patient has been told"),
        ("information", "Hon känner till misstanken"),
        ("information", "Pt underrättad"),
        ("examination", "Status: opåverkad"),
        ("examination", "Buken mjuk vid palpation"),
        ("examination", "Undersökt 2026-03-01 utan fynd"),
        ("examination", "Undersøgt i dag"),
        ("examination", "On examination nothing found"),
        ("history", "Anamnes: två månaders trötthet"),
        ("history", "Family history: negative"),
        ("phonePatient", "Tel patient: 070-174 06 05"),
        ("phonePatient", "Pat. nås på +46 70 174 06 05"),
        ("phoneReferrer", "Remitterande läkare 08-123 456 00"),
        ("phoneReferrer", "Vår mottagning: 08-12345600"),
        ("phoneReferrer", "Remittentens telefon\n08-123 456 00"),
    ],
)
def test_a_block_is_found_in_the_words_of_a_clinician(block, text):
    assert held(noted(text), block, EMPTY) == "held"


@pytest.mark.parametrize(
    ("block", "text"),
    [
        ("phonePatient", "Tel 070-174 06 05"),
        ("phonePatient", "Patienten nås per telefon"),
        ("phonePatient", "Patient 19590517-1234 söker"),
        ("phonePatient", "Patienten sågs 2026-03-01 12:30"),
        ("phonePatient", "Patient 070\nRemitterande läkare 08-123 456 00"),
        ("phonePatient", "Telefon patient\nRemittent 08-123 456 00"),
        ("phoneReferrer", "Patientens telefon 070-174 06 05"),
        ("malignancy", "Misstänkt cancer"),
        ("information", "Se röntgensvar"),
        ("information", "Informerat samtycke finns"),
        ("information", "Information följer"),
        ("information", "Johan informerad"),
        ("information", "Patienten är inte informerad"),
        ("information", "The patient has not been told; patient informed later"),
        ("information", "The informed reader"),
        ("information", "Patienten söker. Telefonsamtal med annan klinik i går, de informerade"),
        ("malignancy", "Ingen tidigare"),
        ("malignancy", "No previous"),
        ("malignancy", "Söker ingen tidigare vårdkontakt"),
        ("examination", "Trött och mager"),
    ],
)
def test_a_block_is_not_found_where_it_is_not_said(block, text):
    assert held(noted(text), block, EMPTY) == "absent"


def test_a_reason_is_held_by_code_text_or_reference():
    assert held(read(reasonCode=[{"text": "trött"}]), "reason", EMPTY) == "held"
    assert held(read(reasonCode=[{"coding": [{"code": "R53"}]}]), "reason", EMPTY) == "held"
    assert held(read(reasonReference=[{"reference": "Condition/1"}]), "reason", EMPTY) == "held"
    assert held(read(reasonCode=[{"coding": [{}]}]), "reason", EMPTY) == "absent"
    assert held(read(reasonCode=[]), "reason", EMPTY) == "absent"
    assert held(read(reasonReference=[{"display": "x"}]), "reason", EMPTY) == "absent"


def test_results_are_held_when_the_draft_points_at_every_answer():
    references = supporting_references(COMPLETE)
    assert len(references) == len(set(references)) > 20
    forms = ["{}", "https://ehr.example/fhir/{}", "{}/_history/3"]
    info = [{"reference": forms[n % 3].format(r)} for n, r in enumerate(references)]
    assert held(read(supportingInfo=info), "results", COMPLETE) == "held"
    assert missing_references(read(supportingInfo=info[1:]), COMPLETE) == references[:1]
    assert held(read(supportingInfo=info[1:]), "results", COMPLETE) == "absent"
    assert held(read(), "results", EMPTY) == "held"


def test_results_are_not_held_while_an_examination_is_not_pointed_at():
    seen = situation(reports=[ReportWords(title="Ultraljud lever", taken="-4 d")]).chart
    (study,) = supporting_references(seen)
    assert held(read(), "results", seen) == "absent"
    assert held(read(supportingInfo=[{"reference": study}]), "results", seen) == "held"


def test_what_lacks_an_answer_need_not_be_said_when_nothing_does():
    assert held(read(), "lacking", COMPLETE) == "held"
    assert held(read(), "lacking", LACKING) == "absent"


def test_a_note_without_text_and_a_reference_without_one_are_passed_over():
    draft = read(note=[{"time": "2026-03-01"}], supportingInfo=[{"display": "svar"}])
    assert held(draft, "history", COMPLETE) == "absent"
    assert missing_references(draft, COMPLETE) == supporting_references(COMPLETE)


def test_what_can_be_added_and_what_is_demanded_are_told_apart():
    cup = PATHWAYS["cup-se"]
    words = WORDS["sv"]
    gap = words.say("phrase", "gap")
    draft = noted(*(f"{words.say('block', b)}\n{gap}" for b in cup.blocks if b != "results"))
    assert absent_blocks(draft, cup, EMPTY) == ()
    assert mandatory_gaps(draft, cup, EMPTY) == cup.mandatory
    assert mandatory_gaps(read(), cup, EMPTY) == cup.mandatory
    assert absent_blocks(read(), cup, EMPTY) == tuple(b for b in cup.blocks if b != "results")


def test_a_draft_is_whole_only_without_gaps():
    aos = PATHWAYS["aos"]
    bare = situation(panel="complete", hook=SIGN, drafts=[aos_draft()])
    (advice,) = bare.advice
    body, _ = completed(advice.updates[0], aos, advice.criteria, bare.chart, WORDS["sv"])
    signed = json.loads(msgspec.json.encode(body, enc_hook=float))
    (again,) = situation(panel="complete", hook=SIGN, drafts=[signed]).advice
    assert not is_whole(again.updates[0], aos, bare.chart)
    for note in signed["note"]:
        note["text"] = note["text"].replace("[fylls i]", "Klart:")
    (last,) = situation(panel="complete", hook=SIGN, drafts=[signed]).advice
    assert is_whole(last.updates[0], aos, bare.chart)
