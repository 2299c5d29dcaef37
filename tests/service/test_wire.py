"""service.wire: names that stand twice, bad bytes, depth."""

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cards.source import TOO_DEEP
from service import wire
from service.errors import BadRequest
from service.wire import LOST, MAX_DEPTH, cut_deep, cut_halves, open_body

JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


def code_of(body):
    with pytest.raises(BadRequest) as refused:
        open_body(body)
    return refused.value.code


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "not-json"),
        (b"{", "not-json"),
        (b'{"a":1,}', "not-json"),
        (b'{"a":1} // why', "not-json"),
        (b'{"a":NaN}', "not-json"),
        (b'{"a":1e400,"b":W "x"}', "not-json"),
        (b'{"a":1e400,"b":{"c":W}}', "not-json"),
        (b"[]", "not-an-object"),
        (b"null", "not-an-object"),
        (b'"x"', "not-an-object"),
        (b'{"\\ud83d":1}', "not-json"),
        (b'{"\\ud83d" :1}', "not-json"),
        (b'{"a":"\\ud83d', "not-json"),
        (b'{"a":"\\ud83d"', "not-json"),
        (b'{"a":"\\ud8zz"}', "not-json"),
        (b'{"a":"\\ud83d\\q"}', "not-json"),
        (b'{"a":"\\ud83d\n"}', "not-json"),
        (b'{"a":1e400,"b":"\\ud83d",}', "not-json"),
        (b'{"a":"\\ud83d","a":1}', "repeated-member"),
        (b'{"a":"\xff"}', "not-utf-8"),
        (b'{"\xff":1}', "not-utf-8"),
        (b'{"a":1,"a":1}', "repeated-member"),
        (b'{"a":1,"\\u0061":1}', "repeated-member"),
    ],
)
def test_a_body_that_is_not_one_clear_object_is_refused(body, code):
    assert code_of(body) == code


def test_a_number_out_of_range_costs_its_member_only():
    body = b'{"a":1e400,"b":"kept","c":' + b"9" * 5000 + b',"d":{"e":1e400}}'
    assert open_body(body)["b"] == "kept"


def test_a_name_twice_among_numbers_out_of_range_is_still_seen():
    assert code_of(b'{"a":1e400,"b":1,"b":2}') == "repeated-member"


@given(JSON_VALUES)
def test_shallow_json_is_left_as_it_is(value):
    body = json.dumps(value).encode()
    assert cut_deep(body) == body


@given(JSON_VALUES, st.integers(1, 400))
def test_only_what_stands_too_deep_is_cut(value, depth):
    body = b'{"a":' * depth + json.dumps(value).encode() + b"}" * depth
    cut = cut_deep(body)
    opened = json.loads(cut)
    levels = 0
    while isinstance(opened, dict) and list(opened) == ["a"]:
        opened = opened["a"]
        levels += 1
    assert levels <= MAX_DEPTH
    assert (TOO_DEEP in cut) == (_depth(json.loads(body)) > MAX_DEPTH)


HALF = st.text(st.characters(categories=["Cs"]), min_size=1, max_size=2) | st.just("\\")


@given(st.lists(st.text() | HALF).map("".join))
def test_a_text_with_half_a_character_costs_itself_alone(text):
    body = json.dumps({"a": text, "b": [text, "\U0001f600"], "c": "kept"}).encode()
    whole = json.loads(body)["a"]  # halves that stood side by side are a whole
    members = open_body(body)
    assert members["c"] == "kept"
    if re.search("[\ud800-\udfff]", whole):
        assert members["a"].__class__ is list
        assert [json.loads(bytes(raw)) for raw in members["b"]] == [json.loads(LOST), "\U0001f600"]
    else:
        assert members["a"] == whole


@pytest.mark.parametrize(
    "text", [r"\ud83d", r"\uDE00", r"x\ud83dA", r"\ud83d\ud83d\ude00", r"\\\ud83d", r"\ud83d\n"]
)
def test_half_a_character_is_found_wherever_it_stands(text):
    body = b'{"a": ["kept", "%s"]}' % text.encode()
    assert cut_halves(body) == b'{"a": ["kept", ' + LOST + b"]}"


@pytest.mark.parametrize("text", [r"\\ud83d", r"\ud83d\ude00", r"\\\\ud83d", r"\uD7FF\uE000"])
def test_what_only_looks_like_half_a_character_is_left(text):
    body = b'{"a": "%s"}' % text.encode()
    assert cut_halves(body) == body
    json.loads(bytes(body))
    assert open_body(body)["a"] == json.loads(body)["a"]


def test_looking_for_half_characters_in_what_never_ends_ends():
    body = b'{"a": "' + b'\\"' * 500_000 + b"\\ud83d"
    with pytest.raises(BadRequest):
        open_body(body)


def _depth(value):
    levels, row = 0, [value]
    while row := [v for v in row if isinstance(v, (dict, list))]:
        row = [i for v in row for i in (v.values() if isinstance(v, dict) else v)]
        levels += 1
    return levels


def test_brackets_inside_text_do_not_count():
    body = json.dumps({"a": '{["\\' * 500, "b": [1]}).encode()
    assert cut_deep(body) == body


@pytest.mark.parametrize("body", [b"[" * 5000, b"[" * 2000 + b'"' + b'\\"' * 50_000, b"]" * 50])
def test_cutting_what_is_not_json_ends_and_leaves_it_refused(body):
    cut = cut_deep(body)
    with pytest.raises(BadRequest):
        open_body(cut)


def test_a_body_nested_too_deeply_opens_after_cutting():
    body = b'{"prefetch":{"x":' + b"[" * 5000 + b"]" * 5000 + b',"y":1}}'
    with pytest.raises(RecursionError):
        open_body(body)
    assert "prefetch" in open_body(cut_deep(body))


@pytest.mark.parametrize("letter", ["å", "–", "🙂"])
def test_a_letter_that_lies_across_two_pieces_is_read_whole(letter):
    whole = letter.encode()
    for missing in range(len(whole)):
        head = b'{"a":"' + b"x" * (wire._PIECE - 6 - missing)
        assert open_body(head + whole + b'"}') == {"a": head[6:].decode() + letter}
        assert code_of(head + whole[:-1] + b'"}') == "not-utf-8"
