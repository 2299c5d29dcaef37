"""service.sandbox.elements: walking through FHIR JSON."""

from service.sandbox.elements import name, text, values

CONDITION = {
    "resourceType": "Condition",
    "id": "c1",
    "category": [{"coding": [{"code": "a"}, {"code": "b"}]}, {"coding": []}, {}],
}


def test_values_walk_through_lists():
    assert list(values(CONDITION, "category", "coding", "code")) == ["a", "b"]
    assert list(values(CONDITION, "code", "coding")) == []


def test_the_first_text_at_a_path_or_nothing():
    assert text(CONDITION, "category", "coding", "code") == "a"
    assert text({"a": 1}, "a") == ""


def test_a_resource_has_a_name():
    assert name(CONDITION) == "Condition/c1"
