"""The cards of an assessment: whole, in order, and nothing in them empty."""

import json
import re
from urllib.parse import urlsplit

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cards.assessment import INDICATORS, TOPICS
from cards.card import SUMMARY_LIMIT
from cards.outline import edition
from cards.pathways import PATHWAYS, of_country
from cards.referral import Form
from cards.rendering import LINKS, OVERRIDES
from cards.words import WORDS
from tests.cards import build
from tests.cards.shown import (
    GAPS,
    IRON,
    LANGUAGES,
    SYMPTOMS,
    PanelWords,
    card,
    cards,
    every_situation,
    judged,
    lesion,
    proposed,
    situation,
    topic_of,
    walk,
    wire,
)

EVERY = [(name, language) for name in every_situation() for language in LANGUAGES]
ids = [f"{name} ({language})" for name, language in EVERY]
every_card = pytest.mark.parametrize(("name", "language"), EVERY, ids=ids)


def of(name, language, **manner):
    """Give the cards of a situation, of which there is at least one."""
    found = cards(every_situation()[name], language, **manner)
    assert found
    return found


def test_the_situations_show_every_topic():
    assert {topic_of(c) for name in every_situation() for c in of(name, "sv")} == set(TOPICS)


def test_nothing_to_say_is_no_card():
    assert wire(situation()) == b'{"cards":[]}'


# -- form ----------------------------------------------------------------------------------------


@every_card
def test_nothing_empty_is_ever_sent(name, language):
    for path, value in walk(of(name, language)):
        if value is None:
            assert path[-1] == "met"
            assert "criteria" in path
        assert value not in ("", [], {}), path


@every_card
def test_a_summary_is_one_line_and_begins_as_a_sentence(name, language):
    for shown in of(name, language):
        summary = shown["summary"]
        assert 20 <= len(summary) <= SUMMARY_LIMIT
        assert summary.isprintable()
        assert summary[0] == summary[0].upper()
        assert not re.search(r"\(\)|\{|\}|  | ,|, ?[.:]|: ?$", summary), summary


@every_card
def test_the_detail_begins_with_what_to_do(name, language):
    for shown in of(name, language):
        words = WORDS[language]
        first = shown["detail"].split("\n\n")[0]
        do = set(words.tables["do"].values())
        urgent = words.say("phrase", "veryLowHb", value="60 g/L")
        assert first.strip("*") in do | {urgent}
        assert re.fullmatch(r"\*\*[^*]+\*\*", first)


@every_card
def test_the_indicator_is_that_of_the_topic(name, language):
    for shown in of(name, language):
        usual = {INDICATORS[topic_of(shown)], "warning"}
        assert shown["indicator"] in usual | ({"info"} if topic_of(shown) == "dkRoute" else set())


@every_card
def test_the_source_is_the_guideline_in_its_edition(name, language):
    for shown in of(name, language):
        source = shown["source"]
        guidelines = {p.guideline.url: p.guideline for p in PATHWAYS.values()}
        guideline = guidelines[source["url"]]
        assert source["label"] == edition(guideline, language)
        assert source["label"].startswith(f"{guideline.title}, {guideline.edition}")
        assert source["topic"]["system"] == "https://vidare.example/CodeSystem/card-topic"
        assert re.fullmatch(r"[A-Za-z0-9]+", source["topic"]["code"])


@every_card
def test_links_are_absolute_pages_with_a_label(name, language):
    for shown in of(name, language):
        assert shown["links"]
        for link in shown["links"]:
            assert link.keys() == {"label", "url", "type"}
            assert link["type"] == "absolute"
            assert urlsplit(link["url"]).scheme == "https"
            assert not urlsplit(link["url"]).query
        assert len({x["url"] for x in shown["links"]}) == len(shown["links"])


