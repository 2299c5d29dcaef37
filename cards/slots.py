"""What satisfies each slot of the AOS panel (decision table A21), one rule per slot."""

from collections.abc import Callable, Iterable, Mapping
from collections.abc import Set as AbstractSet
from itertools import islice

import msgspec

from cards.limits import verdict
from cards.moment import Moment
from cards.panel import ORDERABLE, RANK, Answer, Panel, Rules, SlotStatus, best_of
from cards.record import Order, PatientRecord, Reason, Result, Value
from cards.terminology import TERMS

Rule = Callable[[Panel, str], SlotStatus]


def _single(panel: Panel, slot: str) -> SlotStatus:
    return panel.told(slot, panel.answer(slot), slot)


def _creatinine(panel: Panel, slot: str) -> SlotStatus:
    """A21.9: creatinine; an eGFR alone answers with a note."""
    own, derived = panel.answer("creatinine"), panel.answer("egfr")
    if own.status != "answered" and derived.status == "answered":
        noted = msgspec.structs.replace(derived, notes=(*derived.notes, Reason("egfrOnly")))
        return panel.told(slot, noted)
    return panel.told(slot, own, "creatinine")


def _calcium(panel: Panel, slot: str) -> SlotStatus:
    """A21.10: ionised before corrected; total calcium with albumin of one sample is computed."""
    ionised, corrected = panel.answer("ca_ionised"), panel.answer("ca_corrected")
    best = best_of(ionised, corrected)
    if best.status == "answered":
        return panel.told(slot, best)
    from_total = computed_calcium(panel)
    if from_total is not None:
        lacking = ionised.status in ORDERABLE and panel.record.complete("observations")
        measure = ("ca_ionised",) if lacking else ()
        return msgspec.structs.replace(from_total, measure=measure)
    total = panel.answer("ca_total")
    if best.status in ORDERABLE and total.status == "answered":
        best = msgspec.structs.replace(best, notes=(*best.notes, Reason("totalCalciumAlone")))
    return panel.told(slot, best, "ca_ionised")


_NEWEST = 50
"""How many results of a kind are compared with those of another: a bound on hostile records."""


def computed_calcium(panel: Panel) -> SlotStatus | None:
    """Give the slot by the NORIP formula from the newest sample that holds both, else None.

    Ca + 0.020 x (41.3 - albumin), mmol/L and g/L. Outside the guideline: formulas differ, and
    Karolinska and Unilabs advise against them; so it is marked as computed and never stored.
    """
    for calcium in panel.record.results.get("ca_total", ())[:_NEWEST]:
        for albumin in panel.record.results.get("albumin", ())[:_NEWEST]:
            value = _corrected(panel, calcium, albumin)
            if value is not None:
                return _computed(panel, calcium, albumin, value)
    return None


def _computed(panel: Panel, calcium: Result, albumin: Result, value: Value) -> SlotStatus:
    """Give the slot that a computed calcium answers, with what it was computed from."""
    shown = Result("ca_corrected", "final", value=value, taken=calcium.taken)
    sources = " / ".join(r.value.shown for r in (calcium, albumin) if r.value)
    return SlotStatus(
        slot="calcium",
        status="answered",
        results=(calcium, albumin),
        abnormal=verdict(shown, panel.sex, panel.age),
        computed=value,
        notes=(Reason("computedCalcium", sources),),
    )


def _corrected(panel: Panel, calcium: Result, albumin: Result) -> Value | None:
    if panel.fresh(calcium) is not True or not _same_sample(calcium, albumin):
        return None
    total, grams = _canonical(calcium), _canonical(albumin)
    if total is None or grams is None:
        return None
    corrected = round(total + 0.020 * (41.3 - grams), 2)
    return Value(corrected, None, "mmol/L", f"{corrected:.2f}")


