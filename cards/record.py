"""PatientRecord: the facts of one patient with their provenance.

What is not known is None, never a default. Every fact names the resource it was read from
(`reference`, "Type/id"), and every resource that was not used is listed with its reason.
"""

from collections.abc import Mapping
from datetime import date
from typing import Literal

import msgspec

from cards.moment import Moment, years_between
from cards.source import Outcome

Sex = Literal["male", "female", "other"]
State = Literal["final", "pending", "void", "unreadable"]
Presence = Literal["present", "past", "absent", "uncertain"]


class Reason(msgspec.Struct, frozen=True, gc=False):
    """Why something was not used or is marked: the id of a text (`reason.<id>`) and its detail."""

    id: str
    detail: str = ""


class Unread(msgspec.Struct, frozen=True, gc=False):
    """A resource, or a part of one, that was not used."""

    reference: str
    reason: Reason


class Value(msgspec.Struct, frozen=True, gc=False):
    """An answer: a number in the unit that was reported, or a text."""

    number: float | None = None
    comparator: str | None = None
    unit: str | None = None
    shown: str = ""
    """The value as it was written, without its unit."""


class Normal(msgspec.Struct, frozen=True, gc=False):
    """The result's own reference range, in the unit of the value."""

    low: float | None = None
    high: float | None = None


class Result(msgspec.Struct, frozen=True, gc=False):
    """One laboratory answer, or the reason why there is none in it."""

    analyte: str
    state: State
    part: str | None = None
    reference: str | None = None
    value: Value | None = None
    taken: Moment | None = None
    flags: tuple[str, ...] = ()
    normal: Normal | None = None
    specimen: str | None = None
    reason: Reason | None = None
    """Why the state is `void` or `unreadable`."""
    notes: tuple[Reason, ...] = ()
    """What a reader should know of an answer that counts."""
    members: tuple[str, ...] = ()
    """The results that a panel points at instead of holding a value of its own."""
    judged: bool = True
    """False when the value must not be compared with a limit."""


class Coded(msgspec.Struct, frozen=True, gc=False):
    """A code as it stood in the record."""

    system: str
    code: str
    display: str | None = None


class Diagnosis(msgspec.Struct, frozen=True, gc=False):
    """A condition or a coded finding."""

    concepts: frozenset[str]
    presence: Presence
    text: str
    reference: str | None = None
    onset: Moment | None = None
    recorded: Moment | None = None
    severity: str | None = None
    reason: Reason | None = None
    codings: tuple[Coded, ...] = ()
    stated: bool = True
    """Whether it is said that it is active or over; without a word it counts as active."""
    suspected: bool = False
    """Whether it is recorded as a suspicion: unconfirmed, provisional or differential."""
    remark: str = ""
    """What its notes say."""

    @property
    def guessed(self) -> bool:
        """Whether it is a histology that is held possible and no more."""
        return self.suspected and any(c.startswith("morphology.") for c in self.concepts)

    @property
    def since(self) -> Moment | None:
        """When it began, else when it was recorded."""
        return self.onset or self.recorded


class Order(msgspec.Struct, frozen=True, gc=False):
    """A ServiceRequest: what was ordered, and which referral it is, if it is one of ours."""

    status: str | None
    text: str
    analytes: frozenset[str] = frozenset()
    pathway: str | None = None
    reference: str | None = None
    authored: Moment | None = None


class Report(msgspec.Struct, frozen=True, gc=False):
    """A DiagnosticReport or ImagingStudy that is final: what was examined, and when."""

    text: str
    reference: str | None = None
    taken: Moment | None = None
    conclusion: str | None = None
    codes: frozenset[str] = frozenset()
    """The SNOMED CT codes of what was examined."""
    study: bool = False
    """Whether it is an examination (imaging, pathology, endoscopy …), not laboratory values."""


class Stay(msgspec.Struct, frozen=True, gc=False):
    """A contact with a department that the rules ask for; `began` and `ended` where they are told.

    `sure` is False where it is planned, of an emergency room, or of a status that says too little.
    """

    department: str
    name: str
    sure: bool
    began: Moment | None = None
    ended: Moment | None = None
    reference: str | None = None


