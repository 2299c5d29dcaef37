import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cards import plain
from cards.events import measured
from cards.fhir import Observation
from cards.moment import moment
from cards.plain import read_plain
from cards.record import Measure
from cards.results import observed
from cards.terminology import TERMS
from tests.cards.build import (
    LOINC,
    NPU,
    UCUM,
    ZONE,
    as_json,
    concept,
    observation,
    quantity,
    record_of,
    test_code,
)

SYSTEM = test_code("hb")["coding"][0]["system"]
SITE = {"urn:lab|HB": "hb", f"{SYSTEM}|{test_code('crp')['coding'][0]['code']}": "hb"}


def dated(text):
    return moment(text, ZONE)


def typed(resource):
    return msgspec.json.decode(as_json(resource), type=Observation)


def plainly(resource, site_map=None):
    found = typed(resource)
    return read_plain(found, f"Observation/{found.id}", dated, site_map or {})


def assert_read_alike(resource, site_map=None):
    """Hold that the short way gives what the general way gives, where it gives anything."""
    said = plainly(resource, site_map)
    if said is not None:
        assert [*said] == said_generally(typed(resource), site_map or {})
    return said


def said_generally(found, site_map):
    measure = measured(found, dated)
    return [*observed(found, dated, site_map), *([measure] if measure is not None else [])]


def vital(loinc="29463-7", value=70, unit="kg", **changes):
    changes = {"valueQuantity": quantity(value, unit), "referenceRange": None} | changes
    return observation(**{"code": concept(LOINC, loinc)} | changes)


UNITLESS = {"low": {"value": 110}, "high": {"value": 150}}
RANGE = {"low": quantity(110, "g/L"), "high": quantity(150, "g/L")}


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"status": "amended"},
        {"status": "preliminary"},
        {"referenceRange": [RANGE]},
        {"referenceRange": [RANGE | {"low": quantity(160, "g/L")}]},
        {"referenceRange": [RANGE | {"low": quantity(11, "g/dL")}]},
        {"referenceRange": [{"low": quantity(11, "g/dL"), "high": quantity(15, "g/dL")}]},
        {"referenceRange": [{side: {"value": 1.5, "unit": "g/L"} for side in ("low", "high")}]},
        {"referenceRange": [{side: {"value": 1.5, "unit": "fur"} for side in ("low", "high")}]},
        {"referenceRange": [RANGE | {"low": None}]},
        {"referenceRange": [UNITLESS]},
        {"referenceRange": [UNITLESS], "valueQuantity": {"value": 121, "code": "g/L"}},
        {"referenceRange": [UNITLESS], "valueQuantity": quantity(121, "g/L") | {"unit": "parrots"}},
        {"referenceRange": [RANGE | {"high": {"unit": "g/L"}}]},
        {"referenceRange": [RANGE, RANGE]},
        {"referenceRange": [RANGE | {"appliesTo": [concept(None, "pregnant")]}]},
        {"referenceRange": [RANGE | {"age": {"low": quantity(18, "a")}}]},
        {"referenceRange": [RANGE | {"type": concept(None, "therapeutic")}]},
        {"referenceRange": [RANGE | {"modifierExtension": [{"url": "x"}]}]},
        {"referenceRange": [RANGE | {"low": quantity(110, "g/L", comparator="<")}]},
        {"referenceRange": [RANGE | {"high": quantity(150, "g/L", comparator="<")}]},
        {"referenceRange": []},
        {"interpretation": [concept(None, "L")]},
        {"specimen": {"reference": "Specimen/1"}},
        {"note": [{"text": "makulerad"}]},
        {"code": {"coding": [*test_code("hb")["coding"], {"system": "urn:lab", "code": "XYZ"}]}},
        {"code": {"coding": [None, *test_code("hb")["coding"]]}},
        {"code": {"coding": [*test_code("hb")["coding"], *test_code("hb")["coding"]]}},
    ],
)
def test_a_plain_observation_is_read_in_one_stroke_and_as_the_general_way_reads_it(changes):
    assert assert_read_alike(observation(**changes))


