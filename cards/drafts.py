"""The orders being signed: which of them are referrals of ours, and the whole of each as sent."""

from collections.abc import Mapping
from decimal import Decimal

import msgspec

from cards.belonging import Subject
from cards.decoding import Reader, UnreadableResource, resource_type
from cards.elements import Reference
from cards.fhir import ServiceRequest
from cards.raw import FAILURES, TOO_DEEP
from cards.reading import Call, order_of
from cards.record import Order
from cards.source import UnreadableSource, open_source

Json = None | bool | int | float | Decimal | str | list["Json"] | dict[str, "Json"]

_WITHDRAWN = frozenset({"entered-in-error", "revoked", "completed"})
_EXACT: msgspec.json.Decoder[dict[str, Json]] = msgspec.json.Decoder(
    dict[str, object], float_hook=Decimal
)
_REQUESTS = Reader(ServiceRequest)


class WrongDraftPatient(Exception):
    """An order being signed is for another patient than the call's: no advice may be given."""


class _Owned(msgspec.Struct):
    subject: Reference | None = None
    patient: Reference | None = None
    contained: list[msgspec.Raw] | None = None
    bad: tuple[str, ...] = msgspec.field(name="vidare:bad", default=())


_OWNED = Reader(_Owned)


class Draft(msgspec.Struct, frozen=True):
    """A ServiceRequest being signed: as an order, as read, and whole as it was sent.

    `whole` is None where the draft may not be updated: a part of it could not be read, it has no
    id, or it cannot be told that it is the patient's.
    """

    order: Order
    request: ServiceRequest
    whole: Mapping[str, Json] | None


def read_drafts(
    bundle: bytes | None,
    call: Call,
    identifiers: frozenset[tuple[str, str]] = frozenset(),
) -> tuple[Draft, ...]:
    """Give the ServiceRequests of `context.draftOrders`; other types are passed over.

    A signed order may be revised, so the status need not be draft. `identifiers` are the
    patient's own (`belonging.pairs`). Raises `WrongDraftPatient` when any order names another
    patient, and `UnreadableSource` when the Bundle, or what an order asks for, cannot be read.
    """
    if bundle is None:
        return ()
    source = open_source("draftOrders", bundle)
    if source.outcome != "complete":
        raise UnreadableSource("draftOrders", "all orders being signed were expected")
    subject = Subject(call.patient_id, call.fhir_server, identifiers)
    found = (_draft(entry.raw, call, subject) for entry in source.entries)
    return tuple(draft for draft in found if draft is not None)


def to(pathway: str, drafts: tuple[Draft, ...]) -> tuple[Draft, ...]:
    """Give the referrals to a pathway among drafts, in an order that is not that of the entries."""
    ours = (d for d in drafts if d.order.pathway == pathway)
    return tuple(sorted(ours, key=lambda d: d.order.reference or ""))


def _draft(raw: bytes, call: Call, subject: Subject) -> Draft | None:
    try:
        kind = resource_type(raw)
        owned = _OWNED.decode(raw)
    except UnreadableResource as error:
        raise UnreadableSource("draftOrders", "an order cannot be read") from error
    owners = [subject.owner(r, owned.contained) for r in (owned.subject, owned.patient)]
    if "other" in owners:
        raise WrongDraftPatient
    if kind != "ServiceRequest":
        return None
    request = _REQUESTS.decode(raw)
    if "code" in request.bad:
        raise UnreadableSource("draftOrders", "the code of an order cannot be read")
    if request.status in _WITHDRAWN or request.doNotPerform:
        return None
    named = owned.subject is not None or "subject" in owned.bad
    mine = owners[0] == "patient" or not named
    sure = request.id is not None and not request.bad and TOO_DEEP not in raw and mine
    return Draft(order_of(request, call), request, _whole(raw) if sure else None)


def _whole(raw: bytes) -> Mapping[str, Json] | None:
    try:
        return _EXACT.decode(raw)
    except FAILURES:
        return None
