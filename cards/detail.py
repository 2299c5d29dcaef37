"""The body of a card: what to do, a table, the reasons as an outline, source and edition."""

from functools import lru_cache

from cards.assessment import Advice, Assessment, very_low_hb
from cards.body import Body
from cards.completeness import is_whole
from cards.evidence import (
    active_cancers,
    diagnosis_text,
    earlier_cancers,
    facts,
    must_be_read,
    slot_day,
    slot_notes,
    slot_value,
    texts_by_reference,
    unclear_cancers,
)
from cards.markdown import bullets, escape, table
from cards.outline import why
from cards.panel import SlotStatus
from cards.pathways.form import Pathway
from cards.reasons import dismissed_text, several, shows_panel
from cards.record import Diagnosis
from cards.summary import lacking, remains, total
from cards.terminology import TERMS
from cards.words import WORDS, Words

_EIGHTEEN = 18
_OF_CUP = ("cupRefer", "cupCheck", "cupAsk", "cupExcluded")


def detail(advice: Advice, assessment: Assessment, pathway: Pathway, words: Words) -> str:
    """Give the detail of a card in GitHub-flavoured Markdown without HTML."""
    return _Body(advice, assessment, pathway, words).text()


class _Body(Body):
    """One detail being written."""

    def parts(self) -> list[str]:
        return [
            self._urgent(),
            f"**{self.words.say('do', self._do())}**",
            dismissed_text(self.advice, self.words),
            self._remarks(),
            self._lacking(),
            self._panel(),
            self._why(),
            self._facts(),
            self._ask(),
            self._not_checked(self._shown()),
            self._cited(aged=shows_panel(self.advice)),
        ]

    def _do(self) -> str:
        advice = self.advice
        if advice.topic == "data":
            return f"data_{advice.why}"
        if advice.topic == "aosCheck" and advice.updates:
            done = all(is_whole(d, self.pathway, self.chart) for d in advice.updates)
            return "aosCheck_complete" if done else "aosCheck"
        if advice.topic == "cupAsk" and advice.why:
            return f"cupAsk_{advice.why}"
        return self._missing() if advice.topic == "aosMissing" else advice.topic

    def _missing(self) -> str:
        """Name what to do about a panel with gaps: only what is missing is to be ordered."""
        todo = remains(self.assessment)
        if self.advice.updates:
            look = todo in {"both", "look"}
            return "aosMissing_sign_look" if look else "aosMissing_sign"
        return "aosMissing" if todo == "order" else f"aosMissing_{todo}"

    def _urgent(self) -> str:
        """X5: a very low Hb is said before anything else."""
        if self.advice.pathway != "aos" or not very_low_hb(self.chart):
            return ""
        hb = slot_value(self.chart.slots["hb"], self.words)
        return f"**{self.words.say('phrase', 'veryLowHb', value=hb)}**"

    def _remarks(self) -> str:
        return bullets([*self._cancer_remarks(), *self._other_remarks()])

    def _cancer_remarks(self) -> list[str]:
        topic, words = self.advice.topic, self.words
        lines = []
        if topic in {"cupRefer", "cupCheck", "cupAsk"}:
            lines += [
                words.say("phrase", "earlierCancer", text=diagnosis_text(d, words))
                for d in earlier_cancers(self.record)
            ]
        if topic in {"cupExcluded", "aosSpecific"}:
            lines += [diagnosis_text(d, words) for d in self._not_among_reasons()]
            codes = [c for o in self.advice.redirects if (c := TERMS.svf_start(o))]
            if codes:
                lines.append(words.say("phrase", "treatedBy", codes=", ".join(codes)))
            lines.append(words.say("phrase", f"ifOver_{self.pathway.id}"))
        elif self.advice.pathway is not None and topic not in {"underAge", "duplicate"}:
            lines += [
                words.say("phrase", "unclearCancer", text=diagnosis_text(d, words))
                for d in unclear_cancers(self.record)
            ]
        if topic == "aosIronDeficiency":
            lines += [self._redirect(o) for o in self.advice.redirects]
            if self.chart.slots["crp"].abnormal == "high":
                lines.append(words.say("phrase", "ferritinCrp"))
        return lines

    def _not_among_reasons(self) -> list[Diagnosis]:
        """Give the active cancers that the card does not name as its reason."""
        finding = self.advice.criteria
        told = set(finding.evidence) if finding else set()
        return [d for d in active_cancers(self.record) if (d.reference or d.text) not in told]

    def _redirect(self, organ: str) -> str:
        name = self.words.concept(f"organ.{organ}")
        return self.words.say("phrase", "redirect", name=name, code=TERMS.svf_start(organ))

    def _other_remarks(self) -> list[str]:
        topic, words, record = self.advice.topic, self.words, self.record
        lines = []
        if topic == "cupRefer" and any(o.pathway == "aos" for o in self.chart.drafts):
            lines.append(words.say("phrase", "insteadOfAos"))
        if shows_panel(self.advice) and self.chart.slots["psa"].abnormal == "high":
            lines.append(words.say("phrase", "psaHigh"))
        if topic in {"cupRefer", "cupCheck", "acuteCord"} and record.having(
            "pathological_fracture"
        ):
            lines.append(words.say("phrase", "fracture"))
        if topic in _OF_CUP and record.age() == _EIGHTEEN:
            lines.append(words.say("phrase", "eighteen"))
        if record.pregnant():
            lines.append(words.say("phrase", "pregnancy"))
        if topic in {"cupRefer", "cupCheck"}:
            lines += [
                words.say("phrase", "contrastRisk", text=escape(r.text))
                for r in record.contrast_risks
            ]
        return lines + several(self.advice, words)

    def _gaps(self) -> list[SlotStatus]:
        """Give the slots that stand in the card's table of gaps."""
        return lacking(self.assessment) if self.advice.topic == "aosMissing" else []

    def _lacking(self) -> str:
        rows = [
            (
                self.words.slot(s.slot, short=False),
                self.words.say("status", s.status),
                slot_value(s, self.words),
                slot_day(s),
                slot_notes(s, self.words),
            )
            for s in self._gaps()
        ]
        if not rows:
            return ""
        columns = ("test", "status", "value", "date", "note")
        return table([self.words.say("column", c) for c in columns], rows)

    def _panel(self) -> str:
        """Give what is answered: a count, the abnormal values, and what to know of the answers."""
        if not shows_panel(self.advice):
            return ""
        slots = [s for s in self.chart.slots.values() if s.status == "answered"]
        words = self.words
        count = words.say("phrase", "answeredCount", count=len(slots), total=total(self.assessment))
        rows = [
            (
                words.slot(s.slot, short=False),
                slot_value(s, words),
                flag,
                slot_day(s),
                slot_notes(s, words),
            )
            for s in slots
            if (flag := self._flag(s)) or s.notes
        ]
        if not rows:
            return count
        columns = [words.say("column", c) for c in ("test", "value", "flag", "date", "note")]
        return f"{count}\n\n{table(columns, rows)}"

    def _flag(self, slot: SlotStatus) -> str:
        """Give what is to be seen in an answer: a verdict, or that its words must be read."""
        if slot.abnormal in {"high", "low", "conflict"}:
            return self.words.say("flag", slot.abnormal)
        return self.words.say("flag", "read") if must_be_read(slot) else ""

    def _why(self) -> str:
        finding = self.advice.criteria
        inner = [e for f in finding.walk() for e in f.evidence] if finding else []
        wanted = frozenset([*inner, *self.advice.evidence])
        texts = texts_by_reference(self.record, wanted, self.words)
        lines = why(finding, texts, self.words) if finding else []
        lines += [f"- [x] {texts[e]}" for e in self.advice.evidence if e in texts]
        return self._section("why", "\n".join(lines))

    def _facts(self) -> str:
        if not shows_panel(self.advice):
            return ""
        lines = [*facts(self.chart, self.words)]
        if lines:
            lines.append(self.words.say("phrase", "noLimit"))
        return self._section("facts", bullets(lines))

    def _ask(self) -> str:
        refers = self.advice.refer or self.advice.updates
        code = self.pathway.registration if refers else ""
        secret = self.record.person.protected
        female = self.record.person.sex == "female"
        asked = _asked(self.advice.ask, code, self.words.language, secret=secret, female=female)
        return self._section("confirm", asked)

    def _shown(self) -> frozenset[str]:
        """Give the results that stand in the table of gaps."""
        results = (r for s in self._gaps() for r in s.results)
        return frozenset(r.reference for r in results if r.reference)


@lru_cache(maxsize=256)
def _asked(
    ask: tuple[str, ...], registration: str, language: str, *, secret: bool, female: bool
) -> str:
    """Give what only a clinician can confirm, and the code to register where one is.

    Of a protected identity (`secret`) nobody is asked to write down the phone.
    """
    words = WORDS[language]
    lines = [
        words.say("phrase", "phonesProtected")
        if secret and each == "phones"
        else words.say("ask", "noOrganSigns_female" if female and each == "noOrganSigns" else each)
        for each in ask
    ]
    if registration:
        lines.append(words.say("phrase", "registration", code=registration))
    return bullets(lines)