@pytest.mark.parametrize(
    "changes",
    [
        {"status": None},
        {"status": "cancelled"},
        {"status": "Final"},
        {"effectiveDateTime": None},
        {"effectiveDateTime": "soon"},
        {"effectiveInstant": "2026-02-25T08:00:00Z"},
        {"effectivePeriod": {"start": "2026-02-25"}},
        {"valueQuantity": None},
        {"valueString": "121"},
        {"valueQuantity": {"unit": "g/L"}},
        {"valueQuantity": quantity(-1, "g/L")},
        {"valueQuantity": quantity(1e13, "g/L")},
        {"valueQuantity": quantity(121, "g/L", comparator="<")},
        {"valueQuantity": quantity(121, "furlong")},
        {"valueQuantity": quantity(121)},
        {"valueQuantity": quantity(1, "g/L")},
        {"dataAbsentReason": concept(None, "unknown")},
        {"component": []},
        {"hasMember": [{"reference": "Observation/a"}]},
        {"contained": [{}]},
        {"modifierExtension": [{}]},
        {"vidare:bad": ["status"]},
        {"code": None},
        {"code": {"text": "Hb"}},
        {"code": {"coding": []}},
        {"code": concept(None, None)},
        {"code": {"coding": [*test_code("hb")["coding"], *test_code("crp")["coding"]]}},
        {"code": test_code("u_dipstick")},
        {"code": {"coding": [*test_code("hb")["coding"], {"system": LOINC, "code": "29463-7"}]}},
    ],
)
def test_whatever_asks_a_question_goes_the_general_way(changes):
    assert plainly(observation(**changes)) is None


@pytest.mark.parametrize(
    "changes",
    [
        {"code": concept("urn:lab", "HB")},
        {"code": concept(LOINC, "2085-9")},
        {"code": {"coding": [{"system": LOINC, "code": "2085-9"}, {"code": "x"}], "text": "HDL"}},
        {"code": concept(LOINC, "2085-9"), "valueQuantity": quantity(1.4, "parrots")},
    ],
)
def test_what_no_rule_asks_for_says_nothing(changes):
    assert assert_read_alike(observation(**changes)) == ()


@pytest.mark.parametrize(
    "changes",
    [
        {"code": concept("urn:lab", "HB") | {"text": "CRP"}},
        {"code": {"coding": [{"system": "urn:lab", "code": "HB", "display": "P-CRP"}]}},
        {"code": concept("urn:lab", "HB"), "status": "preliminary"},
        {"code": concept(None, "NPU28309")},
        {"code": concept("NPU", "NPU28309")},
        {"code": {"coding": [{"system": LOINC, "code": " "}], "text": "x"}},
    ],
)
def test_a_code_of_nobodys_that_asks_a_question_goes_the_general_way(changes):
    assert plainly(observation(**changes)) is None


def test_a_code_that_the_site_maps_itself_goes_the_general_way():
    assert plainly(observation("crp", 5), SITE) is None
    assert assert_read_alike(observation(), SITE)


@pytest.mark.parametrize(("system", "code"), sorted(TERMS._uses))
def test_every_code_of_the_terminology_is_read_the_same(system, code):
    for use in TERMS.code_uses(system, code):
        unit = TERMS.analyte(use.analyte).unit
        coded = concept(TERMS.system_uri(system), code)
        assert_read_alike(observation(code=coded, valueQuantity=quantity(7, unit)))


def test_an_implausible_number_and_one_without_bounds_are_told_apart():
    for analyte in ANALYTES:
        assert_read_alike(observation(analyte, 121, TERMS.analyte(analyte).unit))
    assert plainly(observation("hb", 100_000)) is None


def test_a_full_store_of_meanings_begins_afresh(monkeypatch):
    monkeypatch.setattr(plain, "_known", {})
    monkeypatch.setattr(plain, "_MOST", 2)
    for analyte in ("hb", "crp", "hb", "crp", "hb"):
        assert assert_read_alike(observation(analyte, 100))
        assert assert_read_alike(observation(code=concept("urn:lab", analyte))) == ()
        assert len(plain._known) <= 2


def test_endless_texts_are_read_and_not_kept(monkeypatch):
    monkeypatch.setattr(plain, "_known", {})
    endless = {"coding": [*test_code("hb")["coding"], {"system": "x" * 400, "code": "y"}]}
    assert assert_read_alike(observation(code=endless))
    assert plain._known == {}


@pytest.mark.parametrize(
    "resource",
    [
        vital(),
        vital(value=70.5, status="amended", interpretation=[concept(None, "N")]),
        vital(value=70_500, unit="g"),
        vital(valueQuantity={"value": 70, "unit": "kg"}),
        vital(valueQuantity={"value": 70, "unit": "parrots", "code": "kg"}),
        vital("8302-2", 172, "cm"),
        vital("8310-5", 38.6, "Cel"),
        vital("8310-5", 101, "[degF]"),
    ],
)
def test_a_vital_sign_is_read_in_one_stroke_and_as_the_general_way_reads_it(resource):
    (found,) = assert_read_alike(resource)
    assert isinstance(found, Measure)


