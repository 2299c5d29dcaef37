"""What the EHR gave for each prefetch key: sent with the call, or fetched from its FHIR server.

The only door to patient data. A failure to fetch is a value, never an exception: the key is then
`unavailable` or `partial`, with the reason, and the answer leaves on time with the rest.
"""

import asyncio
import logging
import re
import ssl
from functools import cached_property, lru_cache

import httpx
from pydantic import SecretStr

from cards.source import (
    Page,
    Source,
    UnreadableSource,
    Unusable,
    Why,
    open_page,
    source_of,
    unavailable,
)
from service.addresses import CheckedTransport
from service.clients import Client
from service.errors import BadRequest
from service.exchange import Allowance, Exchange, open_client
from service.filling import filled
from service.hooks import HookRequest
from service.paging import read_on
from service.settings import Settings

_TO_ANSWER_S = 0.05
"""Seconds of the budget that are kept for judging and wording."""
_MB = 1_000_000
_COUNT = re.compile(r"[?&]_count=(\d+)")


def sent(call: HookRequest) -> dict[str, Page]:
    """Give the page of every key that was sent.

    Raises `BadRequest` naming the key whose value is not what its template asks for.
    """
    return {key: _page(key, raw) for key, raw in call.prefetch.items()}


def _page(key: str, raw: bytes) -> Page:
    try:
        return open_page(key, raw)
    except UnreadableSource as error:
        raise BadRequest(error.reason, expression=f"prefetch.{key}") from error


class Ehr:
    """The FHIR servers of the clients: one pool of kept-alive connections each."""

    def __init__(self, settings: Settings) -> None:
        """Open nothing yet."""
        self._settings = settings
        self._clients: dict[str, httpx.AsyncClient] = {}
        for name in ("httpx", "httpcore"):  # they log addresses, and those hold patients' ids
            logging.getLogger(name).setLevel(logging.WARNING)

    async def complete(
        self, call: HookRequest, client: Client, deadline: float
    ) -> dict[str, Source]:
        """Give every key's source, fetching what was not sent whole where that is allowed.

        It returns before `deadline` (monotonic clock). Raises `BadRequest` as `sent` does.
        """
        pages = sent(call)
        lacking = {key for key in call.service.prefetch if _lacks(pages.get(key))}
        why = _forbidden(call, client) if lacking else None
        sources = {
            key: _as_sent(key, pages.get(key), call.service.prefetch[key], why)
            for key in call.service.prefetch
            if key not in lacking or why is not None
        }
        if lacking and why is None:
            held = sum(len(page.entries) for page in pages.values())
            exchange = self._exchange(call, deadline, held)
            async with asyncio.TaskGroup() as group:
                tasks = {
                    key: group.create_task(_fetched(key, call, pages.get(key), exchange))
                    for key in call.service.prefetch
                    if key in lacking
                }
            sources |= {key: task.result() for key, task in tasks.items()}
        return sources

    async def close(self) -> None:
        """Close every connection."""
        for client in self._clients.values():
            await client.aclose()
        self._clients.clear()

    def _exchange(self, call: HookRequest, deadline: float, held: int) -> Exchange:
        server = _normal(call.fhir_server or "")
        if server not in self._clients:
            transport = CheckedTransport(
                self._certificates, loopback=self._settings.fetches_from_loopback
            )
            self._clients[server] = open_client(transport)
        settings = self._settings
        return Exchange(
            self._clients[server],
            httpx.URL(server),
            call.token or SecretStr(""),
            deadline - _TO_ANSWER_S,
            Allowance(settings.max_fetch_mb * _MB, settings.max_resources - held),
        )

    @cached_property
    def _certificates(self) -> ssl.SSLContext:
        """The certificates that this machine trusts (SSL_CERT_FILE names others)."""
        return ssl.create_default_context()


def _lacks(page: Page | None) -> bool:
    """Tell whether there is more to have than was sent; what failed is not asked for again."""
    return page is None or (page.more and not page.failed)


def _as_sent(key: str, page: Page | None, template: str, why: Why | None) -> Source:
    """Give the source of a key when nothing more can be had."""
    if page is None:
        return unavailable(key, why or "absent")
    return source_of(key, (page,), size=_size(template))


def _forbidden(call: HookRequest, client: Client) -> Why | None:
    """Say why nothing may be fetched for this call; None where it may."""
    if call.fhir_server is None:
        return "absent"
    if _normal(call.fhir_server) not in {_normal(server) for server in client.fhir_servers}:
        return "serverUnknown"
    if call.token is None:
        return "noToken"
    if call.token_patient not in {None, call.patient_id}:
        return "tokenOtherPatient"  # many servers answer that with an empty Bundle
    return None


def _normal(url: str) -> str:
    """Give the base URL of a server as it compares: without trailing slash and default port."""
    try:
        return str(httpx.URL(url.rstrip("/")))
    except httpx.InvalidURL:
        return url


async def _fetched(key: str, call: HookRequest, first: Page | None, exchange: Exchange) -> Source:
    """Give the source of a key, its first page perhaps sent with the call."""
    pages = [first] if first is not None else []
    context = {"patientId": call.patient_id, "userId": call.user_id}
    asked = filled(call.service.prefetch[key], context)
    if asked is None:
        return _as_sent(key, first, call.service.prefetch[key], None)
    why: Why | None = None
    try:
        async with asyncio.timeout(exchange.left):
            await read_on(key, pages, asked, exchange)
    except TimeoutError:
        why = "ehrLate"
    except Unusable as unusable:
        why = unusable.reason
    return source_of(key, pages, why, _size(call.service.prefetch[key]))


@lru_cache(maxsize=1024)
def _size(template: str) -> int | None:
    """Give how many matches to a page a search asks for."""
    found = _COUNT.search(template)
    return int(found[1]) if found else None
