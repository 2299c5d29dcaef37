"""The rule engine: at_least(k, …), all_of, any_of and the leaves; met, not met or unknown.

Two laws hold (tests/cards/test_criteria.py): knowing more never reverses a decision, and unknown
means that both answers are still possible.
"""

from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import Literal

import msgspec

from cards.limits import is_below
from cards.moment import Moment
from cards.panel import Rules, SlotStatus
from cards.record import Diagnosis, Order, PatientRecord, Presence
from cards.terminology import TERMS

HALF_YEAR = 182
"""Days of each of the two periods in which contacts and prescriptions are compared."""


class Chart(msgspec.Struct, frozen=True):
    """What a criterion looks at: the record, its panel and the orders being signed."""

    record: PatientRecord
    rules: Rules = Rules()
    slots: Mapping[str, SlotStatus] = {}
    drafts: tuple[Order, ...] = ()
    borne: Mapping[tuple[Presence, str], tuple[Diagnosis, ...]] = {}
    """The diagnoses by presence and concept, or kind ending in "."; always made from the record."""
    conditions_read: bool = False
    """Whether the conditions were read to their end; always taken from the record."""
    said: dict[str, tuple[str, ...]] = {}
    """The facts in words, by language: a card and its referral say the same (cards/evidence.py)."""

    def __post_init__(self) -> None:
        """Index the diagnoses once: some fifty criteria ask for them."""
        msgspec.structs.force_setattr(self, "borne", _borne(self.record.diagnoses))
        read = self.record.complete("conditions")
        msgspec.structs.force_setattr(self, "conditions_read", read)

    def having(self, concept: str, presence: Presence = "present") -> tuple[Diagnosis, ...]:
        """Give what `PatientRecord.having` gives, from the index."""
        return self.borne.get((presence, concept), ())


def _borne(
    diagnoses: Iterable[Diagnosis],
) -> dict[tuple[Presence, str], tuple[Diagnosis, ...]]:
    found: dict[tuple[Presence, str], list[Diagnosis]] = {}
    for diagnosis in diagnoses:
        keys = {key for concept in diagnosis.concepts for key in _with_kinds(concept)}
        for key in keys:
            found.setdefault((diagnosis.presence, key), []).append(diagnosis)
    return {key: tuple(diagnoses) for key, diagnoses in found.items()}


@lru_cache(maxsize=4096)
def _with_kinds(concept: str) -> tuple[str, ...]:
    """Give a concept and the kinds it lies under: organ.lung and organ. (with its dot)."""
    kinds = [concept[: n + 1] for n, letter in enumerate(concept) if letter == "."]
    return tuple(dict.fromkeys([concept, *kinds]))


class Finding(msgspec.Struct, frozen=True):
    """What a criterion found: `met` is True, False, or None for unknown."""

    id: str
    met: bool | None
    evidence: tuple[str, ...] = ()
    needed: int | None = None
    parts: tuple["Finding", ...] = ()

    def part(self, name: str) -> "Finding":
        """Give the finding of that id in this tree; raises KeyError when there is none."""
        for each in self.walk():
            if each.id == name:
                return each
        raise KeyError(f"no criterion {name} under {self.id}")

    def walk(self) -> list["Finding"]:
        """Give this finding and all under it, parents first."""
        found = [self]
        for part in self.parts:
            if part.parts:
                found += part.walk()
            else:
                found.append(part)
        return found


class Criterion(msgspec.Struct, frozen=True):
    """A question to a chart, the section of the guideline that asks it, and its parts."""

    id: str
    judge: Callable[[Chart], Finding]
    section: str = ""
    parts: tuple["Criterion", ...] = ()
    needed: int | None = None

    def walk(self) -> Iterable["Criterion"]:
        """Give this criterion and all under it, parents first."""
        yield self
        for part in self.parts:
            yield from part.walk()


def at_least(k: int, *criteria: Criterion, id: str, section: str) -> Criterion:  # noqa: A002
    """Give the criterion that at least `k` of the criteria are met.

    Unknown parts leave it unknown exactly where they could still decide it.
    """
    judges = [c.judge for c in criteria]

    def judge(chart: Chart) -> Finding:
        parts = tuple([each(chart) for each in judges])
        return Finding(id, count(k, [p.met for p in parts]), _evidence(parts), k, parts)

    return Criterion(id, judge, section, criteria, k)


