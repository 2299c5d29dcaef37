"""Record and pathways -> what to advise: the decision tables AD and CD and the safety rows X.

Each advice becomes one card. An assessment without advice means "looked, nothing to say"; where
that cannot be said because needed data were not to be had, `unanswerable` names them. The country
of the pathways decides the rules: Sweden's are here, Denmark's in cards/metastases.py.
"""

from collections.abc import Mapping

import msgspec

from cards.acute import SEVERE_CALCIUM, VERY_LOW_HB, severe_calcium, very_low_hb
from cards.advice import (
    INDICATORS,
    NEEDED,
    TOPICS,
    Advice,
    Assessment,
    Dismissal,
    Hook,
    Indicator,
    Topic,
    organs,
)
from cards.completeness import gaps_of
from cards.criteria import Chart, Finding
from cards.drafts import Draft, to
from cards.duplicates import referred
from cards.markers import markers_of
from cards.metastases import advise
from cards.panel import OPEN, Rules
from cards.pathways.form import Pathway
from cards.record import PatientRecord
from cards.slots import panel_of

__all__ = [
    "INDICATORS",
    "NEEDED",
    "SEVERE_CALCIUM",
    "TOPICS",
    "VERY_LOW_HB",
    "Advice",
    "Assessment",
    "Dismissal",
    "Hook",
    "Indicator",
    "MixedCountries",
    "Topic",
    "assess",
    "organs",
    "severe_calcium",
    "very_low_hb",
]


_PANEL_BEGUN = 3
_DISTINCTIVE = frozenset(
    {"s_protein_profile", "flc_kappa", "flc_lambda", "u_protein_profile", "esr"}
)
"""Tests by which an order is seen to bear on the AOS panel: one of these, or three of any."""

_OF_REFERRAL = frozenset(
    {"noSpecificDiagnosis", "assessed", "wishesBenefitCopes", "informed", "phones"}
)
"""What is confirmed for a referral; nobody is asked while tests alone are being signed."""

_KINDS = ("metastasis.", "organ.", "malignancy.")
"""Kinds of concepts on which the pathways hang."""


class MixedCountries(ValueError):
    """The pathways of a call must be of one country: rules are never mixed (X9)."""


