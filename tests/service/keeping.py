"""An application that keeps a journal: started, asked, stopped and started again."""

import asyncio
import json
from contextlib import contextmanager
from datetime import UTC, date, datetime
from itertools import count

import httpx
from sqlalchemy import select

from service.app import create_app
from service.database import opened, upgrade
from service.tables import ADVICE, CALL, FEEDBACK, SUGGESTION
from tests.service.asking import ANCHOR, JSON, PATIENT_VIEW, settings

SECRET = "0123456789abcdef0123456789abcdef"  # noqa: S105 - nobody's
OVERRIDE = "https://vidare.example/CodeSystem/override-reason"
TABLES = {"call": CALL, "advice": ADVICE, "suggestion": SUGGESTION, "feedback": FEEDBACK}


class Kept:
    """One installation over its restarts; what it was told is in the database after a stop."""

    def __init__(self, folder, url, **given):
        self.url = url
        self._ids = count(1)
        self.today = ANCHOR
        self.candidates = {}
        self.given = {
            "journal": True,
            "database_url": url,
            "spool": folder / "spool",
            "journal_secrets": SECRET,
            **given,
        }
        with opened(url) as engine:
            upgrade(engine)

    @contextmanager
    def running(self, **given):
        """Start the application; what it keeps is written to the end when it stops."""
        app = create_app(
            settings(**{**self.given, **given}),
            today=lambda: self.today,
            new_id=lambda: f"00000000-0000-4000-8000-{next(self._ids):012d}",
            candidates=self.candidates,
        )
        with asyncio.Runner() as runner:
            lifespan = app.router.lifespan_context(app)
            runner.run(lifespan.__aenter__())
            try:
                yield Asking(runner, app)
            finally:
                runner.run(lifespan.__aexit__(None, None, None))

    def ask(self, body, path=PATIENT_VIEW, **given):
        """Start, ask once, stop, and give the cards."""
        with self.running(**given) as asking:
            response = asking.post(path, body)
        assert response.status_code == 200, response.text
        return response.json()["cards"]

    def tell(self, *items, path=PATIENT_VIEW, **given):
        """Start, give feedback, stop, and give the response."""
        with self.running(**given) as asking:
            return asking.post(f"{path}/feedback", {"feedback": list(items)})

    def rows(self, table):
        """Give the rows of a table."""
        with opened(self.url) as engine, engine.connect() as connection:
            return [row._asdict() for row in connection.execute(select(TABLES[table]))]


class Asking:
    """A running application."""

    def __init__(self, runner, app):
        self.runner, self.app = runner, app

    def send(self, method, path, **options):
        async def exchange():
            transport = httpx.ASGITransport(self.app)
            async with httpx.AsyncClient(transport=transport, base_url="http://t") as client:
                return await client.request(method, path, **options)

        return self.runner.run(exchange())

    def post(self, path, body):
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        return self.send("POST", path, content=content, headers=JSON)

    def metric(self, line):
        """Give the value of a line of /metrics, 0 where it is not there."""
        text = self.send("GET", "/metrics").text
        found = [x.rpartition(" ")[2] for x in text.splitlines() if x.startswith(f"{line} ")]
        return float(found[0]) if found else 0.0


def overridden(card, reason=None, on=ANCHOR, comment=None, **more):
    """Give the feedback that a card was set aside at noon."""
    why = {
        **({"reason": {"code": reason, "system": OVERRIDE}} if reason else {}),
        **({"userComment": comment} if comment else {}),
    }
    told = {"overrideReason": why} if why else {}
    return {"card": card, "outcome": "overridden", "outcomeTimestamp": noon(on), **told, **more}


def accepted(card, *suggestions, on=ANCHOR):
    """Give the feedback that suggestions of a card were accepted at noon."""
    chosen = [{"id": s} for s in suggestions]
    return {
        "card": card,
        "outcome": "accepted",
        "acceptedSuggestions": chosen,
        "outcomeTimestamp": noon(on),
    }


def noon(on: date):
    return datetime(on.year, on.month, on.day, 12, tzinfo=UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
