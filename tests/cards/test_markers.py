"""The markers of the Danish guideline: which of them for whom, and what stands in the record."""

import pytest

from cards.markers import MARKERS, markers_of
from cards.panel import Rules
from tests.cards.charts import cut, diagnosis, order, record, result

LIVER = diagnosis("metastasis.liver", remark="Solitær proces")
SOME = diagnosis("metastasis.liver")
MANY = diagnosis("metastasis.liver", remark="Multiple processer")


def statuses(*facts, **about):
    """Give the status of each marker."""
    slots = {s.slot: s for s in markers_of(record(*facts, **about), Rules())}
    return tuple(slots[m].status for m in MARKERS)


@pytest.mark.parametrize(
    ("facts", "about", "expected"),
    [
        ((LIVER,), {"sex": "male"}, ("missing", "missing", "missing")),
        ((), {"sex": "male"}, ("missing", "missing", "missing")),
        ((LIVER,), {}, ("not-applicable", "missing", "not-applicable")),
        ((MANY,), {}, ("not-applicable", "not-applicable", "not-applicable")),
        ((SOME,), {}, ("not-applicable", "ask", "not-applicable")),
        ((), {}, ("not-applicable", "not-applicable", "not-applicable")),
        ((LIVER,), {"sex": None}, ("ask", "ask", "ask")),
        (
            (LIVER, result("psa", 1.0), result("afp", 3.0, taken=40)),
            {"sex": "male"},
            ("answered", "stale", "missing"),
        ),
        ((LIVER, order("hcg")), {"sex": "male"}, ("missing", "missing", "pending")),
        (
            (LIVER,),
            {"sex": "male", "sources": cut("observations")},
            ("not-checked", "not-checked", "not-checked"),
        ),
        ((result("psa", 1.0),), {}, ("answered", "not-applicable", "not-applicable")),
    ],
)
def test_which_markers_for_whom(facts, about, expected):
    assert statuses(*facts, **about) == expected


def test_what_is_asked_says_why_and_is_not_ordered():
    slots = {s.slot: s for s in markers_of(record(SOME), Rules())}
    assert [n.id for n in slots["afp"].notes] == ["solitaryNotKnown"]
    assert slots["afp"].order == ()
    unknown = {s.slot: s for s in markers_of(record(SOME, sex="other"), Rules())}
    assert [n.id for n in unknown["psa"].notes] == ["sexNotKnown"]


def test_calcium_stands_beside_them_for_the_acute_rule():
    slots = markers_of(record(result("ca_ionised", 1.7)), Rules())
    assert [s.slot for s in slots] == [*MARKERS, "calcium"]
    assert slots[-1].status == "answered"
