import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cards.decoding import UnreadableResource, decode, resource_type
from cards.elements import Coding
from cards.source import TOO_DEEP
from tests.cards.build import as_json, concept, condition, observation, quantity

DEEP = b'{"a":' * 3000 + b"1" + b"}" * 3000


def read(value, kind="Observation"):
    return decode(value if isinstance(value, bytes) else as_json(value), kind)


def with_text(name, text, **members):
    """Give a resource in which `name` holds JSON that Python would not write."""
    raw = as_json(observation(**{name: "HERE"}, **members))
    return raw.replace(b'"HERE"', text)


def test_a_valid_resource_has_nothing_bad():
    found = read(observation("hb", 121))
    assert found.bad == ()
    assert (found.valueQuantity.value, found.valueQuantity.unit) == (121, "g/L")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("valueQuantity", b'"7.1"'),
        ("valueQuantity", b'{"value": "7.1"}'),
        ("valueQuantity", b'{"value": true}'),
        ("valueQuantity", b'{"value": 1e400}'),
        ("valueQuantity", b'{"value": ' + b"9" * 5000 + b"}"),
        ("valueQuantity", b'{"value": ' + b"9" * 30 + b"}"),
        ("valueQuantity", b'[{"value": 7.1}]'),
        ("valueQuantity", b'{"value": 7, "value": 71}'),
        ("valueQuantity", b'{"value": 7, "v\\u0061lue": 71}'),
        ("valueQuantity", b'{"value": 7, "x\\u003a": 1, "value": 71}'),
        ("valueQuantity", TOO_DEEP),
        ("status", b"5"),
        ("status", b'["final"]'),
        ("subject", b'"Patient/p1"'),
        ("subject", b'{"reference": "Patient/p2", "reference": "Patient/p1"}'),
        ("effectiveDateTime", b"20260225"),
        ("effectiveTiming", b'"BID"'),
        ("dataAbsentReason", b"[5]"),
        ("interpretation", b'{"coding": 5}'),
        ("interpretation", b"5"),
        ("note", b'{"text": 5}'),
        ("specimen", b'"s"'),
        ("issued", b"\xff"),
    ],
)
def test_a_member_that_cannot_be_read_is_named_and_costs_no_other(name, text):
    if text == b"\xff":
        text = b'"\xff"'
    found = read(with_text(name, text))
    assert found.bad == (name,)
    assert getattr(found, name) is None
    assert found.code.coding[0].code == "NPU28309"
    assert found.id == "obs-hb"


def test_a_name_that_stands_twice_is_bad_and_its_neighbours_are_kept():
    raw = as_json(observation(status="entered-in-error"))[:-1] + b', "status": "final"}'
    found = read(raw)
    assert (found.bad, found.status) == (("status",), None)
    assert found.valueQuantity.value == 121


def test_a_text_with_an_escaped_colon_is_kept():
    found = read(with_text("note", b'[{"text": "a\\u003ab"}]'))
    assert (found.bad, found.note[0].text) == ((), "a:b")


def test_a_name_that_stands_twice_in_a_member_nobody_reads_costs_nothing():
    assert read(with_text("meta", b'{"a": 1, "a": 2}')).bad == ()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("interpretation", concept(None, "H")),
        ("interpretation", {"coding": {"code": "H"}}),
        ("interpretation", [{"coding": {"code": "H", "unknown": 1}}]),
        ("referenceRange", {"low": quantity(1, "g/L")}),
    ],
)
def test_an_object_where_an_array_belongs_is_its_only_item(name, value):
    found = read(observation(**{name: value}))
    assert found.bad == ()
    assert len(getattr(found, name)) == 1


def test_of_a_list_the_items_that_can_be_read_are_kept():
    found = read(observation(interpretation=[concept(None, "H"), 5, {"coding": "x"}]))
    assert found.bad == ("interpretation",)
    assert [c.coding[0].code for c in found.interpretation] == ["H"]


