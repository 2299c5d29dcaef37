"""service.sandbox.fhir: the FHIR server of the sandbox, over HTTP."""

from itertools import chain

import pytest

import service.sandbox.fhir as module
from tests.service.asking import error_code, make_app, send

ROOT = "/sandbox/fhir"
TOKEN = {"Authorization": "Bearer sandbox.call-1"}


@pytest.fixture(scope="module")
def app():
    return make_app()


def get(app, path, **options):
    return send(app, "GET", ROOT + path, **options)


def ids(response):
    assert response.status_code == 200
    return [entry["resource"]["id"] for entry in response.json()["entry"]]


def test_a_patient_is_read(app):
    response = get(app, "/Patient/pat-aos-gaps")
    assert response.headers["content-type"] == "application/fhir+json"
    assert response.json()["id"] == "pat-aos-gaps"


@pytest.mark.parametrize("path", ["/Patient/nobody", "/Nothing/1"])
def test_what_is_not_there_is_a_404(app, path):
    response = get(app, path)
    assert (response.status_code, error_code(response)) == (404, "unknown-resource")


def test_a_search_gives_one_patients_results_newest_first(app):
    query = "/Observation?patient=pat-aos-gaps&category=laboratory&_sort=-date&_count=500"
    body = get(app, query).json()
    assert body["type"] == "searchset"
    assert body["total"] == len(body["entry"]) > 10
    days = [entry["resource"]["effectiveDateTime"] for entry in body["entry"]]
    assert days == sorted(days, reverse=True)
    subjects = {entry["resource"]["subject"]["reference"] for entry in body["entry"]}
    assert subjects == {"Patient/pat-aos-gaps"}
    assert {entry["search"]["mode"] for entry in body["entry"]} == {"match"}
    first = body["entry"][0]
    path = first["fullUrl"].removeprefix("http://127.0.0.1:8000")
    assert send(app, "GET", path).json() == first["resource"]


def test_a_search_may_be_posted(app):
    path = f"{ROOT}/Observation/_search"
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    posted = send(app, "POST", path, content=b"patient=pat-aos-gaps", headers=form)
    assert ids(posted) == ids(get(app, "/Observation?patient=pat-aos-gaps"))


def followed(app, path):
    pages = []
    while path:
        body = send(app, "GET", path, headers=TOKEN).json()
        pages.append([entry["resource"]["id"] for entry in body["entry"]])
        urls = [link["url"] for link in body["link"] if link["relation"] == "next"]
        path = urls[0].removeprefix("http://127.0.0.1:8000") if urls else None
    return pages


@pytest.mark.parametrize("temper", ["", "/with/paged", "/with/locked+paged"])
def test_pages_hold_together_all_that_one_answer_holds(app, temper):
    query = "Observation?patient=pat-aos-complete&_sort=-date"
    pages = followed(app, f"{ROOT}{temper}/{query}&_count=7")
    assert {len(page) for page in pages[:-1]} == {7}
    assert list(chain.from_iterable(pages)) == ids(get(app, f"/{query}"))


def test_a_paged_ehr_gives_ten_whatever_is_asked(app):
    path = f"{ROOT}/with/paged/Observation?patient=pat-aos-complete&_count=500"
    assert len(followed(app, path)[0]) == 10


def test_no_page_follows_an_empty_one(app):
    body = get(app, "/Observation?_count=0").json()
    assert (body["entry"], [link["relation"] for link in body["link"]]) == ([], ["self"])
    assert body["total"] > 0


@pytest.mark.parametrize("query", ["_count=x", "_count=-1", "_offset=1.5", "_count=1000000"])
def test_a_page_size_that_is_none_is_refused(app, query):
    response = get(app, f"/Observation?{query}")
    assert (response.status_code, error_code(response)) == (400, "bad-parameter")


def test_what_is_not_obeyed_is_left_out_of_self_or_refused(app):
    query = "/Observation?patient=pat-aos-gaps&value-quantity=gt1"
    assert "value-quantity" not in get(app, query).json()["link"][0]["url"]
    response = get(app, query, headers={"Prefer": "handling=strict"})
    assert (response.status_code, error_code(response)) == (400, "unknown-parameter")


def test_a_kind_that_is_not_held_is_a_404(app):
    response = get(app, "/Appointment?patient=pat-aos-gaps")
    assert (response.status_code, error_code(response)) == (404, "unknown-type")


def test_nothing_can_be_written(app):
    for method in ("POST", "PUT", "DELETE"):
        response = send(app, method, f"{ROOT}/Patient/pat-aos-gaps", content=b"{}")
        assert response.status_code == 405


def test_a_locked_server_wants_the_token(app):
    path = "/with/locked/Patient/pat-aos-gaps"
    for headers in ({}, {"Authorization": "Bearer other"}):
        assert get(app, path, headers=headers).status_code == 401
    assert get(app, path, headers=TOKEN).status_code == 200
    assert get(app, "/with/locked/metadata").status_code == 200


def test_a_failing_server_lacks_its_laboratory_alone(app):
    response = get(app, "/with/failing/Observation?patient=pat-aos-gaps")
    assert (response.status_code, error_code(response)) == (503, "laboratory-down")
    assert get(app, "/with/failing/Condition?patient=pat-aos-gaps").status_code == 200


def test_a_slow_server_answers_the_same(app, monkeypatch):
    monkeypatch.setattr(module, "DELAYS_S", {"slow": 0.001})
    assert ids(get(app, "/with/slow/Patient")) == ids(get(app, "/Patient"))


def test_an_unknown_temper_is_a_404(app):
    response = get(app, "/with/angry/Patient")
    assert (response.status_code, error_code(response)) == (404, "unknown-temper")


def test_what_a_call_fetched_is_remembered_under_its_token(app):
    get(app, "/Patient/pat-aos-gaps", headers={"Authorization": "Bearer sandbox.call-2"})
    get(
        app,
        "/with/paged/Condition?patient=pat-aos-gaps",
        headers={"Authorization": "Bearer sandbox.call-2"},
    )
    told = send(app, "GET", "/sandbox/fetched/call-2").json()
    assert told == {"fetched": ["Patient/pat-aos-gaps", "Condition?patient=pat-aos-gaps"]}
    assert send(app, "GET", "/sandbox/fetched/call-3").json() == {"fetched": []}


def test_the_capability_statement_is_valid_and_names_what_can_be_asked(app):
    from fhir.resources.R4B.capabilitystatement import CapabilityStatement

    body = get(app, "/metadata").json()
    CapabilityStatement.model_validate(body)
    kinds = {entry["type"] for entry in body["rest"][0]["resource"]}
    assert {"Patient", "Observation", "Condition", "ServiceRequest"} <= kinds
    for kind in kinds:
        assert get(app, f"/{kind}?_count=1").status_code == 200


def test_a_searchset_is_valid_fhir(app):
    from fhir.resources.R4B.bundle import Bundle

    Bundle.model_validate(get(app, "/Condition?patient=pat-aos-gaps").json())


def test_the_server_is_there_only_with_the_sandbox():
    response = get(make_app(sandbox=False), "/Patient/pat-aos-gaps")
    assert response.status_code == 404
