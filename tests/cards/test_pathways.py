"""A pathway is a literal: data that a clinician can check against the guideline, no program."""

import ast
import inspect
import re
from pathlib import Path
from types import ModuleType

import pytest

from cards.pathways import PATHWAYS, aos, cup_se, metastases_dk, of_country
from cards.pathways.form import Pathway
from cards.terminology import TERMS
from cards.words import WORDS
from tests.cards.charts import chart

MODULES = {"aos": aos, "cup-se": cup_se, "metastases-dk": metastases_dk}
LITERAL = (
    ast.Module, ast.Expr, ast.Constant, ast.ImportFrom, ast.alias, ast.Assign, ast.Name,
    ast.Store, ast.Load, ast.Call, ast.keyword, ast.Dict, ast.Tuple,
)  # fmt: skip
MAKERS = {
    "Pathway", "Guideline", "date", "abnormal", "adult", "all_of", "any_of", "at_least", "below",
    "drafted", "finding", "increased", "recorded", "without",
    "Route", "Step", "bone_agreement", "histology", "in_contact", "known_cancer", "located",
    "negated", "rising", "sex", "solitary", "subtype", "suspected", "younger_than",
}  # fmt: skip

BOTH = {
    "Vårdnivå, samverkan och remissrutiner > Remissrutiner",
    (
        "Vårdnivå, samverkan och remissrutiner > Remissrutiner"
        " > Remiss för utredning vid välgrundad misstanke"
    ),
    "Omfattning av kunskapsstödet > Standardiserat vårdförlopp vid cancer",
    (
        "Omfattning av kunskapsstödet > Standardiserat vårdförlopp vid cancer"
        " > Handläggning utanför standardiserat vårdförlopp"
    ),
    "Utredning > Anamnes",
    "Utredning > Status",
    "Utredning > Handläggning vid utredning > Handläggning vid välgrundad misstanke",
    "Komplikationer",
    "Patientmedverkan och kommunikation > Stöd och information för patient och närstående",
}
AOS_HEADINGS = BOTH | {
    "Utredning > Symtom > Symtom som ger misstanke",
    "Utredning > Handläggning vid utredning > Handläggning vid misstanke",
    "Utredning > Provtagningar > Laboratorieprover",
}
"""Headings of AOS, 1177 för vårdpersonal, 2024-11-05, from the outermost in; our transcription."""
CUP_HEADINGS = BOTH | {
    "Om hälsotillståndet > Definition",
    "Om hälsotillståndet > Förekomst",
    "Om hälsotillståndet > Riskfaktorer",
    "Utredning > Symtom > Symtom som ger välgrundad misstanke",
    "Utredning > Symtom > Andra symtom",
}
"""Headings of CUP, 1177 för vårdpersonal, 2024-11-05, from the outermost in; our transcription."""
DK_CHAPTERS = {
    "1.2", "2.1", "2.2", "2.2.1", "2.2.2", "2.2.3", "2.2.4", "2.2.5", "2.2.6", "2.3", "2.4", "2.5",
    "2.6", "2.7", "2.8", "3.1", "3.1.1", "3.1.2", "3.1.3", "3.1.4", "3.1.5", "3.1.6", "3.1.7",
    "3.1.8", "3.1.9", "3.1.10", "3.2", "3.3", "3.4", "3.5", "3.6", "4.5", "4.6", "4.7", "4.8",
}  # fmt: skip
"""Chapters of the Danish pathway, Sundhedsstyrelsen, 2016, that its criteria and texts cite."""
HEADINGS = {"aos": AOS_HEADINGS, "cup-se": CUP_HEADINGS, "metastases-dk": DK_CHAPTERS}

each_module = pytest.mark.parametrize("module", MODULES.values(), ids=MODULES)
each_pathway = pytest.mark.parametrize("pathway", PATHWAYS.values(), ids=PATHWAYS)


def source_of(module: ModuleType) -> ast.Module:
    return ast.parse(Path(inspect.getsourcefile(module)).read_text("utf-8"))


@each_module
def test_a_pathway_holds_nothing_but_literals_and_calls_of_the_criteria(module: ModuleType):
    tree = source_of(module)
    assert ast.get_docstring(tree)
    others = {type(node).__name__ for node in ast.walk(tree) if not isinstance(node, LITERAL)}
    assert others == set()
    made = {node.func.id for node in ast.walk(tree) if isinstance(node, ast.Call)}
    assert made <= MAKERS


@pytest.mark.parametrize(
    "smuggled",
    [
        "x = [a for a in b]",
        "x = 1 if y else 2",
        "x = lambda: 1",
        "x = a > b",
        "x = y.z",
        "x = f'{y}'",
        "def f(): pass",
        "x = not y",
        "for a in b: pass",
        "x = y[0]",
        "x = 1 + 2",
    ],
)
def test_a_program_in_a_pathway_would_be_noticed(smuggled: str):
    assert any(not isinstance(node, LITERAL) for node in ast.walk(ast.parse(smuggled)))


def test_every_pathway_is_listed_by_its_id():
    assert set(PATHWAYS) == {"aos", "cup-se", "metastases-dk"}
    assert set(of_country("SE")) == {"aos", "cup-se"}
    assert set(of_country("DK")) == {"metastases-dk"}
    assert of_country("NO") == {}
    assert all(key == pathway.id for key, pathway in PATHWAYS.items())
    codes = [p.code for p in PATHWAYS.values()]
    assert len(codes) == len(set(codes))


