"""Results, records and charts as the rules see them, without FHIR."""

from collections.abc import Mapping
from datetime import date, timedelta

import msgspec

from cards.criteria import Chart
from cards.joining import by_analyte
from cards.moment import Moment
from cards.panel import Panel, Rules, SlotStatus
from cards.record import Diagnosis, Order, PatientRecord, Person, Result, SourceState, Value
from cards.slots import panel_of
from cards.terminology import TERMS

TODAY = date(2026, 3, 2)
ALL_READ = {
    key: SourceState("complete")
    for key in (
        "patient",
        "observations",
        "conditions",
        "serviceRequests",
        "diagnosticReports",
        "vitals",
        "encounters",
        "medications",
        "user",
    )
}


def ago(days: int) -> Moment:
    """Give the day so many days before the day of the call."""
    day = TODAY - timedelta(days=days)
    return Moment(day, day)


BORN = ago(66 * 366)


def month(year: int, number: int) -> Moment:
    """Give a month whose day is not known."""
    last = (date(year + number // 12, number % 12 + 1, 1)) - timedelta(days=1)
    return Moment(last, date(year, number, 1))


def number(value: float, unit: str, comparator: str | None = None) -> Value:
    return Value(value, comparator, unit, f"{comparator or ''}{value}")


def result(
    analyte: str, value: object = None, unit: str | None = None, **changes: object
) -> Result:
    """Give a final result of two days ago: a number in the analyte's own unit, or words."""
    entry = TERMS.analyte(analyte)
    if isinstance(value, Value):
        answer = value
    elif isinstance(value, str) or entry.kind == "text":
        answer = Value(shown=str(value or "normal"))
    else:
        answer = number(100.0 if value is None else value, unit or entry.unit)
    taken = changes.pop("taken", 2)
    when = ago(taken) if isinstance(taken, int) else taken
    made = Result(analyte, "final", value=answer, taken=when, reference=f"Observation/{analyte}")
    if changes.get("state") in {"unreadable", "void"}:
        made = msgspec.structs.replace(made, value=None)
    return msgspec.structs.replace(made, **changes)


def record(
    *facts: Result | Diagnosis | Order,
    sex: str | None = "female",
    birth: Moment | None = BORN,
    sources: Mapping[str, SourceState] = ALL_READ,
    **members: object,
) -> PatientRecord:
    """Give the record of a woman of 65 that holds the facts, everything read to the end."""
    return PatientRecord(
        Person("p1", birth, sex),
        TODAY,
        sources,
        by_analyte([f for f in facts if isinstance(f, Result)], {}, frozenset()),
        tuple(f for f in facts if isinstance(f, Diagnosis)),
        tuple(f for f in facts if isinstance(f, Order)),
        **members,
    )


def cut(*keys: str, outcome: str = "partial") -> dict[str, SourceState]:
    """Give the sources with some of them not read to their end."""
    return ALL_READ | {key: SourceState(outcome, "morePages") for key in keys}


def slot_of(name: str, *facts: Result | Diagnosis | Order, **about: object) -> SlotStatus:
    """Give the status of one slot of the record of the facts."""
    rules, drafts = about.pop("rules", Rules()), about.pop("drafts", ())
    return {s.slot: s for s in panel_of(record(*facts, **about), rules, drafts)}[name]


def panel(*facts: Result | Diagnosis | Order, **about: object) -> Panel:
    return Panel(record(*facts, **about), Rules())


def chart(*facts: Result | Diagnosis | Order, **about: object) -> Chart:
    """Give the chart of a record, its panel judged."""
    rules, drafts = about.pop("rules", Rules()), about.pop("drafts", ())
    of = record(*facts, **about)
    slots = {s.slot: s for s in panel_of(of, rules, [d for d in drafts if not d.pathway])}
    return Chart(of, rules, slots, drafts)


def diagnosis(*concepts: str, **changes: object) -> Diagnosis:
    """Give a present diagnosis that began 30 days ago."""
    onset = changes.pop("onset", 30)
    began = ago(onset) if isinstance(onset, int) else onset
    name = f"Condition/{'-'.join(concepts)}"
    made = Diagnosis(frozenset(concepts), "present", concepts[0], name, onset=began)
    return msgspec.structs.replace(made, **changes)


def order(*analytes: str, **changes: object) -> Order:
    """Give an active order of yesterday."""
    made = Order(
        "active", "order", frozenset(analytes), reference="ServiceRequest/1", authored=ago(1)
    )
    return msgspec.structs.replace(made, **changes)


def notes(slot: SlotStatus) -> list[str]:
    return [n.id for n in slot.notes]
