"""What must be seen today whatever the pathway: severe hypercalcaemia, very low Hb (X4, X5)."""

from collections.abc import Mapping

from cards.criteria import Chart, measured
from cards.limits import is_below
from cards.record import Result
from cards.terminology import TERMS

SEVERE_CALCIUM: Mapping[str, float] = {"ca_ionised": 1.60, "ca_corrected": 3.0, "ca_total": 3.50}
"""mmol/L, from which hypercalcaemia is called severe (X4; outside the guideline)."""
VERY_LOW_HB = 4.0 * 16.114
"""g/L (4.0 mmol/L), below which a line comes first in the card (X5; outside the guideline)."""


def severe_calcium(chart: Chart) -> tuple[Result, ...]:
    """Give the newest calcium in the window if it is severely raised, measured or computed (X4).

    Of the kinds of calcium on that day one severe value is enough: a total taken today is not
    silenced by a normal ionised calcium of last month.
    """
    slot = chart.slots["calcium"]
    computed = {r.reference for r in slot.results} if slot.computed else set()
    fresh = [
        r
        for analyte in SEVERE_CALCIUM
        for r in chart.record.results.get(analyte, ())
        if r.state == "final" and _in_window(r, chart)
    ]
    newest = max((r.taken.last for r in fresh if r.taken), default=None)
    today = [r for r in fresh if r.taken and r.taken.last == newest]
    severe = tuple(r for r in today if _is_severe(r))
    if severe or slot.computed is None or computed.isdisjoint(r.reference for r in today):
        return severe
    number = slot.computed.number
    return slot.results if number is not None and number >= SEVERE_CALCIUM["ca_corrected"] else ()


def _in_window(result: Result, chart: Chart) -> bool:
    days = chart.rules.result_max_age_days
    return result.taken is not None and result.taken.within(days, chart.record.today) is True


def _is_severe(result: Result) -> bool:
    """Tell whether a value, or what its comparator bounds, reaches the limit of its kind."""
    value, limit = result.value, SEVERE_CALCIUM[result.analyte]
    if value is None or value.number is None or value.comparator in {"<", "<="}:
        return False
    unit = TERMS.analyte(result.analyte).unit_of(value.unit)
    if unit is None or unit.factor is None or not result.judged:
        return False
    number = value.number * unit.factor
    return number > limit or (number == limit and result.analyte != "ca_total")


def very_low_hb(chart: Chart) -> bool:
    """Tell whether Hb is answered and under 4.0 mmol/L (X5; outside the guideline)."""
    number, sign = measured(chart, "hb")
    return number is not None and is_below(number, sign, VERY_LOW_HB) is True
