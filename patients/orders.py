"""The orders, referrals and medicines of a chart, and the orders about to be signed."""

from collections.abc import Iterator

from patients.catalogue import CATALOGUE, coding
from patients.frame import Frame
from patients.laboratory import TESTS, day_of
from patients.story import Json, Medicine, Order


def order(frame: Frame, order: Order) -> Json:
    """Give an order or a referral, of the record or about to be signed."""
    if order.medicine:
        medicine = Medicine(what=order.medicine, on=(order.on,), status=order.status)
        (made,) = prescriptions(frame, medicine)
        return {**made, "id": order.id, "encounter": {"reference": "Encounter/enc-now"}}
    code: Json = {"text": order.text}
    if order.test:
        written = TESTS[order.test].written(frame.chart.country)
        code = {"coding": [coding(f"{written.code}|{written.name}")], "text": order.text}
    elif order.code:
        code = {"coding": [coding(order.code)], "text": order.text}
    return whole(
        {
            "resourceType": "ServiceRequest",
            "id": order.id,
            "status": order.status,
            "intent": "order",
            "code": code,
            "subject": frame.subject,
            "encounter": {"reference": "Encounter/enc-now"} if order.status == "draft" else None,
            "authoredOn": frame.moment(order.on),
            "requester": {"reference": f"PractitionerRole/{frame.place.role}"},
            "reasonCode": [{"text": order.why}] if order.why else None,
            **order.raw,
        }
    )


def prescriptions(frame: Frame, medicine: Medicine) -> Iterator[Json]:
    """Give a MedicationRequest for each day of prescription; only the last is in force."""
    entry = CATALOGUE.medicines[medicine.what]
    last = len(medicine.on)
    for number, on in enumerate(medicine.on, 1):
        name = f"med-{medicine.what}" + ("" if number == last else f"-{day_of(on[:10]):%Y%m%d}")
        dose = medicine.dose or entry.dose["dk" if frame.chart.country == "DK" else "se"]
        yield {
            "resourceType": "MedicationRequest",
            "id": name,
            "status": medicine.status if number == last else "completed",
            "intent": "order",
            "medicationCodeableConcept": {
                "coding": entry.codings(frame.chart.country),
                "text": entry.text(frame.chart.country),
            },
            "subject": frame.subject,
            "authoredOn": frame.moment(on, "09:30"),
            "requester": {"reference": f"PractitionerRole/{frame.place.role}"},
            "dosageInstruction": [{"text": dose}],
        }


def whole(resource: Json) -> Json:
    """Give a resource without the members that it does not have."""
    return {name: member for name, member in resource.items() if member is not None}
