"""service.validating: what is wrong with each resource, and what it costs."""

import json

import pytest

from service.offline import NotARecord
from service.validating import MOST_FAULTS, verdicts
from tests.service.asking import ANCHOR, FAULTY, ROOT, bundle, call, example, examples, read_fully

NAME = "Canary Testsson"


def of(value):
    content = value if isinstance(value, bytes) else json.dumps(value).encode()
    return {verdict.reference: verdict for verdict in verdicts(content, ANCHOR)}


def hb(**members):
    return {
        "resourceType": "Observation",
        "id": "hb",
        "status": "final",
        "code": {"coding": [{"system": "http://snomed.info/sct", "code": "1"}], "text": NAME},
        "subject": {"reference": "Patient/pat-1"},
        **members,
    }


@pytest.mark.parametrize(("case", "service_id"), examples())
def test_every_example_is_valid(case, service_id):
    found = of(example(case, service_id))
    assert found
    assert {name for name, verdict in found.items() if not verdict.fine} == FAULTY.get(case, set())


@pytest.mark.parametrize("case", sorted({case for case, _ in examples()}))
def test_every_record_is_valid(case):
    found = of((ROOT / "fhir_examples" / case / "record.json").read_bytes())
    assert {name for name, verdict in found.items() if not verdict.fine} == FAULTY.get(case, set())


def test_a_fault_names_its_member_and_no_value():
    verdict = of(hb(status=NAME, valueQuantity="7"))["Observation/hb"]
    assert not verdict.fine
    assert NAME not in str(verdict)
    assert any("valueQuantity" in fault for fault in verdict.faults)


def test_each_resource_is_judged_alone():
    found = of(call(prefetch=read_fully(observations=bundle(hb(), hb(id="bad", code=7)))))
    assert found["Observation/hb"].fine
    assert not found["Observation/bad"].fine


@pytest.mark.parametrize("entry", ["1", "{}", '{"resource": {"n": 1e400}}', '{"resource": []}'])
def test_what_cannot_be_decoded_costs_its_neighbours_nothing(entry):
    whole = json.dumps({"resourceType": "Bundle", "entry": [{"resource": hb()}, "?"]})
    good, bad = verdicts(whole.replace('"?"', entry).encode(), ANCHOR)
    assert good.fine
    assert (bad.reference, bad.fine) == ("resource 2", False)


def test_drafts_are_judged_as_well():
    body = call("order-sign", prefetch=read_fully())
    body["context"]["draftOrders"] = bundle({"resourceType": "ServiceRequest", "id": "d"})
    assert not of(body)["ServiceRequest/d"].fine


def test_many_faults_are_counted():
    verdict = of({"resourceType": "Patient", "id": "p", **{f"x{n}": 1 for n in range(30)}})
    faults = verdict["Patient/p"].faults
    assert len(faults) <= MOST_FAULTS + 1


def test_an_unknown_type_is_named():
    (verdict,) = of({"resourceType": "Haemoglobin", "id": "1"}).values()
    assert "no such resourceType" in verdict.faults[0]


def test_what_the_assessment_cannot_use_is_said():
    other = hb(id="other", subject={"reference": "Patient/somebody-else"})
    found = of(call(prefetch=read_fully(observations=bundle(hb(), other))))
    assert found["Observation/other"].fine
    assert found["Observation/other"].costs
    assert not found["Observation/hb"].costs


@pytest.mark.parametrize("content", [b"", b"[]", b"\xff", b"[" * 100_000, b'{"entry": 1}', b"{}"])
def test_what_holds_no_resources_is_refused(content):
    with pytest.raises(NotARecord):
        verdicts(content, ANCHOR)


def test_a_holder_without_a_resource_is_not_passed_in_silence():
    for body in (bundle(), {"hook": "patient-view", "prefetch": {"conditions": None}}):
        with pytest.raises(NotARecord, match="holds no resource"):
            of(body)


def test_a_call_that_cannot_be_assessed_is_still_validated():
    body = {"hook": "patient-view", "prefetch": {"conditions": hb(), "observations": None}}
    assert of(body)["Observation/hb"].fine
