"""The FHIR R4 resources that the rules read: what they read of them, in FHIR's order.

Members of type `Unread` are read by no rule and stay raw. With them a resource that was decoded
encodes whole again, to the very bytes where it was sent in FHIR's order, which is how a name that
stands twice is looked for cheaply (cards/searchset.py); a member that is missing here costs time
and nothing else. `bad` names the members that were sent and could not be read (cards/decoding.py).
"""

from typing import TypeAlias

import msgspec
from msgspec import field

from cards.elements import (
    Annotation,
    CodeableConcept,
    Coding,
    Component,
    ContactPoint,
    Identifier,
    Meta,
    Period,
    Quantity,
    Range,
    Reference,
    ReferenceRange,
    Whole,
)

# ruff: noqa: N815 -- the members bear FHIR's own names

Unread: TypeAlias = msgspec.Raw
NOT_SENT = Unread()


class DomainResource(msgspec.Struct, gc=False, omit_defaults=True):
    """What FHIR's resources begin with."""

    resourceType: str = ""
    id: str | None = None
    meta: Unread = NOT_SENT
    language: Unread = NOT_SENT
    text: Unread = NOT_SENT
    contained: list[msgspec.Raw] | None = None
    extension: Unread = NOT_SENT
    modifierExtension: list[msgspec.Raw] | None = None
    identifier: Unread = NOT_SENT


class Observation(DomainResource, gc=False, omit_defaults=True):
    """A laboratory result, a vital sign or a finding."""

    basedOn: Unread = NOT_SENT
    status: str | None = None
    category: Unread = NOT_SENT
    code: CodeableConcept | None = None
    subject: Reference | None = None
    focus: list[Reference] | None = None
    encounter: Unread = NOT_SENT
    effectiveDateTime: str | None = None
    effectivePeriod: Period | None = None
    effectiveInstant: str | None = None
    effectiveTiming: dict[str, object] | None = None
    issued: str | None = None
    performer: Unread = NOT_SENT
    valueQuantity: Quantity | None = None
    valueCodeableConcept: CodeableConcept | None = None
    valueString: str | None = None
    valueBoolean: bool | None = None
    valueInteger: Whole | None = None
    valueRange: Range | None = None
    valueRatio: dict[str, object] | None = None
    valueSampledData: dict[str, object] | None = None
    valueTime: str | None = None
    valueDateTime: str | None = None
    valuePeriod: Period | None = None
    dataAbsentReason: CodeableConcept | None = None
    interpretation: list[CodeableConcept] | None = None
    note: list[Annotation] | None = None
    method: Unread = NOT_SENT
    specimen: Reference | None = None
    device: Unread = NOT_SENT
    referenceRange: list[ReferenceRange] | None = None
    hasMember: list[Reference] | None = None
    component: list[Component] | None = None
    bad: tuple[str, ...] = field(name="vidare:bad", default=())


class DiagnosticReport(DomainResource, gc=False, omit_defaults=True):
    """A report of a laboratory, of imaging or of pathology."""

    basedOn: Unread = NOT_SENT
    status: str | None = None
    category: list[CodeableConcept] | None = None
    code: CodeableConcept | None = None
    subject: Reference | None = None
    encounter: Unread = NOT_SENT
    effectiveDateTime: str | None = None
    effectivePeriod: Period | None = None
    issued: str | None = None
    performer: Unread = NOT_SENT
    result: list[Reference] | None = None
    conclusion: str | None = None
    conclusionCode: list[CodeableConcept] | None = None
    presentedForm: list[dict[str, object]] | None = None
    bad: tuple[str, ...] = field(name="vidare:bad", default=())


class Condition(DomainResource, gc=False, omit_defaults=True):
    """A diagnosis, a symptom or a suspicion."""

    clinicalStatus: CodeableConcept | str | None = None
    verificationStatus: CodeableConcept | str | None = None
    category: Unread = NOT_SENT
    severity: CodeableConcept | None = None
    code: CodeableConcept | None = None
    bodySite: Unread = NOT_SENT
    subject: Reference | None = None
    encounter: Unread = NOT_SENT
    onsetDateTime: str | None = None
    onsetPeriod: Period | None = None
    onsetString: str | None = None
    abatementDateTime: str | None = None
    abatementPeriod: Period | None = None
    abatementString: str | None = None
    abatementAge: dict[str, object] | None = None
    abatementRange: dict[str, object] | None = None
    recordedDate: str | None = None
    assertedDate: str | None = None
    recorder: Unread = NOT_SENT
    asserter: Unread = NOT_SENT
    note: list[Annotation] | None = None
    bad: tuple[str, ...] = field(name="vidare:bad", default=())


class ServiceRequest(DomainResource, gc=False, omit_defaults=True):
    """An order or a referral."""

    status: str | None = None
    intent: str | None = None
    category: Unread = NOT_SENT
    priority: Unread = NOT_SENT
    doNotPerform: bool | None = None
    code: CodeableConcept | None = None
    orderDetail: list[CodeableConcept] | None = None
    subject: Reference | None = None
    encounter: Unread = NOT_SENT
    authoredOn: str | None = None
    requester: Unread = NOT_SENT
    performer: Unread = NOT_SENT
    reasonCode: list[CodeableConcept] | None = None
    reasonReference: list[Reference] | None = None
    supportingInfo: list[Reference] | None = None
    note: list[Annotation] | None = None
    bad: tuple[str, ...] = field(name="vidare:bad", default=())


