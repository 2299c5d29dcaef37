"""The facts behind an advice, in words."""

import msgspec
import pytest

from cards.evidence import (
    active_cancers,
    day,
    diagnosis_text,
    earlier_cancers,
    facts,
    must_be_read,
    named,
    plain_value,
    result_text,
    slot_day,
    slot_notes,
    slot_value,
    temperature_text,
    unclear_cancers,
    weight_text,
)
from cards.panel import Rules, SlotStatus
from cards.record import Coded, Diagnosis, Measure, Reason, Result, Value
from cards.words import WORDS
from tests.cards import build
from tests.cards.shown import (
    CountWords,
    MeasureWords,
    ResultWords,
    card,
    cards,
    lesion,
    partly,
    situation,
)

SV, EN = WORDS["sv"], WORDS["en"]
HB = Value(121.0, None, "g/L", "121")


def measured(kind, *pairs):
    """Give a record with vital signs: (value, days ago)."""
    words = [MeasureWords(kind=kind, value=v, taken=f"-{days} d") for v, days in pairs]
    return situation(measures=words).chart.record


def test_a_result_has_its_value_unit_and_date():
    taken = situation(results=[ResultWords(test="hb", value="121 g/L")]).chart.slots["hb"].results
    assert result_text(taken[0], SV) == "Hb 121 g/L (2026-02-25)"
    assert result_text(Result("hb", "final", value=HB), SV) == "Hb 121 g/L (utan datum)"


def test_a_diagnosis_is_called_as_in_the_record_with_the_day_it_began():
    diagnosis = Diagnosis(frozenset({"x"}), "present", "Trött *mycket*")
    assert diagnosis_text(diagnosis, EN) == (f"Trött \\*mycket\\* ({EN.say('phrase', 'undated')})")
    assert day(None, SV) == "utan datum"


@pytest.mark.parametrize(
    ("text", "codes", "concepts", "expected"),
    [
        ("C50.1", ["C50.1"], {"organ.breast", "malignancy.primary"}, "bröstcancer"),
        ("", [], {"weight_loss"}, "viktnedgång"),
        ("Tumör", ["C50.1"], {"organ.breast"}, "Tumör"),
        ("E11.9", ["E11.9"], set(), "E11.9"),
        ("C76.1", ["C76.1"], {"malignancy.primary"}, "C76.1"),
    ],
)
def test_a_bare_code_is_said_by_the_name_of_what_it_means(text, codes, concepts, expected):
    coded = tuple(Coded("urn:x", c) for c in codes)
    assert named(Diagnosis(frozenset(concepts), "present", text, codings=coded), SV) == expected


def test_a_slot_shows_its_value_its_day_and_its_notes():
    result = Result("hb", "final", value=HB)
    slot = SlotStatus("hb", "answered", (result,), notes=(Reason("issuedTime"), Reason("old", "x")))
    assert slot_value(slot, SV) == "121 g/L"
    assert slot_day(slot) == ""
    assert slot_day(SlotStatus("hb", "missing")) == ""
    assert slot_notes(slot, SV) == SV.reason(Reason("issuedTime"))


@pytest.mark.parametrize("status", ["pending", "unreadable", "missing", "not-checked", "ask"])
def test_a_slot_without_an_answer_shows_no_value(status):
    slot = SlotStatus("hb", status, (Result("hb", "final", value=HB),))
    assert slot_value(slot, SV) == ""


def test_a_computed_value_is_marked():
    slot = SlotStatus("calcium", "answered", computed=Value(2.81, None, "mmol/L", "2.81"))
    assert plain_value(slot, SV) == "2,81 mmol/L (beräknat)"


def test_a_urine_strip_names_its_components():
    strip = situation(
        results=[
            ResultWords(test=test, value="negativ")
            for test in ("loinc|20454-5", "loinc|5794-3", "loinc|5802-4")
        ]
    )
    text = plain_value(strip.chart.slots["u_dipstick"], SV)
    assert sorted(text.split(", ")) == ["hemoglobin negativ", "nitrit negativ", "protein negativ"]


def test_the_two_light_chains_stand_beside_each_other():
    chains = situation(
        results=[
            ResultWords(test="flc_kappa", value="12.5 mg/L"),
            ResultWords(test="flc_lambda", value="14 mg/L"),
        ]
    )
    assert (
        plain_value(chains.chart.slots["light_chains"], SV)
        == "fri kappa 12,5 mg/L, fri lambda 14 mg/L"
    )


