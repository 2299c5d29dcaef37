"""service.guard: what goes wrong becomes an OperationOutcome and tells of no patient."""

import asyncio
import json
import logging
from contextlib import suppress

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect
from starlette.responses import PlainTextResponse, StreamingResponse
from starlette.routing import Route

from service.errors import BadRequest
from service.guard import Guard
from tests.service.asking import PATIENT_VIEW, call, error_code, make_app, post, send

CANARY = "Canary Testsson 19121212-1212"
ORIGIN = "https://ehr.example"


def app_that(endpoint):
    middleware = [Middleware(Guard, "https://vidare.example")]
    return Starlette(routes=[Route("/", endpoint)], middleware=middleware)


def test_an_unforeseen_error_is_a_500_that_says_nothing(caplog):
    async def fail(_request):
        raise ValueError(CANARY)

    response = send(app_that(fail), "GET", "/")
    assert response.status_code == 500
    assert error_code(response) == "internal"
    assert CANARY not in response.text
    assert CANARY not in caplog.text


def test_the_log_names_type_and_place_of_an_unforeseen_error(caplog):
    async def fail(_request):
        raise ValueError(CANARY)

    with caplog.at_level(logging.DEBUG):
        send(app_that(fail), "GET", "/")
    unforeseen, request = [r for r in caplog.records if r.name == "vidare"]
    assert "ValueError" in unforeseen.getMessage()
    assert __name__ in unforeseen.getMessage()
    assert unforeseen.exc_info is None
    lines = [json.loads(record.getMessage()) for record in (unforeseen, request)]
    assert lines[0]["call"] == lines[1]["call"]
    assert (lines[1]["status"], lines[1]["error"]) == (500, "internal")


def test_a_refusal_passes_with_its_own_code():
    async def refuse(_request):
        raise BadRequest("No.", code="mine")

    response = send(app_that(refuse), "GET", "/")
    assert (response.status_code, error_code(response)) == (400, "mine")


def test_a_body_that_ends_early_is_the_callers_fault(caplog):
    async def vanish(_request):
        raise ClientDisconnect

    response = send(app_that(vanish), "GET", "/")
    assert (response.status_code, error_code(response)) == (400, "incomplete-body")
    assert "unforeseen" not in caplog.text


def test_cancellation_is_left_alone():
    async def cancel(_request):
        raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        send(app_that(cancel), "GET", "/")


def test_an_answer_that_has_begun_is_not_answered_twice(caplog):
    async def begin(_request):
        async def parts():
            yield b"first"
            raise ValueError(CANARY)

        return StreamingResponse(parts())

    with suppress(AssertionError):  # the test transport notices the incomplete response
        send(app_that(begin), "GET", "/")
    assert "ValueError" in caplog.text
    assert CANARY not in caplog.text


def test_more_headers_than_any_client_needs_are_a_431():
    async def fine(_request):
        return PlainTextResponse("fine")

    headers = {f"X-{n}": "x" * 1000 for n in range(17)}
    response = send(app_that(fine), "GET", "/", headers=headers)
    assert (response.status_code, error_code(response)) == (431, "headers-too-large")


def test_what_goes_well_is_left_alone():
    async def fine(_request):
        return PlainTextResponse("fine")

    assert send(app_that(fine), "GET", "/").text == "fine"


@pytest.fixture
def app(tmp_path):
    path = tmp_path / "clients.toml"
    path.write_text(f'[[client]]\nname = "A"\norigins = ["{ORIGIN}"]\n')
    return make_app(clients=path, sandbox=False)  # beside the sandbox, every origin may call


def preflight(app, path, method, origin=ORIGIN, headers="authorization,content-type"):
    asked = {"Access-Control-Request-Method": method, "Access-Control-Request-Headers": headers}
    return send(app, "OPTIONS", path, headers={"Origin": origin, **asked})


@pytest.mark.parametrize(("path", "method"), [("/cds-services", "GET"), (PATIENT_VIEW, "POST")])
def test_r160_a_preflight_needs_no_token(app, path, method):
    response = preflight(app, path, method)
    assert response.status_code == 200
    assert response.headers["access-control-allow-origin"] == ORIGIN
    assert method in response.headers["access-control-allow-methods"]
    allowed = response.headers["access-control-allow-headers"].lower()
    assert {"authorization", "content-type"} <= {h.strip() for h in allowed.split(",")}


def test_r160_a_strange_origin_gets_a_refusal(app):
    response = preflight(app, PATIENT_VIEW, "POST", origin="https://evil.example")
    assert response.status_code == 400
    assert error_code(response) == "cors-refused"
    assert "access-control-allow-origin" not in response.headers


@pytest.mark.parametrize(
    ("body", "status"), [(call(), 412), ({}, 400), (b"", 400), (call("order-sign"), 400)]
)
def test_r160_refusals_may_be_read_by_the_origin(app, body, status):
    response = post(app, PATIENT_VIEW, body, {"Origin": ORIGIN})
    assert response.status_code == status
    assert response.headers["access-control-allow-origin"] == ORIGIN


def test_r160_our_own_fault_may_be_read_by_the_origin(app, monkeypatch):
    def fail(*_):
        raise ValueError(CANARY)

    monkeypatch.setattr("service.calls.judge", fail)
    response = post(app, PATIENT_VIEW, call(), {"Origin": ORIGIN})
    assert response.status_code == 500
    assert response.headers["access-control-allow-origin"] == ORIGIN
    assert CANARY not in response.text


def test_a_strange_origin_reads_nothing(app):
    response = post(app, PATIENT_VIEW, {}, {"Origin": "https://evil.example"})
    assert "access-control-allow-origin" not in response.headers
