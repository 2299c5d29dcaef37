"""Record and pathways -> what to advise: the decision tables AD and CD and the safety rows X.

Each advice becomes one card. An assessment without advice means "looked, nothing to say"; where
that cannot be said because needed data were not to be had, `unanswerable` names them.
"""

from collections.abc import Mapping
from datetime import date
from typing import Literal

import msgspec

from cards.completeness import mandatory_gaps
from cards.criteria import Chart, Finding, measured
from cards.drafts import Draft
from cards.limits import is_below
from cards.panel import LACKING, Rules
from cards.pathways.form import Pathway
from cards.record import Order, PatientRecord, Result
from cards.slots import panel_of
from cards.terminology import TERMS

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
    "duplicate": "info",
    "data": "warning",
}
NEEDED = ("patient", "observations", "conditions")

SEVERE_CALCIUM: Mapping[str, float] = {"ca_ionised": 1.60, "ca_corrected": 3.0, "ca_total": 3.50}
"""mmol/L, from which hypercalcaemia is called severe (X4; outside the guideline)."""
VERY_LOW_HB = 4.0 * 16.114
"""g/L (4.0 mmol/L), below which a line comes first in the card (X5; outside the guideline)."""


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
    refer: str | None = None
    """The pathway whose prefilled referral is proposed."""
    update: Draft | None = None
    """The draft to complete."""
    redirects: tuple[str, ...] = ()
    """Organ-specific pathways to consider, as keys of the terminology."""
    evidence: tuple[str, ...] = ()
    why: str = ""
    """Which of several texts of the topic is meant."""
    dismissed: Dismissal | None = None
    """What became of the last card on the topic, where that is remembered."""


class Assessment(msgspec.Struct, frozen=True):
    """All advice for one call, most acute first, and the chart it rests on."""

    chart: Chart
    advice: tuple[Advice, ...] = ()
    unanswerable: tuple[tuple[str, str], ...] = ()
    """Needed sources (key, reason) without which nothing useful can be said."""


_PANEL_BEGUN = 3
_DISTINCTIVE = frozenset(
    {"s_protein_profile", "flc_kappa", "flc_lambda", "u_protein_profile", "esr"}
)
"""Tests by which an order is seen to bear on the AOS panel: one of these, or three of any."""

_KINDS = ("metastasis.", "organ.", "malignancy.")
"""Kinds of concepts on which the pathways hang."""

Hook = Literal["patient-view", "order-sign"]


def assess(
    record: PatientRecord,
    pathways: Mapping[str, Pathway],
    rules: Rules,
    hook: Hook,
    drafts: tuple[Draft, ...] = (),
) -> Assessment:
    """Judge a record by the pathways; never raises on missing data."""
    orders = tuple(d.order for d in drafts)
    slots = {s.slot: s for s in panel_of(record, rules, [o for o in orders if not o.pathway])}
    chart = Chart(record, rules, slots, orders)
    if record.sources["patient"].outcome == "unavailable":
        return Assessment(chart, unanswerable=_lacking(record, ("patient",)))
    if record.person.deceased:
        return Assessment(chart)
    advice = _Judgement(chart, pathways, hook, drafts).advice()
    ordered = tuple(sorted(advice, key=lambda a: TOPICS.index(a.topic)))
    unavailable = [k for k in NEEDED if record.sources[k].outcome == "unavailable"]
    if unavailable and not ordered:
        return Assessment(chart, unanswerable=_lacking(record, tuple(unavailable)))
    return Assessment(chart, ordered)


