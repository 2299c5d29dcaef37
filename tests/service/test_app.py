"""service.app: what is wired together, and when it refuses to start."""

import asyncio
import gc
import re
from datetime import date

import pytest
from fastapi.telemetry import TelemetryConfig

from service import __version__
from service.answer import judge
from service.app import app_from_environment, create_app
from service.errors import StartRefused
from service.settings import ZONE
from tests.service.asking import (
    PATIENT_VIEW,
    ROOT,
    call,
    error_code,
    make_app,
    post,
    read_fully,
    send,
    settings,
)
from tests.service.keeping import SECRET


def test_without_clients_no_token_can_be_asked_for():
    with pytest.raises(StartRefused, match="VIDARE_AUTH=required needs VIDARE_CLIENTS"):
        create_app(settings(auth="required"))


def test_a_server_process_refuses_as_well(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(StartRefused):
        app_from_environment()


def test_a_server_process_starts_from_the_environment(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("VIDARE_AUTH", "off")
    assert send(app_from_environment(), "GET", "/health/live").status_code == 200


def test_a_journal_in_postgresql_needs_the_secret_that_all_processes_share():
    nowhere = "postgresql+psycopg://vidare@127.0.0.1:1/none"
    with pytest.raises(StartRefused, match="VIDARE_JOURNAL_SECRETS"):
        create_app(settings(journal=True, database_url=nowhere))
    assert create_app(settings(journal=True, database_url=nowhere, journal_secrets=SECRET))


def test_a_journal_in_sqlite_has_its_secret_beside_it(tmp_path):
    create_app(settings(journal=True, database_url=f"sqlite:///{tmp_path}/x.db"))
    assert len((tmp_path / "x.secret").read_text()) == 64


@pytest.mark.parametrize("path", ["/health/live", "/health/ready"])
def test_health_is_said(path):
    assert send(make_app(), "GET", path).json() == {"status": "up"}


def test_discovery_holds_what_the_client_was_given(tmp_path):
    path = tmp_path / "clients.toml"
    path.write_text('[[client]]\nname = "A"\nservices = ["svf-order-sign"]\n')
    (service,) = send(make_app(clients=path), "GET", "/cds-services").json()["services"]
    assert service["id"] == "svf-order-sign"


@pytest.mark.parametrize("path", ["/nothing", "/cds-services/", "/cds-services/a/b", "/redoc"])
def test_an_unknown_route_is_a_404(path):
    response = send(make_app(), "GET", path)
    assert (response.status_code, error_code(response)) == (404, "not-found")


def test_a_wrong_method_is_a_405():
    response = send(make_app(), "DELETE", "/cds-services")
    assert (response.status_code, error_code(response)) == (405, "wrong-method")
    assert response.headers["allow"] == "GET"


def test_telemetry_records_no_messages_and_no_input():
    assert "logs" in TelemetryConfig.__annotations__
    assert make_app()._telemetry["logs"] is False


def test_the_day_is_the_one_in_stockholm(monkeypatch):
    seen = []

    def judging(called, sources, desk):
        seen.append((desk.today, desk.new_id()))
        return judge(called, sources, desk)

    monkeypatch.setattr("service.calls.judge", judging)
    app = create_app(settings())
    post(app, PATIENT_VIEW, call(prefetch=read_fully()))
    ((today, first),) = seen
    assert isinstance(today, date)
    assert str(ZONE) == "Europe/Stockholm"
    assert re.fullmatch(
        r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", first
    )


def test_what_was_loaded_at_start_is_frozen():
    app = make_app()

    async def start():
        async with app.router.lifespan_context(app):
            return gc.get_freeze_count()

    gc.unfreeze()
    try:
        assert asyncio.run(start()) > 0
    finally:
        gc.unfreeze()


def test_the_version_is_the_one_of_the_distribution():
    assert f'version = "{__version__}"' in (ROOT / "pyproject.toml").read_text()
