"""Leaves of the Danish criteria: sex, age, sites, one or several, neurology, markers, histology.

Each is met, not met or unknown, as in cards/criteria.py, and cites a section of the guideline.
"""

from collections.abc import Iterable
from typing import Literal

import msgspec

from cards.criteria import Chart, Criterion, Finding, is_old, references_of, settled
from cards.free_text import found, sentences
from cards.places import places_of
from cards.record import Diagnosis, Result, Stay
from cards.terminology import TERMS

_RECENT = 30
"""Days after which a neurology contact that has ended is over (our own; outside the guideline)."""


def sex(wanted: Literal["female", "male"], *, section: str) -> Criterion:
    """Give the criterion that the patient is recorded as that sex; another or none is unknown."""

    def judge(chart: Chart) -> Finding:
        recorded = chart.record.person.sex
        known = recorded in {"female", "male"}
        return Finding(wanted, recorded == wanted if known else None)

    return Criterion(wanted, judge, section)


def younger_than(years: int, *, section: str) -> Criterion:
    """Give the criterion that the patient is strictly under an age on the day of the call."""
    name = f"under_{years}"

    def judge(chart: Chart) -> Finding:
        ages = chart.record.ages()
        if ages is None:
            return Finding(name, None)
        return Finding(name, True if ages[1] < years else False if ages[0] >= years else None)

    return Criterion(name, judge, section)


def located(name: str, *sites: str, section: str) -> Criterion:
    """Give the criterion `name`: a metastasis of the window lies in one of the sites.

    Unknown, with its evidence, where the codes leave open whether it does (cards/places.py).
    """
    wanted = frozenset(f"metastasis.{site}" for site in sites)
    for concept in wanted:
        TERMS.concept(concept)

    def judge(chart: Chart) -> Finding:
        bearing = [d for c in wanted for d in chart.having(c) if not is_old(d, chart)]
        sure = [d for d in bearing if places_of(d) <= wanted]
        if sure:
            return Finding(name, True, references_of(sure))
        open_ones = [d for d in bearing if not places_of(d).isdisjoint(wanted)]
        if open_ones:
            return Finding(name, None, references_of(open_ones))
        known = all(settled(chart, c) for c in wanted)
        return Finding(name, False if known else None)

    return Criterion(name, judge, section)


def suspected(name: str, *concepts: str, section: str) -> Criterion:
    """Give the criterion `name`: a cancer of one of the kinds is recorded as a suspicion."""

    def judge(chart: Chart) -> Finding:
        bearing = (d for c in concepts for d in chart.having(c) if not is_old(d, chart))
        met = [d for d in bearing if d.suspected]
        if met:
            return Finding(name, True, references_of(met))
        return Finding(name, False if all(settled(chart, c) for c in concepts) else None)

    return Criterion(name, judge, section)


def known_cancer(name: str, *concepts: str, section: str) -> Criterion:
    """Give the criterion `name`: a cancer of one of the kinds is active and no mere suspicion."""

    def judge(chart: Chart) -> Finding:
        met = [d for c in concepts for d in chart.having(c) if not d.suspected]
        if met:
            return Finding(name, True, references_of(dict.fromkeys(met)))
        return Finding(name, False if all(settled(chart, c) for c in concepts) else None)

    return Criterion(name, judge, section)


def histology(*kinds: str, section: str) -> Criterion:
    """Give the criterion that one of the histologies is recorded, by code or by listed words.

    Unknown where it is recorded as a suspicion only, or called possible.
    """
    name = f"histology_{kinds[0]}"
    concepts = [f"morphology.{kind}" for kind in kinds]
    for concept in concepts:
        TERMS.concept(concept)

    def judge(chart: Chart) -> Finding:
        named = [d for c in concepts for d in chart.having(c) if not is_old(d, chart)]
        met = [d for d in named if not d.guessed]
        if met:
            return Finding(name, True, references_of(met))
        read = chart.record.complete("conditions", "observations", "diagnosticReports")
        doubtful = bool(named) or any(("uncertain", c) in chart.borne for c in concepts)
        return Finding(name, False if read and not doubtful else None)

    return Criterion(name, judge, section)


def subtype(kind: str, *, of: str, section: str) -> Criterion:
    """Give the criterion that a histology is of a kind; unknown where only the wider one is told.

    "Adenocarcinoma" does not say that it is not serous.
    """
    narrow, wide = histology(kind, section=section), histology(of, section=section)

    def judge(chart: Chart) -> Finding:
        finding = narrow.judge(chart)
        return Finding(finding.id, None) if not finding.met and wide.judge(chart).met else finding

    return Criterion(narrow.id, judge, section)


# -- one or several ----------------------------------------------------------------------------

_BENIGN = ("cyst", "hæmangiom", "hemangiom", "haemangiom", "angiom", "adenom")
"""Beginnings of words of a sentence that is not about a metastasis."""


class Plurality(msgspec.Struct, frozen=True):
    """Whether a site holds one process or several, and the words by which that was read."""

    solitary: bool | None
    read: tuple[tuple[str, str], ...] = ()
    """(reference, sentence) of each place where it is said."""


