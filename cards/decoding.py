"""One FHIR resource from its JSON, alone: strictly where that works, member by member where not.

A member that cannot be read, or in which some name stands twice, is named in `bad` and is None;
of a list, a code or a component the parts that can be read are kept, so that the caller can tell
a result that must not be used from one that does not exist.
"""

import functools
import json
from collections import Counter
from typing import Generic, TypeVar

import msgspec

from cards.elements import CodeableConcept, Coding, Component
from cards.fhir import RESOURCES, Resource, Unread
from cards.raw import (
    FAILURES,
    TOO_DEEP,
    has_lost,
    is_disguised,
    may_repeat,
    members_of,
    stands_twice,
)

S = TypeVar("S", bound=msgspec.Struct)


MODIFIER = "modifierExtension"
"""An extension that changes the meaning of what it stands in (FHIR R4, 2.4.2): named in `bad`."""


class UnreadableResource(Exception):
    """A resource that cannot be opened at all; `reason` is the id of a text (`reason.<id>`)."""

    def __init__(self, reason: str) -> None:
        """Keep the reason's id."""
        super().__init__(reason)
        self.reason = reason


class _Twice(Exception):
    """Some object names a member twice."""


class _Typed(msgspec.Struct):
    resourceType: str = ""  # noqa: N815 -- FHIR's own spelling


class Reader(Generic[S]):
    """Decodes one kind of resource or backbone element."""

    def __init__(self, kind: type[S]) -> None:
        """Prepare the decoders of `kind`, a struct with a member `bad`."""
        self.kind = kind
        self.strict = msgspec.json.Decoder(kind)
        self.members = {
            f.encode_name: (f.name, f.type)
            for f in msgspec.structs.fields(kind)
            if f.name != "bad" and f.type is not Unread
        }

    def decode(self, raw: bytes) -> S:
        """Give the resource; members that could not be read are None and named in `bad`.

        Raises `UnreadableResource` where the JSON is no object.
        """
        try:
            found = self.strict.decode(raw)
        except FAILURES:
            return self.read(raw)
        marked = MODIFIER.encode() in raw or TOO_DEEP in raw
        return self.read(raw) if marked or _repeats(raw, found) else found

    def read(self, raw: bytes) -> S:
        """Decode member by member; what fails is named in `bad`."""
        try:
            parts = members_of(raw)
        except FAILURES as error:
            raise UnreadableResource("notFhir") from error
        often = Counter(name for name, _ in parts)
        kept: dict[str, object] = {}
        bad = [name for name in self.members if often[name] > 1]
        for name, part in parts:
            if name in self.members and often[name] == 1:
                attribute, kind = self.members[name]
                kept[attribute], whole = _member(name, part, kind)
                bad += [] if whole else [name]
        if kept.get(MODIFIER) and MODIFIER not in bad:
            bad.append(MODIFIER)
        return self.kind(**kept, bad=tuple(bad))


def _repeats(raw: bytes, found: msgspec.Struct) -> bool:
    """Tell whether a name may stand twice; what is contained stays raw, and is searched whole."""
    if getattr(found, "contained", None) is None and not is_disguised(raw):
        return has_lost(raw, found) and may_repeat(raw)
    return may_repeat(raw)


_info = functools.cache(msgspec.inspect.type_info)
_TYPES = msgspec.json.Decoder(_Typed)
_RAWS = msgspec.json.Decoder(list[msgspec.Raw])
_READERS: dict[str, Reader[Resource]] = {name: Reader(kind) for name, kind in RESOURCES.items()}
_COMPONENTS = Reader(Component)


def _member(name: str, raw: bytes, kind: object) -> tuple[object, bool]:
    """Give what can be read of a member, and whether that is the whole of it."""
    if TOO_DEEP in raw:
        return None, False
    if name == "component":
        return _components(raw)
    try:
        _refuse_twice(raw)
        return _fitting(raw, kind), True
    except (*FAILURES, _Twice):
        pass
    if name == "code":
        return _some_codings(raw), False
    items = _items(raw)
    kept = [item for each in items if (item := _item(each, kind)) is not None]
    return kept or None, False


