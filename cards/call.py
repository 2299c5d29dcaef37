"""What reading needs to know of the call: whose chart, on which day, and how orders are known."""

from collections.abc import Mapping
from datetime import date, tzinfo

import msgspec

from cards.coded import codings, said, uses_of
from cards.elements import CodeableConcept
from cards.fhir import ServiceRequest
from cards.moment import moment
from cards.record import Order


class PatientMismatch(Exception):
    """The Patient that was sent is not the one of the call: no advice may be given."""


class Catalogue(msgspec.Struct, frozen=True):
    """How a referral of ours is recognised: by coding ("system|code") or by words in its text."""

    codes: Mapping[str, str] = {}
    names: tuple[tuple[str, str], ...] = ()

    def pathway_of(self, code: CodeableConcept | None) -> str | None:
        """Give the pathway that an order refers to; None when it is no referral of ours."""
        for system, text in codings(code):
            if found := self.codes.get(f"{system}|{text}"):
                return found
        words = " ".join((code.text or "").lower().split()) if code else ""
        return next((pathway for name, pathway in self.names if name in words), None)


class Call(msgspec.Struct, frozen=True):
    """What reading needs to know of the call: whose chart, on which day, seen by whom."""

    patient_id: str
    today: date
    zone: tzinfo
    user: str | None = None
    encounter: str | None = None
    fhir_server: str | None = None
    site_map: Mapping[str, str] = {}
    catalogue: Catalogue = Catalogue()


_PLANNED = frozenset({"proposal", "plan", "option"})
"""ServiceRequest.intent (FHIR R4) of what nobody has ordered."""
_DECISIVE = frozenset({"status", "intent", "doNotPerform", "code", "modifierExtension"})


def order_of(request: ServiceRequest, call: Call) -> Order:
    """Give a ServiceRequest as an order: which analytes it asks for, which pathway it refers to.

    Its status is None where it orders nothing, and where that cannot be read.
    """
    uses = uses_of(request.code, call.site_map)
    for detail in request.orderDetail or ():
        uses += uses_of(detail, call.site_map)
    clear = _DECISIVE.isdisjoint(request.bad) and not request.doNotPerform
    return Order(
        status=request.status if clear and request.intent not in _PLANNED else None,
        text=said(request.code),
        analytes=frozenset(u.analyte for u in uses if u.use != "reject"),
        pathway=call.catalogue.pathway_of(request.code),
        reference=f"ServiceRequest/{request.id}" if request.id else None,
        authored=moment(request.authoredOn, call.zone),
    )
