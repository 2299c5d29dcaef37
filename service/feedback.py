"""Feedback on cards: the standard's shape and what real record systems send, item by item.

CDS Hooks "Feedback". Items of one body may be about different calls, may come twice and in any
order, and may name cards that nobody knows. Words of a clinician are not kept.
"""

import hashlib
import re
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import msgspec

from service.entries import Told
from service.errors import BadRequest
from service.pseudonyms import Pseudonyms
from service.wire import open_body

MOST = 1000
"""Items of one body."""

_EPIC = "com.epic.cdshooks.feedback.overrideReason."
_EPIC_MEMBERS = ("reasonTitle", "reasonDisplay", "reasonCategory")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)")
_CODE = re.compile(r"(?!(?:.*\d){6})[\w .,:;/()'&+-]{1,64}")
"""A code that may be kept: short, and without what could be a person's number."""
_SYSTEM = re.compile(r"(https?://|urn:)[\w.~:/%-]{1,200}")
_ITEMS = msgspec.json.Decoder(list[msgspec.Raw])


class _Coding(msgspec.Struct):
    code: str | None = None
    system: str | None = None


class _Reason(msgspec.Struct):
    reason: _Coding | None = None
    userComment: str | None = None  # noqa: N815 - the standard's spelling
    extension: dict[str, object] | None = None


class _Accepted(msgspec.Struct):
    id: str


class _Item(msgspec.Struct):
    card: str
    outcome: str
    outcomeTimestamp: str  # noqa: N815 - the standard's spelling
    acceptedSuggestions: list[_Accepted] | None = None  # noqa: N815
    overrideReason: _Reason | None = None  # noqa: N815
    overrideReasons: _Reason | list[_Reason] | None = None  # noqa: N815 - Epic's spelling


_ITEM = msgspec.json.Decoder(_Item)


class Read(NamedTuple):
    """The entries of a body, and what is wrong with the items that gave none."""

    entries: tuple[Told, ...]
    faults: tuple[BadRequest, ...]


class Teller(NamedTuple):
    """Who tells, of which service, and when it was received (milliseconds since 1970)."""

    client: str
    service: str
    received: int
    pseudonyms: Pseudonyms


def read_feedback(body: bytes, teller: Teller) -> Read:
    """Give what a body tells; `BadRequest` where it holds no list of feedback at all."""
    items = _items(body)
    entries: list[Told] = []
    faults: list[BadRequest] = []
    for number, raw in enumerate(items):
        place = f"feedback[{number}]"
        try:
            entries += _entries(_item(raw, place), place, teller)
        except BadRequest as fault:
            faults.append(fault)
    return Read(tuple(entries), tuple(faults))


def _items(body: bytes) -> list[msgspec.Raw]:
    call = open_body(body)
    if "feedback" not in call:
        raise BadRequest("feedback is required.", code="missing-member", expression="feedback")
    items = call["feedback"]
    if isinstance(items, msgspec.Raw):
        try:
            items = _ITEMS.decode(items)
        except msgspec.MsgspecError:
            items = None
    if not isinstance(items, list):
        raise BadRequest("feedback must be a list.", code="ill-typed", expression="feedback")
    if len(items) > MOST:
        raise BadRequest(f"feedback holds more than {MOST} items.", expression="feedback")
    return items


def _item(raw: msgspec.Raw, place: str) -> _Item:
    try:
        item = _ITEM.decode(raw)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
        raise BadRequest(
            "A feedback must have card, outcome and outcomeTimestamp, and every member its type.",
            code="ill-typed",
            expression=place,
        ) from None
    if item.outcome not in {"accepted", "overridden"}:
        raise _fault(f"{place}.outcome", "outcome must be accepted or overridden.")
    if not item.card.strip():
        raise _fault(f"{place}.card", "card must not be empty.")
    if item.outcome == "accepted" and item.acceptedSuggestions is None:
        raise _fault(f"{place}.acceptedSuggestions", "acceptedSuggestions must name what was.")
    return item


def _fault(place: str, sentence: str) -> BadRequest:
    return BadRequest(sentence, code="bad-feedback", expression=place)


def _entries(item: _Item, place: str, teller: Teller) -> list[Told]:
    """Give one entry per suggestion that was accepted, or one for the card."""
    at = _moment(item.outcomeTimestamp, place)
    accepted = item.outcome == "accepted"
    names = [s.id for s in item.acceptedSuggestions or ()] if accepted else []
    system, code, commented = (None, None, False) if accepted else _reason(item)
    card = _id(item.card, teller.pseudonyms)
    told: list[Told] = []
    for name in dict.fromkeys(names) or [None]:
        suggestion = _id(name, teller.pseudonyms) if name is not None else None
        parts = [teller.client, card, item.outcome, suggestion, at]
        told.append(
            Told(
                id=hashlib.sha256(msgspec.json.encode(parts)).digest(),
                at=min(at, teller.received),
                received=teller.received,
                client=teller.client,
                service=teller.service,
                card=card,
                outcome="accepted" if accepted else "overridden",
                suggestion=suggestion,
                reason_system=system,
                reason=code,
                commented=commented,
            )
        )
    return told


def _id(text: str, pseudonyms: Pseudonyms) -> str:
    """Give a UUID in one spelling; what else it may say is hashed, for it is none of ours."""
    try:
        return str(UUID(text.strip()))
    except ValueError:
        return pseudonyms.foreign(text)


def _moment(text: str, place: str) -> int:
    if _TIME.fullmatch(text):
        try:
            return int(datetime.fromisoformat(text).timestamp() * 1000)
        except (ValueError, OverflowError):
            pass
    raise _fault(
        f"{place}.outcomeTimestamp", "outcomeTimestamp must be a date and time with its offset."
    )


def _reason(item: _Item) -> tuple[str | None, str | None, bool]:
    """Give the system and code of the reason and whether words came with it."""
    plural = item.overrideReasons
    several = plural if isinstance(plural, list) else [plural]
    reason = item.overrideReason or next((r for r in several if r is not None), None)
    if reason is None:
        return None, None, False
    commented = bool(reason.userComment and reason.userComment.strip())
    if reason.reason is not None and reason.reason.code:
        return _kept(reason.reason.system, _SYSTEM), _code(reason.reason.code), commented
    for member in _EPIC_MEMBERS:
        title = (reason.extension or {}).get(_EPIC + member)
        if isinstance(title, str) and title:
            return "urn:com.epic.cdshooks.feedback", _code(title), commented
    return None, None, commented


def _code(code: str) -> str:
    return _kept(code.strip(), _CODE) or "other"


def _kept(text: str | None, form: re.Pattern[str]) -> str | None:
    return text if text is not None and form.fullmatch(text) else None