@pytest.mark.parametrize(
    "changes",
    [
        {"status": "preliminary"},
        {"value": 7000},
        {"value": 0},
        {"unit": "parrots"},
        {"unit": None},
        {"valueQuantity": {"value": 70, "unit": "kg", "code": "g"}},
        {"valueQuantity": {"value": 70, "unit": "kg", "comparator": "<"}},
        {"valueString": "70"},
        {"effectiveDateTime": None},
        {"code": concept(LOINC, "29463-7") | {"text": "CRP"}},
        {"code": {"coding": [{"system": LOINC, "code": c} for c in ("29463-7", "8302-2")]}},
    ],
)
def test_a_vital_sign_that_asks_a_question_goes_the_general_way(changes):
    assert plainly(vital(**changes)) is None


def test_a_vital_sign_is_never_taken_for_a_result():
    weight = observation(code=concept(LOINC, "29463-7"), valueQuantity=quantity(70, "kg"))
    found = record_of(vitals={"resourceType": "Bundle", "entry": [{"resource": weight}]})
    assert isinstance(found.measures[0], Measure)
    assert found.results == {}


# -- any Observation -------------------------------------------------------------------------------

ANALYTES = sorted(a.key for a in TERMS.analytes.values() if a.order)
UNITS = sorted(
    {u.ucum for a in TERMS.analytes.values() for u in a.units} | {"furlong", " g/L ", "kg", "cm"}
)
CODES = [*(test_code(a)["coding"][0] for a in ANALYTES)]
MORE = [{"system": "urn:lab", "code": "HB"}, {"code": "718-7"}, {"system": LOINC}, {}, None]
MORE += [{"system": LOINC, "code": code} for code in ("29463-7", "8302-2")]
MORE += [{"system": NPU, "code": f" {each['code']} "} for each in CODES[:5]]

numbers = st.integers(-1, 400) | st.floats(0, 400) | st.sampled_from([1e12, 1e13, 0])
units = st.sampled_from(UNITS)
systems = st.sampled_from([UCUM, None, "urn:other", f"{UCUM}/"])


@st.composite
def quantities(draw, unit=None):
    """Give a quantity, mostly a clean one."""
    text = unit or draw(units)
    found = {"value": draw(numbers), "unit": text, "system": draw(systems), "code": text}
    odd = {
        "unit": draw(units),
        "code": draw(units),
        "comparator": draw(st.sampled_from(["<", "x"])),
    }
    for name in draw(st.lists(st.sampled_from([*odd, "value", "system"]), max_size=1)):
        found[name] = odd.get(name)
    return {name: value for name, value in found.items() if value is not None}


@st.composite
def observations(draw):
    """Give an Observation: clean, or with a few members that are not."""
    analyte = TERMS.analyte(draw(st.sampled_from(ANALYTES)))
    unit = analyte.unit
    bound = quantities(unit)
    some = {
        "low": draw(st.none() | bound),
        "high": draw(st.none() | bound),
        "type": draw(st.none() | st.sampled_from([concept(None, "normal"), {"text": "x"}])),
        "appliesTo": draw(st.sampled_from([None, None, [], [concept(None, "a")]])),
    }
    ranges = st.lists(st.just(some), max_size=2) | st.none()
    coding = st.sampled_from(CODES) | st.sampled_from(MORE)
    odd = {
        "status": st.sampled_from(["preliminary", "corrected", "cancelled", "Final", None]),
        "effectiveDateTime": st.sampled_from(
            ["2026-02-25T08:00:00+01:00", "2026-02", "soon", None]
        ),
        "effectivePeriod": st.just({"start": "2026-02-25"}),
        "issued": st.just("2026-02-25"),
        "valueString": st.just("1"),
        "valueQuantity": quantities() | st.none(),
        "dataAbsentReason": st.just(concept(None, "unknown")),
        "interpretation": st.just([concept(None, "H")]) | st.just([]),
        "component": st.just([]),
        "hasMember": st.just([{"reference": "Observation/a"}]),
        "specimen": st.just({"reference": "Specimen/a"}) | st.just({}),
        "note": st.just([{"text": "a"}]),
        "code": st.fixed_dictionaries({"coding": st.lists(coding, max_size=3)}),
        "id": st.none(),
    }
    changed = draw(st.lists(st.sampled_from(sorted(odd)), max_size=2, unique=True))
    clean = {"valueQuantity": draw(quantities(unit)), "referenceRange": draw(ranges)}
    return observation(analyte.key, 1, **clean | {name: draw(odd[name]) for name in changed})


@settings(max_examples=600, deadline=None)
@given(observations(), st.sampled_from([{}, SITE]))
def test_both_ways_read_any_observation_the_same(resource, site_map):
    said = plainly(resource, site_map)
    if said is None:
        return
    found = typed(resource)
    if found.id is None:
        said = [msgspec.structs.replace(each, reference=None) for each in said]
    assert [*said] == said_generally(found, site_map)
