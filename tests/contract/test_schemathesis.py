"""The application keeps what openapi.yaml promises, with and without tokens (Schemathesis)."""

from pathlib import Path
from tempfile import mkdtemp

import hypothesis
import schemathesis
from hypothesis import HealthCheck
from schemathesis.specs.openapi.checks import (
    ignored_auth,
    missing_required_header,
    negative_data_rejection,
    positive_data_acceptance,
)

from service.database import opened, upgrade
from tests.service.asking import FOLDER, make_app, settings
from tests.service.signing import BASE, bearer, clients_file


def ready(**given):
    """Give an application whose database is ready."""
    url = settings(**given).database_url
    with opened(url) as engine:
        upgrade(engine)
    return make_app(**given, database_url=url)


def with_tokens():
    """Give the application as it is served to clients."""
    path = clients_file(Path(mkdtemp(dir=FOLDER)))
    return ready(auth="required", clients=path, calls_per_minute=0)


OPEN = schemathesis.openapi.from_asgi("/openapi.json", ready())
CLOSED = schemathesis.openapi.from_asgi("/openapi.json", with_tokens())
ONLY_TOKEN = {"/cds-services", "/insights", "/insights.csv"}
"""Where a call may have nothing wrong with it but the token, which nobody asks for here."""
SETTINGS = hypothesis.settings(
    max_examples=25,
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)


def beyond_schema(case):
    """Give the checks that a schema cannot pass: it knows no hook of a service, no needed data."""
    return [positive_data_acceptance] if case.method == "POST" else []


def audience(case):
    """Give the address that a token for this call must name."""
    return f"{BASE}{case.formatted_path}"


@OPEN.parametrize()
@SETTINGS
def test_every_operation_keeps_its_promise_where_no_token_is_asked_for(case):
    no_token = [ignored_auth, missing_required_header]
    if case.path in ONLY_TOKEN:
        no_token.append(negative_data_rejection)
    case.call_and_validate(excluded_checks=[*beyond_schema(case), *no_token])


@CLOSED.parametrize()
@SETTINGS
def test_every_operation_keeps_its_promise_to_a_client(case):
    headers = bearer(aud=audience(case))
    excluded = beyond_schema(case)
    if case.path in ONLY_TOKEN:  # what schemathesis took from the call as wrong, the token, is here
        excluded.append(negative_data_rejection)
    case.call_and_validate(headers=headers, excluded_checks=excluded)


@CLOSED.parametrize()
@SETTINGS
def test_whoever_has_no_token_is_told_nothing(case):
    response = case.call(headers={"Authorization": "Bearer x"})
    excluded = [*beyond_schema(case), ignored_auth]
    case.validate_response(response, excluded_checks=excluded)
    if case.operation.definition.raw.get("security") and response.status_code != 405:
        assert (response.status_code, response.content) == (401, b"")
