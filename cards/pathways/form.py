"""The form of a pathway: what a literal in this folder has to say."""

from collections.abc import Mapping
from datetime import date

import msgspec

from cards.criteria import Criterion


class Guideline(msgspec.Struct, frozen=True):
    """A guideline in one edition: the source of a card."""

    title: str
    publisher: str
    approved: date
    url: str

    @property
    def edition(self) -> str:
        """The edition as it stands on a card."""
        return f"{self.publisher}, {self.approved.isoformat()}"


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
