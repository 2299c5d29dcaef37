"""service.describing: the OpenAPI document."""

from service.hooks import SERVICES
from tests.service.asking import make_app, send


def test_every_route_is_described():
    document = send(make_app(), "GET", "/openapi.json").json()
    assert set(document["paths"]) == {
        "/",
        "/cds-services",
        "/cds-services/{id}",
        "/cds-services/{id}/feedback",
        "/docs",
        "/health/live",
        "/health/ready",
        "/insights",
        "/insights.csv",
        "/metrics",
        "/pathways",
        "/pathways/{id}",
    }
    assert list(document["paths"]["/cds-services/{id}"]) == ["post"]


def test_every_reference_leads_somewhere():
    document = make_app().openapi()

    def walk(value):
        if isinstance(value, dict):
            if "$ref" in value:
                yield value["$ref"]
            for inner in value.values():
                yield from walk(inner)
        elif isinstance(value, list):
            for inner in value:
                yield from walk(inner)

    references = set(walk(document))
    assert references
    for reference in references:
        place = document
        for part in reference.removeprefix("#/").split("/"):
            place = place[part]


def test_every_schema_is_used():
    document = make_app().openapi()
    text = str(document)
    for name in document["components"]["schemas"]:
        assert f"#/components/schemas/{name}'" in text, name


def test_refusals_are_operation_outcomes_everywhere():
    for path, operations in make_app().openapi()["paths"].items():
        for operation in operations.values():
            for status, response in operation["responses"].items():
                name = "Unauthorized" if status == "401" else "Refusal"
                if status != "200":
                    assert response == {"$ref": f"#/components/responses/{name}"}, path


def test_routes_that_ask_who_calls_say_so():
    for path, operations in make_app().openapi()["paths"].items():
        for operation in operations.values():
            asked = path.startswith(("/cds-services", "/insights"))
            assert ("401" in operation["responses"]) == asked, path
            assert operation.get("security") == ([{"token": []}] if asked else None), path


def test_the_services_are_the_values_of_the_id():
    (identifier, _) = make_app().openapi()["paths"]["/cds-services/{id}"]["post"]["parameters"]
    assert identifier["schema"]["enum"] == [service.id for service in SERVICES]
