"""service.headers: what every answer tells browsers."""

import pytest

from service.headers import NOTHING
from tests.service.asking import JSON, PATIENT_VIEW, make_app, send

ASKED = [
    ("GET", "/"),
    ("GET", "/docs"),
    ("GET", "/openapi.json"),
    ("GET", "/cds-services"),
    ("POST", PATIENT_VIEW),
    ("GET", "/health/live"),
    ("GET", "/nothing"),
    ("DELETE", "/cds-services"),
]


@pytest.mark.parametrize(("method", "path"), ASKED)
def test_every_answer_says_what_browsers_may_not_do(method, path):
    headers = send(make_app(), method, path, content=b"{", headers=JSON).headers
    assert headers["content-security-policy"].startswith(NOTHING)
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cross-origin-resource-policy"] == "same-origin"
    assert "strict-transport-security" not in headers


def test_a_refused_preflight_says_so_as_well():
    asked = {"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"}
    response = send(make_app(), "OPTIONS", PATIENT_VIEW, headers=asked)
    assert response.headers["x-content-type-options"] == "nosniff"


def test_whoever_comes_over_tls_is_told_to_keep_to_it():
    app = make_app(public_url="https://vidare.region.example", allow_insecure=True)
    assert "max-age=" in send(app, "GET", "/").headers["strict-transport-security"]
