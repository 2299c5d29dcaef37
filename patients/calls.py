"""The hook calls that an EHR would send about a chart."""

import random
from collections.abc import Iterable
from uuid import UUID

from patients.frame import Frame
from patients.places import PLACES
from patients.story import Chart, Json

SERVER = "https://ehr.example/fhir"
_KEY_OF_KIND = {
    "Condition": "conditions",
    "ServiceRequest": "serviceRequests",
    "DiagnosticReport": "diagnosticReports",
    "Encounter": "encounters",
    "MedicationRequest": "medications",
}
_KEY_OF_CATEGORY = {"laboratory": "observations", "vital-signs": "vitals"}
SEARCHES = (
    "observations",
    "conditions",
    "serviceRequests",
    "diagnosticReports",
    "vitals",
    "encounters",
    "medications",
)
"""The prefetch keys that are searches, in the order in which they are sent."""
_NEWEST_FIRST = ("observations", "diagnosticReports", "vitals", "encounters", "medications")


def call(frame: Frame, service: str, record: Iterable[Json], drafts: list[Json]) -> Json:
    """Give the call of a service: what was sent of the record, and the orders being signed."""
    case, chart, place = frame.case, frame.chart, frame.place
    hook = "order-sign" if service.endswith("order-sign") else "patient-view"
    drawn = random.Random(f"{case}/{service}")  # noqa: S311 - a number of an example
    context: Json = {
        "userId": f"PractitionerRole/{place.role}",
        "patientId": f"pat-{case}",
        "encounterId": "enc-now",
    }
    if hook == "order-sign":
        entries = [{"resource": draft} for draft in drafts]
        context["draftOrders"] = {"resourceType": "Bundle", "type": "collection", "entry": entries}
    return {
        "hook": hook,
        "hookInstance": str(UUID(int=drawn.getrandbits(128), version=4)),
        "context": context,
        "prefetch": _prefetch(chart, list(record)),
    }


def key_of(resource: Json) -> str | None:
    """Give the prefetch key that a resource answers; None for what is only referred to."""
    kind = str(resource["resourceType"])
    if kind != "Observation":
        return _KEY_OF_KIND.get(kind)
    category: Json = resource["category"][0]["coding"][0]  # type: ignore[index] # our own JSON
    return _KEY_OF_CATEGORY[str(category["code"])]


def entry(resource: Json) -> Json:
    """Give a Bundle entry with the address that the resource has at its server."""
    return {
        "fullUrl": f"{SERVER}/{resource['resourceType']}/{resource['id']}",
        "resource": resource,
    }


def _prefetch(chart: Chart, record: list[Json]) -> Json:
    place, sending = PLACES[chart.country], chart.sending
    patient = next(each for each in record if each["resourceType"] == "Patient")
    user = next(each for each in record if each.get("id") == place.role)
    found: Json = {"patient": patient}
    for key in SEARCHES:
        if key in sending.withheld:
            continue
        matches = [each for each in record if key_of(each) == key]
        found[key] = _failure() if key in sending.failed else _searchset(chart, key, matches)
    return {**found, "user": user}


def _searchset(chart: Chart, key: str, matches: list[Json]) -> Json:
    if key in _NEWEST_FIRST:
        matches = sorted(matches, key=_when, reverse=True)
    sent = matches[: chart.sending.first.get(key)]
    bundle: Json = {"resourceType": "Bundle", "type": "searchset", "total": len(matches)}
    if len(sent) < len(matches):
        bundle["link"] = [{"relation": "next", "url": f"{SERVER}?_getpages=page-2-of-{key}"}]
    if sent:
        bundle["entry"] = [{**entry(each), "search": {"mode": "match"}} for each in sent]
    return bundle


def _failure() -> Json:
    issue = {"severity": "error", "code": "timeout", "diagnostics": "The search took too long."}
    return {"resourceType": "OperationOutcome", "issue": [issue]}


def _when(resource: Json) -> str:
    period = resource.get("period")
    start = period["start"] if isinstance(period, dict) else ""
    return str(resource.get("effectiveDateTime") or resource.get("authoredOn") or start)
