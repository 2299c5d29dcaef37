"""The application over HTTP: the only place where its parts are wired together."""

import gc
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import date, datetime

from anyio import to_thread
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from sqlalchemy import Engine
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from cards import referral
from cards.pathways import CANDIDATES
from cards.pathways.form import Pathway
from service import describing, ids
from service.calls import Calls
from service.database import open_database, prepare
from service.discovery import discovery
from service.ehr import Ehr
from service.guard import Cors, Guard, refusal_of, respond
from service.headers import SecurityHeaders
from service.identity import Identity
from service.insights_page import InsightsPage
from service.journal import Journal, open_journal
from service.keys import Keys
from service.logs import line_of
from service.metrics import CONTENT_TYPE, Metrics
from service.pace import Pace
from service.pages import Pages
from service.register import Register, reloading
from service.remembering import Remembering
from service.replay import UsedTokens
from service.sandbox.fares import example_insights
from service.sandbox.page import Sandbox
from service.sandbox.trust import Signer
from service.settings import ZONE, Settings, load_settings
from service.tracing import Tracing
from service.vetting import refuse_exposed_secrets


def create_app(
    settings: Settings,
    *,
    today: Callable[[], date] | None = None,
    new_id: Callable[[], str] | None = None,
    candidates: Mapping[str, Pathway] = CANDIDATES,
) -> FastAPI:
    """Give the application of one installation; `StartRefused` where it must not be served."""
    refuse_exposed_secrets()
    today = today or _today
    signer = Signer(settings.base_url) if settings.trusts_sandbox else None
    register = Register(settings, signer.client if signer else None)
    engine = open_database(settings.database_url)
    pace = Pace(settings.calls_per_minute) if settings.auth == "required" else None
    identity = Identity(register, Keys(), UsedTokens(engine), pace)
    ehr, metrics = Ehr(settings), Metrics()
    journal, tracing = open_journal(settings, engine, metrics), Tracing()
    rooms = _rooms(settings, register, engine, ehr, journal, tracing)
    app = _bare_app(settings, register, rooms, metrics)
    remembering = Remembering(journal, metrics, tracing.tracer, candidates)
    calls = Calls(settings, identity, ehr, today, new_id or ids.new_id, remembering)
    app.add_route("/cds-services/{id}", calls.take, methods=["POST"], include_in_schema=False)
    app.add_route(
        "/cds-services/{id}/feedback", calls.tell, methods=["POST"], include_in_schema=False
    )
    _add_discovery(app, settings, identity)
    _add_health(app)
    _add_metrics(app, metrics)
    examples = (lambda: example_insights(today())) if settings.sandbox_on else None
    InsightsPage(settings, engine, identity, examples).add_to(app)
    Pages(settings, app.openapi).add_to(app)
    if settings.sandbox_on:
        Sandbox(settings, today, signer).add_to(app)
    return app


def app_from_environment() -> FastAPI:
    """Give the application that the environment describes: what a server process starts."""
    return create_app(load_settings())


def _today() -> date:
    return datetime.now(ZONE).date()


Lifespan = Callable[[FastAPI], AbstractAsyncContextManager[None]]


def _rooms(
    settings: Settings,
    register: Register,
    engine: Engine,
    ehr: Ehr,
    journal: Journal | None,
    tracing: Tracing,
) -> Lifespan:
    """Give what is made ready before the first call and closed after the last."""

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        referral.prepare()  # the templates are validated before the first call, not during it
        await to_thread.run_sync(prepare, engine)
        if journal is not None:
            journal.open()
        gc.freeze()  # what was loaded at start stays; the collector need not look at it again
        with reloading(register, settings):
            yield
        await ehr.close()
        if journal is not None:
            await to_thread.run_sync(journal.close)
        await to_thread.run_sync(tracing.close)
        engine.dispose()

    return lifespan


def _bare_app(
    settings: Settings, register: Register, lifespan: Lifespan, metrics: Metrics
) -> FastAPI:
    def count(code: str) -> None:
        metrics.refusals.labels(code).inc()

    async def refuse(request: Request, error: Exception) -> Response:
        refusal = refusal_of(error)
        line_of(request.scope).error = refusal.code
        return respond(refusal, settings.canonical)

    app = FastAPI(
        title="Vidare",
        # By default FastAPI's telemetry would record exception messages and refused input.
        telemetry={"logs": False},
        docs_url=None,  # its page loads scripts from outside; ours is in service.pages
        redoc_url=None,
        redirect_slashes=False,
        lifespan=lifespan,
        exception_handlers={HTTPException: refuse, RequestValidationError: refuse},
        middleware=[
            Middleware(SecurityHeaders, settings.base_url),
            Middleware(Cors, register.allows, settings.canonical),
            Middleware(Guard, settings.canonical, count),
        ],
    )
    describing.describe(app)
    return app


def _add_discovery(app: FastAPI, settings: Settings, identity: Identity) -> None:
    async def discover(request: Request) -> Response:
        line_of(request.scope).event = "discovery"
        client = await identity.caller(request, f"{settings.base_url}/cds-services")
        body = discovery(client.services)
        return Response(body, media_type="application/json", headers={"Cache-Control": "no-store"})

    app.add_api_route(
        "/cds-services",
        discover,
        response_class=Response,
        summary="The services on offer (discovery)",
        tags=["CDS Hooks"],
        responses=describing.json_answer("Discovery"),
        openapi_extra=describing.WITH_TOKEN,
    )


def _add_metrics(app: FastAPI, metrics: Metrics) -> None:
    async def show() -> Response:
        return Response(metrics.text(), headers={"Content-Type": CONTENT_TYPE})

    app.add_api_route(
        "/metrics",
        show,
        response_class=PlainTextResponse,
        summary="What Prometheus reads",
        tags=["health"],
        name="metrics",
    )


def _add_health(app: FastAPI) -> None:
    async def health() -> dict[str, str]:
        return {"status": "up"}

    for path, meaning in (("live", "The process is up"), ("ready", "Calls can be answered")):
        app.add_api_route(
            f"/health/{path}",
            health,
            response_model=None,
            summary=meaning,
            tags=["health"],
            name=path,
            responses=describing.json_answer("Health"),
        )
