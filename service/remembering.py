"""A call with memory: what was dismissed is left unsaid, and what was said is kept."""

import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from uuid import UUID

import msgspec
from opentelemetry.trace import NoOpTracer, Tracer

from cards.assessment import Advice, Assessment
from cards.card import Response, Suggestion
from cards.decision import decision
from cards.pathways import PATHWAYS
from cards.pathways.form import Pathway
from cards.reasons import RULES_VERSION, shows_panel
from cards.source import Source
from service.answer import Desk
from service.clients import Client
from service.entries import Advised, Called, Kind, Shown, Suggested
from service.errors import NotFound, NotReady, Refusal
from service.feedback import Teller, read_feedback
from service.hooks import HookRequest, Service
from service.ids import new_id
from service.journal import Journal, NotKept
from service.logs import Line, write_exception
from service.metrics import Metrics
from service.snooze import Memory, Recalled

_MILLION = 1_000_000


class Trail(msgspec.Struct):
    """What is known of a call so far, for its entry in the journal."""

    service: Service
    language: str
    desk: Desk
    instance: str | None = None
    patients: tuple[bytes, ...] = ()
    """The keyed hashes of the patient, under each secret; the newest is kept."""
    sources: dict[str, str] = {}
    advice: tuple[Advised, ...] = ()
    outcome: str = "answered"


class Remembering(msgspec.Struct, frozen=True):
    """What memory needs; without a journal nothing is remembered, and nothing kept."""

    journal: Journal | None
    metrics: Metrics
    tracer: Tracer = NoOpTracer()
    candidates: Mapping[str, Pathway] = {}
    """Pathways in an edition that is not in force: judged beside, kept, never shown."""

    @asynccontextmanager
    async def keeping(self, trail: Trail) -> AsyncIterator[None]:
        """Count the call that is answered inside, and keep it when it is over, refused or not."""
        began = time.perf_counter_ns()
        with self.tracer.start_as_current_span(
            "call", record_exception=False, set_status_on_exception=False
        ) as span:
            try:
                yield
            except Exception as error:
                trail.outcome = error.code if isinstance(error, Refusal) else "internal"
                raise
            finally:
                spent = time.perf_counter_ns() - began
                self._count(trail, spent)
                if span.is_recording():
                    span.set_attributes(_attributes(trail))
                if self.journal is not None:
                    await self.journal.note(_entry(trail, spent))

    def follow(self, trail: Trail, call: HookRequest, sources: Mapping[str, Source]) -> None:
        """Note whom a call is about, as keyed hashes, and what became of its sources."""
        trail.instance = call.instance
        trail.sources = {key: source.outcome for key, source in sources.items()}
        if self.journal is not None:
            client = trail.desk.client.name
            trail.patients = self.journal.pseudonyms.patients(
                client, call.fhir_server, call.patient_id
            )

    async def recalled(self, assessment: Assessment, trail: Trail) -> Recalled:
        """Tell what sleeps from what is said; on any failure everything is said."""
        journal, client, settings = self.journal, trail.desk.client, trail.desk.settings
        system = f"{settings.canonical}/CodeSystem/override-reason"
        days = settings.snooze_days if client.snooze_days is None else client.snooze_days
        if journal is None or not assessment.advice:
            nothing = Memory({}, trail.desk.today, days, system, client.shadow)
            return nothing.recall(assessment, ((),) * len(assessment.advice))
        digests = [decision(advice, assessment) for advice in assessment.advice]
        hashes = tuple(journal.pseudonyms.decisions(trail.patients, d) for d in digests)
        remembered = await journal.remembered(trail.patients) if days else {}
        memory = Memory(remembered, trail.desk.today, days, system, client.shadow)
        return memory.recall(assessment, hashes)

    def beside(
        self, judging: Callable[[Mapping[str, Pathway]], Assessment], trail: Trail
    ) -> tuple[Advised, ...]:
        """Give the entries of what the candidates would say; none where they fail.

        What they do is logged and costs no answer.
        """
        try:
            assessment = judging(self.candidates)
        except Exception as error:  # noqa: BLE001 - rules on trial must not cost an answer
            write_exception(Line(event="candidate", service=trail.service.id), error)
            return ()
        found = []
        for advice in assessment.advice:
            pathway = self.candidates.get(advice.pathway or "")
            if pathway is not None:
                hashed = _first(self.journal, trail, decision(advice, assessment))
                entry = _advised(advice, assessment, new_id(), "candidate", (hashed,))
                found.append(msgspec.structs.replace(entry, edition=pathway.guideline.edition))
        return tuple(found)

    async def told(self, body: bytes, service: Service, client: Client) -> None:
        """Keep the feedback in a body; returns once it is safe, in the spool or the database.

        `BadRequest` names the items that cannot be read, those that can having been kept;
        `NotReady` (503) where nothing could be kept: sent again it is stored once.
        """
        if self.journal is None:
            raise NotFound("This installation takes no feedback.", code="feedback-off")
        received = time.time_ns() // _MILLION
        teller = Teller(client.name, service.id, received, self.journal.pseudonyms)
        read = read_feedback(body, teller)
        try:
            await self.journal.keep(*read.entries)
        except NotKept:
            raise NotReady("The feedback could not be kept; send it again.") from None
        for entry in read.entries:
            self.metrics.feedback.labels(entry.outcome).inc()
        if read.faults:
            fault, *others = read.faults
            fault.others = tuple(others)
            raise fault

    def _count(self, trail: Trail, spent: int) -> None:
        metrics, service = self.metrics, trail.service.id
        metrics.count(metrics.calls, service, trail.outcome)
        metrics.seconds.labels(service).observe(spent / 1e9)
        for entry in trail.advice:
            metrics.count(metrics.advice, entry.topic, entry.shown)
        for key, outcome in trail.sources.items():
            metrics.count(metrics.sources, key, outcome)


