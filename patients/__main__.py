"""Write record.json and the calls of every example patient whose case.toml tells a chart."""

import json
import sys
from pathlib import Path

from patients.calls import call, entry
from patients.chart import drafts, record
from patients.frame import Frame
from patients.story import Json, read_story

FOLDER = Path(__file__).parents[1] / "fhir_examples"


def written(folder: Path) -> dict[str, str]:
    """Give the content of the generated files of a case by name; none for one kept by hand."""
    story = read_story(folder / "case.toml")
    if story.chart is None:
        return {}
    frame = Frame(folder.name, story.chart, story.anchor)
    held, signed = record(frame), drafts(frame)
    bundle: Json = {"resourceType": "Bundle", "id": folder.name, "type": "collection"}
    return {
        "record.json": lines({**bundle, "entry": [entry(resource) for resource in held]}),
        **{
            f"request.{service}.json": lines(call(frame, service, held, signed))
            for service in story.services
        },
    }


def lines(value: object, depth: int = 0) -> str:
    """Give JSON with one resource on a line: short, and a difference shows which one it is."""
    margin = " " * (depth + 1)
    if isinstance(value, dict) and "resource" not in value and _holds_resources(value):
        rows = [f"{json.dumps(name)}: {lines(each, depth + 1)}" for name, each in value.items()]
        return (
            "{\n"
            + ",\n".join(margin + row for row in rows)
            + "\n"
            + " " * depth
            + "}"
            + _end(depth)
        )
    if isinstance(value, list) and _holds_resources(value):
        rows = [json.dumps(each, ensure_ascii=False) for each in value]
        return "[\n" + ",\n".join(margin + row for row in rows) + "\n" + " " * depth + "]"
    return json.dumps(value, ensure_ascii=False)


def _end(depth: int) -> str:
    return "" if depth else "\n"


def _holds_resources(value: object) -> bool:
    """Tell whether Bundle entries stand somewhere in a value."""
    if isinstance(value, list):
        return any(isinstance(each, dict) and "resource" in each for each in value)
    return isinstance(value, dict) and any(_holds_resources(each) for each in value.values())


def main(names: list[str]) -> None:
    """Write the files of the named cases, or of all."""
    for case in sorted(FOLDER.glob("*/case.toml")):
        if not names or case.parent.name in names:
            for name, text in written(case.parent).items():
                (case.parent / name).write_text(text, "utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
