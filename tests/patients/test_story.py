"""patients.story: a story says what it means, or is refused."""

import msgspec
import pytest

from patients.story import read_story

HEAD = 'anchor = 2026-03-02\nservices = ["svf-patient-view"]\n'
CHART = """[chart]
seed = 1
reason = "Läkarbesök"
patient = { name = "A B", identifier = "x", born = "1961" }
"""


def told(tmp_path, text):
    path = tmp_path / "case.toml"
    path.write_text(text, "utf-8")
    return read_story(path)


def test_a_chart_has_defaults(tmp_path):
    story = told(tmp_path, HEAD + CHART)
    assert (story.chart.country, story.chart.panel) == ("SE", None)


def test_without_a_chart_there_is_none(tmp_path):
    assert told(tmp_path, HEAD).chart is None


@pytest.mark.parametrize("wrong", ["cuntry = 'DK'", "problems = [{ wat = 'fever' }]"])
def test_a_word_that_is_not_known_is_an_error(tmp_path, wrong):
    with pytest.raises(msgspec.ValidationError):
        told(tmp_path, HEAD + CHART + wrong)


def test_a_whole_number_stays_one(tmp_path):
    story = told(tmp_path, HEAD + CHART + "panel = { on = '2026-02-20', values = { hb = 92 } }")
    assert repr(story.chart.panel.values["hb"]) == "92"
