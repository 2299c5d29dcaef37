"""The laboratory panel of the AOS pathway: one status per slot (AOS: Provtagningar).

`missing` and `stale` are said only when every source that could hold the answer was read to its
end; otherwise the slot is `not-checked`.
"""

from collections.abc import Callable, Iterable
from typing import Literal

import msgspec

from cards.limits import Verdict, verdict
from cards.record import Order, PatientRecord, Reason, Result, Value

Status = Literal[
    "answered",
    "stale",
    "pending",
    "missing",
    "unreadable",
    "not-checked",
    "not-applicable",
    "ask",
]

LACKING: frozenset[Status] = frozenset({"stale", "pending", "missing", "unreadable", "ask"})
"""Statuses of a slot that lacks an answer."""
OPEN: frozenset[Status] = LACKING - {"ask"}
"""Statuses of a slot that lacks an answer and is known to apply."""
UNSEEN: frozenset[Status] = frozenset({"unreadable", "not-checked"})
"""Statuses of a slot for which a person finds what we could not read."""
ORDERABLE: frozenset[Status] = frozenset({"stale", "missing"})
"""Statuses of a slot whose test is proposed as an order; never one that is pending, and not one
whose result has come but cannot be read by us: a person may."""


class Rules(msgspec.Struct, frozen=True):
    """What an installation may set; the defaults are those of ARCHITECTURE.md."""

    result_max_age_days: int = 30
    symptom_max_age_days: int = 180
    psa_required_for: Literal["male", "all"] = "male"
    contacts_increase_factor: float | None = None
    medications_increase_factor: float | None = None
    bone_agreement: str | None = None
    """The department that takes metastases in bone by local agreement (Denmark, 2.2.4)."""


class SlotStatus(msgspec.Struct, frozen=True):
    """One slot of the panel: its status, the answer, and what would have to be ordered."""

    slot: str
    status: Status
    results: tuple[Result, ...] = ()
    abnormal: Verdict | None = None
    computed: Value | None = None
    notes: tuple[Reason, ...] = ()
    order: tuple[str, ...] = ()
    """The analytes to order where the slot lacks an answer that nobody is waiting for."""
    measure: tuple[str, ...] = ()
    """The analytes to order where a computed answer will not do, and nobody waits for them."""

    @property
    def value(self) -> Value | None:
        """The value that answers, or did until it grew too old; of two results both."""
        if self.status not in {"answered", "stale"}:
            return None
        if self.computed is not None:
            return self.computed
        if len(self.results) == 1:
            return self.results[0].value
        values = [r.value for r in self.results if r.value is not None]
        if len(values) < 2:  # noqa: PLR2004 -- one value or none
            return values[0] if values else None
        units = {v.unit for v in values}
        shown = " / ".join(v.shown for v in values)
        return Value(unit=units.pop() if len(units) == 1 else None, shown=shown)


class Answer(msgspec.Struct, frozen=True):
    """What the record says of one analyte (or of several that answer alike)."""

    status: Status
    results: tuple[Result, ...] = ()
    notes: tuple[Reason, ...] = ()


REPORTED = frozenset({"s_protein_profile", "light_chains", "u_dipstick"})
"""Slots whose answer may stand in a DiagnosticReport alone."""

RANK: dict[Status, int] = {
    "answered": 0,
    "pending": 1,
    "unreadable": 2,
    "stale": 3,
    "not-checked": 4,
    "missing": 5,
}
"""Which of several ways to answer a slot is told: the one that is furthest on its way."""


