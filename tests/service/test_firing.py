"""service.firing: a hook as an EHR would fire it."""

import json
from datetime import timedelta

import pytest
import requests

from service.firing import Fired, NotFirable, NotReached, fire, with_server, withholding

URL = "https://cds.example/cds-services/x"


@pytest.fixture
def sent(monkeypatch):
    """Keep what would have been sent, and answer it without a network."""
    kept = []

    def send(_session, request, **options):
        kept.append((request, options))
        response = requests.Response()
        response.status_code = 307
        response._content = b"{}"
        response.headers["Location"] = "https://elsewhere.example/"
        response.elapsed = timedelta(milliseconds=5)
        response.request = request
        response.url = URL
        return response

    monkeypatch.setattr(requests.adapters.HTTPAdapter, "send", send)
    return kept


def test_the_body_is_posted_as_it_is(sent):
    fired = fire(URL, b'{"hook": 1}', "da")
    (request, _) = sent[0]
    assert (request.method, request.url, request.body) == ("POST", URL, b'{"hook": 1}')
    assert request.headers["Content-Type"] == "application/json"
    assert request.headers["Accept-Language"] == "da"
    assert fired == Fired(307, b"{}", pytest.approx(0, abs=1))


def test_a_redirect_is_not_followed(sent):
    fire(URL, b"{}", None)
    assert len(sent) == 1
    assert "Accept-Language" not in sent[0][0].headers


def test_the_token_of_the_ehr_goes_with_the_call(sent):
    fire(URL, b"{}", None)
    fire(URL, b"{}", None, "t")
    assert [r.headers.get("Authorization") for r, _ in sent] == [None, "Bearer t"]


@pytest.mark.parametrize("url", ["nowhere", "ftp://cds.example", "http://"])
def test_an_address_that_is_none_is_said_in_a_sentence(url):
    with pytest.raises(NotReached, match=f"^{url} gave no answer: it is no http or https address"):
        fire(url, b"{}", None)


@pytest.mark.parametrize(
    ("failure", "said"),
    [
        (requests.ConnectTimeout, "it took more than 30 s."),
        (requests.ReadTimeout, "it took more than 30 s."),
        (requests.exceptions.SSLError, "it speaks no TLS, or its certificate is not trusted"),
        (requests.ConnectionError, "nothing listens there, or its name is not known."),
        (requests.exceptions.ChunkedEncodingError, "ChunkedEncodingError."),
    ],
)
def test_no_answer_is_said_in_a_sentence(monkeypatch, failure, said):
    def send(*_, **__):
        raise failure

    monkeypatch.setattr(requests.adapters.HTTPAdapter, "send", send)
    with pytest.raises(NotReached, match="gave no answer: ") as refused:
        fire(URL, b"{}", None)
    assert said in str(refused.value)


REQUEST = {
    "hook": "patient-view",
    "context": {"patientId": "p1", "userId": "Practitioner/d"},
    "prefetch": {"patient": {"resourceType": "Patient", "id": "p1"}, "labs": None},
}
BODY = json.dumps(REQUEST).encode()
SERVER = "https://ehr.example/fhir"
TOKEN = "t0ken"  # noqa: S105 -- opens nothing
TEMPLATES = {
    "patient": "Patient/{{context.patientId}}",
    "labs": "Observation?patient={{context.patientId}}",
    "visit": "Encounter/{{context.encounterId}}",
    "odd": 5,
}
DISCOVERY = {"services": [7, {"id": "y"}, {"id": "x", "prefetch": TEMPLATES}]}


@pytest.fixture
def web(monkeypatch):
    """Answer what is asked from a dictionary of addresses; give it and what was asked."""
    pages = {"https://cds.example/cds-services": DISCOVERY}
    asked = {}

    def send(_session, request, **_):
        asked[request.url] = request.headers.get("Authorization")
        if request.url not in pages:
            raise requests.ConnectionError
        response = requests.Response()
        page = pages[request.url]
        response.status_code = page if isinstance(page, int) else 200
        response._content = page if isinstance(page, bytes) else json.dumps(page).encode()
        response.elapsed = timedelta()
        response.request, response.url = request, request.url
        return response

    monkeypatch.setattr(requests.adapters.HTTPAdapter, "send", send)
    return pages, asked


def test_what_is_withheld_is_not_sent():
    assert json.loads(withholding(BODY, frozenset({"labs"})))["prefetch"] == {
        "patient": REQUEST["prefetch"]["patient"]
    }


def test_nothing_is_withheld_from_a_request_without_data():
    assert json.loads(withholding(b"{}", frozenset({"labs"}))) == {"prefetch": {}}


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"{", "no JSON"),
        (b"[]", "must be a JSON object"),
        (b'{"prefetch": []}', "prefetch must be"),
        (BODY, "no prefetch lab; there are: patient, labs"),
    ],
)
def test_what_makes_no_call_is_said_in_a_sentence(body, said):
    with pytest.raises(NotFirable, match=said):
        withholding(body, frozenset({"lab"}))


def test_the_ehr_reads_what_the_file_lacks_from_its_server_as_the_templates_say(web):
    pages, asked = web
    bundle = {"resourceType": "Bundle"}
    pages[f"{SERVER}/Observation?patient=p1"] = bundle
    bare = withholding(BODY, frozenset({"labs"}))
    fired = json.loads(with_server(bare, URL, f"{SERVER}/", TOKEN))
    assert fired["prefetch"] == REQUEST["prefetch"] | {"labs": bundle}
    assert fired["fhirServer"] == f"{SERVER}/"
    assert fired["fhirAuthorization"]["access_token"] == TOKEN
    assert asked == {
        "https://cds.example/cds-services": None,
        f"{SERVER}/Observation?patient=p1": f"Bearer {TOKEN}",
    }


@pytest.mark.parametrize("answer", [None, 404, b"<html>"])
def test_what_the_server_does_not_answer_is_left_out(web, answer):
    pages, _ = web
    if answer is not None:
        pages[f"{SERVER}/Observation?patient=p1"] = answer
    bare = withholding(BODY, frozenset({"labs"}))
    assert "labs" not in json.loads(with_server(bare, URL, SERVER, ""))["prefetch"]


def test_what_is_withheld_is_not_read_either(web):
    bare = withholding(BODY, frozenset({"labs"}))
    fired = with_server(bare, URL, SERVER, "", frozenset({"labs"}))
    assert "labs" not in json.loads(fired)["prefetch"]
    assert list(web[1]) == ["https://cds.example/cds-services"]


@pytest.mark.parametrize("page", [404, b"<html>", [], {"services": 5}, {"services": []}])
def test_a_service_without_discovery_is_fired_at_with_what_the_file_holds(web, page):
    web[0]["https://cds.example/cds-services"] = page
    assert json.loads(with_server(BODY, URL, SERVER, ""))["prefetch"] == REQUEST["prefetch"]
