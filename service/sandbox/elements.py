"""Walking through FHIR JSON of which no model is made."""

from collections.abc import Iterator, Mapping

Resource = Mapping[str, object]


def values(element: object, *path: str) -> Iterator[object]:
    """Give every value at a path of member names; lists on the way are walked through."""
    if isinstance(element, list):
        for item in element:
            yield from values(item, *path)
    elif not path:
        yield element
    elif isinstance(element, Mapping) and path[0] in element:
        yield from values(element[path[0]], *path[1:])


def text(element: object, *path: str) -> str:
    """Give the first string at a path; "" where there is none."""
    return next((v for v in values(element, *path) if isinstance(v, str)), "")


def name(resource: Resource) -> str:
    """Give `Type/id` of a resource."""
    return f"{text(resource, 'resourceType')}/{text(resource, 'id')}"
