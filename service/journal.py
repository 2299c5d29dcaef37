"""The journal: what was advised, what became of it, and what was dismissed.

An entry is appended to the spool and fsynced before its answer is sent; many calls share one fsync.
A thread behind it writes the spool into the database, as often as it takes: entries bear ids, so
each is stored once. Where the spool cannot be written, the entry goes into the database before the
answer; where neither can, a call is answered all the same (and kept in memory), feedback is not.
"""

import asyncio
import logging
import threading
import time
from collections.abc import Iterable, Sequence
from contextlib import suppress

import msgspec
from sqlalchemy import Engine

from service.batching import Batches, Overfull
from service.database import Failure, reading, sqlite_file
from service.entries import Called, Entry, entry_of, line_of
from service.errors import StartRefused
from service.logs import Line, write
from service.metrics import Metrics
from service.pseudonyms import Pseudonyms, secret_of_file, secrets_in
from service.settings import Settings
from service.snooze import Dismissed, Remembered, Topics, dismissals
from service.spool import Segment, Spool
from service.storing import Unstorable, store, store_each

PATIENCE = 0.15
"""Seconds that a look-up may take; then the card is shown."""
REST = 5.0
"""Seconds without look-ups after one that took too long."""
KEEPING = 2.0
"""Seconds that an answer waits for its entry to be safe."""
_TOGETHER = 500
_WAITING = 10_000
_GATHERING = 0.05
"""Seconds in which entries gather for one transaction: the database is behind by no more."""
_PAUSE = 1.0
_IDLE = 10.0


class NotKept(Exception):
    """Neither the spool nor the database took the entry."""


