"""Criteria as people read them."""

import pytest
from markdown_it import MarkdownIt

from cards.criteria import Finding
from cards.outline import edition, pathway_page, why
from cards.pathways import PATHWAYS
from cards.slots import SLOTS
from cards.words import WORDS
from tests.cards.shown import LANGUAGES

SV = WORDS["sv"]
TEXTS = {"Condition/1": "Trött (2026-01)", "Condition/2": "Mager (2026-02)", "Observation/1": "Hb"}


def leaf(name, met=True, *evidence):  # noqa: FBT002 -- a criterion is met unless said otherwise
    return Finding(name, met, evidence)


def any_of(name, *parts):
    return Finding(name, any(p.met for p in parts), (), 1, parts)


def test_a_fact_that_is_met_stands_with_its_evidence():
    assert why(leaf("weight_loss", True, "Condition/2"), TEXTS, SV) == [
        "- [x] viktnedgång: Mager (2026-02)"
    ]


def test_what_is_not_met_or_unknown_is_left_out():
    tree = any_of("symptoms", leaf("pain", False), leaf("fatigue", None), leaf("weight_loss"))
    assert why(tree, TEXTS, SV) == ["- [x] viktnedgång"]
    assert why(leaf("pain", False), TEXTS, SV) == []
    assert why(leaf("pain", None), TEXTS, SV) == []


def test_a_wrapper_that_needs_only_one_is_not_said():
    tree = any_of("suspicion", any_of("symptoms", leaf("weight_loss", True, "Condition/2")))
    assert why(tree, TEXTS, SV) == ["- [x] viktnedgång: Mager (2026-02)"]


def test_a_whole_that_needs_several_is_said_with_its_parts():
    parts = (leaf("hb_low", True, "Observation/1"), any_of("prolonged_fever_any", leaf("fever")))
    tree = Finding("low_hb_and_ferritin", True, (), 2, parts)
    assert why(tree, TEXTS, SV) == [
        f"- [x] {SV.criterion('low_hb_and_ferritin')}",
        f"  - [x] {SV.criterion('hb_low')}: Hb",
        f"  - [x] {SV.criterion('fever')}",
    ]


def test_of_a_whole_that_is_not_met_the_parts_that_are_stand_alone():
    parts = (leaf("adult"), leaf("pain", False))
    assert why(Finding("entry", None, (), 2, parts), TEXTS, SV) == ["- [x] 18 år eller äldre"]


def test_criteria_that_one_fact_meets_share_a_line():
    tree = any_of(
        "symptoms",
        leaf("malaise", True, "Condition/1"),
        leaf("fatigue", True, "Condition/1"),
        leaf("weight_loss", True, "Condition/2"),
    )
    assert why(tree, TEXTS, SV) == [
        f"- [x] {SV.criterion('malaise')}, {SV.criterion('fatigue')}: Trött (2026-01)",
        "- [x] viktnedgång: Mager (2026-02)",
    ]


def test_criteria_without_evidence_keep_their_lines():
    tree = any_of("symptoms", leaf("malaise"), leaf("fatigue"))
    assert len(why(tree, TEXTS, SV)) == 2


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("pathway", PATHWAYS.values(), ids=lambda p: p.id)
def test_the_page_of_a_pathway_holds_every_criterion_and_cites_its_source(pathway, language):
    words = WORDS[language]
    page = pathway_page(pathway, language)
    assert page.startswith("# ")
    assert pathway.guideline.url in page
    assert pathway.guideline.edition in page
    for criterion in pathway.criteria.values():
        for each in criterion.walk():
            assert words.criterion(each.id) in page
            assert f"({each.section})" in page
    for each in pathway.ask:
        assert words.say("ask", each) in page
    lines = page.split("\n")
    panel = [f"- {words.slot(s, short=False)}" for s in SLOTS]
    assert all(line in lines for line in panel) is pathway.panel
    assert "<" not in page
    assert not {"[ ]", "[x]", "[?]"} & {page[i : i + 3] for i in range(len(page))}
    assert MarkdownIt("commonmark").render(page).count("<h2>") == (
        len(pathway.criteria) + 1 + pathway.panel + 4 * bool(pathway.routes)
    )


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_danish_page_holds_every_route_step_and_duty(language):
    words, pathway = WORDS[language], PATHWAYS["metastases-dk"]
    page = pathway_page(pathway, language)
    lines = page.split("\n")
    rows = [r.row for r in sorted(pathway.routes, key=lambda r: r.rank)]
    routes = [f"- {row}: {words.say('route', row)}" for row in dict.fromkeys(rows)]
    start = lines.index(routes[0])
    assert lines[start : start + len(routes)] == routes
    for step in pathway.steps:
        assert f"- {step.row}: {words.say('step', step.row)}" in lines
        assert all(f"  - {words.examination(e)}" in lines for e in step.examinations)
    for row in (row for rows in pathway.duties.values() for row in rows):
        assert f"- {row}: {words.say('duty', row)}" in lines
    assert "2022" in page
    assert words.say("page", "introDk") in lines


def test_a_replaced_edition_says_so_and_a_current_one_does_not():
    assert edition(PATHWAYS["metastases-dk"].guideline, "da").endswith("2016 (erstattet i 2022)")
    assert "(" not in edition(PATHWAYS["cup-se"].guideline, "sv").removeprefix(
        PATHWAYS["cup-se"].guideline.title
    )


def test_the_page_says_how_many_are_needed():
    page = pathway_page(PATHWAYS["aos"], "sv")
    assert SV.say("page", "needed", needed=2, count=5) in page
    assert SV.say("page", "all", count=2) in page
    assert SV.say("page", "any", count=6) in page
