"""The tumour markers that the Danish guideline recommends (3.1): one status per marker.

Men: PSA, AFP and HCG. Women: AFP where the metastasis of the liver is solitary. They are
unspecific: none of them alone makes a diagnosis.
"""

from collections.abc import Iterable

import msgspec

from cards.circumstances import plurality
from cards.criteria import Chart
from cards.panel import Panel, Rules, SlotStatus
from cards.places import metastases, places_of
from cards.record import Order, PatientRecord, Reason
from cards.slots import calcium_of

MARKERS = ("psa", "afp", "hcg")


def markers_of(
    record: PatientRecord, rules: Rules, drafts: Iterable[Order] = ()
) -> tuple[SlotStatus, ...]:
    """Give the status of the three markers, then of calcium, for which the acute rule asks.

    A marker that is not recommended for the patient is `not-applicable`, unless it is answered;
    one whose recommendation hangs on what is not known is to be asked (`ask`).
    """
    panel = Panel(record, rules, drafts)
    chart = Chart(record, rules)
    told = [panel.checked(panel.told(m, panel.answer(m), m)) for m in MARKERS]
    return (*(_for_whom(slot, chart) for slot in told), calcium_of(panel))


def _for_whom(slot: SlotStatus, chart: Chart) -> SlotStatus:
    needed = _recommended(slot.slot, chart)
    if needed or slot.status == "answered":
        return slot
    if needed is None:
        reason = "sexNotKnown" if _sex(chart) is None else "solitaryNotKnown"
        notes = (*slot.notes, Reason(reason))
        return msgspec.structs.replace(slot, status="ask", notes=notes, order=())
    return SlotStatus(slot.slot, "not-applicable")


def _sex(chart: Chart) -> str | None:
    sex = chart.record.person.sex
    return sex if sex in {"female", "male"} else None


def _recommended(marker: str, chart: Chart) -> bool | None:
    """Tell whether a marker is recommended for the patient (3.1); None where that is not known."""
    sex = _sex(chart)
    if sex == "male":
        return True
    woman = _solitary_in_liver(chart) if marker == "afp" else False
    return woman if sex == "female" else None


def _solitary_in_liver(chart: Chart) -> bool | None:
    if not any("metastasis.liver" in places_of(d) for d in metastases(chart)):
        return False
    return plurality(chart, "liver").solitary
