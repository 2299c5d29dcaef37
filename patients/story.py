"""What case.toml tells of a patient: who it is, how the years went, what is known today."""

import tomllib
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Literal

import msgspec

Json = dict[str, object]


class Telling(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A part of a story; a member that is not known is an error."""


class Patient(Telling, frozen=True):
    """Whom the story is about."""

    name: str
    born: str
    identifier: str
    """A published test number of the country, or a made-up one with a letter in it."""
    sex: Literal["female", "male", "other", "unknown"] | None = None
    phone: str | None = None
    protected: bool = False
    died: str | None = None


class Contact(Telling, frozen=True):
    """A visit, a call, or one that did not take place."""

    on: str
    why: str
    kind: Literal["visit", "call", "cancelled", "ward", "now"] = "visit"
    id: str | None = None
    department: str | None = None
    """A department other than the practice, in the words of the country."""


class Problem(Telling, frozen=True):
    """A diagnosis or finding: a word of catalogue.toml, or a text with codes of its own."""

    what: str | None = None
    text: str | None = None
    codes: tuple[str, ...] = ()
    """`system|code|display`, the system as in the terminology."""
    id: str | None = None
    since: str | None = None
    recorded: str | None = None
    ended: str | None = None
    status: str | None = None
    verification: str | None = None
    severity: str | None = None
    listed: bool = False
    """Whether it stands on the problem list; otherwise it is the diagnosis of a visit."""
    at: str | None = None
    """The id of the contact."""
    raw: Json = {}


class Medicine(Telling, frozen=True):
    """A medicine of catalogue.toml, prescribed on each of the days; the last one holds."""

    what: str
    on: tuple[str, ...]
    dose: str | None = None
    status: str = "active"
    at: str | None = None


class Sampling(Telling, frozen=True):
    """Blood tests of the years before, at intervals with some disorder."""

    tests: tuple[str, ...]
    """Tests or sets of tests of laboratory.toml."""
    since: str | None = None
    until: str | None = None
    every: int | None = None
    """Days."""
    on: tuple[str, ...] = ()
    why: str | None = None
    """Gives a contact on each of the days."""
    levels: Mapping[str, int | float | str] = {}
    """Levels of these days alone, as in an infection; words for a test answered in words."""


class Panel(Telling, frozen=True):
    """The tests of today's question, by default the whole panel of the guideline."""

    on: str
    tests: tuple[str, ...] = ("panel",)
    without: tuple[str, ...] = ()
    pending: tuple[str, ...] = ()
    values: Mapping[str, int | float | str] = {}
    """Values of the story; the others follow the course of the patient."""


class Odd(Telling, frozen=True):
    """One result as it must be, members of the Observation laid over it; null removes one."""

    test: str
    on: str
    value: int | float | str | None = None
    unit: str | None = None
    status: str = "final"
    id: str | None = None
    raw: Json = {}
    less: tuple[str, ...] = ()
    """Members left out."""


class Report(Telling, frozen=True):
    """An examination of catalogue.toml, or laboratory answers in words, with its conclusion."""

    what: str
    on: str
    says: str
    ordered: str | None = None
    """The day of the order; none is shown without."""
    why: str | None = None
    id: str | None = None
    raw: Json = {}


class Order(Telling, frozen=True):
    """An order or a referral, in the record or about to be signed."""

    id: str
    on: str
    text: str = ""
    status: str = "active"
    code: str | None = None
    """`system|code|display`; a test of laboratory.toml is named by `test`."""
    test: str | None = None
    medicine: str | None = None
    """A medicine of catalogue.toml, in the place of code and test."""
    why: str | None = None
    raw: Json = {}


class Sending(Telling, frozen=True):
    """How the EHR sends less, or more disorderly, than it holds."""

    first: Mapping[str, int] = {}
    """Key -> how many entries the first page holds; a link names the next page."""
    withheld: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()
    """Keys in whose place the EHR sends an OperationOutcome."""


class Chart(Telling, frozen=True):
    """All that record.json and the calls are made of."""

    seed: int
    patient: Patient
    reason: str
    """Why the patient is here today."""
    now: str = "2026-03-02T08:40"
    country: Literal["SE", "DK"] = "SE"
    course: Mapping[str, Mapping[str, float]] = {}
    """Test -> {day: level}: between the days on a line, before and after as the nearest."""
    samplings: tuple[Sampling, ...] = ()
    panel: Panel | None = None
    results: tuple[Odd, ...] = ()
    measures: Mapping[str, Mapping[str, int | float | str]] = {}
    """Vital sign -> {day: value}."""
    contacts: tuple[Contact, ...] = ()
    problems: tuple[Problem, ...] = ()
    medicines: tuple[Medicine, ...] = ()
    reports: tuple[Report, ...] = ()
    orders: tuple[Order, ...] = ()
    drafts: tuple[Order, ...] = ()
    sending: Sending = Sending()
    raw: tuple[Json, ...] = ()
    """Resources as they are."""


class Story(msgspec.Struct, frozen=True):
    """A case.toml; without a chart its files are kept by hand."""

    anchor: date
    services: tuple[str, ...]
    chart: Chart | None = None


def read_story(path: Path) -> Story:
    """Give the story of a case.toml; raises `msgspec.ValidationError` naming what is not known."""
    return msgspec.convert(tomllib.loads(path.read_text("utf-8")), Story)
