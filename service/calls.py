"""The hook route: a body over HTTP in, cards out."""

import time
from collections.abc import Callable
from datetime import date

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from cards.card import encoded
from service.answer import Desk, judge, render
from service.clients import Client
from service.ehr import Ehr
from service.errors import NotFound, ServiceNotGranted, TooLarge, WrongMediaType
from service.hooks import SERVICES, Service, read_request
from service.identity import Identity
from service.languages import choose_language
from service.logs import line_of
from service.remembering import Remembering, Trail, advised
from service.settings import Settings
from service.wire import cut_deep

_BY_ID = {service.id: service for service in SERVICES}
_MB = 1_000_000


class Calls(msgspec.Struct, frozen=True):
    """What answering calls needs: the settings, who is let in, their EHR, the day, fresh ids."""

    settings: Settings
    identity: Identity
    ehr: Ehr
    today: Callable[[], date]
    new_id: Callable[[], str]
    remembering: Remembering

    async def take(self, request: Request) -> Response:
        """Answer `POST /cds-services/{id}`."""
        deadline = deadline_of(self.settings)
        service, client = await self._admit(request, "call", "")
        body = await self._read(request)
        language = choose_language(
            service.country, request.headers.get("accept-language"), client.language
        )
        desk = Desk(self.settings, client, self.today(), self.new_id)
        trail = Trail(service, language, desk)
        answer = await answered(body, trail, self.remembering, self.ehr, deadline)
        line_of(request.scope).cards = sum(entry.shown == "shown" for entry in trail.advice)
        return Response(
            answer,
            media_type="application/json",
            headers={"Cache-Control": "no-store", "Content-Language": language},
        )

    async def tell(self, request: Request) -> Response:
        """Take `POST /cds-services/{id}/feedback`; answered once it is safe, without an echo."""
        service, client = await self._admit(request, "feedback", "/feedback")
        await self.remembering.told(await self._read(request), service, client)
        return Response(headers={"Cache-Control": "no-store"})

    async def _admit(self, request: Request, event: str, route: str) -> tuple[Service, Client]:
        """Give the service that is called and the client that calls it; others are refused."""
        line = line_of(request.scope)
        line.event = event
        service_id = request.path_params["id"]
        url = f"{self.settings.base_url}/cds-services/{service_id}"
        client = await self.identity.caller(request, f"{url}{route}", url)
        service = granted(service_id, client)
        line.service, line.hook = service.id, service.hook
        return service, client

    async def _read(self, request: Request) -> bytes:
        _check_media_type(request.headers.get("content-type", ""))
        return await read_body(request, self.settings.max_body_mb * _MB)


def deadline_of(settings: Settings) -> float:
    """Give when the answer to a call that begins now must have left (monotonic clock)."""
    return time.monotonic() + settings.response_budget_ms / 1000


async def answered(
    body: bytes, trail: Trail, remembering: Remembering, ehr: Ehr, deadline: float
) -> bytes:
    """Answer; where something is nested too deeply, once more without its depths.

    Returns once the call is safe in the journal; so is a refused one.
    """
    async with remembering.keeping(trail):
        try:
            return await _answered_once(body, trail, remembering, ehr, deadline)
        except RecursionError:
            return await _answered_once(cut_deep(body), trail, remembering, ehr, deadline)


async def _answered_once(
    body: bytes, trail: Trail, remembering: Remembering, ehr: Ehr, deadline: float
) -> bytes:
    desk = trail.desk
    call = read_request(
        body,
        trail.service,
        keys=desk.client.prefetch_keys,
        max_resources=desk.settings.max_resources,
    )
    sources = await ehr.complete(call, desk.client, deadline)
    remembering.follow(trail, call, sources)
    recalled = await remembering.recalled(judge(call, sources, desk), trail)
    response = render(recalled.awake, trail.language, desk)
    trail.advice = advised(recalled, response, desk)
    if remembering.candidates:
        trail.advice += remembering.beside(lambda rules: judge(call, sources, desk, rules), trail)
    return encoded(response)


def granted(service_id: str, client: Client) -> Service:
    """Give the service of this id; a refusal where there is none, or not for this client."""
    service = _BY_ID.get(service_id)
    if service is None:
        raise NotFound("There is no service with this id.", code="unknown-service")
    if service_id not in client.services:
        raise ServiceNotGranted("This client may not use the service.")
    return service


async def read_body(request: Request, limit: int) -> bytes:
    """Give the body; stop reading as soon as it is known to be longer than `limit` bytes."""
    announced = request.headers.get("content-length", "")
    if announced.isdecimal() and int(announced) > limit:
        raise _too_large(limit)
    chunks: list[bytes] = []
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > limit:
            raise _too_large(limit)
        chunks.append(chunk)
    return b"".join(chunks)


def _too_large(limit: int) -> TooLarge:
    return TooLarge(f"The body is larger than {limit // _MB} MB.", code="body-too-large")


def _check_media_type(content_type: str) -> None:
    if content_type.partition(";")[0].strip().lower() != "application/json":
        raise WrongMediaType("The body must be sent as application/json.")
