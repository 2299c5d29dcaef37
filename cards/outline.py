"""Criteria as people read them: the reasons of one card, and the rules of a pathway."""

from collections.abc import Iterable, Mapping
from functools import lru_cache
from itertools import groupby

from cards.criteria import Criterion, Finding
from cards.pathways.form import Guideline, Pathway
from cards.slots import SLOTS
from cards.words import WORDS, Words


def why(finding: Finding, texts: Mapping[str, str], words: Words) -> list[str]:
    """Give what is met as an indented list, each fact with its evidence; unmet parts are left out.

    `texts` holds the (escaped) text of each evidence by its reference. Criteria that one and the
    same fact meets share a line.
    """
    return _reasons(_met(finding), 0, texts, words)


def _met(finding: Finding) -> tuple[Finding, ...]:
    """Give the finding without wrappers that say no more than their only met part."""
    met = tuple(p for p in finding.parts if p.met)
    if not finding.parts:
        return (finding,) if finding.met else ()
    if finding.needed == 1:
        return tuple(inner for p in met for inner in _met(p))
    return (finding,) if finding.met else tuple(inner for p in met for inner in _met(p))


def _reasons(
    findings: Iterable[Finding], depth: int, texts: Mapping[str, str], words: Words
) -> list[str]:
    lines: list[str] = []
    for _, alike in groupby(findings, lambda f: _shown(f, texts) or f.id):
        found = list(alike)
        named = ", ".join(words.criterion(f.id) for f in found)
        lines.append(f"{'  ' * depth}- [x] {named}{_shown(found[0], texts)}")
        inner = [i for f in found for p in f.parts if p.met for i in _met(p)]
        lines += _reasons(inner, depth + 1, texts, words)
    return lines


def _shown(finding: Finding, texts: Mapping[str, str]) -> str:
    facts = [texts[e] for e in finding.evidence if e in texts] if not finding.parts else []
    return f": {'; '.join(facts)}" if facts else ""


@lru_cache(maxsize=64)
def edition(guideline: Guideline, language: str) -> str:
    """Give a guideline with its edition, as a card names its source."""
    words, title, named = WORDS[language], guideline.title, guideline.edition
    if guideline.replaced is None:
        return words.say("phrase", "edition", title=title, edition=named)
    year = guideline.replaced
    return words.say("phrase", "editionReplaced", title=title, edition=named, year=year)


def pathway_page(pathway: Pathway, language: str) -> str:
    """Give the rules of a pathway in Markdown, made from the literals that the cards come from."""
    words = WORDS[language]
    guideline = pathway.guideline
    cited = f"[{edition(guideline, language)}]({guideline.url})"
    source = f"{words.say('heading', 'source')}: {cited}"
    lines = [
        f"# {words.say('page', 'title', title=pathway.guideline.title)}",
        "",
        words.say("page", "introDk" if pathway.routes else "intro"),
        "",
        source,
    ]
    if pathway.routes:
        lines += _danish(pathway, words)
    for name, criterion in pathway.criteria.items():
        lines += ["", f"## {words.say('page', name)}", "", *_rule(criterion, 0, "", words)]
    if pathway.panel:
        lines += ["", f"## {words.say('page', 'panel')}", ""]
        lines += [f"- {words.slot(slot, short=False)}" for slot in SLOTS]
    lines += ["", f"## {words.say('page', 'ask')}", ""]
    lines += [f"- {words.say('ask', each)}" for each in pathway.ask]
    return "\n".join(lines) + "\n"


def _danish(pathway: Pathway, words: Words) -> list[str]:
    """Give the routes, the markers, the work-up and the duties in the order of the guideline."""
    lines = ["", f"## {words.say('page', 'routes')}", ""]
    ordered = sorted(pathway.routes, key=lambda r: r.rank)
    rows = dict.fromkeys(route.row for route in ordered)
    lines += [f"- {row}: {words.say('route', row)}" for row in rows]
    lines += ["", f"## {words.say('page', 'markers')}", ""]
    lines += [f"- {words.say('page', each)}" for each in ("markersMen", "markersWomen")]
    lines.append(f"- {words.say('phrase', 'markersUnspecific')}")
    lines += ["", f"## {words.say('page', 'steps')}", "", f"- {words.say('do', 'dkMdt')}"]
    for step in pathway.steps:
        lines.append(f"- {step.row}: {words.say('step', step.row)}")
        lines += [f"  - {words.examination(each)}" for each in step.examinations]
    lines += ["", f"## {words.say('page', 'duties')}", ""]
    said = dict.fromkeys(duty for duties in pathway.duties.values() for duty in duties)
    return lines + [f"- {row}: {words.say('duty', row)}" for row in said]


def _rule(criterion: Criterion, depth: int, above: str, words: Words) -> list[str]:
    indent = "  " * depth
    count = len(criterion.parts)
    name = words.criterion(criterion.id)
    cite = f" ({criterion.section})" if criterion.section != above else ""
    if not count:
        return [f"{indent}- {name}{cite}"]
    key = "all" if criterion.needed == count else "any" if criterion.needed == 1 else "needed"
    needed = words.say("page", key, needed=criterion.needed, count=count)
    lines = [f"{indent}- {name}{cite}: {needed}"]
    for part in criterion.parts:
        lines += _rule(part, depth + 1, criterion.section, words)
    return lines
