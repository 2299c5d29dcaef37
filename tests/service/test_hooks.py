"""service.hooks: what is offered, and how a call is validated."""

import json
import re

import pytest

from service.errors import BadRequest, TooLarge
from service.hooks import PREFETCH, SERVICES, read_request
from tests.service.asking import bundle, call, example, examples

VIEW, SIGN, *_ = SERVICES
TOKENS = {"context.patientId", "context.userId"}
TEMPLATE = re.compile(
    r"[A-Z][A-Za-z]+(/\{\{[\w.]+\}\}|\?[^{}]*(\{\{[\w.]+\}\}[^{}]*)*)|\{\{[\w.]+\}\}"
)
PLAIN = {"patient", "category", "_sort", "_count"}


def read(body, service=VIEW, **options):
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return read_request(content, service, **options)


def refused(body, service=VIEW):
    with pytest.raises(BadRequest) as refusal:
        read(body, service)
    return refusal.value.expression


def within(**members):
    body = call()
    body["context"].update(members)
    return body


def without(name, place=None, hook="patient-view"):
    body = call(hook)
    del (body[place] if place else body)[name]
    return body


@pytest.mark.parametrize("service", SERVICES, ids=lambda s: s.id)
def test_a_template_stays_within_the_portable_subset(service):
    assert list(service.prefetch) == list(PREFETCH)
    for query in service.prefetch.values():
        assert TEMPLATE.fullmatch(query)
        assert set(re.findall(r"\{\{(.+?)\}\}", query)) <= TOKENS
        parameters = [p.split("=", 1)[0] for p in query.partition("?")[2].split("&") if p]
        assert len(set(parameters)) == len(parameters), "clients merge repeated parameters"
        assert set(parameters) <= PLAIN, "no include, chaining or modifier"


def test_searches_are_bound_to_the_patient_of_the_call():
    for key, query in PREFETCH.items():
        if key != "user":
            assert "{{context.patientId}}" in query


def test_the_least_call_is_read():
    request = read(call())
    assert request.service is VIEW
    assert request.user_id == "PractitionerRole/role-1"
    assert request.patient_id == "pat-1"
    assert request.encounter_id is None
    assert request.draft_orders is None
    assert request.fhir_server is None
    assert request.prefetch == {}


@pytest.mark.parametrize(("case", "service_id"), examples())
def test_every_example_is_read_with_all_its_keys(case, service_id):
    service = next(s for s in SERVICES if s.id == service_id)
    request = read(example(case, service_id), service)
    assert set(request.prefetch) == set(PREFETCH)
    assert (request.draft_orders is not None) == (service.hook == "order-sign")


@pytest.mark.parametrize("name", ["hook", "hookInstance", "context"])
def test_a_required_member_is_missed_by_name(name):
    assert refused(without(name)) == name


@pytest.mark.parametrize("name", ["userId", "patientId"])
def test_a_required_member_of_the_context_is_missed_by_name(name):
    assert refused(without(name, "context")) == f"context.{name}"


def test_order_sign_needs_draft_orders():
    assert refused(without("draftOrders", "context", "order-sign"), SIGN) == "context.draftOrders"


@pytest.mark.parametrize("value", [None, [], "x", 1, {}, {"resourceType": "List"}])
def test_draft_orders_must_be_a_bundle(value):
    body = call("order-sign")
    body["context"]["draftOrders"] = value
    assert refused(body, SIGN) == "context.draftOrders"


def test_draft_orders_need_no_type_and_no_entries():
    body = call("order-sign")
    body["context"]["draftOrders"] = {"resourceType": "Bundle"}
    assert json.loads(read(body, SIGN).draft_orders) == {"resourceType": "Bundle"}


def test_draft_orders_at_patient_view_are_an_unknown_member():
    assert read(within(draftOrders=None)).draft_orders is None


@pytest.mark.parametrize("value", [None, "", " ", 1, True, [], {}])
@pytest.mark.parametrize("name", ["hook", "hookInstance"])
def test_a_required_text_must_say_something(name, value):
    assert refused(call() | {name: value}) == name


@pytest.mark.parametrize("value", [None, "", 1, [], {}, "role-1"])
def test_the_user_must_be_a_reference(value):
    assert refused(within(userId=value)) == "context.userId"


@pytest.mark.parametrize("value", [None, "", 1, [], "Patient/1", "..", "a b", "a?b", "x" * 300])
def test_the_patient_must_be_one_id(value):
    assert refused(within(patientId=value)) == "context.patientId"


@pytest.mark.parametrize("name", ["context", "prefetch", "fhirAuthorization", "extension"])
@pytest.mark.parametrize("value", [None, "", 1, []])
def test_an_object_must_be_an_object(name, value):
    assert refused(call(fhirServer="https://ehr.example/fhir") | {name: value}) == name


@pytest.mark.parametrize("value", [None, 1, [], {}])
def test_an_encounter_that_is_sent_must_be_text(value):
    assert refused(within(encounterId=value)) == "context.encounterId"


def test_an_encounter_is_kept_and_an_empty_one_is_none():
    assert read(within(encounterId="enc-1")).encounter_id == "enc-1"
    assert read(within(encounterId="")).encounter_id is None


def test_the_hook_must_be_the_one_of_the_service():
    assert refused(call("order-sign")) == "hook"


@pytest.mark.parametrize(
    "value", ["", "ehr.example", "ftp://ehr.example", "https://", "http://[", 1]
)
def test_a_fhir_server_must_be_a_web_address(value):
    assert refused(call(fhirServer=value)) == "fhirServer"


def test_authorisation_needs_a_fhir_server():
    assert refused(call(fhirAuthorization={"access_token": "x"})) == "fhirServer"


