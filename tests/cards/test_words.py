"""The words of a language: reasons, values, units and numbers as people write them."""

import pytest

from cards.record import Reason, Value
from cards.words import WORDS, Words

SV, DA, EN = (WORDS[language] for language in ("sv", "da", "en"))


def test_a_text_is_filled():
    assert Words("en", {"t": {"k": "a {n}"}}).say("t", "k", n=3) == "a 3"


def test_a_text_that_is_not_there_is_an_error():
    with pytest.raises(KeyError):
        SV.say("summary", "noSuchTopic")
    assert not SV.has("summary", "noSuchTopic")


@pytest.mark.parametrize("brace", ["{x}", "{", "}", "{0.__class__}", "%s"])
def test_a_text_of_the_record_is_never_a_template(brace):
    assert brace in SV.reason(Reason("unknownUnit", brace))


def test_a_reason_has_its_detail():
    assert SV.reason(Reason("old", "2026-01-30")) == "senaste svar 2026-01-30"


@pytest.mark.parametrize("language", ["sv", "da", "en"])
def test_a_reason_without_detail_does_not_show_the_hole(language):
    words = WORDS[language]
    for key in words.tables["reason"]:
        if key in {"sourceIncomplete", "stripIncomplete", "malformed"}:
            continue
        text = words.reason(Reason(key))
        assert "–" not in text, text
        assert not text.endswith((" ", ":", "(", "()")), text


def test_sources_and_strip_parts_in_a_reason_are_translated():
    both = Reason("sourceIncomplete", "observations, diagnosticReports")
    assert SV.reason(both) == "kunde inte läsas helt: laboratoriesvar, utlåtanden"
    assert "leukocyter" in SV.reason(Reason("stripIncomplete", "leukocytes, ph"))


def test_a_slot_is_named_short_in_summaries_and_whole_in_tables():
    assert SV.slot("b12") == "B12"
    assert SV.slot("b12", short=False) == "P-Kobalamin (B12)"
    assert SV.slot("light_chains", short=False) == "fria lätta kedjor"
    assert SV.slot("calcium") == "kalcium"
    assert SV.slot("calcium", short=False) == SV.tables["slot"]["calcium"]


def test_a_criterion_is_named_by_its_text_or_by_its_concept():
    assert SV.criterion("adult") == "18 år eller äldre"
    assert SV.criterion("weight_loss") == SV.concept("weight_loss")


@pytest.mark.parametrize(
    ("words", "value", "shown"),
    [
        (SV, Value(2.81, None, "mmol/L", "2.81"), "2,81 mmol/L"),
        (DA, Value(2.81, None, "mmol/L", "2.81"), "2,81 mmol/L"),
        (EN, Value(2.81, None, "mmol/L", "2.81"), "2.81 mmol/L"),
        (SV, Value(0.3, "<", "ug/L", "<0.3"), "<0,3 µg/L"),
        (SV, Value(1.10, None, "mmol/L", "1.10"), "1,10 mmol/L"),
        (SV, Value(None, None, "mg/L", "12.5 / 14.1"), "12,5 / 14,1 mg/L"),
        (SV, Value(shown="se v. 2.1"), "se v. 2.1"),
        (SV, Value(shown="→"), "se utlåtandet"),
        (SV, None, ""),
    ],
)
def test_a_value_has_the_decimal_sign_of_the_language(words, value, shown):
    assert words.value(value) == shown


def test_a_computed_calcium_names_its_parts_in_the_decimals_of_the_language():
    reason = Reason("computedCalcium", "2.58 / 30")
    assert "(2,58 / 30)" in SV.reason(reason)
    assert "(2.58 / 30)" in EN.reason(reason)


@pytest.mark.parametrize(
    ("detail", "shown"),
    [
        ("11.8", "11,8"),
        ("<0.25", "<0,25"),
        ("2.1 enh/L", "2,1 enh/L"),
        ("11 x10.9/L", "11 x10.9/L"),
        ("12", "12"),
    ],
)
def test_a_number_without_a_known_unit_has_the_decimal_sign_of_the_language(detail, shown):
    for key in ("noUnit", "unknownUnit"):
        assert f"({shown})" in SV.reason(Reason(key, detail))
        assert f"({shown})" in WORDS["da"].reason(Reason(key, detail))
        assert f"({detail})" in EN.reason(Reason(key, detail))


@pytest.mark.parametrize(
    ("ucum", "shown"),
    [
        ("10*9/L", "10⁹/L"),
        ("10*3/uL", "10³/µL"),
        ("ug/L", "µg/L"),
        ("umol/L", "µmol/L"),
        ("ukat/L", "µkat/L"),
        ("g/L", "g/L"),
        ("U/L", "U/L"),
        ("mL/min/{1.73_m2}", "mL/min/1,73 m²"),
        ("m[IU]/L", "mIE/L"),
    ],
)
def test_a_unit_is_written_as_people_write_it(ucum, shown):
    assert SV.unit(ucum) == shown


def test_the_international_unit_has_the_letters_of_the_language():
    assert EN.unit("m[IU]/L") == "mIU/L"


def test_a_square_metre_has_the_decimal_sign_of_the_language():
    assert EN.unit("mL/min/{1.73_m2}") == "mL/min/1.73 m²"


def test_a_number_has_at_most_one_decimal():
    assert [SV.number(n) for n in (71.0, 71.25, 9.96)] == ["71", "71,2", "10"]
    assert EN.number(71.25) == "71.2"
