"""Referrals that make a new one needless: under way, or answered since."""

import pytest

from cards.criteria import Finding
from cards.duplicates import referred
from tests.cards.charts import ago, chart, diagnosis, order

LIVER = diagnosis("metastasis.liver", onset=30)
FOUND = Finding("entry", met=True, evidence=("Condition/metastasis.liver",))


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, True),
        ({"status": "on-hold"}, True),
        ({"status": "draft"}, False),
        ({"status": None}, False),
        ({"pathway": "aos"}, False),
        ({"authored": ago(181)}, False),
        ({"authored": None}, True),
        ({"status": "completed", "authored": ago(20)}, True),
        ({"status": "completed", "authored": ago(40)}, False),
        ({"status": "completed", "authored": None}, False),
        ({"status": "completed", "authored": ago(400)}, False),
    ],
)
def test_a_referral_under_way_or_answered_since(changes, expected):
    sent = order(**{"pathway": "metastases-dk", **changes})
    found = referred(chart(LIVER, sent), "metastases-dk", FOUND, set())
    assert found == ((sent,) if expected else ())


def test_the_referral_being_signed_is_not_meant():
    sent = order(pathway="metastases-dk")
    assert referred(chart(LIVER, sent), "metastases-dk", FOUND, {"ServiceRequest/1"}) == ()


def test_a_completed_referral_covers_nothing_that_rests_on_no_diagnosis():
    sent = order(pathway="metastases-dk", status="completed", authored=ago(20))
    assert referred(chart(sent), "metastases-dk", Finding("x", met=True), set()) == ()
