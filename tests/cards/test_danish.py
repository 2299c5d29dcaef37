"""The Danish cards in words: short, the action first, everything that was read shown."""

import re
from datetime import date

import msgspec
import pytest

from cards.advice import Dismissal
from cards.card import SUMMARY_LIMIT
from cards.decision import decision
from cards.panel import Rules
from cards.terminology import LANGUAGES
from cards.words import WORDS
from tests.cards import build
from tests.cards.danish import judged, man, metastasis, shown

SOLITARY = [{"text": "Solitær proces <b>segment 7</b>"}]


def card(found, topic="dkRoute", language="da"):
    (one,) = [c for c in shown(found, language) if c["source"]["topic"]["code"] == topic]
    return one


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_card_names_the_edition_and_that_it_was_replaced(language):
    found = judged(man(), metastasis(), build.observation("ca_ionised", 1.71, "mmol/L"))
    cards = shown(found, language)
    assert {c["source"]["topic"]["code"] for c in cards} == {
        "acuteCalcium",
        "dkRoute",
        "dkMarkers",
        "dkMdt",
    }
    for each in cards:
        assert "2016" in each["source"]["label"]
        assert "2022" in each["source"]["label"]
        assert "2022" in each["detail"]
        assert [x["label"] for x in each["links"]] == [WORDS[language].say("link", "guidelineDk")]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    "sites",
    [
        ("DC787",),
        ("DC793",),
        ("DC797",),
        ("DC787", "DC795", "DC782", "DC786", "DC797"),
        ("DC770", "DC773", "DC780", "DC795"),
        ("DC772", "DC771", "DC793"),
    ],
)
def test_a_summary_is_a_short_sentence_however_many_sites(sites, language):
    for each in shown(judged(*(metastasis(s) for s in sites)), language):
        assert 20 <= len(each["summary"]) <= SUMMARY_LIMIT
        assert not re.search(r"\{|\}|  | ,|, ?[.:]|: ?$|, \.", each["summary"]), each["summary"]
        assert "…" not in each["summary"]


def test_a_summary_with_more_routes_than_it_can_hold_names_the_first_and_counts_the_rest():
    sites = ("DC772", "DC770", "DC780", "DC793", "DC773")
    neurology = build.encounter(
        id="n1", status="in-progress", serviceProvider={"display": "Neurologisk afdeling"}
    )
    route = card(judged(*(metastasis(s) for s in sites), neurology))
    assert len(route["summary"]) <= SUMMARY_LIMIT
    assert route["summary"].endswith("ørelæge (filterfunktion); +4.")


def test_the_words_that_were_read_are_shown_and_inert():
    detail = card(judged(man(), metastasis(note=SOLITARY)))["detail"]
    assert "Solitær proces" in detail
    assert "<b>" not in detail


def test_a_route_is_told_with_its_chapter_and_what_could_change_it():
    detail = card(judged(man(), metastasis()))["detail"]
    words = WORDS["da"]
    assert words.say("route", "D16") in detail
    possible = words.say("phrase", "possibleRoute", route=words.say("route", "D57"))
    assert possible in detail


def test_only_the_markers_that_decide_are_named_where_they_decide():
    summary = card(judged(man(), metastasis()), "dkMarkers")["summary"]
    assert "AFP" in summary
    assert "PSA" not in summary
    assert "PSA" in card(judged(man(), metastasis("DC795")), "dkMarkers")["summary"]


def test_markers_stand_in_the_reasons_only_where_the_patient_stays():
    stays = card(judged(man(), metastasis("DC795")))["extension"]["vidare.assessment"]
    leaves = card(judged(man(), metastasis("DC780")))["extension"]["vidare.assessment"]
    assert [m["slot"] for m in stays["markers"]] == ["psa", "afp", "hcg"]
    assert "markers" not in leaves


def test_a_local_agreement_is_named():
    rules = Rules(bone_agreement="Ortopædkirurgisk *afdeling*")
    detail = card(judged(metastasis("DC795"), rules=rules))["detail"]
    assert "Ortopædkirurgisk" in detail
    assert "*afdeling*" not in detail.replace("\\*", "")


def test_a_bone_metastasis_of_a_man_with_a_fracture():
    fracture = build.condition("pathological_fracture", onsetDateTime=build.RECENT)
    detail = card(judged(man(), metastasis("DC795"), fracture))["detail"]
    for key in ("bonePsa", "fracture"):
        assert WORDS["da"].say("phrase", key) in detail


