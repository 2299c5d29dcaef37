"""Where the metastases of a record lie, and where a code leaves that open (2.2; Q14).

ICD-10 class C78.6 holds retroperitoneum and peritoneum, C79.3 brain and meninges: such a class
alone never decides between two places. A narrower code beside it does.
"""

from collections.abc import Iterable, Mapping
from itertools import product

import msgspec

from cards.codes import bare_icd
from cards.conditions import concepts_of
from cards.criteria import Chart, is_old
from cards.elements import CodeableConcept, Coding
from cards.record import Diagnosis
from cards.terminology import TERMS

_KIND = "metastasis."
_VAGUE = ("metastasis.unspecified", "metastasis.ln_unspecified")
"""What says no place; it gives way to any code that does."""
_MOST = 8
"""How many combinations of open places are looked through; more than that is a data error."""

OPEN_CLASSES: Mapping[str, str] = {
    "C770": "neckOrSupraclavicular",
    "C774": "groinOrLeg",
    "C786": "retroperitoneumOrPeritoneum",
    "C793": "brainOrMeninges",
    "C794": "meningesOrOther",
}
"""The classes of ICD-10 that hold two places, each with what a clinician is asked (`ask.<id>`)."""


def metastases(chart: Chart) -> tuple[Diagnosis, ...]:
    """Give the metastases recorded inside the window (undated ones too), unconfirmed ones too."""
    return tuple(d for d in chart.having(_KIND) if not is_old(d, chart))


def places_of(diagnosis: Diagnosis) -> frozenset[str]:
    """Give the places that a metastasis may lie in: one, or several where its codes leave it open.

    Codes that mean the same place narrow one another; codes that contradict leave all open.
    """
    classes = {_class(c.system, c.code) for c in diagnosis.codings}
    if classes == {"C794"}:  # the rest of the nervous system: meninges, or anything else
        return frozenset({"metastasis.csf", "metastasis.unspecified"})
    sets = [s for c in diagnosis.codings if (s := _places(c.system, c.code))]
    own = frozenset(c for c in diagnosis.concepts if c.startswith(_KIND))
    mapped = own - frozenset().union(*sets)  # from the site map of the EHR
    named = [*sets, *([mapped] if mapped else [])] or [own]
    exact = [s for s in named if not s.issubset(_VAGUE)] or named
    common = frozenset.intersection(*exact)
    return common or frozenset().union(*exact)


def _places(system: str, code: str) -> frozenset[str]:
    coded = CodeableConcept([Coding(system, code)])
    return frozenset(c for c in concepts_of(coded, {}) if c.startswith(_KIND))


def questions(chart: Chart) -> tuple[str, ...]:
    """Give what must be asked of the places, as ids of texts: by open classes that stand alone."""
    asked = (_question(d) for d in metastases(chart))
    return tuple(dict.fromkeys(q for q in asked if q))


def _question(diagnosis: Diagnosis) -> str | None:
    told = [c for c in diagnosis.codings if _places(c.system, c.code)]
    classes = {_class(c.system, c.code) for c in told}
    return OPEN_CLASSES.get(next(iter(classes)) or "") if len(classes) == 1 else None


def _class(system: str, code: str) -> str | None:
    """Give the bare ICD-10 class of a code of ICD-10 or SKS, else None."""
    key = TERMS.system_key(system)
    if key == "sks":
        return bare_icd(code).removeprefix("D")
    return bare_icd(code) if key in {"icd10_se", "icd10_who"} else None


def hypotheses(chart: Chart) -> tuple[Chart, ...]:
    """Give the charts that the record may mean: one for each way in which open places lie.

    The chart itself where no place is open. What all of them agree on is decided.
    """
    if not any(len(places_of(d)) > 1 for d in metastases(chart)):
        return (chart,)
    open_sets = {p for d in metastases(chart) if len(p := places_of(d)) > 1}
    ordered = sorted((sorted(each) for each in open_sets), key=str)
    count = 1
    for each in ordered:
        count *= len(each)
    if count > _MOST:
        return (chart,)
    keys = [frozenset(each) for each in ordered]
    ways = (dict(zip(keys, chosen, strict=True)) for chosen in product(*ordered))
    return tuple(_settled(chart, way) for way in ways)


def _settled(chart: Chart, way: Mapping[frozenset[str], str]) -> Chart:
    """Give the chart in which every metastasis lies in one place."""
    record = chart.record
    diagnoses = tuple(_in_one_place(d, way) for d in record.diagnoses)
    known = msgspec.structs.replace(record, diagnoses=diagnoses)
    return Chart(known, chart.rules, chart.slots, chart.drafts)


def _in_one_place(diagnosis: Diagnosis, way: Mapping[frozenset[str], str]) -> Diagnosis:
    if not any(c.startswith(_KIND) for c in diagnosis.concepts):
        return diagnosis
    found = places_of(diagnosis)
    place = way.get(found) if len(found) > 1 else next(iter(found))
    if place is None:
        return diagnosis
    rest = frozenset(c for c in diagnosis.concepts if not c.startswith(_KIND))
    return msgspec.structs.replace(diagnosis, concepts=rest | {place}, codings=())


def names(diagnoses: Iterable[Diagnosis]) -> tuple[str, ...]:
    """Give the places of diagnoses as keys of the terminology, each once."""
    found = (place for d in diagnoses for place in sorted(places_of(d)))
    return tuple(dict.fromkeys(found))
