"""What must hold in the terminology before anything may use it: one sentence per contradiction."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain, combinations

from cards.codes import LANGUAGES, Limit, Names, Unit, bare_icd, bare_icdo, folded_uri
from cards.terminology_tables import AnalyteRow, ConceptRow, Tables, TerminologyError, read

_PLAIN_SLOTS = (
    "hb wbc plt esr crp glucose sodium potassium creatinine b12 folate ferritin ld albumin"
    " s_protein_profile bilirubin alat alp tsh psa u_dipstick"
)
# A slot of the AOS panel -> the groups of analytes of which one whole group answers it
# (1177 AOS, Provtagningar, Laboratorieprover).
_AOS_SLOTS: Mapping[str, tuple[tuple[str, ...], ...]] = {
    **{key: ((key,),) for key in _PLAIN_SLOTS.split()},
    "calcium": (("ca_corrected",), ("ca_ionised",)),
    "light_chains": (("flc_kappa", "flc_lambda"), ("u_protein_profile",)),
}


def check(toml: Mapping[str, object]) -> Tables:
    """Read the parsed terminology.toml, or raise TerminologyError with all that is wrong in it."""
    tables = read(toml)
    problems = chain(
        _keys(tables),
        _languages(tables),
        _sources(tables),
        _systems(tables),
        _codes(tables),
        _shared_codes(tables),
        _concepts(tables),
        _words(tables),
        _examinations(tables),
        _histologies(tables),
        _slots(tables),
        chain.from_iterable(_analyte(row) for row in tables.analytes),
        chain.from_iterable(
            _units(f"[[vital]] {row.key}", row.unit, row.units) for row in tables.vitals
        ),
    )
    if sentences := list(problems):
        raise TerminologyError("\n".join(sentences))
    return tables


def _repeated(values: Iterable[str]) -> list[str]:
    return [value for value, times in Counter(values).items() if times > 1]


def _concept_rows(tables: Tables) -> Iterator[tuple[str, ConceptRow]]:
    groups = {
        "finding": tables.findings,
        "conclusion": tables.conclusions,
        "organ": tables.organs,
        "morphology": tables.morphologies,
    }
    return ((f"[[{table}]] {row.key}", row) for table, rows in groups.items() for row in rows)


def _keys(tables: Tables) -> Iterator[str]:
    entries = chain(
        (f"[[system]] {row.key}" for row in tables.systems),
        (f"[[analyte]] {row.key}" for row in tables.analytes),
        (f"[[site]] {row.key}" for row in tables.sites),
        (f"[[vital]] {row.key}" for row in tables.vitals),
        (f"[[listing]] {row.key}" for row in tables.listings),
        (f"[[department]] {row.key}" for row in tables.departments),
        (f"[[examination]] {row.key}" for row in tables.examinations),
        (entry for entry, _ in _concept_rows(tables)),
    )
    return (f"{entry} stands there twice." for entry in _repeated(entries))


def _named(tables: Tables) -> Iterator[tuple[str, Names]]:
    for row in tables.analytes:
        yield from (
            (f"[[analyte]] {row.key}", names) for names in (row.name, row.short, row.specimen)
        )
    for site in tables.sites:
        yield f"[[site]] {site.key}", site.name
        yield from ((f"[[site]] {site.key}", role.name) for _, role in site.roles)
    yield from ((entry, row.name) for entry, row in _concept_rows(tables))
    yield from ((f"[[vital]] {row.key}", row.name) for row in tables.vitals)
    yield from ((f"[[department]] {row.key}", row.name) for row in tables.departments)
    yield from ((f"[[examination]] {row.key}", row.name) for row in tables.examinations)


def _languages(tables: Tables) -> Iterator[str]:
    for entry, names in _named(tables):
        for language in LANGUAGES:
            if not names.get(language):
                yield f"{entry} has no name in {language}."


def _sourced(tables: Tables) -> Iterator[tuple[str, tuple[str, ...]]]:
    for row in tables.analytes:
        limits = (*row.limits, *row.unverified_limits)
        parts = (row, *row.units, *limits, *row.every_code, *row.local_hints)
        yield from ((f"[[analyte]] {row.key}", part.source) for part in parts)
    for vital in tables.vitals:
        signs = (vital, *vital.units, *vital.every_code)
        yield from ((f"[[vital]] {vital.key}", part.source) for part in signs)
    for site in tables.sites:
        coded = (site, *chain.from_iterable(role.snomed for _, role in site.roles))
        yield from ((f"[[site]] {site.key}", part.source) for part in coded)
    for entry, concept in _concept_rows(tables):
        yield from ((entry, part.source) for part in (concept, *concept.snomed))
    yield from ((f"[[system]] {system.key}", system.source) for system in tables.systems)
    yield from ((f"[[listing]] {row.key}", row.source) for row in tables.listings)
    for department in tables.departments:
        for part in (department, *department.snomed):
            yield f"[[department]] {department.key}", part.source
    for examination in tables.examinations:
        for part in (examination, *examination.snomed):
            yield f"[[examination]] {examination.key}", part.source


def _sources(tables: Tables) -> Iterator[str]:
    for entry, source in _sourced(tables):
        if not source:
            yield f"{entry} has a part without a source."
        for key in source:
            if key not in tables.sources:
                yield f"{entry} names the source {key}, which [sources] does not know."


def _systems(tables: Tables) -> Iterator[str]:
    spellings = (folded_uri(uri) for row in tables.systems for uri in {row.uri, *row.also})
    for spelling in _repeated(spellings):
        yield f"[[system]] {spelling} is a spelling of two systems, or stands there twice."
    known = {row.key for row in tables.systems}
    for row in (*tables.analytes, *tables.vitals):
        for code in row.every_code:
            if code.system not in known:
                yield f"{row.key}: the code {code.code} is of the unknown system {code.system}."


def _codes(tables: Tables) -> Iterator[str]:
    for row in (*tables.analytes, *tables.vitals):
        for twice in _repeated(f"{code.system} {code.code}" for code in row.every_code):
            yield f"{row.key}: the code {twice} stands there twice."
        for code in row.every_code:
            if code.use == "note" and not code.note:
                yield f"{row.key}: the code {code.code} counts with a note, but has none."


def _shared_codes(tables: Tables) -> Iterator[str]:
    """Find codes that count for two tests: their results could be read as neither."""
    counted: dict[tuple[str, str], str] = {}
    for row in (*tables.analytes, *tables.vitals):
        for code in (code for code in row.every_code if code.use != "reject"):
            first = counted.setdefault((code.system, code.code), row.key)
            if first != row.key:
                yield f"{row.key}: the code {code.system} {code.code} counts for {first} too."


def _analyte(row: AnalyteRow) -> Iterator[str]:
    entry = f"[[analyte]] {row.key}"
    if row.kind == "quantity":
        yield from _units(entry, row.unit, row.units)
    yield from _limits(entry, row)
    accepted = {(code.system, code.code) for code in row.codes if code.use == "accept"}
    for coding in row.order:
        if (coding.system, coding.code) not in accepted:
            yield f"{entry} is ordered by {coding.code}, which is no accepted, verified code of it."


def _units(entry: str, canonical: str | None, units: Iterable[Unit]) -> Iterator[str]:
    factors: dict[str, float | None] = {}
    for unit in units:
        if unit.convertible == (unit.factor is None):
            yield f"{entry}: the unit {unit.ucum} needs a factor, or convertible = false, not both."
        for spelling in (unit.ucum, *unit.aliases):
            if factors.setdefault(spelling, unit.factor) != unit.factor:
                yield f"{entry}: the unit {spelling} has two different factors."
    if canonical is None or factors.get(canonical) != 1:
        yield f"{entry}: the canonical unit {canonical} is not listed with factor 1."


def _limits(entry: str, row: AnalyteRow) -> Iterator[str]:
    convertible = {unit.ucum for unit in row.units if unit.factor}
    for limit in (*row.limits, *row.unverified_limits):
        if limit.unit not in convertible:
            yield f"{entry} has a limit in {limit.unit}, which cannot be converted."
        if limit.low is None and limit.high is None:
            yield f"{entry} has a limit without a low and a high."
    for one, other in combinations(row.limits, 2):
        if _overlap(one, other):
            yield f"{entry} has two limits in {one.unit} for the same person."


def _overlap(one: Limit, other: Limit) -> bool:
    same_people = one.unit == other.unit and (one.sex == other.sex or None in (one.sex, other.sex))
    ages = range(
        max(one.min_age or 0, other.min_age or 0), min(one.max_age or 200, other.max_age or 200)
    )
    return same_people and bool(ages)


def _concepts(tables: Tables) -> Iterator[str]:
    sites = {site.key for site in tables.sites}
    for site in tables.sites:
        for key in site.shares:
            if key not in sites:
                yield f"[[site]] {site.key} shares a code with {key}, which is no site."
        yield from _prefixes(
            f"[[site]] {site.key}", (p for _, role in site.roles for p in role.icd10)
        )
    for entry, row in _concept_rows(tables):
        yield from _prefixes(entry, row.icd10)
        if (row.svf_start is None) != (row.svf is None):
            yield f"{entry} has a start code without its text, or the reverse."


def _prefixes(entry: str, prefixes: Iterable[str]) -> Iterator[str]:
    for prefix in prefixes:
        if not prefix or prefix != bare_icd(prefix):
            yield f'{entry}: the ICD-10 prefix "{prefix}" needs capitals and no dot or space.'


def _words(tables: Tables) -> Iterator[str]:
    """Find words that could never be met in a folded text."""
    lists = chain(
        ((f"[[listing]] {row.key}", row.words) for row in tables.listings),
        ((f"[[morphology]] {row.key}", row.words) for row in tables.morphologies),
        (
            (f"[[examination]] {e.key}", w)
            for e in tables.examinations
            for w in (*e.words, e.unless)
        ),
    )
    for entry, words in lists:
        for word in words:
            if not word or word != " ".join(word.casefold().split()):
                yield f'{entry}: the word "{word}" needs small letters and single spaces.'


def _examinations(tables: Tables) -> Iterator[str]:
    known = {row.key for row in tables.examinations}
    for row in tables.examinations:
        if row.within is not None and row.within not in known:
            yield f"[[examination]] {row.key} is within {row.within}, which is no examination."


def _histologies(tables: Tables) -> Iterator[str]:
    codes = [bare_icdo(code) for row in tables.morphologies for code in row.icdo3]
    for twice in _repeated(codes):
        yield f"[[morphology]]: the ICD-O-3 code {twice} stands there twice."
    for code in codes:
        if not re.fullmatch(r"\d{4}([369]\d)?", code):
            yield f"[[morphology]]: {code} is no ICD-O-3 type, nor an invasive code with a grade."


def _slots(tables: Tables) -> Iterator[str]:
    ready = {
        row.key
        for row in tables.analytes
        if row.order and any(c.use == "accept" for c in row.codes)
    }
    for slot, groups in _AOS_SLOTS.items():
        if not any(ready.issuperset(group) for group in groups):
            yield f"The panel slot {slot} lacks an accepted code or an order: it cannot be filled."
