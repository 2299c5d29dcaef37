"""service.sandbox.trust: the sandbox's own EHR as a client, beside the sandbox alone."""

import pytest

from service.app import create_app
from service.database import opened, prepare
from service.errors import StartRefused
from service.sandbox.trust import Signer
from tests.service.asking import call, error_code, make_app, post, read_fully, send, settings

ORIGIN = {"Origin": "https://sandbox.example"}
VIEW = "/cds-services/svf-patient-view"
BASE = "http://127.0.0.1:8000"
CALL = call(prefetch=read_fully())


def bearer(token):
    return {"Authorization": f"Bearer {token}"}


@pytest.fixture(scope="module")
def locked():
    given = settings(auth="required", sandbox=True)
    with opened(given.database_url) as engine:
        prepare(engine)
    return create_app(given)


def signed(app, path):
    return bearer(post(app, "/sandbox/assertion", {"path": path}).json()["token"])


def test_a_token_of_the_sandbox_opens_what_it_was_signed_for_once(locked):
    token = signed(locked, VIEW)
    assert post(locked, VIEW, CALL, token).status_code == 200
    assert post(locked, VIEW, CALL, token).status_code == 401
    assert post(locked, VIEW, CALL).status_code == 401
    assert post(locked, VIEW, CALL, signed(locked, "/cds-services")).status_code == 401
    assert send(locked, "GET", "/cds-services", headers=signed(locked, "/cds-services")).json()


def test_another_process_s_keys_open_nothing(locked):
    assert post(locked, VIEW, CALL, bearer(Signer(BASE).token(VIEW))).status_code == 401


def test_only_public_keys_leave_the_signer():
    assert b'"d"' not in Signer(BASE).client.jwks


@pytest.mark.parametrize(
    "given",
    [
        {"auth": "required"},  # the sandbox is served on loopback, but nobody asked for its trust
        {
            "auth": "required",
            "sandbox": True,
            "host": "192.0.2.1",
            "public_url": "https://vidare.example",
        },
        {"auth": "required", "sandbox": True, "public_url": "https://vidare.example"},
    ],
)
def test_the_sandbox_s_ehr_is_not_trusted_elsewhere(given):
    assert not settings(**given).trusts_sandbox
    with pytest.raises(StartRefused):
        make_app(**given)


def test_where_it_is_not_trusted_it_signs_nothing():
    for given in (
        {"sandbox": True, "host": "192.0.2.1", "allow_insecure": True},
        {"workers": 2},
    ):
        response = post(make_app(**given), "/sandbox/assertion", {"path": VIEW})
        assert (response.status_code, error_code(response)) == (404, "no-signer")


def test_any_page_may_call_where_nobody_needs_a_token():
    app = make_app()
    allowed = send(app, "GET", "/cds-services", headers=ORIGIN).headers
    assert allowed["access-control-allow-origin"] in {"*", ORIGIN["Origin"]}
    preflight = {
        **ORIGIN,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization,content-type",
        "Access-Control-Request-Private-Network": "true",
    }
    for path in (VIEW, "/sandbox/fhir/Patient/_search"):
        answer = send(app, "OPTIONS", path, headers=preflight)
        assert answer.status_code == 200
        assert answer.headers["access-control-allow-private-network"] == "true"


@pytest.mark.parametrize("given", [{"sandbox": False}, {"auth": "required", "sandbox": True}])
def test_elsewhere_no_page_may(given):
    response = send(make_app(**given), "GET", "/health/live", headers=ORIGIN)
    assert "access-control-allow-origin" not in response.headers
