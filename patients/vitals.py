"""The vital signs of a chart."""

from collections.abc import Iterator

from patients.catalogue import coding
from patients.frame import UCUM, Frame, coded
from patients.results import quantity
from patients.story import Json

_VITALS = {
    "weight": ("29463-7|Body weight", {"SE": "Kroppsvikt", "DK": "Vægt"}, "kg"),
    "height": ("8302-2|Body height", {"SE": "Kroppslängd", "DK": "Højde"}, "cm"),
    "temperature": (
        "8310-5|Body temperature",
        {"SE": "Kroppstemperatur", "DK": "Temperatur"},
        "°C",
    ),
    "pulse": ("8867-4|Heart rate", {"SE": "Puls", "DK": "Puls"}, "slag/min"),
}


def vitals(frame: Frame) -> Iterator[Json]:
    """Give an Observation for every measurement, numbered where there are several."""
    for kind, values in frame.chart.measures.items():
        for number, (on, value) in enumerate(sorted(values.items()), 1):
            name = f"vital-{kind}" if len(values) == 1 else f"vital-{kind}-{number}"
            yield _vital(frame, kind, name.replace("_", "-"), on, value)


def _vital(frame: Frame, kind: str, name: str, on: str, value: float | str) -> Json:
    members: Json = {
        "resourceType": "Observation",
        "id": name,
        "status": "final",
        "category": [coded("observation-category", "vital-signs")],
        "subject": frame.subject,
        "effectiveDateTime": frame.moment(on, "09:05"),
    }
    if isinstance(value, str):
        upper, lower = (int(part) for part in value.split("/"))
        text = {"SE": "Blodtryck", "DK": "Blodtryk"}[frame.chart.country]
        return {
            **members,
            "code": {"coding": [coding("loinc|85354-9|Blood pressure panel")], "text": text},
            "component": [
                _component("8480-6|Systolic blood pressure", upper),
                _component("8462-4|Diastolic blood pressure", lower),
            ],
        }
    code, texts, unit = _VITALS[kind]
    text = texts[frame.chart.country]
    return {
        **members,
        "code": {"coding": [coding(f"loinc|{code}")], "text": text},
        "valueQuantity": quantity(value, unit),
    }


def _component(code: str, value: int) -> Json:
    quantity: Json = {"value": value, "unit": "mm[Hg]", "system": UCUM, "code": "mm[Hg]"}
    return {"code": {"coding": [coding(f"loinc|{code}")]}, "valueQuantity": quantity}
