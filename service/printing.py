"""Answers in a terminal: cards as a reader sees them, refusals with their reasons."""

import re
from collections.abc import Iterator

import msgspec
from rich.console import Console, Group, RenderableType
from rich.markdown import Markdown
from rich.panel import Panel
from rich.text import Text

_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")
COLOURS = {"info": "blue", "warning": "yellow", "critical": "red"}


class _Action(msgspec.Struct):
    type: str = ""
    description: str = ""


class _Suggestion(msgspec.Struct):
    label: str = ""
    isRecommended: bool = False  # noqa: N815 - CDS Hooks' spelling
    actions: list[_Action] = []


class _Link(msgspec.Struct):
    label: str = ""
    url: str = ""


class _Source(msgspec.Struct, frozen=True):
    label: str = ""


class _Card(msgspec.Struct):
    summary: str = ""
    indicator: str = ""
    detail: str = ""
    source: _Source = _Source()
    suggestions: list[_Suggestion] = []
    links: list[_Link] = []


class _Answer(msgspec.Struct):
    cards: list[_Card]


class _Issue(msgspec.Struct):
    severity: str = ""
    code: str = ""
    diagnostics: str = ""
    expression: list[str] = []


class _Outcome(msgspec.Struct):
    issue: list[_Issue]


def print_answer(body: bytes, console: Console) -> bool:
    """Print the cards of an answer; False where it is no answer of a CDS Service."""
    try:
        cards = msgspec.json.decode(body, type=_Answer).cards
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return False
    if not cards:
        console.print(Text("No cards: looked at, nothing to say."))
    for card in cards:
        title = _text(f"{card.indicator}: {card.source.label}")
        colour = COLOURS.get(card.indicator, "white")
        console.print(Panel(Group(*_parts(card)), title=title, border_style=colour))
    return True


def print_refusal(status: int, body: bytes, console: Console) -> None:
    """Print what a refusal says: each issue of its OperationOutcome, or just its status."""
    console.print(Text(f"HTTP {status}"))
    try:
        issues = msgspec.json.decode(body, type=_Outcome).issue
    except (msgspec.MsgspecError, UnicodeDecodeError):
        console.print(Text("The answer holds no OperationOutcome."))
        return
    for issue in issues:
        place = f" [{', '.join(issue.expression)}]" if issue.expression else ""
        console.print(_text(f"{issue.severity} {issue.code}{place}: {issue.diagnostics}"))


def _parts(card: _Card) -> Iterator[RenderableType]:
    yield _text(card.summary, style="bold")
    if card.detail:
        yield Markdown(_CONTROL.sub("", card.detail), hyperlinks=False)
    for suggestion in card.suggestions:
        mark = "[x]" if suggestion.isRecommended else "[ ]"
        yield _text(f"{mark} {suggestion.label}")
        for action in suggestion.actions:
            yield _text(f"    {action.type}: {action.description}")
    for link in card.links:
        yield _text(f"-> {link.label}: {link.url}")


def _text(text: str, style: str = "") -> Text:
    """Give text of which nothing steers the terminal."""
    return Text(_CONTROL.sub("", text), style=style)
