"""service.retention and its commands: what is old goes for good; what is kept can be handed on."""

import json

import pytest
from fhir.resources.R4B.auditevent import AuditEvent
from typer.testing import CliRunner

from service.cli import app
from service.database import opened
from service.retention import export, purge
from tests.service.asking import PATIENT_VIEW, example
from tests.service.keeping import Kept, overridden

FUTURE = 2**52


@pytest.fixture
def kept(tmp_path, database_url):
    kept = Kept(tmp_path, database_url)
    (card,) = kept.ask(example("aos-gaps"))
    kept.tell(overridden(card["uuid"], "explained"))
    with kept.running() as asking:
        asking.post(PATIENT_VIEW, b"{")
    return kept


def test_what_is_old_goes_with_all_that_belongs_to_it(kept):
    with opened(kept.url) as engine:
        assert purge(engine, 0) == (0, 0)
        assert purge(engine, FUTURE) == (2, 1)
    for table in ("call", "advice", "suggestion", "feedback"):
        assert kept.rows(table) == []
    assert len(kept.ask(example("aos-gaps"))) == 1


def test_every_call_and_feedback_is_handed_on_as_an_audit_event(kept):
    with opened(kept.url) as engine, engine.connect() as connection:
        lines = list(export(connection, "https://vidare.example"))
    events = [json.loads(line) for line in lines]
    assert [event["subtype"][0]["code"] for event in events] == ["call", "call", "feedback"]
    assert [event["outcome"] for event in events] == ["0", "4", "0"]
    for event in events:
        AuditEvent.model_validate(event)
    details = {d["type"]: d["valueString"] for d in events[0]["entity"][0]["detail"]}
    assert details["hook"] == "patient-view"
    assert len(details["patient"]) == 64
    assert "advice.aosMissing.shown" in details
    patient = json.loads(example("aos-gaps"))["prefetch"]["patient"]
    for text in (patient["id"], patient["name"][0]["family"]):
        assert text not in "".join(lines)


def test_the_commands_do_both(kept, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("VIDARE_DATABASE_URL", kept.url)
    exported = CliRunner().invoke(app, ["journal", "export"])
    assert (exported.exit_code, exported.output.count("\n")) == (0, 3)
    told = CliRunner().invoke(app, ["journal", "purge", "--keep-days", "1"])
    assert told.exit_code == 0
    assert "0 calls and 1 feedback entries were deleted." in told.output
