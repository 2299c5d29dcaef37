"""What the codes of a CodeableConcept mean, and how it is said in words."""

import functools
import re
from collections.abc import Mapping

from cards.elements import CodeableConcept
from cards.record import Reason
from cards.terminology import TERMS, CodeUse

_LONG = 200
"""Characters of a foreign text that a reason repeats."""
_KEPT = 4096
"""Distinct codes whose meaning is kept at hand."""


_PARTS = re.compile(r"(.+?) \(([A-Z]-.+|[A-Z][A-Z\d]+)\)")
"""A name with another one in brackets; a remark in brackets ("free") is none."""


def _called(name: str) -> set[str]:
    """Give what laboratories print of "P-Kobalamin (B12)": the whole, P-Kobalamin and B12."""
    parts = _PARTS.fullmatch(name)
    found = {name, *(parts.groups() if parts else ())}
    return {" ".join(each.split()).casefold() for each in found}


def _names() -> dict[str, str]:
    """Give the analytes by what they are called, in any language or by one laboratory."""
    return {
        called: key
        for key, analyte in TERMS.analytes.items()
        for name in (*analyte.short.values(), *analyte.name.values(), *analyte.printed)
        for called in _called(name)
    }


_NAMES: Mapping[str, str] = _names()
"""The analytes by their names in every language."""


def codings(code: CodeableConcept | None) -> list[tuple[str, str]]:
    """Give (system, code) of each coding that has a code, without surrounding spaces."""
    if code is None or not code.coding:
        return []
    return [
        ((coding.system or "").strip(), text)
        for coding in code.coding
        if coding is not None and coding.code and (text := coding.code.strip())
    ]


def is_coded(code: CodeableConcept | None) -> bool:
    """Tell whether there is a coding with a code."""
    return bool(codings(code))


def uses_of(code: CodeableConcept | None, site_map: Mapping[str, str]) -> tuple[CodeUse, ...]:
    """Give the analytes that a code means, the site map of the EHR before the terminology."""
    uses: tuple[CodeUse, ...] = ()
    for system, text in codings(code):
        mapped = site_map.get(f"{system}|{text}") if site_map else None
        if mapped is None:
            uses += _meant(system, text)
        elif mapped in TERMS.analytes:
            uses += (CodeUse(analyte=mapped, use="accept"),)
    return uses or _named(code)


def _named(code: CodeableConcept | None) -> tuple[CodeUse, ...]:
    """Give the analyte that a code without a known coding is called by, as unverified.

    A result that is only named cannot serve as an answer, but it is not "no result" either.
    """
    if code is None:
        return ()
    for words in (code.text, *[c.display for c in code.coding or () if c is not None]):
        if words and len(words) <= _LONG and (uses := _called_so(words)):
            return uses
    return ()


def is_named(code: CodeableConcept | None) -> bool:
    """Tell whether a code is called as an analyte is, whatever its codings mean."""
    return bool(_named(code))


def _called_so(words: str) -> tuple[CodeUse, ...]:
    """Look a name up; afresh each time, for a text may hold what must not outlive the call."""
    analyte = _NAMES.get(" ".join(words.split()).casefold())
    return () if analyte is None else (CodeUse(analyte=analyte, use="accept", verified=False),)


def _meant(system: str, code: str) -> tuple[CodeUse, ...]:
    return _looked_up(system, code) if len(system) + len(code) <= _LONG else ()


@functools.lru_cache(_KEPT)
def _looked_up(system: str, code: str) -> tuple[CodeUse, ...]:
    key = TERMS.system_key(system)
    return TERMS.code_uses(key, code) if key else TERMS.likely_uses(code)


def vital_of(system: str, code: str) -> str | None:
    """Give the vital sign that a code means, as the terminology names it."""
    return _vital(system, code) if len(system) + len(code) <= _LONG else None


@functools.lru_cache(_KEPT)
def _vital(system: str, code: str) -> str | None:
    key = TERMS.system_key(system)
    return TERMS.vital_of(key, code) if key else None


def said(concept: CodeableConcept | None) -> str:
    """Give a concept in words: its text, else a display, else a code; empty when it has none."""
    if concept is None:
        return ""
    coded = [c for c in concept.coding or () if c is not None]
    words = [concept.text, *(c.display for c in coded), *(c.code for c in coded)]
    return next((w.strip() for w in words if w and w.strip()), "")


def because(reason: str, detail: str = "") -> Reason:
    """Give a reason with its detail, which is foreign text and may be of any length."""
    return Reason(reason, detail if len(detail) <= _LONG else f"{detail[: _LONG - 1]}…")
