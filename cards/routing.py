"""Where a patient with a metastasis is referred (2.2): a table of routes, by precedence.

A route is taken when its site and its circumstance are met. Where only the circumstance is not
known, the route is possible, and a clinician is asked; nothing is guessed.
"""

from collections.abc import Collection, Iterable
from typing import Literal, get_args

import msgspec

from cards.criteria import Chart, Criterion, Finding, all_of
from cards.places import hypotheses

Target = Literal[
    "acute",
    "haematology",
    "ent_filter",
    "breast",
    "colorectal",
    "lung",
    "primary_liver",
    "testis",
    "ovary",
    "oncology",
    "net_department",
    "neurology",
    "medical_department",
    "local",
    "ask",
]
"""Departments and pathways; `local`: by the client's own agreement, `ask`: the clinician says."""

TARGETS: tuple[Target, ...] = get_args(Target)
IN_PATHWAY: frozenset[str] = frozenset({"neurology", "medical_department", "local"})
"""Targets at which the patient is in this pathway."""


class Route(msgspec.Struct, frozen=True):
    """A row of the table of routes.

    `rank` orders what is taken, the most acute first: 2 lymphoma, 3 an organ's own pathway, 4 what
    the work-up found, 5 this pathway, 6 a gap of the guideline. `replaces` names the rows that it
    stands in the place of (a row, or "row.target"); `leaves`: it takes the patient out of this
    pathway altogether.
    """

    row: str
    target: Target
    rank: int
    site: Criterion
    given: Criterion | None = None
    replaces: tuple[str, ...] = ()
    leaves: bool = False
    ask: tuple[str, ...] = ()
    """What only a clinician knows of it, as ids of texts."""
    unknown: tuple[str, ...] = ()
    """What is asked where its circumstance is not known."""

    def goes_with(self, replaced: Collection[str]) -> bool:
        """Tell whether it is among the rows that are replaced, or the one of its target is."""
        return self.row in replaced or f"{self.row}.{self.target}" in replaced

    @property
    def criterion(self) -> Criterion:
        """The criterion of the whole row."""
        if self.given is None:
            return self.site
        return all_of(self.site, self.given, id=self.row, section=self.site.section)


class Taken(msgspec.Struct, frozen=True):
    """A route that is taken or possible, and what it rests on."""

    route: Route
    finding: Finding


class Routing(msgspec.Struct, frozen=True):
    """The routes of one patient, the most acute first, and those that an answer could add."""

    taken: tuple[Taken, ...] = ()
    possible: tuple[Taken, ...] = ()

    @property
    def targets(self) -> tuple[Target, ...]:
        """Where to refer, each once; `ask` alone where nothing is decided."""
        decided = tuple(dict.fromkeys(t.route.target for t in self.taken))
        return decided or (("ask",) if self.possible else ())

    @property
    def further(self) -> tuple[Target, ...]:
        """The targets that an answer could still add."""
        others = (t.route.target for t in self.possible)
        return tuple(dict.fromkeys(o for o in others if o not in self.targets))

    @property
    def asked(self) -> tuple[str, ...]:
        """What is to be asked, as ids of texts."""
        always = (a for t in (*self.taken, *self.possible) for a in t.route.ask)
        return tuple(dict.fromkeys([*always, *(a for t in self.possible for a in t.route.unknown)]))

    def has(self, *rows: str) -> bool:
        """Tell whether one of the rows is taken."""
        return any(t.route.row in rows for t in self.taken)

    def may(self, *rows: str) -> bool:
        """Tell whether one of the rows is possible."""
        return any(t.route.row in rows for t in self.possible)


def routed(chart: Chart, routes: tuple[Route, ...]) -> Routing:
    """Give the routes of a chart.

    Where codes leave a place open, every place is looked at, and only what all agree on is taken.
    """
    ways = [_one_way(each, routes) for each in hypotheses(chart)]
    if len(ways) == 1:
        return ways[0]
    common = set.intersection(*(set(w.targets) for w in ways)) - {"ask"}
    everything = _unique(t for w in ways for t in w.taken)
    taken = tuple(t for t in everything if t.route.target in common)
    open_ones = [p for w in ways for p in w.possible]
    left = _unique([*(t for t in everything if t not in taken), *open_ones])
    possible = (t for t in left if t.route.target not in common)
    return Routing(taken, tuple(possible))


def _one_way(chart: Chart, routes: tuple[Route, ...]) -> Routing:
    judged = [(route, route.criterion.judge(chart)) for route in routes]
    met = [Taken(r, f) for r, f in judged if f.met]
    open_ones = [Taken(r, f) for r, f in judged if f.met is None and _is_pivotal(r, f)]
    taken = _after_precedence(met)
    gone = _replaced(taken)
    targets = {t.route.target for t in taken}
    possible = tuple(
        t
        for t in open_ones
        if not t.route.goes_with(gone)
        and t.route.target not in targets
        and not _is_outranked(t, taken)
    )
    return Routing(taken, possible)


def _is_pivotal(route: Route, finding: Finding) -> bool:
    """Tell whether the site of an undecided row is met, so that its circumstance decides."""
    if route.given is None:
        return bool(finding.evidence)
    return bool(finding.parts[0].met)


def _after_precedence(met: list[Taken]) -> tuple[Taken, ...]:
    gone = _replaced(met)
    left = [t for t in met if not t.route.goes_with(gone)]
    if any(t.route.leaves for t in left):
        left = [t for t in left if t.route.leaves or t.route.rank < _THIS_PATHWAY]
    if any(t.route.target == "medical_department" for t in left):
        left = [t for t in left if t.route.rank < _GAP]
    return _unique(sorted(left, key=lambda t: t.route.rank))


_THIS_PATHWAY, _GAP = 5, 6


def _is_outranked(open_one: Taken, taken: Iterable[Taken]) -> bool:
    """Tell whether an open row would be replaced anyhow by what is taken."""
    rank = open_one.route.rank
    if any(t.route.leaves for t in taken):
        return rank >= _THIS_PATHWAY
    return rank >= _GAP and any(t.route.target == "medical_department" for t in taken)


def _replaced(taken: Iterable[Taken]) -> set[str]:
    return {row for t in taken for row in t.route.replaces}


def _unique(found: Iterable[Taken]) -> tuple[Taken, ...]:
    """Give each route once, in order."""
    first: dict[tuple[str, str, str], Taken] = {}
    for each in found:
        route = each.route
        first.setdefault((route.row, route.target, route.site.id), each)
    return tuple(first.values())
