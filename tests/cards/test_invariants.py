"""What holds for every record: order, strangers, codes, units, worse statuses, cut sources."""

import copy
import itertools

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cards.assessment import NEEDED, Assessment, assess
from cards.panel import RANK, Rules
from cards.pathways import PATHWAYS, of_country
from cards.reading import read_record
from cards.slots import SLOTS
from cards.source import Source, open_source, unavailable
from cards.terminology import TERMS
from tests.cards import build
from tests.cards.charts import number, result, slot_of
from tests.cards.situations import NORMAL, Case, assessed, resources

CONCEPTS = [
    "weight_loss", "pain", "fatigue", "fever", "iron_deficiency_anaemia", "metastasis.liver",
    "organ.lung", "lesion.liver", "cord_compression", "pregnancy", "suspected_malignancy_obs",
]  # fmt: skip
SLOT_NAMES = sorted(SLOTS)


def law(examples: int) -> settings:
    """Give the settings of a law over whole records, on a machine of any speed."""
    slow = [HealthCheck.too_slow, HealthCheck.data_too_large]
    return settings(max_examples=examples, deadline=None, suppress_health_check=slow)


some_slots = st.lists(st.sampled_from(SLOT_NAMES), max_size=5, unique=True)
panels = st.fixed_dictionaries(
    {"without": some_slots, "stale": some_slots, "pending": some_slots, "cancelled": some_slots}
)
conditions = st.lists(
    st.fixed_dictionaries(
        {
            "concept": st.sampled_from(CONCEPTS),
            "status": st.sampled_from(["active", "remission", "resolved"]),
            "verification": st.sampled_from(["confirmed", "unconfirmed", "refuted"]),
            "onset": st.sampled_from(["-3 d", "-30 d", "-200 d", None]),
        }
    ),
    max_size=3,
)
cases = st.fixed_dictionaries(
    {
        "name": st.just("x"),
        "rows": st.just([]),
        "expect": st.just({"cards": []}),
        "patient": st.fixed_dictionaries(
            {"sex": st.sampled_from(["female", "male", "other"]), "age": st.sampled_from([9, 65])}
        ),
        "panel": panels | st.sampled_from(["complete", "none"]),
        "conditions": conditions,
        "orders": st.lists(
            st.sampled_from(["aos", "cup-se", "hb", "tsh"]), max_size=2, unique=True
        ),
        "hook": st.sampled_from(["patient-view", "order-sign"]),
        "drafts": st.sampled_from([[], ["aos"], ["cup-se"], ["tsh"]]),
    }
).map(lambda words: msgspec.convert(words, Case))


def print_of(found: Assessment) -> object:
    """Give all that a reader could notice of an assessment, whatever the order it was read in."""
    advice = [
        (
            a.topic, a.indicator, a.pathway, a.why, a.refer, a.ask, set(a.order), set(a.redirects),
            set(a.evidence), set(a.criteria.evidence) if a.criteria else None,
        )
        for a in found.advice
    ]  # fmt: skip
    slots = [
        (s.slot, s.status, s.abnormal, s.value, s.notes, s.order, {r.reference for r in s.results})
        for s in found.chart.slots.values()
    ]
    return advice, slots, found.unanswerable


@law(60)
@given(cases, st.randoms(use_true_random=False))
def test_the_order_of_the_entries_is_nobodys_concern(case, random):
    held = resources(case)
    shuffled = held[:]
    random.shuffle(shuffled)
    assert print_of(assessed(case, shuffled)) == print_of(assessed(case, held))


@law(60)
@given(cases, cases)
def test_another_patients_resources_change_nothing_and_are_counted(case, other):
    held = resources(case)
    strangers = []
    for each in resources(other)[2:]:
        stranger = copy.deepcopy(each) | {"id": f"other-{each['id']}"}
        stranger["subject"] = {"reference": "Patient/somebody-else"}
        strangers.append(stranger)
    found = assessed(case, [*held, *strangers])
    assert print_of(found) == print_of(assessed(case, held))
    assert found.chart.record.foreign == len(strangers)


MALFORMED = [
    {"resourceType": "Observation", "id": "bad", "subject": build.MINE, "status": 5, "code": "x"},
    {"resourceType": "Observation", "id": "bad", "valueQuantity": {"value": "many"}},
    {"resourceType": "Condition", "id": "bad", "subject": 7, "code": [1]},
    {"resourceType": "DiagnosticReport", "id": "bad", "result": {"x": 1}, "conclusion": 9},
    {"resourceType": "ServiceRequest", "id": "bad", "authoredOn": 5, "code": []},
    {"resourceType": "Encounter", "id": "bad", "period": "yesterday"},
    {"resourceType": "Observation", "id": "bad", "component": {"code": 3}},
    {"id": "bad"},
    {"resourceType": None},
]


