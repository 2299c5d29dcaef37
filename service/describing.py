"""The OpenAPI document: what FastAPI knows of the pages, and the hook route written by hand."""

import json
from importlib.resources import files

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from service import __version__
from service.hooks import SERVICES

SUMMARY = "CDS Hooks service for cancer-pathway referral."
DESCRIPTION = (
    "Says what is missing, ready to order, and prepares the referral, ready to sign."
    " Every answer other than 200 is a FHIR OperationOutcome; `issue.details.coding.code` is"
    " stable. A 401 is bare."
)
Document = dict[str, object]
REFUSAL: Document = {"$ref": "#/components/responses/Refusal"}
WITH_TOKEN: Document = {
    "security": [{"token": []}],
    "responses": {
        "401": {"$ref": "#/components/responses/Unauthorized"},
        "429": REFUSAL,
        "431": REFUSAL,
        "503": REFUSAL,
    },
}
"""What the description of a route adds that asks who calls."""


def describe(app: FastAPI) -> None:
    """Let the application give the whole document at /openapi.json."""
    known: list[Document] = []

    def openapi() -> Document:
        if not known:
            known.append(_document(app))
        return known[0]

    app.openapi = openapi  # type: ignore[method-assign] # FastAPI's documented way


def json_answer(schema: str, *, missing: bool = False) -> dict[int | str, Document]:
    """Give the part of a route's description that says what its 200 holds, and its 404 if any."""
    answers: dict[int | str, Document] = {
        200: {
            "content": {"application/json": {"schema": {"$ref": f"#/components/schemas/{schema}"}}}
        }
    }
    return answers | ({404: REFUSAL} if missing else {})


def _document(app: FastAPI) -> Document:
    """Give FastAPI's document with the hook route and the schemas laid over it."""
    written = json.loads((files("service") / "templates" / "openapi.json").read_text("utf-8"))
    document = get_openapi(
        title="Vidare",
        version=__version__,
        summary=SUMMARY,
        description=DESCRIPTION,
        routes=app.routes,
    )
    paths: dict[str, dict[str, Document]] = document["paths"]
    for operations in document["paths"].values():
        for operation in operations.values():
            _refusals(operation["responses"])
    for operation in written["paths"].values():
        parameter = operation["post"]["parameters"][0]
        parameter["schema"]["enum"] = [service.id for service in SERVICES]
    document["paths"] = dict(sorted((paths | written["paths"]).items()))
    document["components"] = written["components"]
    return document


def _refusals(responses: Document) -> None:
    """Put our refusal in the place of FastAPI's own."""
    if responses.pop("422", None) is not None:
        responses["400"] = REFUSAL
    for status in responses:
        if status not in {"200", "401"}:
            responses[status] = REFUSAL