def _fitting(raw: bytes, kind: object) -> object:
    """Decode a value; an object where an array belongs is taken as its only item."""
    try:
        return msgspec.json.decode(raw, type=kind)
    except FAILURES:
        if raw.lstrip()[:1] == b"{":
            try:
                return msgspec.json.decode(b"[" + raw + b"]", type=kind)
            except FAILURES:
                pass
        return msgspec.convert(_wrapped(msgspec.json.decode(raw), _info(kind)), type=kind)


def _wrapped(value: object, info: msgspec.inspect.Type) -> object:
    """Put every object that stands where the type has an array into one, at any depth."""
    if isinstance(info, msgspec.inspect.UnionType):
        shapes = (msgspec.inspect.ListType, msgspec.inspect.StructType)
        info = next((each for each in info.types if isinstance(each, shapes)), info)
    if isinstance(info, msgspec.inspect.ListType) and isinstance(value, (dict, list)):
        items = value if isinstance(value, list) else [value]
        return [_wrapped(item, info.item_type) for item in items]
    if isinstance(info, msgspec.inspect.StructType) and isinstance(value, dict):
        types = {field.encode_name: field.type for field in info.fields}
        return {k: _wrapped(v, types[k]) for k, v in value.items() if k in types}
    return value


def _refuse_twice(raw: bytes) -> None:
    """Raise where a name stands twice in an object, at any depth."""

    def unique(pairs: list[tuple[str, object]]) -> None:
        if len({name for name, _ in pairs}) < len(pairs):
            raise _Twice

    json.loads(raw, object_pairs_hook=unique, parse_int=str, parse_float=str)


def _items(raw: bytes) -> list[bytes]:
    try:
        return [bytes(item) for item in _RAWS.decode(raw)]
    except FAILURES:
        return []


def _item(raw: bytes, kind: object) -> object:
    """Give one item of a list of type `kind`; None where it cannot be read."""
    try:
        _refuse_twice(raw)
        found = _fitting(b"[" + raw + b"]", kind)
    except (*FAILURES, _Twice):
        return None
    return found[0] if isinstance(found, list) else None


def _components(raw: bytes) -> tuple[list[Component] | None, bool]:
    """Give the components that can be opened, each with its own `bad`."""
    parts = [raw] if raw.lstrip()[:1] == b"{" else _items(raw)
    found: list[Component] = []
    for part in parts:
        try:
            found.append(_COMPONENTS.read(part))
        except UnreadableResource:
            continue
    is_list = raw.lstrip()[:1] in (b"[", b"{") or raw.strip() == b"null"
    whole = is_list and len(found) == len(parts) and not any("code" in c.bad for c in found)
    return found or None, whole


def _some_codings(raw: bytes) -> CodeableConcept | None:
    """Give the codings of a CodeableConcept that can be read."""
    try:
        _refuse_twice(raw)
        codings = _items(dict(members_of(raw)).get("coding", b"[]"))
    except (*FAILURES, _Twice):
        return None
    found = [item for each in codings if (item := _item(each, list[Coding])) is not None]
    return CodeableConcept(msgspec.convert(msgspec.to_builtins(found), list[Coding | None]))


def resource_type(raw: bytes) -> str:
    """Give the resourceType of a resource's JSON; raises `UnreadableResource`."""
    if not raw:
        raise UnreadableResource("noResource")
    try:
        if stands_twice("resourceType", raw):
            raise UnreadableResource("notFhir")
        return _TYPES.decode(raw).resourceType
    except RecursionError as error:
        raise UnreadableResource("tooDeep") from error
    except FAILURES as error:
        raise UnreadableResource("notFhir") from error


def decode(raw: bytes, kind: str) -> Resource:
    """Give the resource in `raw`, of the resourceType `kind` (a key of `RESOURCES`).

    As `Reader.decode`.
    """
    return _READERS[kind].decode(raw)