@every_card
def test_reasons_to_set_aside_have_code_system_and_display(name, language):
    for shown in of(name, language):
        reasons = shown["overrideReasons"]
        assert [r["code"] for r in reasons] == list(OVERRIDES[topic_of(shown)])
        for reason in reasons:
            assert reason["system"] == "https://vidare.example/CodeSystem/override-reason"
            assert reason["display"] == WORDS[language].say("override", reason["code"])


def test_every_topic_has_reasons_to_set_it_aside_and_known_links():
    assert OVERRIDES.keys() == set(TOPICS)
    assert LINKS.keys() <= set(TOPICS)
    for names in LINKS.values():
        assert all(name in p.links for name in names for p in of_country("SE").values())
    assert all("guidelineDk" in p.links for p in of_country("DK").values())


@pytest.mark.parametrize(
    ("topic", "codes"),
    [
        ("aosCheck", ("patientDeclines", "noBenefit", "handled")),
        ("aosSpecific", ("cancerNotActive", "explained", "alreadyReferred", "handled")),
        ("cupExcluded", ("cancerNotActive", "notMetastasis", "alreadyReferred", "handled")),
        ("cupCheck", ("toldElsewhere", "handled")),
        ("duplicate", ("earlierNotValid", "handled")),
        ("underAge", ("clinicContacted", "explained", "handled")),
    ],
)
def test_a_card_is_set_aside_for_reasons_that_fit_it(topic, codes):
    assert OVERRIDES[topic] == codes


@pytest.mark.parametrize("topic", ["cupExcluded", "aosSpecific"])
def test_a_known_cancer_has_the_guideline_and_what_is_acute(topic):
    labels = [x["label"] for x in card(every_situation()[topic], topic)["links"]]
    assert labels == [WORDS["sv"].say("link", name) for name in ("guideline", "acute")]


@every_card
def test_suggestions_are_whole_and_say_how_to_choose(name, language):
    for shown in of(name, language):
        assert ("suggestions" in shown) == ("selectionBehavior" in shown)
        for suggestion in shown.get("suggestions", ()):
            assert suggestion["label"].strip()
            assert suggestion["uuid"]
            assert suggestion.get("isRecommended", True) is True
            for action in suggestion["actions"]:
                assert action["type"] in {"create", "update"}
                assert action["description"].strip()
                assert action["resource"]["resourceType"] == "ServiceRequest"


@every_card
def test_ids_are_never_used_twice(name, language):
    shown = of(name, language)
    mine = [c["uuid"] for c in shown]
    mine += [s["uuid"] for c in shown for s in c.get("suggestions", ())]
    mine += [r["id"] for c in shown for r in proposed(c)]
    assert len(mine) == len(set(mine))


def test_cards_are_in_the_order_of_the_topics():
    assessment = situation(
        conditions=[lesion("cord_compression"), lesion()],
        panel=PanelWords(values={"ca_ionised": "1.71 mmol/L"}),
    )
    shown = [topic_of(c) for c in cards(assessment)]
    assert shown == ["acuteCord", "acuteCalcium", "cupRefer"]
    assert shown == sorted(shown, key=TOPICS.index)


def test_the_canonical_url_of_the_installation_is_used_everywhere():
    text = wire(every_situation()["aosMissing"], form=Form(canonical="https://region.example"))
    assert b"vidare.example" not in text
    assert b"https://region.example/CodeSystem/card-topic" in text


# -- how to choose -------------------------------------------------------------------------------


@every_card
def test_at_most_one_has_at_most_one_recommendation(name, language):
    for shown in of(name, language, selection="at-most-one", one_action=True):
        recommended = [s for s in shown.get("suggestions", ()) if s.get("isRecommended")]
        assert len(recommended) <= 1
        assert shown.get("selectionBehavior", "at-most-one") == "at-most-one"


def test_with_any_every_order_is_recommended():
    shown = card(every_situation()["aosMissing, sign"], "aosMissing")
    assert shown["selectionBehavior"] == "any"
    assert [s.get("isRecommended", False) for s in shown["suggestions"]] == [True, True]