def _canonical(result: Result) -> float | None:
    """Give a usable number in the canonical unit of its analyte."""
    value = result.value
    if result.state != "final" or not result.judged or value is None or value.number is None:
        return None
    unit = TERMS.analyte(result.analyte).unit_of(value.unit)
    if value.comparator or unit is None or unit.factor is None:
        return None
    return value.number * unit.factor


def _same_sample(one: Result, other: Result) -> bool:
    """Tell whether two results share a specimen or, where one is not named, the day."""
    first, second = _specimen(one), _specimen(other)
    if first and second:
        return first == second
    return _same_day(one.taken, other.taken)


def _specimen(result: Result) -> str | None:
    """Give the specimen that other resources may share; a contained one ("#1") is nobody else's."""
    specimen = result.specimen
    return None if specimen is None or specimen.startswith("#") else specimen


def _same_day(one: Moment | None, other: Moment | None) -> bool:
    return one is not None and other is not None and one.exact and one.days == other.days


_PROFILE = frozenset({"interpretation", "m_protein", "immunofixation", "electrophoresis", "panel"})
_BESIDE_GAMMA = frozenset({"alpha_1", "alpha_2", "beta"})
_FRACTIONS = 2


def _parts(panel: Panel, slot: str, parts: AbstractSet[str]) -> tuple[Result, ...]:
    """Give the final results of some parts of a profile inside the window, newest first."""
    found = (
        r
        for r in panel.record.results.get(slot, ())
        if r.part in parts and r.state == "final" and panel.fresh(r) is True
    )
    return tuple(islice(found, _NEWEST))


def _s_protein_profile(panel: Panel, slot: str) -> SlotStatus:
    """A21.16: an interpretation, M-protein, immunofixation or panel; or gamma and 2 fractions."""
    whole = panel.answer(slot, keep=lambda r: r.part in _PROFILE or r.part is None)
    if whole.status == "answered":
        return panel.told(slot, whole)
    gammas, fractions = _parts(panel, slot, {"gamma"}), _parts(panel, slot, _BESIDE_GAMMA)
    for gamma in gammas:
        beside = tuple(f for f in fractions if _same_sample(gamma, f))
        if len({f.part for f in beside}) >= _FRACTIONS:
            return panel.told(slot, Answer("answered", (gamma, *beside), gamma.notes))
    if whole.status == "missing" and (gammas or fractions):
        whole = Answer("unreadable", (*gammas, *fractions), (Reason("fractionsOnly"),))
    return panel.told(slot, whole, slot)


def _light_chains(panel: Panel, slot: str) -> SlotStatus:
    """A21.17: free kappa and free lambda, or a urine protein profile."""
    kappa, lamda = panel.answer("flc_kappa"), panel.answer("flc_lambda")
    urine = panel.answer("u_protein_profile", keep=lambda r: r.part != "fraction")
    chains = (kappa, lamda)
    if kappa.status == lamda.status == "answered":
        results = (*kappa.results, *lamda.results)
        told = panel.told(slot, Answer("answered", results, kappa.notes + lamda.notes))
        worst = {panel.told(slot, c).abnormal for c in chains} - {None, "normal"}
        if worst:
            worst_one = worst.pop() if len(worst) == 1 else "conflict"
            return msgspec.structs.replace(told, abnormal=worst_one)
        return told
    if urine.status == "answered":
        return panel.told(slot, urine)
    lacking = max(chains, key=lambda c: RANK[c.status])
    order = [
        a for a, c in zip(("flc_kappa", "flc_lambda"), chains, strict=True) if c.status in ORDERABLE
    ]
    if "answered" in {kappa.status, lamda.status}:
        lacking = msgspec.structs.replace(lacking, notes=(*lacking.notes, Reason("oneChain")))
    if lacking.status == urine.status == "missing":
        lacking = msgspec.structs.replace(lacking, notes=lacking.notes + urine.notes)
    return panel.told(slot, best_of(lacking, urine), *order)


