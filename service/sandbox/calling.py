"""The hook request that the sandbox's EHR sends: context, prefetch by the templates, access."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Literal
from urllib.parse import parse_qsl

import msgspec

from service.errors import BadRequest, NotFound
from service.filling import filled
from service.hooks import SERVICES, Service
from service.offline import NotARecord, request_of
from service.sandbox.charts import Chart, charts, decoded
from service.sandbox.elements import Resource, name, values
from service.sandbox.fhir import TOKEN_PREFIX, page
from service.sandbox.temper import FAILING, LABORATORY, PAGED, SILENT, address, tempers

TOKEN_SECONDS = 300
"""How long the token of a call is said to hold."""


class Asked(msgspec.Struct, frozen=True):
    """What the page asks to be written: which call, about whom, how the EHR behaves."""

    service: str
    instance: str
    templates: dict[str, str] = {}
    case: str | None = None
    record: msgspec.Raw = msgspec.Raw()
    drafts: list[dict[str, object]] = []
    signed: list[dict[str, object]] = []
    withhold: bool = False
    tempers: str = ""


def written(asked: Asked, base_url: str, today: date) -> dict[str, object]:
    """Give the request body as an EHR would send it.

    About an example patient every template is filled in, as the EHR behaves: a search that fails
    leaves its key out, a paged one holds its first page. About the reader's own record there is
    no FHIR server: what the record holds is sent. An example that is about an EHR which sends the
    wrong things keeps them, unless the EHR is told how to behave.
    """
    service = _service(asked.service)
    if bytes(asked.record):
        return _about_own(asked, service)
    chart = charts(today).get(asked.case or "")
    if chart is None:
        raise NotFound("There is no such example patient.", code="unknown-case")
    named = tempers(asked.tempers)
    if named is None:
        raise BadRequest("The sandbox's EHR has no such temper.", code="unknown-temper")
    base = address(base_url, named)
    context = _context(chart, service.hook, asked.drafts)
    body: dict[str, object] = {
        "hook": service.hook,
        "hookInstance": asked.instance,
        "fhirServer": base,
        "fhirAuthorization": {
            "access_token": TOKEN_PREFIX + asked.instance,
            "token_type": "Bearer",
            "expires_in": TOKEN_SECONDS,
            "scope": "patient/*.rs user/*.rs",
            "subject": "vidare-sandbox",
            "patient": chart.patient,
        },
        "context": context,
    }
    if asked.withhold or SILENT in named:
        return body
    resources = [*chart.resources, *asked.signed]
    prefetch = _prefetch(asked.templates, context, resources, base, named)
    return body | {"prefetch": prefetch if {PAGED, FAILING} & named else _flawed(prefetch, chart)}


def _service(service_id: str) -> Service:
    for service in SERVICES:
        if service.id == service_id:
            return service
    raise NotFound("There is no service with this id.", code="unknown-service")


def _context(
    chart: Chart, hook: Literal["patient-view", "order-sign"], drafts: list[dict[str, object]]
) -> dict[str, object]:
    context: dict[str, object] = {"userId": chart.user, "patientId": chart.patient}
    if chart.encounter:
        context["encounterId"] = chart.encounter
    if hook == "order-sign":
        context["draftOrders"] = _collection(drafts)
    return context


def _collection(drafts: Iterable[Resource]) -> dict[str, object]:
    entries = [{"resource": draft} for draft in drafts]
    return {"resourceType": "Bundle", "type": "collection", "entry": entries}


def _prefetch(
    templates: Mapping[str, str],
    context: Mapping[str, object],
    resources: list[Resource],
    base: str,
    named: frozenset[str],
) -> dict[str, object]:
    """Give every key that can be filled in; what fails or cannot be understood is left out."""
    prefetch: dict[str, object] = {}
    for key, template in templates.items():
        query = filled(template, context)
        if query is None:
            continue
        kind = query.replace("?", "/").partition("/")[0]
        if FAILING in named and kind in LABORATORY:
            continue
        prefetch[key] = _asked(query, kind, resources, base, named)
    return prefetch


def _flawed(prefetch: Mapping[str, object], chart: Chart) -> dict[str, object]:
    """Put what the example's own EHR sends where that is not what the search would find."""
    held = {name(resource) for resource in chart.resources}
    return {
        key: chart.sent[key]
        if key in chart.sent and _names(chart.sent[key]) != _names(value) & held
        else value
        for key, value in prefetch.items()
    }


def _names(value: object) -> set[str]:
    whole = isinstance(value, Mapping) and value.get("resourceType") != "Bundle"
    resources = [value] if whole else values(value, "entry", "resource")
    return {name(resource) for resource in resources if isinstance(resource, Mapping)}


def _asked(
    query: str, kind: str, resources: list[Resource], base: str, named: frozenset[str]
) -> object:
    """Give what a read or a search finds; None where a read finds nothing."""
    path, mark, parameters = query.partition("?")
    if not mark:
        return next((r for r in resources if name(r) == path), None)
    return page(kind, parse_qsl(parameters), resources, base, named)


def _about_own(asked: Asked, service: Service) -> dict[str, object]:
    try:
        body = decoded(request_of(bytes(asked.record), service))
    except NotARecord as error:
        raise BadRequest(str(error), code="not-a-record") from None
    if not isinstance(body, dict):  # pragma: no cover - request_of gives objects alone
        raise BadRequest("The record is no JSON object.", code="not-a-record")
    body["hookInstance"] = asked.instance
    context = body.get("context")
    if service.hook == "order-sign" and isinstance(context, dict):
        context["draftOrders"] = _collection(asked.drafts)
    if asked.withhold:
        body.pop("prefetch", None)
    return body
