"""One prefetch key as it came: what is in it, and whether it was read to its end.

The table of ARCHITECTURE.md ("What a prefetch value means") is decided here and nowhere else.
A source that failed and a source that was empty never look the same.
"""

from collections.abc import Iterable
from typing import Literal

import msgspec

from cards.fhir import Clinical
from cards.raw import FAILURES, TOO_DEEP, members_of
from cards.searchset import Link, Search, Searchset, read_whole

__all__ = [
    "FAILURES",
    "TOO_DEEP",
    "Entry",
    "Outcome",
    "Source",
    "UnreadableSource",
    "open_source",
    "unavailable",
]

Outcome = Literal["complete", "partial", "unavailable"]


class Entry(msgspec.Struct, frozen=True, gc=False):
    """One resource of a source and the full URL it was sent under.

    `raw` is its JSON; empty where the whole searchset was decoded at once, into `resource`.
    """

    raw: bytes
    full_url: str | None = None
    resource: Clinical | None = None


class Source(msgspec.Struct, frozen=True):
    """What a prefetch key gave: its resources, and `complete`, `partial` or `unavailable`.

    `reason` is the id of a text (`source.<id>`), present unless the outcome is `complete`.
    """

    key: str
    outcome: Outcome
    reason: str | None = None
    entries: tuple[Entry, ...] = ()


class UnreadableSource(Exception):
    """A prefetch value that is not what its template asks for: the caller's error."""

    def __init__(self, key: str, reason: str) -> None:
        """Name the key and what was expected; never a value of the body."""
        super().__init__(f"prefetch.{key}: {reason}")
        self.key = key
        self.reason = reason


class _Issue(msgspec.Struct):
    severity: str | None = None


class _Outcome(msgspec.Struct):
    resourceType: str = ""  # noqa: N815 -- FHIR's own spelling
    issue: list[_Issue] = []


class _Bundle(msgspec.Struct):
    entry: list[msgspec.Raw]
    next: bool
    total: int | None


class _Entry(msgspec.Struct):
    resource: msgspec.Raw = msgspec.Raw()
    fullUrl: str | None = None  # noqa: N815 -- FHIR's own spelling
    search: Search | None = None


class _Resource(msgspec.Struct):
    resourceType: str  # noqa: N815 -- FHIR's own spelling


class _Named(_Resource):
    id: str | None = None


_SINGLE = frozenset({"patient", "user"})
"""Keys whose template is a read: one resource is the expected answer."""
_MORE = 10**9
"""A total that is larger than anything that came."""

_entries = msgspec.json.Decoder(_Entry)
_outcomes = msgspec.json.Decoder(_Outcome)
_resources = msgspec.json.Decoder(_Resource)
_named = msgspec.json.Decoder(_Named)


def unavailable(key: str, reason: str) -> Source:
    """Give the source of a key that could not be had; `reason` as in `Source`."""
    return Source(key, "unavailable", reason)


def open_source(key: str, raw: bytes) -> Source:
    """Give the source that a prefetch value means.

    `raw` is the JSON of the value as sent. Raises `UnreadableSource` when it is neither null, a
    Bundle, an OperationOutcome nor (for a read) the resource asked for.
    """
    if raw.strip() == b"null":
        return Source(key, "complete")
    if whole := read_whole(key, raw):
        return _from_searchset(key, whole)
    try:
        kind = _resources.decode(raw).resourceType
    except FAILURES as error:
        raise UnreadableSource(key, "a FHIR resource or null was expected") from error
    if kind == "OperationOutcome":
        return _from_outcome(key, raw)
    if kind == "Bundle":
        return _from_bundle(key, raw)
    if key not in _SINGLE or (key == "patient" and kind != "Patient"):
        expected = "a Patient" if key == "patient" else "a Bundle"
        raise UnreadableSource(key, f"{expected} or null was expected")
    return Source(key, "complete", entries=(Entry(raw),))


def _from_outcome(key: str, raw: bytes) -> Source:
    return unavailable(key, "ehrError") if _is_failure(raw) else Source(key, "complete")


def _is_failure(raw: bytes) -> bool:
    """Tell whether an OperationOutcome reports a failure; one that cannot be read does."""
    try:
        severities = [issue.severity for issue in _outcomes.decode(raw).issue]
    except FAILURES:
        return True
    return not severities or any(s not in {"warning", "information"} for s in severities)


