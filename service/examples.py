"""The example patients (fhir_examples/), moved to any day: ages and intervals stay as they are."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

import msgspec

FOLDER = "fhir_examples"
_DATED = re.compile(
    r'("(?:birthDate|\w+Date|\w+DateTime|\w+Instant|issued|authoredOn|dateAsserted|lastUpdated'
    r'|start|end|started|date|recorded|sent)"\s*:\s*")'  # the member and its opening quote
    r'(\d{4}(?:-\d\d(?:-\d\d(?:T[^"]*)?)?)?)(?=")'
)
_DAY = 10  # characters of YYYY-MM-DD


class NoSuchExample(LookupError):
    """There is no such case, or it has no request for the service; the message says which."""


class Case(msgspec.Struct, frozen=True):
    """What case.toml says of an example patient."""

    anchor: date
    services: tuple[str, ...]
    title: Mapping[str, str]
    story: Mapping[str, str]


def cases() -> dict[str, Case]:
    """Give all cases by their names."""
    return {folder.name: _case(folder) for folder in sorted(_folders(), key=lambda f: f.name)}


def example(case: str, service_id: str | None, today: date) -> bytes:
    """Give the request of a case to a service (its first one for None), as of `today`."""
    folder = _folder(case)
    about = _case(folder)
    wanted = service_id or about.services[0]
    if wanted not in about.services:
        offered = ", ".join(about.services)
        raise NoSuchExample(f"The example {case} has no request to {wanted}, but to: {offered}.")
    text = (folder / f"request.{wanted}.json").read_text("utf-8")
    return shifted(text, about.anchor, today).encode()


def record(case: str, today: date) -> bytes:
    """Give all that the EHR holds about the patient of a case (a Bundle), as of `today`."""
    folder = _folder(case)
    text = (folder / "record.json").read_text("utf-8")
    return shifted(text, _case(folder).anchor, today).encode()


def shifted(text: str, anchor: date, today: date) -> str:
    """Give the JSON with every FHIR date moved by `today - anchor`; precision and zone stay."""

    def move(found: re.Match[str]) -> str:
        return found[1] + _moved(found[2], anchor, today)

    return _DATED.sub(move, text)


def _moved(stamp: str, anchor: date, today: date) -> str:
    """Move one date; of a partial one, the middle of its period moves, never past today."""
    days = today - anchor
    if len(stamp) >= _DAY:
        return _day(stamp[:_DAY], days) + stamp[_DAY:]
    middle = f"{stamp}-15" if "-" in stamp else f"{stamp}-07-01"
    moved = _day(middle, days)[: len(stamp)]
    begun = stamp <= anchor.isoformat()[: len(stamp)]
    return min(moved, today.isoformat()[: len(stamp)]) if begun else moved


def _day(stamp: str, days: timedelta) -> str:
    return (date.fromisoformat(stamp) + days).isoformat()


def _folders() -> Iterator[Traversable]:
    packed = files("service") / FOLDER  # in a wheel
    root = packed if packed.is_dir() else Path(__file__).parent.parent / FOLDER
    if root.is_dir():
        yield from (f for f in root.iterdir() if f.is_dir() and (f / "case.toml").is_file())


def _folder(case: str) -> Traversable:
    for folder in _folders():
        if folder.name == case:
            return folder
    raise NoSuchExample(f"There is no example {case}; there are: {', '.join(cases())}.")


def _case(folder: Traversable) -> Case:
    return msgspec.convert(tomllib.loads((folder / "case.toml").read_text("utf-8")), Case)
