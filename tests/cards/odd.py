"""Searchsets as no honest sender writes them, drawn by chance: the same for the same seed.

Mostly clean, with members that are gone, null, of another type, named twice or by escapes,
extended, spaced and ordered as nobody would; Hypothesis seldom leaves enough of a record clean.
"""

import copy
import json

from cards.terminology import TERMS
from tests.cards.build import (
    LOINC,
    MINE,
    RECENT,
    SERVER,
    SNOMED,
    bundle,
    concept,
    condition,
    diagnostic_report,
    encounter,
    medication_request,
    observation,
    quantity,
    service_request,
    test_code,
)

ME = {"system": "urn:oid:1.2.752.129.2.1.3.1", "value": "19121212-1212"}
OTHER = {"system": "urn:oid:1.2.752.129.2.1.3.1", "value": "19121212-1213"}
SITE = {"urn:lab|HB": "hb", f"{LOINC}|2085-9": "crp", f"{LOINC}|29463-7": "hb"}
ANALYTES = sorted(key for key, analyte in TERMS.analytes.items() if analyte.order)
UNITS = ["g/L", "g/dL", "mmol/L", "kg", "g", "cm", "Cel", "[degF]", "%", "parrots", "", " g/L"]
CODINGS = [
    *({"system": TERMS.system_uri(system), "code": code} for system, code in sorted(TERMS._uses)),
    *[{"system": LOINC, "code": code} for code in ("29463-7", "8302-2", "8310-5", "2085-9")] * 10,
    *[{"system": "urn:lab", "code": "HB", "display": "P-CRP"}, {"code": "718-7"}, None] * 5,
    *[{"system": "urn:lab", "code": "X"}, {"system": "urn:lab", "code": " "}, {"display": "Hb"}]
    * 5,
]
REFERENCES = [
    *("Patient/p1", " Patient/p1 ", "urn:me", f"{SERVER}/Patient/p1", "#p"),
    *("Patient/p2", "Patient/", "urn:x", "https://elsewhere.example/fhir/Patient/p1", " ", ""),
]
OTHERS = {
    "conditions": [condition(), condition("organ.lung"), condition("metastasis.liver")],
    "diagnosticReports": [diagnostic_report(), diagnostic_report("s_protein_profile")],
    "encounters": [encounter()],
    "medications": [medication_request()],
    "serviceRequests": [service_request(), service_request("hb")],
}


class Number(str):
    """A number as it is written."""

    __slots__ = ()


class Twice(dict):
    """An object with one more member, of a name that it has."""

    more = ("", None)


NUMBERS = [
    *map(Number, ["0", "-0.0", "1e5", "1E2", "1.21e2", "1e16", "1e400", "9" * 20, "-1", "1e12"]),
    *(7, 12.5, 36.6, 70, 121, 140, "121", None),
]
DATES = [
    *(f"{RECENT}T23:30:00Z", f" {RECENT}", "2026-02", "soon", "", "2027-01-01", "0000-01-01", None),
]
ODD = [
    *("x", "a:b", "é", '\\"', "makulerad", "modifierExtension", "\u0000nested too deeply", ""),
    *(None, True, False, 0, -1, 7.1, Number("1e400"), Number("1e3"), [], {}, [{}], [None]),
    *({"value": 1}, {"coding": [{}]}, {"x": {"y": "z:"}}, [{"url": "u", "valueCode": "unknown"}]),
]


