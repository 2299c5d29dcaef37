"""What the journal costs per call: the same server with a journal and without, turn by turn.

The CPU of a call is what is held against the expectation. The throughput of a few calls in flight
falls by more where the disk is busy: each waits for its fsync, which takes no CPU.

PostgreSQL runs in a folder of its own, as in the tests, where its programs are on this machine.
"""

import statistics
import tempfile
from datetime import UTC, datetime

from bench.load import Speed, request_for, served, speed
from service.database import opened, upgrade
from service.examples import example
from tests.service.postgres import Postgres, is_installed

CASE, SERVICE = "aos-gaps", "svf-patient-view"
PATIENTS = 400
"""A chart is opened a few times, not a thousand: what is remembered of each patient is short."""
ROUNDS, SECONDS = 7, 0.8
MOST_COST = 2.5
"""Times the CPU of a call without a journal: the cheaper the call, the more its entry weighs."""


def main() -> bool:
    """Print the cost per call; tell whether it stays within what was expected."""
    print("\n| journal | with | without | CPU | throughput |\n|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        ratios = [_measured("SQLite", f"sqlite:///{folder}/bench.db", folder)]
        if is_installed():
            cluster = Postgres()
            try:
                ratios.append(_measured("PostgreSQL", cluster.new_url(), folder))
            finally:
                cluster.remove()
        else:
            print("| PostgreSQL | not measured: its programs are not on this machine | | | |")
    return max(ratios) <= MOST_COST


def _measured(name: str, url: str, folder: str) -> float:
    with opened(url) as engine:
        upgrade(engine)
    body = example(CASE, SERVICE, datetime.now(tz=UTC).date())
    requests = [
        request_for(f"/cds-services/{SERVICE}", body.replace(b"pat-aos-gaps", b"pat-%d" % number))
        for number in range(PATIENTS)
    ]
    with (
        served("bench.kept", "on", url, folder) as kept,
        served("bench.kept", "off", url, folder) as bare,
    ):
        rounds = [
            [speed(server, requests, b"aosMissing", SECONDS) for server in (kept, bare)]
            for _ in range(ROUNDS + 1)
        ][1:]  # the first warms up
    ratio = statistics.median(kept.cpu / bare.cpu for kept, bare in rounds)
    fewer = statistics.median(bare.throughput / kept.throughput for kept, bare in rounds)
    own, without = (_shown(column) for column in zip(*rounds, strict=True))
    print(f"| {name} | {own} | {without} | {ratio:.2f} | {fewer:.2f} |")
    return ratio


def _shown(column: tuple[Speed, ...]) -> str:
    calls = statistics.median(each.throughput for each in column)
    cpu = statistics.median(each.cpu for each in column)
    return f"{calls:.0f} calls/s, {cpu * 1e3:.2f} ms of CPU"


if __name__ == "__main__":
    main()
