"""Histology of pathology reports: by codes first, by listed words, never from what is not final."""

import pytest

from cards.terminology import TERMS
from tests.cards import build
from tests.cards.build import SNOMED, concept, diagnostic_report

PAT = [concept(None, "PAT")]
ICDO3 = TERMS.system_uri("icdo3")


def report(**changes):
    return diagnostic_report(
        **{"category": PAT, "code": {"text": "Patologisvar"}, "conclusion": "Se svar", **changes}
    )


def found(*held):
    """Give the histologies of a record, each with its presence."""
    record = build.record_of(*held)
    return {
        (c, d.presence) for d in record.diagnoses for c in d.concepts if c.startswith("morphology.")
    }


ADENO = {("morphology.adenocarcinoma", "present")}


@pytest.mark.parametrize(
    "changes",
    [
        {"conclusionCode": [concept(SNOMED, "35917007")]},
        {"conclusionCode": [concept(ICDO3, "8140/3")]},
        {"conclusion": "Metastase af adenokarcinom."},
        {"conclusion": "Ingen tegn på lymfom eller småcellet karcinom, men derimod adenokarcinom."},
        {"category": None, "code": {"text": "Biopsi, lever"}, "conclusion": "Adenokarcinom"},
        {"conclusionCode": [concept(SNOMED, "35917007")], "category": [concept(None, "RAD")]},
    ],
)
def test_histology_is_read(changes):
    assert found(report(**changes)) == ADENO


@pytest.mark.parametrize(
    "changes",
    [
        {"status": "preliminary", "conclusion": "Adenokarcinom"},
        {"status": "entered-in-error", "conclusion": "Adenokarcinom"},
        {
            "category": [concept(None, "RAD")],
            "code": {"text": "CT"},
            "conclusion": "Adenokarcinom?",
        },
        {"conclusion": "Ingen tegn på adenokarcinom"},
        {"conclusion": "Ingen tegn på lymfom, småcellet karcinom eller adenokarcinom."},
        {"conclusion": "Der er hverken lymfom eller adenokarcinom."},
        {"conclusion": "Næppe adenokarcinom."},
        {"conclusion": "Adenocarcinoma is unlikely."},
        {"conclusion": None},
    ],
)
def test_no_histology_is_invented(changes):
    assert found(report(**changes)) == set()


@pytest.mark.parametrize(
    "conclusion",
    [
        "DD: adenokarcinom",
        "Adenokarcinom kan ikke udelukkes",
        "Adenokarcinom?",
        "Obs adenokarcinom",
    ],
)
def test_a_possibility_is_a_suspicion_not_a_histology(conclusion):
    assert found(report(conclusion=conclusion)) == {("morphology.adenocarcinoma", "uncertain")}
    (told,) = build.record_of(report(conclusion=conclusion)).diagnoses
    assert told.guessed


def test_of_two_histologies_one_may_be_stated_and_one_possible():
    told = report(conclusion="Adenokarcinom. Neuroendokrin tumor kan ikke udelukkes.")
    assert found(told) == {*ADENO, ("morphology.neuroendocrine", "uncertain")}


def test_codes_go_before_words():
    told = report(conclusionCode=[concept(SNOMED, "28899001")], conclusion="Ikke adenokarcinom")
    assert found(told) == {("morphology.squamous", "present")}


def test_non_small_cell_is_not_small_cell():
    assert found(report(conclusion="Ikke-småcellet karcinom")) == set()
    assert found(report(conclusion="Småcellet karcinom")) == {
        ("morphology.small_cell_anaplastic", "present")
    }


def test_a_report_of_an_unknown_status_is_uncertain():
    assert found(report(status="odd", conclusion="Adenokarcinom")) == {
        ("morphology.adenocarcinoma", "uncertain")
    }


def test_a_report_without_a_date_counts():
    assert found(report(effectiveDateTime=None, conclusion="Adenokarcinom")) == ADENO


def test_a_condition_and_an_observation_state_a_histology_too():
    condition = build.condition(code=concept(SNOMED, "35917007"))
    observation = build.resource(
        "Observation",
        {
            "id": "h",
            "status": "final",
            "code": concept(build.LOINC, "59847-4"),
            "subject": build.MINE,
            "effectiveDateTime": build.RECENT,
            "valueCodeableConcept": concept(ICDO3, "8140/3"),
        },
        {},
    )
    assert found(condition) == found(observation) == ADENO


def test_an_endless_conclusion_is_read_and_shown_in_part():
    record = build.record_of(report(conclusion="Adenokarcinom. " + "Beskrivelse. " * 500))
    (told,) = record.diagnoses
    assert told.text.startswith("Adenokarcinom.")
    assert len(told.text) == 300
