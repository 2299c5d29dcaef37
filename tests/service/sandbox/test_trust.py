"""service.sandbox.trust: what is allowed only beside the sandbox."""

from service.clients import Client
from service.sandbox.trust import beside_sandbox
from tests.service.asking import call, make_app, post, send, settings

ORIGIN = {"Origin": "https://sandbox.example"}


def test_the_sandbox_is_among_the_servers_that_may_be_fetched_from():
    client = beside_sandbox(Client(fhir_servers=("https://ehr.example/fhir",)), settings())
    assert client.fhir_servers[0] == "https://ehr.example/fhir"
    assert "http://127.0.0.1:8000/sandbox/fhir" in client.fhir_servers
    assert "http://127.0.0.1:8000/sandbox/fhir/with/locked+paged" in client.fhir_servers


def test_any_page_may_call_where_nobody_needs_a_token():
    app = make_app()
    assert send(app, "GET", "/cds-services", headers=ORIGIN).headers[
        "access-control-allow-origin"
    ] in {"*", ORIGIN["Origin"]}
    refused = post(app, "/cds-services/svf-patient-view", call(), ORIGIN)
    assert "access-control-allow-origin" in refused.headers
    preflight = {
        **ORIGIN,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization,content-type",
    }
    for path in ("/cds-services/svf-patient-view", "/sandbox/fhir/Patient/_search"):
        assert send(app, "OPTIONS", path, headers=preflight).status_code == 200


def test_without_the_sandbox_no_page_may():
    response = send(make_app(sandbox=False), "GET", "/cds-services", headers=ORIGIN)
    assert "access-control-allow-origin" not in response.headers


def test_an_origin_guards_where_tokens_do():
    client = Client(origins=("https://ehr.example",))
    given = settings(auth="required")
    assert beside_sandbox(client, given).origins == client.origins
