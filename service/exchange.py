"""One GET to a FHIR server: the body of its answer, or the reason why there is none.

Nothing of a request or an answer, and least of all the token, is in what is raised here.
"""

import asyncio
import logging
import ssl
import time
import zlib
from collections.abc import Mapping
from http import HTTPStatus
from http.cookiejar import CookieJar, DefaultCookiePolicy
from types import MappingProxyType

import httpx
import msgspec
from pydantic import SecretStr

from cards.source import Unusable, Why
from service.addresses import CheckedTransport
from service.logs import Line, write

_HEADERS: Mapping[str, str] = MappingProxyType(
    {
        "Accept": "application/fhir+json, application/json;q=0.9",
        "Accept-Encoding": "gzip",
        "User-Agent": "vidare-cds",
    }
)
_BROKEN = (httpx.ReadError, httpx.WriteError, httpx.RemoteProtocolError)
"""The connection ended before an answer began, as a kept-alive one may: asked once more."""
_FAILED = (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError)
_BUSY = frozenset({HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE})
_REASONS: Mapping[int, Why] = MappingProxyType(
    {
        HTTPStatus.UNAUTHORIZED: "ehrRefused",
        HTTPStatus.FORBIDDEN: "ehrRefused",
        HTTPStatus.NOT_FOUND: "ehrNotFound",
        HTTPStatus.GONE: "ehrNotFound",
        HTTPStatus.TOO_MANY_REQUESTS: "ehrBusy",
        HTTPStatus.SERVICE_UNAVAILABLE: "ehrBusy",
    }
)
_INFLATED = {"": None, "identity": None, "gzip": 31, "x-gzip": 31, "deflate": 15}
"""Window bits of zlib by Content-Encoding; None where nothing is packed."""


class Allowance:
    """What may still be read for one call: bytes of bodies and resources, over all its answers."""

    def __init__(self, size: int, resources: int) -> None:
        """Begin with all of it."""
        self.size = size
        self.resources = resources

    def spend(self, resources: int) -> None:
        """Take resources off; raises `Unusable` where there are more than may be read."""
        if resources > self.resources:
            raise Unusable("tooMuch")
        self.resources -= resources


class Exchange(msgspec.Struct, frozen=True):
    """How one call asks its FHIR server: with its token, until its deadline (monotonic clock)."""

    http: httpx.AsyncClient
    base: httpx.URL
    token: SecretStr
    deadline: float
    allowance: Allowance

    @property
    def left(self) -> float:
        """Seconds until the deadline."""
        return self.deadline - time.monotonic()

    async def get(self, url: httpx.URL) -> bytes:
        """Give the body at an address under the base; raises `Unusable`."""
        try:
            response = await self._answer(url)
            try:
                return await self._body(response)
            finally:
                await response.aclose()
        except httpx.ConnectError as error:
            # Nothing was sent yet: its words tell of names, addresses and certificates alone, and
            # the base is one that the client has registered.
            write(Line("ehr-not-reached", detail=f"{self.base}: {error}"), logging.WARNING)
            raise Unusable("ehrUntrusted" if _distrusts(error) else "ehrUnreachable") from None
        except _FAILED:
            raise Unusable("ehrUnreachable") from None

    async def _answer(self, url: httpx.URL) -> httpx.Response:
        """Ask, and once more where the connection broke or a short pause is asked for."""
        try:
            response = await self._ask(url)
        except _BROKEN:
            response = await self._ask(url)
        pause = _pause(response)
        if pause is None or pause >= self.left:
            return response
        await response.aclose()
        await asyncio.sleep(pause)
        return await self._ask(url)

    async def _ask(self, url: httpx.URL) -> httpx.Response:
        token = self.token.get_secret_value()
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        request = self.http.build_request("GET", url, headers=headers)
        return await self.http.send(request, stream=True, follow_redirects=False)

    async def _body(self, response: httpx.Response) -> bytes:
        """Read what was asked for; stop as soon as it is more than may be read."""
        if response.has_redirect_location:
            raise Unusable("ehrElsewhere")
        if response.status_code != HTTPStatus.OK:
            raise Unusable(_REASONS.get(response.status_code, "ehrError"))
        encoding = response.headers.get("content-encoding", "").strip().lower()
        if encoding not in _INFLATED:
            raise Unusable("ehrUnreadable")
        try:
            return await self._unpacked(response, _INFLATED[encoding])
        except (httpx.HTTPError, zlib.error):
            raise Unusable("ehrUnreadable") from None  # it was cut, or is not what it says

    async def _unpacked(self, response: httpx.Response, bits: int | None) -> bytes:
        inflate = None if bits is None else zlib.decompressobj(bits)
        parts: list[bytes] = []
        async for chunk in response.aiter_raw():
            part = inflate.decompress(chunk, self.allowance.size + 1) if inflate else chunk
            if len(part) > self.allowance.size:
                raise Unusable("tooMuch")
            self.allowance.size -= len(part)
            parts.append(part)
        if inflate is not None and not inflate.eof:
            raise Unusable("ehrUnreadable")
        return b"".join(parts)


def _distrusts(error: BaseException | None) -> bool:
    """Tell whether what failed, or led to it, is the certificate of the server."""
    if error is None or isinstance(error, ssl.SSLCertVerificationError):
        return error is not None
    return _distrusts(error.__context__)


def _pause(response: httpx.Response) -> float | None:
    """Give the seconds after which a busy server wants to be asked again, if it says so."""
    wish = response.headers.get("retry-after", "").strip()
    return float(wish) if response.status_code in _BUSY and wish.isdecimal() else None


def open_client(transport: CheckedTransport) -> httpx.AsyncClient:
    """Give the client of one FHIR server; it takes no proxy or password from the environment."""
    return httpx.AsyncClient(
        transport=transport,
        headers=_HEADERS,
        timeout=None,  # noqa: S113 -- the deadline of the call bounds every exchange
        trust_env=False,
        # The session of one user must not reach the next.
        cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),
    )
