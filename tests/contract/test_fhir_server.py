"""Calls without prefetch, answered from a FHIR server that is not ours, over real sockets.

The server is Medplum's FHIR router over its memory repository (tests/contract/fhir_server/), behind
a front that checks the bearer token and pages every search after a few matches.
"""

import asyncio
import json
import subprocess
from pathlib import Path

import httpx
import pytest

from service.hooks import PREFETCH
from tests.contract import node
from tests.needing import need
from tests.service.asking import JSON, examples, make_app
from tests.service.ehrs import TOKEN, not_checked, statuses, whole_call, without

FOLDER = Path(__file__).parent / "fhir_server"
PAGE_SIZE = 5


def _installed(npm):
    """Install the server with npm; tell whether it is there."""
    if (FOLDER / "node_modules").is_dir():
        return True
    command = [*npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    done = subprocess.run(command, cwd=FOLDER, capture_output=True, text=True, check=False)  # noqa: S603 -- words of our own
    return done.returncode == 0


@pytest.fixture(scope="module")
def server():
    """Give the base URL of the FHIR server, empty as yet."""
    run = need(node.found(), "node 20.19 or 22.12 and npm (`make node` gets them)")
    need(_installed(run.npm), "npm's registry")
    command = [*run.node, "server.mjs", TOKEN, str(PAGE_SIZE)]
    with subprocess.Popen(command, cwd=FOLDER, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603 -- words of our own
        try:
            yield f"http://127.0.0.1:{int(process.stdout.readline())}/fhir/R4"
        finally:
            process.terminate()


def short(number):
    """Give a JSON number as JavaScript keeps it: 15.0 is 15."""
    return int(float(number)) if float(number).is_integer() else float(number)


def load(base, body):
    """Put what a call holds into the server, in one transaction, and nothing else."""
    held = []
    for value in body["prefetch"].values():
        held += [e["resource"] for e in value["entry"]] if "entry" in value else [value]
    entries = [
        {"resource": r, "request": {"method": "PUT", "url": f"{r['resourceType']}/{r['id']}"}}
        for r in held
        if "id" in r
    ]
    bundle = {"resourceType": "Bundle", "type": "transaction", "entry": entries}
    with httpx.Client(headers={"Authorization": f"Bearer {TOKEN}"}) as client:
        client.delete(base).raise_for_status()
        answer = client.post(base, json=bundle)
    answer.raise_for_status()
    assert {e["response"]["status"] for e in answer.json()["entry"]} <= {"200", "201"}


@pytest.fixture
def app(tmp_path, server):
    path = tmp_path / "clients.toml"
    path.write_text(f'[[client]]\nname = "A"\nfhir_servers = ["{server}"]\n')
    return lambda: make_app(clients=path, allow_loopback_fhir=True, response_budget_ms=60_000)


def answered(app, body, service_id):
    """Give the response to a call, the application started and stopped around it."""

    async def ask():
        async with app.router.lifespan_context(app):
            transport = httpx.ASGITransport(app)
            async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
                path = f"/cds-services/{service_id}"
                return await client.post(path, content=json.dumps(body), headers=JSON)

    return asyncio.run(ask())


def cards(app, body, service_id="svf-patient-view"):
    response = answered(app, body, service_id)
    assert response.status_code == 200, response.text
    return response.json()["cards"]


SHORT = {
    *("aos-gaps", "aos-stale-boundary", "cup-earlier-cancer", "cup-known-cancer", "under-age"),
    *("dk-bone-cord", "dk-liver-afp", "dk-neck-node"),
}
"""Cases with short charts: the server takes a second to load thirty resources."""


@pytest.mark.parametrize(("case", "service_id"), [e for e in examples() if e[0] in SHORT])
def test_a_call_without_prefetch_gives_the_cards_of_one_with_prefetch(
    app, server, case, service_id
):
    body = json.loads(json.dumps(whole_call(case, service_id, server)), parse_float=short)
    load(server, body)
    whole = cards(app(), body, service_id)
    assert cards(app(), without(body, *PREFETCH), service_id) == whole
    assert cards(app(), without(body, "observations", "user"), service_id) == whole


def test_a_lapsed_token_is_said_and_nothing_is_missing(app, server):
    body = whole_call(server=server, token="lapsed")  # noqa: S106 -- opens nothing
    (card,) = cards(app(), without(body, "observations"))
    assert not_checked(card) == {"observations": "ehrRefused"}
    assert "missing" not in statuses(card).values()
    response = answered(app(), without(body, *PREFETCH), "svf-patient-view")
    assert response.status_code == 412


def test_a_patient_whom_the_server_does_not_know_is_a_412(app, server):
    body = without(whole_call(server=server), *PREFETCH)
    body["context"]["patientId"] = "nobody"
    del body["fhirAuthorization"]["patient"]
    response = answered(app(), body, "svf-patient-view")
    assert response.status_code == 412
    assert "patient (" in response.json()["issue"][0]["diagnostics"]


def test_this_machine_is_not_called_unless_that_is_allowed(tmp_path, server):
    path = tmp_path / "clients.toml"
    path.write_text(f'[[client]]\nname = "A"\nfhir_servers = ["{server}"]\n')
    body = without(whole_call(server=server), "observations")
    (card,) = cards(make_app(clients=path, sandbox=False), body)
    assert not_checked(card) == {"observations": "ehrUnreachable"}
