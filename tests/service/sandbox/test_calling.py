"""service.sandbox.calling: the request that the EHR of the sandbox sends."""

import json

import pytest

from service.hooks import PREFETCH
from tests.service.asking import ROOT, error_code, make_app, post, send

VIEW = "svf-patient-view"
SIGN = "svf-order-sign"


@pytest.fixture(scope="module")
def app():
    return make_app()


def written(app, **asked):
    asked = {"service": VIEW, "instance": "i-1", "templates": dict(PREFETCH), **asked}
    return post(app, "/sandbox/request", asked)


def record(case):
    return json.loads((ROOT / "fhir_examples" / case / "record.json").read_text("utf-8"))


def topics(response):
    assert response.status_code == 200, response.text
    return [card["source"]["topic"]["code"] for card in response.json()["cards"]]


def stored(case, service):
    path = ROOT / "fhir_examples" / case / f"response.{service}.sv.json"
    cards = json.loads(path.read_text("utf-8"))["cards"]
    return [(card["source"]["topic"]["code"], card["summary"]) for card in cards]


CASES = sorted(p.parent.name for p in (ROOT / "fhir_examples").glob(f"*/request.{VIEW}.json"))


@pytest.mark.parametrize("case", CASES)
def test_the_ehr_of_the_sandbox_gets_the_cards_of_the_example(app, case):
    body = written(app, case=case).json()
    cards = post(app, f"/cds-services/{VIEW}", body).json()["cards"]
    told = [(card["source"]["topic"]["code"], card["summary"]) for card in cards]
    assert told == stored(case, VIEW)


def test_the_drafts_of_the_page_are_signed(app):
    drafts = send(app, "GET", "/sandbox/charts/aos-gaps").json()["drafts"]
    body = written(app, case="aos-gaps", service=SIGN, drafts=drafts).json()
    assert [e["resource"]["id"] for e in body["context"]["draftOrders"]["entry"]] == ["draft-aos"]
    assert topics(post(app, f"/cds-services/{SIGN}", body)) == ["aosMissing"]


def test_every_template_is_filled_in_and_one_that_cannot_be_is_left_out(app):
    templates = {**PREFETCH, "x": "Coverage?beneficiary={{context.nothing}}", "y": "Patient/nobody"}
    body = written(app, case="aos-gaps", templates=templates).json()
    assert set(body["prefetch"]) == {*PREFETCH, "y"}
    assert body["prefetch"]["y"] is None
    assert body["prefetch"]["patient"]["id"] == "pat-aos-gaps"
    assert body["prefetch"]["user"]["resourceType"] == "PractitionerRole"
    assert body["fhirServer"] == "http://127.0.0.1:8000/sandbox/fhir"
    assert body["fhirAuthorization"]["access_token"].endswith("i-1")


def test_an_example_about_a_flawed_ehr_keeps_its_flaws(app):
    body = written(app, case="aos-first-page-only").json()
    assert "OperationOutcome" in str(body["prefetch"]["diagnosticReports"])
    assert len(body["prefetch"]["observations"]["entry"]) < 20
    body = written(app, case="aos-wrong-patient").json()
    assert "pat-someone-else" in str(body["prefetch"]["observations"])
    whole = written(app, case="aos-first-page-only", tempers="paged").json()
    assert whole["prefetch"]["observations"]["link"][1]["relation"] == "next"


@pytest.mark.parametrize("case", ["aos-complete", "aos-stale-boundary"])
def test_what_was_signed_in_the_page_is_in_the_record_also_as_its_first_order(app, case):
    signed = [
        {
            "resourceType": "ServiceRequest",
            "id": "s1",
            "status": "active",
            "intent": "order",
            "subject": {"reference": f"Patient/pat-{case}"},
            "authoredOn": "2026-03-02",
            "code": {"text": "SVF AOS"},
        }
    ]
    body = written(app, case=case, signed=signed).json()
    assert topics(post(app, f"/cds-services/{VIEW}", body)) == ["duplicate"]


def test_a_failing_ehr_leaves_its_laboratory_out_and_the_card_does_not_call_it_missing(app):
    body = written(app, case="aos-gaps", tempers="failing").json()
    assert {"observations", "diagnosticReports", "vitals"}.isdisjoint(body["prefetch"])
    cards = post(app, f"/cds-services/{VIEW}", {**body, "fhirServer": "http://none.example"})
    assert "aosMissing" not in topics(cards)


def test_a_paged_ehr_sends_first_pages_with_their_next(app):
    body = written(app, case="aos-gaps", tempers="paged").json()
    bundle = body["prefetch"]["observations"]
    assert len(bundle["entry"]) == 10
    (url,) = [link["url"] for link in bundle["link"] if link["relation"] == "next"]
    assert url.startswith(body["fhirServer"] + "/Observation?")


@pytest.mark.parametrize("asked", [{"withhold": True}, {"tempers": "silent"}])
def test_prefetch_may_be_withheld(app, asked):
    assert "prefetch" not in written(app, case="aos-gaps", **asked).json()


def test_ones_own_record_is_sent_as_it_is(app):
    body = written(app, record=record("cup-known-cancer")).json()
    assert "fhirServer" not in body
    assert body["hookInstance"] == "i-1"
    assert topics(post(app, f"/cds-services/{VIEW}", body)) == ["cupExcluded"]


def test_drafts_about_ones_own_record_are_signed(app):
    drafts = [{"resourceType": "ServiceRequest", "id": "d"}]
    body = written(app, record=record("aos-gaps"), service=SIGN, drafts=drafts).json()
    assert [e["resource"]["id"] for e in body["context"]["draftOrders"]["entry"]] == ["d"]
    bare = written(app, record=record("aos-gaps"), withhold=True).json()
    assert "prefetch" not in bare


@pytest.mark.parametrize(
    ("asked", "status", "code"),
    [
        ({"case": "nobody"}, 404, "unknown-case"),
        ({}, 404, "unknown-case"),
        ({"case": "aos-gaps", "service": "x"}, 404, "unknown-service"),
        ({"case": "aos-gaps", "tempers": "angry"}, 400, "unknown-temper"),
        ({"record": {"resourceType": "Patient"}}, 400, "not-a-record"),
        ({"record": []}, 400, "not-a-record"),
        ({"service": 1}, 400, "bad-request"),
    ],
)
def test_what_the_page_would_not_ask_is_refused(app, asked, status, code):
    response = written(app, **asked)
    assert (response.status_code, error_code(response)) == (status, code)