def plurality(chart: Chart, site: Literal["liver", "brain"]) -> Plurality:
    """Tell whether the processes of a site are solitary, by listed words; None for not told.

    Read are the words of the conditions of the site, and the sentences about it in conclusions of
    reports of the window. Where both are said, it is not decided.
    """
    one: list[tuple[str, str]] = []
    many: list[tuple[str, str]] = []
    for reference, sentence in _said_of(chart, site):
        if any(found(sentence, TERMS.listing("multiple"))):
            many.append((reference, sentence))
        elif any(found(sentence, TERMS.listing("solitary"))):
            one.append((reference, sentence))
    solitary = None if bool(one) == bool(many) else bool(one)
    return Plurality(solitary, tuple(dict.fromkeys([*one, *many])))


def _said_of(chart: Chart, site: str) -> Iterable[tuple[str, str]]:
    for concept in (f"metastasis.{site}", f"lesion.{site}"):
        for diagnosis in chart.having(concept):
            if not is_old(diagnosis, chart):
                yield from _texts_of(diagnosis)
    days, today = chart.rules.symptom_max_age_days, chart.record.today
    for report in chart.record.reports:
        if report.conclusion and (report.taken is None or report.taken.within(days, today)):
            for sentence in found(report.conclusion, TERMS.listing(site)):
                if not any(found(sentence, _BENIGN)):
                    yield report.reference or report.text, sentence


def _texts_of(diagnosis: Diagnosis) -> Iterable[tuple[str, str]]:
    displays = (c.display for c in diagnosis.codings if c.display)
    for text in dict.fromkeys([diagnosis.text, diagnosis.remark, *displays]):
        for sentence in sentences(text):
            yield diagnosis.reference or diagnosis.text, sentence


def solitary(site: Literal["liver", "brain"], *, section: str) -> Criterion:
    """Give the criterion that the process of a site is the only one there; unknown if not told."""
    name = f"solitary_{site}"

    def judge(chart: Chart) -> Finding:
        told = plurality(chart, site)
        return Finding(name, told.solitary, tuple(dict.fromkeys(r for r, _ in told.read)))

    return Criterion(name, judge, section)


# -- contacts and agreements -------------------------------------------------------------------


def in_contact(department: str, *, section: str) -> Criterion:
    """Give the criterion that the patient is in contact with a department (2.2.5).

    Met by a contact that is going on, or the encounter of the call; unknown where one is planned,
    ended at most 30 days ago, or cannot be told.
    """
    name = f"in_{department}"

    def judge(chart: Chart) -> Finding:
        record = chart.record
        stays = [s for s in record.stays if s.department == department]
        current = f"Encounter/{record.encounter}"
        sure = [s for s in stays if s.sure or s.reference == current]
        if sure:
            return Finding(name, True, _named(sure))
        maybe = [s for s in stays if _may_go_on(s, chart)]
        if maybe or not record.complete("encounters"):
            return Finding(name, None, _named(maybe))
        return Finding(name, False)

    return Criterion(name, judge, section)


def _may_go_on(stay: Stay, chart: Chart) -> bool:
    when = stay.ended or stay.began
    return when is None or when.within(_RECENT, chart.record.today) is not False


def _named(stays: Iterable[Stay]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(s.reference or s.name for s in stays))


def bone_agreement(*, section: str) -> Criterion:
    """Give the criterion that the client has a local agreement for metastases in bone (2.2.4)."""
    name = "bone_agreement"
    return Criterion(name, lambda c: Finding(name, bool(c.rules.bone_agreement)), section)


def negated(criterion: Criterion, *, id: str) -> Criterion:  # noqa: A002 -- as in the rule engine
    """Give the criterion that another is not met; unknown stays unknown."""

    def judge(chart: Chart) -> Finding:
        inner = criterion.judge(chart)
        return Finding(id, None if inner.met is None else not inner.met, inner.evidence)

    return Criterion(id, judge, criterion.section)


# -- markers -----------------------------------------------------------------------------------


def rising(analyte: str, *, section: str) -> Criterion:
    """Give the criterion that the newest answer is higher than the one before, in the same unit.

    The newest must answer (inside the window); the one before may be older. No unit is converted:
    mass and international units of AFP have no agreed factor. In a pregnancy it is unknown (X11).
    """
    name = f"{analyte}_rising"

    def judge(chart: Chart) -> Finding:
        slot = chart.slots.get(analyte)
        if slot is None or slot.status != "answered" or not slot.results:
            return Finding(name, None)
        newest = slot.results[0]
        earlier = _earlier(newest, chart.record.results.get(analyte, ()))
        before = next((r for r in earlier if _unit(r) == _unit(newest)), None)
        met = None if earlier or not chart.record.complete("observations") else False
        if before is not None and before is earlier[0]:
            met = _number(newest) > _number(before)
        if met and chart.record.pregnant():
            met = None
        evidence = [r.reference for r in (newest, before) if r and r.reference]
        return Finding(name, met, tuple(dict.fromkeys(evidence)))

    return Criterion(name, judge, section)


def _earlier(newest: Result, results: Iterable[Result]) -> list[Result]:
    """Give the final numbers of earlier days, the newest first."""
    taken = newest.taken
    if not _is_number(newest) or taken is None:
        return []
    final = (r for r in results if r.state == "final" and _is_number(r))
    return [r for r in final if r.taken is not None and r.taken.last < taken.first]


def _is_number(result: Result) -> bool:
    value = result.value
    return bool(value and value.number is not None and not value.comparator and result.judged)


def _number(result: Result) -> float:
    return (result.value.number if result.value else None) or 0.0


def _unit(result: Result) -> str | None:
    value = result.value
    unit = TERMS.analyte(result.analyte).unit_of(value.unit) if value else None
    return unit.ucum if unit else None