_PSA_TAKEN = frozenset({"answered", "pending", "unreadable"})
"""Statuses of a PSA that somebody has ordered or taken: whether it applies is decided."""


def _psa(panel: Panel, slot: str) -> SlotStatus:
    """A21.22 and Q5: mandatory for men; a woman has none; an unknown sex is asked."""
    sex = panel.record.person.sex
    if panel.rules.psa_required_for == "male" and sex == "female":
        return SlotStatus(slot, "not-applicable", notes=(Reason("female"),))
    told = _single(panel, slot)
    if sex == "male" or panel.rules.psa_required_for == "all" or told.status in _PSA_TAKEN:
        return told
    return SlotStatus(slot, "ask", told.results, notes=(*told.notes, Reason("sexNotKnown")))


_STRIP = frozenset({"protein", "glucose", "haemoglobin", "leukocytes", "nitrite", "ketones", "ph"})
_STRIP_PARTS = 3


def _dipstick(panel: Panel, slot: str) -> SlotStatus:
    """A21.23: at least three components of one strip, or a panel."""
    whole = panel.answer(slot, keep=lambda r: r.part == "panel" or r.part is None)
    if whole.status == "answered":
        return panel.told(slot, whole)
    strip = _newest_strip(panel, slot)
    parts = sorted({r.part for r in strip if r.part})
    if len(parts) >= _STRIP_PARTS:
        return panel.told(slot, Answer("answered", strip))
    rest = panel.answer(slot, keep=lambda r: r.state != "final" or panel.fresh(r) is not True)
    if parts and rest.status in {"missing", "stale"}:
        rest = Answer("unreadable", strip, (Reason("stripIncomplete", ", ".join(parts)),))
    return panel.told(slot, rest, slot)


def _newest_strip(panel: Panel, slot: str) -> tuple[Result, ...]:
    """Give the components of one strip (same specimen, else same day): the fullest, then newest."""
    strips: dict[str, dict[str, Result]] = {}
    for result in panel.record.results.get(slot, ()):
        if result.state == "final" and panel.fresh(result) is True and result.part in _STRIP:
            strips.setdefault(_strip_of(result), {}).setdefault(result.part, result)
    fullest = max(
        strips.values(),
        key=lambda s: (len(s), max(str(r.taken) for r in s.values())),
        default={},
    )
    return tuple(fullest.values())


def _strip_of(result: Result) -> str:
    """Name the strip of a component: its specimen, else its day, else its own resource."""
    day = str(result.taken) if result.taken and result.taken.exact else ""
    return _specimen(result) or day or result.reference or ""


SLOTS: Mapping[str, Rule] = {
    "hb": _single,
    "wbc": _single,
    "plt": _single,
    "esr": _single,
    "crp": _single,
    "glucose": _single,
    "sodium": _single,
    "potassium": _single,
    "creatinine": _creatinine,
    "calcium": _calcium,
    "b12": _single,
    "folate": _single,
    "ferritin": _single,
    "ld": _single,
    "albumin": _single,
    "s_protein_profile": _s_protein_profile,
    "light_chains": _light_chains,
    "bilirubin": _single,
    "alat": _single,
    "alp": _single,
    "tsh": _single,
    "psa": _psa,
    "u_dipstick": _dipstick,
}
"""The 23 slots in the order of the guideline (AOS: Provtagningar > Laboratorieprover)."""


def calcium_of(panel: Panel) -> SlotStatus:
    """Give the status of calcium alone, for a pathway without the panel."""
    return panel.checked(_calcium(panel, "calcium"))


def panel_of(
    record: PatientRecord, rules: Rules, drafts: Iterable[Order] = ()
) -> tuple[SlotStatus, ...]:
    """Give the status of the 23 slots; `drafts` are orders being signed now, counted as pending."""
    panel = Panel(record, rules, drafts)
    return tuple([panel.checked(rule(panel, slot)) for slot, rule in SLOTS.items()])