def _lacking(record: PatientRecord, keys: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    return tuple((k, record.sources[k].reason or "absent") for k in keys)


class _Judgement:
    """One call under judgement."""

    def __init__(
        self,
        chart: Chart,
        pathways: Mapping[str, Pathway],
        hook: Hook,
        drafts: tuple[Draft, ...],
    ) -> None:
        self.chart = chart
        self.record = chart.record
        self.hook = hook
        self.aos, self.cup = pathways["aos"], pathways["cup-se"]
        self.criteria = {
            f"{pathway.id}.{name}": criterion
            for pathway in (self.aos, self.cup)
            for name, criterion in pathway.criteria.items()
        }
        self.judged: dict[str, Finding] = {}
        ours = sorted((d for d in drafts if d.order.pathway), key=lambda d: d.order.reference or "")
        self.drafts = {d.order.pathway: d for d in reversed(ours)}
        tests = {a for o in chart.drafts if not o.pathway for a in o.analytes}
        self.testing = len(tests) >= _PANEL_BEGUN or not tests.isdisjoint(_DISTINCTIVE)

    def find(self, name: str) -> Finding:
        """Judge a criterion ("aos.suspicion"), once and only where it is asked for."""
        if name not in self.judged:
            self.judged[name] = self.criteria[name].judge(self.chart)
        return self.judged[name]

    def met(self, name: str) -> bool | None:
        return self.find(name).met

    @property
    def metastasis(self) -> Finding:
        return self.find("cup-se.entry").part("metastasis_suspect")

    def advice(self) -> list[Advice]:
        """Give all advice, in no order."""
        acute = self._acute()
        adult = self.record.adult()
        if adult is False:
            return acute + self._child()
        if adult is None:
            return acute + self._unknown_age()
        said = acute + self._cup() + self._aos()
        return said or self._not_checked()

    # -- acute and age ---------------------------------------------------------------------------

    def _acute(self) -> list[Advice]:
        said = []
        setting = self.met("cup-se.cord_setting") or self.met("aos.suspicion") or self.drafts
        if self.met("cup-se.cord") and setting:
            said.append(self._say("acuteCord", "cup-se", self.find("cup-se.cord")))
        severe = severe_calcium(self.chart)
        if severe:
            references = tuple(r.reference for r in severe if r.reference)
            said.append(self._say("acuteCalcium", None, None, evidence=references))
        return said

    def _child(self) -> list[Advice]:
        child = self.find("aos.child")
        if child.met:
            return [self._say("underAge", "aos", child)]
        return self._not_checked() if child.met is None else []

    def _unknown_age(self) -> list[Advice]:
        if self.met("aos.suspicion") or self.metastasis.met or self.drafts:
            finding = self.find("cup-se.entry" if self.metastasis.met else "aos.suspicion")
            pathway = "cup-se" if self.metastasis.met else "aos"
            return [self._say("data", pathway, finding, why="birthDate", ask=("birthDate",))]
        return self._not_checked()

    # -- CUP (CD1-CD8) ---------------------------------------------------------------------------

    def _cup(self) -> list[Advice]:
        draft = self.drafts.get("cup-se")
        if self.hook == "order-sign" and draft is None and "aos" not in self.drafts:
            return []
        suspected = self.metastasis.met is True
        organ = self.find("cup-se.organ")
        if (suspected or draft) and organ.met:
            redirects = organs(self.record)
            entry = self.find("cup-se.entry")
            return [self._say("cupExcluded", "cup-se", entry, redirects=redirects)]
        if suspected or draft:
            return self._cup_referral(draft)
        if self.hook == "patient-view" and self.met("cup-se.finding_only") and not organ.met:
            found = self.find("cup-se.finding_only")
            old = (
                found.part("metastasis_earlier").met
                and not found.part("lymphadenopathy_or_lesion").met
            )
            why = "earlier" if old else ""
            said = [self._say("cupAsk", "cup-se", found, why=why)]
            return self._duplicate("cup-se", found) or said
        return []

    def _cup_referral(self, draft: Draft | None) -> list[Advice]:
        entry = self.find("cup-se.entry")
        duplicate = self._duplicate("cup-se", entry)
        if duplicate:
            return duplicate
        if draft is not None:
            if not mandatory_gaps(draft, self.cup, self.chart):
                return []
            return [self._say("cupCheck", "cup-se", entry, ask=self.cup.ask, update=draft)]
        if entry.met is None:
            return [self._say("data", "cup-se", entry, why="organNotChecked", ask=self.cup.ask)]
        return [self._say("cupRefer", "cup-se", entry, ask=self.cup.ask, refer="cup-se")]

    # -- AOS (AD3-AD10) --------------------------------------------------------------------------

    def _aos(self) -> list[Advice]:
        draft = self.drafts.get("aos")
        suspicion = self.find("aos.suspicion")
        if self.metastasis.met or (draft is None and suspicion.met is not True):
            return []
        if self.hook == "order-sign" and draft is None and not self.testing:
            return []
        if self.met("aos.specific"):
            finding = self.find("aos.specific")
            return [self._say("aosSpecific", "aos", finding, redirects=organs(self.record))]
        duplicate = self._duplicate("aos", suspicion)
        if duplicate:
            return duplicate
        return self._iron() + self._panel(draft)

    def _iron(self) -> list[Advice]:
        iron = self.find("aos.iron_deficiency")
        if not iron.met:
            return []
        redirects = ("colorectal", "oesophagus_stomach")
        return [self._say("aosIronDeficiency", "aos", iron, redirects=redirects)]

    def _panel(self, draft: Draft | None) -> list[Advice]:
        suspicion = self.find("aos.suspicion")
        statuses = {s.status for s in self.chart.slots.values()}
        order = tuple(a for s in self.chart.slots.values() for a in s.order)
        unsure = self.met("aos.specific") is None  # an organ-specific cancer may be unread
        refer = None if unsure or self.hook == "order-sign" else "aos"
        if not statuses.isdisjoint(LACKING):
            if self.hook == "order-sign" and draft is None and not order:
                return []
            topic: Topic = "aosMissing"
        elif "not-checked" in statuses:
            topic = "data"
        else:
            topic = "aosCheck" if draft else "aosReady"
        why = "panelNotChecked" if topic == "data" else ""
        if topic == "aosReady" and self.hook == "order-sign":
            return []
        return [
            self._say(
                topic,
                "aos",
                suspicion,
                ask=self.aos.ask,
                order=order,
                refer=refer,
                update=draft,
                why=why,
            )
        ]

    # -- what is common ---------------------------------------------------------------------------

    def _duplicate(self, pathway: str, finding: Finding) -> list[Advice]:
        signing = {d.order.reference for d in self.drafts.values()}
        orders = [
            o for o in self.record.orders if o.pathway == pathway and o.reference not in signing
        ]
        active = [o for o in orders if self._is_active(o) or self._is_answered(o, finding)]
        if not active:
            return []
        references = tuple(o.reference for o in active if o.reference)
        return [self._say("duplicate", pathway, finding, evidence=references)]

    def _is_answered(self, order: Order, finding: Finding) -> bool:
        """Tell whether a completed referral covers what a finding rests on: nothing is newer."""
        days = self.chart.rules.symptom_max_age_days
        sent = order.authored
        if order.status != "completed" or sent is None or not sent.within(days, self.record.today):
            return False
        evidence = set(finding.evidence)
        since = [d.since for d in self.record.diagnoses if (d.reference or d.text) in evidence]
        return bool(since) and all(s is not None and s.last <= sent.last for s in since)

    def _is_active(self, order: Order) -> bool:
        """Tell whether a referral is still under way; one older than the window is forgotten."""
        days = self.chart.rules.symptom_max_age_days
        old = order.authored is not None and order.authored.within(days, self.record.today) is False
        return order.status in {"active", "on-hold"} and not old

    def _not_checked(self) -> list[Advice]:
        """Give the card that says what could not be looked at, where an answer hung on it."""
        available = [k for k in NEEDED if self.record.sources[k].outcome != "unavailable"]
        if len(available) < len(NEEDED) or not self._concerned():
            return []
        incomplete = [k for k in NEEDED if not self.record.complete(k)]
        if not incomplete and not self._uncertain():
            return []
        finding = self.find("aos.suspicion")
        return [self._say("data", "aos", finding, why="incomplete" if incomplete else "uncertain")]

    def _concerned(self) -> bool:
        """Tell whether the call is about us: at order-sign only with an order of our pathways."""
        return self.hook == "patient-view" or bool(self.drafts) or self.testing

    def _uncertain(self) -> bool:
        """Tell whether a diagnosis that a rule of ours asks for could not be interpreted."""
        asked = {c.id for rule in self.criteria.values() for c in rule.walk()}
        return any(
            d.presence == "uncertain"
            and any(c in asked or c.startswith(_KINDS) for c in d.concepts)
            for d in self.record.diagnoses
        )

    def _say(
        self, topic: Topic, pathway: str | None, finding: Finding | None, **rest: object
    ) -> Advice:
        indicator = INDICATORS[topic]
        if indicator == "info" and pathway == "aos" and very_low_hb(self.chart):
            indicator = "warning"
        return msgspec.structs.replace(Advice(topic, pathway, indicator, finding), **rest)


def severe_calcium(chart: Chart) -> tuple[Result, ...]:
    """Give the newest calcium in the window if it is severely raised, measured or computed (X4).

    Of the kinds of calcium on that day one severe value is enough: a total taken today is not
    silenced by a normal ionised calcium of last month.
    """
    slot = chart.slots["calcium"]
    computed = {r.reference for r in slot.results} if slot.computed else set()
    fresh = [
        r
        for analyte in SEVERE_CALCIUM
        for r in chart.record.results.get(analyte, ())
        if r.state == "final" and _in_window(r, chart)
    ]
    newest = max((r.taken.last for r in fresh if r.taken), default=None)
    today = [r for r in fresh if r.taken and r.taken.last == newest]
    severe = tuple(r for r in today if _is_severe(r))
    if severe or slot.computed is None or computed.isdisjoint(r.reference for r in today):
        return severe
    number = slot.computed.number
    return slot.results if number is not None and number >= SEVERE_CALCIUM["ca_corrected"] else ()


def _in_window(result: Result, chart: Chart) -> bool:
    days = chart.rules.result_max_age_days
    return result.taken is not None and result.taken.within(days, chart.record.today) is True


def _is_severe(result: Result) -> bool:
    """Tell whether a value, or what its comparator bounds, reaches the limit of its kind."""
    value, limit = result.value, SEVERE_CALCIUM[result.analyte]
    if value is None or value.number is None or value.comparator in {"<", "<="}:
        return False
    unit = TERMS.analyte(result.analyte).unit_of(value.unit)
    if unit is None or unit.factor is None or not result.judged:
        return False
    number = value.number * unit.factor
    return number > limit or (number == limit and result.analyte != "ca_total")


def very_low_hb(chart: Chart) -> bool:
    """Tell whether Hb is answered and under 4.0 mmol/L (X5; outside the guideline)."""
    number, sign = measured(chart, "hb")
    return number is not None and is_below(number, sign, VERY_LOW_HB) is True


def organs(record: PatientRecord) -> tuple[str, ...]:
    """Give the organs of the active organ-specific cancers, as keys of the terminology."""
    found = (c for d in record.having("organ.") for c in sorted(d.concepts))
    return tuple(dict.fromkeys(c.removeprefix("organ.") for c in found if c.startswith("organ.")))
