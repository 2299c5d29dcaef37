"""How the sandbox's EHR behaves: named in the base URL of its FHIR server, so that it is stateless.

`…/sandbox/fhir/with/paged+slow` is the same server as `…/sandbox/fhir`, but gives ten matches per
page and takes its time.
"""

from collections.abc import Mapping
from itertools import combinations
from types import MappingProxyType

ROOT = "/sandbox/fhir"
PAGED, LOCKED, FAILING, SLOW, SILENT = "paged", "locked", "failing", "slow", "silent"
TEMPERS = (FAILING, LOCKED, PAGED, SILENT, SLOW)
PAGE = 10
"""Matches per page of a paged EHR, whatever `_count` asks for."""
DELAYS_S: Mapping[str, float] = MappingProxyType({SLOW: 0.8, SILENT: 8.0})
"""Seconds before an answer: slow strains the budget of a call, silent exceeds it."""
LABORATORY = frozenset({"Observation", "DiagnosticReport"})
"""What a failing EHR cannot give: its laboratory is down, the rest of the record is there."""


def tempers(path: str) -> frozenset[str] | None:
    """Give the tempers named in a URL's segment (`paged+slow`); None where one is unknown."""
    named = frozenset(path.split("+")) if path else frozenset()
    return named if named <= set(TEMPERS) else None


def address(base_url: str, named: frozenset[str]) -> str:
    """Give the base URL of the FHIR server with these tempers."""
    return f"{base_url}{ROOT}" + (f"/with/{'+'.join(sorted(named))}" if named else "")


def addresses(base_url: str) -> tuple[str, ...]:
    """Give the base URL of every temper: what a service that may call the sandbox must know."""
    chosen = (frozenset(c) for n in range(len(TEMPERS) + 1) for c in combinations(TEMPERS, n))
    return tuple(address(base_url, named) for named in chosen)
