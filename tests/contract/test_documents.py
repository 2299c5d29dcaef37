"""The documents name only what exists: files, headings, tests, settings, targets, modules."""

import re
import shutil
import subprocess

import pytest

from service.settings import PREFIX, Settings
from tests.needing import need
from tests.service.asking import ROOT

DOCUMENTS = sorted(
    [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"), ROOT / "fhir_examples" / "README.md"]
)
ARCHITECTURE = (ROOT / "ARCHITECTURE.md").read_text("utf-8")
MAKEFILE = (ROOT / "Makefile").read_text("utf-8")
ELSEWHERE = re.compile(
    r"/(?:home|Users|root)/\w|(?:pypi|npmjs|pythonhosted)\.(?:org|com)|--index-url[ =]"
)
"""An address of a package registry, or a path of one machine: a clone works without either."""


def named(document):
    return pytest.param(document, id=str(document.relative_to(ROOT)))


documents = pytest.mark.parametrize("document", [named(path) for path in DOCUMENTS])


def headings(text):
    """Give the anchors of a document, as a forge makes them."""
    words = (line.lower() for line in re.findall(r"^#+ (.*)$", text, re.MULTILINE))
    return {re.sub(r"[^\w\- ]", "", line).strip().replace(" ", "-") for line in words}


@documents
def test_a_link_leads_somewhere(document):
    links = re.findall(r"\]\(([^)\s]+)\)", document.read_text("utf-8"))
    for link in (link for link in links if "://" not in link):
        path, _, anchor = link.partition("#")
        target = document.parent / path if path else document
        assert target.exists(), link
        assert not anchor or anchor in headings(target.read_text("utf-8")), link


@documents
def test_settings_and_targets_that_a_document_names_exist(document):
    text = document.read_text("utf-8")
    settings = {name.lower() for name in re.findall(rf"\b{PREFIX}([A-Z_]+)", text)}
    assert settings <= set(Settings.model_fields)
    targets = set(re.findall(r"`make ([a-z]+)`", text))
    assert targets <= set(re.findall(r"^([a-z]+):", MAKEFILE, re.MULTILINE))


def proofs(text):
    """Give the paths of the test files of a text: a bare name lies where the one before it does."""
    folder = ROOT / "tests" / "service"
    for name in re.findall(r"`((?:[\w/]+/)?(?:test_\w+|conftest)\.py)`", text):
        path = ROOT / name if "/" in name else folder / name
        folder = path.parent
        yield path


def invariants():
    rows = ARCHITECTURE.partition("## Invariants")[2].partition("\n## ")[0].splitlines()
    return [row for row in rows if row.startswith("|") and not row.startswith("|---")][1:]


@pytest.mark.parametrize("row", invariants(), ids=lambda row: row[2:40])
def test_an_invariant_names_tests_that_there_are(row):
    paths = list(proofs(row))
    assert paths
    for path in paths:
        assert re.search(r"def test_|@pytest\.fixture", path.read_text("utf-8")), path


def test_the_security_office_is_shown_tests_that_there_are():
    rows = (ROOT / "docs" / "security.md").read_text("utf-8").splitlines()
    found = [path for row in rows for path in proofs(row)]
    assert len(found) > 20
    assert [path for path in found if not path.exists()] == []


def test_every_module_is_on_the_map():
    modules = [
        path
        for folder in ("cards", "service", "service/sandbox")
        for path in (ROOT / folder).glob("*.py")
        if path.name != "__init__.py"
    ]
    assert [path.name for path in modules if f"{path.name}`" not in ARCHITECTURE] == []


def test_no_file_names_a_registry_or_a_path_of_one_machine():
    git = need(shutil.which("git") if (ROOT / ".git").exists() else None, "git and a clone")
    listed = subprocess.run(  # noqa: S603 - a list of our own files
        [git, "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout
    for name in filter(None, listed.split("\0")):
        path = ROOT / name
        if path.is_file() and name != "tests/contract/test_documents.py":
            assert not ELSEWHERE.search(path.read_text("utf-8", "replace")), name
