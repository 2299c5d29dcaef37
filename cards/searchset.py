"""A whole searchset decoded in one go, where nothing in it asks for a closer look.

One typed decoding of a Bundle costs a fraction of opening its entries one by one, and most
senders send nothing else. It gives None at the least doubt, and the entries are then opened one
by one (cards/source.py, cards/decoding.py). tests/cards/test_searchset.py holds that both ways
read the same.
"""

from collections.abc import Callable, Mapping
from typing import Generic, TypeAlias, TypeVar

import msgspec

from cards.fhir import (
    NOT_SENT,
    Clinical,
    Condition,
    DiagnosticReport,
    Encounter,
    Medication,
    Observation,
    ServiceRequest,
    Unread,
)
from cards.raw import FAILURES, has_lost, is_disguised, may_repeat

R_co = TypeVar("R_co", covariant=True)


class Link(msgspec.Struct, gc=False, omit_defaults=True):
    """Where another page of the search is."""

    relation: str | None = None
    url: str | None = None


class Search(msgspec.Struct, gc=False, omit_defaults=True):
    """Why an entry is in the searchset."""

    mode: str | None = None
    score: Unread = NOT_SENT


class Item(msgspec.Struct, Generic[R_co], gc=False, omit_defaults=True, kw_only=True):
    """An entry with its resource decoded."""

    fullUrl: str | None = None  # noqa: N815 -- FHIR's own spelling
    resource: R_co
    search: Search | None = None


class Searchset(msgspec.Struct, Generic[R_co], gc=False, omit_defaults=True, kw_only=True):
    """A Bundle whose entries all hold what was asked for."""

    resourceType: str  # noqa: N815 -- FHIR's own spelling
    id: Unread = NOT_SENT
    meta: Unread = NOT_SENT
    type: Unread = NOT_SENT
    timestamp: Unread = NOT_SENT
    total: int | None = None
    link: tuple[Link, ...] = ()
    entry: tuple[Item[R_co], ...] = ()


_Decode: TypeAlias = Callable[[bytes], Searchset[Clinical]]

_OBSERVATIONS: _Decode = msgspec.json.Decoder(Searchset[Observation]).decode
_EXPECTED: Mapping[str, tuple[frozenset[str], _Decode]] = {
    "observations": (frozenset({"Observation"}), _OBSERVATIONS),
    "vitals": (frozenset({"Observation"}), _OBSERVATIONS),
    "conditions": (
        frozenset({"Condition"}),
        msgspec.json.Decoder(Searchset[Condition]).decode,
    ),
    "serviceRequests": (
        frozenset({"ServiceRequest"}),
        msgspec.json.Decoder(Searchset[ServiceRequest]).decode,
    ),
    "diagnosticReports": (
        frozenset({"DiagnosticReport"}),
        msgspec.json.Decoder(Searchset[DiagnosticReport]).decode,
    ),
    "encounters": (
        frozenset({"Encounter"}),
        msgspec.json.Decoder(Searchset[Encounter]).decode,
    ),
    "medications": (
        frozenset({"MedicationRequest", "MedicationStatement"}),
        msgspec.json.Decoder(Searchset[Medication]).decode,
    ),
}
"""What each prefetch key asks for, and how it is decoded."""


def read_whole(key: str, raw: bytes) -> Searchset[Clinical] | None:
    """Give the searchset of a key; None where its entries must be opened one by one."""
    if key not in _EXPECTED or is_disguised(raw):
        return None
    kinds, decode = _EXPECTED[key]
    try:
        found = decode(raw)
    except FAILURES:
        return None
    if found.resourceType != "Bundle":
        return None
    has_parts = contains = False
    for item in found.entry:
        resource = item.resource
        if resource.resourceType not in kinds or resource.modifierExtension is not None:
            return None
        contains = contains or resource.contained is not None
        has_parts = has_parts or (isinstance(resource, Observation) and bool(resource.component))
    if has_parts and b"modifierExtension" in raw:
        return None
    # contained resources stay raw here: only the dearer search looks into them
    return None if (contains or has_lost(raw, found)) and may_repeat(raw) else found
