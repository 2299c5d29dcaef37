"""What the resources of a call say, gathered one by one; what was left out is listed."""

from datetime import tzinfo

import msgspec

from cards.call import Call, order_of
from cards.coded import is_coded
from cards.conditions import contrast_risk, diagnosed, observed_finding
from cards.elements import CodeableConcept
from cards.events import contact_of, measured, prescription_of, stay_of, study_of
from cards.fhir import (
    Allergy,
    Clinical,
    Condition,
    DiagnosticReport,
    Encounter,
    ImagingStudy,
    Medication,
    Observation,
    ServiceRequest,
)
from cards.histology import histologies
from cards.moment import Moment, kept_moment
from cards.record import Diagnosis, Measure, Order, Reason, Report, Result, Stay, Unread
from cards.reporting import examined, reported
from cards.results import STATES, Dated, observed

_NO_SUBJECT = Reason("noSubject")


class Place(msgspec.Struct, frozen=True, gc=False):
    """Where a resource came from: its source's key, its name, and whether it is the patient's.

    `owned` is False where it is not known whose it is.
    """

    key: str
    name: str
    owned: bool


class _Dates(dict[str | None, Moment | None]):
    """The dates of a call, each read once: the results of a sample share theirs."""

    def __init__(self, zone: tzinfo) -> None:
        super().__init__()
        self.zone = zone

    def __missing__(self, text: str | None) -> Moment | None:
        found = self[text] = kept_moment(text, self.zone)
        return found


class Gathering:
    """What has been read so far."""

    def __init__(self, call: Call) -> None:
        """Begin with nothing."""
        self.call = call
        self.results: list[Result] = []
        self.diagnoses: list[Diagnosis] = []
        self.orders: list[Order] = []
        self.reports: list[Report] = []
        self.measures: list[Measure] = []
        self.contacts: list[Moment] = []
        self.medications: list[Moment] = []
        self.stays: list[Stay] = []
        self.contrast: list[Diagnosis] = []
        self.owned: dict[str, Observation] = {}
        """The patient's Observations, by every name a panel may call them."""
        self.lost: set[str] = set()
        """Keys with a resource of which not even the kind or the code can be told.

        A code is not told either where one coding cannot be read and the others mean nothing here.
        """
        self.unread: dict[Unread, None] = {}
        self.dated: Dated = _Dates(call.zone).__getitem__
        """Gives the moment of a FHIR date in the days of the call."""

    def lose(self, key: str, name: str, reason: Reason) -> None:
        """List a resource that may have been anything: its source was not read to its end."""
        self.lost.add(key)
        self.leave_out(name, reason)

    def leave_out(self, name: str, reason: Reason) -> None:
        """List what was not used."""
        self.unread[Unread(name, reason)] = None

    def read(self, resource: Clinical, place: Place) -> None:
        """Take in what a resource says."""
        if isinstance(resource, Observation):
            self._observation(resource, place)
        elif isinstance(resource, DiagnosticReport):
            self._report(resource, place)
        elif isinstance(resource, Condition):
            self._condition(resource, place)
        elif place.owned:
            self._event(resource)

    # -- results ---------------------------------------------------------------------------------

    def _observation(self, observation: Observation, place: Place) -> None:
        found = observed(observation, self.dated, self.call.site_map)
        self._keep(found, place)
        finding = None
        if observation.valueBoolean or observation.valueCodeableConcept:
            finding = observed_finding(observation, self.dated, self.call.site_map)
            if finding is not None:
                self._diagnose(finding, place)
        if STATES.get(observation.status or "") != "void":
            unknown = not found and finding is None
            if unknown:
                self._uncoded(observation.code, place)
            if "component" in observation.bad or (unknown and "code" in observation.bad):
                self.lost.add(place.key)
        if place.owned:
            self.owned[place.name] = observation
            if observation.valueQuantity:
                self._measure(observation, place.name)

    def _measure(self, observation: Observation, name: str) -> None:
        measure = measured(observation, self.dated)
        if isinstance(measure, Measure):
            self.measures.append(measure)
        elif measure is not None:
            self.leave_out(name, measure)

    def _uncoded(self, code: CodeableConcept | None, place: Place) -> None:
        """List what bears no code; without a text it may have been anything."""
        if is_coded(code):
            return
        if code is not None and (code.text or "").strip():
            self.leave_out(place.name, Reason("noCode"))
        else:
            self.lose(place.key, place.name, Reason("noCode"))

    def _keep(self, found: list[Result], place: Place) -> None:
        """Keep results; those of a resource without a subject only as unreadable."""
        for result in found:
            kept = result
            if not place.owned and result.state != "void":
                kept = msgspec.structs.replace(
                    result, state="unreadable", reason=_NO_SUBJECT, value=None
                )
            if kept.state == "unreadable" and kept.reason is not None:
                self.leave_out(place.name, kept.reason)
            self.results.append(kept)

    def _report(self, report: DiagnosticReport, place: Place) -> None:
        found = reported(report, self.dated, self.call.site_map)
        self._keep(found, place)
        for histology in histologies(report, self.dated, self.call.site_map):
            self._diagnose(histology, place)
        study = examined(report, self.dated) if place.owned else None
        unknown = STATES.get(report.status or "") != "void" and not found
        if unknown and "code" in report.bad:
            self.lost.add(place.key)
        if study is not None:
            self.reports.append(study)
        elif unknown:
            self._uncoded(report.code, place)

    # -- diagnoses -------------------------------------------------------------------------------

    def _condition(self, condition: Condition, place: Place) -> None:
        diagnosis = diagnosed(condition, self.dated, self.call.site_map)
        if diagnosis is None:
            self._uncoded(condition.code, place)
            return
        if "code" in condition.bad and not diagnosis.concepts and diagnosis.presence != "absent":
            self.lost.add(place.key)
        self._diagnose(diagnosis, place)

    def _diagnose(self, diagnosis: Diagnosis, place: Place) -> None:
        if diagnosis.presence == "absent":
            return
        kept = diagnosis
        if not place.owned:
            kept = msgspec.structs.replace(diagnosis, presence="uncertain", reason=_NO_SUBJECT)
        if kept.reason is not None and kept.concepts:
            self.leave_out(place.name, kept.reason)
        self.diagnoses.append(kept)

    # -- the rest --------------------------------------------------------------------------------

    def _event(
        self,
        resource: ServiceRequest | Encounter | Medication | Allergy | ImagingStudy,
    ) -> None:
        if isinstance(resource, ServiceRequest):
            self.orders.append(order_of(resource, self.call))
        elif isinstance(resource, Encounter):
            contact, stay = contact_of(resource, self.dated), stay_of(resource, self.dated)
            self.contacts += [contact] if contact else []
            self.stays += [stay] if stay else []
        elif isinstance(resource, Medication):
            prescribed = prescription_of(resource, self.dated)
            self.medications += [prescribed] if prescribed else []
        elif isinstance(resource, Allergy):
            risk = contrast_risk(resource)
            self.contrast += [risk] if risk and risk.presence != "absent" else []
        else:
            study = study_of(resource, self.dated)
            self.reports += [study] if study else []
