"""The tables of terminology.toml: the shape of every entry, and how they are read."""

from collections.abc import Mapping
from typing import Literal, TypeAlias, TypeVar

from msgspec import Struct, ValidationError, convert

from cards.codes import Limit, Names, Sourced, Unit, Use

SiteRole: TypeAlias = Literal["metastasis", "lymphadenopathy", "lesion"]


class TerminologyError(ValueError):
    """The terminology contradicts itself; the sentence names the entry."""


class SystemRow(Sourced, frozen=True, kw_only=True):
    """A code system: the address we emit, and every other one it has been seen under."""

    key: str
    uri: str
    also: tuple[str, ...] = ()
    note: str | None = None


class CodeRow(Sourced, frozen=True, kw_only=True):
    """A code of a laboratory test or vital sign, and how it counts."""

    system: str
    code: str
    display: str
    use: Use
    part: str | None = None
    note: str | None = None


class OrderRow(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A coding of the order that we propose."""

    system: str
    code: str
    display: str


class HintRow(Sourced, frozen=True, kw_only=True):
    """A code of one region: an example for a site map, never matched."""

    code: str
    label: str


class CodedRow(Sourced, frozen=True, kw_only=True):
    """What an Observation can be of; an unverified code is kept apart and never decides."""

    key: str
    name: Names
    codes: tuple[CodeRow, ...]
    unverified_codes: tuple[CodeRow, ...] = ()

    @property
    def every_code(self) -> tuple[CodeRow, ...]:
        """The verified codes, then the unverified ones."""
        return self.codes + self.unverified_codes


class AnalyteRow(CodedRow, frozen=True, kw_only=True):
    """A laboratory test; `unverified_limits` are never used to judge."""

    short: Names
    specimen: Names
    kind: Literal["quantity", "text"]
    unit: str | None = None
    plausible: tuple[float, float] | None = None
    units: tuple[Unit, ...] = ()
    limits: tuple[Limit, ...] = ()
    unverified_limits: tuple[Limit, ...] = ()
    local_hints: tuple[HintRow, ...] = ()
    order: tuple[OrderRow, ...] = ()


class SnomedRow(Sourced, frozen=True, kw_only=True):
    """A SNOMED CT code of a concept."""

    code: str
    display: str


class ConceptRow(Sourced, frozen=True, kw_only=True):
    """A finding, cancer, conclusion or morphology; `icd10` are prefixes without dot."""

    key: str
    name: Names
    section: str | None = None
    snomed: tuple[SnomedRow, ...] = ()
    icd10: tuple[str, ...] = ()
    svf_start: str | None = None
    svf: str | None = None
    note: str | None = None


class MorphologyRow(ConceptRow, frozen=True, kw_only=True):
    """A histology; `icdo3` are types of ICD-O-3 ("8140") or whole codes with a grade ("8010/33").

    `words` are the beginnings by which it is read in a text.
    """

    icdo3: tuple[str, ...] = ()
    words: tuple[str, ...] = ()


class ListingRow(Sourced, frozen=True, kw_only=True):
    """Words by which a note or a conclusion is read, each the beginning of a word."""

    key: str
    words: tuple[str, ...]


class DepartmentRow(Sourced, frozen=True, kw_only=True):
    """A department as Encounter.serviceType codes it."""

    key: str
    name: Names
    snomed: tuple[SnomedRow, ...] = ()


class ExaminationRow(Sourced, frozen=True, kw_only=True):
    """An examination: how it is ordered, and by which words or codes it is known to be done.

    `words`: of one inner list every word must stand in the title, and none of `unless`; `order`
    "none" is done by hand; `within` is the key of a wider examination that answers for it too.
    """

    key: str
    name: Names
    order: Literal["imaging", "procedure", "none"]
    snomed: tuple[SnomedRow, ...] = ()
    words: tuple[tuple[str, ...], ...] = ()
    unless: tuple[str, ...] = ()
    within: str | None = None
    note: str | None = None


class RoleRow(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is said of a site: a metastasis, enlarged nodes, or a lesion.

    `sks` is the Danish code that a referral gives as its reason where the record holds none.
    """

    name: Names
    snomed: tuple[SnomedRow, ...] = ()
    icd10: tuple[str, ...] = ()
    sks: str | None = None


class SiteRow(Sourced, frozen=True, kw_only=True):
    """A site of metastasis and its roles; `shares` names the sites that some code covers too."""

    key: str
    name: Names
    metastasis: RoleRow
    lymphadenopathy: RoleRow | None = None
    lesion: RoleRow | None = None
    shares: tuple[str, ...] = ()
    note: str | None = None

    @property
    def roles(self) -> tuple[tuple[SiteRole, RoleRow], ...]:
        """The roles that this site has, each with its kind of concept."""
        roles: tuple[tuple[SiteRole, RoleRow | None], ...] = (
            ("metastasis", self.metastasis),
            ("lymphadenopathy", self.lymphadenopathy),
            ("lesion", self.lesion),
        )
        return tuple((kind, role) for kind, role in roles if role is not None)


class VitalRow(CodedRow, frozen=True, kw_only=True):
    """A vital sign that the guidelines follow."""

    unit: str
    units: tuple[Unit, ...]


class Tables(Struct, frozen=True, kw_only=True):
    """The whole of terminology.toml, read and found consistent."""

    sources: Mapping[str, str]
    systems: tuple[SystemRow, ...]
    analytes: tuple[AnalyteRow, ...]
    findings: tuple[ConceptRow, ...]
    sites: tuple[SiteRow, ...]
    conclusions: tuple[ConceptRow, ...]
    organs: tuple[ConceptRow, ...]
    morphologies: tuple[MorphologyRow, ...]
    vitals: tuple[VitalRow, ...]
    listings: tuple[ListingRow, ...]
    departments: tuple[DepartmentRow, ...]
    examinations: tuple[ExaminationRow, ...]


Row = TypeVar("Row", bound=Struct)
Shape = TypeVar("Shape")


def read(toml: Mapping[str, object]) -> Tables:
    """Read the parsed file, each entry alone, so that an error names the entry."""
    return Tables(
        sources=_read_one(toml.get("sources"), dict[str, str], "[sources]"),
        systems=_rows(toml, "system", SystemRow),
        analytes=_rows(toml, "analyte", AnalyteRow),
        findings=_rows(toml, "finding", ConceptRow),
        sites=_rows(toml, "site", SiteRow),
        conclusions=_rows(toml, "conclusion", ConceptRow),
        organs=_rows(toml, "organ", ConceptRow),
        morphologies=_rows(toml, "morphology", MorphologyRow),
        vitals=_rows(toml, "vital", VitalRow),
        listings=_rows(toml, "listing", ListingRow),
        departments=_rows(toml, "department", DepartmentRow),
        examinations=_rows(toml, "examination", ExaminationRow),
    )


def _rows(toml: Mapping[str, object], table: str, shape: type[Row]) -> tuple[Row, ...]:
    rows = _read_one(toml.get(table), list[dict[str, object]], f"[[{table}]]")
    return tuple(
        _read_one(row, shape, f"[[{table}]] {row.get('key', place)}")
        for place, row in enumerate(rows, start=1)
    )


def _read_one(value: object, shape: type[Shape], entry: str) -> Shape:
    try:
        return convert(value, shape)
    except ValidationError as error:
        raise TerminologyError(f"{entry} cannot be read: {error}.") from error
