"""service.pages: what people read."""

import base64
import hashlib
import re

import pytest

from cards.pathways import PATHWAYS
from tests.service.asking import error_code, make_app, send

PAGES = ["/", "/docs", "/pathways", *(f"/pathways/{id_}" for id_ in PATHWAYS)]


@pytest.fixture(scope="module")
def app():
    return make_app(public_url="https://vidare.region.example", allow_insecure=True)


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("language", ["sv", "da", "en"])
def test_every_page_exists_in_every_language(app, path, language):
    response = send(app, "GET", path, params={"language": language})
    assert response.status_code == 200
    assert response.headers["content-language"] == language
    assert f'<html lang="{language}">' in response.text
    assert "$" not in response.text


@pytest.mark.parametrize("path", PAGES)
def test_no_page_loads_anything_from_elsewhere(app, path):
    response = send(app, "GET", path)
    assert not re.search(r"<(script|link|img|iframe)|url\(|@import", response.text)
    policy = response.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy


@pytest.mark.parametrize("path", PAGES)
def test_the_policy_allows_the_style_sheet_of_the_page_and_no_other(app, path):
    response = send(app, "GET", path)
    (style,) = re.findall(r"<style>(.*?)</style>", response.text, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert f"style-src 'sha256-{digest}'" in response.headers["content-security-policy"]
    assert not re.search(r"style=|\son\w+=", response.text)


def test_the_reader_may_choose_by_header(app):
    response = send(app, "GET", "/", headers={"Accept-Language": "da"})
    assert response.headers["content-language"] == "da"


def test_the_home_page_names_services_pathways_and_the_address(app):
    text = send(app, "GET", "/").text
    assert "svf-patient-view" in text
    assert "svf-order-sign" in text
    assert "https://vidare.region.example/cds-services" in text
    for id_ in PATHWAYS:
        assert f'href="/pathways/{id_}?language=sv"' in text


def test_the_home_page_leads_to_the_sandbox_where_it_is_served(app):
    assert 'href="/sandbox/?language=sv"' in send(make_app(), "GET", "/").text
    assert "/sandbox/" not in send(app, "GET", "/").text


def test_every_link_inside_leads_somewhere(app):
    for path in PAGES:
        for target in re.findall(r'href="(/[^"]*)"', send(app, "GET", path).text):
            assert send(app, "GET", target).status_code == 200, target


def test_programs_get_the_pathways_as_json(app):
    headers = {"Accept": "application/json"}
    listed = send(app, "GET", "/pathways", headers=headers).json()["pathways"]
    assert [entry["id"] for entry in listed] == list(PATHWAYS)
    for entry in listed:
        page = send(app, "GET", f"/pathways/{entry['id']}?language=en", headers=headers).json()
        assert page["language"] == "en"
        assert page["markdown"].lstrip().startswith("#")
        assert page["title"]


def test_an_unknown_pathway_is_a_404(app):
    response = send(app, "GET", "/pathways/x")
    assert (response.status_code, error_code(response)) == (404, "unknown-pathway")


@pytest.mark.parametrize("path", PAGES)
def test_an_unknown_language_is_a_400(app, path):
    response = send(app, "GET", path, params={"language": "nb"})
    assert (response.status_code, error_code(response)) == (400, "bad-parameter")


def test_the_documentation_names_every_route(app):
    text = send(app, "GET", "/docs").text
    for path in send(app, "GET", "/openapi.json").json()["paths"]:
        assert path in text