class Patient(msgspec.Struct, gc=False, omit_defaults=True):
    """The person whose chart is open."""

    resourceType: str = ""
    id: str | None = None
    meta: Meta | None = None
    language: Unread = NOT_SENT
    text: Unread = NOT_SENT
    extension: Unread = NOT_SENT
    identifier: list[Identifier] | None = None
    active: Unread = NOT_SENT
    name: Unread = NOT_SENT
    telecom: list[ContactPoint] | None = None
    gender: str | None = None
    birthDate: str | None = None
    deceasedBoolean: bool | None = None
    deceasedDateTime: str | None = None
    address: Unread = NOT_SENT
    maritalStatus: Unread = NOT_SENT
    contact: Unread = NOT_SENT
    communication: Unread = NOT_SENT
    generalPractitioner: Unread = NOT_SENT
    managingOrganization: Unread = NOT_SENT
    link: Unread = NOT_SENT
    bad: tuple[str, ...] = field(name="vidare:bad", default=())


class Encounter(DomainResource, gc=False, omit_defaults=True):
    """A contact with health care."""

    status: str | None = None
    kind: Coding | None = field(name="class", default=None)
    type: Unread = NOT_SENT
    serviceType: CodeableConcept | None = None
    subject: Reference | None = None
    participant: Unread = NOT_SENT
    period: Period | None = None
    reasonCode: Unread = NOT_SENT
    location: Unread = NOT_SENT
    serviceProvider: Reference | None = None
    bad: tuple[str, ...] = field(name="vidare:bad", default=())


class Medication(DomainResource, gc=False, omit_defaults=True):
    """A MedicationRequest or MedicationStatement, as far as it is counted."""

    status: str | None = None
    intent: str | None = None
    doNotPerform: bool | None = None
    medicationCodeableConcept: Unread = NOT_SENT
    medicationReference: Unread = NOT_SENT
    subject: Reference | None = None
    encounter: Unread = NOT_SENT
    effectiveDateTime: str | None = None
    effectivePeriod: Period | None = None
    dateAsserted: str | None = None
    authoredOn: str | None = None
    requester: Unread = NOT_SENT
    reasonCode: Unread = NOT_SENT
    dosageInstruction: Unread = NOT_SENT
    dispenseRequest: Unread = NOT_SENT
    bad: tuple[str, ...] = field(name="vidare:bad", default=())


class Caller(msgspec.Struct, gc=False, omit_defaults=True):
    """A Practitioner, PractitionerRole or Organization: who refers, and on which phone."""

    resourceType: str = ""
    id: str | None = None
    meta: Unread = NOT_SENT
    text: Unread = NOT_SENT
    extension: Unread = NOT_SENT
    identifier: Unread = NOT_SENT
    active: Unread = NOT_SENT
    type: Unread = NOT_SENT
    name: Unread = NOT_SENT
    practitioner: Reference | None = None
    organization: Reference | None = None
    code: Unread = NOT_SENT
    specialty: Unread = NOT_SENT
    location: Unread = NOT_SENT
    telecom: list[ContactPoint] | None = None
    address: Unread = NOT_SENT
    qualification: Unread = NOT_SENT
    bad: tuple[str, ...] = field(name="vidare:bad", default=())


class Allergy(DomainResource, gc=False, omit_defaults=True):
    """An AllergyIntolerance."""

    clinicalStatus: CodeableConcept | str | None = None
    verificationStatus: CodeableConcept | str | None = None
    code: CodeableConcept | None = None
    patient: Reference | None = None
    bad: tuple[str, ...] = field(name="vidare:bad", default=())


class ImagingStudy(DomainResource, gc=False, omit_defaults=True):
    """An imaging examination."""

    status: str | None = None
    subject: Reference | None = None
    started: str | None = None
    description: str | None = None
    modality: list[Coding] | None = None
    bad: tuple[str, ...] = field(name="vidare:bad", default=())


Clinical: TypeAlias = (
    Observation
    | DiagnosticReport
    | Condition
    | ServiceRequest
    | Encounter
    | Medication
    | Allergy
    | ImagingStudy
)
Resource: TypeAlias = Clinical | Patient | Caller

RESOURCES: dict[str, type[Resource]] = {
    "Observation": Observation,
    "DiagnosticReport": DiagnosticReport,
    "Condition": Condition,
    "ServiceRequest": ServiceRequest,
    "Patient": Patient,
    "Encounter": Encounter,
    "MedicationRequest": Medication,
    "MedicationStatement": Medication,
    "Practitioner": Caller,
    "PractitionerRole": Caller,
    "Organization": Caller,
    "AllergyIntolerance": Allergy,
    "ImagingStudy": ImagingStudy,
}

READ: dict[str, tuple[str, ...]] = {
    name: tuple(f.name for f in msgspec.structs.fields(kind) if f.type is not Unread)
    for name, kind in RESOURCES.items()
}
"""The members of each type that the rules read."""

PASSED_OVER = frozenset(
    """
    Account Appointment Binary BodyStructure CarePlan CareTeam ClinicalImpression Communication
    Composition Consent Coverage Device DeviceMetric DeviceRequest DocumentReference Endpoint
    EpisodeOfCare FamilyMemberHistory Goal Group HealthcareService Immunization List Location
    Media Medication MedicationAdministration MedicationDispense MolecularSequence
    NutritionOrder OperationOutcome Procedure Provenance QuestionnaireResponse RelatedPerson
    RequestGroup RiskAssessment Specimen Substance Task VisionPrescription
    """.split()  # noqa: SIM905 -- a list of strings would take forty lines
)
"""Types that may ride along with what was asked for (references of the types above, FHIR R4) and
hold nothing that the rules read. Any other type is a resource that was meant and cannot be read."""