@pytest.mark.parametrize(
    ("code", "codings"),
    [
        (b'{"coding": [{"code": "718-7"}, {"code": 5}]}', [Coding(code="718-7")]),
        (b'{"coding": [{"code": "718-7"}, {"code": "a", "code": "b"}]}', None),
        (b'{"coding": [{"code": 718}]}', []),
        (b'{"coding": 5}', []),
        (b'"718-7"', None),
    ],
)
def test_of_a_code_the_codings_that_can_be_read_are_kept(code, codings):
    found = read(with_text("code", code))
    assert found.bad == ("code",)
    assert (found.code.coding if found.code else None) == codings


def test_a_code_with_an_object_for_its_codings_is_read():
    found = read(observation(code={"coding": {"code": "718-7"}}))
    assert (found.bad, found.code.coding) == ((), [Coding(code="718-7")])


@pytest.mark.parametrize(
    ("components", "count", "bad"),
    [
        ([{"code": concept("s", "a")}, None], 1, ("component",)),
        ({"code": concept("s", "a"), "interpretation": concept(None, "H")}, 1, ()),
        ([{"code": {"coding": [{"code": 5}]}, "valueString": "x"}], 1, ("component",)),
        ([{"code": concept("s", "a"), "valueString": 5}], 1, ()),
        (5, 0, ("component",)),
        (None, 0, ()),
    ],
)
def test_each_component_is_read_alone(components, count, bad):
    raw = as_json({**observation(), "component": components, "issued": 5})
    found = read(raw)
    assert set(found.bad) == {"issued", *bad}
    assert len(found.component or ()) == count


def test_a_component_names_its_own_bad_members():
    found = read(observation(component=[{"code": concept("s", "a"), "valueString": 5}]))
    assert found.component[0].bad == ("valueString",)


@pytest.mark.parametrize("value", [[{"url": "x"}], 5])
def test_a_modifier_extension_is_bad_for_it_may_turn_the_meaning(value):
    assert read(observation(modifierExtension=value)).bad == ("modifierExtension",)
    part = {"code": concept("s", "a"), "modifierExtension": value}
    assert read(observation(component=[part], issued=5)).component[0].bad == ("modifierExtension",)


def test_a_cut_subtree_nobody_reads_costs_nothing():
    assert read(with_text("extension", TOO_DEEP)).bad == ()


@pytest.mark.parametrize("status", ["active", concept(None, "active")])
def test_a_status_is_read_as_code_or_concept(status):
    assert read(condition(clinicalStatus=status), "Condition").bad == ()


def test_contained_resources_are_kept_as_they_came():
    found = read(observation(contained={"resourceType": "Patient"}))
    assert (found.bad, len(found.contained)) == ((), 1)


@pytest.mark.parametrize("raw", [b"[]", b"null", b"5", b"{", b'{"a":}', b"\xff"])
def test_what_is_no_object_is_no_resource(raw):
    with pytest.raises(UnreadableResource, match="notFhir"):
        read(raw)


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"", "noResource"),
        (b"null", "notFhir"),
        (b'{"resourceType": 5}', "notFhir"),
        (b'{"resourceType": "Observation", "resourceType": "Device"}', "notFhir"),
        (b'{"reso\\u0075rceType": "Device", "resourceType": "Observation"}', "notFhir"),
        (b'{"resourceType": "Device", "reso\\u0075rceType": "Observation"}', "notFhir"),
        (DEEP, "tooDeep"),
    ],
)
def test_a_resource_without_a_readable_type_says_why(raw, reason):
    with pytest.raises(UnreadableResource, match=reason):
        resource_type(raw)


def test_the_type_is_the_resources_own_and_not_a_contained_ones():
    raw = as_json(observation(contained=[{"resourceType": "Patient"}]))
    assert resource_type(raw) == "Observation"
    assert resource_type(b"{}") == ""


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_no_member_whatever_it_holds_makes_decoding_raise(data):
    whole = observation(
        interpretation=[concept(None, "H")],
        component=[{"code": concept("s", "a")}],
        referenceRange=[{"low": quantity(1, "g/L")}],
    )
    name = data.draw(st.sampled_from(sorted(whole)))
    mutated = {**whole, name: data.draw(JSON)}
    found = decode(json.dumps(mutated, allow_nan=False).encode(errors="replace"), "Observation")
    good = [n for n in whole if n not in {name, "resourceType"}]
    assert all(getattr(found, n) is not None for n in good)
