"""service.errors: what a refusal says."""

import json

from fhir.resources.R4B.operationoutcome import OperationOutcome

from service.errors import BadRequest, Refusal, operation_outcome

CANONICAL = "https://codes.example"


def all_refusals():
    return [Refusal, *Refusal.__subclasses__()]


def test_every_refusal_is_a_valid_operation_outcome():
    for kind in all_refusals():
        body = operation_outcome(kind("What is wrong.", expression="context"), CANONICAL)
        OperationOutcome.model_validate(json.loads(body))


def test_the_code_stands_under_the_canonical_url():
    outcome = json.loads(operation_outcome(BadRequest("No.", code="some-code"), CANONICAL))
    (issue,) = outcome["issue"]
    assert issue["details"]["coding"] == [
        {"system": "https://codes.example/CodeSystem/error", "code": "some-code"}
    ]
    assert "expression" not in issue


def test_every_refusal_has_its_own_status_and_stands_in_the_tree():
    from service import errors

    statuses = [kind.status for kind in Refusal.__subclasses__()]
    assert len(set(statuses)) == len(statuses)
    for kind in Refusal.__subclasses__():
        assert f"{kind.__name__} " in errors.__doc__
        assert str(kind.status) in errors.__doc__
