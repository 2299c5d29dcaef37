"""One page as it came: the Bundle of a search, or the one resource of a read.

What it means for its source, beside the other pages, is decided in cards/source.py.
"""

import re

import msgspec

from cards.fhir import Clinical
from cards.raw import FAILURES, members_of, stands_twice
from cards.searchset import Link, Search, Searchset, read_whole


class Entry(msgspec.Struct, frozen=True, gc=False):
    """One resource of a source and the full URL it was sent under.

    `raw` is its JSON; empty where the whole searchset was decoded at once, into `resource`.
    """

    raw: bytes
    full_url: str | None = None
    resource: Clinical | None = None

    @property
    def kind(self) -> str | None:
        """Its resourceType; None where that cannot be told."""
        return self.resource.resourceType if self.resource is not None else _kind(self.raw)


class Page(msgspec.Struct, frozen=True):
    """What one answer of a FHIR server holds.

    `more` says that a further page exists, `next` where, if that can be read. `named` and
    `unnamed` count the matches: those with an id by (type, id), so that one sent twice counts
    once. `failed`: an error was reported in it.
    """

    entries: tuple[Entry, ...] = ()
    more: bool = False
    next: str | None = None
    total: int | None = None
    named: frozenset[tuple[str, str]] = frozenset()
    unnamed: int = 0
    failed: bool = False


class UnreadableSource(Exception):
    """A prefetch value that is not what its template asks for: the caller's error."""

    def __init__(self, key: str, reason: str) -> None:
        """Name the key and what was expected; never a value of the body."""
        super().__init__(f"prefetch.{key}: {reason}")
        self.key = key
        self.reason = reason


class _Issue(msgspec.Struct):
    severity: str | None = None
    code: str | None = None


class _Outcome(msgspec.Struct):
    resourceType: str = ""  # noqa: N815 -- FHIR's own spelling
    issue: list[_Issue] = []


class _Members(msgspec.Struct):
    entry: list[msgspec.Raw]
    links: tuple[Link, ...] | None
    total: int | None


class _Entry(msgspec.Struct):
    resource: msgspec.Raw = msgspec.Raw()
    fullUrl: str | None = None  # noqa: N815 -- FHIR's own spelling
    search: Search | None = None


class _Resource(msgspec.Struct):
    resourceType: str  # noqa: N815 -- FHIR's own spelling


class _Named(_Resource):
    id: str | None = None


_CUT = frozenset(
    {
        "too-costly",
        *("security", "login", "unknown", "expired", "forbidden", "suppressed"),
        *("transient", "lock-error", "no-store", "exception", "timeout", "incomplete", "throttled"),
    }
)
"""Issue types (FHIR R4, issue-type) by which even a warning says that something may be withheld.

A user who may not see all of a record gets the rest with a warning of type `suppressed`.
"""
_SINGLE = frozenset({"patient", "user"})
"""Keys whose template is a read: one resource is the expected answer."""
_BETWEEN_NAMES = re.compile(r"[\s/#|:]+")
"""What parts the names of a link relation from each other, and from a registry's address.

A relation may be a list, and "next" the URI http://www.iana.org/assignments/relation/next
(RFC 4287, 4.2.7.2).
"""
_MORE = 10**9
"""A total that is larger than anything that came."""

_entries = msgspec.json.Decoder(_Entry)
_outcomes = msgspec.json.Decoder(_Outcome)
_resources = msgspec.json.Decoder(_Resource)
_named = msgspec.json.Decoder(_Named)


def open_page(key: str, raw: bytes) -> Page:
    """Give the page that a value of the key means.

    `raw` is the JSON of the value as sent. Raises `UnreadableSource` when it is neither null, a
    Bundle, an OperationOutcome nor (for a read) the resource asked for.
    """
    if raw.strip() == b"null":
        return Page()
    if whole := read_whole(key, raw):
        return _from_searchset(whole)
    try:
        kind = _resources.decode(raw).resourceType
    except FAILURES as error:
        raise UnreadableSource(key, "a FHIR resource or null was expected") from error
    if kind == "OperationOutcome":
        return Page(failed=_is_failure(raw))
    if kind == "Bundle":
        return _from_bundle(key, raw)
    if key not in _SINGLE or (key == "patient" and kind != "Patient"):
        expected = "a Patient" if key == "patient" else "a Bundle"
        raise UnreadableSource(key, f"{expected} or null was expected")
    return Page((Entry(raw),))


