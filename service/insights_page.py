"""`GET /insights`: how the advice fares, as charts with tables beside them, or as CSV.

A caller sees what became of its own cards, and of nobody else's.
"""

import re
from collections.abc import Callable, Mapping
from html import escape
from typing import NamedTuple

from anyio import to_thread
from fastapi import FastAPI
from sqlalchemy import Engine
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response

from service import describing
from service.charts import bars
from service.database import Failure
from service.errors import BadRequest, NotReady
from service.identity import Identity
from service.insights import Insights, as_csv, insights
from service.languages import LANGUAGES, choose_language
from service.markup import page, policy, table, words_in
from service.settings import Settings

DAYS: describing.Document = {
    "name": "days",
    "in": "query",
    "description": "How many days back",
    "schema": {"type": "integer", "minimum": 1, "maximum": 9999, "default": 90},
}


class InsightsPage(NamedTuple):
    """The page of one installation."""

    settings: Settings
    engine: Engine
    identity: Identity
    examples: Callable[[], Insights] | None = None
    """What a page of the sandbox shows, marked as invented, while nothing has been kept."""

    def add_to(self, app: FastAPI) -> None:
        """Add the routes to the application."""
        for path, endpoint, summary, holds in (
            ("/insights", self.show, "What became of the caller's cards", _holds("Insights")),
            ("/insights.csv", self.download, "The same counts as CSV", {"text/csv": {}}),
        ):
            app.add_api_route(
                path,
                endpoint,
                response_class=Response,
                summary=summary,
                tags=["pages"],
                responses={200: {"content": holds}, 400: describing.REFUSAL},
                openapi_extra=describing.WITH_TOKEN | {"parameters": [DAYS]},
            )

    async def show(self, request: Request) -> Response:
        """Show charts and tables, or give JSON to a program."""
        found = await self._found(request, "/insights")
        fixed = LANGUAGES.get(request.query_params.get("language", ""))
        chosen = choose_language("SE", request.headers.get("accept-language"), fixed)
        headers = {"Cache-Control": "no-store", "Vary": "Accept, Accept-Language"}
        if "application/json" in request.headers.get("accept", ""):
            return JSONResponse(_plain(found), headers=headers)
        words = words_in(chosen)
        content = _content(found, words)
        if not found.fares and self.examples is not None:
            content = _content(self.examples(), words, invented=True)
        text = page(words["insights"], content, chosen, "/insights")
        headers |= {"Content-Security-Policy": policy(), "Content-Language": chosen}
        return HTMLResponse(text, headers=headers)

    async def download(self, request: Request) -> Response:
        """Give the counts as CSV."""
        found = await self._found(request, "/insights.csv")
        return Response(
            as_csv(found),
            media_type="text/csv",
            headers={
                "Cache-Control": "no-store",
                "Content-Disposition": 'attachment; filename="insights.csv"',
            },
        )

    async def _found(self, request: Request, path: str) -> Insights:
        client = await self.identity.caller(request, f"{self.settings.base_url}{path}")
        days = _days(request.query_params.get("days", "90"))

        def read() -> Insights:
            with self.engine.connect() as connection:
                return insights(connection, client.name, days)

        try:
            return await to_thread.run_sync(read)
        except Failure:
            raise NotReady("The database of the journal does not answer.") from None


def _holds(schema: str) -> describing.Document:
    reference = {"schema": {"$ref": f"#/components/schemas/{schema}"}}
    return {"text/html": {}, "application/json": reference}


def _days(text: str) -> int:
    if not re.fullmatch(r"[1-9][0-9]{0,3}", text):
        raise BadRequest("days must be a number from 1 to 9999.", code="bad-parameter")
    return int(text)


def _plain(found: Insights) -> dict[str, object]:
    return {
        "days": found.days,
        "topics": [
            {name: getattr(fare, name) for name in fare.__struct_fields__} for fare in found.fares
        ],
        "panel": [
            {name: getattr(panel, name) for name in panel.__struct_fields__}
            for panel in found.panels
        ],
        "weeks": found.weeks,
    }


def _content(found: Insights, words: Mapping[str, str], *, invented: bool = False) -> str:
    title = f"<h1>{escape(words['insights'])}</h1>"
    lead = f"<p>{escape(words['insights_lead'].format(days=found.days))}</p>"
    link = f'<p><a href="/insights.csv?days={found.days}">CSV</a></p>'
    if invented:
        link = f"<p><strong>{escape(words['insights_invented'])}</strong></p>"
    if not found.fares:
        return f"{title}{lead}<p>{escape(words['insights_none'])}</p>"
    return "".join(
        (
            title,
            lead,
            link,
            f"<h2>{escape(words['fares'])}</h2>",
            _fares(found, words),
            _fares_table(found, words),
            f"<h2>{escape(words['cards_by_week'])}</h2>",
            _weeks(found, words),
            _weeks_table(found, words),
            f"<h2>{escape(words['completeness'])}</h2>",
            _panels_table(found, words),
        )
    )


def _fares(found: Insights, words: Mapping[str, str]) -> str:
    names = ("accepted", "overridden", "unanswered", "asleep")
    rows = {
        fare.topic: {
            words["accepted"]: fare.accepted,
            words["overridden"]: fare.overridden,
            words["unanswered"]: max(0, fare.shown - fare.accepted - fare.overridden),
            words["asleep"]: fare.asleep,
        }
        for fare in found.fares
    }
    return bars(words["fares"], rows, [words[name] for name in names])


def _weeks(found: Insights, words: Mapping[str, str]) -> str:
    topics = sorted({topic for week in found.weeks.values() for topic in week})
    return bars(words["cards_by_week"], found.weeks, topics)


def _fares_table(found: Insights, words: Mapping[str, str]) -> str:
    names = ("shown", "accepted", "overridden", "asleep", "shadow", "candidate")
    head = [words["pathway"], words["topic"], *(words[n] for n in names), words["hours"]]
    rows = []
    for fare in found.fares:
        reasons = ", ".join(f"{name}: {count}" for name, count in sorted(fare.reasons.items()))
        counts = [str(getattr(fare, name)) for name in names]
        hours = "" if fare.hours is None else str(fare.hours)
        cells = [fare.pathway or "–", fare.topic, *counts, hours, reasons]
        rows.append([escape(cell) for cell in cells])
    return table([*head, words["reasons"]], rows)


def _weeks_table(found: Insights, words: Mapping[str, str]) -> str:
    rows = [
        [week, escape(", ".join(f"{topic}: {n}" for topic, n in sorted(topics.items())))]
        for week, topics in found.weeks.items()
    ]
    return table([words["week"], words["shown"]], rows)


def _panels_table(found: Insights, words: Mapping[str, str]) -> str:
    rows = [[p.week, escape(p.hook), str(p.cards), f"{p.answered:g} %"] for p in found.panels]
    return table([words["week"], words["hook"], words["shown"], words["completeness"]], rows)
