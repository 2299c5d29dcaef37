"""service.sandbox.charts: the example patients in one EHR."""

import json
import re
from collections import Counter
from datetime import timedelta
from decimal import Decimal

from service.examples import cases
from service.sandbox.charts import charts, decoded, encoded
from service.sandbox.elements import name, text
from tests.service.asking import ANCHOR

CHARTS = charts(ANCHOR)


def references(value):
    if isinstance(value, dict):
        if isinstance(value.get("reference"), str):
            yield value["reference"]
        for inner in value.values():
            yield from references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from references(inner)


def test_every_example_is_a_chart_with_one_patient():
    assert list(CHARTS) == list(cases())
    for chart in CHARTS.values():
        patients = [r["id"] for r in chart.resources if r["resourceType"] == "Patient"]
        assert chart.patient in patients


def test_a_name_means_one_resource_in_the_whole_sandbox():
    meanings = {}
    for chart in CHARTS.values():
        for resource in chart.resources:
            assert meanings.setdefault(name(resource), encoded(resource)) == encoded(resource)
            assert re.fullmatch(r"[A-Za-z0-9.-]{1,64}", resource["id"])


def test_a_resource_renamed_is_found_by_those_that_refer_to_it():
    for chart in CHARTS.values():
        held = {name(resource) for resource in chart.resources}
        for resource in (*chart.resources, *chart.drafts):
            for reference in references(dict(resource)):
                local = reference.startswith("#") or "://" in reference
                elsewhere = reference.startswith(("Specimen/", "Patient/"))
                assert local or elsewhere or reference in held, reference
        assert chart.user in held
        assert chart.encounter is None or f"Encounter/{chart.encounter}" in held


def test_no_patient_has_anothers_resources_by_reference():
    patients = Counter(chart.patient for chart in CHARTS.values())
    assert set(patients.values()) == {1}


def test_the_dates_follow_the_day():
    later = charts(ANCHOR + timedelta(days=100))["aos-gaps"]
    before = CHARTS["aos-gaps"]
    taken = [
        text(resource, "effectiveDateTime")[:10]
        for chart in (before, later)
        for resource in chart.resources
        if resource["id"].endswith("obs-hb")
    ]
    assert taken == ["2026-02-20", "2026-05-31"]


def test_the_drafts_of_a_case_are_those_of_its_order_sign_request():
    assert [draft["id"] for draft in CHARTS["aos-gaps"].drafts] == ["draft-aos"]
    assert CHARTS["under-age"].drafts == ()


def test_decimals_stay_as_they_were_written():
    value = decoded(b'{"value": 3.10}')
    assert value == {"value": Decimal("3.10")}
    assert encoded(value) == b'{"value":3.10}'
    assert json.loads(encoded(value)) == {"value": 3.1}
