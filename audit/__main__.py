"""`make audit`: the locked dependencies against known faults, and a report of what cannot be asked.

Exit code 1 where a dependency has a known fault or a licence that nobody has agreed to. Where the
database of faults does not know a dependency, or does not answer, the report says so: silence is
not a clean result.
"""

import json
import re
import subprocess
import sys
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]
LOCK = ROOT / "requirements" / "run.txt"
_PIN = re.compile(r"^([A-Za-z0-9._-]+)==(\S+)")
_BLAME = re.compile(r"^author-time (\d+)$.*?^\t([A-Za-z0-9._-]+)==", re.MULTILINE | re.DOTALL)
AGREED = re.compile(
    r"\b(MIT|BSD|0BSD|Apache|ISC|PSF|Python Software Foundation|LGPL|Lesser General Public"
    r"|MPL|Mozilla|Unlicense|Public Domain|CC0|Zlib|CNRI)",
    re.IGNORECASE,
)
"""Licences under which a dependency may be used unchanged beside a service under Apache-2.0."""


class Pin(NamedTuple):
    """One locked dependency; `days` since its pin was last changed, None where that is unknown."""

    name: str
    version: str
    licence: str
    days: int | None


class Known(NamedTuple):
    """What the database of faults said: the faults, and the dependencies it could not judge."""

    faults: list[str]
    unasked: set[str]


def pins(lock: str, ages: dict[str, int]) -> list[Pin]:
    """Give the dependencies of a lock file's text."""
    found = filter(None, map(_PIN.match, lock.splitlines()))
    return [Pin(m[1], m[2].rstrip("\\").strip(), licence(m[1]), ages.get(m[1])) for m in found]


def licence(name: str) -> str:
    """Give the licence that a dependency states, or `unknown`."""
    try:
        stated = metadata(name)
    except PackageNotFoundError:
        return "not installed here"
    classified = [
        c.rpartition(" :: ")[2]
        for c in stated.get_all("Classifier") or []
        if c.startswith("License ::")
    ]
    first_line = (stated.get("License") or "").strip().partition("\n")[0]
    return stated.get("License-Expression") or ", ".join(classified) or first_line or "unknown"


def ages() -> dict[str, int]:
    """Give the days since each pin was last changed in the repository; nothing without one."""
    command = ["git", "-C", ROOT, "blame", "--line-porcelain", "--", LOCK]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    now = datetime.now(UTC).timestamp()
    return {name: int((now - int(at)) / 86_400) for at, name in _BLAME.findall(done.stdout)}


def known(dependencies: set[str]) -> Known:
    """Ask pip-audit about the lock."""
    command = [sys.executable, "-m", "pip_audit", "-r", LOCK, "--require-hashes", "--disable-pip"]
    options = ["--format", "json", "--progress-spinner", "off", "--timeout", "10"]
    try:
        done = subprocess.run(
            [*command, *options], check=False, capture_output=True, text=True, timeout=300
        )
        judged = json.loads(done.stdout)["dependencies"]
    except (subprocess.TimeoutExpired, ValueError, KeyError):
        return Known([], dependencies)
    asked = {d["name"] for d in judged if "skip_reason" not in d}
    faults = [f"{d['name']} {d['version']}: {v['id']}" for d in judged for v in d.get("vulns", ())]
    return Known(faults, dependencies - asked)


def report(found: list[Pin], said: Known) -> tuple[str, bool]:
    """Give the report as text, and whether all is well."""
    doubtful = [pin for pin in found if not AGREED.search(pin.licence)]
    judged = len(found) - len(said.unasked)
    width = max(len(pin.name) for pin in found) + 2
    lines = [f"{'dependency':{width}}{'version':14}{'days':>6}  licence"]
    for pin in found:
        days = "?" if pin.days is None else str(pin.days)
        lines.append(f"{pin.name:{width}}{pin.version:14}{days:>6}  {pin.licence[:60]}")
    lines += ["", f"{judged} of {len(found)} dependencies were compared with known faults."]
    if said.unasked:
        lines.append("The others are NOT CHECKED: the database did not answer, or lacks them.")
    lines += [f"KNOWN FAULT: {fault}" for fault in said.faults]
    lines += [f"LICENCE NOT AGREED TO: {pin.name}: {pin.licence}" for pin in doubtful]
    return "\n".join(lines), not (said.faults or doubtful)


def main() -> int:
    """Print the report; give the exit code."""
    found = pins(LOCK.read_text("utf-8"), ages())
    text, well = report(found, known({pin.name for pin in found}))
    print(text)
    return 0 if well else 1


if __name__ == "__main__":
    sys.exit(main())
