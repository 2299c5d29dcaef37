"""One prefetch key as it came: what is in it, and whether it was read to its end.

The table of ARCHITECTURE.md ("What a prefetch value means") is decided here and nowhere else.
A source that failed and a source that was empty never look the same.
"""

from collections.abc import Sequence
from typing import Literal

import msgspec

from cards.page import Entry, Page, UnreadableSource, open_page
from cards.raw import FAILURES, TOO_DEEP

__all__ = [
    "FAILURES",
    "TOO_DEEP",
    "Entry",
    "Outcome",
    "Page",
    "Source",
    "UnreadableSource",
    "Unusable",
    "Why",
    "fetched_page",
    "open_page",
    "open_source",
    "source_of",
    "unavailable",
]

Outcome = Literal["complete", "partial", "unavailable"]
Why = Literal[
    "absent",
    "ehrBusy",
    "ehrElsewhere",
    "ehrError",
    "ehrErrorBeside",
    "ehrLate",
    "ehrNotFound",
    "ehrOtherPatient",
    "ehrRefused",
    "ehrUnreachable",
    "ehrUnreadable",
    "ehrUntrusted",
    "fewerThanTotal",
    "morePages",
    "noToken",
    "serverUnknown",
    "tokenOtherPatient",
    "tooMuch",
]
"""Why a source was not read to its end: the id of a text (`source.<id>`)."""


_UNTOLD = -1
"""The total where none was sent: as some servers write it themselves."""


class Source(msgspec.Struct, frozen=True):
    """What a prefetch key gave: its resources, and `complete`, `partial` or `unavailable`.

    `reason` is present unless the outcome is `complete`.
    """

    key: str
    outcome: Outcome
    reason: Why | None = None
    entries: tuple[Entry, ...] = ()


class Unusable(Exception):
    """An answer of a FHIR server that cannot be used; `reason` as in `Source`."""

    def __init__(self, reason: Why) -> None:
        """Say why; never a value of the answer."""
        super().__init__(reason)
        self.reason = reason


def unavailable(key: str, reason: Why) -> Source:
    """Give the source of a key that could not be had; `reason` as in `Source`."""
    return Source(key, "unavailable", reason)


def open_source(key: str, raw: bytes) -> Source:
    """Give the source that a prefetch value means, when nothing more can be had.

    Raises as `open_page`.
    """
    return source_of(key, (open_page(key, raw),))


def source_of(
    key: str, pages: Sequence[Page], stopped: Why | None = None, size: int | None = None
) -> Source:
    """Give the source that the pages of a key make up, in the order they came.

    `stopped` is why what remained was not had (a reason as in `Source`): without pages the
    source is unavailable, and beside some it is partial. `size` is how many matches to a page
    were asked for: a page that is full to the brim, without a total to hold it against, need not
    be all.
    """
    if not pages:
        return unavailable(key, stopped or "absent")
    entries = pages[0].entries if len(pages) == 1 else tuple(e for p in pages for e in p.entries)
    failed = any(page.failed for page in pages)
    if failed and not entries:
        return unavailable(key, "ehrError")
    reason = "ehrErrorBeside" if failed else stopped or _shortfall(pages, size)
    return Source(key, "partial" if reason else "complete", reason, entries)


def _shortfall(pages: Sequence[Page], size: int | None) -> Why | None:
    last = pages[-1]
    if last.more:
        return "morePages"
    came = _matches(pages)
    total = max((page.total for page in pages if page.total is not None), default=_UNTOLD)
    if total > came:
        return "fewerThanTotal"
    # a total below what came (-1, where a server has not counted) does not say that this is all
    brimful = total < came and size is not None and len(last.named) + last.unnamed == size
    return "morePages" if brimful else None


def _matches(pages: Sequence[Page]) -> int:
    """Count the matches of all pages: one that was sent twice is one."""
    named = pages[0].named
    if len(pages) > 1:
        named = named.union(*[page.named for page in pages[1:]])
    return len(named) + sum([page.unnamed for page in pages])


def fetched_page(key: str, raw: bytes, asked: str) -> Page:
    """Give the page in a FHIR server's answer to the read or search `asked`.

    `asked` is relative: "Patient/1", "Condition?patient=1". Raises `Unusable` where the answer
    is to another question: another resource than the one to be read, no Bundle, or matches none
    of which has the type that was searched.
    """
    try:
        page = open_page(key, raw)
    except UnreadableSource:
        raise Unusable("ehrUnreadable") from None
    path, is_search, _ = asked.partition("?")
    kinds = {entry.kind for entry in page.entries} - {None}
    if raw.strip() == b"null" or (kinds and path.partition("/")[0] not in kinds):
        raise Unusable("ehrUnreadable")
    if not is_search and page.entries:
        _check_read(page, raw, path)
    return page


def _check_read(page: Page, raw: bytes, path: str) -> None:
    """Refuse what is not the very resource that was to be read."""
    kind, _, wanted = path.partition("/")
    try:
        found = _READ.decode(raw)
    except FAILURES:
        raise Unusable("ehrUnreadable") from None
    if found.resourceType != kind or len(page.entries) != 1:
        raise Unusable("ehrUnreadable")
    if found.id != wanted:
        raise Unusable("ehrOtherPatient" if kind == "Patient" else "ehrUnreadable")


class _Read(msgspec.Struct):
    resourceType: str  # noqa: N815 -- FHIR's own spelling
    id: str | None = None


_READ = msgspec.json.Decoder(_Read)
