"""The JSON of a call, opened one level deep: names that stand twice, bad bytes and texts, depth."""

import codecs
import re
from collections.abc import Mapping
from typing import TypeVar

import msgspec

from cards.source import TOO_DEEP
from service.errors import BadRequest

MAX_DEPTH = 100
"""Levels that are kept when a body is nested too deeply to decode."""
HEADROOM = 60
"""Calls that may lie between here and where a part of the body is decoded again."""


class Name(str):
    """A member's name that equals only itself, so that a name that stands twice is seen twice."""

    __slots__ = ()
    __hash__ = object.__hash__

    def __eq__(self, other: object) -> bool:
        """Tell whether this is the very same occurrence."""
        return self is other


T = TypeVar("T")
Members = dict[Name, msgspec.Raw]
Readable = Members | list[msgspec.Raw] | str | int | float | bool | None
Value = Readable | msgspec.Raw
Object = Mapping[str, Value]

LOST = b"[[[" + TOO_DEEP + b"]]]"
"""What stands in the place of a text that cannot be decoded: it fits no member of FHIR, and is
listed as what is nested too deeply is."""

_TEXTS = re.compile(rb'"(?:[^"\\]++|\\.)*+"?(\s*+:)?', re.DOTALL)
_HALVES = re.compile(
    rb"\\u[dD][89abAB][\da-fA-F]{2}\\u[dD][c-fC-F][\da-fA-F]{2}"
    rb"|(\\u[dD][89a-fA-F][\da-fA-F]{2})|\\.",
    re.DOTALL,
)
"""Escapes in their order: a pair of surrogates, half of one, any other."""
_PIECE = 16_384
_TOKENS = re.compile(rb'"(?:[^"\\]++|\\.)*+"?|[{\[]|[}\]]', re.DOTALL)


def _name(_kind: type, text: str) -> Name:
    return Name(text)


_BODY = msgspec.json.Decoder(dict[Name, Readable], dec_hook=_name)
_VALUE = msgspec.json.Decoder(Readable, dec_hook=_name)
_MEMBERS = msgspec.json.Decoder(dict[Name, msgspec.Raw], dec_hook=_name)


def open_body(body: bytes) -> Object:
    """Give the members of the JSON object in `body`; objects among them one level deep.

    Raises `BadRequest` where the body is not one JSON object in UTF-8 or names a member twice,
    and `RecursionError` where it is nested too deeply to be decoded at all.
    """
    _refuse_bad_bytes(body)
    try:
        members = _opened_body(body)
    except msgspec.DecodeError:
        try:
            members = _opened_body(cut_halves(body))
        except msgspec.DecodeError:
            raise _not_json() from None
    return unrepeated(members, "")


def _opened_body(body: bytes) -> Mapping[Name, Value]:
    try:
        return _decode(body, HEADROOM)
    except msgspec.ValidationError:
        return _one_by_one(body)


def _not_json() -> BadRequest:
    return BadRequest("The body is not well-formed JSON.", code="not-json")


def _decode(body: bytes, headroom: int) -> Mapping[Name, Value]:
    """Decode from `headroom` calls further down, where only what leaves the readers room passes."""
    if headroom:
        return _decode(body, headroom - 1)
    members: Mapping[Name, Value] = _BODY.decode(body)
    return members


def _one_by_one(body: bytes) -> Mapping[Name, Value]:
    """Open a body of which some value is out of range; such a value stays raw."""
    try:
        return {name: _opened(raw) for name, raw in _MEMBERS.decode(body).items()}
    except msgspec.ValidationError:
        raise BadRequest("The body must be a JSON object.", code="not-an-object") from None


def _opened(raw: msgspec.Raw) -> Value:
    try:
        value: Value = _VALUE.decode(raw)
    except msgspec.ValidationError:
        return raw
    return value


def unrepeated(members: Mapping[Name, T], place: str) -> Mapping[str, T]:
    """Give the members by plain names; a name that stands twice is a `BadRequest`."""
    plain = {str(name): value for name, value in members.items()}
    if len(plain) < len(members):
        where = f"in {place}" if place else "in the body"
        raise BadRequest(
            f"The same name stands twice {where}.",
            code="repeated-member",
            expression=place or None,
        )
    return plain


def cut_deep(body: bytes) -> bytes:
    """Give the body with every subtree below `MAX_DEPTH` levels replaced by a marked string."""
    kept: list[bytes] = []
    depth = start = 0
    for token in _TOKENS.finditer(body):
        sign = body[token.start()]
        if sign in b"{[":
            depth += 1
            if depth == MAX_DEPTH + 1:
                kept += (body[start : token.start()], TOO_DEEP)
        elif sign in b"}]":
            if depth == MAX_DEPTH + 1:
                start = token.end()
            depth -= 1
    if depth > MAX_DEPTH:  # never closed: not JSON, and the decoder says so
        return b"".join(kept)
    return b"".join([*kept, body[start:]])


def cut_halves(body: bytes) -> bytes:
    """Give the body with `LOST` for every text that holds half a character; names are left.

    JSON allows half a pair of surrogates, and systems that cut a text within an emoji write one;
    the decoder takes none anywhere.
    """
    kept: list[bytes] = []
    start = 0
    for text in _TEXTS.finditer(body) if b"\\u" in body else ():
        if text[1] is None and _is_broken(text[0]):
            kept += (body[start : text.start()], LOST)
            start = text.end()
    return b"".join([*kept, body[start:]])


def _is_broken(text: bytes) -> bool:
    """Tell whether halves of characters, and nothing else, keep a text from being decoded."""
    whole = _HALVES.sub(lambda escape: rb"\ufffd" if escape[1] else escape[0], text)
    try:
        return whole != text and isinstance(_VALUE.decode(whole), str)
    except msgspec.MsgspecError:
        return False


def _refuse_bad_bytes(body: bytes) -> None:
    """Look at the body piece by piece: as one text it would take twice its room."""
    view, start = memoryview(body), 0
    try:
        while start < len(body):
            end = start + _PIECE
            _, read = codecs.utf_8_decode(view[start:end], "strict", end >= len(body))
            start += read  # a letter that a piece cuts in two begins the next
    except UnicodeDecodeError:
        raise BadRequest("The body is not valid UTF-8.", code="not-utf-8") from None
