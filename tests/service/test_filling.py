"""service.filling: the tokens of a prefetch template."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.filling import filled
from service.hooks import PREFETCH

CONTEXT = {"patientId": "pat-1", "userId": "PractitionerRole/role-1", "encounterId": "e1"}


def test_every_template_of_ours_is_filled_in_by_what_every_call_names():
    made = {key: filled(template, CONTEXT) for key, template in PREFETCH.items()}
    assert made["patient"] == "Patient/pat-1"
    assert made["user"] == "PractitionerRole/role-1"
    assert made["conditions"] == "Condition?patient=pat-1&_count=500"
    assert not any("{{" in (query or "{{") for query in made.values())


@pytest.mark.parametrize(
    ("template", "query"),
    [
        ("Encounter/{{ context.encounterId }}", "Encounter/e1"),
        ("Task?owner={{userPractitionerRoleId}}", "Task?owner=role-1"),
        ("Task?owner={{userPractitionerId}}", None),
        ("Task?owner={{context.taskId}}", None),
        ("Task?date=gt{{today()}}", None),
        ("Task?owner={{%patient}}", None),
        ("metadata", "metadata"),
    ],
)
def test_a_token_that_the_call_does_not_answer_leaves_the_template_unfilled(template, query):
    assert filled(template, CONTEXT) == query


@pytest.mark.parametrize("value", ["..", "a/../b", "", "Patient/", 5, None, ["x"]])
def test_a_value_that_is_no_text_or_leads_elsewhere_fills_nothing(value):
    assert filled("Patient/{{context.patientId}}", {"patientId": value}) is None


@given(st.text(min_size=1))
def test_a_value_never_adds_a_parameter_or_a_step(value):
    made = filled("A?b={{context.patientId}}&c=1", {"patientId": value})
    if made is not None:
        assert made.isascii()
        assert (made.count("?"), made.count("&"), made.count("#")) == (1, 1, 0)
        assert made.endswith("&c=1")
