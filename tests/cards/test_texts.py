"""The texts: the same in every language, one for everything that the code can say, none unused."""

import ast
import re
from functools import cache
from importlib.resources import files
from pathlib import Path
from string import Formatter
from typing import get_args

import pytest

from cards.assessment import NEEDED, TOPICS
from cards.card import SUMMARY_LIMIT
from cards.codes import LANGUAGES
from cards.panel import Status
from cards.pathways import PATHWAYS
from cards.places import OPEN_CLASSES
from cards.rendering import LINKS, OVERRIDES
from cards.slots import SLOTS
from cards.summary import Remains
from cards.terminology import TERMS
from cards.words import WORDS, load
from tests.cards.shown import cards, every_situation

CODE = Path(__file__).parents[2] / "cards"
TREES = [ast.parse(p.read_text("utf-8")) for p in sorted(CODE.rglob("*.py"))]
TABLES = {language: load(language) for language in LANGUAGES}
SV = TABLES["sv"]
REFERRING = [(table, key) for table in SV for key in SV[table]]


def constants(node):
    """Give every string under a node of the code."""
    return {n.value for n in ast.walk(node) if isinstance(n, ast.Constant) and _is_text(n.value)}


def _is_text(value):
    return isinstance(value, str)


SPOKEN = set().union(*(constants(tree) for tree in TREES))


def calls(*names):
    """Give every call of a function or method with one of the names."""
    for tree in TREES:
        for node in ast.walk(tree):
            if isinstance(node, ast.Call):
                name = node.func.attr if isinstance(node.func, ast.Attribute) else None
                if (name or getattr(node.func, "id", None)) in names:
                    yield node


def first(node, position=0):
    """Give the strings that an argument of a call can be; a path or a name is none."""
    if len(node.args) <= position:
        return set()
    argument = node.args[position]
    options = [argument.body, argument.orelse] if isinstance(argument, ast.IfExp) else [argument]
    return {o.value for o in options if isinstance(o, ast.Constant) and _is_text(o.value)}


def placeholders(text):
    return {name for _, name, _, _ in Formatter().parse(text) if name}


# -- one form in every language ------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_the_same_tables_in_the_same_order(language):
    assert {t: list(k) for t, k in TABLES[language].items()} == {t: list(k) for t, k in SV.items()}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("table", "key"), REFERRING)
def test_every_text_says_something_and_has_the_same_placeholders(language, table, key):
    text = TABLES[language].get(table, {}).get(key, "")
    assert text.strip()
    assert placeholders(text) == placeholders(SV[table][key])


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_heading_of_the_note_is_never_the_beginning_of_another(language):
    mine = WORDS[language].tables["block"]
    for key, heading in mine.items():
        for words in WORDS.values():
            for other, beginning in words.tables["block"].items():
                assert other == key or not heading.startswith(beginning), (heading, beginning)


def test_the_mark_of_a_gap_is_in_brackets_and_differs_from_what_protects():
    for words in WORDS.values():
        gap, protected = words.say("phrase", "gap"), words.say("phrase", "protectedGap")
        assert re.fullmatch(r"\[.+\]", gap)
        assert gap not in protected


def test_texts_hold_no_markup_and_no_patient():
    for tables in TABLES.values():
        for table in tables.values():
            for text in table.values():
                assert not set(text) & set("<>|`*_"), text


# -- a text for everything that can be said ------------------------------------------------------


