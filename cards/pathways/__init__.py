"""The pathways, one module each, each one literal; here they are listed."""

from collections.abc import Mapping

from cards.pathways.aos import AOS
from cards.pathways.cup_se import CUP_SE
from cards.pathways.form import Pathway
from cards.pathways.metastases_dk import METASTASES_DK

PATHWAYS: Mapping[str, Pathway] = {pathway.id: pathway for pathway in (AOS, CUP_SE, METASTASES_DK)}
"""Every pathway by its id."""

CANDIDATES: Mapping[str, Pathway] = {}
"""Editions that are not in force yet, by id: judged beside, kept in the journal, never shown."""


def of_country(country: str) -> Mapping[str, Pathway]:
    """Give the pathways of a country (SE, DK): the rules of two are never mixed (X9)."""
    return {id_: p for id_, p in PATHWAYS.items() if p.country == country}
