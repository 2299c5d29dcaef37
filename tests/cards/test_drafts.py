from decimal import Decimal

import pytest

from cards.drafts import WrongDraftPatient, read_drafts
from cards.source import TOO_DEEP, UnreadableSource
from tests.cards.build import OURS, as_json, bundle, call, concept, resource, service_request

AOS = service_request(status="draft")


def drafts(*orders):
    return read_drafts(as_json(bundle(*orders)), call())


def test_without_a_bundle_there_is_nothing_to_sign():
    assert read_drafts(None, call()) == ()
    assert read_drafts(b"null", call()) == ()


def test_a_referral_of_ours_is_known_by_its_code_and_kept_whole():
    raw = as_json(bundle(AOS | {"extension": [{"valueDecimal": "HERE"}]}))
    (found,) = read_drafts(raw.replace(b'"HERE"', b"1.10"), call())
    assert found.order.pathway == "aos"
    assert found.whole["extension"] == [{"valueDecimal": Decimal("1.10")}]
    assert found.request.id == "order-aos"


@pytest.mark.parametrize(
    ("members", "pathway"),
    [
        ({"code": concept(f"  {OURS}", " svf-cup ")}, "cup-se"),
        ({"code": {"text": "SVF Allvarliga  ospecifika symtom (AOS)"}}, "aos"),
        ({"code": {"text": "Röntgen"}}, None),
        ({"code": None}, None),
        ({"code": {"coding": [{}]}, "reasonCode": []}, None),
    ],
)
def test_a_referral_is_known_by_code_or_by_name(members, pathway):
    (found,) = drafts(service_request(status="draft", **members))
    assert found.order.pathway == pathway


@pytest.mark.parametrize(
    ("members", "status"),
    [
        ({}, "active"),
        ({"status": "on-hold"}, "on-hold"),
        ({"intent": "plan"}, None),
        ({"intent": None}, "active"),
        ({"status": 5}, None),
        ({"doNotPerform": "no"}, None),
        ({"doNotPerform": False}, "active"),
        ({"modifierExtension": [{"url": "x"}]}, None),
    ],
)
def test_an_order_stands_only_where_its_status_can_be_read(members, status):
    (found,) = drafts(service_request("b12", **members))
    assert (found.order.status, found.order.analytes) == (status, {"b12"})


def test_an_order_asks_for_what_its_details_name():
    detail = [service_request("folate")["code"]]
    (found,) = drafts(service_request("b12", orderDetail=detail, id=None))
    assert found.order.analytes == {"b12", "folate"}
    assert found.order.reference is None


@pytest.mark.parametrize("members", [{"status": "revoked"}, {"doNotPerform": True}])
def test_a_withdrawn_order_is_no_draft(members):
    assert drafts(service_request(**members)) == ()


@pytest.mark.parametrize(
    "order",
    [
        resource("Medication", {"id": "m"}, {}),
        resource("MedicationRequest", {"subject": {"reference": "Patient/p1"}}, {}),
        resource("NutritionOrder", {"patient": {"reference": "Patient/p1"}}, {}),
    ],
)
def test_what_is_no_service_request_is_passed_over(order):
    assert [d.request.id for d in drafts(order, AOS)] == ["order-aos"]


@pytest.mark.parametrize(
    "order", [None, {"resourceType": 5}, [], "text", AOS | {"code": "svf-aos"}]
)
def test_an_order_that_cannot_be_read_is_refused(order):
    with pytest.raises(UnreadableSource):
        drafts(order)


@pytest.mark.parametrize(
    "members",
    [
        {"link": [{"relation": "next", "url": "x"}]},
        {"entry": [{"resource": {"resourceType": "OperationOutcome", "issue": []}}]},
    ],
)
def test_orders_that_did_not_all_come_are_refused(members):
    with pytest.raises(UnreadableSource):
        read_drafts(as_json(bundle(AOS) | members), call())


@pytest.mark.parametrize(
    "members",
    [
        {"modifierExtension": [{"url": "x"}]},
        {"doNotPerform": "true"},
        {"status": ["draft"]},
        {"subject": "Patient/p1"},
        {"subject": {"reference": "Group/1"}},
        {"subject": {"reference": "patient/p1"}},
        {"subject": {"display": "somebody"}},
    ],
)
def test_a_draft_that_is_not_surely_whole_and_the_patients_is_not_to_be_updated(members):
    (found,) = drafts(AOS | members)
    assert found.order.pathway == "aos"
    assert found.whole is None


def test_an_order_of_somebody_known_only_by_identifier_is_refused():
    mine, other = ("urn:pn", "1"), {"identifier": {"system": "urn:pn", "value": "2"}}
    inside = {
        "contained": [{"resourceType": "Patient", "id": "p", "identifier": [other["identifier"]]}]
    }
    for order in (AOS | {"subject": other}, AOS | inside | {"subject": {"reference": "#p"}}):
        with pytest.raises(WrongDraftPatient):
            read_drafts(as_json(bundle(order)), call(), frozenset({mine}))


@pytest.mark.parametrize("text", [b"9" * 5000, b'{"a":' * 3000 + b"1" + b"}" * 3000])
def test_an_order_that_cannot_be_echoed_is_not_to_be_updated(text):
    raw = as_json(AOS | {"extension": "HERE"}).replace(b'"HERE"', text)
    whole = b'{"resourceType":"Bundle","entry":[{"resource":' + raw + b"}]}"
    if text.startswith(b"{"):
        with pytest.raises(UnreadableSource):
            read_drafts(whole, call())
    else:
        assert [d.whole for d in read_drafts(whole, call())] == [None]


def test_a_cut_subtree_does_not_hide_whose_an_order_is():
    raw = as_json(bundle(AOS | {"note": "HERE"})).replace(b'"HERE"', TOO_DEEP)
    (found,) = read_drafts(raw, call())
    assert found.request.bad == ("note",)


@pytest.mark.parametrize("member", ["subject", "patient"])
@pytest.mark.parametrize("kind", ["ServiceRequest", "Claim"])
def test_an_order_for_another_patient_stops_everything(member, kind):
    stranger = resource(kind, {member: {"reference": "Patient/p2"}}, {})
    with pytest.raises(WrongDraftPatient):
        drafts(AOS, stranger)


def test_an_order_whose_patient_cannot_be_told_is_not_refused():
    assert len(drafts(AOS | {"subject": "Patient/p2"})) == 1


def test_what_is_no_bundle_is_the_callers_error():
    with pytest.raises(UnreadableSource, match=r"prefetch\.draftOrders"):
        read_drafts(b"[]", call())