@cache
def sayable():
    """Give (table, key) of everything that the code can ask for."""
    said = [c for c in calls("_say") if first(c) <= {"data"}]
    why = set().union(*(first_keyword(c, "why") for c in said))
    found = {("summary", t) for t in TOPICS if t != "data"} | {
        ("do", t) for t in TOPICS if t != "data"
    }
    found |= {("do", "aosMissing_sign"), ("do", "aosCheck_complete")}
    found |= {("do", "cupAsk_earlier"), ("summary", "cupAsk_earlier")}
    remains = [f"aosMissing_{todo}" for todo in get_args(Remains) if todo != "order"]
    found |= {("do", key) for key in [*remains, "aosMissing_sign_look"]}
    found |= {("summary", key) for key in remains if key != "aosMissing_both"}
    found |= {("summary", f"{topic}_ask") for topic in ("aosReady", "aosCheck")}
    found |= {("phrase", f"ifOver_{pathway}") for pathway in PATHWAYS}
    found |= {(t, f"data_{w}") for t in ("summary", "do") for w in why}
    found |= {("override", o) for reasons in OVERRIDES.values() for o in reasons}
    found |= {("link", name) for names in [*LINKS.values(), ("guideline",)] for name in names}
    for pathway in PATHWAYS.values():
        found |= {("link", name) for name in pathway.links}
        found |= {("ask", each) for each in pathway.ask}
        found |= {("block", each) for each in pathway.blocks}
        found |= {("gap", each) for each in pathway.mandatory}
        found |= {("page", each) for each in pathway.criteria}
        found |= {("order", pathway.id), ("label", f"refer_{pathway.id}")}
    found |= {("ask", each) for c in calls("_say") for each in first_keyword(c, "ask")}
    found |= danish()
    found |= {("status", each) for each in get_args(Status)}
    found |= {("source", key) for key in [*NEEDED, "serviceRequests", "diagnosticReports"]}
    found |= {("source", reason) for reason in source_reasons()}
    found |= {("reason", each) for each in reason_ids()}
    for call in calls("say"):
        found |= {(t, k) for t in first(call) for k in first(call, 1)}
    return found


def danish():
    """Give (table, key) of everything that the Danish literal and its cards can ask for."""
    pathway = PATHWAYS["metastases-dk"]
    found = {("ask", each) for each in (*OPEN_CLASSES.values(), "birthDate", "knownCancer")}
    for route in pathway.routes:
        found |= {("route", route.row), ("target", route.target)}
        found |= {("ask", each) for each in (*route.ask, *route.unknown)}
    for step in pathway.steps:
        found |= {("step", step.row)} | {("ask", each) for each in step.ask}
    found |= {("duty", row) for rows in pathway.duties.values() for row in rows}
    whys = {
        "dkRoute": {"gap", "undecided", "organ", "lymphoma"}
    }  # of a method, the others are written out
    for call in calls("_say"):
        for topic in first(call) & {"dkRoute", "dkMarkers", "dkWorkup", "underAge"}:
            whys.setdefault(topic, set()).update(
                first_keyword(call, "why") - {"", "panelNotChecked"}
            )
    found |= {(t, f"{topic}_{w}") for t in ("summary", "do") for topic in whys for w in whys[topic]}
    ends = ("done", "notChecked", "surgeryAlone")
    found |= {(t, f"dkWorkup_{end}") for t in ("summary", "do") for end in ends}
    return found - {("target", "ask")}


def every_criterion():
    """Give every criterion that a card or a page can name."""
    for pathway in PATHWAYS.values():
        routed = [r.criterion for r in pathway.routes]
        for criterion in (*pathway.criteria.values(), *routed, *(s.when for s in pathway.steps)):
            yield from criterion.walk()


def first_keyword(call, name):
    """Give the strings under a keyword of a call, or those that a local name may stand for."""
    values = [k.value for k in call.keywords if k.arg == name]
    return set().union(*(constants(v) for v in values)) | (
        {"panelNotChecked"}
        if name == "why" and any(isinstance(v, ast.Name) for v in values)
        else set()
    )


def reason_ids():
    return set().union(*(first(c) for c in calls("Reason", "because", "UnreadableResource")))


def source_reasons():
    found = set().union(*(first(c, 1) for c in calls("unavailable", "SourceState")))
    ehr = ast.parse((CODE.parent / "service" / "ehr.py").read_text("utf-8"))
    found |= {"absent"} & constants(ehr)
    (shortfall,) = (
        n
        for tree in TREES
        for n in ast.walk(tree)
        if isinstance(n, ast.FunctionDef) and n.name == "_shortfall"
    )
    returned = [n.value for n in ast.walk(shortfall) if isinstance(n, ast.Return) and n.value]
    return found | set().union(*(constants(r) for r in returned)) - {"link", "relation", "next"}


