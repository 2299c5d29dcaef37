"""Every case of tests/cases, and every row of the decision tables, is looked at."""

import itertools
import json
import re
from pathlib import Path

import pytest
from msgspec import ValidationError

from cards.assessment import Advice, Assessment
from cards.card import SUMMARY_LIMIT, Response, encoded
from cards.codes import LANGUAGES
from cards.danish_referral import addressed, targets_of
from cards.pathways import PATHWAYS, of_country
from cards.referral import Form, referral
from cards.rendering import Manner, render
from cards.words import WORDS
from tests.cards.situations import CASES, Case, ExpectWords, assessed, parse, read_cases

TABLES = Path(__file__).parents[2] / "docs" / "decision-tables.md"
ROW = re.compile(r"^\| ([A-Z]+\d+(?:\.\d+|[a-z])?) \|", re.MULTILINE)
_TEXT_ID = re.compile(r"(ask|do|flag|heading|label|phrase|reason|link|note|status|summary)\.[\w-]+")
_HOLE = re.compile(r"\{\w+\}")
FILES = sorted(CASES.glob("*.toml"))
ALL = [(path.stem, case) for path in FILES for case in read_cases(path)]
ANSWERS = {True: "yes", False: "no", None: "unknown"}


def table_rows() -> set[str]:
    return set(ROW.findall(TABLES.read_text("utf-8")))


@pytest.mark.parametrize("case", [pytest.param(c, id=f"{f}: {c.name}") for f, c in ALL])
def test_a_case_is_advised_as_it_says(case: Case):
    found = assessed(case)
    differences = check(case.expect, found, case.country)
    assert not differences, "\n".join(differences)


def check(expect: ExpectWords, found: Assessment, country: str = "SE") -> list[str]:
    """Give every difference between what a case expects and what was found."""
    compared = [
        *_cards(expect, found),
        *_routes(expect, found),
        *_slots(expect, found),
        *_texts(expect, found, country),
    ]
    return [
        f"{what}: expected {right!r}, got {got!r}" for what, right, got in compared if right != got
    ]


def _cards(expect: ExpectWords, found: Assessment):
    advice = found.advice
    yield "cards", expect.cards, [a.topic for a in advice]
    if expect.indicator:
        yield "indicator", expect.indicator, advice[0].indicator if advice else None
    if expect.why:
        yield "why", expect.why, advice[0].why if advice else None
    if expect.order is not None:
        yield "order", sorted(expect.order), sorted({o for a in advice for o in a.order})
    if expect.measure is not None:
        yield "measure", sorted(expect.measure), sorted({m for a in advice for m in a.measure})
    if expect.refer:
        refers = [a.refer for a in advice if a.refer] or ["none"]
        yield "refer", [expect.refer], refers
    if expect.completes:
        completed = [d.order.pathway for a in advice for d in a.updates] or ["none"]
        yield "completes", [expect.completes] * (expect.completed or 1), completed
    if expect.redirects is not None:
        yield (
            "redirects",
            sorted(expect.redirects),
            sorted({r for a in advice for r in a.redirects}),
        )
    asked = {q for a in advice for q in a.ask}
    yield "ask", set(expect.ask), asked & set(expect.ask)
    if expect.unanswerable is not None:
        yield "unanswerable", expect.unanswerable, [key for key, _ in found.unanswerable]
    for name, answer in expect.found.items():
        yield f"found.{name}", answer, ANSWERS[_met(found, name)]


def _met(found: Assessment, name: str) -> bool | None:
    """Give the answer to a criterion, such as "aos.suspicion" or "aos.suspicion/pain"."""
    key, _, part = name.partition("/")
    pathway, _, criterion = key.partition(".")
    finding = PATHWAYS[pathway].criteria[criterion].judge(found.chart)
    return (finding.part(part) if part else finding).met


def _slots(expect: ExpectWords, found: Assessment):
    slots = found.chart.slots
    for slot, status in expect.slots.items():
        yield f"slots.{slot}", status, slots[slot].status
    for slot, notes in expect.notes.items():
        yield f"notes.{slot}", notes, [n.id for n in slots[slot].notes]
    for slot, verdict in expect.abnormal.items():
        yield f"abnormal.{slot}", verdict, slots[slot].abnormal or "not judged"
    for slot, shown in expect.shown.items():
        value = slots[slot].value
        yield f"shown.{slot}", shown, f"{value.shown} {value.unit or ''}".strip() if value else ""


