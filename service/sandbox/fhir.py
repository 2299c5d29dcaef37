"""The FHIR server of the sandbox's EHR: read and search over the example patients, read-only."""

import asyncio
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from typing import NamedTuple
from urllib.parse import parse_qsl, urlencode

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import Response

from service import __version__
from service.errors import MEDIA_TYPE, BadRequest, NotFound, NotReady, Unauthorized
from service.sandbox.charts import charts, encoded
from service.sandbox.elements import Resource, name
from service.sandbox.searching import Query, date_parameter, search
from service.sandbox.temper import (
    DELAYS_S,
    FAILING,
    LABORATORY,
    LOCKED,
    PAGE,
    PAGED,
    ROOT,
    address,
    tempers,
)

TOKEN_PREFIX = "sandbox."  # noqa: S105 - it guards invented patients, so that guarding can be seen
SEARCHED = (
    "Patient",
    "Observation",
    "Condition",
    "ServiceRequest",
    "DiagnosticReport",
    "Encounter",
    "MedicationRequest",
    "Practitioner",
    "PractitionerRole",
    "Organization",
)
_HEADERS = {"Access-Control-Allow-Origin": "*", "Cache-Control": "no-store"}
_MOST = 500  # matches per page where `_count` does not say
_ITSELF = frozenset({"_count", "_offset", "_format", "_pretty"})


class Asked(NamedTuple):
    """One request that the FHIR server got with the token of a call."""

    token: str
    query: str


class FhirServer(NamedTuple):
    """The FHIR server of one installation; `log` holds the latest requests, for the page."""

    base_url: str
    today: Callable[[], date]
    log: deque[Asked]

    def add_to(self, app: FastAPI) -> None:
        """Add the routes of the server to the application."""
        for root in (ROOT, f"{ROOT}/with/{{tempers}}"):
            for path, answer, method in (
                ("/metadata", self.metadata, "GET"),
                ("/{kind}", self.search, "GET"),
                ("/{kind}/_search", self.search, "POST"),
                ("/{kind}/{id}", self.read, "GET"),
            ):
                app.add_route(root + path, answer, methods=[method], include_in_schema=False)

    async def metadata(self, request: Request) -> Response:
        """Say what the server can do; no token is needed for that."""
        return _fhir(capability(address(self.base_url, _tempers(request)), self.today()))

    async def read(self, request: Request) -> Response:
        """Give one resource by its id."""
        kind, id_ = request.path_params["kind"], request.path_params["id"]
        await self._behave(request, kind)
        wanted = f"{kind}/{id_}"
        for resource in self._resources():
            if name(resource) == wanted:
                return _fhir(resource)
        raise NotFound("There is no resource with this type and id.", code="unknown-resource")

    async def search(self, request: Request) -> Response:
        """Give a page of a search, by GET or by POST to `_search`."""
        kind = request.path_params["kind"]
        named = await self._behave(request, kind)
        if kind not in SEARCHED:
            raise NotFound("This server does not hold this kind of resource.", code="unknown-type")
        body = await request.body() if request.method == "POST" else b""
        query = [
            *request.query_params.multi_items(),
            *parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True),
        ]
        strict = "handling=strict" in request.headers.get("prefer", "")
        base = address(self.base_url, named)
        return _fhir(page(kind, query, self._resources(), base, named, strict=strict))

    def _resources(self) -> list[Resource]:
        held = (resource for chart in charts(self.today()).values() for resource in chart.resources)
        return list({name(resource): resource for resource in held}.values())

    async def _behave(self, request: Request, kind: str) -> frozenset[str]:
        """Check the token, take time or fail, as the base URL says; note who asked for what."""
        named = _tempers(request)
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        if token.startswith(TOKEN_PREFIX):
            path = request.url.path.split("/", 5 if named else 3)[-1]
            asked = f"{path}?{request.url.query}" if request.url.query else path
            self.log.append(Asked(token, asked))
        elif LOCKED in named:
            raise Unauthorized(code="sandbox-token-missing")
        await asyncio.sleep(max((DELAYS_S.get(n, 0.0) for n in named), default=0.0))
        if FAILING in named and kind in LABORATORY:
            raise NotReady("The laboratory system does not answer.", code="laboratory-down")
        return named


def page(
    kind: str,
    query: Query,
    resources: Iterable[Resource],
    base: str,
    named: frozenset[str] = frozenset(),
    *,
    strict: bool = False,
) -> dict[str, object]:
    """Give one page of a search as a searchset Bundle; `self` says what was obeyed.

    Raises `BadRequest` for a page size that is none and, where the client asks for strictness,
    for a parameter that is not obeyed.
    """
    found = search(kind, query, resources)
    ignored = [p for p, v in query if (p, v) not in found.obeyed and p not in _ITSELF]
    if strict and ignored:
        raise BadRequest("A search parameter is not supported.", code="unknown-parameter")
    count, start = _number(query, "_count", _MOST), _number(query, "_offset", 0)
    size = min(count, PAGE) if PAGED in named else count
    matches = found.matches[start : start + size]
    links = [_link("self", base, kind, found.obeyed, size, start)]
    if start + size < len(found.matches) and size:
        links.append(_link("next", base, kind, found.obeyed, size, start + size))
    return {
        "resourceType": "Bundle",
        "type": "searchset",
        "total": len(found.matches),
        "link": links,
        "entry": [
            {"fullUrl": f"{base}/{name(r)}", "resource": r, "search": {"mode": mode}}
            for mode, group in (("match", matches), ("include", found.included))
            for r in group
        ],
    }


def _link(
    relation: str, base: str, kind: str, obeyed: Query, size: int, start: int
) -> dict[str, str]:
    paging = [("_count", str(size)), *([("_offset", str(start))] if start else [])]
    return {"relation": relation, "url": f"{base}/{kind}?{urlencode([*obeyed, *paging])}"}


def _number(query: Query, parameter: str, otherwise: int) -> int:
    given = next((value for name_, value in query if name_ == parameter), None)
    if given is None:
        return otherwise
    if not (given.isascii() and given.isdecimal()) or len(given) > len("10000"):
        raise BadRequest(f"{parameter} must be a number.", code="bad-parameter")
    return int(given)


def capability(base: str, today: date) -> dict[str, object]:
    """Give the CapabilityStatement of the server."""
    parameters = [
        {"name": "_id", "type": "token"},
        {"name": "patient", "type": "reference"},
        *({"name": n, "type": "token"} for n in ("category", "code", "status")),
    ]
    kinds = [
        {
            "type": kind,
            "interaction": [{"code": "read"}, {"code": "search-type"}],
            "searchInclude": [f"{kind}:*"],
            "searchParam": [*parameters, {"name": dated, "type": "date"}] if dated else parameters,
        }
        for kind in SEARCHED
        for dated in (date_parameter(kind),)
    ]
    return {
        "resourceType": "CapabilityStatement",
        "status": "active",
        "experimental": True,
        "date": today.isoformat(),
        "kind": "instance",
        "software": {"name": "Vidare sandbox", "version": __version__},
        "implementation": {"description": "Invented patients, read-only", "url": base},
        "fhirVersion": "4.0.1",
        "format": ["json"],
        "rest": [{"mode": "server", "resource": kinds}],
    }


def _tempers(request: Request) -> frozenset[str]:
    named = tempers(request.path_params.get("tempers", ""))
    if named is None:
        raise NotFound("The sandbox's EHR has no such temper.", code="unknown-temper")
    return named


def _fhir(resource: Mapping[str, object]) -> Response:
    return Response(encoded(resource), media_type=MEDIA_TYPE, headers=_HEADERS)
