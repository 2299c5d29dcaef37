"""Invented insights, for a sandbox whose journal is still empty: what the page will look like."""

from datetime import date, timedelta

from service.insights import Fare, Insights, Panel

_WEEKS = 12


def example_insights(today: date) -> Insights:
    """Give a quarter of a year as a region might see it; nobody has been advised."""
    fares = (
        Fare(
            "aos",
            "aosMissing",
            shown=184,
            asleep=41,
            accepted=121,
            overridden=38,
            hours=0.4,
            reasons={"takenElsewhere": 19, "explained": 12, "urgent": 7},
        ),
        Fare(
            "aos",
            "aosReady",
            shown=97,
            accepted=88,
            overridden=4,
            hours=0.2,
            reasons={"explained": 4},
        ),
        Fare(
            "cup-se",
            "cupRefer",
            shown=22,
            accepted=19,
            overridden=1,
            hours=0.1,
            reasons={"alreadyReferred": 1},
        ),
        Fare(
            "metastases-dk",
            "dkRoute",
            shown=31,
            accepted=27,
            overridden=3,
            hours=0.2,
            shadow=6,
            reasons={"alreadyReferred": 3},
        ),
    )
    monday = today - timedelta(days=today.weekday())
    weeks = [(monday - timedelta(weeks=n)).isoformat() for n in reversed(range(_WEEKS))]
    panels = tuple(
        Panel(hook, week, cards, answered + number)
        for hook, cards, answered in (("patient-view", 15, 52.0), ("order-sign", 8, 83.0))
        for number, week in enumerate(weeks)
    )
    shown = {
        week: {"aosMissing": 11 + number % 5 * 2, "cupRefer": 1 + number % 3}
        for number, week in enumerate(weeks)
    }
    return Insights(90, fares, panels, shown)