class Journal:
    """The journal of one process."""

    def __init__(
        self, engine: Engine, spool: Spool, pseudonyms: Pseudonyms, metrics: Metrics
    ) -> None:
        """Keep entries in the spool, then in the database of the engine."""
        self.pseudonyms = pseudonyms
        self._engine, self._spool, self._metrics = engine, spool, metrics
        self._reading = reading(engine)
        self._homeless: list[Entry] = []
        self._keeping = threading.Lock()
        self._keeper: Batches[Entry, None] = Batches(
            "journal-keep", self._keep, most=_TOGETHER, waiting=_WAITING
        )
        self._finder: Batches[tuple[bytes, ...], Remembered] = Batches(
            "journal-find", self._find, most=_TOGETHER, waiting=_WAITING
        )
        self._rest_until = 0.0
        self._fresh, self._closing = threading.Event(), threading.Event()
        self._writer: threading.Thread | None = None
        metrics.database_up.set(1)

    # -- on the event loop -----------------------------------------------------------------------

    async def remembered(self, patients: tuple[bytes, ...]) -> Remembered:
        """Give what was dismissed for a patient, by its hashes; nothing on any failure."""
        if time.monotonic() < self._rest_until:
            self._metrics.lookups.labels("rested").inc()
            return {}
        try:
            async with asyncio.timeout(PATIENCE):
                found = await self._finder.submit(patients)
        except TimeoutError:
            self._rest_until = time.monotonic() + REST
            self._metrics.lookups.labels("late").inc()
            return {}
        except (Failure, Overfull):
            self._metrics.lookups.labels("failed").inc()
            return {}
        self._metrics.lookups.labels("answered").inc()
        return found

    async def keep(self, *entries: Entry) -> None:
        """Return when the entries are safe; `NotKept` where they are not."""
        self._start()
        futures = [self._keeper.submit(entry) for entry in entries]
        try:
            async with asyncio.timeout(KEEPING):
                for future in futures:
                    await future
        except (TimeoutError, Overfull) as error:
            raise NotKept from error
        finally:
            for future in futures:
                if future.done() and not future.cancelled():
                    future.exception()  # seen: the first failure speaks for all

    async def note(self, entry: Called) -> None:
        """Keep a call; never raises: an answer does not fail for its journal."""
        try:
            await self.keep(entry)
        except NotKept:
            self._metrics.unkept.inc()
            _warn("a call was answered whose entry is not safe yet")

    # -- in threads ------------------------------------------------------------------------------

    def open(self) -> None:
        """Begin to write behind: what earlier processes left in the spool comes first."""
        self._start()

    def close(self) -> None:
        """Finish what waits; what the database does not take now stays in the spool."""
        self._keeper.close()
        self._finder.close()
        self._closing.set()
        self._fresh.set()
        if self._writer is not None:
            self._writer.join()
        try:
            self._write_own()
            self._spool.tidy(last=True)
        except (Failure, OSError):
            self._metrics.database_up.set(0)
        self._spool.close()

    def _start(self) -> None:
        if self._writer is None:
            self._writer = threading.Thread(target=self._write, name="journal-write", daemon=True)
            self._writer.start()

    def _find(self, patients: Sequence[tuple[bytes, ...]]) -> list[Remembered]:
        with self._reading.connect() as connection:
            found = dismissals(connection, {hashed for each in patients for hashed in each})
        return [
            {
                topic: last
                for hashed in reversed(each)
                for topic, last in found.get(hashed, {}).items()
            }
            for each in patients
        ]

    def _keep(self, entries: Sequence[Entry]) -> list[None]:
        with self._keeping:
            waiting = [*self._homeless, *entries]
            try:
                self._spool.append([line_of(entry) for entry in waiting])
                self._metrics.kept.labels("spool").inc(len(waiting))
            except OSError:
                self._keep_at_once(waiting)
            self._homeless.clear()
        self._metrics.journal_queue.set(self._keeper.waiting)
        self._metrics.spool_bytes.set(self._spool.bytes_waiting())
        self._fresh.set()
        return [None] * len(entries)

    def _keep_at_once(self, waiting: list[Entry]) -> None:
        """Store entries that the spool did not take; calls that nobody takes stay in memory."""
        try:
            self._store(waiting)
        except Failure:
            calls: list[Entry] = [entry for entry in waiting if isinstance(entry, Called)]
            self._homeless = calls[-_WAITING:]
            raise NotKept from None
        self._metrics.kept.labels("database").inc(len(waiting))

    def _store(self, entries: Sequence[Entry]) -> None:
        try:
            store(self._engine, entries)
            self._metrics.database_up.set(1)
        except Unstorable:
            refused = store_each(self._engine, entries)
            self._metrics.refused.inc(len(refused))
            self._spool.keep_unread([line_of(entry) for entry in refused])

    def _write(self) -> None:
        failing = False
        while not self._closing.is_set():
            self._fresh.clear()
            try:
                self._write_orphans()
                self._write_own()
            except Exception as error:  # noqa: BLE001 - whatever it is, this thread goes on trying
                if not failing:
                    _warn(f"the journal cannot be written: {type(error).__name__}")
                failing = True
                self._metrics.database_up.set(0)
                self._closing.wait(_PAUSE)
                continue
            failing = False
            if self._homeless:
                with suppress(NotKept):
                    self._keep([])
            if self._fresh.wait(_PAUSE if self._homeless else _IDLE):
                self._closing.wait(_GATHERING)

    def _write_own(self) -> None:
        for segment in self._spool.own():
            self._write_segment(segment)
            self._metrics.spool_bytes.set(self._spool.bytes_waiting())
        self._spool.tidy()

    def _write_orphans(self) -> None:
        for segment in self._spool.orphans():
            try:
                unread = self._write_segment(segment)
                segment.set_aside() if unread else segment.remove()
            finally:
                segment.close()

    def _write_segment(self, segment: Segment) -> int:
        """Store the lines of a segment; give how many cannot be read."""
        unread = 0
        lines, end = segment.lines(_TOGETHER)
        while lines:
            entries = []
            for line in lines:
                try:
                    entries.append(entry_of(line))
                except msgspec.MsgspecError:
                    unread += 1
            self._store(entries)
            self._metrics.stored.inc(len(entries))
            segment.taken = end
            lines, end = segment.lines(_TOGETHER)
        self._metrics.refused.inc(unread)
        return unread


def _warn(sentence: str) -> None:
    write(Line(event="journal", detail=sentence), logging.WARNING)


def _newest(found: Iterable[Remembered]) -> Remembered:
    """Give what is remembered under several secrets as one: of each topic the newest."""
    merged: dict[Topics, Dismissed] = {}
    for remembered in found:
        for topic, last in remembered.items():
            if topic not in merged or last.at > merged[topic].at:
                merged[topic] = last
    return merged


def open_journal(settings: Settings, engine: Engine, metrics: Metrics) -> Journal | None:
    """Give the journal of an installation; None where it keeps none.

    Raises `StartRefused` where it is kept in PostgreSQL and no secret is set.
    """
    if not settings.journal:
        return None
    return Journal(engine, Spool(settings.spool), Pseudonyms(_secrets(settings)), metrics)


def _secrets(settings: Settings) -> tuple[str, ...]:
    """Give the secrets of the keyed hashes; of a SQLite installation from a file beside its own."""
    if settings.journal_secrets is not None:
        return secrets_in(settings.journal_secrets.get_secret_value())
    file = sqlite_file(settings.database_url)
    if file is None:
        raise StartRefused(
            "VIDARE_JOURNAL_SECRETS is required with PostgreSQL, the same for every process;"
            " `openssl rand -hex 32` makes one."
        )
    return (secret_of_file(file.with_suffix(".secret")),)