def _is_failure(raw: bytes) -> bool:
    """Tell whether an OperationOutcome reports a failure; one that cannot be read does."""
    try:
        issues = _outcomes.decode(raw).issue
    except FAILURES:
        return True
    mild = [i.severity in {"warning", "information"} and i.code not in _CUT for i in issues]
    return not mild or not all(mild)


def _from_searchset(whole: Searchset[Clinical]) -> Page:
    entries: list[Entry] = []
    named: set[tuple[str, str]] = set()  # a page sent twice does not make up for one that was not
    unnamed = 0
    for item in whole.entry:
        resource = item.resource
        entries.append(Entry(b"", item.fullUrl, resource))
        if item.search is not None and item.search.mode == "include":
            continue
        if resource.id:
            named.add((resource.resourceType, resource.id))
        else:
            unnamed += 1
    more, url = _next(whole.link)
    return Page(tuple(entries), more, url, whole.total, frozenset(named), unnamed)


def _from_bundle(key: str, raw: bytes) -> Page:
    bundle = _bundle(key, raw)
    entries: list[Entry] = []
    named: set[tuple[str, str]] = set()
    unnamed = 0
    failed = False
    for item in bundle.entry:
        entry, mode = _entry(item)
        if b"OperationOutcome" in entry.raw and entry.kind == "OperationOutcome":
            failed = failed or _is_failure(entry.raw)
            continue
        entries.append(entry)
        if mode == "include":
            continue
        if name := _name_of(entry.raw):
            named.add(name)
        else:
            unnamed += 1
    more, url = (True, None) if bundle.links is None else _next(bundle.links)
    return Page(tuple(entries), more, url, bundle.total, frozenset(named), unnamed, failed)


def _name_of(raw: bytes) -> tuple[str, str] | None:
    """Give type and id of a resource, where both can be read."""
    try:
        resource = _named.decode(raw)
    except FAILURES:
        return None
    return (resource.resourceType, resource.id) if resource.id else None


def _bundle(key: str, raw: bytes) -> _Members:
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
    links = _links(parts.get("link", b"null"))
    return _Members(entries, links, _total(parts.get("total", b"null")))


def _links(raw: bytes) -> tuple[Link, ...] | None:
    """Give the links of a Bundle; None where they cannot be read: one may be to a next page."""
    try:
        return msgspec.json.decode(raw, type=tuple[Link, ...] | None) or ()
    except FAILURES:
        return None


def _next(links: tuple[Link, ...]) -> tuple[bool, str | None]:
    """Tell whether there is a next page, and where; a link that does not say may be to one."""
    for link in links:
        if "next" in _BETWEEN_NAMES.split((link.relation or "").lower()):
            return True, link.url
    return any(link.relation is None for link in links), None


def _total(raw: bytes) -> int | None:
    """Read the total; one that cannot be read may be more than what came."""
    try:
        return msgspec.json.decode(raw, type=int | None, strict=False)
    except FAILURES:
        return _MORE


def _entry(item: msgspec.Raw) -> tuple[Entry, str | None]:
    """Give an entry's resource alone; one that cannot be opened keeps its bytes for the list."""
    raw = bytes(item)
    try:
        entry = _entries.decode(item)
        twice = stands_twice("resource", raw)
    except FAILURES:
        return Entry(_resource_of(raw)), None
    if twice:
        return Entry(b"[]"), None  # which of the two is meant is not to be told
    return Entry(bytes(entry.resource), entry.fullUrl), entry.search.mode if entry.search else None


def _resource_of(raw: bytes) -> bytes:
    try:
        return dict(members_of(raw)).get("resource", b"")
    except FAILURES:
        return raw


def _kind(raw: bytes) -> str | None:
    try:
        return _resources.decode(raw).resourceType
    except FAILURES:
        return None
