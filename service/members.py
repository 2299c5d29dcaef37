"""Members of a call, taken by name and type; what is missing or ill-typed is a `BadRequest`."""

from collections.abc import Mapping

import msgspec

from service.errors import BadRequest
from service.wire import Object, Value, unrepeated

_TEXT = msgspec.json.Decoder(str)


def ill(place: str, sentence: str, code: str = "ill-typed") -> BadRequest:
    """Give the refusal of the member at `place`."""
    return BadRequest(sentence, code=code, expression=place)


def required_text(members: Object, name: str, place: str) -> str:
    """Give a string that must be there and must say something."""
    text = optional_text(members, name, place)
    if text is None:
        raise ill(place, f"{place} is required.", "missing-member")
    if not text.strip():
        raise ill(place, f"{place} must not be empty.", "empty-member")
    return text


def optional_text(members: Object, name: str, place: str) -> str | None:
    """Give a string, or None where the member is absent."""
    if name not in members:
        return None
    text = _text(members[name])
    if text is None:
        raise ill(place, f"{place} must be a string.")
    return text


def required_object(members: Object, name: str, place: str) -> Mapping[str, msgspec.Raw]:
    """Give the members of an object that must be there."""
    inner = optional_object(members, name, place)
    if inner is None:
        raise ill(place, f"{place} is required.", "missing-member")
    return inner


def optional_object(members: Object, name: str, place: str) -> Mapping[str, msgspec.Raw] | None:
    """Give the members of an object, or None where it is absent."""
    if name not in members:
        return None
    inner = members[name]
    if not isinstance(inner, dict):
        raise ill(place, f"{place} must be a JSON object.")
    return unrepeated(inner, place)


def _text(value: Value) -> str | None:
    if isinstance(value, msgspec.Raw):
        try:
            return _TEXT.decode(value)
        except msgspec.ValidationError:
            return None
    return value if isinstance(value, str) else None