def test_earlier_and_unclear_cancers_are_asked_about():
    over = build.condition(
        "organ.colorectal",
        clinicalStatus=build.concept(None, "remission"),
        onsetDateTime="2014-05-01",
    )
    unclear = build.condition("organ.kidney", clinicalStatus=None, onsetDateTime="2015-05-01")
    detail = card(judged(metastasis("DC795"), over, unclear))["detail"]
    assert "2014-05-01" in detail
    assert "2015-05-01" in detail
    assert WORDS["da"].say("ask", "knownCancer") in detail


def test_a_known_cancer_names_it_and_offers_nothing():
    known = build.condition("organ.breast", onsetDateTime="2025-06-01")
    one = card(judged(metastasis("DC795"), known))
    assert "suggestions" not in one
    assert "route" not in one["extension"]["vidare.assessment"]
    assert "2025-06-01" in one["detail"]


def test_the_words_that_tell_of_several_processes_are_one_question():
    several = metastasis(note=[{"text": "Multiple processer"}])
    report = build.diagnostic_report(
        code={"text": "CT"}, conclusion="Talrige metastaser i leveren."
    )
    detail = card(judged(man(), several, report))["detail"]
    texts = '"Talrige metastaser i leveren"; "Multiple processer"'
    assert WORDS["da"].say("phrase", "asReadSeveral", texts=texts) in detail
    assert detail.count("Passer det?") == 1


def test_words_that_contradict_each_other_are_asked_about():
    both = metastasis(note=[{"text": "Solitær proces. Multiple processer"}])
    detail = card(judged(man(), both))["detail"]
    texts = '"Multiple processer"; "Solitær proces"'
    assert WORDS["da"].say("phrase", "asRead", texts=texts) in detail