def all_of(*criteria: Criterion, id: str, section: str) -> Criterion:  # noqa: A002
    """Give the criterion that all of the criteria are met."""
    return at_least(len(criteria), *criteria, id=id, section=section)


def any_of(*criteria: Criterion, id: str, section: str) -> Criterion:  # noqa: A002
    """Give the criterion that one of the criteria is met."""
    return at_least(1, *criteria, id=id, section=section)


def count(k: int, answers: list[bool | None]) -> bool | None:
    """Tell whether at least `k` answers are True, whatever the unknown ones turn out to be."""
    if answers.count(True) >= k:
        return True
    return False if len(answers) - answers.count(False) < k else None


def _evidence(parts: tuple[Finding, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys([e for p in parts if p.met for e in p.evidence]))


_IN_PREGNANCY = frozenset({"alp", "esr", "hb", "afp", "hcg"})
"""Slots that pregnancy itself shifts (X11): ALP, SR, AFP and HCG rise, Hb falls."""

# -- leaves ------------------------------------------------------------------------------------


def finding(concept: str, *, section: str, lasting_days: int = 0) -> Criterion:
    """Give the criterion that a symptom or finding is recorded and new-onset.

    New-onset (AOS: Symtom som ger misstanke): begun, else recorded, at most
    `Rules.symptom_max_age_days` ago; undated counts. `lasting_days`: only when it began at least
    so long ago; undated is then unknown. A severity of mild does not count.
    """
    TERMS.concept(concept)
    absent, unknown = Finding(concept, met=False), Finding(concept, met=None)

    def judge(chart: Chart) -> Finding:
        present = chart.having(concept)
        if not present:
            return absent if settled(chart, concept) else unknown
        answers = [_counts(d, chart, lasting_days) for d in present]
        met = count(1, answers)
        if met is False and not settled(chart, concept):
            met = None
        used = [d for d, answer in zip(present, answers, strict=True) if answer is not False]
        return Finding(concept, met, references_of(used))

    return Criterion(concept, judge, section)


def _counts(diagnosis: Diagnosis, chart: Chart, lasting_days: int) -> bool | None:
    if diagnosis.severity == "mild":
        return False
    if is_old(diagnosis, chart):
        return False
    if not lasting_days:
        return True
    if diagnosis.onset is None:
        return None
    fewest, most = diagnosis.onset.age_in_days(chart.record.today)
    return True if fewest >= lasting_days else False if most < lasting_days else None


def settled(chart: Chart, concept: str) -> bool:
    """Tell whether an absent concept is known to be absent: all read, and nothing uncertain."""
    return chart.conditions_read and ("uncertain", concept) not in chart.borne


def references_of(diagnoses: Iterable[Diagnosis]) -> tuple[str, ...]:
    """Give the references of diagnoses (the text of one that has none), each once."""
    return tuple(dict.fromkeys([d.reference or d.text for d in diagnoses]))


def recorded(
    name: str,
    *concepts: str,
    section: str,
    presence: Presence = "present",
    age: Literal["any", "new", "old"] = "any",
) -> Criterion:
    """Give the criterion `name`: one of the concepts (or kinds, ending in ".") is recorded.

    `age`: only what began, else was recorded, inside `Rules.symptom_max_age_days` (new; undated
    counts), or only what is older (old).
    """
    absent, unknown = Finding(name, met=False), Finding(name, met=None)

    def judge(chart: Chart) -> Finding:
        everything = [d for c in concepts for d in chart.having(c, presence)]
        found = [d for d in everything if age == "any" or (age == "old") == is_old(d, chart)]
        if found:
            return Finding(name, True, references_of(found))
        unsettled = [c for c in concepts if not settled(chart, c)]
        return unknown if unsettled else absent

    return Criterion(name, judge, section)


def is_old(diagnosis: Diagnosis, chart: Chart) -> bool:
    """Tell whether a diagnosis began, else was recorded, before the window; undated is not old."""
    since = diagnosis.since
    days = chart.rules.symptom_max_age_days
    return since is not None and since.within(days, chart.record.today) is False


def without(name: str, *concepts: str, section: str) -> Criterion:
    """Give the criterion `name`: none of the concepts (or kinds) is recorded as present."""
    positive = recorded(name, *concepts, section=section)

    def judge(chart: Chart) -> Finding:
        found = positive.judge(chart)
        return Finding(name, None if found.met is None else not found.met, found.evidence)

    return Criterion(name, judge, section)


def adult(*, section: str) -> Criterion:
    """Give the criterion that the patient is 18 or older; unknown without a birth date."""
    return Criterion("adult", lambda chart: Finding("adult", chart.record.adult()), section)


def abnormal(slot: str, direction: Literal["high", "low"], *, section: str) -> Criterion:
    """Give the criterion that a slot of the panel is answered and high, or low.

    A conflict between flag and range counts as abnormal. No answer, or one that cannot be judged,
    is unknown; so is a raised ALP in a recorded pregnancy (X11).
    """
    name = f"{slot}_{direction}"

    def judge(chart: Chart) -> Finding:
        status = chart.slots.get(slot)
        if status is None or status.abnormal is None:
            return Finding(name, None)
        met: bool | None = status.abnormal in {direction, "conflict"}
        if met and slot in _IN_PREGNANCY and chart.record.pregnant():
            met = None
        evidence = tuple([r.reference for r in status.results if r.reference])
        return Finding(name, met, evidence)

    return Criterion(name, judge, section)


def below(slot: str, limit: float, *, section: str) -> Criterion:
    """Give the criterion that a slot's answer lies under `limit`, in its canonical unit."""
    name = f"{slot}_below_{limit:g}"

    def judge(chart: Chart) -> Finding:
        number, sign = measured(chart, slot)
        met = None if number is None else is_below(number, sign, limit)
        status = chart.slots.get(slot)
        evidence = tuple([r.reference for r in status.results if r.reference]) if status else ()
        return Finding(name, met, evidence)

    return Criterion(name, judge, section)


def canonical(chart: Chart, slot: str) -> float | None:
    """Give the exact number that answers a slot in the analyte's canonical unit; None for none."""
    number, sign = measured(chart, slot)
    return None if sign else number


def measured(chart: Chart, slot: str) -> tuple[float | None, str | None]:
    """Give the number that answers a slot in its canonical unit, and its comparator.

    A ferritin of "<5" is no exact number, and yet it lies under 15.
    """
    status = chart.slots.get(slot)
    if status is None or status.status != "answered" or not status.results:
        return None, None
    value, result = status.value, status.results[0]
    if value is None or value.number is None or not result.judged:
        return None, None
    analyte = TERMS.analyte("ca_corrected" if status.computed else result.analyte)
    unit = analyte.unit_of(value.unit)
    if unit is None or unit.factor is None:
        return None, None
    return value.number * unit.factor, value.comparator


def increased(what: Literal["contacts", "medications"], *, section: str) -> Criterion:
    """Give the criterion that contacts or prescriptions have risen by the client's factor.

    The guideline gives no number (Q10): without the client's threshold it is never judged.
    """
    name = f"{what}_increase"

    def judge(chart: Chart) -> Finding:
        factor = getattr(chart.rules, f"{what}_increase_factor")
        source = "encounters" if what == "contacts" else "medications"
        if factor is None or not chart.record.complete(source):
            return Finding(name, None)
        recent, before = halves(getattr(chart.record, what), chart)
        return Finding(name, recent > before and recent >= factor * max(before, 1))

    return Criterion(name, judge, section)


def halves(moments: Iterable[Moment], chart: Chart) -> tuple[int, int]:
    """Count what lies in the last half-year, and in the half-year before."""
    today = chart.record.today
    ages = [(today - m.last).days for m in moments]
    recent = len([age for age in ages if 0 <= age < HALF_YEAR])
    return recent, len([age for age in ages if HALF_YEAR <= age < 2 * HALF_YEAR])


def drafted(pathway: str, *, section: str) -> Criterion:
    """Give the criterion that a referral to `pathway` is among the orders being signed."""
    name = f"drafted_{pathway}"

    def judge(chart: Chart) -> Finding:
        drafts = [d for d in chart.drafts if d.pathway == pathway]
        return Finding(name, bool(drafts), tuple(d.reference for d in drafts if d.reference))

    return Criterion(name, judge, section)
