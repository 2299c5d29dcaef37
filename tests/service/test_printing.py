"""service.printing: answers in a terminal."""

import io
import json
import re

import pytest
from rich.console import Console

from service.printing import WIDEST, print_answer, print_refusal

CARD = {
    "summary": "AOS: 2 tests missing",
    "indicator": "warning",
    "source": {"label": "Vidare", "url": "https://source.example"},
    "overrideReasons": [{"display": "Urgent"}, {"display": "Taken elsewhere"}, {"code": "x"}],
    "detail": "**Missing**\n\n- [b]B12[/b]\n",
    "suggestions": [
        {
            "label": "Order them",
            "isRecommended": True,
            "actions": [{"type": "create", "description": "B12"}],
        },
        {"label": "Prepare the referral"},
    ],
    "links": [{"label": "Guideline", "url": "https://guide.example", "type": "absolute"}],
    "extension": {"x": 1},
}


def printed(function, *arguments):
    console = Console(file=io.StringIO(), width=100, color_system=None)
    result = function(*arguments, console)
    return result, console.file.getvalue()


def answer(value):
    content = value if isinstance(value, bytes) else json.dumps(value).encode()
    return printed(print_answer, content)


def test_a_card_is_shown_with_all_that_a_reader_sees():
    fine, text = answer({"cards": [CARD]})
    assert fine
    for part in ("warning", "Vidare", "AOS: 2 tests missing", "Missing", "[b]B12[/b]"):
        assert part in text
    for part in ("▶ Order them  (recommended)", "+ B12", "▶ Prepare the referral\n"):
        assert part in re.sub(r" *│$", "", text, flags=re.MULTILINE)
    for part in ("https://guide.example", "Urgent · Taken elsewhere", "https://source.example"):
        assert part in text


def test_criteria_bear_their_marks():
    detail = "- [x] fatigue\n    - [ ] pain\n- [?] contacts\n"
    _, text = answer({"cards": [{**CARD, "detail": detail}]})
    for part in ("✓ fatigue", "– pain", "? contacts"):
        assert part in text


def test_a_card_is_no_wider_than_can_be_read():
    console = Console(file=io.StringIO(), width=300, color_system=None)
    print_answer(json.dumps({"cards": [CARD]}).encode(), console)
    assert max(len(line) for line in console.file.getvalue().splitlines()) == WIDEST


def test_nothing_to_say_is_said():
    assert "nothing to say" in answer({"cards": []})[1]


def test_a_card_of_a_stranger_cannot_steer_the_terminal():
    hostile = {"summary": "\x1b[2J", "source": {"label": "\x1b]0;x\x07"}, "indicator": "?"}
    fine, text = answer({"cards": [hostile]})
    assert fine
    assert "\x1b" not in text


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b"{}", b'{"cards": 1}', b"\xff"])
def test_what_is_no_answer_is_recognised(body):
    assert answer(body) == (False, "")


def test_a_refusal_shows_every_issue():
    issues = [
        {"severity": "error", "code": "invalid", "diagnostics": "No.", "expression": ["context"]},
        {"severity": "warning", "code": "x"},
    ]
    _, text = printed(print_refusal, 400, json.dumps({"issue": issues}).encode())
    assert "error invalid [context]: No." in text
    assert "warning x" in text


@pytest.mark.parametrize("body", [b"", b"<html>", b"\xff"])
def test_a_refusal_without_an_outcome_is_said_to_have_none(body):
    _, text = printed(print_refusal, 502, body)
    assert "no OperationOutcome" in text
