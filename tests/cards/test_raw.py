import pytest

from cards.raw import FAILURES, TOO_DEEP, has_lost, is_disguised, may_repeat, members_of


def test_the_members_of_an_object_are_given_as_often_as_they_stand():
    assert members_of(b'{"a": 1, "b": [2], "\\u0061": 3}') == [
        ("a", b"1"),
        ("b", b"[2]"),
        ("a", b"3"),
    ]


@pytest.mark.parametrize("raw", [b"[]", b"null", b"{", b"", b'{"a":' * 5000 + b"1" + b"}" * 5000])
def test_what_is_no_object_has_no_members(raw):
    with pytest.raises(FAILURES):
        members_of(raw)


@pytest.mark.parametrize(
    ("raw", "repeats"),
    [
        (b'{"a": 1, "b": {"a": 2}}', False),
        (b'{"a": "b:c", "b": ["\\u00e5", "\\u002B"]}', False),
        (b'{"a": 1, "a": 1}', True),
        (b'{"b": [{"a": 1, "a": 1}]}', True),
        (b'{"a": 1, "\\u0061": 1}', True),
        (b'{"a": 1, "a": 1, "b": "\\u003a"}', True),
        (b'{"a": "\xff"}', True),
        (b"{", True),
    ],
)
def test_a_name_that_may_stand_twice_is_suspected(raw, repeats):
    assert may_repeat(raw) is repeats


@pytest.mark.parametrize(
    "text", [b"\\u003a", b"\\u003A", b"\\u0061", b"\\u0045", b"\\u0030", TOO_DEEP]
)
def test_a_plain_sign_written_as_an_escape_is_a_disguise(text):
    assert is_disguised(b'{"a": "' + text.strip(b'"') + b'"}')


@pytest.mark.parametrize("text", [b"", b"\\n", b"\\u00e5", b"\\u002B01", b"\\u0026", b"\\u2013"])
def test_other_escapes_are_usual(text):
    assert not is_disguised(b'{"a": "' + text + b'"}')


def test_a_member_that_was_not_decoded_is_missed():
    assert has_lost(b'{"a": 1, "b": 2}', {"a": 1})
    assert not has_lost(b'{ "a" : "x:y" }', {"a": "x:y"})
