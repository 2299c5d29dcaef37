"""The words of a chart in Swedish and Danish: problems, medicines, examinations."""

import tomllib
from collections.abc import Mapping
from importlib.resources import files
from typing import Literal

import msgspec

from patients.story import Json, Telling

Country = Literal["SE", "DK"]

SYSTEMS: Mapping[str, str] = {
    "snomed": "http://snomed.info/sct",
    "loinc": "http://loinc.org",
    "npu": "http://npu-terminology.org",
    "icd10_se": "urn:oid:1.2.752.116.1.1.1.1.3",
    "sks": "urn:oid:1.2.208.176.2.4.12",
    "atc": "http://www.whocc.no/atc",
    "ours": "https://vidare.example/CodeSystem/pathway-order",
    "local": "https://ehr.example/lab",
}


class Entry(Telling, frozen=True):
    """A word of the catalogue, with its codes as `code|display`."""

    se: str
    dk: str
    id: str | None = None
    snomed: str | None = None
    loinc: str | None = None
    icd: str | None = None
    atc: str | None = None
    kind: str = "RAD"
    dose: Mapping[Literal["se", "dk"], str] = {}

    def text(self, country: Country) -> str:
        """Give the word as a chart of the country has it."""
        return self.dk if country == "DK" else self.se

    def codings(self, country: Country) -> list[Json]:
        """Give its codings; a Danish chart has SKS in the place of ICD-10-SE."""
        found = [
            coding(f"{system}|{code}")
            for system in ("snomed", "loinc", "atc")
            if (code := getattr(self, system))
        ]
        if self.icd and country == "SE":
            found.append(coding(f"icd10_se|{self.icd}"))
        elif self.icd:
            code = "D" + self.icd.partition("|")[0].replace(".", "")
            found.append(coding(f"sks|{code}|{self.dk}"))
        return found


class _Catalogue(Telling, frozen=True):
    problems: Mapping[str, Entry]
    medicines: Mapping[str, Entry]
    examinations: Mapping[str, Entry]


CATALOGUE = msgspec.convert(
    tomllib.loads((files("patients") / "catalogue.toml").read_text("utf-8")), _Catalogue
)
"""Every problem, medicine and examination by its word."""


def coding(text: str) -> Json:
    """Give the Coding that `system|code|display` stands for; the display may be left out."""
    system, code, *display = text.split("|")
    return {
        "system": SYSTEMS.get(system, system),
        "code": code,
        **({"display": display[0]} if display else {}),
    }
