"""What the journal keeps: a call with its advice, and feedback on a card. No name, no value.

The patient and the decision are keyed hashes (`service.pseudonyms`). Times are milliseconds since
1970 in UTC. An entry bears the id under which it is stored, so that what is written twice is there
once.
"""

from typing import Annotated, Literal

import msgspec

Shown = Literal["shown", "asleep", "shadow", "candidate"]
"""What became of an advice: a card; left unsaid because it was dismissed; judged in shadow, by the
rules in force or by those of a coming edition."""
Number = Annotated[int, msgspec.Meta(ge=0, lt=2**31)]
Time = Annotated[int, msgspec.Meta(ge=-(2**53), lt=2**53)]
Kind = Literal["order", "referral", "update"]


class Suggested(msgspec.Struct, frozen=True):
    """A suggestion of a card: its uuid and what accepting it does."""

    id: str
    kind: Kind


class Advised(msgspec.Struct, frozen=True, omit_defaults=True):
    """One advice; `id` is the uuid of its card where one was shown.

    `answered` of `asked` tests of the panel had an answer, where the advice is about the panel.
    """

    id: str
    topic: str
    indicator: str
    shown: Shown
    decision: bytes
    pathway: str | None = None
    edition: str | None = None
    answered: Number | None = None
    asked: Number | None = None
    suggestions: tuple[Suggested, ...] = ()


class Called(msgspec.Struct, frozen=True, omit_defaults=True, tag="call"):
    """One hook call and its outcome: `answered`, or the code of the refusal."""

    id: str
    at: Time
    client: str
    service: str
    hook: str
    rules: str
    language: str
    milliseconds: Number
    outcome: str
    instance: str | None = None
    patient: bytes | None = None
    sources: dict[str, str] = {}
    """The outcome of each prefetch key."""
    advice: tuple[Advised, ...] = ()


class Told(msgspec.Struct, frozen=True, omit_defaults=True, tag="feedback"):
    """What a clinician did with a card: one entry per (card, outcome, suggestion, time)."""

    id: bytes
    at: Time
    """When it was done; never later than `received`, whatever the client's clock said."""
    received: Time
    client: str
    service: str
    card: str
    outcome: Literal["accepted", "overridden"]
    suggestion: str | None = None
    reason_system: str | None = None
    reason: str | None = None
    """The code of the reason, or `other`."""
    commented: bool = False
    """Whether words of the clinician came with it; they are not kept."""


Entry = Called | Told

_ENCODER = msgspec.json.Encoder()
_DECODER: msgspec.json.Decoder[Entry] = msgspec.json.Decoder(Called | Told)


def line_of(entry: Entry) -> bytes:
    """Give an entry as a line of NDJSON."""
    return _ENCODER.encode(entry) + b"\n"


def entry_of(line: bytes) -> Entry:
    """Give the entry in a line; `msgspec.MsgspecError` where there is none."""
    return _DECODER.decode(line)
