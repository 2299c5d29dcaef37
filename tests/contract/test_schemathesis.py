"""The application keeps what openapi.yaml promises, asked by Schemathesis."""

import hypothesis
import schemathesis
from hypothesis import HealthCheck
from schemathesis.specs.openapi.checks import positive_data_acceptance

from tests.service.asking import make_app

APP = make_app()
SCHEMA = schemathesis.openapi.from_asgi("/openapi.json", APP)


@SCHEMA.parametrize()
@hypothesis.settings(
    max_examples=25,
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)
def test_every_operation_keeps_its_promise(case):
    # A schema cannot say which hook belongs to which service, nor which data an answer needs.
    beyond_schema = [positive_data_acceptance] if case.method == "POST" else []
    case.call_and_validate(excluded_checks=beyond_schema)