class Measure(msgspec.Struct, frozen=True, gc=False):
    """A vital sign: weight in kg, height in cm, temperature in °C."""

    kind: str
    value: float
    taken: Moment
    reference: str | None = None


class Person(msgspec.Struct, frozen=True, gc=False):
    """The patient."""

    id: str
    birth: Moment | None = None
    sex: Sex | None = None
    deceased: bool | None = None
    protected: bool = False
    phones: tuple[str, ...] = ()
    identifiers: frozenset[tuple[str, str]] = frozenset()
    """The patient's own (system, value), to tell whose an order is; never shown."""


class Referrer(msgspec.Struct, frozen=True, gc=False):
    """Who has the chart open, and the phone to reach them on."""

    reference: str | None = None
    phones: tuple[str, ...] = ()


class SourceState(msgspec.Struct, frozen=True, gc=False):
    """Whether a source was read to its end; `reason` is the id of a text (`source.<id>`)."""

    outcome: Outcome
    reason: str | None = None


_PREGNANCY = 300
"""Days from its first record after which a pregnancy is over."""
_STUDIES = 365
"""Days of which the examinations stand in a referral (A20)."""


class PatientRecord(msgspec.Struct, frozen=True):
    """Everything that was read of one patient, on one day."""

    person: Person
    today: date
    sources: Mapping[str, SourceState]
    results: Mapping[str, tuple[Result, ...]] = {}
    """By analyte, the newest first."""
    diagnoses: tuple[Diagnosis, ...] = ()
    orders: tuple[Order, ...] = ()
    reports: tuple[Report, ...] = ()
    measures: tuple[Measure, ...] = ()
    contacts: tuple[Moment, ...] = ()
    medications: tuple[Moment, ...] = ()
    stays: tuple[Stay, ...] = ()
    contrast_risks: tuple[Diagnosis, ...] = ()
    referrer: Referrer = Referrer()
    encounter: str | None = None
    unread: tuple[Unread, ...] = ()
    foreign: int = 0
    """How many resources of another patient were left out."""

    def complete(self, *keys: str) -> bool:
        """Tell whether every source named was read to its end."""
        for key in keys:
            state = self.sources.get(key)
            if state is None or state.outcome != "complete":
                return False
        return True

    def ages(self) -> tuple[int, int] | None:
        """Give the fewest and the most completed years; None without a birth date."""
        birth = self.person.birth
        return years_between(birth, self.today) if birth else None

    def age(self) -> int | None:
        """Give the completed years where the birth date decides them."""
        ages = self.ages()
        return ages[0] if ages and ages[0] == ages[1] else None

    def adult(self) -> bool | None:
        """Tell whether the patient is 18 or older (AOS: Omfattning); None when not decided."""
        ages = self.ages()
        if ages is None:
            return None
        adulthood = 18
        return True if ages[0] >= adulthood else False if ages[1] < adulthood else None

    def pregnant(self) -> bool:
        """Tell whether a pregnancy is recorded that can still be going on."""
        return any(
            d.since is None or d.since.within(_PREGNANCY, self.today) is not False
            for d in self.having("pregnancy")
        )

    def studies(self) -> tuple[Report, ...]:
        """Give the examinations of the last year (undated ones too), the newest first."""
        found = [
            r
            for r in self.reports
            if r.study and (r.taken is None or r.taken.within(_STUDIES, self.today) is not False)
        ]
        return tuple(sorted(found, key=lambda r: str(r.taken or ""), reverse=True))

    def having(self, concept: str, presence: Presence = "present") -> tuple[Diagnosis, ...]:
        """Give the diagnoses that bear a concept (a prefix ending in "." bears the whole kind)."""
        if not self.diagnoses:
            return ()
        return tuple(
            [d for d in self.diagnoses if d.presence == presence and bears(d.concepts, concept)]
        )


def bears(concepts: frozenset[str], concept: str) -> bool:
    """Tell whether one of the concepts is `concept`, or lies under it when it ends in "."."""
    if concept[-1] != ".":
        return concept in concepts
    return any(c.startswith(concept) for c in concepts)
