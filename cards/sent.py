"""Resources as servers send them: what the rules read, and the usual members that no rule reads.

The latter stay raw. With them a resource that was decoded encodes whole again, which is how a
name that stands twice is looked for cheaply (cards/searchset.py); a member that is missing here
costs time and nothing else.
"""

from typing import TypeAlias

import msgspec

from cards.fhir import Condition, DiagnosticReport, Encounter, Medication, Observation

# ruff: noqa: N815 -- the members bear FHIR's own names

NOT_SENT = msgspec.Raw()
Unread: TypeAlias = msgspec.Raw


class SentObservation(Observation, gc=False, omit_defaults=True):
    """An Observation as sent."""

    meta: Unread = NOT_SENT
    language: Unread = NOT_SENT
    text: Unread = NOT_SENT
    extension: Unread = NOT_SENT
    identifier: Unread = NOT_SENT
    basedOn: Unread = NOT_SENT
    category: Unread = NOT_SENT
    encounter: Unread = NOT_SENT
    performer: Unread = NOT_SENT
    method: Unread = NOT_SENT
    device: Unread = NOT_SENT


class SentCondition(Condition, gc=False, omit_defaults=True):
    """A Condition as sent."""

    meta: Unread = NOT_SENT
    text: Unread = NOT_SENT
    extension: Unread = NOT_SENT
    identifier: Unread = NOT_SENT
    category: Unread = NOT_SENT
    bodySite: Unread = NOT_SENT
    encounter: Unread = NOT_SENT
    recorder: Unread = NOT_SENT
    asserter: Unread = NOT_SENT


class SentReport(DiagnosticReport, gc=False, omit_defaults=True):
    """A DiagnosticReport as sent."""

    meta: Unread = NOT_SENT
    text: Unread = NOT_SENT
    extension: Unread = NOT_SENT
    identifier: Unread = NOT_SENT
    basedOn: Unread = NOT_SENT
    encounter: Unread = NOT_SENT
    performer: Unread = NOT_SENT


class SentEncounter(Encounter, gc=False, omit_defaults=True):
    """An Encounter as sent."""

    meta: Unread = NOT_SENT
    text: Unread = NOT_SENT
    extension: Unread = NOT_SENT
    identifier: Unread = NOT_SENT
    type: Unread = NOT_SENT
    participant: Unread = NOT_SENT
    reasonCode: Unread = NOT_SENT
    location: Unread = NOT_SENT


class SentMedication(Medication, gc=False, omit_defaults=True):
    """A MedicationRequest or MedicationStatement as sent."""

    meta: Unread = NOT_SENT
    text: Unread = NOT_SENT
    extension: Unread = NOT_SENT
    identifier: Unread = NOT_SENT
    medicationCodeableConcept: Unread = NOT_SENT
    medicationReference: Unread = NOT_SENT
    encounter: Unread = NOT_SENT
    requester: Unread = NOT_SENT
    reasonCode: Unread = NOT_SENT
    dosageInstruction: Unread = NOT_SENT
    dispenseRequest: Unread = NOT_SENT
