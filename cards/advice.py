"""What may be advised: the topics in their order, one advice, and all advice for one call."""

from collections.abc import Mapping
from datetime import date
from typing import Literal

import msgspec

from cards.criteria import Chart, Finding
from cards.drafts import Draft
from cards.examinations import Work
from cards.record import PatientRecord

Hook = Literal["patient-view", "order-sign"]
Indicator = Literal["info", "warning", "critical"]
Topic = Literal[
    "acuteCord",
    "acuteCalcium",
    "underAge",
    "aosIronDeficiency",
    "aosSpecific",
    "aosMissing",
    "aosReady",
    "aosCheck",
    "cupRefer",
    "cupExcluded",
    "cupAsk",
    "cupCheck",
    "dkRoute",
    "dkMarkers",
    "dkMdt",
    "dkWorkup",
    "duplicate",
    "data",
]
TOPICS: tuple[Topic, ...] = (
    "acuteCord",
    "acuteCalcium",
    "underAge",
    "aosIronDeficiency",
    "aosSpecific",
    "aosMissing",
    "aosReady",
    "aosCheck",
    "cupRefer",
    "cupExcluded",
    "cupAsk",
    "cupCheck",
    "dkRoute",
    "dkMarkers",
    "dkMdt",
    "dkWorkup",
    "duplicate",
    "data",
)
"""Every topic, the most acute first: the order of the cards."""

INDICATORS: Mapping[Topic, Indicator] = {
    "acuteCord": "critical",
    "acuteCalcium": "critical",
    "underAge": "critical",
    "aosIronDeficiency": "warning",
    "aosSpecific": "warning",
    "aosMissing": "warning",
    "aosReady": "info",
    "aosCheck": "info",
    "cupRefer": "warning",
    "cupExcluded": "warning",
    "cupAsk": "info",
    "cupCheck": "warning",
    "dkRoute": "warning",
    "dkMarkers": "info",
    "dkMdt": "info",
    "dkWorkup": "info",
    "duplicate": "info",
    "data": "warning",
}
NEEDED = ("patient", "observations", "conditions")


class Dismissal(msgspec.Struct, frozen=True):
    """An earlier card on the same topic that was overridden: on which day, and why.

    `reason` is the id of a text (`override.<id>`); empty where it was none of ours.
    """

    on: date
    reason: str = ""


class Advice(msgspec.Struct, frozen=True):
    """One thing to say: a topic, what was found, and what may be proposed."""

    topic: Topic
    pathway: str | None
    indicator: Indicator
    criteria: Finding | None = None
    ask: tuple[str, ...] = ()
    order: tuple[str, ...] = ()
    """Analytes to order, one draft each."""
    measure: tuple[str, ...] = ()
    """Analytes to order where a computed value will not do, one draft each."""
    refer: str | None = None
    """The pathway whose prefilled referral is proposed."""
    updates: tuple[Draft, ...] = ()
    """The drafts to complete: all referrals to the pathway that are being signed."""
    redirects: tuple[str, ...] = ()
    """Organ-specific pathways to consider, as keys of the terminology."""
    evidence: tuple[str, ...] = ()
    why: str = ""
    """Which of several texts of the topic is meant."""
    dismissed: Dismissal | None = None
    """What became of the last card on the topic, where that is remembered."""
    targets: tuple[str, ...] = ()
    """Where to refer to (Denmark), the most acute first."""
    further: tuple[str, ...] = ()
    """Where else an answer that is still open could lead."""
    work: tuple[Work, ...] = ()
    """The steps of the work-up that apply."""
    examine: tuple[str, ...] = ()
    """Examinations to order, as keys of the terminology, one draft each."""
    unless_operated: tuple[str, ...] = ()
    """Those to order once it is settled that the patient is not operated on."""
    decisive: tuple[str, ...] = ()
    """The markers without an answer on which a route hangs."""
    latest: date | None = None
    """The latest day of the first attendance, where a day of receipt is known."""


class Assessment(msgspec.Struct, frozen=True):
    """All advice for one call, most acute first, and the chart it rests on."""

    chart: Chart
    advice: tuple[Advice, ...] = ()
    unanswerable: tuple[tuple[str, str], ...] = ()
    """Needed sources (key, reason) without which nothing useful can be said."""
    country: str = "SE"
    """Whose rules these are."""


def organs(record: PatientRecord) -> tuple[str, ...]:
    """Give the organs of the active organ-specific cancers, as keys of the terminology."""
    found = (c for d in record.having("organ.") for c in sorted(d.concepts))
    return tuple(dict.fromkeys(c.removeprefix("organ.") for c in found if c.startswith("organ.")))