def _from_searchset(key: str, whole: Searchset[Clinical]) -> Source:
    entries: list[Entry] = []
    matches: set[object] = set()  # a page sent twice does not make up for one that was not
    for number, item in enumerate(whole.entry):
        entries.append(Entry(b"", item.fullUrl, item.resource))
        if item.search is None or item.search.mode != "include":
            matches.add(item.resource.id or number)
    bundle = _Bundle([], _is_next(whole.link), whole.total)
    reason = _shortfall(bundle, len(matches), failed=False)
    return Source(key, "partial" if reason else "complete", reason, tuple(entries))


def _from_bundle(key: str, raw: bytes) -> Source:
    bundle = _bundle(key, raw)
    entries: list[Entry] = []
    matches: set[object] = set()
    failed = False
    for number, item in enumerate(bundle.entry):
        entry, mode = _entry(item)
        if b"OperationOutcome" in entry.raw and _is_outcome(entry.raw):
            failed = failed or _is_failure(entry.raw)
            continue
        if mode != "include":
            matches.add(_id_of(entry.raw) or number)
        entries.append(entry)
    if failed and not entries:
        return unavailable(key, "ehrError")
    reason = _shortfall(bundle, len(matches), failed=failed)
    return Source(key, "partial" if reason else "complete", reason, tuple(entries))


def _id_of(raw: bytes) -> tuple[str, str] | None:
    """Give type and id of a resource, where both can be read."""
    try:
        resource = _named.decode(raw)
    except FAILURES:
        return None
    return (resource.resourceType, resource.id) if resource.id else None


def _bundle(key: str, raw: bytes) -> _Bundle:
    """Open a Bundle; the older habit of an object where R4 has an array is read as well."""
    members = members_of(raw)
    parts = dict(members)
    if len(parts) < len(members):
        raise UnreadableSource(key, "a member stands twice in the Bundle")
    entry = parts.get("entry", b"null").strip()
    try:
        if entry.startswith(b"{"):
            entry = b"[" + entry + b"]"
        entries = msgspec.json.decode(entry, type=list[msgspec.Raw] | None) or []
    except FAILURES as error:
        raise UnreadableSource(key, "Bundle.entry must be an array") from error
    more = _has_next(parts.get("link", b"null"))
    return _Bundle(entries, more, _total(parts.get("total", b"null")))


def _has_next(raw: bytes) -> bool:
    """Tell whether there is a next page; a link that cannot be read may be one."""
    try:
        links = msgspec.json.decode(raw, type=list[Link] | None) or []
    except FAILURES:
        return True
    return _is_next(links)


def _is_next(links: Iterable[Link]) -> bool:
    return any((link.relation or "").strip().lower() == "next" for link in links)


def _total(raw: bytes) -> int | None:
    """Read the total; one that cannot be read may be more than what came."""
    try:
        return msgspec.json.decode(raw, type=int | None, strict=False)
    except FAILURES:
        return _MORE


def _shortfall(bundle: _Bundle, matches: int, *, failed: bool) -> str | None:
    if failed:
        return "ehrErrorBeside"
    if bundle.next:
        return "morePages"
    if bundle.total is not None and bundle.total > matches:
        return "fewerThanTotal"
    return None


def _entry(item: msgspec.Raw) -> tuple[Entry, str | None]:
    """Give an entry's resource alone; one that cannot be opened keeps its bytes for the list."""
    raw = bytes(item)
    try:
        entry = _entries.decode(item)
        twice = raw.count(b'"resource"') > 1 and _holds_two(raw)
    except FAILURES:
        return Entry(_resource_of(raw)), None
    if twice:
        return Entry(b"[]"), None  # which of the two is meant is not to be told
    return Entry(bytes(entry.resource), entry.fullUrl), entry.search.mode if entry.search else None


def _holds_two(raw: bytes) -> bool:
    return [name for name, _ in members_of(raw)].count("resource") > 1


def _resource_of(raw: bytes) -> bytes:
    try:
        return dict(members_of(raw)).get("resource", b"")
    except FAILURES:
        return raw


def _is_outcome(raw: bytes) -> bool:
    try:
        return _resources.decode(raw).resourceType == "OperationOutcome"
    except FAILURES:
        return False
