import pytest

from cards.decoding import decode
from cards.terminology import TERMS, CodeUse
from cards.values import holds_answer, read_value
from tests.cards.build import as_json, concept, observation, quantity

LONG = "x" * 300


def value_of(analyte="hb", **members):
    """Give (number or shown, state, reason id) of an Observation with these members alone."""
    sent = {**observation(analyte), "valueQuantity": None, "valueString": None, **members}
    raw = as_json({k: v for k, v in sent.items() if v is not None})
    use = CodeUse(analyte=analyte, use="accept")
    value, state, reason = read_value(TERMS.analyte(analyte), use, decode(raw, "Observation"))
    told = value and (value.shown if value.number is None else value.number)
    return told, state, reason and reason.id


def unreadable(reason):
    return None, "unreadable", reason


@pytest.mark.parametrize(
    ("given", "found"),
    [
        (quantity(121, "g/L"), (121, "final", None)),
        (quantity(0, "g/L"), (0, "final", None)),
        (quantity(121, "g/L", comparator=">"), (121, "final", None)),
        (quantity(121, unit="g/L"), (121, "final", None)),
        (quantity(121, code=" g/L ", system=None), (121, "final", None)),
        (
            quantity(121, code="g/L", unit="gram per liter", system="http://unitsofmeasure.org"),
            (121, "final", None),
        ),
        (quantity(121, code="1234", unit="g/L", system="urn:local"), (121, "final", None)),
        (quantity(121), unreadable("noUnit")),
        (quantity(121, unit=" "), unreadable("noUnit")),
        (quantity(121, code="g/L", system="urn:local"), unreadable("noUnit")),
        (quantity(121, unit="bananas"), unreadable("unknownUnit")),
        (quantity(121, unit=LONG), unreadable("unknownUnit")),
        (
            quantity(121, code="ng/L", unit="g/L", system="http://unitsofmeasure.org"),
            unreadable("unknownUnit"),
        ),
        (
            quantity(121, code="g/L", unit="g/dL", system="http://unitsofmeasure.org"),
            unreadable("contradictoryUnits"),
        ),
        (quantity(None, "g/L"), unreadable("noValue")),
        (quantity(-1, "g/L"), unreadable("malformed")),
        (quantity(1e13, "g/L"), unreadable("malformed")),
        (quantity(121, "g/L", comparator="ad"), unreadable("malformed")),
    ],
)
def test_a_number_counts_with_a_unit_that_we_know(given, found):
    assert value_of(valueQuantity=given) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("121 g/L", (121, "final", None)),
        ("12,1 g/dL", (12.1, "final", None)),
        ("≥ 121 g/L", (121, "final", None)),
        ("0,005 g/L", (0.005, "final", None)),
        ("121", unreadable("noUnit")),
        ("121 bananas", unreadable("unknownUnit")),
        ("1,234 g/L", unreadable("notANumber")),
        ("1.234 g/L", unreadable("notANumber")),
        ("-5 g/L", unreadable("notANumber")),
        ("٥ g/L", unreadable("notANumber")),
        ("high", unreadable("notANumber")),
        (" ", unreadable("noValue")),
        ("Svar följer", unreadable("noValue")),
        ("Makulerad", (None, "void", "cancelled")),
        ("Aflyst", (None, "void", "cancelled")),
        ("P-Hb ej utförd", (None, "void", "cancelled")),
    ],
)
def test_a_number_in_a_text_counts_only_where_it_can_mean_one_thing(text, found):
    assert value_of(valueString=text) == found


@pytest.mark.parametrize(
    ("members", "found"),
    [
        ({"valueInteger": 121}, unreadable("noUnit")),
        ({"valueBoolean": True}, unreadable("notANumber")),
        ({"valueCodeableConcept": {"text": "high"}}, unreadable("notANumber")),
        ({"valueCodeableConcept": {"text": "Makulerad"}}, (None, "void", "cancelled")),
        ({"valueRange": {"low": quantity(1, "g/L")}}, unreadable("notANumber")),
        ({"valueQuantity": quantity(1, "g/L"), "valueString": "1"}, unreadable("twoValues")),
        (
            {"valueQuantity": quantity(1, "g/L"), "dataAbsentReason": concept(None, "error")},
            unreadable("valueAndAbsent"),
        ),
        ({"dataAbsentReason": concept(None, "not-performed")}, (None, "void", "absent")),
        ({"dataAbsentReason": {"text": LONG}}, (None, "void", "absent")),
        ({"dataAbsentReason": concept(None, "as-text")}, unreadable("answerInNote")),
        ({"dataAbsentReason": concept(None, "masked")}, unreadable("absent")),
        ({}, unreadable("noValue")),
        ({"note": [{"text": "Provet hemolyserat, 121"}]}, unreadable("answerInNote")),
        ({"note": [{"text": "Makulerad: hemolys"}]}, (None, "void", "cancelled")),
        (
            {"note": [{}], "hasMember": [{"reference": "Observation/1"}]},
            unreadable("membersNotSent"),
        ),
    ],
)
def test_what_is_no_number_is_told_from_what_was_not_done(members, found):
    assert value_of(**members) == found


