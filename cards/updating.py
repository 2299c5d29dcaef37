"""A draft being signed, completed: whole as it was sent, with what it lacked added."""

from collections.abc import Mapping

from cards.completeness import absent_blocks, missing_references
from cards.criteria import Chart, Finding
from cards.drafts import Draft, Json
from cards.note import annotation
from cards.pathways.form import Pathway
from cards.referral import Resource, reasons
from cards.words import Words

_EXTENDED = ("note", "supportingInfo", "reasonReference", "reasonCode")
"""What an update adds to; a draft in which one of them cannot be read is left alone."""


def completed(
    draft: Draft, pathway: Pathway, finding: Finding, chart: Chart, words: Words
) -> tuple[Resource, tuple[str, ...]] | None:
    """Give a draft whole, with what it lacked added, and the ids of what was added.

    Every element that was sent is kept; only empty ones, which FHIR forbids, fall away. None
    when the draft has no id to be updated by, or lacks nothing that we could add.
    """
    blocks = absent_blocks(draft, pathway, chart)
    references = missing_references(draft, chart)
    if draft.whole is None or not blocks:
        return None
    body = _without_empty(draft.whole)
    if any(not isinstance(body.get(m, []), list) for m in _EXTENDED):
        return None
    if "reason" in blocks:
        _extend(body, reasons(finding, chart))
    _extend(body, {"supportingInfo": [{"reference": r} for r in references]})
    reasoned = "reason" not in blocks
    notes: list[Json] = [
        annotation(b, pathway, finding, chart, words, reasoned=reasoned) for b in blocks
    ]
    _extend(body, {"note": notes})
    if "patientInstruction" not in body:
        key = "patientInstruction_dk" if pathway.country == "DK" else "patientInstruction"
        body["patientInstruction"] = words.say("note", key)
    return body, blocks


def _extend(body: Resource, more: Mapping[str, Json]) -> None:
    for member, items in more.items():
        old = body.get(member, [])
        if isinstance(items, list) and items and isinstance(old, list):
            body[member] = [*old, *items]


def pruned(value: Json) -> Json:
    """Give JSON without empty members: null, "", [] and {} are not allowed in FHIR.

    A null stays where it lines up the values of an array with their extensions (`_given`).
    """
    if isinstance(value, dict):
        return _without_empty(value)
    if isinstance(value, list):
        return [kept for v in value if _is_there(kept := pruned(v))]
    return value


def _without_empty(members: Mapping[str, Json]) -> Resource:
    kept = ((name, _member(name, value, members)) for name, value in members.items())
    return {name: value for name, value in kept if _is_there(value)}


def _member(name: str, value: Json, beside: Mapping[str, Json]) -> Json:
    twin = name[1:] if name.startswith("_") else f"_{name}"
    if twin not in beside or not isinstance(value, list):
        return pruned(value)
    items: list[Json] = [kept if _is_there(kept := pruned(v)) else None for v in value]
    return items if any(item is not None for item in items) else []


def _is_there(value: Json) -> bool:
    return value is not None and value not in ("", [], {})
