"""What the body of every card has: parts, headings, what was not checked, and the source."""

from abc import ABC, abstractmethod

from cards.advice import Advice, Assessment
from cards.markdown import bullets
from cards.outline import edition
from cards.pathways.form import Pathway
from cards.reasons import not_checked
from cards.words import Words


class Body(ABC):
    """One body being written."""

    def __init__(
        self, advice: Advice, assessment: Assessment, pathway: Pathway, words: Words
    ) -> None:
        """Keep what is advised, the chart it rests on, and the words to say it in."""
        self.advice, self.assessment = advice, assessment
        self.chart, self.record = assessment.chart, assessment.chart.record
        self.pathway, self.words = pathway, words

    def text(self) -> str:
        """Give the body in GitHub-flavoured Markdown without HTML."""
        return "\n\n".join(part for part in self.parts() if part)

    @abstractmethod
    def parts(self) -> list[str]:
        """Give the parts in order; an empty one is left out."""

    def _section(self, heading: str, body: str) -> str:
        return f"{self.words.say('heading', heading)}:\n\n{body}" if body else ""

    def _not_checked(self, shown: frozenset[str] = frozenset()) -> str:
        """Give what was not read or is another's; `shown`: what stands in the card already."""
        words = self.words
        lines = [
            f"{words.say('source', key)}: {words.say('source', reason)}"
            for key, reason in not_checked(self.advice, self.assessment)
        ]
        places = {u.reference for u in self.record.unread if u.reason.id != "foreignPatient"}
        places -= shown
        if places:
            lines.append(words.say("phrase", "unreadCount", count=len(places)))
        if self.record.foreign:
            lines.append(words.say("phrase", "foreignCount", count=self.record.foreign))
        return self._section("notChecked", bullets(lines))

    def _cited(self, *, aged: bool) -> str:
        """Give the source and, of a card about results (`aged`), which limit is not in it."""
        guideline = self.pathway.guideline
        cited = f"[{edition(guideline, self.words.language)}]({guideline.url})"
        lines = [f"{self.words.say('heading', 'source')}: {cited}"]
        if aged:
            days = self.chart.rules.result_max_age_days
            lines.append(self.words.say("phrase", "outsideWindow", days=days))
        if self.advice.topic == "acuteCalcium":
            lines.append(self.words.say("phrase", "outsideCalcium"))
        return " · ".join(lines)