def test_weight_is_said_with_its_change_over_the_last_year():
    record = measured("weight", (80, 300), (76, 100), (72, 2))
    text = weight_text(record, SV)
    assert "80 kg (2025-05-06)" in text
    assert "72 kg (2026-02-28)" in text
    assert "−8 kg (−10 %)" in text
    assert "+4 kg (+5%)" in weight_text(measured("weight", (80, 30), (84, 2)), EN)


@pytest.mark.parametrize("pairs", [[], [(80, 10)], [(80, 10), (80, 2)], [(90, 400), (80, 2)]])
def test_weight_says_nothing_without_a_change_within_the_year(pairs):
    assert weight_text(measured("weight", *pairs), SV) is None


def test_a_weight_of_nothing_is_no_weight():
    record = measured("weight", (80, 10))
    (one,) = record.measures
    zero = Measure("weight", 0.0, one.taken)
    older = msgspec.structs.replace(record, measures=(zero, one))
    assert weight_text(older, SV) is None


def test_fever_is_said_with_its_top_and_its_days():
    text = temperature_text(measured("temperature", (38.4, 20), (39.1, 10), (37.5, 2)), SV)
    assert "39,1 °C (2026-02-20)" in text
    assert "2" in text.split(":")[-1]


@pytest.mark.parametrize("pairs", [[], [(37.9, 2)], [(39, 200)]])
def test_without_a_recent_fever_nothing_is_said(pairs):
    assert temperature_text(measured("temperature", *pairs), SV) is None


def test_a_note_says_nothing_of_the_members_of_a_resource():
    slot = SlotStatus("hb", "unreadable", notes=(Reason("malformed", "valueQuantity"),))
    assert slot_notes(slot, SV) == "gick inte att läsa"


def test_contacts_and_prescriptions_are_counted_by_half_years():
    many = situation(
        contacts=CountWords(recent=9, before=2), medications=CountWords(recent=3, before=0)
    )
    assert [*facts(many.chart, SV)] == [
        SV.say("phrase", "contacts", recent=9, before=2),
        SV.say("phrase", "medications", recent=3, before=0),
    ]
    assert [*facts(situation().chart, SV)] == []


@pytest.mark.parametrize(
    ("recent", "before", "shown"), [(0, 1, False), (1, 0, False), (3, 2, False), (4, 2, True)]
)
@pytest.mark.parametrize("what", ["contacts", "medications"])
def test_contacts_and_prescriptions_are_facts_only_where_they_rose(what, recent, before, shown):
    counts = CountWords(recent=recent, before=before)
    text = SV.say("phrase", what, recent=recent, before=before)
    assert [*facts(situation(**{what: counts}).chart, SV)] == ([text] if shown else [])
    limited = Rules(**{f"{what}_increase_factor": 2.0})
    assert [*facts(situation(**{what: counts}, rules=limited).chart, SV)] == [text]
    assert [*facts(situation(rules=limited).chart, SV)] == []


def test_a_list_that_was_not_read_to_its_end_is_not_counted_as_whole():
    held = [build.encounter(id=f"e{n}") for n in range(2)]
    some = situation(keys={"encounters": partly(*held, key="encounters")})
    (text,) = facts(some.chart, SV)
    assert text.endswith(SV.say("phrase", "notRead"))


def test_cancers_are_parted_into_present_and_earlier():
    record = situation(
        conditions=[
            lesion("organ.breast"),
            lesion("organ.lung", status="resolved"),
            lesion("organ.ovary", status="remission"),
            lesion("fatigue"),
        ]
    ).chart.record
    assert [d.reference for d in active_cancers(record)] == ["Condition/c0"]
    assert [d.reference for d in earlier_cancers(record)] == ["Condition/c1", "Condition/c2"]


def test_a_cancer_found_in_two_ways_is_said_once():
    record = situation(conditions=[lesion("organ.lung", status="resolved")]).chart.record
    both = frozenset({"organ.lung", "malignancy.primary"})
    (one,) = record.diagnoses
    twice = msgspec.structs.replace(one, concepts=both)
    record = msgspec.structs.replace(record, diagnoses=(twice,))
    assert earlier_cancers(record) == (twice,)


