"""The outer wall: every failure becomes an OperationOutcome, and no failure tells of a patient."""

import time
from collections.abc import Callable
from http import HTTPStatus

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
    HeadersTooLarge,
    NotFound,
    OurFault,
    Refusal,
    Unauthorized,
    WrongMethod,
    operation_outcome,
)
from service.logs import Line, line_of, since, write, write_exception

MAX_HEADER_BYTES = 16_384


def respond(refusal: Refusal, canonical: str) -> Response:
    """Give the HTTP response of a refusal; a 401 is bare and tells nobody why."""
    if isinstance(refusal, Unauthorized):
        return Response(
            status_code=refusal.status, headers={"Cache-Control": "no-store", **refusal.headers}
        )
    return Response(
        operation_outcome(refusal, canonical),
        status_code=refusal.status,
        media_type=MEDIA_TYPE,
        headers={"Cache-Control": "no-store", **refusal.headers},
    )


def refusal_of(error: Exception) -> Refusal:
    """Give what an exception becomes; an unforeseen one is our fault, and that is all it says."""
    if isinstance(error, Refusal):
        return error
    if isinstance(error, HTTPException):
        return _of_http(error)
    if isinstance(error, RequestValidationError):
        return BadRequest("A parameter of the URL has no allowed value.", code="bad-parameter")
    if isinstance(error, ClientDisconnect):
        return BadRequest("The body ended before it was complete.", code="incomplete-body")
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


class Guard:
    """ASGI middleware: no exception passes it, and every request leaves one line in the log."""

    def __init__(
        self, app: ASGIApp, canonical: str, count: Callable[[str], None] = lambda _: None
    ) -> None:
        """Wrap `app`; `canonical` stands before the codes of its refusals, `count` counts them."""
        self.app = app
        self.canonical = canonical
        self.count = count

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the call on, and answer what goes wrong with it."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        line = line_of(scope)
        begun = time.monotonic()

        async def noting(message: Message) -> None:
            if message["type"] == "http.response.start":
                line.status = message["status"]
            await send(message)

        try:
            check_headers(scope)
            await self.app(scope, receive, noting)
        except Exception as error:  # noqa: BLE001 - this is the wall
            await self._answer(error, scope, receive, noting)
        line.ms = since(begun)
        if line.error:
            self.count(line.error)
        if line.event != "request" or line.status >= HTTPStatus.BAD_REQUEST:
            write(line)

    async def _answer(self, error: Exception, scope: Scope, receive: Receive, send: Send) -> None:
        line = line_of(scope)
        refusal = refusal_of(error)
        line.error = refusal.code
        if isinstance(refusal, OurFault):
            write_exception(Line("unforeseen", call=line.call), error)
        if not line.status:
            await respond(refusal, self.canonical)(scope, receive, send)


def check_headers(scope: Scope) -> None:
    """Refuse more headers than any client of ours has a use for."""
    if sum(len(name) + len(value) for name, value in scope["headers"]) > MAX_HEADER_BYTES:
        raise HeadersTooLarge(f"The headers are larger than {MAX_HEADER_BYTES} bytes.")


class Cors(CORSMiddleware):
    """CORS for the origins of the clients; a refused preflight carries an OperationOutcome."""

    def __init__(self, app: ASGIApp, allows: Callable[[str], bool], canonical: str) -> None:
        """Let origins that `allows` approves of read and call, with a token, in a language."""
        super().__init__(
            app,
            allow_origins=(),
            allow_methods=("GET", "POST"),
            allow_headers=("Authorization", "Content-Type", "Accept-Language"),
            allow_private_network=True,  # an EHR's page may be public and we on its own network
        )
        self._allows = allows
        self.canonical = canonical

    def is_allowed_origin(self, origin: str) -> bool:
        """Ask the clients of the moment: they may change while the service runs."""
        return self._allows(origin)

    def preflight_response(self, request_headers: Headers) -> Response:
        """Answer a preflight, without asking who calls."""
        response = super().preflight_response(request_headers)
        if response.status_code == HTTPStatus.OK:
            return response
        refusal = BadRequest("This origin, method or header is not allowed.", code="cors-refused")
        refusal.headers.update({"Vary": response.headers["vary"]})
        return respond(refusal, self.canonical)
