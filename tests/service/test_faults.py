"""The journal under faults: a real server, a real PostgreSQL, kills, stops and a full disk.

Eight clients call (`FAULT_CALLS`; 2,000 in .ci/run) and give feedback on their cards. In the
meantime the server is killed with SIGKILL five times, PostgreSQL is stopped and started twice, and
the disk of the spool is full once (its files may not grow: RLIMIT_FSIZE of the running process).
Afterwards every feedback that was acknowledged is in the database exactly once, every answered call
is journalled, and nothing was answered with a 5xx.
"""

import json
import os
import resource
import signal
import threading
from collections import Counter
from datetime import datetime
from itertools import count

import httpx
from sqlalchemy import select

from service.database import opened, upgrade
from service.examples import example
from service.settings import ZONE
from service.tables import ADVICE, CALL, FEEDBACK
from tests.service.asking import JSON, PATIENT_VIEW
from tests.service.serving import Server

CLIENTS = 8
CALLS = int(os.environ.get("FAULT_CALLS", "400"))  # .ci/run makes 2,000
GAPS = json.loads(example("aos-gaps", "svf-patient-view", datetime.now(ZONE).date()))
PATIENT = GAPS["context"]["patientId"]


class Installation:
    """A server that is started again on the same port whenever it ends."""

    def __init__(self, folder, postgres):
        self.folder, self.postgres = folder, postgres
        self.url = postgres.new_url()
        with opened(self.url) as engine:
            upgrade(engine)
        self.server = self._started()
        self.base = self.server.base

    def _started(self, **more):
        return Server(
            self.folder,
            DATABASE_URL=self.url,
            AUTH="off",
            SPOOL=self.folder / "spool",
            SNOOZE_DAYS=0,
            LOG_LEVEL="WARNING",
            **more,
        )

    def kill(self):
        port = self.server.port
        self.server.process.send_signal(signal.SIGKILL)
        self.server.process.wait()
        self.server = self._started(PORT=port)

    def full_disk(self, full):
        """Let no file of the server grow, or let them grow again."""
        most = 0 if full else resource.RLIM_INFINITY
        pid = self.server.process.pid
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (most, resource.RLIM_INFINITY))

    def stop(self):
        self.server.process.terminate()
        self.server.process.wait()


class Client(threading.Thread):
    """An EHR: calls, and tells what became of each card; what fails it sends again."""

    def __init__(self, base, numbers, progress):
        super().__init__(daemon=True)
        self.base, self.numbers, self.progress = base, numbers, progress
        self.cards, self.told, self.wrong = [], [], Counter()
        self.failure = None

    def run(self):
        try:
            self._run()
        except Exception as error:  # noqa: BLE001 - it is raised in the test
            self.failure = error

    def _run(self):
        for number in self.numbers:
            if number >= CALLS:
                return
            text = json.dumps(GAPS).replace(PATIENT, f"pat-{number}").encode()
            cards = self._sent(PATIENT_VIEW, text).json()["cards"]
            assert len(cards) == 1
            self.cards += [card["uuid"] for card in cards]
            told = [self._feedback(card, number) for card in cards]
            self._sent(f"{PATIENT_VIEW}/feedback", json.dumps({"feedback": told}).encode())
            self.told += [(item["card"], item["outcome"]) for item in told]
            self.progress(number)

    def _feedback(self, card, number):
        time = "2026-03-02T12:00:00Z"
        if number % 2:
            why = {"reason": {"code": "explained"}}
            outcome = {"outcome": "overridden", "overrideReason": why}
        else:
            chosen = [{"id": card["suggestions"][0]["uuid"]}]
            outcome = {"outcome": "accepted", "acceptedSuggestions": chosen}
        return {"card": card["uuid"], "outcomeTimestamp": time, **outcome}

    def _sent(self, path, body):
        while True:
            try:
                response = httpx.post(
                    self.base + path, content=body, headers=JSON, timeout=30, trust_env=False
                )
            except httpx.TransportError:
                continue  # killed, and not started again yet
            if response.status_code == 200:
                return response
            self.wrong[response.status_code] += 1


def test_what_was_acknowledged_is_in_the_database_once_whatever_failed(tmp_path, postgres):
    place = Installation(tmp_path, postgres)
    reached, done = threading.Condition(), count(1)
    state = {"done": 0}

    def progress(_number):
        with reached:
            state["done"] = next(done)
            reached.notify_all()

    numbers = count()  # one for all clients: taking the next is atomic

    def await_calls(wanted):
        with reached:
            assert reached.wait_for(lambda: state["done"] >= wanted, timeout=300), state

    clients = [Client(place.base, numbers, progress) for _ in range(CLIENTS)]
    for client in clients:
        client.start()
    faults = [place.kill, "database", place.kill, "disk", place.kill, "database", place.kill]
    faults.append(place.kill)
    step = CALLS // (len(faults) + 2)
    for turn, fault in enumerate(faults, 1):
        await_calls(turn * step)
        if fault == "database":
            postgres.stop("immediate")
            await_calls(turn * step + step // 2)  # calls are answered while it is down
            postgres.start()
        elif fault == "disk":
            place.full_disk(True)
            await_calls(turn * step + step // 2)
            place.full_disk(False)
        else:
            fault()
    for client in clients:
        client.join(timeout=300)
    place.stop()
    assert [client.failure for client in clients] == [None] * CLIENTS
    assert sum((client.wrong for client in clients), Counter()) == Counter()
    with opened(place.url) as engine, engine.connect() as connection:
        advice = [row.id for row in connection.execute(select(ADVICE.c.id))]
        told = [
            (row.card, row.outcome)
            for row in connection.execute(select(FEEDBACK.c.card, FEEDBACK.c.outcome))
        ]
        calls = connection.execute(select(CALL.c.id)).all()
    answered = [card for client in clients for card in client.cards]
    assert len(answered) == CALLS
    assert len(calls) >= CALLS
    assert set(answered) <= set(advice)
    assert Counter(told) == Counter(pair for client in clients for pair in client.told)
    assert not list((tmp_path / "spool").glob("*.unread"))
