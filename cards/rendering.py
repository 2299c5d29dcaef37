"""Assessment -> cards, in a language: brief, the action first, every fact with its source."""

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Literal

import msgspec

from cards import danish
from cards.assessment import Advice, Assessment
from cards.card import (
    SUMMARY_LIMIT,
    Action,
    Card,
    Coding,
    Link,
    Source,
    Suggestion,
)
from cards.criteria import Finding
from cards.danish_referral import addressed, examination_order, targets_of
from cards.detail import detail
from cards.drafts import Draft
from cards.markdown import flattened, shortened
from cards.note import annotation
from cards.outline import edition
from cards.pathways.form import Guideline, Pathway
from cards.reasons import KEY, reasons
from cards.referral import Form, lab_order, reason_references, redirect, referral
from cards.summary import summary
from cards.terminology import TERMS
from cards.updating import completed
from cards.words import WORDS, Words

OVERRIDES: Mapping[str, tuple[str, ...]] = {
    "aosMissing": (
        "urgent",
        "takenElsewhere",
        "labUnavailable",
        "explained",
        "patientDeclines",
        "noBenefit",
        "alreadyReferred",
    ),
    "aosReady": ("explained", "patientDeclines", "noBenefit", "alreadyReferred"),
    "aosCheck": ("patientDeclines", "noBenefit", "handled"),
    "aosIronDeficiency": ("explained", "alreadyReferred", "handled"),
    "aosSpecific": ("cancerNotActive", "explained", "alreadyReferred", "handled"),
    "cupRefer": (
        "notMetastasis",
        "knownPrimary",
        "patientDeclines",
        "noBenefit",
        "alreadyReferred",
    ),
    "cupExcluded": ("cancerNotActive", "notMetastasis", "alreadyReferred", "handled"),
    "cupAsk": ("notMetastasis", "knownPrimary", "handled"),
    "cupCheck": ("toldElsewhere", "handled"),
    "dkRoute": (
        "notMetastasis",
        "knownPrimary",
        "patientDeclines",
        "noBenefit",
        "alreadyReferred",
        "handled",
    ),
    "dkMarkers": ("takenElsewhere", "labUnavailable", "patientDeclines", "handled"),
    "dkMdt": ("notMetastasis", "handled"),
    "dkWorkup": ("examinedElsewhere", "noBenefit", "patientDeclines", "handled"),
    "duplicate": ("earlierNotValid", "handled"),
    "data": ("handled",),
    "acuteCord": ("handled",),
    "acuteCalcium": ("handled",),
    "underAge": ("clinicContacted", "explained", "handled"),
}
"""Why a clinician may set a card aside, by topic."""

REDIRECTED = ("reason", "history", "malignancy", "information", "phonePatient", "phoneReferrer")
"""The blocks of a referral to an organ's own pathway."""

LINKS: Mapping[str, tuple[str, ...]] = {
    "acuteCord": ("acute",),
    "acuteCalcium": ("acute",),
    "underAge": ("guideline",),
    "aosReady": ("guideline", "rccPathway", "rccPatient", "patient1177", "acute"),
    "aosMissing": ("guideline", "rccPathway", "rccPatient", "patient1177", "acute"),
    "aosCheck": ("guideline", "rccPatient", "patient1177", "acute"),
    "cupRefer": ("guideline", "rccPathway", "rccPatient", "patient1177", "acute"),
    "cupCheck": ("guideline", "rccPatient", "patient1177", "acute"),
    "cupExcluded": ("guideline", "acute"),
    "aosSpecific": ("guideline", "acute"),
}
"""Which links a card bears, by topic; every other one bears the guideline."""


_NAME_LIMIT = 80
"""Characters of the name of a draft that a label tells."""
_STATED: Mapping[str, str] = {"aosMissing": "_gaps", "data": "_unchecked"}
"""What the label of a prepared referral says of its results, by topic."""


class Manner(msgspec.Struct, frozen=True):
    """How the cards of one call are written."""

    language: str
    form: Form
    new_id: Callable[[], str]
    one_action: bool = False
    selection: Literal["at-most-one", "any"] = "any"


def render(
    assessment: Assessment, pathways: Mapping[str, Pathway], manner: Manner
) -> tuple[Card, ...]:
    """Give one card per advice, in the order of the assessment."""
    return tuple([_Writing(a, assessment, pathways, manner).card() for a in assessment.advice])


