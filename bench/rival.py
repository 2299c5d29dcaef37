"""Serves the same answers, with the request read through fhir.resources (R4B) first."""

import json
import sys

import uvicorn
from fhir.resources.R4B import get_fhir_model_class

from bench.ours import settings
from service import calls
from service.app import create_app


def read_through_models(body: bytes) -> None:
    """Build a model of every resource in the prefetch, as the typed way of reading does."""
    for resource in json.loads(body)["prefetch"].values():
        get_fhir_model_class(resource["resourceType"]).model_validate(resource)


_answer = calls.Calls.answer


def answer(self: calls.Calls, service: calls.Service, body: bytes, language: str) -> bytes:
    """Answer as the service does, after the models were built."""
    read_through_models(body)
    return _answer(self, service, body, language)


if __name__ == "__main__":
    calls.Calls.answer = answer  # type: ignore[method-assign] -- the one difference measured
    app = create_app(settings())
    uvicorn.run(app, port=int(sys.argv[1]), access_log=False, log_level="error")