def _routes(expect: ExpectWords, found: Assessment):
    """Compare what only the Danish cards have: routes, examinations, the latest day."""
    route = next((a for a in found.advice if a.topic == "dkRoute"), None)
    if expect.targets is not None:
        yield "targets", expect.targets, list(route.targets) if route else "no route"
    if expect.possible is not None:
        yield "possible", set(expect.possible), set(route.further) if route else "no route"
    examined = [e for a in found.advice for w in a.work for e in w.examined]
    remaining = {e.key for e in examined if e.done is None}
    yield "remaining", set(expect.remaining), remaining & set(expect.remaining)
    if expect.done is not None:
        yield "done", set(expect.done), {e.key for e in examined if e.done}
    if expect.examine is not None:
        yield "examine", set(expect.examine), {e for a in found.advice for e in a.examine}
    if expect.unless_operated is not None:
        waiting = {e for a in found.advice for e in a.unless_operated}
        yield "unless_operated", set(expect.unless_operated), waiting
    if expect.latest is not None:
        days = {a.latest.isoformat() for a in found.advice if a.latest}
        yield "latest", {expect.latest} - {""}, days
    if expect.performer:
        body = json.loads(_referral(found, "DK") or "{}")
        coded = body.get("performerType", {"coding": [{"code": "none"}]})["coding"]
        yield "performer", [expect.performer], [c["code"] for c in coded]


def _texts(expect: ExpectWords, found: Assessment, country: str):
    language = {"SE": "sv", "DK": "da"}[country]
    shown = _shown(found, country, language) if expect.text or expect.no_text else ""
    for words in expect.text:
        yield f"card says {words!r}", True, _says(shown, words, language) or shown
    for words in expect.no_text:
        yield f"card does not say {words!r}", True, not _says(shown, words, language) or shown
    draft = _referral(found, country) if expect.referral or expect.no_referral else ""
    for words in expect.referral:
        yield f"referral says {words!r}", True, _says(draft, words, language) or draft
    for words in expect.no_referral:
        yield f"referral does not say {words!r}", True, not _says(draft, words, language) or draft


def _says(shown: str, words: str, language: str) -> bool:
    """Tell whether JSON text holds some words, or the card text of an id ("phrase.pregnancy")."""
    if not _TEXT_ID.fullmatch(words):
        return words in shown
    table, key = words.split(".")
    fixed = _HOLE.split(WORDS[language].tables[table][key])
    return all(json.dumps(part, ensure_ascii=False)[1:-1].strip() in shown for part in fixed)


def _shown(found: Assessment, country: str, language: str) -> str:
    """Give the cards as they go over the wire."""
    numbers = itertools.count()
    manner = Manner(language, Form(), lambda: f"id-{next(numbers)}")
    return encoded(Response(render(found, of_country(country), manner))).decode()


def _referral(found: Assessment, country: str) -> str:
    """Give the first referral that is proposed, as JSON text; empty when none is."""
    for advice in found.advice:
        if advice.refer and advice.criteria:
            made = _danish_referral if country == "DK" else _swedish_referral
            return json.dumps(made(advice, found), ensure_ascii=False)
    return ""


def _swedish_referral(advice: Advice, found: Assessment) -> dict:
    pathway = PATHWAYS[advice.refer]
    return referral(pathway, advice.criteria, found.chart, WORDS["sv"], Form(), "draft-1")


def _danish_referral(advice: Advice, found: Assessment) -> dict:
    targets = targets_of(advice)
    if not targets:
        return {}
    pathway, words = PATHWAYS[advice.refer], WORDS["da"]
    body = referral(pathway, advice.criteria, found.chart, words, Form(), "draft-1")
    return addressed(body, targets[0], advice, found.chart, words, Form())


def test_every_row_of_the_decision_tables_has_a_case():
    named = {row for _, case in ALL for row in case.rows}
    assert table_rows() - named == set()


def test_no_case_names_a_row_that_does_not_exist():
    unknown = {(c.name, row) for _, c in ALL for row in c.rows if row not in table_rows()}
    assert unknown == set()


