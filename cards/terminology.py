"""Every clinical word that Vidare reads or writes, with its codes: look-ups, each a dictionary's.

How to read the tables, and what is unverified: docs/terminology.md.
"""

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from importlib.resources import files
from typing import TypeVar

from cards.codes import (
    LANGUAGES,
    Analyte,
    CodeUse,
    Concept,
    Examination,
    Kind,
    Limit,
    Names,
    OrderCoding,
    Spellings,
    Unit,
    bare_icd,
    bare_icdo,
    folded_uri,
)
from cards.terminology_checks import check
from cards.terminology_tables import (
    AnalyteRow,
    CodeRow,
    ConceptRow,
    ExaminationRow,
    MorphologyRow,
    RoleRow,
    SiteRow,
    SnomedRow,
    Tables,
    TerminologyError,
)

__all__ = [
    "LANGUAGES",
    "TERMS",
    "Analyte",
    "CodeUse",
    "Concept",
    "Examination",
    "Limit",
    "Names",
    "OrderCoding",
    "Terminology",
    "TerminologyError",
    "Unit",
    "check",
]

Entry = TypeVar("Entry")

_NOTHING: frozenset[str] = frozenset()
_ICD_SYSTEMS = ("icd10_se", "icd10_who")
_TELLING = re.compile(r"(?:NPU|NOR|SWE|DNK)\d{5}|\d{3,6}-\d")
"""Codes of NPU with its national parts, and of LOINC with its check digit: no others look so."""


class Terminology:
    """The checked tables, indexed once: every look-up is a dictionary's."""

    def __init__(self, tables: Tables) -> None:
        """Index the tables."""
        self.sources: Mapping[str, str] = tables.sources
        self._uris = {row.key: row.uri for row in tables.systems}
        spellings = {uri: row.key for row in tables.systems for uri in (row.uri, *row.also)}
        self._system_keys = {folded_uri(uri): key for uri, key in spellings.items()} | spellings
        self.analytes: Mapping[str, Analyte] = {
            row.key: _analyte(row, self._uris) for row in tables.analytes
        }
        self._uses = _code_uses(tables.analytes)
        coded = list(_concepts(tables))
        self.concepts: Mapping[str, Concept] = {concept.key: concept for concept, _, _ in coded}
        self._snomed = _index((concept, [c.code for c in codes]) for concept, codes, _ in coded)
        self._icd10 = _index((concept, prefixes) for concept, _, prefixes in coded)
        self._icd10_lengths = sorted({len(prefix) for prefix in self._icd10}, reverse=True)
        self._icdo3 = {
            bare_icdo(code): frozenset({f"morphology.{row.key}"})
            for row in tables.morphologies
            for code in row.icdo3
        }
        self._listings = {row.key: row.words for row in tables.listings}
        self._departments = {
            code.code: row.key for row in tables.departments for code in row.snomed
        }
        self.examinations: Mapping[str, Examination] = {
            row.key: _examination(row) for row in tables.examinations
        }
        self._vitals = {
            (code.system, code.code): row.key for row in tables.vitals for code in row.codes
        }
        self._vital_units = {row.key: Spellings(row.units) for row in tables.vitals}

    def analyte(self, key: str) -> Analyte:
        """Give the analyte of a key."""
        return _known(self.analytes, key, "analyte")

    def concept(self, key: str) -> Concept:
        """Give the concept of a key such as "weight_loss" or "metastasis.liver"."""
        return _known(self.concepts, key, "concept")

    def system_uri(self, key: str) -> str:
        """Give the address that we emit for a code system."""
        return _known(self._uris, key, "code system")

    def system_key(self, uri: str | None) -> str | None:
        """Give the code system of an address in any spelling that has been seen, else None."""
        if uri is None:
            return None
        return self._system_keys.get(uri) or self._system_keys.get(folded_uri(uri))

    def code_uses(self, system_key: str, code: str) -> tuple[CodeUse, ...]:
        """Give what a code means as a laboratory test: uses to reject and unverified ones too."""
        return self._uses.get((system_key, code.strip()), ())

    def likely_uses(self, code: str) -> tuple[CodeUse, ...]:
        """Give what a code under no system that we know means, read as one of NPU or LOINC.

        As unverified: it may be another's, so that it never answers; nor is it nothing.
        """
        plain = code.strip().upper()
        if not _TELLING.fullmatch(plain):
            return ()
        uses = self.code_uses("loinc" if "-" in plain else "npu", plain)
        return tuple(_unverified(use) for use in uses if use.use != "reject")

    def concepts_of(self, system_key: str, code: str) -> frozenset[str]:
        """Give the keys of the concepts that a code records; empty if it records none of ours.

        ICD-10 and SKS go by the longest listed prefix that the code starts with, ICD-O-3 by the
        whole code, else by its type where it is invasive.
        """
        if system_key == "snomed":
            return self._snomed.get(code.strip(), _NOTHING)
        if system_key == "icdo3":
            return self._histology(bare_icdo(code))
        if system_key in _ICD_SYSTEMS:
            return self._by_prefix(bare_icd(code))
        if system_key == "sks" and (sks := bare_icd(code)).startswith("D"):
            return self._by_prefix(sks[1:])
        return _NOTHING

    def _histology(self, digits: str) -> frozenset[str]:
        """Read type (4 digits), behaviour, grade: "81403"; benign and in situ are no histology."""
        if not re.fullmatch(r"\d{4}[369]\d?", digits):
            return _NOTHING
        return self._icdo3.get(digits) or self._icdo3.get(digits[:4], _NOTHING)

    def _by_prefix(self, code: str) -> frozenset[str]:
        for length in self._icd10_lengths:
            if len(code) >= length and (found := self._icd10.get(code[:length])):
                return found
        return _NOTHING

    def svf_start(self, organ_key: str) -> str | None:
        """Give the KVÅ code that starts an organ's SVF ("colorectal"); None: no single one."""
        return self.concept(f"organ.{organ_key.removeprefix('organ.')}").svf_start

    def listing(self, key: str) -> tuple[str, ...]:
        """Give the words by which a note is read: "solitary", "multiple", "liver" and more."""
        return _known(self._listings, key, "listing")

    def department_of(self, system_key: str, code: str) -> str | None:
        """Give the department that a service type means ("neurology"), else None."""
        return self._departments.get(code.strip()) if system_key == "snomed" else None

    def examination(self, key: str) -> Examination:
        """Give the examination of a key."""
        return _known(self.examinations, key, "examination")

    def vital_of(self, system_key: str, code: str) -> str | None:
        """Give "weight", "height" or "temperature" for a code of it, else None."""
        return self._vitals.get((system_key, code.strip()))

    def vital_value(self, kind: str, value: float, unit: str | None) -> float | None:
        """Give a vital sign in kg, cm or Cel; None where the unit is absent or unknown."""
        known = self.vital_unit(kind, unit)
        return None if known is None else known.canonical(value)

    def vital_unit(self, kind: str, text: str | None) -> Unit | None:
        """Give the unit of a vital sign that a UCUM code or a printed unit names, else None."""
        return _known(self._vital_units, kind, "vital sign").find(text)


