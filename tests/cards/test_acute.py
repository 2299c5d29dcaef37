"""What must be seen today: the limits themselves, as numbers."""

import pytest

from cards.acute import SEVERE_CALCIUM, VERY_LOW_HB, severe_calcium, very_low_hb
from tests.cards.charts import chart, result


@pytest.mark.parametrize(("analyte", "limit"), SEVERE_CALCIUM.items())
def test_calcium_is_severe_from_its_limit(analyte, limit):
    above = chart(result(analyte, limit + 0.01))
    below = chart(result(analyte, limit - 0.01))
    assert severe_calcium(above)
    assert not severe_calcium(below)


def test_hb_is_very_low_under_4_mmol_per_litre():
    assert round(VERY_LOW_HB, 1) == 64.5
    assert very_low_hb(chart(result("hb", 64.0)))
    assert not very_low_hb(chart(result("hb", 65.0)))
    assert not very_low_hb(chart())
