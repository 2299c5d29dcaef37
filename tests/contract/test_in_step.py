"""What is kept in the tree says what the code says."""

import re
import tomllib

import pytest
import yaml
from typer.testing import CliRunner

from service.cli import app
from service.settings import Settings
from tests.contract.in_step import OPENAPI, README, TABLE, openapi, readme
from tests.service.asking import ROOT, make_app


def test_openapi_yaml_is_the_applications_document():
    assert OPENAPI.read_text("utf-8") == openapi(), "run `make openapi`"
    assert yaml.safe_load(OPENAPI.read_text("utf-8")) == make_app().openapi()


def test_the_settings_table_of_the_readme_is_the_settings_class():
    text = README.read_text("utf-8")
    assert TABLE.search(text), "the README lacks its settings markers"
    assert readme(text) == text, "run `make openapi`"
    named = set(re.findall(r"^\| `VIDARE_(\w+)` \|", text, re.MULTILINE))
    assert named == {name.upper() for name in Settings.model_fields}


def wanted(lines):
    names = (re.split(r"[<>=~! \[;]", line.strip(), maxsplit=1)[0] for line in lines)
    return {name.lower() for name in names if name and not name.startswith(("#", "-"))}


def locked(name):
    text = (ROOT / "requirements" / name).read_text()
    return set(re.findall(r"^([a-z0-9._-]+)==", text, re.MULTILINE)), text


def test_the_lock_files_hold_what_the_project_names():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    run_in = (ROOT / "requirements" / "run.in").read_text().splitlines()
    dev_in = (ROOT / "requirements" / "dev.in").read_text().splitlines()
    assert set(project["project"]["dependencies"]) <= set(run_in)
    assert wanted(run_in) == wanted(project["project"]["dependencies"])
    group = wanted(project["dependency-groups"]["dev"])
    assert wanted(dev_in) == group
    build_in = (ROOT / "requirements" / "build.in").read_text().splitlines()
    assert wanted(build_in) == wanted(project["build-system"]["requires"])
    run, _ = locked("run.txt")
    dev, _ = locked("dev.txt")
    normal = {name.replace(".", "-") for name in run}
    assert {name.replace(".", "-") for name in wanted(run_in)} <= normal
    assert wanted(dev_in) <= dev
    assert run <= dev


def test_the_lock_files_name_no_place_and_hash_everything():
    for name in ("run.txt", "build.txt", "dev.txt", "node.txt"):
        names, text = locked(name)
        assert "://" not in text
        assert "--index" not in text
        for package in names:
            (block,) = re.findall(
                rf"^{re.escape(package)}==.*?(?=^\S|\Z)", text, re.MULTILINE | re.DOTALL
            )
            assert "--hash=sha256:" in block, package


def test_the_readme_names_every_command():
    text = README.read_text("utf-8")
    for command in app.registered_commands:
        assert f"| `vidare {command.callback.__name__}" in text
    for group in app.registered_groups:
        for command in group.typer_instance.registered_commands:
            assert f"| `vidare {group.name} {command.name}" in text


@pytest.fixture
def greeting(monkeypatch, tmp_path):
    """Give a function: what `make run` prints before it serves, with these settings."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("VIDARE_AUTH", "off")
    monkeypatch.setattr("sys.argv", [".venv/bin/vidare"])
    monkeypatch.setattr("service.serving.refuse_taken", lambda _: None)
    monkeypatch.setattr("service.serving.serve", lambda _: None)
    monkeypatch.setattr("service.logs.configure", lambda _: None)

    def said(**given):
        for name, value in given.items():
            monkeypatch.setenv(f"VIDARE_{name}", value)
        result = CliRunner().invoke(app, ["serve", "--greet"])
        assert result.exit_code == 0, result.output
        return result.output

    return said


def test_make_run_prints_the_call_of_the_readme(greeting):
    assert "vidare serve --greet\n" in (ROOT / "Makefile").read_text("utf-8")
    (line,) = re.findall(
        r"^\.venv/bin/vidare example .*curl.*$", README.read_text("utf-8"), re.MULTILINE
    )
    said = greeting()
    assert line in said
    assert "An EHR to play with:  http://127.0.0.1:8000/sandbox/\n" in said


def test_make_run_prints_the_address_that_it_serves_at(greeting):
    said = greeting(PORT="8123")
    assert "http://127.0.0.1:8123/sandbox/" in said
    assert "http://127.0.0.1:8123/cds-services/" in said
    assert ":8000" not in said
    assert "/sandbox/" not in greeting(SANDBOX="off")


def test_every_setting_of_the_makefile_exists():
    names = re.findall(r"VIDARE_(\w+)=", (ROOT / "Makefile").read_text("utf-8"))
    assert names
    assert {name.lower() for name in names} <= set(Settings.model_fields)