def test_cancers_of_which_nobody_can_tell_are_neither_present_nor_earlier():
    odd = [lesion("organ.breast", status="odd"), lesion("organ.lung", status="odd", text="Lunga")]
    record = situation(conditions=[*odd, lesion("metastasis.liver", status="odd")]).chart.record
    assert [d.reference for d in unclear_cancers(record)] == ["Condition/c0", "Condition/c1"]
    assert active_cancers(record) == earlier_cancers(record) == ()


def reported(number, **changes):
    return build.diagnostic_report(id=f"r{number}", code={"text": f"R{number}"}, **changes)


def test_examinations_are_those_of_the_last_year_the_newest_first_and_no_laboratory():
    record = build.record_of(
        reported(1, effectiveDateTime="2025-03-02"),
        reported(2, effectiveDateTime="2025-03-01"),
        reported(3, effectiveDateTime="2026-02-01", category=[build.concept(None, "PAT")]),
        reported(4, effectiveDateTime="2026-02-28"),
        reported(5, effectiveDateTime=None),
        reported(6, category=[build.concept(None, "LAB")]),
        reported(7, category=None),
        reported(8, category=[build.concept(None, "LAB"), build.concept("urn:local", "PAT")]),
    )
    assert [r.text for r in record.studies()] == ["R4", "R3", "R1", "R5"]


@pytest.mark.parametrize(
    ("slot", "values", "read"),
    [
        ("s_protein_profile", ["normal"], True),
        ("hb", [HB], False),
        ("u_dipstick", ["negativ", "Neg.", "0", "normal"], False),
        ("u_dipstick", ["negativ", "1+"], True),
        ("u_dipstick", ["utan anmärkning"], True),
        ("u_dipstick", [], False),
    ],
)
def test_an_answer_must_be_read_where_it_is_in_words_or_a_strip_is_not_negative(slot, values, read):
    answers = [v if isinstance(v, Value) else Value(shown=v) for v in values]
    results = tuple(Result(slot, "final", value=v) for v in answers)
    assert must_be_read(SlotStatus(slot, "answered", results)) is read
    assert must_be_read(SlotStatus(slot, "stale", results)) is False


def test_a_computed_value_is_not_to_be_read():
    computed = Value(2.81, None, "mmol/L", "2.81")
    found = (Result("ca_total", "final", value=Value(shown="se svar")),)
    assert must_be_read(SlotStatus("calcium", "answered", found, computed=computed)) is False


@pytest.mark.parametrize("status", ["preliminary", "registered"])
def test_the_value_of_a_result_that_is_not_final_is_nowhere_on_the_cards(status):
    waiting = ResultWords(test="b12", value="987 pmol/L", status=status)
    odd = ResultWords(test="folate", value="654 furlong")
    given = situation(conditions=["weight_loss"], results=[waiting, odd])
    for language in WORDS:
        text = str(cards(given, language))
        assert "987" not in text
        shown = card(given, "aosMissing", language)
        panel = {e["slot"]: e for e in shown["extension"]["vidare.assessment"]["panel"]}
        assert panel["b12"]["status"] == "pending"
        assert panel["folate"]["status"] == "unreadable"
        assert not {"value", "unit"} & (panel["b12"].keys() | panel["folate"].keys())


def test_an_answer_from_another_test_than_the_slots_own_is_named():
    ionised = situation(results=[ResultWords(test="ca_ionised", value="1.24 mmol/L")])
    text = plain_value(ionised.chart.slots["calcium"], SV)
    assert text == f"{SV.slot('ca_ionised')}: 1,24 mmol/L"
    urine = situation(results=[ResultWords(test="u_protein_profile", value="Inget fynd")])
    text = plain_value(urine.chart.slots["light_chains"], SV)
    assert text == f"{SV.slot('u_protein_profile')}: Inget fynd"
    own = situation(results=[ResultWords(test="hb", value="121 g/L")])
    assert plain_value(own.chart.slots["hb"], SV) == "121 g/L"
    old = situation(results=[ResultWords(test="ca_ionised", value="1.24 mmol/L", taken="-45 d")])
    assert plain_value(old.chart.slots["calcium"], SV).endswith("1,24 mmol/L")
    waiting = ResultWords(test="ca_ionised", value="1.24 mmol/L", status="preliminary")
    assert plain_value(situation(results=[waiting]).chart.slots["calcium"], SV) == ""
