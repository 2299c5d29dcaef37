"""Denmark: what to advise for a patient whose first finding is a metastasis (decision table D)."""

from datetime import timedelta

import msgspec

from cards.acute import severe_calcium
from cards.advice import INDICATORS, NEEDED, Advice, Hook, Topic
from cards.completeness import gaps_of
from cards.criteria import Chart, Finding
from cards.drafts import Draft, to
from cards.duplicates import referred
from cards.examinations import Work, asked, diagnosed, remaining, waiting, without, work_of
from cards.free_text import starts
from cards.markers import MARKERS
from cards.panel import LACKING, ORDERABLE
from cards.pathways.form import Pathway
from cards.places import metastases, names, questions
from cards.record import Order
from cards.routing import IN_PATHWAY, routed
from cards.terminology import TERMS

PERIOD = 7
"""Days from the receipt of a referral to the latest first attendance: the seventh calendar day
after it, six days lie between (2.8)."""

_TO_TAKE = ORDERABLE | {"unreadable", "ask"}
"""Statuses of a marker about which there is something to do; for one that is pending one waits."""
_FOUND_IN_WORKUP = ("D57", "D69", "D74", "D75", "D76", "D4")
"""Routes of chapter 3: the markers belong to that work-up all the same (D51a)."""
_PRIMARY_FOUND = ("D57", "D69", "D74")
"""Routes on which results point to an organ: nobody is asked whether the primary is obvious."""
_KINDS = ("metastasis.", "organ.", "malignancy.", "morphology.")


def advise(
    chart: Chart, pathway: Pathway, hook: Hook, drafts: tuple[Draft, ...] = ()
) -> list[Advice]:
    """Give all advice for a call, in no order; none where there is nothing to say."""
    return _Judgement(chart, pathway, hook, drafts).advice()