@pytest.mark.parametrize(("table", "key"), sorted(sayable()))
def test_everything_that_can_be_said_has_a_text(table, key):
    assert key in SV[table]


def test_enough_was_found_for_the_tests_above_to_mean_something():
    found = sayable()
    for table, least in (("reason", 30), ("source", 9), ("phrase", 15), ("ask", 10), ("do", 18)):
        assert sum(t == table for t, _ in found) >= least, table


def test_every_criterion_has_a_name():
    for each in every_criterion():
        assert WORDS["sv"].criterion(each.id)


def test_every_slot_analyte_and_concept_has_a_name_in_every_language():
    for words in WORDS.values():
        assert all(words.slot(s) and words.slot(s, short=False) for s in SLOTS)
        assert all(words.slot(a) and words.slot(a, short=False) for a in TERMS.analytes)
        assert all(words.concept(c) for c in TERMS.concepts)


# -- no text is unused ---------------------------------------------------------------------------


@pytest.mark.parametrize(("table", "key"), REFERRING)
def test_no_text_is_unused(table, key):
    looked_up = {k for t, k in sayable() if t == table}
    criteria = {each.id for each in every_criterion()}
    if table == "criterion":
        assert key in criteria
    elif table in {"summary", "do", "override", "link", "status", "block", "ask", "duty"}:
        assert key in looked_up
    else:
        named = {"refer_aos_gaps", "refer_aos_unchecked", "refer_cup-se", "refer_metastases-dk"}
        named |= {f"{part}_{end}" for part in ("history", "examination") for end in ("cup", "dk")}
        named |= {f"examination{own}_female" for own in ("", "_cup", "_dk")} | {
            "examination_dk_male"
        }
        assert key in looked_up | SPOKEN | named


# -- summaries -----------------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_summary_is_never_too_long_and_the_usual_one_is_whole(language):
    for name, assessment in every_situation().items():
        for card in cards(assessment, language):
            assert 0 < len(card["summary"]) <= SUMMARY_LIMIT
            if name != "aosMissing, all":
                assert "…" not in card["summary"], (name, card["summary"])


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_summary_keeps_its_point_with_the_longest_names(language):
    words = WORDS[language]
    organs = sorted((words.concept(c) for c in TERMS.concepts if c.startswith("organ.")), key=len)
    sites = sorted((words.concept(c) for c in TERMS.concepts if "." in c), key=len)
    targets = sorted(words.tables["target"].values(), key=len)
    places = sorted((words.site(c) for c in TERMS.concepts if c.startswith("metastasis")), key=len)
    for key, text in words.tables["summary"].items():
        names = placeholders(text)
        longest = {
            "organs": organs[-1],
            "named": f" ({organs[-1]})",
            "sites": places[-1] if key.startswith("dk") else sites[-1],
            "sources": ", ".join(words.say("source", k) for k in NEEDED),
            "pathway": max((words.say("order", p) for p in PATHWAYS), key=len),
            "date": " (2026-02-20)",
            "value": "3,12 mmol/L",
            "count": 23,
            "total": 23,
            "pending": f" ({words.say('phrase', 'pendingCount', count=12)},"
            f" {words.say('phrase', 'uncheckedCount', count=10)})",
            "tests": words.slot("psa") if "_ask" in key else "",
            "blocks": "",
            "names": "",
            "later": "",
            "latest": "2026-03-09",
            "finding": words.say("phrase", "findingSuspected"),
            "targets": targets[-1],
            "further": f"{targets[-1]} {words.say('phrase', 'or')} {targets[0]}",
        }
        said = text.format(**{n: longest[n] for n in names})
        assert len(said) <= SUMMARY_LIMIT, (len(said), said)


def test_the_text_files_are_part_of_the_package():
    assert {f.name for f in files("cards.texts").iterdir()} >= {f"{x}.toml" for x in LANGUAGES}
