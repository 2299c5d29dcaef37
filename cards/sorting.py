"""Each entry of a call opened alone: whose it is, whether it came before, and what is in it."""

import msgspec

from cards.belonging import Owner, Subject, pairs
from cards.call import Call
from cards.decoding import MODIFIER, Reader, UnreadableResource, decode, resource_type
from cards.elements import Reference
from cards.fhir import PASSED_OVER, READ, RESOURCES, Allergy, Caller, Clinical, Observation, Patient
from cards.gathering import Gathering, Place
from cards.plain import read_plain
from cards.record import Measure, Reason
from cards.source import TOO_DEEP, Entry

_OBSERVATIONS = Reader(Observation)


class Sorting:
    """One pass over the entries of a call."""

    def __init__(self, call: Call) -> None:
        """Begin with nothing."""
        self.call = call
        self.found = Gathering(call)
        self.subject = Subject(call.patient_id, call.fhir_server)
        self.twice: set[str] = set()
        """Names of the resources that were sent in two versions."""
        self.foreign: set[str] = set()
        """Names of the resources of other patients."""
        self._seen: dict[str, Clinical] = {}
        self._mine: set[str | None] = set()

    def know(self, patient: Patient, full_url: str | None) -> None:
        """Learn by which other names the patient's resources may call them."""
        alias = (full_url or "").strip()
        aliases = frozenset({alias} if alias else ())
        self.subject = Subject(
            self.call.patient_id, self.call.fhir_server, pairs(patient.identifier), aliases
        )

    def take(self, entry: Entry, key: str, number: int) -> None:
        """Read one entry of the source `key`."""
        read = entry.resource
        if read is None:
            self._open(entry, key, f"{key}[{number}]")
            return
        name = f"{read.resourceType}/{read.id}" if read.id else f"{key}[{number}]"
        if self._is_simply_mine(read, name):
            self._take_mine(read, entry.full_url, Place(key, name, owned=True))
        else:
            self._sort(read, entry, key, name)

    def _open(self, entry: Entry, key: str, place: str) -> None:
        """Read an entry that was not decoded with its searchset."""
        try:
            kind = resource_type(entry.raw)
            if kind in PASSED_OVER:
                return
            if kind not in RESOURCES:
                why = Reason("unknownType" if kind else "noResourceType")
                self.found.lose(key, place, why)
                return
            resource = decode(entry.raw, kind)
        except UnreadableResource as error:
            self.found.lose(key, place, Reason(error.reason))
            return
        name = f"{kind}/{resource.id}" if resource.id else place
        if isinstance(resource, Patient):
            if resource.id != self.call.patient_id:
                self._refuse(name)
        elif not isinstance(resource, Caller):
            self._sort(resource, entry, key, name)

    def _is_simply_mine(self, resource: Clinical, name: str) -> bool:
        """Tell whether a resource is the patient's, new, and holds no other: what most are."""
        if isinstance(resource, Allergy) or resource.bad or resource.contained is not None:
            return False
        if isinstance(resource, Observation) and resource.focus:
            return False
        subject = resource.subject
        if subject is None or not resource.id or name in self._seen:
            return False
        return subject.reference in self._mine or self._owner(subject, None) == "patient"

    def _take_mine(self, resource: Clinical, full_url: str | None, place: Place) -> None:
        """Take in a resource that is simply the patient's: the short way of `_sort`."""
        found, self._seen[place.name] = self.found, resource
        if not isinstance(resource, Observation):
            found.read(resource, place)
            return
        said = read_plain(resource, place.name, found.dated, self.call.site_map)
        if said is None:
            found.read(resource, place)
        for each in said or ():
            if isinstance(each, Measure):
                found.measures.append(each)
            else:
                found.results.append(each)
        found.owned[place.name] = resource
        if full_url:
            found.owned[full_url] = resource

    def _refuse(self, name: str) -> None:
        self.foreign.add(name)
        self.found.leave_out(name, Reason("foreignPatient"))

    def _sort(self, resource: Clinical, entry: Entry, key: str, name: str) -> None:
        """Leave out what is another patient's or was sent before; read the rest."""
        subject = resource.patient if isinstance(resource, Allergy) else resource.subject
        owner = self._owner(subject, resource.contained)
        if owner == "other":
            self._refuse(name)
            return
        if isinstance(resource, Observation) and not self._is_about_the_patient(
            resource, resource.contained
        ):
            owner = "unknown"
        if resource.id and self._came_before(resource, name):
            return
        if TOO_DEEP in entry.raw:
            self.found.leave_out(name, Reason("tooDeep"))
        self._read_all(resource, Place(key, name, owner == "patient"))
        if entry.full_url and name in self.found.owned:
            self.found.owned[entry.full_url] = self.found.owned[name]

    def _is_about_the_patient(
        self, observation: Observation, contained: list[msgspec.Raw] | None
    ) -> bool:
        """Tell whether the patient was observed, and not a donor, a foetus or a device."""
        if "focus" in observation.bad:
            return False
        return all(self._owner(f, contained) == "patient" for f in observation.focus or ())

    def _read_all(self, resource: Clinical, place: Place) -> None:
        """Read a resource and those inside it; what was entered in error holds nothing."""
        self._read(resource, place)
        if getattr(resource, "status", None) == "entered-in-error":
            return
        for raw in resource.contained or ():
            self._contained(bytes(raw), resource, place)

    def _came_before(self, resource: Clinical, name: str) -> bool:
        """Tell whether the same was read; another version is read too, so that nothing is lost."""
        first = self._seen.setdefault(name, resource)
        if first is resource:
            return False
        same = _read_the_same(first, resource)
        if not same:
            self.twice.add(name)
            self.found.leave_out(name, Reason("twice"))
        return same

    def _read(self, resource: Clinical, place: Place) -> None:
        for member in resource.bad:
            self.found.leave_out(place.name, Reason("malformed", member))
        if not place.owned:
            self.found.leave_out(place.name, Reason("noSubject"))
        self.found.read(resource, place)

    def _owner(self, reference: Reference | None, contained: list[msgspec.Raw] | None) -> Owner:
        text = reference.reference if reference else None
        if text in self._mine:
            return "patient"
        owner = self.subject.owner(reference, contained)
        if owner == "patient" and text and self.subject.owner(Reference(text)) == "patient":
            self._mine.add(text)  # by itself: an identifier beside it is the next one's own
        return owner

    def _contained(self, raw: bytes, outer: Clinical, place: Place) -> None:
        """Read an Observation inside another resource; unless it says otherwise, of its patient."""
        try:
            if resource_type(raw) != "Observation":
                return
            inner = _OBSERVATIONS.decode(raw)
        except UnreadableResource as error:
            self.found.lose(place.key, place.name, Reason(error.reason))
            return
        name = f"{place.name}#{inner.id or ''}"
        owned = place.owned
        if inner.subject is not None or "subject" in inner.bad:
            owner = self._owner(inner.subject, outer.contained)
            if owner == "other":
                self._refuse(name)
                return
            owned = owner == "patient"
        owned = owned and self._is_about_the_patient(inner, outer.contained)
        if MODIFIER in outer.bad:  # it changes what all below it means
            inner.bad = (*inner.bad, MODIFIER)
        self._read(inner, Place(place.key, name, owned))


def _read_the_same(one: Clinical, other: Clinical) -> bool:
    """Tell whether two resources of one name are equal in every member that the rules read."""
    members = READ[one.resourceType]
    return all(getattr(one, name) == getattr(other, name) for name in members)