class _Judgement:
    """One call under judgement."""

    def __init__(
        self, chart: Chart, pathway: Pathway, hook: Hook, drafts: tuple[Draft, ...]
    ) -> None:
        self.chart, self.record = chart, chart.record
        self.pathway, self.hook = pathway, hook
        self.drafts = to(pathway.id, drafts)
        words = TERMS.examination("biopsy").words
        self.biopsy = any(starts(d.order.text, w) for d in drafts for w in words)
        self.judged: dict[str, Finding] = {}
        self.routing = routed(chart, pathway.routes)
        self.signing = hook == "order-sign"

    def find(self, name: str) -> Finding:
        """Judge a criterion of the pathway, once and only where it is asked for."""
        if name not in self.judged:
            self.judged[name] = self.pathway.criteria[name].judge(self.chart)
        return self.judged[name]

    def met(self, name: str) -> bool | None:
        return self.find(name).met

    def advice(self) -> list[Advice]:
        """Give all advice, in no order."""
        acute = self._acute()
        if self.record.adult() is False:
            return acute + self._child()
        if self.signing and not self.drafts and not self.biopsy:
            return acute
        said = acute + self._referral()
        return said or self._not_checked()

    # -- acute and age ---------------------------------------------------------------------------

    def _acute(self) -> list[Advice]:
        said = []
        if self.met("cord") and (self.met("cord_setting") or self.drafts):
            said.append(self._say("acuteCord", self.find("cord"), targets=("acute",)))
        severe = severe_calcium(self.chart)
        if severe:
            references = tuple(r.reference for r in severe if r.reference)
            said.append(self._say("acuteCalcium", None, evidence=references))
        return said

    def _child(self) -> list[Advice]:
        """Say that a child is the children's department's; the guideline names no age (D5)."""
        suspicion = self.find("entry") if self.met("entry") else self.find("suspected_organ")
        if suspicion.met or self.drafts:
            return [self._say("underAge", suspicion, why="dk")]
        return self._not_checked() if suspicion.met is None and not self.signing else []

    # -- the route -------------------------------------------------------------------------------

    @property
    def triggered(self) -> bool:
        """Whether a metastasis is recorded, or a node with suspected lymphoma, or a conclusion."""
        return bool(self.met("entry") or self.met("lymphoma") or self.routing.has("D4"))

    @property
    def in_pathway(self) -> bool:
        """Whether the patient is in this pathway, or may be: a gap is proposed to it."""
        if not IN_PATHWAY.isdisjoint((*self.routing.targets, *self.routing.further)):
            return True
        return self.gap

    @property
    def gap(self) -> bool:
        """Whether the guideline leaves the site out and nothing else is decided (Q14)."""
        return self.routing.targets == ("ask",) and self.routing.has("D12", "D14", "Q14")

    def _referral(self) -> list[Advice]:
        if not self.triggered:
            return self._draft_alone() if self.drafts else self._symptoms()
        if self.met("known"):
            return [self._known()] if self.drafts or not self.signing else []
        route = self._route()
        return [*route, *self._markers(), *self._mdt(), *self._workup(route)]

    def _known(self) -> Advice:
        """D30: in a patient with a known cancer the unit that treats it decides."""
        known = self.find("known")
        found = [d for d in self.record.diagnoses if (d.reference or d.text) in known.evidence]
        kinds = (c for d in found for c in sorted(d.concepts) if c.startswith("organ."))
        organs = tuple(dict.fromkeys(c.removeprefix("organ.") for c in kinds))
        return self._say("dkRoute", known, why="known", redirects=organs)

    def _symptoms(self) -> list[Advice]:
        """D3: unspecific symptoms alone go another way, which is no referral of ours."""
        others = ("entry", "known", "suspected_organ")
        if self.signing or any(self.met(o) is not False for o in others):
            return []
        if not self.met("unspecific"):
            return []
        found = self.find("unspecific")
        return [self._say("dkRoute", found, why="symptoms", indicator="info")]

    def _draft_alone(self) -> list[Advice]:
        """Say what signing sets going where the record shows no metastasis that was read."""
        return [self._signed(self.find("entry"), self.pathway.ask)]

    def _route(self) -> list[Advice]:
        if self.signing and not self.drafts:
            return []
        finding, routing = self._finding(), self.routing
        orders = self._referred(finding) if self.in_pathway else ()
        if orders:
            return [self._duplicate(orders, finding)]
        work = work_of(self.chart, self.pathway.steps, "referral") if self.in_pathway else ()
        ask = self._ask(work)
        if self.drafts and self.in_pathway:
            return [self._signed(finding, ask)]
        sure = self.met("known") is False
        return [
            self._say(
                "dkRoute",
                finding,
                why=self._why(),
                targets=routing.targets,
                further=routing.further,
                ask=ask,
                work=work,
                examine=() if self.signing else _orderable(work),
                refer=self.pathway.id if sure or not self.signing else None,
                redirects=self._organs(),
            )
        ]

    def _signed(self, finding: Finding, ask: tuple[str, ...]) -> Advice:
        """Give the card of our referral being signed: what it lacks, and which day counts."""
        drafts, routing = self.drafts, self.routing
        return self._say(
            "dkRoute",
            finding,
            why="sign",
            indicator="warning" if gaps_of(drafts, self.pathway, self.chart) else "info",
            targets=routing.targets,
            further=routing.further,
            ask=ask,
            updates=drafts,
            latest=self.record.today + timedelta(days=PERIOD),
        )

    def _finding(self) -> Finding:
        """Give what the card rests on: the metastases, then what each route that is taken met."""
        name = next((n for n in ("entry", "lymphoma") if self.met(n)), "entry")
        start = self.find(name)
        taken = [t.finding for t in self.routing.taken]
        parts = (start, *(f for f in taken if f.evidence != start.evidence or f.parts))
        evidence = tuple(dict.fromkeys(e for p in parts for e in p.evidence))
        return Finding("route", met=True, evidence=evidence, needed=len(parts), parts=parts)

    def _why(self) -> str:
        if self.routing.targets != ("ask",):
            alone = self.met("lymphoma") and not self.met("entry")
            return "lymphoma" if alone else ""
        if self.routing.has("D2"):
            return "organ"
        return "gap" if self.gap and not self.routing.further else "undecided"

    def _organs(self) -> tuple[str, ...]:
        """Give the suspected organs that have no target of their own (D2)."""
        asked = [t for t in self.routing.taken if t.route.row == "D2" and t.route.target == "ask"]
        evidence = {e for t in asked for e in t.finding.evidence}
        found = [d for d in self.record.diagnoses if (d.reference or d.text) in evidence]
        kinds = (c for d in found for c in sorted(d.concepts) if c.startswith("organ."))
        return tuple(dict.fromkeys(c.removeprefix("organ.") for c in kinds))

    def _ask(self, work: tuple[Work, ...]) -> tuple[str, ...]:
        node = any(p.startswith("metastasis.ln_") for p in names(metastases(self.chart)))
        left_out = set() if node else {"noLymphoma"}
        if self.routing.has("D2", "D15", "D17"):
            left_out = {"noLymphoma", "primaryNotObvious"}
        if self.routing.has(*_PRIMARY_FOUND):
            left_out |= {"primaryNotObvious"}
        if not self.met("entry"):
            left_out |= {"wellFounded"}
        if self.met("histology"):
            left_out |= {"wellFounded", "noLymphoma"}
        general = [a for a in self.pathway.ask if a not in left_out]
        age = ["birthDate"] if self.record.adult() is None else []
        known = ["knownCancer"] if self.met("known") is None else []
        every = (*questions(self.chart), *self.routing.asked, *known, *general, *asked(work), *age)
        return tuple(dict.fromkeys(every))

    def _referred(self, finding: Finding) -> tuple[Order, ...]:
        signing = {draft.order.reference for draft in self.drafts}
        return referred(self.chart, self.pathway.id, finding, signing)

    def _duplicate(self, orders: tuple[Order, ...], finding: Finding) -> Advice:
        references = tuple(o.reference for o in orders if o.reference)
        active = [o.authored for o in orders if o.status != "completed" and o.authored]
        days = [a.first for a in active if a.exact]
        latest = max(days) + timedelta(days=PERIOD) if days else None
        return self._say(
            "duplicate",
            finding,
            evidence=references,
            targets=self.routing.targets if latest else (),
            latest=latest,
        )

    # -- markers, MDT, work-up -------------------------------------------------------------------

    def _markers(self) -> list[Advice]:
        """D51-D53: the markers that are recommended and lack an answer."""
        if self.signing and not self.drafts:
            return []
        if not (self.in_pathway or self.routing.has(*_FOUND_IN_WORKUP)):
            return []
        slots = [self.chart.slots[m] for m in MARKERS]
        decisive = self._decisive()
        finding = self.find("entry") if self.met("entry") else self._finding()
        if not any(s.status in _TO_TAKE for s in slots):
            unread = [s.slot for s in slots if s.status == "not-checked" and s.slot in decisive]
            return [self._say("data", finding, why="markersNotChecked")] if unread else []
        decides = tuple(s.slot for s in slots if s.slot in decisive and s.status in LACKING)
        return [
            self._say(
                "dkMarkers",
                finding,
                why="decides" if decides else "",
                indicator="warning" if decides else "info",
                order=tuple(o for s in slots for o in s.order),
                further=self.routing.further if decides else (),
                decisive=decides,
            )
        ]

    def _decisive(self) -> frozenset[str]:
        """Give the markers on which a route hangs (D57, D74)."""
        found: set[str] = set()
        if self.routing.may("D57"):
            found.add("afp")
        if self.routing.may("D74"):
            found |= {"afp", "hcg"}
        return frozenset(found)

    def _mdt(self) -> list[Advice]:
        """D58: metastases in the liver alone are discussed by an MDT before any biopsy."""
        mdt = self.find("mdt")
        liver = mdt.part("in_liver").met
        if mdt.met is False or not liver or self.routing.has("D57", "D17"):
            return []
        if "medical_department" not in self.routing.targets or self.met("histology"):
            return []
        return [self._say("dkMdt", mdt, ask=("noExtrahepatic",))]

    def _workup(self, route: list[Advice]) -> list[Advice]:
        """D61-D73: what the site or the histology calls for, beyond what the route's card says."""
        told = tuple(w for a in route for w in a.work)
        work = without(work_of(self.chart, self.pathway.steps, "workup"), told)
        if self.signing or not self.in_pathway or not any(w.examined for w in work):
            return []
        histology, entry = self.find("histology"), self.find("entry")
        finding = histology if histology.met else entry
        work = diagnosed(work) if histology.met else work
        orders, later = _orderable(work), waiting(work)
        return [
            self._say(
                "dkWorkup",
                finding,
                why="surgery" if later else "",
                work=work,
                examine=tuple(e for e in orders if e not in later),
                unless_operated=tuple(e for e in orders if e in later),
                ask=asked(work),
            )
        ]

    # -- what could not be looked at -------------------------------------------------------------

    def _not_checked(self) -> list[Advice]:
        """Give the card that says what could not be looked at, where an answer hung on it."""
        states = self.record.sources
        if any(states[k].outcome == "unavailable" for k in NEEDED):
            return []
        incomplete = [k for k in NEEDED if not self.record.complete(k)]
        if not incomplete and not self._uncertain():
            return []
        entry = self.find("entry")
        return [self._say("data", entry, why="incomplete" if incomplete else "uncertain")]

    def _uncertain(self) -> bool:
        """Tell whether a diagnosis that a rule asks for could not be interpreted.

        A histology that a report calls possible was: it is a suspicion, and no metastasis.
        """
        return any(
            d.presence == "uncertain"
            and not d.guessed
            and any(c.startswith(_KINDS) for c in d.concepts)
            for d in self.record.diagnoses
        )

    def _say(self, topic: Topic, finding: Finding | None, **rest: object) -> Advice:
        pathway = self.pathway.id if finding is not None else None
        made = Advice(topic, pathway, INDICATORS[topic], finding)
        return msgspec.structs.replace(made, **rest)


def _orderable(work: tuple[Work, ...]) -> tuple[str, ...]:
    return tuple(e for e in remaining(work) if TERMS.examination(e).order != "none")
