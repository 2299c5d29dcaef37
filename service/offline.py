"""A file instead of a call: one patient's Bundle, laid out as the request an EHR would send."""

from collections import defaultdict
from collections.abc import Mapping

import msgspec

from service.hooks import Service

_KEYS: Mapping[str, str] = {
    "Condition": "conditions",
    "AllergyIntolerance": "conditions",
    "ServiceRequest": "serviceRequests",
    "DiagnosticReport": "diagnosticReports",
    "ImagingStudy": "diagnosticReports",
    "Encounter": "encounters",
    "MedicationRequest": "medications",
    "MedicationStatement": "medications",
    "Practitioner": "user",
    "PractitionerRole": "user",
    "Organization": "user",
}


class NotARecord(ValueError):
    """The file is neither a hook request nor one patient's Bundle; the message says why."""


class _Resource(msgspec.Struct):
    resourceType: str  # noqa: N815 - FHIR's spelling
    id: str | None = None
    status: str | None = None
    category: msgspec.Raw = msgspec.Raw()


class _Entry(msgspec.Struct):
    resource: msgspec.Raw
    fullUrl: str | msgspec.UnsetType = msgspec.UNSET  # noqa: N815 - FHIR's spelling


class _File(msgspec.Struct):
    hook: str | None = None
    resourceType: str | None = None  # noqa: N815 - FHIR's spelling
    entry: list[msgspec.Raw] = []


def request_of(content: bytes, service: Service) -> bytes:
    """Give the request in a file: the file itself, or its Bundle laid out for the service."""
    try:
        file = msgspec.json.decode(content, type=_File)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        raise NotARecord("The file holds no JSON object that could be a record.") from None
    if file.hook is not None:
        return content
    if file.resourceType != "Bundle":
        raise NotARecord("The file is neither a hook request nor a Bundle.")
    return _laid_out(file.entry, service)


def _laid_out(entries: list[msgspec.Raw], service: Service) -> bytes:
    """Put every resource under the prefetch key that would have brought it."""
    groups: defaultdict[str, list[msgspec.Raw]] = defaultdict(list)
    patients: list[msgspec.Raw] = []
    for entry in entries:
        raw, resource = _opened(entry)
        if resource.resourceType == "Patient":
            patients.append(raw)
        else:
            groups[_key(resource, service)].append(entry)
    patient_id = _only_patient(patients)
    drafts = groups.pop("draftOrders", [])
    context: dict[str, object] = {"userId": _user(groups["user"]), "patientId": patient_id}
    if service.hook == "order-sign":
        context["draftOrders"] = _bundle(drafts, "collection")
    prefetch: dict[str, object] = {k: _bundle(groups[k], "searchset") for k in service.prefetch}
    return msgspec.json.encode(
        {
            "hook": service.hook,
            "hookInstance": "offline",
            "context": context,
            "prefetch": {**prefetch, "patient": patients[0]},
        }
    )


def _opened(entry: msgspec.Raw) -> tuple[msgspec.Raw, _Resource]:
    """Give an entry's resource; one that cannot be opened stays, for the reading to list it."""
    try:
        raw = msgspec.json.decode(entry, type=_Entry).resource
        return raw, msgspec.json.decode(raw, type=_Resource)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return msgspec.Raw(b"null"), _Resource("")


def _key(resource: _Resource, service: Service) -> str:
    if resource.resourceType == "Observation":
        return "vitals" if b'"vital-signs"' in bytes(resource.category) else "observations"
    if resource.status == "draft" and service.hook == "order-sign":
        return "draftOrders"
    return _KEYS.get(resource.resourceType, "observations")


def _only_patient(patients: list[msgspec.Raw]) -> str:
    if len(patients) != 1:
        raise NotARecord(f"The Bundle must hold one Patient; it holds {len(patients)}.")
    patient_id = msgspec.json.decode(patients[0], type=_Resource).id
    if not patient_id:
        raise NotARecord("The Patient of the Bundle has no id.")
    return patient_id


def _user(callers: list[msgspec.Raw]) -> str:
    """Give who asks: the role or the practitioner in the Bundle."""
    named = [_opened(entry)[1] for entry in callers]
    for kind in ("PractitionerRole", "Practitioner"):
        for caller in named:
            if caller.resourceType == kind and caller.id:
                return f"{kind}/{caller.id}"
    return "Practitioner/unknown"


def _bundle(entries: list[msgspec.Raw], kind: str) -> dict[str, object]:
    return {"resourceType": "Bundle", "type": kind, "entry": entries}
