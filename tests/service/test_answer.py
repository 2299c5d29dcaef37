"""The service: a hook call in, cards out."""

import asyncio
import itertools
import json
import math

import pytest

from cards.assessment import NEEDED
from cards.card import encoded
from cards.referral import InvalidTemplate
from cards.slots import SLOTS
from cards.words import WORDS
from service.answer import Desk, catalogue, judge, render, rules, validate
from service.clients import Client, OrderCoding
from service.ehr import Ehr
from service.errors import BadRequest, DataUnavailable
from service.hooks import PREFETCH, SERVICES, read_request
from tests.cards import build
from tests.cards.shown import GAPS, case, lesion, topic_of
from tests.cards.situations import resources
from tests.service.asking import (
    ANCHOR,
    ORDER_SIGN,
    PATIENT_VIEW,
    error_code,
    examples,
    expression,
    make_app,
    post,
    settings,
)
from tests.service.asking import example as example_body

SERVICE = {service.hook: service for service in SERVICES if service.country == "SE"}
FAILED = {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": "exception"}]}
SYMPTOMS = ["appetite_loss", "weight_loss"]
TWO_CODES = {"coding": [{"system": "urn:local", "code": "R1"}], "text": "Remiss"}


def body(hook="patient-view", drafts=None, keys=None, **words):
    """Give a hook call about a situation in words; a key that is ... was not sent."""
    sent = {key: build.bundle() for key in PREFETCH}
    sent["patient"] = sent["user"] = None
    for each in resources(case(**words)):
        key = build._KEY_OF.get(each["resourceType"], "observations")
        if key in {"patient", "user"}:
            sent[key] = each
        else:
            sent[key]["entry"].append({"resource": each})
    sent |= keys or {}
    context = {"userId": "Practitioner/doctor", "patientId": build.PATIENT_ID, "encounterId": "e1"}
    if hook == "order-sign":
        context["draftOrders"] = build.bundle(*(drafts or ()))
    return {
        "hook": hook,
        "hookInstance": "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea",
        "context": context,
        "prefetch": {k: v for k, v in sent.items() if v is not ...},
    }


def desk(client=None, **given):
    numbers = itertools.count(1)
    return Desk(settings(**given), client or Client(), ANCHOR, lambda: f"id-{next(numbers)}")


def judged(request, place):
    """Judge a call by what came with it."""
    sources = asyncio.run(Ehr(place.settings).complete(request, place.client, math.inf))
    return judge(request, sources, place)


def answer(request, language, place):
    return encoded(render(judged(request, place), language, place))


def ask(call, language="sv", client=None, **given):
    """Give the cards of a call."""
    request = read_request(build.as_json(call), SERVICE[call["hook"]])
    return json.loads(answer(request, language, desk(client, **given)))["cards"]


def topics(shown):
    return [topic_of(card) for card in shown]


def panel(shown):
    found = shown["extension"]["vidare.assessment"]["panel"]
    return {entry["slot"]: entry["status"] for entry in found}


# -- the pipe ------------------------------------------------------------------------------------


def test_a_patient_without_anything_to_say_gets_no_cards():
    assert ask(body()) == []


def test_the_pipe_goes_from_the_call_to_the_cards():
    shown = ask(body(conditions=SYMPTOMS, panel=GAPS))
    assert topics(shown) == ["aosMissing"]
    assert panel(shown[0])["b12"] == "missing"
    assert panel(shown[0])["hb"] == "answered"


@pytest.mark.parametrize(("name", "service_id"), examples())
@pytest.mark.parametrize("language", list(WORDS))
def test_an_example_is_answered_alike_over_http_and_inside(name, service_id, language):
    service = next(s for s in SERVICES if s.id == service_id)
    request = read_request(example_body(name, service_id), service)
    numbers = itertools.count(1)
    place = Desk(
        settings(), Client(), ANCHOR, lambda: f"00000000-0000-4000-8000-{next(numbers):012d}"
    )
    inside = json.loads(answer(request, language, place))
    outside = post(
        make_app(),
        f"/cds-services/{service_id}",
        example_body(name, service_id),
        {"Accept-Language": language},
    )
    assert outside.status_code == 200
    assert outside.headers["content-language"] == language
    assert outside.json() == inside


@pytest.mark.parametrize("language", list(WORDS))
def test_the_cards_are_in_the_language_of_the_call_and_say_the_same(language):
    (shown,) = ask(body(conditions=SYMPTOMS, panel=GAPS), language)
    (swedish,) = ask(body(conditions=SYMPTOMS, panel=GAPS))
    assert WORDS[language].say("heading", "why") in shown["detail"]
    mine, theirs = shown["extension"], swedish["extension"]
    assert mine["vidare.assessment"]["criteria"] == theirs["vidare.assessment"]["criteria"]
    assert panel(shown) == panel(swedish)


def test_a_deceased_patient_gets_no_cards():
    dead = build.patient(deceasedDateTime="2026-02-01")
    assert (
        ask(body(conditions=[lesion("cord_compression"), lesion()], keys={"patient": dead})) == []
    )
    assert ask(body(conditions=[lesion("cord_compression"), lesion()]))


# -- what could not be had -----------------------------------------------------------------------


def refused(call, language="sv"):
    with pytest.raises(DataUnavailable) as raised:
        ask(call, language)
    return raised.value


@pytest.mark.parametrize("sent", [..., FAILED], ids=["absent", "failed"])
@pytest.mark.parametrize("key", NEEDED)
def test_a_needed_key_that_cannot_be_had_is_never_an_empty_answer(key, sent):
    error = refused(body(keys={key: sent}))
    assert error.expression == f"prefetch.{key}"
    assert key in str(error)


@pytest.mark.parametrize("sent", [..., None, FAILED], ids=["absent", "null", "failed"])
def test_without_a_patient_nothing_is_said_whatever_else_is_known(sent):
    keys = {"patient": sent}
    error = refused(body(conditions=[lesion()], keys=keys))
    assert error.expression == "prefetch.patient"


def test_what_is_known_is_said_although_the_laboratory_could_not_be_asked():
    absent = {"observations": ...}
    (cup,) = ask(body(conditions=[lesion()], keys=absent))
    assert topic_of(cup) == "cupRefer"
    (aos,) = ask(body(conditions=SYMPTOMS, keys=absent))
    assert topic_of(aos) == "data"
    assert set(panel(aos).values()) <= {"not-checked", "not-applicable"}
    said = aos["extension"]["vidare.assessment"]["notChecked"]
    assert {"source": "observations", "reason": "absent"} in said


def test_of_several_that_cannot_be_had_all_are_named():
    error = refused(body(keys={"observations": ..., "conditions": FAILED}))
    assert "observations" in str(error)
    assert "conditions" in str(error)


@pytest.mark.parametrize("sent", [None, build.bundle(), {"resourceType": "Bundle"}])
@pytest.mark.parametrize("key", ["observations", "conditions"])
def test_nothing_found_is_an_answer(key, sent):
    assert ask(body(keys={key: sent})) == []


@pytest.mark.parametrize(
    "key", ["serviceRequests", "diagnosticReports", "vitals", "encounters", "medications", "user"]
)
@pytest.mark.parametrize("sent", [..., None, FAILED], ids=["absent", "null", "failed"])
def test_a_key_that_only_sharpens_never_stops_the_answer(key, sent):
    assert topics(ask(body(conditions=[lesion()], keys={key: sent}))) == ["cupRefer"]


def test_a_search_with_more_pages_says_not_checked_and_never_missing():
    pages = build.bundle(link=[{"relation": "next", "url": "https://ehr.example/next"}])
    (shown,) = ask(body(conditions=SYMPTOMS, keys={"observations": pages}))
    assert "missing" not in panel(shown).values()
    assert topic_of(shown) == "data"


def test_a_remark_beside_the_matches_is_no_failure():
    remark = {"resourceType": "OperationOutcome", "issue": [{"severity": "information"}]}
    mixed = build.bundle(remark, *[build.condition(s, id=s[:3]) for s in SYMPTOMS])
    assert topics(ask(body(keys={"conditions": mixed}))) == ["aosMissing"]


@pytest.mark.parametrize("wrong", [7, "text", [], {"resourceType": "Patient", "id": "x"}])
def test_what_is_no_answer_at_all_is_a_400_that_names_the_key(wrong):
    with pytest.raises(BadRequest) as raised:
        ask(body(keys={"conditions": wrong}))
    assert raised.value.expression == "prefetch.conditions"


# -- one patient ---------------------------------------------------------------------------------


def test_another_patient_is_refused():
    with pytest.raises(BadRequest) as raised:
        ask(body(keys={"patient": build.patient(id="other")}))
    assert (raised.value.code, raised.value.expression) == (
        "patient-mismatch",
        "prefetch.patient.id",
    )


@pytest.mark.parametrize("member", ["subject", "patient"])
def test_a_draft_for_another_patient_is_refused_whatever_its_type(member):
    other = {"resourceType": "MedicationRequest", "id": "m"}
    other[member] = {"reference": "Patient/other"}
    with pytest.raises(BadRequest) as raised:
        ask(body("order-sign", [build.service_request(status="draft"), other]))
    assert (raised.value.code, raised.value.expression) == (
        "patient-mismatch",
        "context.draftOrders",
    )


def test_another_patients_results_are_not_used():
    foreign = build.observation("b12", subject={"reference": "Patient/other"})
    (shown,) = ask(body(conditions=SYMPTOMS, keys={"observations": build.bundle(foreign)}))
    assert panel(shown)["b12"] == "missing"
    assert shown["extension"]["vidare.assessment"]["ignored"]


def test_drafts_that_cannot_be_opened_are_a_400():
    call = body("order-sign")
    call["context"]["draftOrders"] = {"resourceType": "Bundle", "entry": 7}
    with pytest.raises(BadRequest) as raised:
        ask(call)
    assert raised.value.expression == "context.draftOrders"


def test_the_same_over_http():
    app = make_app()
    foreign = post(app, PATIENT_VIEW, body(keys={"patient": build.patient(id="other")}))
    assert (foreign.status_code, error_code(foreign)) == (400, "patient-mismatch")
    draft = build.service_request(status="draft", subject={"reference": "Patient/other"})
    signed = post(app, ORDER_SIGN, body("order-sign", [draft]))
    assert (signed.status_code, expression(signed)) == (400, "context.draftOrders")
    unavailable = post(app, PATIENT_VIEW, body(keys={"conditions": ...}))
    assert (unavailable.status_code, expression(unavailable)) == (412, "prefetch.conditions")
    dead = build.patient(deceasedBoolean=True)
    silent = post(app, PATIENT_VIEW, body(conditions=[lesion()], keys={"patient": dead}))
    assert (silent.status_code, silent.json()) == (200, {"cards": []})


def order_sign(case, service, **second):
    """Give an example call at signing, a second referral beside its own."""
    call = json.loads(example_body(case, service))
    entries = call["context"]["draftOrders"]["entry"]
    own = next(e["resource"] for e in entries if e["resource"]["resourceType"] == "ServiceRequest")
    code = {**own["code"], "text": own["code"]["text"] + " <b>igen</b>\nandra"}
    other = {**own, "code": code, "id": "z2", **second}
    entries.insert(0, {"resource": other})
    return call, own["id"]


def updates(response):
    """Give, by the draft that each completes: its suggestion's label, the whole draft, the card."""
    return {
        action["resource"]["id"]: (suggestion["label"], action["resource"], card)
        for card in response.json()["cards"]
        for suggestion in card.get("suggestions", [])
        for action in suggestion["actions"]
        if action["type"] == "update"
    }


@pytest.mark.parametrize(
    ("case", "service", "asked"),
    [
        ("aos-gaps", "svf-order-sign", "2 remisser till detta vårdförlopp signeras."),
        (
            "dk-bone-cord",
            "pakkeforloeb-order-sign",
            "2 henvisninger til dette forløb signeres.",
        ),
    ],
)
def test_each_of_two_referrals_to_one_pathway_is_completed_by_itself(case, service, asked):
    call, own = order_sign(case, service, priority="stat")
    path, app = f"/cds-services/{service}", make_app()
    found = updates(post(app, path, call))
    label, body, card = found["z2"]
    assert set(found) == {"z2", own}
    assert asked in card["detail"]
    assert label.endswith(" <b>igen</b> andra")
    assert label != found[own][0]
    assert (body["priority"], "priority" in found[own][1]) == ("stat", False)
    call["context"]["draftOrders"]["entry"][0]["resource"] = body
    assert set(updates(post(app, path, call))) == {own}, "the other is whole by now"


def test_of_two_updates_one_is_recommended_to_a_client_that_takes_one(tmp_path):
    clients = tmp_path / "clients.toml"
    clients.write_text('[[client]]\nname = "A"\nselection_behavior = "at-most-one"\n')
    call, own = order_sign("aos-gaps", "svf-order-sign")
    found = updates(post(make_app(clients=clients), ORDER_SIGN, call))
    assert set(found) == {"z2", own}
    suggestions = found[own][2]["suggestions"]
    assert [s.get("isRecommended") for s in suggestions].count(True) == 1


# -- what the installation and the client have set ------------------------------------------------


def test_every_setting_reaches_the_rules():
    client = Client(contacts_increase_factor=2.0, medications_increase_factor=3.0)
    given = {"result_max_age_days": 45, "symptom_max_age_days": 90, "psa_required_for": "all"}
    found = rules(desk(client, **given))
    assert found.result_max_age_days == 45
    assert found.symptom_max_age_days == 90
    assert found.psa_required_for == "all"
    assert found.contacts_increase_factor == 2.0
    assert found.medications_increase_factor == 3.0


def test_a_longer_window_makes_an_older_result_an_answer():
    from tests.cards.shown import PanelWords

    call = body(conditions=SYMPTOMS, panel=PanelWords(stale=["ferritin"]))
    assert topics(ask(call)) == ["aosMissing"]
    assert topics(ask(call, result_max_age_days=60)) == ["aosReady"]


def test_a_shorter_window_makes_a_symptom_old():
    call = body(conditions=SYMPTOMS)
    assert topics(ask(call, symptom_max_age_days=20)) == []
    assert topics(ask(call)) == ["aosMissing"]


def test_psa_for_all_asks_a_woman_as_well():
    call = body(conditions=SYMPTOMS, panel="complete")
    (ready,) = ask(call)
    assert panel(ready)["psa"] == "not-applicable"
    (missing,) = ask(call, psa_required_for="all")
    assert panel(missing)["psa"] == "missing"


def test_a_threshold_of_the_client_turns_shown_contacts_into_a_reason():
    from tests.cards.shown import CountWords

    call = body(contacts=CountWords(recent=9, before=2))
    assert ask(call) == []
    assert topics(ask(call, client=Client(contacts_increase_factor=2.0))) == ["aosMissing"]


def test_the_site_map_of_the_client_is_read():
    local = build.condition(code=build.concept("urn:site", "4711", "Mager"), id="l")
    call = body(keys={"conditions": build.bundle(local)})
    assert ask(call) == []
    client = Client(codes={"urn:site|4711": "weight_loss"})
    assert topics(ask(call, client=client)) == ["aosMissing"]


def test_the_client_decides_the_form_of_what_is_proposed():
    call = body(conditions=SYMPTOMS, panel=GAPS)
    client = Client(
        order_intent="proposal",
        one_action_per_suggestion=True,
        selection_behavior="at-most-one",
        orders={
            "b12": OrderCoding("urn:local", "L1"),
            "aos": OrderCoding("urn:local", "R1", "Remiss AOS"),
        },
    )
    (shown,) = ask(call, client=client)
    assert shown["selectionBehavior"] == "at-most-one"
    bodies = [a["resource"] for s in shown["suggestions"] for a in s["actions"]]
    assert len(bodies) == len(shown["suggestions"])
    assert {b["intent"] for b in bodies} == {"proposal"}
    assert bodies[0]["code"]["coding"] == [{"system": "urn:local", "code": "L1"}]
    assert bodies[-1]["code"]["coding"][0]["display"] == "Remiss AOS"


def test_a_referral_is_recognised_by_the_code_of_the_client():
    draft = build.service_request(status="draft", code=TWO_CODES)
    call = body("order-sign", [draft], panel="complete")
    assert ask(call) == []
    client = Client(orders={"aos": OrderCoding("urn:local", "R1")})
    assert topics(ask(call, client=client)) == ["aosCheck"]


@pytest.mark.parametrize(
    "code",
    [
        build.concept("https://region.example/CodeSystem/pathway-order", "svf-aos"),
        {"text": "SVF AOS"},
        {"text": "Remiss: Allvarliga ospecifika symtom"},
    ],
)
def test_a_referral_is_recognised_by_our_code_and_by_its_name(code):
    draft = build.service_request(status="draft", code=code)
    call = body("order-sign", [draft], panel="complete")
    assert topics(ask(call, canonical="https://region.example")) == ["aosCheck"]


def test_the_codes_of_tests_do_not_make_a_referral():
    client = Client(orders={"b12": OrderCoding("urn:x", "1"), "cup-se": OrderCoding("urn:x", "2")})
    found = catalogue("https://vidare.example", client)
    assert "urn:x|1" not in found.codes
    assert found.codes["urn:x|2"] == "cup-se"
    assert found.codes["https://vidare.example/CodeSystem/pathway-order|svf-cup"] == "cup-se"


def test_the_canonical_url_of_the_installation_stands_in_every_code():
    shown = ask(body(conditions=SYMPTOMS, panel=GAPS), canonical="https://region.example")
    assert "vidare.example" not in json.dumps(shown)


# -- looking at what is sent ----------------------------------------------------------------------


@pytest.mark.parametrize(("name", "service_id"), examples())
def test_what_an_example_proposes_is_valid_fhir(name, service_id):
    service = next(s for s in SERVICES if s.id == service_id)
    request = read_request(example_body(name, service_id), service)
    assert answer(request, "sv", desk(validate_output=True))


def test_what_is_not_valid_is_not_sent(monkeypatch):
    from cards import rendering

    real = rendering.lab_order
    monkeypatch.setattr(rendering, "lab_order", lambda *a: {**real(*a), "status": "sent"})
    call = body(conditions=SYMPTOMS, panel=GAPS)
    assert ask(call)
    with pytest.raises(InvalidTemplate):
        ask(call, validate_output=True)


def test_cards_without_suggestions_have_nothing_to_look_at():
    from cards.card import Response

    validate(Response(()))
    known = [lesion(), lesion("organ.breast")]
    assert topics(ask(body(conditions=known), validate_output=True)) == ["cupExcluded"]


def test_the_judgement_can_be_had_without_its_cards():
    request = read_request(build.as_json(body(conditions=SYMPTOMS)), SERVICE["patient-view"])
    found = judged(request, desk())
    assert [a.topic for a in found.advice] == ["aosMissing"]
    assert list(found.chart.slots) == list(SLOTS)
    assert found.chart.record.encounter == "e1"
    assert found.chart.record.referrer.reference == "Practitioner/doctor"
