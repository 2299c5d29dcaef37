"""service.paging: where the next page may be."""

import httpx
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from cards.source import Page, Unusable
from service.paging import onward

BASE = httpx.URL("https://ehr.example/fhir")
HERE = httpx.URL("https://ehr.example/fhir/Observation?patient=p1&_count=500")


def after(link, base=BASE):
    return onward(Page(more=True, next=link), HERE, base)


@pytest.mark.parametrize(
    ("link", "url"),
    [
        (
            "https://ehr.example/fhir/Observation?page=2",
            "https://ehr.example/fhir/Observation?page=2",
        ),
        ("https://EHR.example:443/fhir?_getpages=x", "https://ehr.example/fhir?_getpages=x"),
        ("?page=2", "https://ehr.example/fhir/Observation?page=2"),
        ("/fhir/pages/2", "https://ehr.example/fhir/pages/2"),
        ("https://ehr.example/fhir/a%2Fb?c=%7C", "https://ehr.example/fhir/a%2Fb?c=%7C"),
    ],
)
def test_a_link_under_the_base_is_followed(link, url):
    assert str(after(link)) == url


def test_without_a_link_there_is_no_next_page():
    assert onward(Page(), HERE, BASE) is None


@pytest.mark.parametrize(
    "link",
    [
        "https://ehr.example/fhirx",
        "https://ehr.example/",
        "../admin",
        "https://ehr.example/fhir/%2e%2e/admin",
        "https://ehr.example/fhir/..\\admin",
        "https://ehr.example/fhir/..%5cadmin",
        "https://user@ehr.example/fhir/x",
        "https://ehr.example.evil.example/fhir/x",
        "ftp://ehr.example/fhir/x",
        "https://[/fhir",
    ],
)
def test_a_link_out_of_the_base_is_refused(link):
    with pytest.raises(Unusable) as caught:
        after(link)
    assert caught.value.reason == "ehrElsewhere"


def test_a_base_at_the_root_takes_every_path_of_its_origin():
    assert after("https://ehr.example/x", httpx.URL("https://ehr.example")) is not None


steps = st.sampled_from(
    ["https://", "http://", "ehr.example", "evil.example", "/fhir", "/", "//", "..", "%2e", "@",
     ":", "443", "?", "#", "\\", "%5c", "%2f", "\t", "\n", "é", "[", "]", "x"]
)  # fmt: skip


@given(st.lists(steps, max_size=12).map("".join) | st.text())
@example("https://ehr.example/fhir/%252e%252e/admin")
def test_whatever_a_link_says_only_the_base_is_asked(link):
    try:
        url = after(link)
    except Unusable:
        return
    assert (url.scheme, url.host, url.port, url.userinfo) == ("https", "ehr.example", None, b"")
    assert url.path == "/fhir" or url.path.startswith("/fhir/")
    assert ".." not in url.path.split("/")
