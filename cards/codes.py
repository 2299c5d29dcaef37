"""Codes, units, limits, concepts: what one entry of the terminology is and can answer alone."""

from collections.abc import Iterable, Mapping
from itertools import product
from typing import Literal, TypeAlias

from msgspec import Struct, field
from msgspec.structs import force_setattr, replace

LANGUAGES = ("sv", "da", "en")
SEXES = ("female", "male")

Names: TypeAlias = Mapping[str, str]
Use: TypeAlias = Literal["accept", "note", "presence", "reject"]
Kind: TypeAlias = Literal[
    "finding", "metastasis", "lymphadenopathy", "lesion", "organ", "conclusion", "morphology"
]


_ICD_MARKS = str.maketrans("", "", ".†*")
_ICDO_MARKS = str.maketrans("", "", "/-.")


def folded_uri(uri: str) -> str:
    """Give what is left of a system's address when scheme, case, a last slash and "urn:oid:" go."""
    text = uri.strip().lower().rstrip("/")
    for scheme in ("https://", "http://", "urn:oid:"):
        text = text.removeprefix(scheme)
    return text


def bare_icd(code: str) -> str:
    """Give an ICD-10 or SKS code in capitals without dots, spaces, dagger and asterisk."""
    return "".join(code.split()).translate(_ICD_MARKS).upper()


def bare_icdo(code: str) -> str:
    """Give an ICD-O-3 morphology code without its M, slash, dash, dots and spaces: "81403"."""
    return "".join(code.split()).translate(_ICDO_MARKS).upper().removeprefix("M")


