"""service.firing: a hook as an EHR would fire it."""

from datetime import timedelta

import pytest
import requests

from service.firing import Fired, NotReached, fire

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


@pytest.mark.parametrize("url", ["nowhere", "ftp://cds.example", "http://"])
def test_no_answer_is_said_in_a_sentence(url):
    with pytest.raises(NotReached, match="gave no answer"):
        fire(url, b"{}", None)
