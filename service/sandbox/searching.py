"""FHIR search over resources in memory: the parameters that our templates and EHRs use."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

from service.sandbox.elements import Resource, name, text, values

Query = Sequence[tuple[str, str]]

_DATES: Mapping[str, tuple[str, tuple[tuple[str, ...], ...]]] = {
    "Observation": ("date", (("effectiveDateTime",), ("effectivePeriod", "start"))),
    "DiagnosticReport": ("date", (("effectiveDateTime",), ("effectivePeriod", "start"))),
    "Encounter": ("date", (("period", "start"),)),
    "Condition": ("recorded-date", (("recordedDate",),)),
    "ServiceRequest": ("authored", (("authoredOn",),)),
    "MedicationRequest": ("authoredon", (("authoredOn",),)),
}
"""The date parameter of each kind, and where the date stands."""
_TOKENS: Mapping[str, str] = {
    "category": "category",
    "clinical-status": "clinicalStatus",
    "code": "code",
    "gender": "gender",
    "identifier": "identifier",
    "intent": "intent",
    "status": "status",
}
_COMPARED = re.compile(r"(eq|ge|le|gt|lt)?(\d{4}(?:-\d\d(?:-\d\d)?)?)(?:T.*)?")
_DAY = 10  # characters of YYYY-MM-DD


class Found(NamedTuple):
    """What a search found: matches in order, what they include, and the parameters obeyed."""

    matches: list[Resource]
    included: list[Resource]
    obeyed: list[tuple[str, str]]


def search(kind: str, query: Query, resources: Iterable[Resource]) -> Found:
    """Search the resources of a kind; a parameter that is not known here is not obeyed."""
    everything = list(resources)
    matches = [r for r in everything if r.get("resourceType") == kind]
    obeyed: list[tuple[str, str]] = []
    for parameter, value in query:
        test = _test(kind, parameter, value)
        if test is not None:
            matches = [resource for resource in matches if test(resource)]
            obeyed.append((parameter, value))
    for parameter, value in query:
        if parameter == "_sort" and value.removeprefix("-") == (date_parameter(kind) or None):
            matches = sorted(matches, key=date_of, reverse=value.startswith("-"))
            obeyed.append((parameter, value))
    paths = [(p, v) for p, v in query if p == "_include" and v.split(":")[0] == kind]
    return Found(matches, _included(matches, paths, everything), obeyed + paths)


def date_parameter(kind: str) -> str:
    """Give the name of the parameter by which a kind is searched by date; "" for none."""
    return _DATES[kind][0] if kind in _DATES else ""


def date_of(resource: Resource) -> str:
    """Give the date by which a resource is searched and sorted; "" where it has none."""
    _, paths = _DATES.get(text(resource, "resourceType"), ("", ()))
    return next((stamp for path in paths if (stamp := text(resource, *path))), "")


def _test(kind: str, parameter: str, value: str) -> Callable[[Resource], bool] | None:
    wanted = value.split(",")
    if parameter == "_id":
        return lambda r: r.get("id") in wanted
    if parameter in {"patient", "subject"}:
        aims = {w if "/" in w else f"Patient/{w}" for w in wanted}
        return lambda r: bool(aims & _patients(r))
    if parameter in _TOKENS:
        member = _TOKENS[parameter]
        return lambda r: any(_bears(r.get(member), w) for w in wanted)
    if parameter == date_parameter(kind) and all(map(_COMPARED.fullmatch, wanted)):
        return lambda r: any(_dated(date_of(r), w) for w in wanted)
    return None


def _patients(resource: Resource) -> set[str]:
    if resource.get("resourceType") == "Patient":
        return {name(resource)}
    return {text(resource, "subject", "reference"), text(resource, "patient", "reference")}


def _bears(element: object, token: str) -> bool:
    """Tell whether a code, Coding, CodeableConcept or Identifier bears `[system|]code`."""
    system, mark, code = token.rpartition("|")
    if element == code and not mark:
        return True
    pairs = [
        (text(found, "system"), text(found, "code") or text(found, "value"))
        for path in (("coding",), ())
        for found in values(element, *path)
    ]
    return any(c == code and (not mark or s == system) for s, c in pairs)


def _dated(stamp: str, wanted: str) -> bool:
    """Compare by day, with every day that a stamp or a wish without day or month may mean."""
    found = _COMPARED.fullmatch(wanted)
    if found is None or not stamp:
        return False
    first, last = _days(stamp[:_DAY])
    low, high = _days(found[2])
    if found[1] in {"ge", "le"}:
        return last >= low if found[1] == "ge" else first <= high
    if found[1] in {"gt", "lt"}:
        return last > high if found[1] == "gt" else first < low
    return low <= first and last <= high


def _days(stamp: str) -> tuple[str, str]:
    return (stamp + "-01-01"[len(stamp) - 4 :], stamp + "-12-31"[len(stamp) - 4 :])


def _included(matches: list[Resource], paths: Query, everything: list[Resource]) -> list[Resource]:
    """Give what the matches refer to by the paths `Type:parameter`, each resource once."""
    aims: dict[str, None] = {}
    for _, path in paths:
        member = path.split(":")[1] if ":" in path else ""
        spellings = ("subject",) if member == "patient" else (member, f"{member}Reference")
        for resource in matches:
            for spelling in spellings:
                aims |= dict.fromkeys(
                    v for v in values(resource, spelling, "reference") if isinstance(v, str)
                )
    known = {name(match) for match in matches}
    return [r for r in everything if (n := name(r)) in aims and n not in known]
