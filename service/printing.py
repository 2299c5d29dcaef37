"""Answers in a terminal: cards as a reader sees them, refusals with their reasons."""

import re
from collections.abc import Iterator

import msgspec
from rich.console import Console, Group, RenderableType
from rich.markdown import Markdown
from rich.padding import Padding
from rich.panel import Panel
from rich.text import Text

_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_TICKED = re.compile(r"^(\s*)- \[([x ?])\] ", re.MULTILINE)
_MARKS = {"x": "✓", " ": "–", "?": "?"}
_ACTIONS = {"create": "+", "update": "~", "delete": "-"}
COLOURS = {"info": "blue", "warning": "yellow", "critical": "red"}
_MEANT = {
    401: "The service wants a token that says which EHR calls (--bearer), or refused the one it"
    " got; its own log says why."
}
"""What a refusal without an OperationOutcome means."""
WIDEST = 100
"""Columns of a card: longer lines are hard to read."""


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
    url: str = ""


class _Reason(msgspec.Struct):
    display: str = ""


class _Card(msgspec.Struct):
    summary: str = ""
    indicator: str = ""
    detail: str = ""
    source: _Source = _Source()
    suggestions: list[_Suggestion] = []
    links: list[_Link] = []
    overrideReasons: list[_Reason] = []  # noqa: N815 - CDS Hooks' spelling


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
        console.print(_panel(card, min(console.width, WIDEST)))
    return True


def _panel(card: _Card, width: int) -> Panel:
    return Panel(
        Group(*_parts(card)),
        title=_text(f" {card.indicator} "),
        title_align="left",
        subtitle=_text(f" {card.source.label} ") if card.source.label else None,
        subtitle_align="left",
        border_style=COLOURS.get(card.indicator, "white"),
        padding=(1, 2),
        width=width,
    )


def print_refusal(status: int, body: bytes, console: Console) -> None:
    """Print what a refusal says: each issue of its OperationOutcome, or what its status means."""
    try:
        issues = msgspec.json.decode(body, type=_Outcome).issue
    except (msgspec.MsgspecError, UnicodeDecodeError):
        console.print(Text(_MEANT.get(status, "The answer holds no OperationOutcome.")))
        return
    for issue in issues:
        place = f" [{', '.join(issue.expression)}]" if issue.expression else ""
        console.print(_text(f"{issue.severity} {issue.code}{place}: {issue.diagnostics}"))


def _parts(card: _Card) -> Iterator[RenderableType]:
    yield _text(card.summary, style="bold")
    if card.detail:
        marked = _TICKED.sub(lambda m: f"{m[1]}- {_MARKS[m[2]]} ", card.detail)
        yield Padding(Markdown(_CONTROL.sub("", marked), hyperlinks=False), (1, 0, 0, 0))
    for suggestion in card.suggestions:
        yield _text("")
        yield from _suggestion(suggestion)
    if card.links or card.source.url or card.overrideReasons:
        yield _text("")
    if reasons := [reason.display for reason in card.overrideReasons if reason.display]:
        yield _text(f"Or not, because: {' · '.join(reasons)}", style="dim")
    for link in card.links:
        yield _text(f"{link.label}: {link.url}", style="dim")
    if card.source.url:
        yield _text(f"Source: {card.source.url}", style="dim")


def _suggestion(suggestion: _Suggestion) -> Iterator[RenderableType]:
    style = "bold green" if suggestion.isRecommended else "bold"
    recommended = "  (recommended)" if suggestion.isRecommended else ""
    yield _text(f"▶ {suggestion.label}{recommended}", style=style)
    for action in suggestion.actions:
        yield _text(f"    {_ACTIONS.get(action.type, '?')} {action.description}")


def _text(text: str, style: str = "") -> Text:
    """Give text of which nothing steers the terminal."""
    return Text(_CONTROL.sub("", text), style=style)
