"""The outer wall: every failure becomes an OperationOutcome, and no failure tells of a patient."""

import logging
from http import HTTPStatus
from traceback import walk_tb
from types import TracebackType

from fastapi.exceptions import RequestValidationError
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.errors import (
    MEDIA_TYPE,
    BadRequest,
    NotFound,
    OurFault,
    Refusal,
    WrongMethod,
    operation_outcome,
)

_log = logging.getLogger("vidare")


def respond(refusal: Refusal, canonical: str) -> Response:
    """Give the HTTP response of a refusal."""
    return Response(
        operation_outcome(refusal, canonical),
        status_code=refusal.status,
        media_type=MEDIA_TYPE,
        headers={"Cache-Control": "no-store", **refusal.headers},
    )


def refusal_of(error: Exception) -> Refusal:
    """Give what an exception becomes; of an unforeseen one, log its type and place, no more."""
    if isinstance(error, Refusal):
        return error
    if isinstance(error, HTTPException):
        return _of_http(error)
    if isinstance(error, RequestValidationError):
        return BadRequest("A parameter of the URL has no allowed value.", code="bad-parameter")
    if isinstance(error, ClientDisconnect):
        return BadRequest("The body ended before it was complete.", code="incomplete-body")
    _log.error("unforeseen %s at %s", type(error).__name__, _places(error.__traceback__))
    return OurFault("The call failed because of an error in the service.")


def _of_http(error: HTTPException) -> Refusal:
    refusal: Refusal
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        refusal = WrongMethod("This address does not answer to that method.")
    elif error.status_code == HTTPStatus.NOT_FOUND:
        refusal = NotFound("There is nothing at this address.")
    else:
        refusal = BadRequest("The request cannot be understood.")
    refusal.headers.update(error.headers or {})
    return refusal


def _places(trace: TracebackType | None) -> str:
    frames = [f"{frame.f_globals.get('__name__', '?')}:{line}" for frame, line in walk_tb(trace)]
    return " > ".join(frames[-6:])


class Guard:
    """ASGI middleware: no exception passes it, so that no server logs what one carries."""

    def __init__(self, app: ASGIApp, canonical: str) -> None:
        """Wrap `app`; `canonical` stands before the codes of its refusals."""
        self.app = app
        self.canonical = canonical

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the call on, and answer what goes wrong with it."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started = False

        async def noting(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self.app(scope, receive, noting)
        except Exception as error:  # noqa: BLE001 - this is the wall
            response = respond(refusal_of(error), self.canonical)
            if not started:
                await response(scope, receive, send)


class Cors(CORSMiddleware):
    """CORS for the origins of the clients; a refused preflight carries an OperationOutcome."""

    def __init__(self, app: ASGIApp, origins: tuple[str, ...], canonical: str) -> None:
        """Allow the origins to read and to call, with a token, in a language."""
        super().__init__(
            app,
            allow_origins=origins,
            allow_methods=("GET", "POST"),
            allow_headers=("Authorization", "Content-Type", "Accept-Language"),
        )
        self.canonical = canonical

    def preflight_response(self, request_headers: Headers) -> Response:
        """Answer a preflight, without asking who calls."""
        response = super().preflight_response(request_headers)
        if response.status_code == HTTPStatus.OK:
            return response
        refusal = BadRequest("This origin, method or header is not allowed.", code="cors-refused")
        refusal.headers.update({"Vary": response.headers["vary"]})
        return respond(refusal, self.canonical)
