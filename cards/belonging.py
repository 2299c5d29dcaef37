"""Whose a resource is: the patient's of the call, somebody else's, or not to be told."""

import re
from collections.abc import Iterable, Sequence
from typing import Literal

import msgspec

from cards.elements import Identifier, Reference
from cards.source import FAILURES

Owner = Literal["patient", "other", "unknown"]

_ID = re.compile(r"[A-Za-z0-9._\-]+")


class Subject(msgspec.Struct, frozen=True):
    """The patient of the call, by every name a resource may use."""

    patient_id: str
    fhir_server: str | None = None
    identifiers: frozenset[tuple[str, str]] = frozenset()
    aliases: frozenset[str] = frozenset()
    """Full URLs (urn:uuid:…) under which the patient's own Patient resource was sent."""

    def owner(
        self, reference: Reference | None, contained: Sequence[bytes | msgspec.Raw] | None = None
    ) -> Owner:
        """Tell whose a resource with this `subject` is; `contained` are its contained resources.

        The reference decides; its identifier only where the reference says nothing.
        """
        if reference is None:
            return "unknown"
        text = (reference.reference or "").strip()
        if text in self.aliases:
            return "patient"
        if text.startswith("#"):
            found = self._contained(text[1:], contained or ())
        else:
            found = self._by_reference(text)
        return self._by_identifiers([reference.identifier]) if found == "unknown" else found

    def _by_reference(self, text: str) -> Owner:
        parts = text.partition("/_history/")[0].rsplit("/", 2)
        kind, patient_id = (parts[-2], parts[-1]) if len(parts) > 1 else ("", "")
        if kind != "Patient" or not _ID.fullmatch(patient_id):
            return "unknown"
        base = parts[0] if len(parts) > 2 else ""  # noqa: PLR2004 -- base, type, id
        if base and self.fhir_server and base != self.fhir_server.rstrip("/"):
            return "unknown"
        return "patient" if patient_id == self.patient_id else "other"

    def _by_identifiers(self, identifiers: Iterable[Identifier | None]) -> Owner:
        """Judge by identifiers: one of the patient's, or another in a system the patient has."""
        sent = pairs(identifiers)
        if not sent.isdisjoint(self.identifiers):
            return "patient"
        known = {system for system, _ in self.identifiers}
        return "other" if any(system in known for system, _ in sent) else "unknown"

    def _contained(self, local_id: str, contained: Iterable[bytes | msgspec.Raw]) -> Owner:
        for raw in contained:
            try:
                patient = _PATIENTS.decode(raw)
            except FAILURES:
                continue
            if patient.id == local_id and patient.resourceType == "Patient":
                return self._by_identifiers(patient.identifier or ())
        return "unknown"


class _Contained(msgspec.Struct):
    resourceType: str | None = None  # noqa: N815 -- FHIR's own spelling
    id: str | None = None
    identifier: list[Identifier | None] | None = None


_PATIENTS = msgspec.json.Decoder(_Contained)


def pairs(identifiers: Iterable[Identifier | None] | None) -> frozenset[tuple[str, str]]:
    """Give (system, value) of each complete identifier, the value without spaces and dashes."""
    return frozenset(pair for i in identifiers or () if i is not None and (pair := _pair(i)))


def _pair(identifier: Identifier) -> tuple[str, str] | None:
    system = (identifier.system or "").strip()
    value = "".join((identifier.value or "").split()).replace("-", "")
    return (system, value) if system and value else None
