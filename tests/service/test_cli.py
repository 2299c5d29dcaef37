"""service.cli: the command line."""

import json

import pytest
from typer.testing import CliRunner

from cards.pathways import PATHWAYS
from service.cli import app
from service.firing import Fired, NotReached
from tests.service.asking import ROOT, call, example, read_fully
from tests.service.postgres import free_port

RUN = CliRunner()
RECORD = ROOT / "fhir_examples" / "aos-gaps" / "record.json"


@pytest.fixture(autouse=True)
def nowhere(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("service.logs.configure", lambda _: None)  # the log is the tests' own


def run(*arguments, **options):
    return RUN.invoke(app, [str(a) for a in arguments], **options)


def test_serving_without_tokens_is_refused_with_a_sentence():
    result = run("serve")
    assert result.exit_code == 2
    assert "VIDARE_AUTH=required needs VIDARE_CLIENTS" in result.output


def test_a_wrong_setting_is_refused_with_a_sentence(monkeypatch):
    monkeypatch.setenv("VIDARE_PORT", "x")
    result = run("serve")
    assert result.exit_code == 2
    assert "VIDARE_PORT is refused" in result.output


def test_serving_starts_the_server_that_the_settings_describe(monkeypatch):
    started = []
    monkeypatch.setattr("service.serving.refuse_taken", lambda _: None)
    monkeypatch.setattr("service.serving.serve", started.append)
    monkeypatch.setenv("VIDARE_AUTH", "off")
    monkeypatch.setenv("VIDARE_PORT", "8123")
    assert run("serve").exit_code == 0
    (given,) = started
    assert (given.port, given.workers) == (8123, 1)


CLIENTS = '[[client]]\nname = "A"\nissuer = "https://a.example"\njwks_url = "https://a.example/k"\n'


def test_clients_are_checked_before_they_are_used(tmp_path):
    path = tmp_path / "clients.toml"
    path.write_text(CLIENTS)
    result = run("clients", "check", path)
    assert result.exit_code == 0
    assert "A: tokens of https://a.example, keys from https://a.example/k; svf-" in result.output
    path.write_text(
        f'{CLIENTS}services = []\n[[client]]\nname = "B"\nissuer = "https://b.example"\n'
    )
    result = run("clients", "check", path)
    assert result.exit_code == 0
    assert "keys from https://a.example/k; no service\n" in result.output
    assert "B: no tokens, for want of jwks_url or jwks_file; svf-" in result.output
    path.write_text(CLIENTS.replace("issuer", "# issuer"))
    assert "A: no tokens, for want of issuer; svf-" in run("clients", "check", path).output
    path.write_text(f'{CLIENTS}\n[[client]]\nname = "B"\norigins = ["*"]\n')
    result = run("clients", "check", path)
    assert result.exit_code == 2
    assert f"{path}, line 8, client 2 (B): origins: * must be" in result.output.replace("\n", "")


def test_the_database_is_brought_up_and_checked(monkeypatch, database_url):
    monkeypatch.setenv("VIDARE_DATABASE_URL", database_url)
    assert run("db", "check").exit_code == 1
    assert run("db", "upgrade").exit_code == 0
    assert run("db", "check").exit_code == 0


@pytest.mark.parametrize("command", ["upgrade", "check"])
def test_a_database_that_does_not_answer_is_a_sentence_without_its_url(monkeypatch, command):
    url = f"postgresql+psycopg://vidare:canary-word@127.0.0.1:{free_port()}/none"
    monkeypatch.setenv("VIDARE_DATABASE_URL", url)
    result = run("db", command)
    assert result.exit_code == 2
    assert "VIDARE_DATABASE_URL does not answer" in result.output
    assert "canary-word" not in result.output


def test_the_cases_are_listed():
    for arguments in (["example"], ["example", "--list"]):
        result = run(*arguments)
        assert result.exit_code == 0
        assert "aos-gaps" in result.output


def test_an_example_is_printed_for_a_day():
    result = run("example", "aos-gaps", "--today", "2026-03-02")
    assert json.loads(result.stdout) == json.loads(example("aos-gaps"))


def test_an_example_there_is_not_is_refused_with_a_sentence():
    result = run("example", "nobody")
    assert result.exit_code == 2
    assert "There is no example nobody" in result.output


def test_a_record_is_assessed_without_a_server():
    arguments = ("assess", RECORD, "--service", "svf-patient-view", "--today", "2026-03-02")
    result = run(*arguments, "--json")
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["cards"]
    readable = run(*arguments, "--language", "en")
    assert readable.exit_code == 0
    assert "warning" in readable.stdout


def test_a_record_gives_the_same_cards_as_its_request(tmp_path):
    request = tmp_path / "request.json"
    request.write_bytes(example("aos-gaps"))
    options = ("--service", "svf-patient-view", "--today", "2026-03-02", "--json")
    summaries = [
        [card["summary"] for card in json.loads(run("assess", path, *options).stdout)["cards"]]
        for path in (RECORD, request)
    ]
    assert summaries[0] == summaries[1]


@pytest.mark.parametrize(
    ("content", "service", "code", "said"),
    [
        ("{}", "svf-patient-view", 2, "neither a hook request nor a Bundle"),
        (json.dumps(call()), "svf-order-sign", 1, "400 wrong-hook (hook)"),
        (json.dumps(call()), "svf-patient-view", 1, "412 data-unavailable"),
        ("{}", "svf", 2, "no service svf"),
    ],
)
def test_what_cannot_be_assessed_is_said(tmp_path, content, service, code, said):
    path = tmp_path / "file.json"
    path.write_text(content)
    result = run("assess", path, "--service", service)
    assert result.exit_code == code
    assert said in " ".join(result.output.split())


def test_a_file_that_is_not_there_is_said(tmp_path):
    result = run("validate", tmp_path / "none.json")
    assert result.exit_code == 2
    assert "cannot be read" in " ".join(result.output.replace("│", " ").split())


def fired(monkeypatch, status, body, *options):
    monkeypatch.setattr("service.firing.fire", lambda *_: Fired(status, body, 0.012))
    return run("fire", "https://cds.example/x", "-", *options, input=json.dumps(call()))


def test_firing_prints_the_cards(monkeypatch):
    result = fired(monkeypatch, 200, b'{"cards": []}')
    assert result.exit_code == 0
    assert "HTTP 200 in 12 ms" in result.output
    assert "nothing to say" in result.output


@pytest.mark.parametrize(("status", "code"), [(200, 0), (412, 1)])
def test_firing_for_a_program_prints_the_answer_as_it_came(monkeypatch, status, code):
    result = fired(monkeypatch, status, b'{"cards": []}', "--json")
    assert (result.exit_code, json.loads(result.stdout)) == (code, {"cards": []})


def test_firing_shows_a_refusal_and_fails(monkeypatch):
    outcome = {"issue": [{"severity": "error", "code": "invalid", "diagnostics": "No."}]}
    result = fired(monkeypatch, 400, json.dumps(outcome).encode())
    assert result.exit_code == 1
    assert "No." in result.output


def test_firing_without_the_token_that_is_wanted_says_how_to_give_one(monkeypatch):
    result = fired(monkeypatch, 401, b"")
    assert result.exit_code == 1
    assert result.output.startswith("HTTP 401 in 12 ms\nThe service wants a token")
    assert "--bearer" in result.output


def test_the_token_of_the_ehr_is_sent_as_one(monkeypatch):
    sent = []

    def fire(*given):
        sent.append(given[-1])
        return Fired(200, b'{"cards": []}', 0.01)

    monkeypatch.setattr("service.firing.fire", fire)
    run("fire", "https://cds.example/x", "-", "--bearer", "t", input=json.dumps(call()))
    monkeypatch.setenv("CDS_TOKEN", "e")
    run("fire", "https://cds.example/x", "-", input=json.dumps(call()))
    assert sent == ["t", "e"]


def test_firing_at_something_else_fails(monkeypatch):
    result = fired(monkeypatch, 200, b"<html>")
    assert result.exit_code == 1
    assert "holds no cards" in result.output


def test_firing_at_nobody_is_said(monkeypatch):
    def fail(*_):
        raise NotReached("https://cds.example gave no answer (Timeout).")

    monkeypatch.setattr("service.firing.fire", fail)
    result = run("fire", "https://cds.example", "-", input="{}")
    assert result.exit_code == 2
    assert "gave no answer" in result.output


def test_a_valid_file_is_said_to_be_valid():
    result = run("validate", RECORD)
    assert result.exit_code == 0, result.output
    assert "ok" in result.output


def test_a_file_with_faults_fails(tmp_path):
    path = tmp_path / "file.json"
    body = call(prefetch=read_fully(conditions={"resourceType": "Bundle", "entry": [1]}))
    path.write_text(json.dumps(body | {"prefetch": body["prefetch"] | {"conditions": None}}))
    assert run("validate", path).exit_code == 0
    path.write_text('{"resourceType": "Observation", "id": "x"}')
    result = run("validate", path)
    assert result.exit_code == 1
    assert "Observation/x: not valid" in result.output


def test_the_pathways_are_listed_and_printed():
    listed = run("pathways").stdout.split()
    assert listed == list(PATHWAYS)
    for pathway in listed:
        for language in ("sv", "da", "en"):
            result = run("pathways", pathway, "--language", language)
            assert result.exit_code == 0
            assert result.stdout.strip()


def test_an_unknown_pathway_is_refused():
    result = run("pathways", "nothing")
    assert result.exit_code == 2
    assert "aos" in result.output


def test_an_ehr_that_withholds_and_names_its_server_is_played(monkeypatch):
    sent = []

    def fire(_url, body, *_):
        sent.append(json.loads(body))
        return Fired(200, b'{"cards": []}', 0.01)

    monkeypatch.setattr("service.firing.fire", fire)
    monkeypatch.setattr("service.firing._templates", lambda _url: {})
    request = call(prefetch=read_fully())
    options = ("--withhold", "observations, vitals", "--fhir-server", "https://ehr.example/fhir")
    result = run("fire", "https://cds.example/x", "-", *options, input=json.dumps(request))
    assert result.exit_code == 0
    assert request["prefetch"].keys() - sent[0]["prefetch"].keys() == {"observations", "vitals"}
    assert sent[0]["fhirServer"] == "https://ehr.example/fhir"
    wrong = run("fire", "https://cds.example/x", "-", "--withhold", "x", input=json.dumps(request))
    assert wrong.exit_code == 2
    assert "There is no prefetch x" in wrong.stderr