@each_pathway
def test_every_criterion_cites_a_heading_that_exists(pathway: Pathway):
    cited = {c.section for criterion in pathway.criteria.values() for c in criterion.walk()}
    assert cited - HEADINGS[pathway.id] == set()


@each_pathway
def test_ids_are_unique_within_a_tree_and_every_criterion_has_a_name(pathway: Pathway):
    for criterion in pathway.criteria.values():
        ids = [c.id for c in criterion.walk()]
        assert len(ids) == len(set(ids))
        for words in WORDS.values():
            assert all(words.criterion(each) for each in ids)


@each_pathway
def test_a_finding_has_the_shape_of_its_criterion(pathway: Pathway):
    for criterion in pathway.criteria.values():
        judged = criterion.judge(chart())
        assert [f.id for f in judged.walk()] == [c.id for c in criterion.walk()]


@each_pathway
def test_the_guideline_is_named_with_its_edition_and_address(pathway: Pathway):
    guideline = pathway.guideline
    danish = pathway.country == "DK"
    publisher = "Sundhedsstyrelsen, 2016" if danish else "1177 för vårdpersonal, 2024-11-05"
    assert guideline.edition == publisher
    assert guideline.replaced == (2022 if danish else None)
    assert guideline.title
    address = "https://www.sst.dk/" if danish else "https://vardpersonal.1177.se/"
    assert guideline.url.startswith(address)
    assert pathway.links["guidelineDk" if danish else "guideline"] == guideline.url
    assert all(url.startswith("https://") for url in pathway.links.values())


@each_pathway
def test_every_question_block_link_and_name_has_its_text(pathway: Pathway):
    for words in WORDS.values():
        assert all(words.say("ask", each) for each in pathway.ask)
        assert all(words.say("block", each) for each in pathway.blocks)
        assert all(words.say("link", each) for each in pathway.links)
    assert set(pathway.mandatory) <= set(pathway.blocks)
    assert all(name == name.lower() for name in pathway.names)


BY_CHAPTER = {"malignancy.primary", "malignancy.earlier"}
"""Read from the chapters of ICD-10, not from a table (tests/cards/test_conditions.py)."""


def concepts_named(module: ModuleType) -> set[str]:
    """Give the concepts that the calls of `finding`, `recorded` and `without` name."""
    calls = [n for n in ast.walk(source_of(module)) if isinstance(n, ast.Call)]
    first = {"finding": 0, "recorded": 1, "without": 1}
    return {
        argument.value
        for call in calls
        if call.func.id in first
        for argument in call.args[first[call.func.id] :]
    }


@each_module
def test_every_concept_that_is_named_exists(module: ModuleType):
    kinds = {f"{key.partition('.')[0]}." for key in TERMS.concepts if "." in key}
    known = set(TERMS.concepts) | kinds | BY_CHAPTER
    assert concepts_named(module) - known == set()


@each_module
def test_every_concept_that_is_named_can_be_recorded_by_some_code(module: ModuleType):
    coded = set().union(*TERMS._snomed.values(), *TERMS._icd10.values())
    for concept in concepts_named(module) - BY_CHAPTER:
        assert any(c == concept or (concept[-1] == "." and c.startswith(concept)) for c in coded)


@each_pathway
def test_an_empty_record_read_to_its_end_meets_no_criterion_but_age_and_absence(pathway: Pathway):
    judged = {key: c.judge(chart()).met for key, c in pathway.criteria.items()}
    if pathway.country == "SE":
        assert judged.pop("scope") is True
    assert True not in judged.values()


def test_every_danish_route_and_step_cites_a_chapter_and_has_its_texts():
    pathway = PATHWAYS["metastases-dk"]
    criteria = [*(r.criterion for r in pathway.routes), *(s.when for s in pathway.steps)]
    assert {c.section for each in criteria for c in each.walk()} <= DK_CHAPTERS
    for words in WORDS.values():
        for route in pathway.routes:
            assert words.say("route", route.row)
            assert route.target == "ask" or words.say("target", route.target)
            assert all(words.say("ask", each) for each in (*route.ask, *route.unknown))
        for step in pathway.steps:
            assert words.say("step", step.row)
            assert all(words.examination(each) for each in step.examinations)
            assert all(words.say("ask", each) for each in step.ask)
        texts = [*words.tables["route"].values(), *words.tables["step"].values()]
        texts += words.tables["duty"].values()
        cited = {c for t in texts for c in re.findall(r"\b[1-4](?:\.\d+)+\b", t)}
        assert cited <= DK_CHAPTERS


def test_every_row_that_a_route_replaces_is_a_row():
    routes = PATHWAYS["metastases-dk"].routes
    assert {row for r in routes for row in r.replaces} <= {
        key for r in routes for key in (r.row, f"{r.row}.{r.target}")
    }


def test_registration_codes_are_those_of_the_national_list():
    assert {p.id: p.registration for p in PATHWAYS.values()} == {
        "aos": "VP810",
        "cup-se": "VP910",
        "metastases-dk": "",  # AFD01A is set by the receiver (2.7)
    }


def test_aos_asks_for_the_panel_and_cup_does_not():
    assert [p.id for p in PATHWAYS.values() if p.panel] == ["aos"]


def test_the_four_example_values_are_one_trigger_that_takes_a_stated_suspicion():
    together = next(
        c for c in PATHWAYS["aos"].criteria["suspicion"].walk() if c.id == "results_and_stated"
    )
    examples = {"esr_high", "alp_high", "calcium_high", "hb_low"}
    assert examples <= {c.id for c in together.walk()}
    assert together.needed == 2
