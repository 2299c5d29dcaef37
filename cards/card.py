"""The wire form of a CDS Hooks response: cards, suggestions, actions and links."""

# ruff: noqa: N815 -- the members bear the standard's own names
from collections.abc import Mapping
from typing import Literal

import msgspec

from cards.drafts import Json

SUMMARY_LIMIT = 139
"""Characters of a summary: the standard wants fewer than 140."""


class Coding(msgspec.Struct, frozen=True, omit_defaults=True):
    """A code with its system; a display where people choose it."""

    code: str
    system: str
    display: str | None = None


class Source(msgspec.Struct, frozen=True, omit_defaults=True):
    """Where the advice comes from."""

    label: str
    url: str
    topic: Coding


class Action(msgspec.Struct, frozen=True, omit_defaults=True):
    """One change that a suggestion makes."""

    type: Literal["create", "update"]
    description: str
    resource: Mapping[str, Json]


class Suggestion(msgspec.Struct, frozen=True, omit_defaults=True):
    """What one click does."""

    label: str
    uuid: str
    actions: tuple[Action, ...]
    isRecommended: bool | None = None


class Link(msgspec.Struct, frozen=True, omit_defaults=True):
    """A page to read."""

    label: str
    url: str
    type: Literal["absolute"]


class Card(msgspec.Struct, frozen=True, omit_defaults=True):
    """One piece of advice."""

    uuid: str
    summary: str
    indicator: Literal["info", "warning", "critical"]
    source: Source
    detail: str
    suggestions: tuple[Suggestion, ...] | None = None
    selectionBehavior: Literal["at-most-one", "any"] | None = None
    overrideReasons: tuple[Coding, ...] | None = None
    links: tuple[Link, ...] | None = None
    extension: Mapping[str, object] | None = None


class Response(msgspec.Struct, frozen=True):
    """The answer to a hook call; no cards means that nothing needs saying."""

    cards: tuple[Card, ...]


_encoder = msgspec.json.Encoder(decimal_format="number")


def encoded(response: Response) -> bytes:
    """Give the JSON of a response."""
    return _encoder.encode(response)
