"""audit: what is said of the lock, above all where nothing could be asked."""

import json
import subprocess
import sys

from audit.__main__ import LOCK, Known, Pin, licence, pins, report
from tests.service.asking import ROOT

FINE = Pin("some", "1.0", "MIT", 3)


def test_every_dependency_of_the_lock_is_in_the_report():
    found = pins(LOCK.read_text("utf-8"), {"msgspec": 12})
    names = {pin.name for pin in found}
    assert {"pyjwt", "cryptography", "msgspec", "sqlalchemy"} <= names
    assert next(pin for pin in found if pin.name == "msgspec").days == 12
    text, _ = report(found, Known([], set()))
    assert all(f"\n{name} " in text for name in names)


def test_every_licence_of_the_lock_was_agreed_to():
    found = [p for p in pins(LOCK.read_text("utf-8"), {}) if p.licence != "not installed here"]
    text, well = report(found, Known([], set()))
    assert well, text


def test_what_was_not_asked_is_not_called_clean():
    text, well = report([FINE], Known([], {"some"}))
    assert well
    assert "0 of 1 dependencies were compared" in text
    assert "NOT CHECKED" in text


def test_a_known_fault_and_a_strange_licence_fail():
    assert report([FINE], Known(["some 1.0: CVE-1"], set()))[1] is False
    assert report([FINE._replace(licence="AGPL-3.0")], Known([], set()))[1] is False
    assert report([FINE._replace(licence="unknown")], Known([], set()))[1] is False
    assert report([FINE], Known([], set()))[1] is True


def test_what_is_not_installed_has_no_licence_here():
    assert licence("no-such-distribution") == "not installed here"


def test_the_bill_of_materials_holds_the_whole_lock_with_its_hashes(tmp_path):
    path = tmp_path / "sbom.json"
    arguments = ["requirements", "requirements/run.txt", "--pyproject", "pyproject.toml"]
    subprocess.run(  # noqa: S603 - our own arguments
        [sys.executable, "-m", "cyclonedx_py", *arguments, "--validate", "-o", str(path)],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    bill = json.loads(path.read_bytes())
    assert bill["bomFormat"] == "CycloneDX"
    assert bill["metadata"]["component"]["name"] == "vidare-cds"
    held = {part["name"]: part for part in bill["components"]}
    locked = {pin.name: pin.version for pin in pins(LOCK.read_text("utf-8"), {})}
    assert {name: part["version"] for name, part in held.items()} == locked
    for part in held.values():
        assert part["externalReferences"][0]["hashes"][0]["alg"] == "SHA-256"
