"""service.calls: the hook route, HTTP in and cards out."""

import json

import pytest

from tests.service.asking import (
    JSON,
    ORDER_SIGN,
    PATIENT_VIEW,
    bundle,
    call,
    error_code,
    expression,
    make_app,
    post,
    read_fully,
    send,
)

CANARY = "Canary-Testsson-191212121212"


@pytest.fixture(scope="module")
def app():
    return make_app()


def full(**keys):
    return call(prefetch=read_fully(**keys))


def test_a_call_with_nothing_to_say_is_answered_with_no_cards(app):
    response = post(app, PATIENT_VIEW, full())
    assert response.status_code == 200
    assert response.headers["content-type"] == "application/json"
    assert response.json() == {"cards": []}
    assert response.headers["cache-control"] == "no-store"


def test_an_unknown_service_is_a_404(app):
    response = post(app, "/cds-services/svf", full())
    assert (response.status_code, error_code(response)) == (404, "unknown-service")


@pytest.mark.parametrize("path", [f"{PATIENT_VIEW}/feedback/x", f"{PATIENT_VIEW}/", "/metric"])
def test_what_is_not_there_is_a_404(app, path):
    response = post(app, path, full())
    assert (response.status_code, error_code(response)) == (404, "not-found")


def test_a_service_that_the_client_was_not_given_is_a_403(tmp_path):
    path = tmp_path / "clients.toml"
    path.write_text('[[client]]\nname = "A"\nservices = ["svf-order-sign"]\n')
    response = post(make_app(clients=path), PATIENT_VIEW, full())
    assert (response.status_code, error_code(response)) == (403, "service-not-granted")


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH", "HEAD"])
def test_another_method_is_a_405_that_names_the_right_one(app, method):
    response = send(app, method, PATIENT_VIEW)
    assert response.status_code == 405
    assert response.headers["allow"] == "POST"


@pytest.mark.parametrize("kind", ["application/json; charset=UTF-8", "Application/JSON;q=1"])
def test_json_with_any_parameters_is_read(app, kind):
    assert post(app, PATIENT_VIEW, full(), {"Content-Type": kind}).status_code == 200


@pytest.mark.parametrize("kind", ["", "text/plain", "application/fhir+json", "application/jsonp"])
def test_another_media_type_is_a_415(app, kind):
    response = post(app, PATIENT_VIEW, full(), {"Content-Type": kind})
    assert (response.status_code, error_code(response)) == (415, "wrong-media-type")


def test_no_media_type_is_a_415(app):
    assert send(app, "POST", PATIENT_VIEW, content=b"{}").status_code == 415


def test_a_body_announced_as_too_large_is_not_read(app):
    headers = {**JSON, "Content-Length": "4000001"}
    response = send(app, "POST", PATIENT_VIEW, content=b"{}", headers=headers)
    assert (response.status_code, error_code(response)) == (413, "body-too-large")


def test_a_body_that_grows_too_large_is_not_read_to_its_end(app):
    sent = 0

    async def chunks():
        nonlocal sent
        while sent < 100_000_000:
            sent += 500_000
            yield b" " * 500_000

    response = send(app, "POST", PATIENT_VIEW, content=chunks(), headers=JSON)
    assert (response.status_code, error_code(response)) == (413, "body-too-large")
    assert sent < 6_000_000


def test_a_body_at_the_limit_is_read(app):
    body = json.dumps(full()).encode()
    response = post(app, PATIENT_VIEW, body + b" " * (4_000_000 - len(body)))
    assert response.status_code == 200


def test_too_many_resources_are_a_413():
    observations = bundle(*({"resourceType": "Observation", "id": str(n)} for n in range(30)))
    response = post(make_app(max_resources=20), PATIENT_VIEW, full(observations=observations))
    assert (response.status_code, error_code(response)) == (413, "too-many-resources")


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b"\xff\xfe", b'{"hook":"\xff"}'])
def test_what_is_no_json_object_is_a_400(app, body):
    assert post(app, PATIENT_VIEW, body).status_code == 400


def nested(levels):
    return b'{"resourceType":"Observation","extension":' + b"[" * levels + b"]" * levels + b"}"


def with_entry(entry):
    body = json.dumps(full(observations={"resourceType": "Bundle", "entry": ["?"]}))
    return body.encode().replace(b'"?"', b'{"resource":' + entry + b"}")


@pytest.mark.parametrize("levels", [90, 500, *range(840, 1000, 3), 5000, 100_000])
def test_an_entry_nested_too_deeply_costs_only_itself(app, levels):
    assert post(app, PATIENT_VIEW, with_entry(nested(levels))).status_code == 200


@pytest.mark.parametrize(
    "number", [b"1e400", b"-1e400", b"9" * 5000, b"1" * 400 + b".5", b"0." + b"1" * 5000]
)
def test_a_number_out_of_range_in_an_entry_costs_only_the_entry(app, number):
    entry = b'{"resourceType":"Observation","valueQuantity":{"value":' + number + b"}}"
    assert post(app, PATIENT_VIEW, with_entry(entry)).status_code == 200


def test_needed_data_that_were_not_sent_are_a_412(app):
    response = post(app, PATIENT_VIEW, call())
    assert (response.status_code, error_code(response)) == (412, "data-unavailable")


@pytest.mark.parametrize("value", [1, "x", [], {}, {"resourceType": "Observation"}])
def test_a_prefetch_value_of_the_wrong_kind_is_a_400_that_names_its_key(app, value):
    response = post(app, PATIENT_VIEW, full(conditions=value))
    assert response.status_code == 400
    assert expression(response) == "prefetch.conditions"


def test_another_patient_than_the_calls_is_a_400(app):
    response = post(app, PATIENT_VIEW, call(prefetch=read_fully("pat-2")))
    assert response.status_code == 400
    assert "pat-2" not in response.text


def test_a_draft_of_another_patient_is_a_400(app):
    order = {
        "resourceType": "ServiceRequest",
        "status": "draft",
        "intent": "order",
        "code": {"text": "SVF AOS"},
        "subject": {"reference": "Patient/pat-2"},
    }
    body = call("order-sign", prefetch=read_fully())
    body["context"]["draftOrders"] = bundle(order)
    assert post(app, ORDER_SIGN, body).status_code == 400


@pytest.mark.parametrize(
    ("headers", "language"), [({}, "sv"), ({"Accept-Language": "da, en;q=0.5"}, "da")]
)
def test_the_reader_chooses_the_language(app, headers, language):
    response = post(app, PATIENT_VIEW, full(), headers)
    assert response.headers["content-language"] == language


def test_no_refusal_repeats_what_the_body_holds(app, caplog):
    bodies = [
        call(hook=CANARY),
        call(fhirServer=CANARY),
        call(context={"userId": CANARY, "patientId": "1"}),
        call(context={"userId": "A/1", "patientId": f"{CANARY}/1"}),
        call(prefetch=CANARY),
        call(prefetch={"patient": {"resourceType": CANARY}}),
        call(prefetch=read_fully(CANARY)),
        {CANARY: 1},
        f'{{"{CANARY}":1,"{CANARY}":2}}'.encode(),
        f'{{"{CANARY}": {CANARY}}}'.encode(),
    ]
    for body in bodies:
        response = post(app, PATIENT_VIEW, body)
        assert response.status_code >= 400
        error_code(response)
        assert CANARY not in response.text
    assert CANARY not in caplog.text
