"""Referrals to a pathway that exist already: under way, or answered since."""

from collections.abc import Collection

from cards.criteria import Chart, Finding
from cards.record import Order


def referred(
    chart: Chart, pathway: str, finding: Finding, signing: Collection[str | None]
) -> tuple[Order, ...]:
    """Give the referrals to a pathway that make a new one needless; `signing` are not meant."""
    orders = (o for o in chart.record.orders if o.pathway == pathway)
    return tuple(
        o
        for o in orders
        if o.reference not in signing and (_is_active(o, chart) or _is_answered(o, finding, chart))
    )


def _is_answered(order: Order, finding: Finding, chart: Chart) -> bool:
    """Tell whether a completed referral covers what a finding rests on: nothing is newer."""
    days, today = chart.rules.symptom_max_age_days, chart.record.today
    sent = order.authored
    if order.status != "completed" or sent is None or not sent.within(days, today):
        return False
    evidence = set(finding.evidence)
    since = [d.since for d in chart.record.diagnoses if (d.reference or d.text) in evidence]
    return bool(since) and all(s is not None and s.last <= sent.last for s in since)


def _is_active(order: Order, chart: Chart) -> bool:
    """Tell whether a referral is still under way; one older than the window is forgotten."""
    days = chart.rules.symptom_max_age_days
    old = order.authored is not None and order.authored.within(days, chart.record.today) is False
    return order.status in {"active", "on-hold"} and not old
