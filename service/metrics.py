"""What Prometheus reads at /metrics: of one process, or of all that one supervisor started.

Several processes write into files of one folder (`share`), so that it does not matter which of them
is asked; a process that has ended counts in counters, and no longer in gauges.
"""

import os
import re
import tempfile
from pathlib import Path
from typing import Literal

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 5)


_FOLDER = "PROMETHEUS_MULTIPROC_DIR"  # the library looks there when it is imported


def share() -> None:
    """Let the processes that are started from now on count together."""
    os.environ[_FOLDER] = tempfile.mkdtemp(prefix="vidare-metrics-")


class Metrics:
    """The metrics of one application.

    No label tells of a patient: services, topics, sources and outcomes are names of ours.
    """

    def __init__(self) -> None:
        """Begin at nothing."""
        self.registry = CollectorRegistry()
        self._children: dict[tuple[Counter, tuple[str, ...]], Counter] = {}
        self.calls = self._counter("calls", "Hook calls", "service", "outcome")
        self.seconds = Histogram(
            "vidare_call_seconds",
            "Time from the first byte read to the answer",
            ["service"],
            registry=self.registry,
            buckets=_SECONDS,
        )
        self.advice = self._counter("advice", "Advice given or left unsaid", "topic", "shown")
        self.sources = self._counter("sources", "Prefetch keys by outcome", "key", "outcome")
        self.feedback = self._counter("feedback", "Feedback entries", "outcome")
        self.refusals = self._counter("refusals", "Requests refused, by reason", "code")
        self.kept = self._counter("journal_kept", "Entries made safe, by where", "place")
        self.stored = self._counter("journal_stored", "Entries written from the spool")
        self.unkept = self._counter("journal_unkept", "Calls answered before their entry was safe")
        self.refused = self._counter("journal_refused", "Entries that cannot be read or stored")
        self.lookups = self._counter("snooze_lookups", "Look-ups of dismissed cards", "outcome")
        self.journal_queue = self._gauge(
            "journal_queue", "Entries waiting to be made safe", "livesum"
        )
        self.spool_bytes = self._gauge("spool_bytes", "Bytes waiting for the database", "livesum")
        self.database_up = self._gauge(
            "database_up", "1 while the database takes entries", "livemin"
        )

    def count(self, counter: Counter, *labels: str) -> None:
        """Add one under these labels; which counter that is, is kept at hand."""
        child = self._children.get((counter, labels))
        if child is None:
            child = self._children[counter, labels] = counter.labels(*labels)
        child.inc()

    def text(self) -> bytes:
        """Give the metrics in Prometheus' text format."""
        folder = os.environ.get(_FOLDER)
        if folder is None:
            return generate_latest(self.registry)
        for process in _ended(Path(folder)):
            mark_process_dead(process, folder)  # type: ignore[no-untyped-call] # it has no types
        together = CollectorRegistry()
        MultiProcessCollector(together, path=folder)  # type: ignore[no-untyped-call] # it has none
        return generate_latest(together)

    def _counter(self, name: str, meaning: str, *labels: str) -> Counter:
        return Counter(f"vidare_{name}", meaning, labels, registry=self.registry)

    def _gauge(self, name: str, meaning: str, together: Literal["livesum", "livemin"]) -> Gauge:
        return Gauge(f"vidare_{name}", meaning, registry=self.registry, multiprocess_mode=together)


def _ended(folder: Path) -> set[int]:
    """Give the processes that left gauges behind and run no longer."""
    names = (re.search(r"_(\d+)\.db$", path.name) for path in folder.glob("gauge_*.db"))
    return {process for name in names if name and not _runs(process := int(name[1]))}


def _runs(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True
