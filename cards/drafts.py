"""The orders being signed: which of them are referrals of ours, and the whole of each as sent."""

from collections.abc import Mapping
from decimal import Decimal

import msgspec

from cards.belonging import Subject
from cards.decoding import Reader, UnreadableResource, resource_type
from cards.elements import Reference
from cards.fhir import ServiceRequest
from cards.reading import Call, order_of
from cards.record import Order
from cards.source import FAILURES, open_source

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
    bad: tuple[str, ...] = msgspec.field(name="vidare:bad", default=())


_OWNED = Reader(_Owned)


class Draft(msgspec.Struct, frozen=True):
    """A ServiceRequest being signed: as an order, as read, and whole as it was sent."""

    order: Order
    request: ServiceRequest
    whole: Mapping[str, Json]


def read_drafts(bundle: bytes | None, call: Call) -> tuple[Draft, ...]:
    """Give the ServiceRequests of `context.draftOrders`; other types are passed over.

    A signed order may be revised, so the status need not be draft. Raises `WrongDraftPatient`
    when any order names another patient, and `UnreadableSource` when it is no Bundle.
    """
    if bundle is None:
        return ()
    subject = Subject(call.patient_id, call.fhir_server)
    drafts: list[Draft] = []
    for entry in open_source("draftOrders", bundle).entries:
        _refuse_stranger(entry.raw, subject)
        draft = _draft(entry.raw, call)
        if draft is not None:
            drafts.append(draft)
    return tuple(drafts)


def _refuse_stranger(raw: bytes, subject: Subject) -> None:
    try:
        owned = _OWNED.decode(raw)
    except UnreadableResource:
        return
    if "other" in (subject.owner(owned.subject), subject.owner(owned.patient)):
        raise WrongDraftPatient


def _draft(raw: bytes, call: Call) -> Draft | None:
    try:
        if resource_type(raw) != "ServiceRequest":
            return None
        request = _REQUESTS.decode(raw)
        whole = _EXACT.decode(raw)
    except (UnreadableResource, *FAILURES):
        return None
    if request.status in _WITHDRAWN or request.doNotPerform:
        return None
    return Draft(order_of(request, call), request, whole)
