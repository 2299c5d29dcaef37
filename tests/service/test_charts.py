"""service.charts: bars that say what they show, and nothing that a browser would run."""

from xml.etree import ElementTree as ET

from hypothesis import given
from hypothesis import strategies as st

from service.charts import bars

NAME = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=12)
ROWS = st.dictionaries(NAME, st.dictionaries(st.sampled_from("abc"), st.integers(0, 10**6)))


@given(NAME, ROWS)
def test_any_chart_is_well_formed_and_its_parts_keep_inside(title, rows):
    svg = ET.fromstring(bars(title, rows, "abc"))  # noqa: S314 - our own
    for rect in svg.iter("rect"):
        places = (rect.get("x"), rect.get("width"))
        if places[1].endswith("%"):
            assert sum(float(place.removesuffix("%")) for place in places) <= 82.1
    assert svg.find("title").text == (title or None)


def test_what_is_shown_is_said_in_words_and_what_is_nowhere_is_left_out():
    text = bars("T", {"one": {"a": 2, "b": 0}, "<two>": {"a": 1}}, ["a", "b"])
    assert "<desc>one: a 2; &lt;two&gt;: a 1</desc>" in text
    assert ">b<" not in text
    assert "<script" not in text
    assert "style=" not in text


def test_words_keep_their_size_and_take_the_colour_of_the_page():
    svg = ET.fromstring(bars("T", {"one": {"a": 2}}, ["a"]))  # noqa: S314 - our own
    assert svg.get("viewBox") is None, "it would scale the words with the chart"
    assert svg.get("fill") == "currentColor"
    assert all(text.get("fill") is None for text in svg.iter("text"))
