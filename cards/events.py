"""What happened beside results and diagnoses: contacts, prescriptions, vital signs, imaging."""

from collections.abc import Mapping

from cards.coded import codings, said, vital_of
from cards.elements import Quantity
from cards.fhir import Encounter, ImagingStudy, Medication, Observation
from cards.free_text import starts
from cards.moment import Moment
from cards.record import Measure, Reason, Report, Stay
from cards.results import Dated, sampled
from cards.terminology import TERMS
from cards.values import holds_several, is_measurable

_TOOK_PLACE = frozenset({"arrived", "triaged", "in-progress", "onleave", "finished"})
"""Encounter.status (FHIR R4) of a contact that has begun."""
_PRESCRIBED = frozenset({"active", "on-hold", "completed", "stopped", "ended", "intended"})
"""MedicationRequest.status and MedicationStatement.status (FHIR R4) of what was prescribed."""
_PLANNED = frozenset({"proposal", "plan", "option"})

BELIEVABLE: Mapping[str, tuple[float, float]] = {
    "weight": (0.2, 650),
    "height": (20, 280),
    "temperature": (20, 47),
}
"""kg, cm, °C: outside, the unit is wrong (our own bounds, no clinical limits)."""


def contact_of(encounter: Encounter, dated: Dated) -> Moment | None:
    """Give when a contact began; None where it did not take place or that is not known."""
    if encounter.status not in _TOOK_PLACE or encounter.period is None:
        return None
    return dated(encounter.period.start)


_STAYS = _TOOK_PLACE | {"planned"}
_ONGOING = frozenset({"arrived", "triaged", "in-progress", "onleave"})
"""Encounter.status (FHIR R4) of a contact that is not over."""
_FLEETING = frozenset({"EMER", "PRENC", "FLD"})
"""Encounter.class (v3 ActEncounterCode): an emergency room, before admission, in the field."""


def stay_of(encounter: Encounter, dated: Dated) -> Stay | None:
    """Give the contact with a department that the rules ask for (2.2.5: neurology), else None.

    The department is that of `serviceType`, else the one that `serviceProvider` is called.
    """
    if encounter.status not in _STAYS:
        return None
    found = department_of(encounter)
    if found is None:
        return None
    department, name = found
    period = encounter.period
    began, ended = (dated(period.start), dated(period.end)) if period else (None, None)
    fleeting = encounter.kind is not None and encounter.kind.code in _FLEETING
    sure = encounter.status in _ONGOING and ended is None and not fleeting and not encounter.bad
    reference = f"Encounter/{encounter.id}" if encounter.id else None
    return Stay(department, name, sure, began, ended, reference)


def department_of(encounter: Encounter) -> tuple[str, str] | None:
    """Give the department of a contact, and what it is called there; None for any other."""
    provider = encounter.serviceProvider.display or "" if encounter.serviceProvider else ""
    if not provider and encounter.serviceType is None:
        return None
    for system, code in codings(encounter.serviceType):
        key = TERMS.system_key(system)
        if key and (known := TERMS.department_of(key, code)):
            return known, provider or said(encounter.serviceType)
    named = (provider, said(encounter.serviceType))
    for name in named:
        if starts(name, TERMS.listing("neurology")):
            return "neurology", name
    return None


def prescription_of(medication: Medication, dated: Dated) -> Moment | None:
    """Give when a medicine was prescribed or taken; None where it was not."""
    withheld = medication.doNotPerform or "doNotPerform" in medication.bad
    if medication.status not in _PRESCRIBED or medication.intent in _PLANNED or withheld:
        return None
    period = medication.effectivePeriod
    when = medication.authoredOn or medication.effectiveDateTime or medication.dateAsserted
    return dated(when or (period.start if period else None))


def measured(observation: Observation, dated: Dated) -> Measure | Reason | None:
    """Give the vital sign of an Observation, the reason why it cannot be used, or None: is none."""
    kind = _vital(observation)
    quantity = observation.valueQuantity
    if kind is None or quantity is None:
        return None
    sample = sampled(observation, dated)
    if sample.state != "final" or sample.taken is None:
        return sample.reason if sample.state == "unreadable" else None
    if holds_several(observation) or observation.dataAbsentReason is not None:
        return Reason("twoValues")
    value = _in_unit(kind, quantity)
    if isinstance(value, Reason):
        return value
    return Measure(kind, value, sample.taken, sample.reference)


def _vital(observation: Observation) -> str | None:
    for system, code in codings(observation.code):
        if kind := vital_of(system, code):
            return kind
    return None


def _in_unit(kind: str, quantity: Quantity) -> float | Reason:
    if not is_measurable(quantity) or quantity.value is None or quantity.comparator is not None:
        return Reason("malformed", "valueQuantity")
    number = float(quantity.value)
    texts = {t.strip() for t in (quantity.code, quantity.unit) if t and t.strip()}
    found = {v for t in texts if (v := TERMS.vital_value(kind, number, t)) is not None}
    if not found:
        return Reason("unknownUnit" if texts else "noUnit", kind)
    low, high = BELIEVABLE[kind]
    value = found.pop()
    if found:
        return Reason("contradictoryUnits", kind)
    return value if low <= value <= high else Reason("implausible", kind)


def study_of(study: ImagingStudy, dated: Dated) -> Report | None:
    """Give an imaging study that was done."""
    if study.status in {"cancelled", "entered-in-error", "registered"} or "status" in study.bad:
        return None
    reference = f"ImagingStudy/{study.id}" if study.id else None
    return Report(study.description or "ImagingStudy", reference, dated(study.started), study=True)
