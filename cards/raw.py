"""JSON as it was sent: names that stand twice, subtrees that were cut, what decoding may raise."""

import re

import msgspec

TOO_DEEP = b'"\\u0000nested too deeply"'
"""The JSON string that the shell leaves in the place of a subtree nested too deeply to decode."""

FAILURES = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, ValueError)
"""What decoding hostile JSON may raise."""

_DISGUISED = re.compile(rb"\\u00(?:00|3[0-9aA]|[4-7])")
"""A colon, digit or letter of ASCII that is written as an escape, as no honest sender does, and
the sign with which `TOO_DEEP` begins."""


class _Name(str):
    """A member's name that no dictionary takes for another: one that stands twice is kept."""

    __slots__ = ()
    __hash__ = object.__hash__


_encoder = msgspec.json.Encoder()
_members = msgspec.json.Decoder(dict[_Name, msgspec.Raw], dec_hook=lambda _kind, text: _Name(text))


def members_of(raw: bytes) -> list[tuple[str, bytes]]:
    """Give the members of a JSON object, each as often as it stands there.

    Raises one of `FAILURES` where it is no object.
    """
    return [(str(name), bytes(part)) for name, part in _members.decode(raw).items()]


def is_disguised(raw: bytes) -> bool:
    """Tell whether a name cannot be found, or a colon not counted, in the bytes as they stand."""
    return b"\\" in raw and _DISGUISED.search(raw) is not None


def has_lost(raw: bytes, decoded: object) -> bool:
    """Tell whether JSON that is not disguised has members that `decoded` lacks.

    A name that stands twice falls out when it is decoded, and its colon with it.
    """
    written = bytearray(len(raw))
    _encoder.encode_into(decoded, written)
    return written != raw and written.count(b":") != raw.count(b":")


def stands_twice(name: str, raw: bytes) -> bool:
    """Tell whether a JSON object has two members of a name, however it is written.

    Raises one of `FAILURES` where it is no object.
    """
    if raw.count(f'"{name}"'.encode()) < 2 and not is_disguised(raw):  # noqa: PLR2004 -- twice
        return False
    return [each for each, _ in members_of(raw)].count(name) > 1


def may_repeat(raw: bytes) -> bool:
    """Tell whether a name may stand twice in some object."""
    if is_disguised(raw):
        return True
    try:
        return has_lost(raw, msgspec.json.decode(raw))
    except FAILURES:
        return True
