"""The contacts of a chart: visits, calls, stays, and the visit of today."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from patients.frame import HL7, Frame
from patients.laboratory import days_of
from patients.story import Contact, Json

_MINUTES = {"visit": 30, "call": 10, "ward": 4 * 24 * 60, "cancelled": 0, "now": 0}
"""How long a contact of each kind takes; 0 where it has no end."""


def contacts(frame: Frame) -> Iterator[Json]:
    """Give every Encounter, oldest first: those told, those of samplings, and today's."""
    told = {contact.on[:10] for contact in frame.chart.contacts}
    found = list(frame.chart.contacts)
    for sampling in frame.chart.samplings:
        if sampling.why:
            days = days_of(sampling, frame.chart.seed, frame.anchor)
            new = (day for day in days if day.isoformat() not in told)
            found += [Contact(on=f"{day}T08:00", why=sampling.why) for day in new]
    found.append(Contact(on=frame.chart.now, why=frame.chart.reason, kind="now", id="now"))
    found.sort(key=lambda contact: contact.on)
    for number, contact in enumerate(found, 1):
        yield _contact(frame, contact, f"enc-{contact.id or f'{number:02}'}")


def _contact(frame: Frame, contact: Contact, name: str) -> Json:
    status = {"cancelled": "cancelled", "now": "in-progress"}.get(contact.kind, "finished")
    code, display = {"call": ("VR", "virtual"), "ward": ("IMP", "inpatient encounter")}.get(
        contact.kind, ("AMB", "ambulatory")
    )
    period: Json = {"start": frame.moment(contact.on)}
    if minutes := _MINUTES[contact.kind]:
        end = datetime.fromisoformat(str(period["start"])) + timedelta(minutes=minutes)
        period["end"] = frame.moment(end.isoformat()[:16])
    department: Json = (
        {"display": contact.department}
        if contact.department
        else {"reference": f"Organization/{frame.place.organization}"}
    )
    return {
        "resourceType": "Encounter",
        "id": name,
        "status": status,
        "class": {"system": f"{HL7}/v3-ActCode", "code": code, "display": display},
        "subject": frame.subject,
        "period": period,
        "reasonCode": [{"text": contact.why}],
        "serviceProvider": department,
    }
