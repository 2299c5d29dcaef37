"""The core calls nothing that reads a clock, a file or chance, also where no import shows it."""

import ast

import pytest

from tests.service.asking import ROOT

MODULES = sorted((ROOT / "cards").rglob("*.py"))
IMPURE = {
    "open", "print", "input", "exec", "eval", "breakpoint",
    "now", "utcnow", "today", "fromtimestamp", "uuid4", "getenv", "read_file", "urlopen",
}  # fmt: skip


def called(source):
    """Give the last name of everything that a module calls."""
    calls = (node.func for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call))
    return {getattr(what, "attr", getattr(what, "id", "")) for what in calls}


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
def test_the_core_asks_nobody_for_the_day_a_file_or_chance(path):
    assert not called(path.read_text("utf-8")) & IMPURE


@pytest.mark.parametrize("line", ["datetime.now(UTC)", "date.today()", "open('x')", "f(print(1))"])
def test_what_would_be_impure_is_seen(line):
    assert called(line) & IMPURE
