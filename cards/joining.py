"""What one resource alone cannot decide: two versions of the same, and panels of members."""

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from datetime import date

import msgspec

from cards.fhir import Observation
from cards.moment import Moment
from cards.record import Diagnosis, Order, Reason, Result, bears
from cards.reporting import ATTACHED
from cards.results import STATES
from cards.terminology import TERMS
from cards.values import holds_answer

_TWICE = Reason("twice")
_NOT_STATED = Reason("unknownStatus")


def local_name(reference: str) -> str:
    """Give Type/id of a reference in any form; a urn or a contained reference stays as it is."""
    if reference.startswith(("#", "urn:")):
        return reference
    return "/".join(reference.partition("/_history/")[0].rsplit("/", 2)[-2:])


def by_analyte(
    results: Iterable[Result], owned: Mapping[str, Observation], twice: AbstractSet[str]
) -> Mapping[str, tuple[Result, ...]]:
    """Give the results of each analyte, newest first.

    `owned` are the patient's Observations by name, `twice` the names of those that were sent in
    two versions.
    """
    found: dict[str, list[Result]] = {}
    for result in results:
        resolved: Result | None = result
        if result.reason is not None or result.reference in twice:
            resolved = _resolved(result, owned, twice)
        if resolved is not None:
            found.setdefault(result.analyte, []).append(resolved)
    for alike in found.values():
        if len(alike) > 1:
            alike.sort(key=_order, reverse=True)
    return {analyte: tuple(alike) for analyte, alike in found.items()}


def _resolved(
    result: Result, owned: Mapping[str, Observation], twice: AbstractSet[str]
) -> Result | None:
    """Decide a panel by its members: one that was sent and holds an answer is the panel's.

    A report of a single number whose Observation was sent has nothing to add to it.
    """
    if result.reference in twice:
        return msgspec.structs.replace(result, state="unreadable", reason=_TWICE, value=None)
    if result.reason is None or result.reason.id != "membersNotSent":
        return result
    names = {f"{result.reference}{m}" if m[:1] == "#" else local_name(m) for m in result.members}
    if not any(_is_answer(owned[name]) for name in names - twice if name in owned):
        return result
    if TERMS.analyte(result.analyte).kind == "quantity":
        return None
    return msgspec.structs.replace(result, state="final", reason=None, value=ATTACHED)


def _is_answer(member: Observation) -> bool:
    return STATES.get(member.status or "") == "final" and holds_answer(member)


def _order(result: Result) -> tuple[bool, Moment | None, str]:
    """Newest first; of the same day the one with the greater reference, so that order is fixed."""
    return (
        result.taken is not None,
        result.taken or Moment(date.min, date.min),
        result.reference or "",
    )


_CANCERS = ("organ.", "malignancy.primary")
_YEARS = 5


def certain(diagnosis: Diagnosis, twice: AbstractSet[str], today: date) -> Diagnosis:
    """Give a diagnosis; uncertain where it was sent in two versions.

    So is a cancer of more than five years ago of which nobody says whether it is active: many
    exports leave the status out (the five years are outside the guideline).
    """
    if diagnosis.reference in twice:
        return msgspec.structs.replace(diagnosis, presence="uncertain", reason=_TWICE)
    if diagnosis.presence != "present" or diagnosis.stated or diagnosis.since is None:
        return diagnosis
    if diagnosis.since.within(_YEARS * 365, today) is not False:
        return diagnosis
    if not any(bears(diagnosis.concepts, kind) for kind in _CANCERS):
        return diagnosis
    return msgspec.structs.replace(diagnosis, presence="uncertain", reason=_NOT_STATED)


def settled(order: Order, twice: AbstractSet[str]) -> Order:
    """Give an order; without a status where it was sent in two versions."""
    return order if order.reference not in twice else msgspec.structs.replace(order, status=None)
