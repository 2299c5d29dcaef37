"""service.offline: a file laid out as the request an EHR would send."""

import json

import pytest

from service.hooks import PREFETCH, SERVICES, read_request
from service.offline import NotARecord, request_of
from tests.service.asking import ROOT, SENT_IN_PART, call, example, examples

VIEW, SIGN, *_ = SERVICES
CASES = sorted({case for case, _ in examples()})


def laid_out(bundle, service=VIEW):
    return json.loads(request_of(json.dumps(bundle).encode(), service))


def record(*resources, patient=True):
    entries = [{"resource": r} for r in resources]
    if patient:
        entries.append({"resource": {"resourceType": "Patient", "id": "p"}})
    return {"resourceType": "Bundle", "type": "collection", "entry": entries}


def held(request):
    """Give Type/id per prefetch key."""
    return {
        key: sorted(
            f"{r['resourceType']}/{r['id']}"
            for r in (
                [value]
                if value["resourceType"] != "Bundle"
                else [entry["resource"] for entry in value.get("entry", [])]
            )
        )
        for key, value in request["prefetch"].items()
    }


@pytest.mark.parametrize("case", sorted(set(CASES) - SENT_IN_PART))
def test_a_record_gives_the_same_data_as_the_request_made_from_it(case):
    content = (ROOT / "fhir_examples" / case / "record.json").read_bytes()
    service_id = next(id_ for name, id_ in examples() if name == case)
    service = next(s for s in SERVICES if s.id == service_id)
    ours = held(json.loads(request_of(content, service)))
    theirs = held(json.loads(example(case, service_id)))
    for key in set(PREFETCH) - {"user"}:
        asked = [name for name in ours[key] if not name.startswith("Specimen/")]
        assert asked == theirs[key], key
    assert set(theirs["user"]) <= set(ours["user"])


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("service", SERVICES, ids=lambda s: s.id)
def test_what_is_laid_out_is_a_valid_call(case, service):
    content = (ROOT / "fhir_examples" / case / "record.json").read_bytes()
    request = read_request(request_of(content, service), service)
    assert set(request.prefetch) == set(PREFETCH)


def test_a_request_is_left_as_it_is():
    content = json.dumps(call()).encode()
    assert request_of(content, VIEW) == content


def test_drafts_are_what_is_being_signed():
    draft = {"resourceType": "ServiceRequest", "id": "d", "status": "draft"}
    placed = {"resourceType": "ServiceRequest", "id": "a", "status": "active"}
    request = laid_out(record(draft, placed), SIGN)
    (order,) = request["context"]["draftOrders"]["entry"]
    assert order["resource"]["id"] == "d"
    assert held(request)["serviceRequests"] == ["ServiceRequest/a"]
    assert held(laid_out(record(draft, placed)))["serviceRequests"] == [
        "ServiceRequest/a",
        "ServiceRequest/d",
    ]


def test_whoever_is_in_the_record_asks():
    role = {"resourceType": "PractitionerRole", "id": "r"}
    person = {"resourceType": "Practitioner", "id": "q"}
    assert laid_out(record(person, role))["context"]["userId"] == "PractitionerRole/r"
    assert laid_out(record(person))["context"]["userId"] == "Practitioner/q"
    assert laid_out(record())["context"]["userId"] == "Practitioner/unknown"


def test_what_cannot_be_opened_stays_for_the_reading_to_list():
    bundle = record()
    bundle["entry"] += [{"resource": 1}, {"resource": {"id": "x"}}, {}, 7]
    request = laid_out(bundle)
    assert len(request["prefetch"]["observations"]["entry"]) == 4


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "no JSON object"),
        (b"\xff", "no JSON object"),
        (b"[]", "no JSON object"),
        (b"[" * 100_000, "no JSON object"),
        (b"{}", "neither"),
        (b'{"resourceType":"Patient"}', "neither"),
        (json.dumps(record(patient=False)).encode(), "holds 0"),
        (json.dumps(record({"resourceType": "Patient", "id": "q"})).encode(), "holds 2"),
        (b'{"resourceType":"Bundle","entry":[{"resource":{"resourceType":"Patient"}}]}', "no id"),
    ],
)
def test_what_is_no_record_is_refused_with_a_sentence(content, said):
    with pytest.raises(NotARecord, match=said):
        request_of(content, VIEW)
