"""The example patients as one EHR holds them: moved to today, every id once."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

import msgspec

from service.examples import Case, cases, example, record
from service.hooks import SERVICES
from service.sandbox.elements import Resource, name, text, values

_HOOKS = {service.id: service.hook for service in SERVICES}
_DECODER = msgspec.json.Decoder(float_hook=Decimal)  # so that 3.10 stays 3.10
_ENCODER = msgspec.json.Encoder(decimal_format="number")


class Chart(NamedTuple):
    """One example patient: what the EHR holds, who has the chart open, the drafts begun.

    `sent` is the prefetch as the EHR of the example sends it; some of them send it wrong.
    """

    case: str
    about: Case
    patient: str
    user: str
    encounter: str | None
    resources: tuple[Resource, ...]
    drafts: tuple[Resource, ...]
    sent: Mapping[str, object]


def decoded(content: bytes) -> object:
    """Give the value of a JSON text, its decimals exact."""
    return _DECODER.decode(content)


def encoded(value: object) -> bytes:
    """Give the JSON of a value, its decimals as they were written."""
    return _ENCODER.encode(value)


@lru_cache(maxsize=2)  # today's, and yesterday's while midnight passes
def charts(today: date) -> Mapping[str, Chart]:
    """Give every example patient by the name of the case, as of `today`."""
    records = {case: _resources(record(case, today)) for case in cases()}
    shared = _ambiguous(records.values())
    return {
        case: _chart(case, about, records[case], shared, today) for case, about in cases().items()
    }


def _resources(bundle: bytes) -> list[Resource]:
    found = values(decoded(bundle), "entry", "resource")
    return [resource for resource in found if isinstance(resource, Mapping)]


def _ambiguous(records: Iterable[list[Resource]]) -> frozenset[str]:
    """Give the `Type/id` under which different cases hold different resources."""
    meanings: defaultdict[str, set[bytes]] = defaultdict(set)
    for resources in records:
        for resource in resources:
            meanings[name(resource)].add(encoded(resource))
    return frozenset(known for known, contents in meanings.items() if len(contents) > 1)


def _chart(
    case: str, about: Case, resources: list[Resource], shared: frozenset[str], today: date
) -> Chart:
    names = {known: f"{known.replace('/', f'/{case}.')}" for known in shared}
    calls = {_HOOKS.get(s): decoded(example(case, s, today)) for s in about.services}
    first = next(iter(calls.values()))
    context = next(values(first, "context"))
    encounter, user = text(context, "encounterId"), text(context, "userId")
    drafts = values(calls.get("order-sign"), "context", "draftOrders", "entry", "resource")
    return Chart(
        case=case,
        about=about,
        patient=text(context, "patientId"),
        user=names.get(user, user),
        encounter=names.get(f"Encounter/{encounter}", encounter).split("/")[-1] or None,
        resources=tuple(_renamed(r, names) for r in resources),
        drafts=tuple(_renamed(r, names) for r in drafts if isinstance(r, Mapping)),
        sent=_prefetch(first, names),
    )


def _prefetch(call: object, names: Mapping[str, str]) -> Mapping[str, object]:
    sent = next(values(call, "prefetch"), {})
    members = sent.items() if isinstance(sent, Mapping) else ()
    return {str(key): _held(value, names) for key, value in members}


def _held(value: object, names: Mapping[str, str]) -> object:
    """Give a resource, or a Bundle with what it holds, under the names of the sandbox."""
    if not isinstance(value, Mapping):
        return value
    if "entry" not in value:
        return _renamed(value, names)
    entries = [
        {**entry, "resource": _renamed(entry["resource"], names)}
        for entry in values(value, "entry")
        if isinstance(entry, Mapping) and isinstance(entry.get("resource"), Mapping)
    ]
    return {**value, "entry": entries}


def _renamed(resource: Resource, names: Mapping[str, str]) -> Resource:
    """Give a resource under its own name, with its references following the names."""
    changed = {member: _following(value, names) for member, value in resource.items()}
    known = names.get(name(resource))
    return changed | {"id": known.partition("/")[2]} if known else changed


def _following(value: object, names: Mapping[str, str]) -> object:
    if isinstance(value, list):
        return [_following(item, names) for item in value]
    if not isinstance(value, Mapping):
        return value
    changed = {member: _following(inner, names) for member, inner in value.items()}
    reference = changed.get("reference")
    if isinstance(reference, str):
        changed["reference"] = names.get(reference, reference)
    return changed