class Sourced(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An entry that names where it comes from, by the keys of [sources]."""

    source: tuple[str, ...]


class Unit(Sourced, frozen=True, kw_only=True):
    """A unit of a quantity; `factor` leads to the canonical unit, None: never convert."""

    ucum: str
    factor: float | None = None
    convertible: bool = True
    offset: float = 0.0
    aliases: tuple[str, ...] = ()
    note: str | None = None

    def canonical(self, value: float) -> float | None:
        """Give the value in the canonical unit, or None where conversion is forbidden."""
        return None if self.factor is None else (value + self.offset) * self.factor


class Limit(Sourced, frozen=True, kw_only=True):
    """A reference limit for one sex (None: both) and the ages [min_age, max_age).

    `strict` means that the source writes "<n": the limit itself is already outside.
    """

    unit: str
    low: float | None = None
    high: float | None = None
    sex: Literal["female", "male"] | None = None
    min_age: int | None = None
    max_age: int | None = None
    strict: bool = False
    note: str | None = None

    def fits(self, sex: str, age: int) -> bool:
        """Say whether the limit was made for a person of this sex and age."""
        old_enough = self.min_age is None or age >= self.min_age
        young_enough = self.max_age is None or age < self.max_age
        return self.sex in (None, sex) and old_enough and young_enough

    @property
    def bounds(self) -> tuple[float | None, float | None, bool]:
        """What the limit says, without whom it is for."""
        return self.low, self.high, self.strict


class CodeUse(Struct, frozen=True, kw_only=True):
    """What one code means for one analyte; an unverified code must never decide anything."""

    analyte: str
    use: Use
    part: str | None = None
    note: str | None = None
    verified: bool = True


class OrderCoding(Struct, frozen=True, kw_only=True):
    """A coding of the order that we propose for an analyte."""

    system_uri: str
    code: str
    display: str


class Concept(Struct, frozen=True, kw_only=True, eq=False):
    """A finding, a site in one role, a cancer, a morphology or a conclusion.

    `place` is the bare site ("liver"); `shares` names the concepts that some code cannot be told
    apart from; `svf` is the Swedish pathway whose start `svf_start` (KVÅ) registers; `sks` is
    what a Danish referral gives as its reason; `words` are how a morphology is written.
    """

    key: str
    kind: Kind
    name: Names
    source: tuple[str, ...]
    place: Names | None = None
    section: str | None = None
    shares: tuple[str, ...] = ()
    svf_start: str | None = None
    svf: str | None = None
    note: str | None = None
    sks: str | None = None
    words: tuple[str, ...] = ()


class Examination(Struct, frozen=True, kw_only=True, eq=False):
    """An examination of the work-up: how it is ordered, and how it is known to be done.

    `codes` are SNOMED CT, `words` lists of beginnings of words that stand in a title together,
    `unless` those of which none stands there. What is `within` a wider one is done with it.
    """

    key: str
    name: Names
    order: Literal["imaging", "procedure", "none"]
    codes: tuple[tuple[str, str], ...]
    words: tuple[tuple[str, ...], ...]
    unless: tuple[str, ...] = ()
    within: str | None = None


class Spellings:
    """Finds the unit that a text names: exactly, else in any case, where only one is meant."""

    __slots__ = ("_any_case", "_exact")

    def __init__(self, units: Iterable[Unit]) -> None:
        """Index the UCUM code and the aliases of every unit."""
        self._exact: dict[str, Unit] = {}
        self._any_case: dict[str, Unit | None] = {}
        for unit in units:
            for spelling in (unit.ucum, *unit.aliases):
                self._exact[spelling] = unit
                known = self._any_case.setdefault(spelling.lower(), unit)
                if known is not unit:
                    self._any_case[spelling.lower()] = None

    def find(self, text: str | None) -> Unit | None:
        """Give the unit meant; None for a text that is absent, blank, unknown or ambiguous."""
        if text is None:
            return None
        tidy = text.strip().replace("\u03bc", "\u00b5")  # Greek mu and the micro sign look alike
        return self._exact.get(tidy) or self._any_case.get(tidy.lower())


class Analyte(Struct, frozen=True, kw_only=True, eq=False):
    """A laboratory test: its names, units, default limits and the codings of its order."""

    key: str
    name: Names
    short: Names
    specimen: Names
    kind: Literal["quantity", "text"]
    source: tuple[str, ...]
    unit: str | None = None
    units: tuple[Unit, ...] = ()
    limits: tuple[Limit, ...] = ()
    plausible: tuple[float, float] | None = None
    order: tuple[OrderCoding, ...] = ()
    printed: tuple[str, ...] = ()
    """What single laboratories print on their answers, beside the names."""
    spellings: Spellings = field(default_factory=lambda: Spellings(()))

    def __post_init__(self) -> None:
        """Index the spellings of the units once."""
        force_setattr(self, "spellings", Spellings(self.units))

    def unit_of(self, text: str | None) -> Unit | None:
        """Give the unit that a UCUM code or a printed unit names, or None; it is never guessed."""
        return self.spellings.find(text)

    def limits_for(self, unit: str, sex: str | None, age: int | None) -> Limit | None:
        """Give the default limit in a unit (UCUM code), or None where it is not certain.

        Apply the limit of the reported unit: ALP has one family in U/L, another in µkat/L, and
        they differ. Only where the reported unit has no family is another one converted. An
        unknown sex or age is answered only if every sex or age gets the same limit; the limits
        are for adults, so an unknown age mostly has none.
        """
        family = self._family(unit)
        sexes = (sex,) if sex in SEXES else SEXES
        ages = _age_steps(family) if age is None else (age,)
        fitting = [_first_fit(family, one, old) for one, old in product(sexes, ages)]
        said = {limit.bounds if limit else None for limit in fitting}
        return fitting[0] if len(said) == 1 else None

    def _family(self, unit: str) -> list[Limit]:
        """Give the limits of the reported unit, else the others converted to it."""
        own = [limit for limit in self.limits if limit.unit == unit]
        factors = {known.ucum: known.factor for known in self.units if known.factor}
        if own or unit not in factors:
            return own
        others = (limit for limit in self.limits if limit.unit in factors)
        return [_converted(limit, unit, factors[limit.unit] / factors[unit]) for limit in others]


def _first_fit(limits: Iterable[Limit], sex: str, age: int) -> Limit | None:
    return next((limit for limit in limits if limit.fits(sex, age)), None)


def _age_steps(limits: Iterable[Limit]) -> list[int]:
    """One age of every stretch within which no limit changes, childhood included."""
    edges = {edge for limit in limits for edge in (limit.min_age, limit.max_age)}
    return sorted({0} | {edge for edge in edges if edge is not None})


def _converted(limit: Limit, unit: str, ratio: float) -> Limit:
    low = None if limit.low is None else limit.low * ratio
    high = None if limit.high is None else limit.high * ratio
    return replace(limit, low=low, high=high, unit=unit)
