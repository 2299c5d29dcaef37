"""Listed words in a note: at the beginning of a word, and not where they are denied."""

import pytest

from cards.free_text import begins, found, sentences, starts

WORDS = ("adenokarcinom", "lavt differentieret karcinom")


@pytest.mark.parametrize(
    "text",
    [
        "Adenokarcinom",
        "Metastase af ADENOKARCINOM, bryst?",
        "adenokarcinomer",
        "Lavt  differentieret\nkarcinom.",
        "Ingen inflammation i vævet. Adenokarcinom.",
        "Der er ikke tvivl om diagnosen på det foreliggende: adenokarcinom",
    ],
)
def test_a_listed_word_is_found(text):
    assert begins(text, WORDS)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "karcinom",
        "mucoadenokarcinom",
        "Ingen tegn på adenokarcinom",
        "ikke-adenokarcinom",
        "non-adenokarcinom",
        "Adenokarcinom er ikke påvist",
        "Adenokarcinom kan udelukkes",
        "Adenokarcinom afkræftet",
        "No evidence of adenokarcinom",
    ],
)
def test_a_word_that_is_denied_or_not_there_is_not_found(text):
    assert not begins(text, WORDS)


def test_the_sentence_is_given_on_one_line():
    text = "Normal milt.\nTo fokale\nforandringer; adenokarcinom  mistænkes. Intet andet!"
    assert list(found(text, WORDS)) == ["adenokarcinom mistænkes"]


def test_a_decimal_does_not_end_a_sentence():
    assert sentences("Proces på 2.5 cm. Slut") == ["Proces på 2.5 cm", "Slut"]


def test_only_the_beginning_of_an_endless_text_is_read():
    assert not begins("x " * 20_000 + "adenokarcinom", WORDS)


def test_a_title_denies_nothing():
    assert starts("CT thorax og abdomen uden kontrast", ["ct"])
    assert not begins("CT thorax uden kontrast", ["ct"])
    assert not starts("PET/HCT", ["ct"])
    assert not starts("", ["ct"])
