"""What was overridden with a reason is not said again until something has changed."""

from collections.abc import Collection, Mapping
from datetime import date, datetime
from typing import NamedTuple

import msgspec
from sqlalchemy import Connection, bindparam, select

from cards.assessment import Advice, Assessment, Dismissal
from cards.decision import may_sleep
from cards.rendering import OVERRIDES
from service.settings import ZONE
from service.tables import ADVICE, CALL, FEEDBACK

Topics = tuple[str, str | None]
"""A topic and its pathway."""


class Dismissed(NamedTuple):
    """The last feedback on a topic, where it was an override."""

    decision: bytes
    at: int
    reason_system: str | None
    reason: str | None
    commented: bool


Remembered = Mapping[Topics, Dismissed]


class Recalled(NamedTuple):
    """An assessment, and the same without the advice that sleeps."""

    whole: Assessment
    awake: Assessment
    decisions: tuple[tuple[bytes, ...], ...]
    """The keyed hashes of each advice's decision, under each secret."""


_LAST = (
    select(
        CALL.c.patient,
        ADVICE.c.topic,
        ADVICE.c.pathway,
        FEEDBACK.c.outcome,
        ADVICE.c.decision,
        FEEDBACK.c.at,
        FEEDBACK.c.reason_system,
        FEEDBACK.c.reason,
        FEEDBACK.c.commented,
    )
    .join_from(CALL, ADVICE, ADVICE.c.call == CALL.c.id)
    .join(FEEDBACK, (FEEDBACK.c.card == ADVICE.c.id) & (FEEDBACK.c.client == CALL.c.client))
    .where(CALL.c.patient.in_(bindparam("patients", expanding=True)))
    .order_by(FEEDBACK.c.at)
)


def dismissals(connection: Connection, patients: Collection[bytes]) -> dict[bytes, Remembered]:
    """Give what was last dismissed for each of the patients (keyed hashes), by topic."""
    found: dict[bytes, dict[Topics, Dismissed]] = {}
    rows = connection.execute(_LAST, {"patients": [*patients]})
    for patient, topic, pathway, outcome, *rest in rows:
        of_patient = found.setdefault(bytes(patient), {})
        if outcome == "overridden":
            of_patient[topic, pathway] = Dismissed(*rest)
        else:
            of_patient.pop((topic, pathway), None)
    return dict(found)


class Memory(NamedTuple):
    """How what is remembered bears on a call."""

    remembered: Remembered
    today: date
    days: int
    """How long a dismissed card sleeps; 0 for never."""
    system: str
    """The code system of our own reasons."""
    shadow: Collection[str] = ()
    """Pathways of which nothing is shown."""

    def recall(self, assessment: Assessment, decisions: tuple[tuple[bytes, ...], ...]) -> Recalled:
        """Leave out what sleeps or is in shadow; tell the rest of the last card on its topic."""
        awake: list[Advice] = []
        for advice, hashes in zip(assessment.advice, decisions, strict=True):
            last = self.remembered.get((advice.topic, advice.pathway))
            if advice.pathway in self.shadow:
                continue
            if last is None:
                awake.append(advice)
            elif not self._sleeps(advice, assessment, last, hashes):
                told = self._dismissal(advice, last)
                awake.append(msgspec.structs.replace(advice, dismissed=told))
        said = msgspec.structs.replace(assessment, advice=tuple(awake))
        return Recalled(assessment, said, decisions)

    def _sleeps(
        self,
        advice: Advice,
        assessment: Assessment,
        last: Dismissed,
        decisions: Collection[bytes],
    ) -> bool:
        """Tell whether an advice stays unsaid; a dismissal without a reason silences nothing."""
        return (
            (last.reason is not None or last.commented)
            and (self.today - _day(last.at)).days < self.days
            and last.decision in decisions
            and may_sleep(advice, assessment)
        )

    def _dismissal(self, advice: Advice, last: Dismissed) -> Dismissal:
        ours = last.reason_system == self.system and last.reason in OVERRIDES[advice.topic]
        return Dismissal(_day(last.at), last.reason or "" if ours else "")


def _day(at: int) -> date:
    return datetime.fromtimestamp(at / 1000, ZONE).date()
