"""The topics: each once, each with an indicator, the most acute first."""

from cards.advice import INDICATORS, TOPICS, organs
from tests.cards.charts import diagnosis, record


def test_every_topic_has_an_indicator_and_stands_once():
    assert INDICATORS.keys() == set(TOPICS)
    assert len(TOPICS) == len(set(TOPICS))


def test_what_is_critical_comes_first_and_what_is_about_data_last():
    critical = [t for t in TOPICS if INDICATORS[t] == "critical"]
    assert list(TOPICS[: len(critical)]) == critical
    assert TOPICS[-2:] == ("duplicate", "data")


def test_the_organs_of_active_cancers():
    facts = (diagnosis("organ.lung", "organ.breast"), diagnosis("organ.liver", presence="past"))
    assert organs(record(*facts)) == ("breast", "lung")