def test_an_empty_token_of_an_open_server_is_tolerated():
    server = "https://ehr.example/fhir"
    body = call(fhirServer=server, fhirAuthorization={"access_token": ""})
    assert read(body).fhir_server == server


def test_an_instance_that_is_no_uuid_is_taken():
    assert read(call(hookInstance="7")).instance == "7"


def test_unknown_members_are_ignored_at_every_level():
    body = call(
        later={"a": [1]},
        extension={"org.example.x": {"deep": True}},
        fhirServer="https://ehr.example/fhir",
        fhirAuthorization={"access_token": "t", "later": 1, "scope": ["any"]},
    )
    body["context"]["later"] = [None]
    known = {"access_token": "t"}
    plain = read(call(fhirServer="https://ehr.example/fhir", fhirAuthorization=known))
    assert read(body) == plain


def test_prefetch_values_stay_as_sent():
    body = json.dumps(call())[:-1] + ', "prefetch": {"patient": null, "conditions": {"n": 1e400}}}'
    assert read(body.encode()).prefetch == {"patient": b"null", "conditions": b'{"n": 1e400}'}


def test_unsolicited_keys_are_ignored():
    assert read(call(prefetch={"coverageBundle": {}, "patient": None})).prefetch == {
        "patient": b"null"
    }


def test_a_clients_own_name_for_a_key_wins():
    body = call(prefetch={"labs": {"a": 1}, "observations": {"a": 2}, "conditions": None})
    read_keys = read(body, keys={"labs": "observations"}).prefetch
    assert read_keys == {"observations": b'{"a": 1}', "conditions": b"null"}


def test_a_name_that_a_client_gave_another_meaning_no_longer_has_ours():
    body = call(prefetch={"vitals": {"a": 1}})
    assert read(body, keys={"vitals": "observations"}).prefetch == {"observations": b'{"a": 1}'}


@pytest.mark.parametrize(
    ("twice", "place"),
    [
        ('"hook":"patient-view"', None),
        ('"context":{"userId":"A/1","patientId":"2"}', None),
        ('"prefetch":{}', None),
        ('"x":1', None),
    ],
)
def test_a_member_twice_is_refused(twice, place):
    body = json.dumps(call(prefetch={}, x=1))
    assert refused(f"{body[:-1]},{twice}}}".encode()) == place


def test_a_member_twice_in_the_context_is_refused():
    body = json.dumps(call()).replace('"patientId": "pat-1"', '"patientId": "1", "patientId": "2"')
    assert refused(body.encode()) == "context"


def test_a_prefetch_key_twice_is_refused():
    body = json.dumps(call(prefetch={"patient": 1})).replace(
        '"patient": 1', '"patient": 1, "patient": 2'
    )
    assert refused(body.encode()) == "prefetch"


def many(count):
    return bundle(*({"resourceType": "Basic"} for _ in range(count)))


def test_more_resources_than_allowed_are_refused_wherever_they_stand():
    prefetch = {"conditions": many(30), "observations": many(30)}
    assert read(call(prefetch=prefetch), max_resources=60)
    with pytest.raises(TooLarge):
        read(call(prefetch=prefetch), max_resources=59)
    drafts = call("order-sign", prefetch=prefetch)
    drafts["context"]["draftOrders"] = many(1)
    with pytest.raises(TooLarge) as refusal:
        read(drafts, SIGN, max_resources=60)
    assert refusal.value.code == "too-many-resources"


def test_entries_without_a_resource_are_counted_as_soon_as_there_is_room_for_too_many():
    def with_entries(count):
        entries = json.dumps({"resourceType": "Bundle", "entry": [1] * count})
        return json.dumps(call(prefetch={"conditions": "?"})).replace('"?"', entries).encode()

    assert read(with_entries(101), max_resources=100)
    with pytest.raises(TooLarge):
        read(with_entries(600), max_resources=100)


def test_the_smallest_resources_are_counted():
    entries = json.dumps({"resourceType": "Bundle", "entry": [{"resource": {}}] * 101})
    body = json.dumps(call(prefetch={"conditions": "?"})).replace('"?"', entries).replace(" ", "")
    with pytest.raises(TooLarge):
        read(body.encode(), max_resources=100)


def test_what_is_no_bundle_holds_no_entries():
    prefetch = {"patient": {"resourceType": "Patient", "x": [1] * 200}, "conditions": [1] * 200}
    assert read(call(prefetch=prefetch), max_resources=100)


# -- the token -------------------------------------------------------------------------------------


def with_access(members):
    return call(fhirServer="https://ehr.example/fhir", fhirAuthorization=members)


def test_the_token_is_taken_and_never_shown():
    given = {"access_token": "s3cret.t-_~+/=", "token_type": "bearer", "patient": "p"}
    request = read(with_access(given))
    assert request.token.get_secret_value() == "s3cret.t-_~+/="
    assert request.token_patient == given["patient"]
    assert "s3cret" not in repr(request)


def test_an_empty_token_opens_a_server_that_asks_for_none():
    assert read(with_access({"access_token": ""})).token.get_secret_value() == ""
    assert read(with_access({})).token is None
    assert read(call(fhirServer="https://ehr.example/fhir")).token is None


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("access_token", 5),
        ("access_token", "two words"),
        ("access_token", "line\r\nHost: x"),
        ("access_token", "t\u00f6ken"),
        ("token_type", "Basic"),
        ("token_type", 1),
        ("patient", {}),
    ],
)
def test_an_authorization_that_cannot_be_used_is_a_400_that_does_not_repeat_it(member, value):
    with pytest.raises(BadRequest) as raised:
        read(with_access({"access_token": "good", member: value}))
    assert raised.value.expression == f"fhirAuthorization.{member}"
    assert str(value) not in raised.value.diagnostics
