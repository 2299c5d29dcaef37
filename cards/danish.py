"""The cards of the Danish pathway in words: the route first, then what is left to do and tell."""

from cards.advice import Advice, Assessment
from cards.body import Body
from cards.card import SUMMARY_LIMIT
from cards.circumstances import Plurality, plurality
from cards.criteria import Chart
from cards.danish_referral import kidneys
from cards.evidence import (
    day,
    diagnosis_text,
    earlier_cancers,
    slot_day,
    slot_notes,
    slot_value,
    texts_by_reference,
    unclear_cancers,
)
from cards.examinations import Examined, remaining, waiting
from cards.markdown import bullets, escape, fitted, table
from cards.markers import MARKERS
from cards.note import plain
from cards.outline import why
from cards.panel import LACKING, SlotStatus
from cards.pathways.form import Pathway
from cards.places import metastases, names
from cards.reasons import dismissed_text, several
from cards.routing import routed
from cards.summary import calcium_values, order_date
from cards.words import Words

_AS_READ = {True: "asReadOne", False: "asReadSeveral", None: "asRead"}
"""The question about one or several processes, by what was read."""

# -- the summary -------------------------------------------------------------------------------


def summary(advice: Advice, assessment: Assessment, words: Words) -> str:
    """Give the sentence of a Danish card, fewer than 140 characters."""
    text = _sentence(advice, assessment, words)
    return text[:1].upper() + text[1:]


def _sentence(advice: Advice, assessment: Assessment, words: Words) -> str:
    key = _key(advice)
    if advice.topic == "dkMarkers":
        lacking = _lacking(assessment.chart)
        markers = [words.slot(m) for m in advice.decisive or [s.slot for s in lacking]]
        return fitted(words.say("summary", key, tests=""), markers, SUMMARY_LIMIT)
    if advice.topic == "dkWorkup":
        return _left(advice, words)
    tries = [words.say("summary", key, **_values(advice, assessment, words, n)) for n in (3, 2, 1)]
    return next((said for said in tries if len(said) <= SUMMARY_LIMIT), tries[-1])


def _workup(advice: Advice) -> str:
    """Give the key of what is said of a work-up: what remains, and what waits for a decision."""
    left, later = remaining(advice.work), waiting(advice.work)
    if any(not e.checked for w in advice.work for e in w.examined):
        return "dkWorkup_notChecked"
    if not left:
        return "dkWorkup_done"
    if not later:
        return "dkWorkup"
    return "dkWorkup_surgery" if len(left) > len(later) else "dkWorkup_surgeryAlone"


def _left(advice: Advice, words: Words) -> str:
    """Name the examinations that remain, and apart from them those that wait for a decision."""
    later = [words.examination(key) for key in waiting(advice.work)]
    now = [n for key in remaining(advice.work) if (n := words.examination(key)) not in later]
    key = _workup(advice)
    tries = (
        words.say("summary", key, names=_some(now or later, n), later=_some(later, n))
        for n in range(max(len(now), len(later), 1), 0, -1)
    )
    return next(said for said in tries if len(said) <= SUMMARY_LIMIT)


def _key(advice: Advice) -> str:
    if advice.topic == "dkWorkup":
        return _workup(advice)
    return f"{advice.topic}_{advice.why}" if advice.why else advice.topic


def _values(advice: Advice, assessment: Assessment, words: Words, most: int) -> dict[str, object]:
    chart, record = assessment.chart, assessment.chart.record
    open_sites = ("/".join(words.site(s) for s in names([d])) for d in metastases(chart))
    sites = list(dict.fromkeys(open_sites))
    organs = [words.concept(f"organ.{o}") for o in advice.redirects]
    either = f" {words.say('phrase', 'or')} "
    further = [words.say("target", t) for t in advice.further if t != "ask"]
    unread = [
        words.say("source", k) for k in ("observations", "conditions") if not record.complete(k)
    ]
    sure = not any(d.suspected for d in metastases(chart)) and bool(metastases(chart))
    values: dict[str, object] = {
        "finding": words.say("phrase", "findingKnown" if sure else "findingSuspected"),
        "sites": ", ".join(sites[:most]) or words.criterion("any_node"),
        "targets": _some([words.say("target", t) for t in advice.targets if t != "ask"], most),
        "further": either.join(further[: most + 1]),
        "organs": ", ".join(organs[:most]),
        "named": f" ({', '.join(organs[:most])})" if organs else "",
        "latest": str(advice.latest or ""),
        "sources": ", ".join(unread),
        "pathway": words.say("order", "metastases-dk"),
        "date": order_date(advice, assessment),
    }
    return values | (calcium_values(assessment, words) if advice.topic == "acuteCalcium" else {})