def test_the_tables_hold_the_rows_that_the_product_was_built_from():
    rows = table_rows()
    for prefix, count in (
        ("S", 10),
        ("A", 22),
        ("AD", 10),
        ("C", 14),
        ("CD", 8),
        ("T", 4),
        ("Q", 21),
        ("X", 11),
    ):
        assert {f"{prefix}{n}" for n in range(1, count + 1)} <= rows
    assert {f"A21.{n}" for n in range(1, 24)} <= rows


def test_the_tables_hold_the_rows_of_the_danish_guideline():
    numbers = (*range(1, 7), *range(10, 27), *range(30, 43), *range(50, 77), "51a")
    danish = {row for row in table_rows() if re.match(r"D\d", row)}
    assert danish == {f"D{n}" for n in numbers}
    told = {row for file, case in ALL if file == "metastases-dk" for row in case.rows}
    assert danish <= told


def test_there_are_at_least_seventy_danish_situations():
    assert sum(file == "metastases-dk" for file, _ in ALL) >= 70


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_danish_card_says_that_its_edition_was_replaced(language: str):
    for case in (c for _, c in ALL if c.country == "DK"):
        for card in json.loads(_shown(assessed(case), "DK", language))["cards"]:
            for place in (card["source"]["label"], card["detail"]):
                assert "2016" in place, case.name
                assert "2022" in place, case.name
            assert len(card["summary"]) <= SUMMARY_LIMIT
            assert card["source"]["topic"]["code"] == "dkWorkup" or "…" not in card["summary"]
            assert not re.search(r"\{\w+\}", card["summary"] + card["detail"]), case.name


def test_names_of_cases_are_unique_and_every_case_names_a_row():
    names = [c.name for _, c in ALL]
    assert len(names) == len(set(names))
    assert all(c.rows for _, c in ALL)


PLAIN = '[[case]]\nname = "x"\nrows = ["A5"]\nconditions = ["appetite_loss"]\n'


@pytest.mark.parametrize(
    "typo",
    [
        'hock = "order-sign"\nexpect = {cards = []}',
        "expect = {cards = [], slot = {}}",
        "patient = {gender = 'female'}\nexpect = {cards = []}",
        "panel = {witout = ['b12']}\nexpect = {cards = []}",
        "panel = 'full'\nexpect = {cards = []}",
    ],
)
def test_a_misspelt_word_is_an_error(typo: str):
    with pytest.raises(ValidationError):
        parse(PLAIN + typo)


@pytest.mark.parametrize(
    "typo", ["panel = {without = ['b13']}", "sources = {lab = 'partial'}", "rules = {psa = 'all'}"]
)
def test_a_slot_a_source_or_a_setting_that_does_not_exist_is_an_error(typo: str):
    case = parse(f"{PLAIN}{typo}\nexpect = {{cards = []}}")[0]
    with pytest.raises((ValueError, ValidationError)):
        assessed(case)


@pytest.mark.parametrize(
    "wrong",
    [
        'cards = ["aosReady"]',
        'cards = ["aosMissing"], indicator = "critical"',
        'cards = ["aosMissing"], slots = {b12 = "answered"}',
        'cards = ["aosMissing"], notes = {b12 = ["old"]}',
        'cards = ["aosMissing"], abnormal = {hb = "low"}',
        'cards = ["aosMissing"], shown = {hb = "92 g/L"}',
        'cards = ["aosMissing"], order = ["b12"]',
        'cards = ["aosMissing"], refer = "none"',
        'cards = ["aosMissing"], completes = "aos"',
        'cards = ["aosMissing"], redirects = ["lung"]',
        'cards = ["aosMissing"], ask = ["birthDate"]',
        'cards = ["aosMissing"], why = "birthDate"',
        'cards = ["aosMissing"], found = {"aos.suspicion/pain" = "yes"}',
        'cards = ["aosMissing"], unanswerable = ["patient"]',
        'cards = ["aosMissing"], text = ["inte ett ord av kortet"]',
        'cards = ["aosMissing"], no_text = ["Beställ"]',
        'cards = ["aosMissing"], text = ["phrase.veryLowHb"]',
        'cards = ["aosMissing"], referral = ["inte ett ord av remissen"]',
        'cards = ["aosMissing"], no_referral = ["Kobalamin"]',
    ],
)
def test_a_wrong_expectation_fails(wrong: str):
    case = parse(f"{PLAIN}expect = {{{wrong}}}")[0]
    assert check(case.expect, assessed(case))
