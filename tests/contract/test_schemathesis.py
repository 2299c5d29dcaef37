"""The application keeps what openapi.yaml promises, with and without tokens (Schemathesis)."""

from pathlib import Path
from tempfile import mkdtemp

import hypothesis
import schemathesis
from hypothesis import HealthCheck
from schemathesis.core.parameters import ParameterLocation
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


def token_rules(case):
    """Give the check of wrong data where the token is, as the schema has it, (also) wrong.

    Where none is asked for that is no fault, and a client sends its own in that one's place.
    """
    return [negative_data_rejection] if case.meta.is_negative_at(ParameterLocation.HEADER) else []


def audience(case):
    """Give the address that a token for this call must name."""
    return f"{BASE}{case.formatted_path}"


@OPEN.parametrize()
@SETTINGS
def test_every_operation_keeps_its_promise_where_no_token_is_asked_for(case):
    no_token = [ignored_auth, missing_required_header, *token_rules(case)]
    case.call_and_validate(excluded_checks=[*beyond_schema(case), *no_token])


@CLOSED.parametrize()
@SETTINGS
def test_every_operation_keeps_its_promise_to_a_client(case):
    excluded = [*beyond_schema(case), *token_rules(case)]
    case.call_and_validate(headers=bearer(aud=audience(case)), excluded_checks=excluded)


@CLOSED.parametrize()
@SETTINGS
def test_whoever_has_no_token_is_told_nothing(case):
    response = case.call(headers={"Authorization": "Bearer x"})
    excluded = [*beyond_schema(case), ignored_auth]
    case.validate_response(response, excluded_checks=excluded)
    if case.operation.definition.raw.get("security") and response.status_code != 405:
        assert (response.status_code, response.content) == (401, b"")