def test_orders_stand_together_unless_the_client_takes_one_action_at_a_time():
    together = card(every_situation()["aosMissing"], "aosMissing")["suggestions"]
    assert [len(s["actions"]) for s in together] == [4, 1]
    assert together[0]["label"] == WORDS["sv"].say("label", "order", count=3)
    apart = card(every_situation()["aosMissing"], "aosMissing", one_action=True)["suggestions"]
    assert [len(s["actions"]) for s in apart] == [1, 1, 1, 1, 1]
    assert [s["label"] for s in apart[:2]] == ["Beställ B12", "Beställ ferritin"]
    first, *_ = (s["actions"][0]["resource"]["code"] for s in apart)
    assert first == together[0]["actions"][0]["resource"]["code"]


def test_one_test_is_named_on_the_button():
    one = situation(conditions=SYMPTOMS, panel=PanelWords(without=["b12"]))
    assert card(one, "aosMissing")["suggestions"][0]["label"] == "Beställ B12"
    chains = situation(conditions=SYMPTOMS, panel=PanelWords(without=["light_chains"]))
    first = card(chains, "aosMissing")["suggestions"][0]
    assert first["label"] == "Beställ fria lätta kedjor"
    assert len(first["actions"]) == 2
    kappa = situation(
        build.observation("flc_lambda", 14, "mg/L"),
        conditions=SYMPTOMS,
        panel=PanelWords(without=["light_chains"]),
    )
    first = card(kappa, "aosMissing")["suggestions"][0]
    assert first["label"] == f"Beställ {WORDS['sv'].slot('flc_kappa')}"


def test_a_referral_with_gaps_says_so_on_the_button():
    labels = {
        name: [s["label"] for s in of(name, "sv")[-1].get("suggestions", ())]
        for name in ("aosMissing", "aosReady", "cupRefer")
    }
    assert labels["aosMissing"][-1] == WORDS["sv"].say("label", "refer_aos_gaps")
    assert labels["aosReady"] == [WORDS["sv"].say("label", "refer_aos")]
    assert labels["cupRefer"] == [WORDS["sv"].say("label", "refer_cup-se")]


def test_only_the_urgent_referral_is_recommended():
    assert of("cupRefer", "sv")[0]["suggestions"][0]["isRecommended"] is True
    assert "isRecommended" not in of("aosReady", "sv")[0]["suggestions"][0]


def test_two_pathways_are_offered_and_neither_recommended():
    shown = card(situation(conditions=SYMPTOMS, panel=IRON), "aosIronDeficiency")
    assert len(shown["suggestions"]) == 2
    assert not any("isRecommended" in s for s in shown["suggestions"])


def test_an_update_names_what_it_adds():
    shown = card(every_situation()["cupCheck"], "cupCheck")
    (description,) = (a["description"] for s in shown["suggestions"] for a in s["actions"])
    for block in ("history", "malignancy", "information", "phonePatient", "phoneReferrer"):
        assert WORDS["sv"].say("block", block) in description


@pytest.mark.parametrize(
    "topic", ["acuteCord", "acuteCalcium", "underAge", "aosSpecific", "cupExcluded", "cupAsk"]
)
def test_where_a_person_has_to_act_no_order_is_offered(topic):
    assert "suggestions" not in card(every_situation()[topic], topic)


def test_no_referral_is_offered_where_one_exists_or_the_age_is_unknown():
    for name in ("duplicate", "data_birthDate", "data_organNotChecked", "data_incomplete"):
        assert not any("suggestions" in c for c in of(name, "sv")), name


def test_no_pathway_is_said_to_be_the_source_of_the_calcium_limit():
    shown = card(every_situation()["acuteCalcium"], "acuteCalcium")
    assert WORDS["sv"].say("phrase", "outsideCalcium") in shown["detail"]


# -- hostile text --------------------------------------------------------------------------------

