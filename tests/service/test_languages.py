"""service.languages: whose wish decides the words."""

import pytest

from service.languages import choose_language


@pytest.mark.parametrize(
    ("header", "language"),
    [
        (None, "sv"),
        ("", "sv"),
        ("en", "en"),
        ("en-GB,en;q=0.9", "en"),
        ("da-DK, sv;q=0.5", "da"),
        ("sv;q=0.5, da;q=0.7", "da"),
        ("fr, de;q=0.9", "sv"),
        ("fr, en;q=0.1", "en"),
        ("*", "sv"),
        ("EN", "en"),
        ("en;q=0", "sv"),
        ("en;q=2", "sv"),
        ("en;q=nan", "sv"),
        ("en;q=", "sv"),
        ("en;level=1;q=0.8, da;q=0.9", "da"),
        ("da, en", "da"),
        (";;,,=", "sv"),
    ],
)
def test_the_reader_prefers_a_language(header, language):
    assert choose_language("SE", header, None) == language


def test_the_country_decides_where_nobody_else_does():
    assert choose_language("DK", None, None) == "da"


def test_a_language_fixed_for_the_client_wins():
    assert choose_language("SE", "en", "da") == "da"
