"""service.markup: HTML that is only ours."""

import tomllib

from service.markup import page, rendered, table, title_of
from tests.service.asking import ROOT


def test_html_in_markdown_is_shown_and_not_obeyed():
    html = rendered("# A\n\n<script>x</script>\n\n| a |\n|---|\n| <b>b</b> |\n")
    assert "<script>" not in html
    assert "<b>" not in html
    assert "<table>" in html


def test_a_page_escapes_its_title_and_its_path():
    text = page("<t>", "<p>kept</p>", "en", '/"><x>')
    assert "<title>&lt;t&gt;</title>" in text
    assert "<p>kept</p>" in text
    assert "<x>" not in text


def test_a_title_is_the_first_heading():
    assert title_of("\n# AOS: rules\n\n## more\n") == "AOS: rules"


def test_a_table_escapes_its_head():
    assert "<th>&lt;</th>" in table(("<",), [("<code>x</code>",)])


def test_every_language_has_the_same_words():
    tables = tomllib.loads((ROOT / "service" / "templates" / "words.toml").read_text())
    assert set(tables) == {"sv", "da", "en"}
    assert len({frozenset(words) for words in tables.values()}) == 1
    assert all(text.strip() for words in tables.values() for text in words.values())
