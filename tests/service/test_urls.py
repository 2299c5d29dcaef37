"""service.urls: which URLs may carry patient data, which hosts are this machine's own."""

import pytest

from service.urls import (
    is_base_url,
    is_confidential,
    is_loopback,
    is_origin,
    is_server,
    stays_here,
)


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.8.8.8", "::1"])
def test_this_machine_is_known(host):
    assert is_loopback(host)


OTHERS = ["", "0.0.0.0", "::", "10.0.0.1", "localhost.example", "127.1.evil"]  # noqa: S104


@pytest.mark.parametrize("host", OTHERS)
def test_others_are_not_this_machine(host):
    assert not is_loopback(host)


@pytest.mark.parametrize(
    "url",
    ["https://ehr.example/fhir", "http://127.0.0.1:1/x", "http://[::1]/x", "http://localhost"],
)
def test_what_is_encrypted_or_stays_here_is_confidential(url):
    assert is_confidential(url)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "ehr.example",
        "http://ehr.example/fhir",
        "http://127.0.0.1.evil.example/",
        "http://localhost@evil.example/",
        "https://user:word@ehr.example/",
        "ftp://ehr.example",
        "https://",
        "https://ehr.example:0/",
        "https://ehr.example:x/",
        "https://[x",
        "https://ehr .example",
        "https://ehr.example/\n",
        "file:///etc/passwd",
    ],
)
def test_what_others_could_read_is_not(url):
    assert not is_confidential(url)


def test_a_base_url_has_nothing_after_its_path():
    assert is_base_url("https://x.example/cds")
    for url in ("https://x.example/", "https://x.example?a", "https://x.example#a", "x.example"):
        assert not is_base_url(url)


def test_a_fhir_server_has_a_plain_path():
    assert is_server("https://ehr.example/fhir/R4/")
    for path in ("?x=1", "#x", "/a/../fhir", "/a//b", "/a\\b", "/%2e%2e"):
        assert not is_server(f"https://ehr.example{path}")
    assert not is_server("ehr.example")


def test_a_url_of_this_machine_stays_here():
    assert stays_here("http://127.0.0.1:8000")
    assert not stays_here("https://vidare.example")
    assert not stays_here("localhost")


def test_an_origin_is_what_a_browser_sends():
    assert is_origin("https://ehr.example")
    assert is_origin("http://localhost:8080")
    for origin in (
        "*",
        "null",
        "https://*.example",
        "https://EHR.example",
        "https://ehr.example/x",
    ):
        assert not is_origin(origin)