def _known(entries: Mapping[str, Entry], key: str, what: str) -> Entry:
    try:
        return entries[key]
    except KeyError:
        raise KeyError(f'The terminology has no {what} "{key}".') from None


def _analyte(row: AnalyteRow, uris: Mapping[str, str]) -> Analyte:
    return Analyte(
        key=row.key,
        name=row.name,
        short=row.short,
        specimen=row.specimen,
        kind=row.kind,
        source=row.source,
        unit=row.unit,
        units=row.units,
        limits=row.limits,
        plausible=row.plausible,
        order=tuple(
            OrderCoding(system_uri=uris[coding.system], code=coding.code, display=coding.display)
            for coding in row.order
        ),
        printed=tuple(hint.label for hint in row.local_hints),
    )


def _code_uses(rows: Iterable[AnalyteRow]) -> dict[tuple[str, str], tuple[CodeUse, ...]]:
    uses: dict[tuple[str, str], tuple[CodeUse, ...]] = {}
    for row in rows:
        for code in row.every_code:
            use = _code_use(row, code)
            uses[code.system, code.code] = (*uses.get((code.system, code.code), ()), use)
    return uses


def _code_use(row: AnalyteRow, code: CodeRow) -> CodeUse:
    verified = code in row.codes
    return CodeUse(analyte=row.key, use=code.use, part=code.part, note=code.note, verified=verified)


def _unverified(use: CodeUse) -> CodeUse:
    return CodeUse(analyte=use.analyte, use="accept", part=use.part, verified=False)


def _concepts(tables: Tables) -> Iterator[tuple[Concept, tuple[SnomedRow, ...], tuple[str, ...]]]:
    groups: tuple[tuple[Kind, str, tuple[ConceptRow, ...]], ...] = (
        ("finding", "", tables.findings),
        ("conclusion", "conclusion.", tables.conclusions),
        ("organ", "organ.", tables.organs),
        ("morphology", "morphology.", tables.morphologies),
    )
    for kind, prefix, rows in groups:
        for row in rows:
            yield _concept(kind, prefix + row.key, row), row.snomed, row.icd10
    for site in tables.sites:
        for kind, role in site.roles:
            yield _site_concept(kind, site, role), role.snomed, role.icd10


def _concept(kind: Kind, key: str, row: ConceptRow) -> Concept:
    return Concept(
        key=key,
        kind=kind,
        name=row.name,
        source=row.source,
        section=row.section,
        svf_start=row.svf_start,
        svf=row.svf,
        note=row.note,
        words=row.words if isinstance(row, MorphologyRow) else (),
    )


def _examination(row: ExaminationRow) -> Examination:
    return Examination(
        key=row.key,
        name=row.name,
        order=row.order,
        codes=tuple((code.code, code.display) for code in row.snomed),
        words=row.words,
        unless=row.unless,
        within=row.within,
    )


def _site_concept(kind: Kind, site: SiteRow, role: RoleRow) -> Concept:
    return Concept(
        key=f"{kind}.{site.key}",
        kind=kind,
        name=role.name,
        source=site.source,
        place=site.name,
        shares=tuple(f"{kind}.{other}" for other in site.shares if kind == "metastasis"),
        note=site.note,
        sks=role.sks,
    )


def _index(coded: Iterable[tuple[Concept, Iterable[str]]]) -> dict[str, frozenset[str]]:
    found: dict[str, frozenset[str]] = {}
    for concept, codes in coded:
        for code in codes:
            found[code] = found.get(code, _NOTHING) | {concept.key}
    return found


TERMS = Terminology(
    check(tomllib.loads((files("cards") / "terminology.toml").read_text(encoding="utf-8")))
)
