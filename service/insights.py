"""How the advice fares: counts by pathway and topic, of one client, without a patient."""

import csv
import io
import time
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import msgspec
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Select,
    case,
    distinct,
    func,
    literal,
    select,
)

from service.tables import ADVICE, CALL, FEEDBACK

WEEK = 7 * 24 * 3600 * 1000
DAY = 24 * 3600 * 1000


class Fare(msgspec.Struct):
    """What became of the advice on one topic of one pathway."""

    pathway: str
    topic: str
    shown: int = 0
    asleep: int = 0
    shadow: int = 0
    candidate: int = 0
    accepted: int = 0
    overridden: int = 0
    hours: float | None = None
    """The mean time from the card to its acceptance."""
    reasons: dict[str, int] = {}
    """Cards overridden, by the code of the reason."""


class Panel(msgspec.Struct):
    """How much of the laboratory panel was answered, in per cent, by hook and week."""

    hook: str
    week: str
    cards: int
    answered: float


class Insights(msgspec.Struct):
    """The insights of one client over some days."""

    days: int
    fares: tuple[Fare, ...]
    panels: tuple[Panel, ...]
    weeks: dict[str, dict[str, int]]
    """Cards shown by week (its Monday, or the day it begins) and topic."""


def insights(connection: Connection, client: str, days: int) -> Insights:
    """Give the insights of a client's last days."""
    since = time.time_ns() // 1_000_000 - days * DAY
    mine = (CALL.c.client == client) & (CALL.c.at >= since)
    fares: dict[tuple[str, str], Fare] = {}

    def fare(pathway: str | None, topic: str) -> Fare:
        return fares.setdefault((pathway or "", topic), Fare(pathway or "", topic))

    for pathway, topic, shown, count in connection.execute(_shown(mine)):
        setattr(fare(pathway, topic), shown, count)
    for pathway, topic, outcome, cards, milliseconds in connection.execute(_outcomes(mine)):
        each = fare(pathway, topic)
        setattr(each, outcome, cards)
        if outcome == "accepted":
            each.hours = round(float(milliseconds) / 3_600_000, 1)
    for pathway, topic, reason, cards in connection.execute(_reasons(mine)):
        fare(pathway, topic).reasons[reason] = cards
    weeks: dict[str, dict[str, int]] = {}
    for week, topic, count in connection.execute(_weeks(mine)):
        weeks.setdefault(_day(week), {})[topic] = count
    panels = tuple(_panel(*row) for row in connection.execute(_panels(mine)))
    return Insights(days, tuple(fares[key] for key in sorted(fares)), panels, weeks)


def _of_client(*columns: ColumnElement[Any]) -> Select[Any]:
    return select(*columns).join_from(CALL, ADVICE, ADVICE.c.call == CALL.c.id)


def _told(*columns: ColumnElement[Any]) -> Select[Any]:
    return _of_client(*columns).join(
        FEEDBACK, (FEEDBACK.c.card == ADVICE.c.id) & (FEEDBACK.c.client == CALL.c.client)
    )


def _shown(mine: ColumnElement[bool]) -> Select[Any]:
    keys = (ADVICE.c.pathway, ADVICE.c.topic, ADVICE.c.shown)
    return _of_client(*keys, func.count()).where(mine).group_by(*keys)


def _outcomes(mine: ColumnElement[bool]) -> Select[Any]:
    keys = (ADVICE.c.pathway, ADVICE.c.topic, FEEDBACK.c.outcome)
    cards = func.count(distinct(ADVICE.c.id))
    waited = case((FEEDBACK.c.at > CALL.c.at, FEEDBACK.c.at - CALL.c.at), else_=0)
    return _told(*keys, cards, func.avg(waited)).where(mine).group_by(*keys)


def _reasons(mine: ColumnElement[bool]) -> Select[Any]:
    words = case((FEEDBACK.c.commented, "comment"), else_="none")
    reason = func.coalesce(FEEDBACK.c.reason, words)
    keys = (ADVICE.c.pathway, ADVICE.c.topic, reason)
    cards = func.count(distinct(ADVICE.c.id))
    overridden = FEEDBACK.c.outcome == "overridden"
    return _told(*keys, cards).where(mine & overridden).group_by(*keys)


_WEEK = CALL.c.at // literal(WEEK, BigInteger)


def _weeks(mine: ColumnElement[bool]) -> Select[Any]:
    week = _WEEK
    shown = ADVICE.c.shown == "shown"
    query = _of_client(week, ADVICE.c.topic, func.count()).where(mine & shown)
    return query.group_by(week, ADVICE.c.topic).order_by(week)


def _panels(mine: ColumnElement[bool]) -> Select[Any]:
    week = _WEEK
    part = 100.0 * func.sum(ADVICE.c.answered) / func.sum(ADVICE.c.asked)
    query = _of_client(CALL.c.hook, week, func.count(), part).where(mine & (ADVICE.c.asked > 0))
    return query.group_by(CALL.c.hook, week).order_by(week, CALL.c.hook)


def _panel(hook: str, week: int, cards: int, part: float) -> Panel:
    return Panel(hook, _day(week), cards, round(float(part), 1))


def _day(week: int) -> str:
    return datetime.fromtimestamp(int(week) * WEEK / 1000, UTC).date().isoformat()


COLUMNS = (
    "pathway",
    "topic",
    "shown",
    "asleep",
    "shadow",
    "candidate",
    "accepted",
    "overridden",
    "hours",
    "reasons",
)


def as_csv(found: Insights) -> str:
    """Give the counts as CSV; a cell that a spreadsheet might run begins with an apostrophe."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    for fare in found.fares:
        reasons = "; ".join(f"{name} {count}" for name, count in sorted(fare.reasons.items()))
        cells = [getattr(fare, name) for name in COLUMNS[:-1]]
        writer.writerow(_inert([*cells, reasons]))
    return text.getvalue()


def _inert(cells: Iterable[object]) -> list[str]:
    texts = ["" if cell is None else str(cell) for cell in cells]
    return [f"'{text}" if text[:1] in {"=", "+", "-", "@", "\t"} else text for text in texts]
