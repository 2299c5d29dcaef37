"""The facts that led to an advice, as one digest: to know again what was said before.

New facts change it. A mere passing of days, another order of entries, another language or the same
record fetched again do not: it holds what was recorded and when, never how old that is today. So a
result that grows too old alters what a card lists, but not its digest.
"""

import hashlib
from collections.abc import Iterable, Mapping

import msgspec

from cards.assessment import Advice, Assessment, Topic, very_low_hb
from cards.drafts import Json
from cards.markers import MARKERS
from cards.moment import Moment
from cards.reasons import not_checked, shows_panel
from cards.record import Diagnosis, PatientRecord, Result

WAKEFUL: frozenset[Topic] = frozenset({"acuteCord", "acuteCalcium", "underAge"})
"""Topics that are said at every opening of the chart, however often they were set aside."""

_GROWN_OLD = "unknownStatus"
"""Why a cancer of whose status nobody says anything counts as uncertain, five years on."""
_encoder = msgspec.json.Encoder()


def may_sleep(advice: Advice, assessment: Assessment) -> bool:
    """Tell whether an advice may be left unsaid once it was overridden with a reason.

    Never an acute one, never `underAge`, and none that begins with a very low Hb (X5).
    """
    if advice.topic in WAKEFUL or advice.indicator == "critical":
        return False
    return advice.pathway != "aos" or not very_low_hb(assessment.chart)


def decision(advice: Advice, assessment: Assessment) -> bytes:
    """Give the SHA-256 digest (32 bytes) of the facts that led to an advice.

    The facts: the patient's sex and birth date, every diagnosis that bears a concept of ours, the
    referrals to our pathways, the examinations done, what is being signed, which sources were not
    read to their end; and, where results led to it, the newest result of each test and the orders
    under way. In Denmark the route besides, and the words and contacts that its rules read.
    """
    record, drafts = assessment.chart.record, assessment.chart.drafts
    facts: list[object] = [
        [advice.topic, advice.pathway, advice.why],
        [record.person.sex, _when(record.person.birth)],
        _sorted(_diagnosis(d) for d in record.diagnoses if d.concepts),
        _sorted([o.reference, o.status, _when(o.authored)] for o in record.orders if o.pathway),
        _sorted([r.reference or r.text, _when(r.taken)] for r in record.reports if r.study),
        [*sorted(d.pathway for d in drafts if d.pathway)],
        [*sorted({a for d in drafts for a in d.analytes})],
        [[*pair] for pair in not_checked(advice, assessment)],
        [[*advice.targets], [*advice.further]],
        _sorted(_measured(advice, record)),
        _sorted(_worded(record)) if assessment.country == "DK" else None,
    ]
    return hashlib.sha256(_encoder.encode(facts)).digest()


def _measured(advice: Advice, record: PatientRecord) -> Iterable[Json]:
    """Give the results and orders that an advice rests on: of all tests where it shows the panel.

    Otherwise those of the tests that its criteria, or it itself, name as evidence; in Denmark those
    of the markers besides.
    """
    bearing = MARKERS if advice.pathway == "metastases-dk" else ()
    wanted: Mapping[str, tuple[Result, ...]] = record.results
    if not shows_panel(advice):
        named = {*advice.evidence, *(advice.criteria.evidence if advice.criteria else ())}
        wanted = {
            analyte: results
            for analyte, results in record.results.items()
            if analyte in bearing or any(r.reference in named for r in results)
        }
    for order in record.orders:
        if order.analytes if shows_panel(advice) else not order.analytes.isdisjoint(bearing):
            yield ["order", order.reference, order.status, _when(order.authored)]
    for analyte, results in wanted.items():
        newest: dict[str | None, Result] = {}
        for result in results:  # the newest first
            newest.setdefault(result.part, result)
        for part, result in newest.items():
            value = result.value
            shown = [value.number, value.comparator, value.unit, value.shown] if value else None
            facts: Json = [analyte, part, result.reference, result.state, _when(result.taken)]
            yield [facts, [*shown] if shown else None]


def _worded(record: PatientRecord) -> Iterable[Json]:
    """Give what Denmark's rules read besides: words of diagnoses, every report, the contacts."""
    for diagnosis in record.diagnoses:
        if diagnosis.concepts:
            name = diagnosis.reference or diagnosis.text
            yield ["words", name, diagnosis.text, diagnosis.remark, diagnosis.suspected]
    for report in record.reports:
        yield ["report", report.reference, report.text, report.conclusion, _when(report.taken)]
    for stay in record.stays:
        yield ["stay", stay.reference, stay.name, stay.sure, _when(stay.began), _when(stay.ended)]


def _diagnosis(diagnosis: Diagnosis) -> Json:
    reason = diagnosis.reason.id if diagnosis.reason else None
    grown_old = reason == _GROWN_OLD and not diagnosis.stated
    presence = "present" if grown_old else diagnosis.presence
    concepts: Json = [*sorted(diagnosis.concepts)]
    times: Json = [_when(diagnosis.onset), _when(diagnosis.recorded)]
    name = diagnosis.reference or diagnosis.text
    return [name, concepts, presence, times, diagnosis.severity, diagnosis.stated]


def _when(moment: Moment | None) -> Json:
    return [str(moment), moment.minute] if moment else None


def _sorted(facts: Iterable[Json]) -> list[msgspec.Raw]:
    return [msgspec.Raw(fact) for fact in sorted([_encoder.encode(fact) for fact in facts])]