def test_a_solitary_process_is_asked_about_once():
    afp = build.observation("afp", 420, "ug/L")
    solitary = metastasis(note=[{"text": "Solitær proces"}])
    detail = card(judged(man(), solitary, afp))["detail"]
    assert WORDS["da"].say("phrase", "asReadOne", texts='"Solitær proces"') in detail
    assert WORDS["da"].say("ask", "solitary") not in detail
    unread = build.condition(code=build.concept(build.SNOMED, "94381002"))
    assert WORDS["da"].say("ask", "solitary") in card(judged(man(), unread, afp))["detail"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_latest_day_stands_once_on_the_card_of_a_referral_being_signed(language):
    ours = build.concept(build.OURS, "pakkeforloeb-metastases")
    draft = build.service_request(id="ref-1", status="draft", code=ours)
    one = card(judged(metastasis("DC795"), hook="order-sign", drafts=[draft]), "dkRoute", language)
    assert "2026-03-09" in one["summary"]
    assert "2026-03-09" not in one["detail"]
    assert WORDS[language].say("duty", "D34") in one["detail"]


def test_a_pregnancy_is_weighed():
    pregnant = build.condition("pregnancy", onsetDateTime=build.RECENT)
    detail = card(judged(metastasis("DC795"), pregnant))["detail"]
    assert WORDS["da"].say("phrase", "pregnancyDk") in detail


def test_examinations_that_were_done_are_shown_with_their_reports():
    report = build.diagnostic_report(code={"text": "CT af thorax og øvre abdomen"})
    detail = card(judged(metastasis("DC795"), report))["detail"]
    assert re.search(r"- \[x\] CT af thorax og øvre abdomen: .+\(2026-02-25\)", detail)
    assert "- [ ] biopsi" in detail


def test_kidneys_stand_on_the_card_whose_ct_remains():
    brain = judged(metastasis(code=build.concept(build.SNOMED, "94225005")))
    none = WORDS["da"].say("phrase", "egfrNone")
    assert none not in card(brain, "dkRoute")["detail"]
    assert none in card(brain, "dkWorkup")["detail"]
    assert none in card(judged(metastasis("DC795")), "dkRoute")["detail"]
    report = build.diagnostic_report(code={"text": "CT af thorax og øvre abdomen"})
    assert none not in card(judged(metastasis("DC795"), report), "dkRoute")["detail"]


def test_a_work_up_with_nothing_left_says_so():
    mr = build.diagnostic_report(id="r1", code={"text": "MR cerebrum"})
    ct = build.diagnostic_report(id="r2", code={"text": "CT thorax og abdomen"})
    x_ray = build.diagnostic_report(id="r3", code={"text": "Røntgen af thorax"})
    brain = metastasis(code=build.concept(build.SNOMED, "94225005"))
    one = card(judged(brain, mr, ct, x_ray), "dkWorkup")
    assert one["summary"] == WORDS["da"].say("summary", "dkWorkup_done")
    assert "suggestions" not in one


def test_what_could_not_be_read_or_is_anothers_is_counted():
    odd = {"resourceType": "Observation", "id": "bad", "status": 5, "code": "x"}
    stranger = metastasis("DC780", id="other", subject={"reference": "Patient/somebody-else"})
    detail = card(judged(metastasis("DC795"), odd, stranger))["detail"]
    assert WORDS["da"].say("phrase", "foreignCount", count=1) in detail
    assert WORDS["da"].say("phrase", "unreadCount", count=1) in detail


def test_the_neurology_question_names_that_encounters_were_not_sent():
    brain = metastasis(code=build.concept(build.SNOMED, "94225005"))
    detail = card(judged(brain, encounters=...))["detail"]
    assert WORDS["da"].say("source", "encounters") in detail


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_sent_referral_has_its_latest_day_and_how_it_was_counted(language):
    sent = build.service_request(
        id="old", code=build.concept(build.OURS, "pakkeforloeb-metastases"), authoredOn="2026-02-27"
    )
    one = card(judged(metastasis("DC795"), sent), "duplicate", language)
    assert "2026-03-06" in one["detail"]
    assert "2.8" in one["detail"]
    assert one["extension"]["vidare.assessment"]["route"]["latestFirstAttendance"] == "2026-03-06"


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("reports", [..., "partial"])
def test_reports_that_were_not_read_are_said_and_nothing_is_ordered_for_them(reports, language):
    page = build.bundle(link=[{"relation": "next", "url": "https://ehr.example/2"}])
    sent = page if reports == "partial" else reports
    brain = metastasis(code=build.concept(build.SNOMED, "94225005"))
    found = judged(brain, metastasis("DC795"), diagnosticReports=sent)
    words = WORDS[language]
    for topic in ("dkRoute", "dkWorkup"):
        one = card(found, topic, language)
        assert words.say("status", "not-checked") in one["detail"]
        assert words.say("source", "diagnosticReports") in one["detail"]
        assert "- [ ]" not in one["detail"]
        assert "diagnosticReports" in str(one["extension"]["vidare.assessment"]["notChecked"])
    work = card(found, "dkWorkup", language)
    assert work["summary"] == words.say("summary", "dkWorkup_notChecked")
    assert "suggestions" not in work
    orders = [s["label"] for s in card(found, "dkRoute", language)["suggestions"]]
    assert len(orders) == 1


def test_an_endless_note_does_not_fill_the_card():
    note = [{"text": "Solitær proces " + "meget lang beskrivelse " * 900}]
    assert len(card(judged(man(), metastasis(note=note)))["detail"]) < 4000


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_card_that_was_set_aside_says_so_when_it_comes_back(language):
    found = judged(metastasis("DC795"))
    words = WORDS[language]
    for reason, key in (("", "dismissed"), ("noBenefit", "dismissedBecause")):
        earlier = Dismissal(date(2026, 2, 20), reason)
        advice = (msgspec.structs.replace(found.advice[0], dismissed=earlier),)
        one = card(msgspec.structs.replace(found, advice=advice), language=language)
        said = {"reason": words.say("override", reason)} if reason else {}
        assert words.say("phrase", key, date="2026-02-20", **said) in one["detail"]


def test_what_changes_the_route_or_a_marker_is_a_new_decision():
    solitary = metastasis(note=[{"text": "Solitær proces"}])
    afp = build.observation("afp", 3, "ug/L")
    ways = [
        judged(man(), metastasis()),
        judged(man(), metastasis(), afp),
        judged(man(), metastasis(), metastasis("DC780")),
        judged(man(), solitary, build.observation("afp", 420, "ug/L")),
    ]
    digests = [decision(w.advice[0], w) for w in ways]
    assert len(set(digests)) == len(ways)
    assert decision(ways[0].advice[0], ways[0]) == digests[0]
