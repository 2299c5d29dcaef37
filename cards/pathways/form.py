"""The form of a pathway: what a literal in this folder has to say."""

from collections.abc import Mapping
from datetime import date

import msgspec

from cards.criteria import Criterion
from cards.examinations import Step
from cards.routing import Route


class Guideline(msgspec.Struct, frozen=True):
    """A guideline in one edition: the source of a card."""

    title: str
    publisher: str
    approved: date | int
    """The day of its approval; the year alone where the document gives no day."""
    url: str
    replaced: int | None = None
    """The year from which a newer edition stands in its place."""

    @property
    def edition(self) -> str:
        """The edition as it stands on a card."""
        return f"{self.publisher}, {self.approved}"


class Pathway(msgspec.Struct, frozen=True):
    """A cancer pathway as data: who enters it, by which criteria, and what its referral holds."""

    id: str
    country: str
    code: str
    """The code of its referral in the CodeSystem pathway-order."""
    names: tuple[str, ...]
    """Words in an order's text that name the pathway, in lower case."""
    guideline: Guideline
    criteria: Mapping[str, Criterion]
    ask: tuple[str, ...]
    """What only a clinician can confirm, as ids of texts (`ask.<id>`)."""
    blocks: tuple[str, ...]
    """The blocks of the referral's note, in order, as ids of texts (`block.<id>`)."""
    mandatory: tuple[str, ...]
    """The blocks that the guideline demands."""
    registration: str
    """The KVÅ code that the referrer registers on the day of the decision."""
    panel: bool
    """Whether the laboratory panel is asked for."""
    links: Mapping[str, str]
    """Links of the card: id of a text (`link.<id>`) to URL."""
    routes: tuple[Route, ...] = ()
    """Where it refers to, by site and circumstance (Denmark, 2.2)."""
    steps: tuple[Step, ...] = ()
    """The work-up, by site and histology (Denmark, 3.1)."""
    duties: Mapping[str, tuple[str, ...]] = {}
    """What is to be told and registered by whom: ids of texts (`duty.<id>`), by the topic of a
    card or the target of its route."""
