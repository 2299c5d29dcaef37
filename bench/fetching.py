"""Fetching from a FHIR server against prefetch, and a FHIR server that never answers.

*Time to answer* is that of one call after the other, over one kept-alive connection: what fetching
costs is waiting, which throughput would hide. The FHIR server is another process that answers at
once, from memory; a real one adds its own time.
"""

import http.client
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

from bench.hook_call import EXPECTED, SERVICE, call_with
from bench.load import served
from bench.ours import settings
from service.hooks import PREFETCH

SIZES = (50, 1000)
CALLS = 30
SILENT_CALLS = 3
GRACE_MS = 100
"""What an answer may take beyond the budget."""
WAYS: Mapping[str, tuple[str, ...]] = {
    "all prefetched": (),
    "laboratory results fetched": ("observations",),
    "all fetched": tuple(PREFETCH),
}


def withheld(body: bytes, keys: tuple[str, ...], server: str) -> bytes:
    """Give the call without some keys, from an EHR that may be asked for them."""
    call = json.loads(body)
    call["prefetch"] = {k: v for k, v in call["prefetch"].items() if k not in keys}
    call |= {"fhirServer": server, "fhirAuthorization": {"access_token": "bench"}}
    return json.dumps(call, ensure_ascii=False, separators=(",", ":")).encode()


def ms_per_call(port: int, body: bytes, calls: int, statuses: tuple[int, ...] = (200,)) -> float:
    """Give the median time to answer, the first call not counted."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    times = [_ms(connection, body, statuses) for _ in range(calls + 1)][1:]
    connection.close()
    return statistics.median(times)


def _ms(connection: http.client.HTTPConnection, body: bytes, statuses: tuple[int, ...]) -> float:
    start = time.perf_counter()
    headers = {"Content-Type": "application/json"}
    connection.request("POST", f"/cds-services/{SERVICE.id}", body, headers)
    response = connection.getresponse()
    answer = response.read()
    known = response.status != http.client.OK or EXPECTED in answer or b'"data"' in answer
    if response.status not in statuses or not known:
        raise RuntimeError(f"the call was not answered: HTTP {response.status}")
    return (time.perf_counter() - start) * 1e3


@contextmanager
def service_for(*servers: str) -> Iterator[int]:
    """Serve Vidare to a client with these FHIR servers; give its port."""
    with tempfile.TemporaryDirectory() as folder:
        clients = Path(folder) / "clients.toml"
        clients.write_text(f'[[client]]\nname = "bench"\nfhir_servers = {json.dumps(servers)}\n')
        given = {"VIDARE_CLIENTS": str(clients), "VIDARE_ALLOW_LOOPBACK_FHIR": "yes"}
        os.environ |= given
        try:
            with served("bench.ours") as server:
                yield server.port
        finally:
            for name in given:
                del os.environ[name]


def main() -> None:
    """Print the table; exits with 1 where a silent FHIR server holds the answer up."""
    budget = settings().response_budget_ms
    with ExitStack() as stack:
        ehrs = {n: stack.enter_context(served("bench.ehr", str(n))) for n in SIZES}
        bases = {n: f"http://127.0.0.1:{server.port}" for n, server in ehrs.items()}
        servers = [f"{base}/{part}" for base in bases.values() for part in ("fhir", "silent")]
        port = stack.enter_context(service_for(*servers))
        calls = {n: call_with(n) for n in SIZES}
        table = {
            way: [
                ms_per_call(port, withheld(calls[n], keys, f"{bases[n]}/fhir"), CALLS)
                for n in SIZES
            ]
            for way, keys in WAYS.items()
        }
        silent = [
            ms_per_call(
                port,
                withheld(calls[SIZES[0]], keys, f"{bases[SIZES[0]]}/silent"),
                SILENT_CALLS,
                (200, 412),
            )
            for keys in (("observations",), tuple(PREFETCH))
        ]
    print("\n| time to answer one call, ms | 50 Observations | 1,000 Observations |")
    print("|---|---|---|")
    for way, row in table.items():
        print(f"| {way} | {' | '.join(f'{ms:.1f}' for ms in row)} |")
    few, many = (
        row / base for row, base in zip(table["all fetched"], table["all prefetched"], strict=True)
    )
    print(f"\nfetching all against prefetch: {few:.1f} times for 50, {many:.1f} times for 1,000")
    late = max(silent)
    limit = budget + GRACE_MS
    print(f"a FHIR server that never answers: answered in {late:.0f} ms (at most {limit})")
    if late > limit:
        sys.exit(1)