def assess(
    record: PatientRecord,
    pathways: Mapping[str, Pathway],
    rules: Rules,
    hook: Hook,
    drafts: tuple[Draft, ...] = (),
) -> Assessment:
    """Judge a record by the pathways of one country; never raises on missing data.

    Raises `MixedCountries` where the pathways are of none or of several.
    """
    countries = {p.country for p in pathways.values()}
    if len(countries) != 1:
        raise MixedCountries("the pathways of a call must be of one country")
    (country,) = countries
    danish = country == "DK"
    orders = tuple(d.order for d in drafts)
    judged = markers_of if danish else panel_of
    slots = {s.slot: s for s in judged(record, rules, [o for o in orders if not o.pathway])}
    chart = Chart(record, rules, slots, orders)
    found = Assessment(chart, country=country)
    if record.sources["patient"].outcome == "unavailable":
        return msgspec.structs.replace(found, unanswerable=_lacking(record, ("patient",)))
    if record.person.deceased:
        return found
    if danish:
        advice = advise(chart, pathways["metastases-dk"], hook, drafts)
    else:
        advice = _Judgement(chart, pathways, hook, drafts).advice()
    ordered = tuple(sorted(advice, key=lambda a: TOPICS.index(a.topic)))
    unavailable = [k for k in NEEDED if record.sources[k].outcome == "unavailable"]
    if unavailable and not ordered:
        return msgspec.structs.replace(found, unanswerable=_lacking(record, tuple(unavailable)))
    return msgspec.structs.replace(found, advice=ordered)


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
        self.drafts = {p: to(p, drafts) for d in drafts if (p := d.order.pathway)}
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
        drafts = self.drafts.get("cup-se", ())
        if self.hook == "order-sign" and not drafts and "aos" not in self.drafts:
            return []
        suspected = self.metastasis.met is True
        organ = self.find("cup-se.organ")
        if (suspected or drafts) and organ.met:
            redirects = organs(self.record)
            entry = self.find("cup-se.entry")
            return [self._say("cupExcluded", "cup-se", entry, redirects=redirects)]
        if suspected or drafts:
            return self._cup_referral(drafts)
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

    def _cup_referral(self, drafts: tuple[Draft, ...]) -> list[Advice]:
        entry = self.find("cup-se.entry")
        duplicate = self._duplicate("cup-se", entry)
        if duplicate:
            return duplicate
        if drafts:
            if not gaps_of(drafts, self.cup, self.chart):
                return []
            return [self._say("cupCheck", "cup-se", entry, ask=self.cup.ask, updates=drafts)]
        if entry.met is None:
            return [self._say("data", "cup-se", entry, why="organNotChecked", ask=self.cup.ask)]
        return [self._say("cupRefer", "cup-se", entry, ask=self.cup.ask, refer="cup-se")]

    # -- AOS (AD3-AD10) --------------------------------------------------------------------------

    def _aos(self) -> list[Advice]:
        drafts = self.drafts.get("aos", ())
        suspicion = self.find("aos.suspicion")
        if self.metastasis.met or (not drafts and suspicion.met is not True):
            return []
        if self.hook == "order-sign" and not drafts and not self.testing:
            return []
        if self.met("aos.specific"):
            finding = self.find("aos.specific")
            return [self._say("aosSpecific", "aos", finding, redirects=organs(self.record))]
        duplicate = self._duplicate("aos", suspicion)
        if duplicate:
            return duplicate
        return self._iron() + self._panel(drafts)

    def _iron(self) -> list[Advice]:
        iron = self.find("aos.iron_deficiency")
        if not iron.met:
            return []
        redirects = ("colorectal", "oesophagus_stomach")
        return [self._say("aosIronDeficiency", "aos", iron, redirects=redirects)]

    def _panel(self, drafts: tuple[Draft, ...]) -> list[Advice]:
        suspicion = self.find("aos.suspicion")
        statuses = {s.status for s in self.chart.slots.values()}
        order = tuple(a for s in self.chart.slots.values() for a in s.order)
        measure = tuple(a for s in self.chart.slots.values() for a in s.measure)
        unsure = self.met("aos.specific") is None  # an organ-specific cancer may be unread
        refer = None if unsure or self.hook == "order-sign" else "aos"
        if not statuses.isdisjoint(OPEN):
            if self.hook == "order-sign" and not drafts and not order:
                return []
            topic: Topic = "aosMissing"
        elif "not-checked" in statuses:
            topic = "data"
        else:
            topic = "aosCheck" if drafts else "aosReady"
        why = "panelNotChecked" if topic == "data" else ""
        if topic == "aosReady" and self.hook == "order-sign":
            return []
        return [
            self._say(
                topic,
                "aos",
                suspicion,
                ask=self._asked(suspicion),
                order=order,
                measure=measure,
                refer=refer,
                updates=drafts,
                why=why,
            )
        ]

    def _asked(self, suspicion: Finding) -> tuple[str, ...]:
        """Give what to confirm for AOS: only what comes up, of a referral only beside one."""
        unasked = set(_OF_REFERRAL) if self.hook == "order-sign" and not self.drafts else set()
        if not suspicion.part("weight_loss").met:
            unasked.add("unintentional")
        if self.chart.slots["psa"].status != "ask":
            unasked.add("psaApplies")
        return tuple(each for each in self.aos.ask if each not in unasked)

    # -- what is common ---------------------------------------------------------------------------

    def _duplicate(self, pathway: str, finding: Finding) -> list[Advice]:
        signing = {d.order.reference for drafts in self.drafts.values() for d in drafts}
        orders = referred(self.chart, pathway, finding, signing)
        if not orders:
            return []
        references = tuple(o.reference for o in orders if o.reference)
        return [self._say("duplicate", pathway, finding, evidence=references)]

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