def _some(named: list[str], most: int) -> str:
    """Give at most so many names, and how many more there are."""
    more = len(named) - most
    return "; ".join(named[:most]) + (f"; +{more}" if more > 0 else "")


def _lacking(chart: Chart) -> list[SlotStatus]:
    return [chart.slots[m] for m in MARKERS if chart.slots[m].status in LACKING]


# -- the body ----------------------------------------------------------------------------------


def detail(advice: Advice, assessment: Assessment, pathway: Pathway, words: Words) -> str:
    """Give the body of a Danish card in GitHub-flavoured Markdown without HTML."""
    return _Body(advice, assessment, pathway, words).text()


class _Body(Body):
    """One body being written."""

    def parts(self) -> list[str]:
        return [
            f"**{self.words.say('do', _key(self.advice))}**",
            dismissed_text(self.advice, self.words),
            bullets(self._routes()),
            bullets(self._remarks()),
            self._markers(),
            self._section("workup", self._work()),
            self._why(),
            self._section("confirm", bullets(self._asked())),
            self._section("duties", bullets(self._duties())),
            self._not_checked(),
            self._cited(aged=self.advice.topic == "dkMarkers"),
        ]

    def _routes(self) -> list[str]:
        """Give a line for every route, with its chapter; then those that an answer could open."""
        if self.advice.topic != "dkRoute" or not (self.advice.targets or self.advice.further):
            return []
        routing = routed(self.chart, self.pathway.routes)
        taken = dict.fromkeys(t.route.row for t in routing.taken)
        possible = dict.fromkeys(t.route.row for t in routing.possible if t.route.row not in taken)
        lines = [self.words.say("route", row) for row in taken]
        return lines + [
            self.words.say("phrase", "possibleRoute", route=self.words.say("route", row))
            for row in possible
        ]

    # -- remarks ---------------------------------------------------------------------------------

    def _remarks(self) -> list[str]:
        topic = self.advice.topic
        if topic in {"acuteCalcium", "data", "duplicate"}:
            return self._latest()
        lines = [*self._cancers(), *self._read()]
        if topic == "dkRoute" and self.advice.why not in {"known", "symptoms"}:
            lines += self._circumstances()
        lines += [*self._before_ct(), *several(self.advice, self.words)]
        if self.record.pregnant():
            lines.append(self.words.say("phrase", "pregnancyDk"))
        return lines

    def _cancers(self) -> list[str]:
        words, record = self.words, self.record
        if self.advice.why == "known":
            return [words.say("phrase", "ifOver_metastases-dk")]
        if self.advice.topic != "dkRoute" or self.advice.why == "symptoms":
            return []
        texts = (
            ("earlierCancer", earlier_cancers(record)),
            ("unclearCancer", unclear_cancers(record)),
        )
        return [
            words.say("phrase", key, text=diagnosis_text(d, words))
            for key, found in texts
            for d in found
        ]

    def _read(self) -> list[str]:
        """Show the words by which one or several processes were read, where it bears on a rule.

        All in one line, for it is one question.
        """
        told = Plurality(None)
        if self.advice.topic == "dkRoute" and self.advice.why not in {"known", "symptoms"}:
            told = plurality(self.chart, "liver")
        elif self.advice.topic == "dkWorkup":
            told = plurality(self.chart, "brain")
        if not told.read:
            return []
        texts = {text.casefold(): text for _, text in reversed(told.read)}.values()
        quoted = "; ".join(f'"{escape(plain(text, 200))}"' for text in texts)
        return [self.words.say("phrase", _AS_READ[told.solitary], texts=quoted)]

    def _circumstances(self) -> list[str]:
        words, record, targets = self.words, self.record, self.advice.targets
        lines = []
        if "primary_liver" in targets and self.chart.having("metastasis.liver"):
            lines.append(words.say("phrase", "ifNotSolitary"))
        if "local" in targets:
            name = escape(self.chart.rules.bone_agreement or "")
            lines.append(words.say("phrase", "boneAgreement", name=name))
        if self.chart.having("metastasis.bone"):
            if record.person.sex == "male":
                lines.append(words.say("phrase", "bonePsa"))
            if record.having("pathological_fracture"):
                lines.append(words.say("phrase", "fracture"))
        return lines

    def _before_ct(self) -> list[str]:
        """Give what to know before a CT that remains: allergies, and the newest kidney function."""
        examined = (e for w in self.advice.work for e in w.examined)
        if not any(e.key.startswith("ct_") and e.done is None for e in examined):
            return []
        lines = [
            self.words.say("phrase", "contrastRisk", text=escape(r.text))
            for r in self.record.contrast_risks
        ]
        return [*lines, escape(kidneys(self.chart, self.words))]

    def _latest(self) -> list[str]:
        """Give the latest first attendance of a referral that was sent.

        Of one being signed the summary says it, and how it is counted stands among the duties.
        """
        latest = self.advice.latest
        return [] if latest is None else [self.words.say("phrase", "latestSent", date=latest)]

    def _asked(self) -> list[str]:
        """Give what only a clinician knows; what was read as solitary is asked beside the words."""
        asked = self.advice.ask
        if "solitary" in asked and plurality(self.chart, "liver").solitary:
            asked = tuple(a for a in asked if a != "solitary")
        return [self.words.say("ask", a) for a in asked]

    # -- markers and work-up ---------------------------------------------------------------------

    def _markers(self) -> str:
        if self.advice.topic != "dkMarkers":
            return ""
        words = self.words
        slots = [self.chart.slots[m] for m in MARKERS]
        rows = [
            (
                words.slot(s.slot, short=False),
                words.say("status", s.status),
                " ".join(p for p in (slot_value(s, words), self._flag(s)) if p),
                slot_day(s),
                slot_notes(s, words),
            )
            for s in slots
            if s.status != "not-applicable"
        ]
        columns = [words.say("column", c) for c in ("test", "status", "value", "date", "note")]
        return f"{table(columns, rows)}\n\n{words.say('phrase', 'markersUnspecific')}"

    def _flag(self, slot: SlotStatus) -> str:
        flagged = slot.abnormal in {"high", "low", "conflict"}
        return f"({self.words.say('flag', str(slot.abnormal))})" if flagged else ""

    def _work(self) -> str:
        lines: list[str] = []
        for work in self.advice.work:
            lines.append(f"- {self.words.say('step', work.step.row)}")
            lines += [self._examined(e) for e in work.examined]
        return "\n".join(lines)

    def _examined(self, each: Examined) -> str:
        name = self.words.examination(each.key)
        if not each.checked:
            return f"  - {name}: {self.words.say('status', 'not-checked')}"
        if each.done is None:
            return f"  - [ ] {name}"
        title, when = escape(each.done.text), day(each.done.taken, self.words)
        return f"  - [x] {name}: {title} ({when})"

    # -- reasons and duties ----------------------------------------------------------------------

    def _why(self) -> str:
        finding = self.advice.criteria
        inner = [e for f in finding.walk() for e in f.evidence] if finding else []
        wanted = frozenset([*inner, *self.advice.evidence])
        texts = texts_by_reference(self.record, wanted, self.words)
        lines: list[str] = []
        if finding:
            parts = finding.parts if finding.id == "route" else (finding,)
            known = set(parts[0].evidence)
            told = [p for p in parts if p is parts[0] or not known.issuperset(p.evidence)]
            lines = [line for part in told for line in why(part, texts, self.words)]
        lines += [f"- [x] {texts[e]}" for e in self.advice.evidence if e in texts]
        return self._section("why", "\n".join(lines))

    def _duties(self) -> list[str]:
        """Give what follows from the referral; the receiver registers, never the referrer."""
        advice = self.advice
        rows = self.pathway.duties.get(advice.topic, ())
        if advice.topic == "dkRoute" and not (advice.work or advice.why == "sign"):
            rows = rows[:2] if advice.targets else ()
        rows += tuple(r for t in advice.targets for r in self.pathway.duties.get(t, ()))
        return [self.words.say("duty", row) for row in rows]