CODED_BUT_MALFORMED = [
    build.observation(id="bad", code=build.concept(build.LOINC, "2885-2"), status=5),
    build.observation(id="bad", code=build.concept(build.LOINC, "2885-2"), interpretation={"x": 1}),
    build.condition(id="bad", code=build.concept(build.SNOMED, "73211009"), onsetDateTime=7),
    build.encounter(id="bad") | {"period": "yesterday"},
    build.resource("Immunization", {"id": "bad", "status": 9}, {}),
]


def with_one_more(held: list[build.Json], more: build.Json, place: int) -> list[build.Json]:
    return [*held[:place], more, *held[place:]]


@law(60)
@given(cases, st.sampled_from(CODED_BUT_MALFORMED), st.integers(2, 6))
def test_a_malformed_resource_that_is_known_to_be_no_concern_changes_nothing(case, bad, place):
    held = resources(case)
    found = assessed(case, with_one_more(held, bad, place))
    assert print_of(found) == print_of(assessed(case, held))


@law(60)
@given(cases, st.sampled_from(MALFORMED), st.integers(2, 6))
def test_a_resource_that_nobody_can_tell_what_it_is_costs_its_neighbours_nothing(case, bad, place):
    held = resources(case)
    before, after = assessed(case, held), assessed(case, with_one_more(held, bad, place))
    for slot, was in before.chart.slots.items():
        now = after.chart.slots[slot]
        if was.status in {"missing", "stale"}:
            assert now.status in {was.status, "not-checked"}
        else:
            assert (now.status, now.abnormal, now.value) == (was.status, was.abnormal, was.value)
    for name in ("suspicion", "iron_deficiency", "child"):
        known, now = (_met(found, name) for found in (before, after))
        assert now is known or (known is False and now is None)


def _met(found: Assessment, name: str) -> bool | None:
    return PATHWAYS["aos"].criteria[name].judge(found.chart).met


# -- codes and units -------------------------------------------------------------------------------


def codes_of(analyte: str, system: str) -> list[str]:
    """Give the codes of a system that count for an analyte without a note."""
    return [
        code
        for (key, code), uses in TERMS._uses.items()
        for use in uses
        if key == system and use.analyte == analyte and use.use == "accept" and use.verified
    ]


CODED_TWICE = [a for a in NORMAL if "|" not in a and codes_of(a, "npu") and codes_of(a, "loinc")]
VALUES = ["{low}", "{normal}", "{high}"]


def answered_as(analyte: str, system: str, code: str, factor: float) -> Assessment:
    words = NORMAL[analyte].split(" ", 1)
    value = words[0] if not words[0][0].isdigit() else f"{float(words[0]) * factor:.4f} {words[1]}"
    text = value if words[0][0].isdigit() else NORMAL[analyte]
    case = {
        "name": "x",
        "rows": [],
        "expect": {"cards": []},
        "patient": {"sex": "male"},
        "conditions": ["weight_loss"],
        "results": [{"test": f"{system}|{code}", "value": text}],
    }
    return assessed(msgspec.convert(case, Case))


@pytest.mark.parametrize(
    ("analyte", "factor"), list(itertools.product(CODED_TWICE, [0.4, 1.0, 1.9]))
)
def test_a_test_is_the_same_test_by_its_npu_code_and_by_its_loinc_code(analyte: str, factor: float):
    prints = {
        repr([(s.slot, s.status, s.abnormal, s.value) for s in found.chart.slots.values()])
        for system in ("loinc", "npu")
        for code in codes_of(analyte, system)
        for found in [answered_as(analyte, system, code, factor)]
    }
    if analyte == "s_protein_profile":
        assert all("'answered'" in p or "'unreadable'" in p for p in prints)
    else:
        assert len(prints) == 1


def test_most_of_the_panel_has_codes_of_both_systems():
    assert len(CODED_TWICE) >= 18


OWN_FAMILIES = {"alp"}
"""Analytes whose limits in two units were set apart: their verdicts may differ by the unit."""
CONVERTED = [
    (a.key, unit.ucum)
    for a in TERMS.analytes.values()
    for unit in a.units
    if a.key in SLOTS and unit.factor and unit.ucum != a.unit
]


@pytest.mark.parametrize(("analyte", "unit"), CONVERTED)
@law(40)
@given(data=st.data())
def test_the_same_amount_in_another_unit_has_the_same_status_and_verdict(analyte, unit, data):
    entry = TERMS.analyte(analyte)
    low, high = entry.plausible
    value = data.draw(st.floats(low * 1.01 + 0.001, min(high * 0.99, 2000.0)))
    factor = next(u.factor for u in entry.units if u.ucum == unit)
    for sex in ("female", "male"):
        own = slot_of(analyte, result(analyte, value), sex=sex, rules=Rules(psa_required_for="all"))
        converted = result(analyte, number(value / factor, unit))
        other = slot_of(analyte, converted, sex=sex, rules=Rules(psa_required_for="all"))
        assert own.status == other.status == "answered"
        if analyte not in OWN_FAMILIES and not _on_a_limit(entry, value):
            assert own.abnormal == other.abnormal


