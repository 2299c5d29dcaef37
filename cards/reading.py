"""FHIR R4 JSON -> PatientRecord, each resource alone.

A resource that cannot be read is listed with its reason and costs its neighbours nothing; one of
another patient is left out, listed and counted; a result that cannot serve as an answer stays as
`unreadable`, so that it never becomes "missing". Where not even its kind or code can be told, the
source it came in was not read to its end.
"""

from collections.abc import Mapping

from cards.call import Call, Catalogue, PatientMismatch, order_of
from cards.decoding import Reader, UnreadableResource, resource_type
from cards.fhir import Caller, Patient
from cards.joining import by_analyte, certain, settled
from cards.person import person_of, referrer_of
from cards.record import PatientRecord, Person, Reason, SourceState
from cards.sorting import Sorting
from cards.source import Source, unavailable

__all__ = ["Call", "Catalogue", "PatientMismatch", "order_of", "read_record"]

_EXPECTED = ("patient", "observations", "conditions")
"""Keys of which a record always has a state."""
_PATIENTS = Reader(Patient)
_CALLERS = Reader(Caller)
_CALLING = frozenset({"Practitioner", "PractitionerRole", "Organization"})


def read_record(sources: Mapping[str, Source], call: Call) -> PatientRecord:
    """Give the record of the call's patient from what its prefetch keys hold.

    Raises `PatientMismatch` when a Patient sent bears another id than the call.
    """
    given = {key: unavailable(key, "absent") for key in _EXPECTED} | dict(sources)
    sorting = Sorting(call)
    person = _person(given["patient"], sorting)
    callers = _callers(given.get("user"), sorting)
    for key, source in given.items():
        if key not in {"patient", "user"}:
            for number, entry in enumerate(source.entries):
                sorting.take(entry, key, number)
    found, twice = sorting.found, sorting.twice
    states = {key: _state(source, found.lost) for key, source in given.items()}
    if person is None:
        states["patient"] = SourceState("unavailable", given["patient"].reason or "noPatient")
    return PatientRecord(
        person=person or Person(call.patient_id),
        today=call.today,
        sources=states,
        results=by_analyte(found.results, found.owned, twice),
        diagnoses=tuple(certain(d, twice, call.today) for d in found.diagnoses),
        orders=tuple(settled(o, twice) for o in found.orders),
        reports=tuple(found.reports),
        measures=tuple(m for m in found.measures if m.reference not in twice),
        contacts=tuple(found.contacts),
        medications=tuple(found.medications),
        stays=tuple(found.stays),
        contrast_risks=tuple(certain(d, twice, call.today) for d in found.contrast),
        referrer=referrer_of(callers, call),
        encounter=call.encounter,
        unread=tuple(found.unread),
        foreign=len(sorting.foreign),
    )


def _state(source: Source, lost: set[str]) -> SourceState:
    """Give the state of a source; with an entry that may have been anything it is incomplete."""
    if source.outcome == "complete" and source.key in lost:
        return SourceState("partial", "unreadableEntries")
    return SourceState(source.outcome, source.reason)


def _person(source: Source, sorting: Sorting) -> Person | None:
    """Give the person; None where no Patient can be read, or two that differ were sent."""
    persons: dict[Person, None] = {}
    for number, entry in enumerate(source.entries):
        try:
            if resource_type(entry.raw) != "Patient":
                continue
            patient = _PATIENTS.decode(entry.raw)
        except UnreadableResource as error:
            sorting.found.leave_out(f"patient[{number}]", Reason(error.reason))
            continue
        person, unusable = person_of(patient, sorting.call)
        persons[person] = None
        sorting.know(patient, entry.full_url)
        for member in unusable:
            sorting.found.leave_out(f"Patient/{patient.id}", Reason("malformed", member))
    if len(persons) > 1:
        sorting.found.leave_out(f"Patient/{sorting.call.patient_id}", Reason("twice"))
        return None
    return next(iter(persons), None)


def _callers(source: Source | None, sorting: Sorting) -> list[Caller]:
    """Give who has the chart open, and the organisations sent with them."""
    found: list[Caller] = []
    for number, entry in enumerate(source.entries if source else ()):
        try:
            if resource_type(entry.raw) in _CALLING:
                found.append(_CALLERS.decode(entry.raw))
        except UnreadableResource as error:
            sorting.found.leave_out(f"user[{number}]", Reason(error.reason))
    return found