def _first(journal: Journal | None, trail: Trail, digest: bytes) -> bytes:
    return journal.pseudonyms.decisions(trail.patients, digest)[0] if journal else b""


def _attributes(trail: Trail) -> dict[str, str | int]:
    """Give what a span may say of a call: names of ours, and counts."""
    return {
        "vidare.service": trail.service.id,
        "vidare.outcome": trail.outcome,
        "vidare.cards": sum(entry.shown == "shown" for entry in trail.advice),
        **{f"vidare.source.{key}": outcome for key, outcome in trail.sources.items()},
    }


def _entry(trail: Trail, spent: int) -> Called:
    return Called(
        id=new_id(),
        at=time.time_ns() // _MILLION,
        client=trail.desk.client.name,
        service=trail.service.id,
        hook=trail.service.hook,
        instance=_uuid(trail.instance),
        patient=trail.patients[0] if trail.patients else None,
        rules=RULES_VERSION,
        language=trail.language,
        milliseconds=spent // _MILLION,
        outcome=trail.outcome,
        sources=trail.sources,
        advice=trail.advice,
    )


def _uuid(text: str | None) -> str | None:
    """Give a UUID in its usual spelling; None for what may say anything."""
    try:
        return None if text is None else str(UUID(text))
    except ValueError:
        return None


def advised(recalled: Recalled, response: Response, desk: Desk) -> tuple[Advised, ...]:
    """Give the entries of all advice: a card each, or why there was none."""
    cards = iter(response.cards)
    awake = {(advice.topic, advice.pathway) for advice in recalled.awake.advice}
    found = []
    for advice, hashes in zip(recalled.whole.advice, recalled.decisions, strict=True):
        if (advice.topic, advice.pathway) not in awake:
            shown: Shown = "shadow" if advice.pathway in desk.client.shadow else "asleep"
            entry = _advised(advice, recalled.whole, new_id(), shown, hashes)
        else:
            card = next(cards)
            entry = _advised(advice, recalled.whole, card.uuid, "shown", hashes)
            kinds = _kinds(card.suggestions or (), advice, desk)
            entry = msgspec.structs.replace(entry, suggestions=kinds)
        found.append(entry)
    return tuple(found)


def _advised(
    advice: Advice, assessment: Assessment, id_: str, shown: Shown, hashes: tuple[bytes, ...]
) -> Advised:
    pathway = PATHWAYS[advice.pathway] if advice.pathway else None
    asked = [s.status for s in assessment.chart.slots.values() if s.status != "not-applicable"]
    panel = shows_panel(advice)
    return Advised(
        id=id_,
        topic=advice.topic,
        indicator=advice.indicator,
        shown=shown,
        decision=hashes[0] if hashes else b"",
        pathway=advice.pathway,
        edition=pathway.guideline.edition if pathway else None,
        answered=asked.count("answered") if panel else None,
        asked=len(asked) if panel else None,
        suggestions=(),
    )


def _kinds(suggestions: Sequence[Suggestion], advice: Advice, desk: Desk) -> tuple[Suggested, ...]:
    """Tell what accepting each suggestion does.

    Orders of tests come first, those of examinations last, one each or all in one.
    """
    most = len(suggestions) if desk.client.one_action_per_suggestion else 1
    tests = min(most, len(advice.order))
    last = sum(min(most, len(each)) for each in (advice.examine, advice.unless_operated))
    last += len(advice.measure)
    found = []
    for place, suggestion in enumerate(suggestions):
        ordered = place < tests or place >= len(suggestions) - last
        kind: Kind = "order" if ordered else "referral"
        if suggestion.actions[0].type == "update":
            kind = "update"
        found.append(Suggested(suggestion.uuid, kind))
    return tuple(found)
