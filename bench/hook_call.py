"""A full hook call over HTTP: against fhir.resources, and 50 against 1,000 Observations.

*Throughput* is what a saturated server gives (see `bench.load`), measured alike on every side.
It sways where other work runs on the machine; the server's own CPU per call, printed beside it,
hardly does.

The rivals are the same service, giving the same cards to the same call, whose request is read
through fhir.resources (R4B) first, as a service would that models FHIR to read it. There are two,
and both are printed:

- "models built, then thrown away" builds the models and reads the body as ours does. It shows what
  the models alone cost, but its data never came through them: no service is written so.
- "data taken from the models" goes on with what the models hold, as they write it
  (`model_dump_json`). The expectation is held against this one. A service whose rules ask the
  models member by member would lie between the two.

The last line is disturbed by no machine's speed: the CPU of answering, without a socket, as a
multiple of `json.loads` of the same body.
"""

import asyncio
import json
import statistics
import sys
import time
from datetime import UTC, datetime

from starlette.types import ASGIApp, Message

from bench.load import Speed, request_for, served, speed
from bench.ours import settings
from service.app import create_app
from service.examples import example
from service.hooks import SERVICES

CASE, SERVICE = "aos-gaps", SERVICES[0]
EXPECTED = b"aosMissing"
ROUNDS = 11
SECONDS = 0.8
CALLS = 100
LEAST_SPEED_UP = 20
MOST_GROWTH = 15
PARSING_GOAL = 0.6
"""What the prototypes, whose cards were short, needed of the time of `json.loads`: a goal."""


def call_with(observations: int) -> bytes:
    """Give an example call with that many Observations in its laboratory prefetch.

    It is written as EHRs write JSON: in UTF-8, and without spaces.
    """
    call = json.loads(example(CASE, SERVICE.id, datetime.now(tz=UTC).date()))
    own = call["prefetch"]["observations"]["entry"]
    entries = []
    for number in range(observations):
        entry = json.loads(json.dumps(own[number % len(own)]))
        entry["resource"]["id"] = f"obs-{number}"
        entry["fullUrl"] = f"https://ehr.example/fhir/Observation/obs-{number}"
        entries.append(entry)
    call["prefetch"]["observations"] |= {"entry": entries, "total": observations}
    return json.dumps(call, ensure_ascii=False, separators=(",", ":")).encode()


async def in_parsings(body: bytes) -> float:
    """Give the CPU of answering a body as a multiple of the CPU of `json.loads` of it."""
    app = create_app(settings())
    rounds = []
    async with app.router.lifespan_context(app):
        for _ in range(ROUNDS):
            start = time.process_time()
            for _ in range(CALLS):
                await _answered(app, body)
            middle = time.process_time()
            for _ in range(CALLS):
                json.loads(body)
            rounds.append((middle - start) / (time.process_time() - middle))
    return statistics.median(rounds)


async def _answered(app: ASGIApp, body: bytes) -> None:
    """Have a call answered in this process, without a socket."""

    async def receive() -> Message:
        return {"type": "http.request", "body": body}

    async def send(message: Message) -> None:
        if message.get("status", 200) != 200:
            raise RuntimeError(f"the call was not answered: {message['status']}")

    path = f"/cds-services/{SERVICE.id}"
    scope = {"type": "http", "method": "POST", "path": path, "query_string": b""}
    headers = [(b"host", b"bench"), (b"content-type", b"application/json")]
    await app(scope | {"headers": headers, "client": ("127.0.0.1", 1)}, receive, send)


def _compare(rounds: list[list[Speed]], side: int, what: str, expected: str) -> float:
    """Print how many times faster the first side is than another, and give it."""
    times = statistics.median(each[0].throughput / each[side].throughput for each in rounds)
    by_cpu = statistics.median(each[side].cpu / each[0].cpu for each in rounds)
    print(f"{what}: {times:.1f} times ({expected}by CPU {by_cpu:.1f})")
    return times


def main() -> None:
    """Run the comparisons and print the table; exits with 1 where an expectation is missed."""
    small, large = (request_for(f"/cds-services/{SERVICE.id}", call_with(n)) for n in (50, 1000))
    with (
        served("bench.ours") as ours,
        served("bench.rival", "built") as built,
        served("bench.rival", "used") as used,
    ):
        sides = {
            "Vidare, 50 Observations": (ours, [small]),
            "fhir.resources, 50: models built, then thrown away": (built, [small]),
            "fhir.resources, 50: data taken from the models": (used, [small]),
            "Vidare, 1,000 Observations": (ours, [large]),
        }
        rounds = [
            [speed(*side, EXPECTED, SECONDS) for side in sides.values()] for _ in range(ROUNDS + 1)
        ][1:]  # the first warms up
    print("| hook call over HTTP, server saturated | calls/s | server's CPU, ms per call |")
    print("|---|---|---|")
    for name, column in zip(sides, zip(*rounds, strict=True), strict=True):
        throughput, cpu = (statistics.median(values) for values in zip(*column, strict=True))
        print(f"| {name} | {throughput:.0f} | {cpu * 1e3:.2f} |")
    print()
    _compare(rounds, 1, "throughput against models thrown away", "")
    speed_up = _compare(
        rounds, 2, "throughput against data from the models", f"at least {LEAST_SPEED_UP}; "
    )
    growth = _compare(rounds, 3, "cost of 20 times the data", f"at most {MOST_GROWTH}; ")
    parsings = asyncio.run(in_parsings(call_with(50)))
    print(f"answering without a socket: {parsings:.1f} times json.loads (goal: {PARSING_GOAL})")
    if speed_up < LEAST_SPEED_UP or growth > MOST_GROWTH:
        sys.exit(1)
