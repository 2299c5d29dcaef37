"""What a referral being signed already says, block by block, and what it still lacks.

A block is found by its heading in any language, or by listed words that a clinician would write.
"""

import re
from collections.abc import Collection, Mapping
from typing import Literal

from cards.criteria import Chart
from cards.drafts import Draft
from cards.elements import CodeableConcept, Reference
from cards.panel import OPEN
from cards.pathways.form import Pathway
from cards.words import WORDS

Held = Literal["held", "open", "absent"]
"""A block is held, stands there with a gap to fill in, or is not there."""

_WORDS: Mapping[str, re.Pattern[str]] = {
    "malignancy": re.compile(
        r"(tidigare|tidligere|earlier|previous|past|känd|kendt)\W+(\w+\W+){0,3}"
        r"(sjukdom|malign|cancer|kræft|tumör|sygdom|disease)"
    ),
    "information": re.compile(
        r"\b(patient\w*|pat|pt|hon|han|hun|she|he)\W+(\w+\W+){0,4}"
        r"(inform(erad|eret|ed|erats)|fått veta|oplyst|underrättad|been told|is aware|känner till)"
    ),
    "examination": re.compile(r"\bstatus\b|palp|undersök|undersøg|examin"),
    "history": re.compile(r"anamnes|ärftlig|arvelig|heredit|history"),
}
_NOT_TOLD = re.compile(
    r"\b(inte|ej|ikke|not|never|aldrig)\W+(\w+\W+){0,2}(inform|oplyst|been told)"
)
_PHONE = re.compile(r"(?<![\d-])(?:\+|0)\d[\d\s-]{5,}\d")
"""A number with its area code; not the end of a date or of a personal identity number."""
_PATIENT = re.compile(r"patient|pat\.|pt\b")
_REFERRER = re.compile(r"remit|henvis|referr|mottagning|klinik|läkare|läge|doctor|undertecknad")


def held(draft: Draft, block: str, chart: Chart) -> Held:
    """Tell how a block stands in a draft."""
    if block == "results":
        return "held" if not missing_references(draft, chart) else "absent"
    if block == "lacking" and not any(s.status in OPEN for s in chart.slots.values()):
        return "held"
    texts = [n.text for n in draft.request.note or () if n.text]
    for text in texts:
        if any(text.startswith(words.say("block", block)) for words in WORDS.values()):
            return "open" if any(w.say("phrase", "gap") in text for w in WORDS.values()) else "held"
    written = "\n".join(texts).lower()
    return "held" if _written(draft, block, written) else "absent"


def _written(draft: Draft, block: str, written: str) -> bool:
    if block == "reason":
        codes, references = draft.request.reasonCode or (), draft.request.reasonReference or ()
        return any(_says(c) for c in codes) or any(r.reference for r in references)
    if block in {"phonePatient", "phoneReferrer"}:
        whose = _PATIENT if block == "phonePatient" else _REFERRER
        return _told(whose, written.split("\n"))
    if block == "information" and _NOT_TOLD.search(written):
        return False
    pattern = _WORDS.get(block)
    return bool(pattern and pattern.search(written))


def _told(whose: re.Pattern[str], lines: list[str]) -> bool:
    """Tell whether a phone stands beside whose it is, or alone on the line below."""
    pairs = zip(lines, [*lines[1:], ""], strict=True)
    return any(
        whose.search(line) and (_PHONE.search(line) or _PHONE.fullmatch(below.strip()))
        for line, below in pairs
    )


def _says(concept: CodeableConcept) -> bool:
    return bool(concept.text) or any(c and c.code for c in concept.coding or ())


def missing_references(draft: Draft, chart: Chart) -> tuple[str, ...]:
    """Give the references of the answers and examinations that the draft does not point at."""
    given = {_local(r) for r in draft.request.supportingInfo or ()}
    return tuple(r for r in supporting_references(chart) if r not in given)


def _local(reference: Reference) -> str:
    return "/".join((reference.reference or "").split("/_history/")[0].rsplit("/", 2)[-2:])


def supporting_references(chart: Chart) -> tuple[str, ...]:
    """Give the references of every answer of the panel that was used, then of the examinations."""
    answered = [s for s in chart.slots.values() if s.status == "answered"]
    answers = [r.reference for s in answered for r in s.results if r.reference]
    return tuple(
        dict.fromkeys([*answers, *(r.reference for r in chart.record.studies() if r.reference)])
    )


def absent_blocks(draft: Draft, pathway: Pathway, chart: Chart) -> tuple[str, ...]:
    """Give the blocks that can be added to a draft."""
    return tuple(b for b in pathway.blocks if held(draft, b, chart) == "absent")


def is_whole(draft: Draft, pathway: Pathway, chart: Chart) -> bool:
    """Tell whether a draft holds every block, and none of them with a gap to fill in."""
    return all(held(draft, block, chart) == "held" for block in pathway.blocks)


def gaps_of(drafts: Collection[Draft], pathway: Pathway, chart: Chart) -> tuple[str, ...]:
    """Give the blocks that the guideline demands and any of several drafts lacks."""
    lacking = {b for draft in drafts for b in mandatory_gaps(draft, pathway, chart)}
    return tuple(b for b in pathway.mandatory if b in lacking)


def mandatory_gaps(draft: Draft, pathway: Pathway, chart: Chart) -> tuple[str, ...]:
    """Give the blocks that the guideline demands and the draft lacks or leaves open."""
    return tuple(b for b in pathway.mandatory if held(draft, b, chart) != "held")