class Panel:
    """Judges the slots for one patient on one day."""

    def __init__(self, record: PatientRecord, rules: Rules, drafts: Iterable[Order] = ()) -> None:
        """Judge `record`; `drafts` are the orders being signed now, which count as pending."""
        self.record = record
        self.rules = rules
        self.sex, self.age = record.person.sex, record.age()
        self.ordered = {a for d in drafts for a in d.analytes}
        self.waiting = _waiting(record, rules)

    # -- one analyte ---------------------------------------------------------------------------

    def answer(self, analyte: str, keep: Callable[[Result], bool] | None = None) -> Answer:
        """Give the answer that the results of an analyte hold: the newest that serves.

        `keep` leaves out results that are no answer by themselves (parts of a panel).
        """
        results = self.record.results.get(analyte, ())
        if keep is not None:
            results = tuple([r for r in results if keep(r)])
        for result in results:
            if result.state == "final" and self.fresh(result) is True:
                return Answer("answered", (result,), result.notes)
        return self._unanswered(results, analyte)

    def _unanswered(self, results: tuple[Result, ...], analyte: str) -> Answer:
        if not (results or self.ordered or self.waiting):
            return _MISSING
        pending = [r for r in results if r.state == "pending" and self.fresh(r) is not False]
        if pending:
            return Answer("pending", tuple(pending[:1]), (Reason("preliminary"),))
        if analyte in self.ordered:
            return Answer("pending", notes=(Reason("beingSigned"),))
        waiting = [o for o in self.waiting.get(analyte, ()) if not _closed(o, results)]
        if waiting:
            return Answer("pending", notes=(Reason("ordered", str(waiting[0].authored or "")),))
        return self._unusable(results)

    def _unusable(self, results: tuple[Result, ...]) -> Answer:
        unclear = [r for r in results if self._unclear(r)]
        if unclear:
            reason = unclear[0].reason or Reason("impreciseTime", str(unclear[0].taken))
            return Answer("unreadable", tuple(unclear[:1]), (reason,))
        old = [r for r in results if r.state in {"final", "unreadable"}]
        if old:
            return Answer("stale", tuple(old[:1]), (Reason("old", str(old[0].taken)),))
        void = [r.reason for r in results if r.state == "void" and r.reason is not None]
        begun = [Reason("preliminary", str(r.taken)) for r in results if r.state == "pending"]
        return Answer("missing", notes=tuple((void or begun)[:1]))

    def _unclear(self, result: Result) -> bool:
        if result.state == "unreadable":
            return result.taken is None or self.fresh(result) is not False
        return result.state == "final" and self.fresh(result) is None

    def fresh(self, result: Result) -> bool | None:
        """Tell whether the sampling time lies in the window; None where it cannot be told.

        A sample from the future (beyond one day of clock skew) is a data error: not told.
        """
        taken = result.taken
        if taken is None:
            return None
        most = (self.record.today - taken.first).days
        if most < -1:
            return None
        if most <= self.rules.result_max_age_days:
            return True
        return taken.within(self.rules.result_max_age_days, self.record.today)

    # -- one slot --------------------------------------------------------------------------------

    def checked(self, slot: SlotStatus) -> SlotStatus:
        """Turn what is absent into `not-checked` where a source was not read to its end.

        What is unreadable stays so, with a note: the part not read may hold a readable answer.
        """
        if slot.status not in {"missing", "stale", "unreadable"}:
            return slot
        keys = ["observations", *(["diagnosticReports"] if slot.slot in REPORTED else [])]
        if self.record.complete(*keys):
            return slot
        lacking = [k for k in keys if not self.record.complete(k)]
        notes = (*slot.notes, Reason("sourceIncomplete", ", ".join(lacking)))
        status: Status = slot.status if slot.status == "unreadable" else "not-checked"
        return msgspec.structs.replace(slot, status=status, notes=notes, order=())

    def told(self, slot: str, answer: Answer, *order: str) -> SlotStatus:
        """Give the status of a slot from its answer; `order` is what to order if it lacks one."""
        status, results = answer.status, answer.results
        abnormal = None
        if status == "answered" and results:
            abnormal = verdict(results[0], self.sex, self.age)
        ordered = order if status in ORDERABLE else ()
        return SlotStatus(slot, status, results, abnormal, None, answer.notes, ordered)


_MISSING = Answer("missing")


def _waiting(record: PatientRecord, rules: Rules) -> dict[str, list[Order]]:
    """Give the active orders of each analyte, the newest first.

    An order without a date counts; one older than the window has been forgotten, and does not.
    """
    found: dict[str, list[Order]] = {}
    for order in record.orders:
        if order.status not in {"active", "on-hold"}:
            continue
        if (
            order.authored
            and order.authored.within(rules.result_max_age_days, record.today) is False
        ):
            continue
        for analyte in order.analytes:
            found.setdefault(analyte, []).append(order)
    for orders in found.values():
        orders.sort(key=_newest_order, reverse=True)
    return found


def _newest_order(order: Order) -> tuple[str, str]:
    return order.authored.last.isoformat() if order.authored else "", order.reference or ""


def _closed(order: Order, results: Iterable[Result]) -> bool:
    """Tell whether a cancelled or unreadable result has come since an order.

    Many systems leave an order active when its result has come: nobody waits for it any longer.
    """
    return order.authored is not None and any(
        r.state in {"void", "unreadable"} and r.taken and r.taken.first >= order.authored.last
        for r in results
    )


def best_of(*answers: Answer) -> Answer:
    """Give the answer that is furthest on its way, the first of equals."""
    return min(answers, key=lambda a: RANK[a.status])