@pytest.mark.parametrize(
    ("analyte", "members", "found"),
    [
        (
            "s_protein_profile",
            {"valueString": "Ingen M-komponent"},
            ("Ingen M-komponent", "final", None),
        ),
        (
            "s_protein_profile",
            {"valueString": "Ingen M-komponent; immunfixation ej utförd"},
            ("Ingen M-komponent; immunfixation ej utförd", "final", None),
        ),
        ("s_protein_profile", {"valueString": "Ej utförd"}, (None, "void", "cancelled")),
        ("s_protein_profile", {"valueString": "Se bilaga"}, unreadable("answerInNote")),
        ("s_protein_profile", {"valueString": "-"}, unreadable("answerInNote")),
        ("s_protein_profile", {"valueString": " "}, unreadable("noValue")),
        (
            "s_protein_profile",
            {"valueCodeableConcept": concept("s", "260385009")},
            ("260385009", "final", None),
        ),
        ("s_protein_profile", {"valueCodeableConcept": {}}, unreadable("noValue")),
        ("s_protein_profile", {"valueQuantity": quantity(5, "g/L")}, (5, "final", None)),
        ("s_protein_profile", {"valueQuantity": quantity(5)}, unreadable("noUnit")),
        ("s_protein_profile", {"valueQuantity": quantity(None, "g/L")}, unreadable("noValue")),
        ("s_protein_profile", {"valueQuantity": quantity(-5, "g/L")}, unreadable("malformed")),
        ("s_protein_profile", {"valueInteger": 5}, unreadable("notWords")),
        ("s_protein_profile", {"valueBoolean": True}, unreadable("notWords")),
        ("u_dipstick", {"valueQuantity": quantity(1)}, (1, "final", None)),
        ("u_dipstick", {"valueInteger": 2}, ("2", "final", None)),
        ("u_dipstick", {"valueBoolean": False}, ("false", "final", None)),
        ("u_dipstick", {"valueString": "-"}, ("-", "final", None)),
        ("u_dipstick", {"valueString": "neg"}, ("neg", "final", None)),
        ("u_dipstick", {"valueString": "?"}, unreadable("answerInNote")),
        ("u_dipstick", {"valueDateTime": "2026-02-25"}, unreadable("notWords")),
    ],
)
def test_an_answer_in_words_is_words(analyte, members, found):
    assert value_of(analyte, **members) == found


@pytest.mark.parametrize(
    ("members", "answers"),
    [
        ({"valueQuantity": quantity(5, "g/L")}, True),
        ({"valueQuantity": quantity(5)}, False),
        ({"valueQuantity": quantity(-5, "g/L")}, False),
        ({"valueString": "neg"}, True),
        ({"valueString": "Aflyst"}, False),
        ({"valueCodeableConcept": {"text": "neg"}}, True),
        ({"valueBoolean": False}, True),
        ({"valueBoolean": False, "valueString": "neg"}, False),
        ({"valueString": "neg", "dataAbsentReason": concept(None, "error")}, False),
        ({"valueString": "neg", "issued": 5}, False),
        ({}, False),
    ],
)
def test_a_panels_member_is_an_answer_only_with_one_value_of_its_own(members, answers):
    sent = {k: v for k, v in observation().items() if k != "valueQuantity"} | members
    assert holds_answer(decode(as_json(sent), "Observation")) is answers


def test_a_reason_repeats_no_long_text():
    use = CodeUse(analyte="hb", use="accept")
    sent = decode(as_json(observation(valueQuantity=quantity(1, unit=LONG))), "Observation")
    reason = read_value(TERMS.analyte("hb"), use, sent)[2]
    assert len(reason.detail) == 200
    assert reason.detail.endswith("…")
