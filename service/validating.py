"""Strict reading: what fhir.resources (R4B) says of each resource, and what that costs."""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import NamedTuple

import msgspec
from pydantic import ValidationError

from cards.reading import Call, read_record
from cards.source import UnreadableSource, open_source
from cards.words import WORDS
from service.errors import Refusal
from service.hooks import SERVICES, HookRequest, read_request
from service.offline import NotARecord, request_of
from service.settings import ZONE

_FAILURES = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)
MOST_FAULTS = 10
"""Faults shown per resource; the rest are counted."""


class Verdict(NamedTuple):
    """What is wrong with a resource, and what the assessment therefore cannot use of it."""

    reference: str
    faults: tuple[str, ...] = ()
    costs: tuple[str, ...] = ()

    @property
    def fine(self) -> bool:
        """Whether the resource is valid."""
        return not self.faults


class _Entry(msgspec.Struct):
    resource: msgspec.Raw = msgspec.Raw()


class _Holder(msgspec.Struct):
    """Whatever may hold resources: a Bundle, a hook request, or a resource itself."""

    hook: str = ""
    resourceType: str = ""  # noqa: N815 - FHIR's spelling
    entry: list[msgspec.Raw] = []
    prefetch: dict[str, msgspec.Raw] = {}
    context: dict[str, msgspec.Raw] = {}


def verdicts(content: bytes, today: date) -> list[Verdict]:
    """Give a verdict on every resource in a Bundle, a hook request or a file with one resource."""
    try:
        resources = list(_resources(content))
    except _FAILURES:
        raise NotARecord("The file holds no JSON object that could be a resource.") from None
    if not resources:
        raise NotARecord("The file holds no resource: no Bundle or prefetch with anything in it.")
    costs = _costs(content, today)
    found = [_verdict(raw, number, costs) for number, raw in enumerate(resources, 1)]
    return [*found, *(Verdict(name, (), lines) for name, lines in costs.items())]


def _verdict(raw: bytes, number: int, costs: dict[str, tuple[str, ...]]) -> Verdict:
    """Judge one resource; one that cannot be decoded costs its neighbours nothing."""
    try:
        resource = msgspec.json.decode(raw, type=dict[str, object])
    except _FAILURES:
        return Verdict(f"resource {number}", ("no JSON object that can be decoded",))
    name = _name(resource)
    return Verdict(name, _faults(resource), costs.pop(name, ()))


def _resources(content: bytes) -> Iterator[bytes]:
    holder = msgspec.json.decode(content, type=_Holder)
    if holder.resourceType == "Bundle":
        yield from (_inside(entry) for entry in holder.entry)
    elif holder.resourceType:
        yield content
    drafts = holder.context.get("draftOrders", msgspec.Raw(b"null"))
    for raw in (*holder.prefetch.values(), drafts):
        if bytes(raw).strip() != b"null":
            yield from _resources(bytes(raw))


def _inside(entry: msgspec.Raw) -> bytes:
    try:
        return bytes(msgspec.json.decode(entry, type=_Entry).resource)
    except _FAILURES:
        return bytes(entry)


def _name(resource: Mapping[str, object]) -> str:
    return f"{resource.get('resourceType', 'Resource')}/{resource.get('id', '?')}"


def _faults(resource: Mapping[str, object]) -> tuple[str, ...]:
    """Say what the R4B class of the resource refuses, by member; no value is repeated."""
    from fhir.resources.R4B import get_fhir_model_class  # noqa: PLC0415 - half a second to load

    try:
        model = get_fhir_model_class(str(resource.get("resourceType", "")))
    except ValueError:
        return ("there is no such resourceType in FHIR R4B",)
    try:
        model.model_validate(resource)
    except ValidationError as error:
        lines = [f"{_place(e['loc'])}: {e['msg']}" for e in error.errors(include_input=False)]
        more = [f"and {len(lines) - MOST_FAULTS} more"] if len(lines) > MOST_FAULTS else []
        return (*lines[:MOST_FAULTS], *more)
    return ()


def _place(location: tuple[int | str, ...]) -> str:
    return ".".join(str(part) for part in location) or "resource"


def _call(content: bytes) -> HookRequest:
    """Give the file as a call: a Bundle as a patient-view, a request as what it is."""
    hook = msgspec.json.decode(content, type=_Holder).hook
    service = next((s for s in SERVICES if s.hook == hook), SERVICES[0])
    return read_request(request_of(content, service), service)


def _costs(content: bytes, today: date) -> dict[str, tuple[str, ...]]:
    """Say by reference what the reading could not use; nothing where there is no patient."""
    try:
        call = _call(content)
        sources = {key: open_source(key, raw) for key, raw in call.prefetch.items()}
    except (NotARecord, UnreadableSource, Refusal):
        return {}
    record = read_record(sources, Call(call.patient_id, today, ZONE))
    costs: dict[str, tuple[str, ...]] = {}
    for unread in record.unread:
        line = f"not used: {WORDS['en'].reason(unread.reason)}"
        costs[unread.reference] = (*costs.get(unread.reference, ()), line)
    return costs