class Sender:
    """An EHR that writes what it wants."""

    def __init__(self, chance):
        """Keep where chance comes from, and choose how this sender writes."""
        self.chance, self.pick = chance, chance.choice
        self.gap = self.mostly("", self.pick([" ", "\r\n  "]))
        self.escaped = self.pick([*[None] * 20, "status", "value", "resourceType"])
        self.ascii_only = self.pick([True, False])
        self.backwards = self.mostly(False, True)

    def mostly(self, usual, rare, often=0.85):
        """Give the usual, or seldom the rare."""
        return usual if self.chance.random() < often else rare

    def searchset(self, key):
        """Give the JSON of a searchset of a key."""
        count = self.chance.randint(1, 4)
        entries = [self.entry(key, self.mostly(number, 0)) for number in range(count)]
        entries = copy.deepcopy(entries)  # what they share is not to be made odd elsewhere
        for _ in range(self.pick([0, 0, 0, 1, 2])):
            self.make_odd(entries)
        total = self.pick([None, count, count + 1, -1])
        return self.written(bundle(entry=entries, total=total)).encode()

    def entry(self, key, number):
        """Give an entry: a resource, under an address or none."""
        found = {"fullUrl": self.pick(["urn:1", f"{SERVER}/Observation/o0", ""])}
        found["resource"] = self.resource(key, number)
        found["search"] = self.pick([{"mode": "match"}, {"mode": "include"}, {}, None])
        return {name: found[name] for name in found if self.mostly(name == "resource", True, 0.6)}

    def resource(self, key, number):
        """Give a resource that a key may hold."""
        if key not in OTHERS:
            return self.observation(number)
        found = self.pick(OTHERS[key]) | {"id": f"x{number}"}
        found["subject"] = self.mostly(MINE, self.subject(), 0.7)
        return found | self.mostly({}, {"contained": [self.observation("in")]})

    def observation(self, number):
        """Give an Observation: of an analyte, or under any code, with few members that are rare."""
        analyte = TERMS.analyte(self.pick(ANALYTES))
        least, most = analyte.plausible or (1, 200)
        members = {
            "id": f"o{number}",
            "code": self.mostly(test_code(analyte.key), self.code()),
            "subject": self.mostly(MINE, self.subject()),
            "effectiveDateTime": self.mostly(RECENT, self.pick(DATES)),
            "valueQuantity": self.quantity((least + most) / 2, analyte.unit),
            "referenceRange": self.pick([None, [self.range(least, most, analyte.unit)]]),
        }
        rare = self.rare(analyte.unit)
        for name in self.chance.sample(sorted(rare), self.pick([0, 0, 0, 1, 1, 2])):
            members[name] = rare[name]
        if number != "in" and self.mostly(False, True, 0.95):
            inner = self.observation("in")
            owner = {"resourceType": "Patient", "id": "p", "identifier": [ME]}
            del inner["subject"]
            members["contained"] = [owner, inner]
        return observation(analyte.key, **members)

    def rare(self, unit):
        """Give members that few Observations have, or have so."""
        pick = self.pick
        return {
            "status": pick(["preliminary", "corrected", "cancelled", "Final", ""]),
            "effectiveInstant": pick(DATES),
            "effectivePeriod": pick([{}, {"start": RECENT}, {"end": "soon"}]),
            "issued": pick(DATES),
            "valueString": pick(["121", "121 g/L", "makulerad", ""]),
            "valueCodeableConcept": pick([self.code(), concept(SNOMED, "260385009")]),
            "valueBoolean": pick([True, False]),
            "dataAbsentReason": pick([{}, concept(None, "unknown")]),
            "interpretation": pick([[], [concept(None, "H")], [{"text": "H"}]]),
            "component": pick([[], [{"code": self.code(), "valueQuantity": quantity(7, unit)}]]),
            "hasMember": pick([[], [{"reference": "Observation/o0"}]]),
            "focus": pick([[], [MINE], [{"reference": "Patient/p2"}], "Patient/p2"]),
            "specimen": pick([{}, {"reference": "Specimen/1"}]),
            "note": pick([[], [{"text": "makulerad"}]]),
            "modifierExtension": pick([[], [{"url": "x"}]]),
            "meta": self.odd(),
            "category": self.odd(),
            "_status": self.odd(),
        }

    def subject(self):
        """Give a subject: by reference, by identifier, by both or by neither."""
        found = {"reference": self.pick(REFERENCES)} if self.mostly(True, False) else {}
        named = {"identifier": self.pick([ME, OTHER, {"value": "1"}, None])}
        return found | self.pick([{}, named])

    def code(self):
        """Give a CodeableConcept of any codings."""
        found = {"coding": [self.pick(CODINGS) for _ in range(self.pick([0, 1, 1, 1, 2, 3]))]}
        return found | self.mostly({}, {"text": self.pick(["Hb", "P-CRP", "HDL", ""])})

    def quantity(self, usual, unit):
        """Give a Quantity, mostly the usual one."""
        value = self.mostly(usual, self.pick(NUMBERS))
        found = quantity(value, self.mostly(unit, self.pick(UNITS)))
        sign = self.mostly({}, {"comparator": self.pick(["<", ">=", "ad", ""])})
        gone = self.mostly(None, self.pick(["value", "unit", "system", "code"]))
        return {name: part for name, part in (found | sign).items() if name != gone}

    def range(self, least, most, unit):
        """Give a reference range, mostly a plain one."""
        return {
            "low": self.quantity(least, unit),
            "high": self.quantity(most, unit),
            **self.mostly({}, {"type": self.pick([concept(None, "normal"), {"text": "x"}, {}])}),
            **self.mostly({}, {"appliesTo": self.pick([[], [{"text": "a"}]])}),
            **self.mostly({}, {"modifierExtension": self.pick([[], [{"url": "x"}]])}),
        }

    def odd(self):
        """Give a value that fits few places."""
        return copy.deepcopy(self.pick(ODD))

    def make_odd(self, value):
        """Change one place in a JSON value."""
        holder, name = self.pick([*places(value)] or [([None], 0)])
        inner, act = holder[name], self.chance.random()
        if act < 0.4:
            holder[name] = self.odd()
        elif act < 0.5:
            del holder[name]
        elif act < 0.6:
            holder[name] = inner[0] if isinstance(inner, list) and inner else [inner]
        elif act < 0.7 and isinstance(holder, dict):
            holder[self.pick(["x", "modifierExtension", f"_{name}"])] = self.odd()
        elif isinstance(inner, dict) and inner:
            holder[name] = Twice(inner)
            again = self.pick(sorted(inner))
            holder[name].more = (again, self.pick([inner[again], self.odd()]))

    def written(self, value):
        """Give the JSON text of a value, as this sender writes it."""
        if isinstance(value, Number):
            return str(value)
        if isinstance(value, list):
            return f"[{','.join(self.gap + self.written(each) for each in value)}]"
        if not isinstance(value, dict):
            return json.dumps(value, ensure_ascii=self.ascii_only)
        members = [*value.items(), *([value.more] if isinstance(value, Twice) else [])]
        texts = [
            f"{self.gap}{self.name(name)}{self.gap}:{self.gap}{self.written(inner)}"
            for name, inner in (reversed(members) if self.backwards else members)
        ]
        return f"{{{','.join(texts)}{self.gap}}}"

    def name(self, name):
        """Give a member's name, perhaps with its first letter written as an escape."""
        text = json.dumps(name, ensure_ascii=self.ascii_only)
        return f'"\\u{ord(name[0]):04x}{text[2:]}' if name == self.escaped else text


def places(value):
    """Give each place in a JSON value: its holder and its name there."""
    for name in list(value) if isinstance(value, dict) else range(len(value)):
        yield value, name
        if isinstance(value[name], dict | list):
            yield from places(value[name])
