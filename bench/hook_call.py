"""A full hook call over HTTP: 50 against 1,000 Observations, and against fhir.resources.

The rival is the same service, answering the same call with the same cards, whose request is read
through fhir.resources (R4B) first, as a service would that models FHIR to read it. It then reads
the values it needs as ours does, which adds a few per cent to its cost; the models are the rest.
"""

import http.client
import json
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from service.examples import example

CASE, SERVICE = "aos-gaps", "svf-patient-view"
ROUNDS = 7
SECONDS = 0.8
LEAST_SPEED_UP = 20
MOST_GROWTH = 15


def call_with(observations: int) -> bytes:
    """Give an example call with that many Observations in its laboratory prefetch."""
    call = json.loads(example(CASE, SERVICE, datetime.now(tz=UTC).date()))
    own = call["prefetch"]["observations"]["entry"]
    entries = []
    for number in range(observations):
        entry = json.loads(json.dumps(own[number % len(own)]))
        entry["resource"]["id"] = f"obs-{number}"
        entry["fullUrl"] = f"https://ehr.example/fhir/Observation/obs-{number}"
        entries.append(entry)
    call["prefetch"]["observations"] |= {"entry": entries, "total": observations}
    return json.dumps(call).encode()


@contextmanager
def served(module: str) -> Iterator[http.client.HTTPConnection]:
    """Serve an application on a free port of loopback, and give a kept-alive connection to it."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", module, str(port)]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as process:
        try:
            yield _connected(port)
        finally:
            process.terminate()


def _connected(port: int) -> http.client.HTTPConnection:
    deadline = time.monotonic() + 60
    while True:
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
            connection.connect()
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)
        else:
            return connection


def seconds_per_call(connection: http.client.HTTPConnection, body: bytes) -> float:
    """Give the mean time of a call over most of a second of calls, one after the other."""
    headers = {"Content-Type": "application/json"}
    count, start = 0, time.perf_counter()
    while time.perf_counter() - start < SECONDS:
        connection.request("POST", f"/cds-services/{SERVICE}", body, headers)
        answer = connection.getresponse()
        cards = answer.read()
        if answer.status != http.client.OK or b"aosMissing" not in cards:
            raise RuntimeError(f"the call was not answered: HTTP {answer.status}")
        count += 1
    return (time.perf_counter() - start) / count


def main() -> None:
    """Run both comparisons and print the table; exits with 1 where an expectation is missed."""
    small, large = call_with(50), call_with(1000)
    with served("bench.ours") as ours, served("bench.rival") as rival:
        for connection in (ours, rival):
            seconds_per_call(connection, small)
        rounds = [
            (
                seconds_per_call(ours, small),
                seconds_per_call(rival, small),
                seconds_per_call(ours, large),
            )
            for _ in range(ROUNDS)
        ]
    speed_up = statistics.median(theirs / own for own, theirs, _ in rounds)
    growth = statistics.median(big / own for own, _, big in rounds)
    own, theirs, big = (statistics.median(column) for column in zip(*rounds, strict=True))
    print("| hook call over HTTP | ms per call | calls/s |")
    print("|---|---|---|")
    print(f"| Vidare, 50 Observations | {own * 1e3:.2f} | {1 / own:.0f} |")
    print(f"| read through fhir.resources, 50 | {theirs * 1e3:.2f} | {1 / theirs:.0f} |")
    print(f"| Vidare, 1,000 Observations | {big * 1e3:.2f} | {1 / big:.0f} |")
    print(f"\nthroughput against fhir.resources: {speed_up:.1f} times (at least {LEAST_SPEED_UP})")
    print(f"cost of 20 times the data: {growth:.1f} times (at most {MOST_GROWTH})")
    if speed_up < LEAST_SPEED_UP or growth > MOST_GROWTH:
        sys.exit(1)
