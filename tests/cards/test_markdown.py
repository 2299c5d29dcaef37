"""Markdown that no text of a record can break out of."""

import re
from html import unescape

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from cards.markdown import bullets, escape, fitted, shortened, table

MARKUP = st.text(
    st.sampled_from("ab1 .-+*_`[](){}<>|\\/:&;#!~@=\"'$^\n\r\t\x00\u200b\u2028w") | st.characters()
)
HTML = MarkdownIt("gfm-like", {"html": True, "linkify": False})


def rendered(markdown):
    """Give the HTML that a client makes which lets HTML through, as the reference sandbox does."""
    return HTML.render(markdown)


@settings(deadline=None)
@given(MARKUP)
@example("<img src=x onerror=alert(1)>")
@example("[click](javascript:alert(1))")
@example("![x](https://evil.example/x.png)")
@example("<!-- comment")
@example("a\n\n# heading\n\n- list\n\n```code")
@example("a | b | c")
@example("\\|")
@example("\\<b>")
@example("&lt;b&gt;")
@example("https://evil.example WWW.evil.example a@evil.example")
@example("---")
@example("1) x")
@example("2. x")
@example("+ x")
def test_a_text_is_shown_as_it_is_and_obeyed_by_nobody(text):
    html = rendered(escape(text))
    assert re.sub(r"</?p>", "", html).count("<") == 0, html
    shown = unescape(re.sub(r"</?p>", "", html)).strip().replace("\u2060", "")
    flat = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    whole = flat.replace("\u2060", "")
    assert shown == whole or (shown.endswith("…") and whole.startswith(shown[:-1].rstrip()))


@settings(deadline=None)
@given(MARKUP, MARKUP)
def test_a_cell_never_becomes_two(one, other):
    html = rendered(table(["a", "b"], [["x", "y"], [escape(one) or "-", escape(other) or "-"]]))
    assert html.count("<td>") == 4
    assert html.count("<tr>") == 3


@settings(deadline=None)
@given(MARKUP)
def test_a_bullet_stays_one_bullet(text):
    html = rendered(bullets([f"x {escape(text)}", escape(text) or "y", "z"]))
    assert html.count("<li>") == 3


@pytest.mark.parametrize(
    "address", ["https://evil.example/x", "HTTP://evil.example", "www.evil.example", "WWW.evil.se"]
)
def test_an_address_comes_apart_for_clients_that_make_links_of_the_shown_text(address):
    text = unescape(escape(f"see {address} now"))
    assert not re.search(r"(https?://|www\.)\w", text, re.IGNORECASE)
    assert address in text.replace("\u2060", "")


def test_a_mail_address_comes_apart_as_well():
    text = unescape(escape("write to a@evil.example"))
    assert not re.search(r"@[\w-]", text)


def test_an_ordinary_text_is_left_alone():
    assert escape("Misstänkta levermetastaser, 3,5 cm (DT)") == (
        "Misstänkta levermetastaser, 3,5 cm (DT)"
    )
    assert escape("2.5 mmol/L") == "2.5 mmol/L"


def test_a_text_is_cut_before_it_is_escaped():
    assert escape("<" * 500) == "&lt;" * 159 + "…"
    assert escape("a" * 160) == "a" * 160


def test_empty_columns_are_left_out_and_rows_stay_in_line():
    given = table(["a", "b", "c"], [["1", "", "2"], ["3", "", ""]])
    assert given == "| a | c |\n| --- | --- |\n| 1 | 2 |\n| 3 |  |"


def test_bullets_are_a_list():
    assert bullets(["a", "b"]) == "- a\n- b"
    assert bullets([]) == ""


@settings(deadline=None)
@given(
    st.text(max_size=60),
    st.lists(st.text(min_size=1, max_size=30), max_size=9),
    st.integers(10, 150),
)
def test_a_list_is_cut_to_the_limit_between_its_items(prefix, items, limit):
    text = fitted(prefix, items, limit)
    assert len(text) <= limit
    assert text == prefix + ", ".join(items) or text.endswith("…")


def test_a_list_that_is_cut_says_so():
    assert fitted("lacks: ", ["one", "two", "three"], 18) == "lacks: one, two, …"
    assert fitted("lacks: ", ["one", "two"], 100) == "lacks: one, two"
    assert fitted("lacks: ", ["one-and-a-very-long-one", "two"], 14) == "lacks: …"
    assert fitted("a prefix too long: ", ["one"], 12) == "a prefix…"


def test_a_sentence_is_cut_between_words():
    assert shortened("one two three", 13) == "one two three"
    assert shortened("one two, three", 12) == "one two…"
    assert shortened("onetwothree", 5) == "onet…"