class _Writing:
    """One card being written."""

    def __init__(
        self,
        advice: Advice,
        assessment: Assessment,
        pathways: Mapping[str, Pathway],
        manner: Manner,
    ) -> None:
        self.advice = advice
        self.assessment = assessment
        self.chart = assessment.chart
        self.manner = manner
        self.words: Words = WORDS[manner.language]
        self.pathway = pathways[advice.pathway] if advice.pathway else None
        ours = [p for p in pathways.values() if p.country == assessment.country]
        self.guide = self.pathway or ours[-1]
        self.refer = pathways[advice.refer] if advice.refer else None
        self.danish = self.guide.country == "DK"

    def card(self) -> Card:
        words, advice = self.words, self.advice
        suggestions = self._suggestions()
        system = f"{self.manner.form.canonical}/CodeSystem"
        names = LINKS.get(advice.topic, ("guideline",)) if not self.danish else ("guidelineDk",)
        return Card(
            uuid=self.manner.new_id(),
            summary=shortened(self._summary(), SUMMARY_LIMIT),
            indicator=advice.indicator,
            source=_source(self.guide.guideline, words.language, advice.topic, system),
            detail=self._detail(),
            suggestions=suggestions or None,
            selectionBehavior=self.manner.selection if suggestions else None,
            overrideReasons=_overrides(advice.topic, words.language, system),
            links=tuple(
                [Link(words.say("link", n), self.guide.links[n], "absolute") for n in names]
            ),
            extension={KEY: reasons(advice, self.assessment, self.pathway, words)},
        )

    def _summary(self) -> str:
        if self.danish:
            return danish.summary(self.advice, self.assessment, self.words)
        return summary(self.advice, self.assessment, self.guide, self.words)

    def _detail(self) -> str:
        write = danish.detail if self.danish else detail
        return write(self.advice, self.assessment, self.guide, self.words)

    def _suggestions(self) -> tuple[Suggestion, ...]:
        referrals = self._targets if self.danish else self._referral
        parts = (
            self._orders,
            self._updates,
            referrals,
            self._redirects,
            self._examine,
            self._measure,
        )
        found = [each for part in parts for each in part()]
        if self.manner.selection == "any":
            return tuple(found)
        recommended = [s for s in found if s.isRecommended]
        return tuple(
            s if not s.isRecommended or s is recommended[0] else _not_recommended(s) for s in found
        )

    def _suggest(self, label: str, *actions: Action, recommended: bool) -> Suggestion:
        return Suggestion(label, self.manner.new_id(), actions, True if recommended else None)

    def _orders(self) -> list[Suggestion]:
        actions = [self._order(analyte) for analyte in self.advice.order]
        if not actions:
            return []
        if self.manner.one_action:
            labels = [self.words.slot(a) for a in self.advice.order]
            return [
                self._suggest(self.words.say("label", "orderOne", test=n), a, recommended=True)
                for n, a in zip(labels, actions, strict=True)
            ]
        wanted = set(self.advice.order)
        slots = [s.slot for s in self.chart.slots.values() if not wanted.isdisjoint(s.order)]
        count = len(slots)
        label = self.words.say("label", "order", count=count)
        if count == 1:
            (slot,) = slots
            name = slot if len(actions) > 1 else self.advice.order[0]
            label = self.words.say("label", "orderOne", test=self.words.slot(name))
        return [self._suggest(label, *actions, recommended=True)]

    def _order(self, analyte: str) -> Action:
        body = lab_order(analyte, self.chart, self.words, self.manner.form, self.manner.new_id())
        return Action("create", _order_text(analyte, self.words.language), body)

    def _referral(self) -> list[Suggestion]:
        refer, finding = self.refer, self.advice.criteria
        if refer is None or finding is None:
            return []
        form, words = self.manner.form, self.words
        body = referral(refer, finding, self.chart, words, form, self.manner.new_id())
        text = words.say("action", "refer", pathway=words.say("order", refer.id))
        gaps = _STATED.get(self.advice.topic, "")
        label = words.say("label", f"refer_{refer.id}{gaps}")
        recommended = self.advice.topic == "cupRefer"
        return [self._suggest(label, Action("create", text, body), recommended=recommended)]

    def _targets(self) -> list[Suggestion]:
        """Give a referral for every target (Denmark); the first is recommended where decided."""
        finding = self.advice.criteria
        if self.refer is None or finding is None:
            return []
        advice, words, form = self.advice, self.words, self.manner.form
        found = []
        for number, target in enumerate(targets_of(advice)):
            name = words.say("target", target)
            plain = referral(self.refer, finding, self.chart, words, form, self.manner.new_id())
            body = addressed(plain, target, advice, self.chart, words, form)
            text = words.say("action", "refer", pathway=name)
            label = words.say("label", "referTo", name=name)
            recommended = number == 0 and target in advice.targets
            action = Action("create", text, body)
            found.append(self._suggest(label, action, recommended=recommended))
        return found

    def _measure(self) -> list[Suggestion]:
        """Give the order of each test that would measure what was computed: never recommended."""
        words = self.words
        return [
            self._suggest(
                words.say("label", "orderOne", test=words.slot(a)),
                self._order(a),
                recommended=False,
            )
            for a in self.advice.measure
        ]

    def _examine(self) -> list[Suggestion]:
        """Give the orders of the examinations that remain (Denmark), those that wait apart."""
        now = self._examinations(self.advice.examine, "examine", "orderOne")
        later = self.advice.unless_operated
        return now + self._examinations(later, "examineUnlessOperated", "orderOneUnlessOperated")

    def _examinations(self, keys: tuple[str, ...], several: str, one: str) -> list[Suggestion]:
        words = self.words
        actions = [
            Action("create", words.say("action", "examine", name=words.examination(key)), body)
            for key in keys
            for body in [
                examination_order(key, self.chart, words, self.manner.form, self.manner.new_id())
            ]
        ]
        recommended = self.advice.topic == "dkWorkup" and several == "examine"
        if len(actions) > 1 and not self.manner.one_action:
            label = words.say("label", several, count=len(actions))
            return [self._suggest(label, *actions, recommended=recommended)]
        labels = [words.say("label", one, test=words.examination(key)) for key in keys]
        return [
            self._suggest(label, action, recommended=recommended)
            for label, action in zip(labels, actions, strict=True)
        ]

    def _updates(self) -> list[Suggestion]:
        """Give what completes each of our referrals being signed that lacks something."""
        finding, words = self.advice.criteria, self.words
        if finding is None:
            return []
        found = []
        for number, draft in enumerate(self.advice.updates, 1):
            done = completed(draft, self.guide, finding, self.chart, words)
            if done is None:
                continue
            body, blocks = done
            named = "; ".join(words.say("block", b) for b in blocks)
            action = Action("update", words.say("action", "update", blocks=named), body)
            found.append(self._suggest(self._which(draft, number), action, recommended=True))
        return found

    def _which(self, draft: Draft, number: int) -> str:
        """Give the label of an update: of several, its number and the name that was sent."""
        count, say = len(self.advice.updates), self.words.say
        if count == 1:
            return say("label", "update")
        name = shortened(flattened(draft.order.text), _NAME_LIMIT)
        return say("label", "updateOne", number=number, count=count, name=name)

    def _redirects(self) -> list[Suggestion]:
        finding = self.advice.criteria
        if self.advice.topic != "aosIronDeficiency" or finding is None:
            return []
        return [self._redirect(organ, finding) for organ in self.advice.redirects]

    def _redirect(self, organ: str, finding: Finding) -> Suggestion:
        words, manner = self.words, self.manner
        name = words.concept(f"organ.{organ}")
        body = redirect(organ, self.chart, words, manner.form, manner.new_id())
        body |= reason_references(finding)
        body["note"] = [
            annotation(block, self.guide, finding, self.chart, words) for block in REDIRECTED
        ]
        pathway = words.say("order", "redirect", name=name)
        action = Action("create", words.say("action", "refer", pathway=pathway), body)
        return self._suggest(words.say("label", "redirect", name=name), action, recommended=False)


@lru_cache(maxsize=1024)
def _overrides(topic: str, language: str, system: str) -> tuple[Coding, ...]:
    words = WORDS[language]
    reason = f"{system}/override-reason"
    return tuple(Coding(code, reason, words.say("override", code)) for code in OVERRIDES[topic])


@lru_cache(maxsize=1024)
def _order_text(analyte: str, language: str) -> str:
    words, specimen = WORDS[language], TERMS.analyte(analyte).specimen[language]
    name = words.slot(analyte, short=False)
    return words.say("action", "order", test=name, specimen=specimen)


@lru_cache(maxsize=1024)
def _source(guideline: Guideline, language: str, topic: str, system: str) -> Source:
    label = edition(guideline, language)
    return Source(label, guideline.url, Coding(topic, f"{system}/card-topic"))


def _not_recommended(suggestion: Suggestion) -> Suggestion:
    return msgspec.structs.replace(suggestion, isRecommended=None)