def _on_a_limit(entry, value: float) -> bool:
    edges = [edge for limit in entry.limits for edge in (limit.low, limit.high) if edge]
    factors = [u.factor for u in entry.units if u.factor]
    return any(abs(edge * f - value) < 1e-6 * max(value, 1.0) for edge in edges for f in factors)


def test_the_families_of_alp_are_the_only_ones_set_apart():
    apart = {a.key for a in TERMS.analytes.values() if len({limit.unit for limit in a.limits}) > 1}
    assert apart == OWN_FAMILIES


# -- worse data ------------------------------------------------------------------------------------

WORSE = ["preliminary", "registered", "cancelled", "entered-in-error", "unknown", "Final", None]


@law(150)
@given(cases, st.data())
def test_a_worse_status_never_makes_a_slot_more_answered(case, data):
    held = resources(case)
    final = [
        i
        for i, r in enumerate(held)
        if r["resourceType"] == "Observation" and r["status"] == "final"
    ]
    if not final:
        return
    worsened = copy.deepcopy(held)
    for index in data.draw(st.lists(st.sampled_from(final), min_size=1, max_size=4)):
        worsened[index]["status"] = data.draw(st.sampled_from(WORSE))
    before, after = assessed(case, held), assessed(case, worsened)
    for slot, status in after.chart.slots.items():
        was = before.chart.slots[slot].status
        if status.status == "answered":
            assert was == "answered"
        if was == "answered" and status.status in RANK:
            assert RANK[status.status] >= RANK["answered"]
    finished = {"aosReady", "aosCheck"}
    assert finished & {a.topic for a in after.advice} <= finished & {a.topic for a in before.advice}


@law(60)
@given(cases, st.data())
def test_a_worse_result_is_missing_only_where_it_was_cancelled_or_in_error(case, data):
    held = resources(case)
    worsened = copy.deepcopy(held)
    worse = data.draw(st.sampled_from(["unknown", "Final", None, "", "finished"]))
    for each in worsened:
        if each["resourceType"] == "Observation" and each["status"] == "final":
            each["status"] = worse
    before, after = assessed(case, held), assessed(case, worsened)
    for slot, status in after.chart.slots.items():
        if status.status == "missing":
            assert before.chart.slots[slot].status == "missing"


# -- cut sources -----------------------------------------------------------------------------------

READ = ["observations", "conditions", "diagnosticReports", "vitals", "encounters", "medications"]


def sources_cut(held: list[build.Json], cut: dict[str, str], keep: float) -> dict[str, Source]:
    """Give the sources with some cut: unavailable, or partial with only a part of their entries."""
    sources = build.sources_of(*held)
    for key, how in cut.items():
        if how == "unavailable":
            sources[key] = unavailable(key, "timeout")
        else:
            entries = sources[key].entries
            kept = entries[: int(len(entries) * keep)]
            sources[key] = Source(key, "partial", "morePages", kept)
    return sources


def judged(case: Case, sources: dict[str, Source]) -> Assessment:
    record = read_record(sources, build.call(user="Practitioner/doctor"))
    return assess(record, of_country("SE"), Rules(), "patient-view")


cuts = st.dictionaries(
    st.sampled_from(READ), st.sampled_from(["partial", "unavailable"]), min_size=1, max_size=4
)


@law(150)
@given(cases, cuts, st.floats(0, 1))
def test_a_cut_source_never_yields_a_missing_or_stale_that_the_whole_did_not(case, cut, keep):
    held = resources(case)
    whole = judged(case, build.sources_of(*held)).chart.slots
    for slot, status in judged(case, sources_cut(held, cut, keep)).chart.slots.items():
        if status.status in {"missing", "stale"}:
            assert whole[slot].status == status.status
        if status.status == "answered":
            assert whole[slot].status == "answered"


@law(100)
@given(cases, cuts, st.floats(0, 1))
def test_a_cut_needed_source_never_looks_like_an_empty_one_that_was_read(case, cut, keep):
    decisive = {"conditions"} if case.patient.age == 9 else set(NEEDED)
    if not set(cut) & decisive:  # a child is judged by the diagnoses alone (AD1)
        return
    found = judged(case, sources_cut(resources(case), cut, keep))
    assert found.advice or found.unanswerable


@law(60)
@given(cases)
def test_orders_that_were_not_read_turn_what_is_waited_for_into_missing_and_nothing_else(case):
    held = resources(case)
    whole = judged(case, build.sources_of(*held)).chart.slots
    cut = sources_cut(held, {"serviceRequests": "unavailable"}, 0)
    for slot, status in judged(case, cut).chart.slots.items():
        was = whole[slot].status
        assert was in {status.status, "pending"}


def test_a_source_read_to_its_end_and_empty_is_the_only_silence():
    held = [build.patient(), build.resource("Practitioner", {"id": "doctor"}, {})]
    empty = judged(None, build.sources_of(*held))
    assert (empty.advice, empty.unanswerable) == ((), ())
    null = build.sources_of(*held) | {"observations": open_source("observations", b"null")}
    assert judged(None, null).advice == ()
