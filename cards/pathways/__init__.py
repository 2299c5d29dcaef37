"""The pathways, one module each, each one literal; here they are listed."""

from collections.abc import Mapping

from cards.pathways.aos import AOS
from cards.pathways.cup_se import CUP_SE
from cards.pathways.form import Pathway

PATHWAYS: Mapping[str, Pathway] = {pathway.id: pathway for pathway in (AOS, CUP_SE)}
"""Every pathway by its id."""