HOSTILE = st.one_of(
    st.sampled_from(
        [
            "<img src=x onerror=alert(1)>",
            "[a](javascript:alert(1))",
            "![a](https://evil.example/p.png)",
            "a | b\n| c | d |",
            "https://evil.example/?p=1 www.evil.example",
            "```\ncode\n```",
            "\x00\x1b[31m\u202e\u200b",
            "# rubrik\n\n- lista\n\n---",
            "{0.__class__} {patient} %s",
            "</script><!--",
        ]
    ),
    st.text(st.sampled_from("ab <>[]()|`*_#!&@:/\\\n\r\t{}w."), min_size=1, max_size=80),
)


def hostile_record(text):
    """Give a record whose free texts are all the same hostile one."""
    coded = build.code_of("weight_loss") | {"text": text}
    cancer = build.code_of("organ.colorectal") | {"text": text}
    found = build.code_of("metastasis.liver") | {"text": text}
    return [
        build.condition("weight_loss", code=coded),
        build.condition(
            "organ.colorectal", code=cancer, clinicalStatus=build.concept(None, "resolved"), id="c2"
        ),
        build.observation("s_protein_profile", value=text),
        build.observation("b12", quantity=None, valueQuantity={"value": 3, "unit": text}, id="b"),
        build.observation(
            "folate",
            id="f",
            valueQuantity=None,
            dataAbsentReason={"text": text},
        ),
        build.diagnostic_report(code={"text": text}, conclusion=text),
        build.resource(
            "AllergyIntolerance",
            {"id": "a", "code": {"text": f"kontrast {text}"}, "patient": build.MINE},
            {},
        ),
        build.patient(telecom=[{"system": "phone", "value": text}]),
    ], build.condition("metastasis.liver", code=found, id="c3", onsetDateTime=build.RECENT)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(HOSTILE, st.sampled_from(LANGUAGES))
def test_no_text_of_a_record_changes_the_form_of_a_card(text, language):
    held, metastasis = hostile_record(text)
    for resources in (held, [*held, metastasis]):
        for shown in cards(judged(*resources), language):
            _look_at(shown["detail"])
            for path, value in walk(shown):
                assert value not in ("", [], {}), path
            assert shown["summary"].isprintable()


def _look_at(detail):
    assert not re.search(r"<", detail)
    assert not re.search(r"(?<!\\)`", detail)
    ours = {p.guideline.url for p in PATHWAYS.values()}
    assert set(re.findall(r"(?<!\\)\]\(([^)]*)\)", detail)) <= ours
    assert set(re.findall(r"(?:https?://|www\.)[^\s)]*", detail)) - ours == set()
    assert detail.replace("\n", "").isprintable()
    tables = re.findall(r"(?:^\|.*\|$\n?)+", detail, re.MULTILINE)
    for table in tables:
        widths = {len(re.findall(r"(?<!\\)\|", row)) for row in table.strip().split("\n")}
        assert len(widths) == 1, table


def test_the_search_for_hostile_text_would_find_it():
    for bad in ("<b>", "`x`", "[a](javascript:x)", "see https://evil.example", "| a |\n| a | b |"):
        with pytest.raises(AssertionError):
            _look_at(bad)


@pytest.mark.parametrize("language", LANGUAGES)
def test_hostile_text_in_a_referral_stays_on_its_line(language):
    held, _ = hostile_record("x\n- [y] | z\n\nTelefon till patienten\n112")
    (found,) = (r for r in proposed(card(judged(*held), "aosMissing", language)) if "note" in r)
    headings = [WORDS[language].say("block", b) for b in PATHWAYS["aos"].blocks]
    for note, heading in zip(found["note"], headings, strict=True):
        lines = note["text"].split("\n")
        assert lines[0] == heading
        assert "112" not in lines
        assert not any(line.startswith("- [y]") for line in lines)


def test_a_response_is_json_that_can_be_read_by_anyone():
    text = wire(every_situation()["aosMissing"])
    assert json.loads(text)["cards"]
    assert GAPS.without[0] in text.decode()
