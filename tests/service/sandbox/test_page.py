"""service.sandbox.page: the pages and what they ask the server for."""

import json
import re
import tomllib
from datetime import date

import pytest

from service.sandbox.page import who, words_in
from tests.service.asking import ROOT, error_code, make_app, post, send

STATIC = sorted((ROOT / "service" / "sandbox" / "static").iterdir())
LANGUAGES = ("sv", "da", "en")


@pytest.fixture(scope="module")
def app():
    return make_app()


@pytest.mark.parametrize("path", ["/sandbox/", "/sandbox/connect"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_exists_in_every_language(app, path, language):
    response = send(app, "GET", path, params={"language": language})
    assert response.status_code == 200
    assert response.headers["content-language"] == language
    assert f'<html lang="{language}">' in response.text


@pytest.mark.parametrize("path", ["/sandbox/", "/sandbox/connect"])
def test_a_page_loads_nothing_from_elsewhere_and_runs_no_script_inline(app, path):
    response = send(app, "GET", path)
    policy = response.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    for loaded in re.findall(r'<(?:script|link|img)[^>]*(?:src|href)="([^"]*)"', response.text):
        assert loaded.startswith("/sandbox/static/")
        assert send(app, "GET", loaded).status_code == 200
    for script in re.findall(r"<script([^>]*)>", response.text):
        assert "src=" in script or "application/json" in script


@pytest.mark.parametrize("file", STATIC, ids=lambda f: f.name)
def test_every_static_file_is_served_and_names_no_other_place(app, file):
    assert send(app, "GET", f"/sandbox/static/{file.name}").content == file.read_bytes()
    places = set(re.findall(r"https?://[^\s\"'`)]+", file.read_text("utf-8")))
    assert places <= {"http://www.w3.org/2000/svg"}


def test_every_patient_is_on_the_page_with_what_it_shows(app):
    text = send(app, "GET", "/sandbox/", params={"language": "en"}).text
    folders = [path.parent.name for path in (ROOT / "fhir_examples").glob("*/case.toml")]
    for case in folders:
        assert f'data-case="{case}"' in text
    assert "AOS, results are missing" in text


def test_the_short_way_leads_to_the_page(app):
    response = send(app, "GET", "/sandbox")
    assert (response.status_code, response.headers["location"]) == (307, "/sandbox/")


def test_the_page_follows_the_reader_and_ignores_a_language_that_it_does_not_speak(app):
    danish = send(app, "GET", "/sandbox/?language=nb", headers={"Accept-Language": "da"})
    assert danish.headers["content-language"] == "da"


def test_a_chart_is_given_with_its_story_and_drafts(app):
    chart = send(app, "GET", "/sandbox/charts/aos-gaps").json()
    assert chart["patient"] == "pat-aos-gaps"
    assert set(chart["story"]) == set(LANGUAGES)
    assert chart["drafts"]
    missing = send(app, "GET", "/sandbox/charts/nobody")
    assert (missing.status_code, error_code(missing)) == (404, "unknown-case")


def test_markdown_becomes_html_without_the_html_in_it(app):
    texts = ["**a** <b onclick=x>b</b>", "[x](javascript:alert(1))"]
    html = post(app, "/sandbox/markdown", {"texts": texts}).json()["html"]
    assert "<strong>a</strong>" in html[0]
    assert "<b " not in html[0]
    assert "href" not in html[1]


def test_ones_own_record_is_validated(app):
    path = ROOT / "fhir_examples" / "under-age" / "record.json"
    record = json.loads(path.read_text("utf-8"))
    record["entry"][0]["resource"]["birthDate"] = "yesterday"
    verdicts = post(app, "/sandbox/validate", record).json()["verdicts"]
    assert len(verdicts) >= len(record["entry"])
    assert any("birthDate" in fault for verdict in verdicts for fault in verdict["faults"])
    refused = post(app, "/sandbox/validate", b"no json")
    assert (refused.status_code, error_code(refused)) == (400, "not-a-record")


@pytest.mark.parametrize("path", ["request", "markdown"])
@pytest.mark.parametrize("body", [b"", b"[]", b"\xff", b"[" * 100_000])
def test_a_body_that_the_page_would_not_send_is_refused(app, path, body):
    response = post(app, f"/sandbox/{path}", body)
    assert (response.status_code, error_code(response)) == (400, "bad-request")


def test_the_sandbox_is_there_by_default_on_loopback_alone():
    assert send(make_app(), "GET", "/sandbox/").status_code == 200
    assert send(make_app(sandbox=False), "GET", "/sandbox/").status_code == 404
    away = make_app(host="192.0.2.1", allow_insecure=True)
    assert send(away, "GET", "/sandbox/").status_code == 404


def test_every_word_exists_in_three_languages_with_the_same_places():
    path = ROOT / "service" / "sandbox" / "words.toml"
    for key, said in tomllib.loads(path.read_text("utf-8")).items():
        assert set(said) == set(LANGUAGES), key
        places = {frozenset(re.findall(r"\{\w+\}", text)) for text in said.values()}
        assert len(places) == 1, key
        assert all(text.strip() for text in said.values()), key


def test_every_word_that_a_page_says_exists_and_none_is_unused():
    sources = [*STATIC, *(ROOT / "service" / "sandbox" / "templates").iterdir()]
    text = "".join(source.read_text("utf-8") for source in sources)
    said = set(re.findall(r'\bt\(\s*"(\w+)"', text)) | set(re.findall(r"words\.(\w+)", text))
    known = set(words_in("en"))
    assert said <= known
    families = r"(status|gender|flag|indicator|criterion|member|priority|list|without|patients)_"
    unused = {k for k in known - said if not re.match(families, k) and f'"{k}"' not in text}
    assert not unused


def test_who_a_patient_is_takes_a_few_words():
    words = words_in("en")
    patient = {"resourceType": "Patient", "gender": "male"}
    today = date(2026, 3, 2)
    assert who([{**patient, "birthDate": "2000-03-03"}], today, words) == "man, 25 years"
    assert who([{**patient, "birthDate": "2000-03-02"}], today, words) == "man, 26 years"
    assert who([{**patient, "birthDate": "2000"}], today, words) == "man"
    assert who([], today, words) == ""
