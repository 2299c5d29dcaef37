"""The laboratory results of a chart: of the years before, of today's question, and odd ones."""

from collections.abc import Iterator
from datetime import date, timedelta

from patients.catalogue import coding
from patients.frame import HL7, UCUM, Frame, coded
from patients.laboratory import TESTS, Sex, day_of, days_of, named_tests, taken_at, ucum
from patients.story import Json, Odd, Panel, Sampling

_SLOW = {"b12": 3, "folate": 3, "ferritin": 3, "s-protein": 6, "kappa": 6, "lambda": 6}
"""Days until the answer of a test that is not run every day."""


def results(frame: Frame) -> Iterator[Json]:
    """Give every laboratory Observation, and the report of today's question."""
    taken: dict[date, dict[str, float | str | None]] = {}
    for sampling in frame.chart.samplings:
        levels = _levels(sampling, frame.sex)
        for day in days_of(sampling, frame.chart.seed, frame.anchor):
            taken.setdefault(day, {}).update(levels)
    for day, tests in sorted(taken.items()):
        when = taken_at(frame.chart.seed, day).isoformat()[:16]
        for test, told in tests.items():
            value = frame.body.value(test, day, told)
            name = f"obs-{test}-{day:%Y%m%d}"
            yield _brief(_observation(frame, test, name, when, value))
    if frame.chart.panel:
        yield from _panel(frame, frame.chart.panel)
    for odd in frame.chart.results:
        yield _odd(frame, odd)


def _levels(sampling: Sampling, sex: Sex) -> dict[str, float | str | None]:
    """Give the tests of a sampling, each with the level told of these days alone."""
    tests = named_tests(sampling.tests, sex)
    if stray := sampling.levels.keys() - set(tests):
        raise KeyError(*stray)
    return {test: sampling.levels.get(test) for test in tests}


def _panel(frame: Frame, panel: Panel) -> Iterator[Json]:
    """Give the results of today's question; their ids are the plain names of the tests."""
    when = panel.on if "T" in panel.on else f"{panel.on}T08:15"
    asked = dict.fromkeys((*named_tests(panel.tests, frame.sex), *panel.values))
    results = []
    for test in asked:
        if test in panel.without:
            continue
        value = panel.values.get(test, frame.body.value(test, day_of(panel.on[:10])))
        waiting = test in panel.pending
        status = "preliminary" if waiting else "final"
        results.append(f"obs-{test}")
        yield _observation(frame, test, f"obs-{test}", when, value, status)
    if not results:
        return
    yield {
        "resourceType": "DiagnosticReport",
        "id": "report-lab",
        "status": "partial" if panel.pending else "final",
        "category": [category("LAB", "Laboratory")],
        "code": {
            "coding": [coding("loinc|11502-2|Laboratory report")],
            "text": frame.place.laboratory_report,
        },
        "subject": frame.subject,
        "effectiveDateTime": frame.moment(when),
        "issued": frame.moment(_answered(frame, when, 6)),
        "performer": [{"display": frame.place.laboratory}],
        "result": [{"reference": f"Observation/{name}"} for name in results],
    }


def _answered(frame: Frame, when: str, days: int) -> str:
    """Give when an answer came: the same afternoon, or days later and before today."""
    if not days:
        return f"{when[:10]}T15:40"
    latest = frame.anchor - timedelta(days=1)
    return f"{min(day_of(when[:10]) + timedelta(days=days), latest)}T14:05"


def _observation(
    frame: Frame, test: str, name: str, when: str, value: float | str, status: str = "final"
) -> Json:
    written = TESTS[test].written(frame.chart.country)
    issued = frame.moment(_answered(frame, when, _SLOW.get(test, 0)))
    members: Json = {
        "resourceType": "Observation",
        "id": name,
        "status": status,
        "category": [coded("observation-category", "laboratory")],
        "code": {"coding": [coding(f"{written.code}|{written.name}")], "text": written.name},
        "subject": frame.subject,
        "effectiveDateTime": frame.moment(when),
        "issued": issued if status == "final" else None,
        "performer": [{"display": frame.place.laboratory}],
    }
    if isinstance(value, str):
        return {**members, "valueString": value}
    unit = written.unit or ""
    bounds = frame.body.bounds(written, day_of(when[:10]))
    ranges = {
        side: quantity(bound, unit)
        for side, bound in zip(("low", "high"), bounds or ("", ""), strict=True)
        if bound != ""
    }
    return {
        **members,
        "valueQuantity": quantity(value, unit),
        "referenceRange": [{**ranges, "text": _range_text(ranges)}] if ranges else None,
    }


def _odd(frame: Frame, odd: Odd) -> Json:
    """Give a result as the story has it, members laid over what would have been."""
    name = odd.id or f"obs-{odd.test}"
    when = odd.on if "T" in odd.on else taken_at(frame.chart.seed, day_of(odd.on)).isoformat()[:16]
    value = odd.value if odd.value is not None else ""
    members = _observation(frame, odd.test, name, when, value, odd.status)
    if odd.unit is not None and not isinstance(value, str):
        members["valueQuantity"] = quantity(value, odd.unit)
        members.pop("referenceRange", None)
    if odd.value is None:
        members.pop("valueString")
    kept = {name: member for name, member in members.items() if name not in odd.less}
    return {**kept, **odd.raw}


def _brief(observation: Json) -> Json:
    """Give an old result as an EHR archives it: who answered when is no longer told."""
    kept = {name: m for name, m in observation.items() if name not in {"performer", "issued"}}
    for each in observation.get("referenceRange") or ():  # type: ignore[attr-defined] # our JSON
        bounds = {side: each[side] for side in ("low", "high") if side in each}
        plain = {s: {"value": q["value"], "unit": q["unit"]} for s, q in bounds.items()}
        kept["referenceRange"] = [plain]
    return kept


def category(code: str, display: str) -> Json:
    """Give the category of a DiagnosticReport (HL7 v2-0074)."""
    return {"coding": [{"system": f"{HL7}/v2-0074", "code": code, "display": display}]}


def quantity(value: float, unit: str) -> Json:
    """Give a Quantity whose unit stands in words and in UCUM."""
    return {"value": value, "unit": unit, "system": UCUM, "code": ucum(unit)}


def _range_text(ranges: dict[str, Json]) -> str:
    low, high = (
        _comma(ranges[side]["value"]) if side in ranges else "" for side in ("low", "high")
    )
    if not low:
        return f"<{high}"
    return f"{low}–{high}" if high else f">{low}"


def _comma(number: object) -> str:
    return str(number).replace(".", ",")
