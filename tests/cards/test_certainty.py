"""How sure a conclusion is of a word: stated, held possible, or denied, in three languages."""

import pytest

from cards.certainty import states

WORDS = (
    "adenokarcinom",
    "adenocarcinom",
    "lavt differentieret karcinom",
    "planocellulært karcinom",
)


@pytest.mark.parametrize(
    "text",
    [
        "Adenokarcinom",
        "Metastase af adenokarcinom.",
        "Forenligt med adenokarcinom",
        "Förenligt med adenocarcinom",
        "Consistent with adenocarcinoma",
        "Fundene er forenelige med metastase fra adenokarcinom",
        "Biopsi fra metastasesuspekt proces: metastase af adenokarcinom",
        "Klinisk mistanke om lymfom. Histologisk: adenokarcinom.",
        "Adenokarcinom, primærtumor formentlig mammae. Anden mulighed: lunge?",
        "Adenokarcinom, muligvis fra mamma",
        "Adenocarcinoma, most likely of pancreatic origin",
        "Adenokarcinom, sandsynligvis udgået fra ovarie",
        "Adenokarcinom (formentlig mamma)",
        "Adenokarcinom af ukendt udgangspunkt",
        "Adenocarcinom med oklart ursprung",
        "Lavt diff. adenokarcinom",
        "Der ses adenokarcinom med levertilvæxt",
        "Immunprofilen taler for primær i colon. Adenokarcinom.",
        "Diagnose:\nAdenokarcinom",
        "Klinisk: obs. metastase\n\nDiagnose: Adenokarcinom",
        "Lever, biopsi: Adenokarcinom. DD vedr. udgangspunkt: mamma, lunge.",
        "Adenocarcinoma. No evidence of lymphoma.",
        "Adenokarcinom hvor immunprofilen taler for udgangspunkt i colon",
        "Differentialdiagnoser:\n- Lymfom\n\nKonklusion: Adenokarcinom",
        "Differentialdiagnoser:\n- Lymfom\nKonklusion: Adenokarcinom",
        "Considerable necrosis in adenocarcinoma",
        "Adenocarcinoma could be demonstrated",
        "Adenokarcinom, PET-CT overvejes",
        "Obs! Adenokarcinom",
        "Kliniske oplysninger: udbredt sygdom. Mikroskopi: adenokarcinom.",
        "Kliniska uppgifter:\n- viktnedgång\nDiagnos: adenocarcinom",
        "Ingen tegn på lymfom eller småcellet karcinom, men derimod adenokarcinom",
    ],
)
def test_a_word_that_is_stated(text):
    assert states(text, WORDS) is True


@pytest.mark.parametrize(
    "text",
    [
        "DD: adenokarcinom",
        "DD adenokarcinom",
        "d.d. adenokarcinom",
        "Diff.diagn.: adenokarcinom",
        "Diff. diagnose adenokarcinom",
        "Differentialdiagnose: lymfom, melanom, sarkom, planocellulært karcinom, adenokarcinom",
        "Differentialdiagnoser:\n- lymfom\n- adenokarcinom",
        "Differentialdiagnoser:\n1. Lymfom\n2. Adenokarcinom",
        "Differentialdiagnoser:\n\n- Lymfom\n- Adenokarcinom",
        "Adenokarcinom overvejes",
        "Det overvejes, om der er tale om et adenokarcinom",
        "Adenocarcinom övervägs",
        "Adenokarcinom kan ikke udelukkes",
        "Adenokarcinom kan ikke med sikkerhed udelukkes",
        "Man kan ikke udelukke adenokarcinom",
        "Adenokarcinom er ikke udelukket",
        "Adenocarcinom kan inte uteslutas",
        "Kan inte helt utesluta adenocarcinom",
        "Adenocarcinoma cannot be excluded",
        "Adenocarcinoma cannot be ruled out",
        "Cannot rule out adenocarcinoma",
        "Adenocarcinoma is not excluded",
        "Rule out adenocarcinoma",
        "r/o adenocarcinoma",
        "Mistanke om adenokarcinom",
        "Misstanke om adenocarcinom",
        "Misstänkt adenocarcinom",
        "Suspicious for adenocarcinoma",
        "Suspected adenocarcinoma",
        "Adenokarcinom?",
        "Adenokarcinom ?",
        "Adenokarcinom (?)",
        "?Adenokarcinom",
        "Konklusion: ? adenokarcinom",
        "Adenokarcinom??",
        "Muligvis adenokarcinom",
        "Möjligen adenocarcinom",
        "Possibly adenocarcinoma",
        "Obs. adenokarcinom",
        "Obs adenocarcinom",
        "Evt. adenokarcinom",
        "Ev. adenocarcinom",
        "Sandsynligvis adenokarcinom",
        "Sannolikt adenocarcinom",
        "Troligen adenocarcinom",
        "Formentlig adenokarcinom",
        "Probable adenocarcinoma",
        "Likely adenocarcinoma",
        "Adenocarcinoma is likely",
        "Favours adenocarcinoma",
        "Suggestive of adenocarcinoma",
        "Tyder på adenokarcinom",
        "Fundene taler for adenokarcinom",
        "Talar för adenocarcinom",
        "Kan være adenokarcinom",
        "Kan være forenligt med adenokarcinom",
        "Kan vara förenligt med adenocarcinom",
        "Skulle kunna vara adenocarcinom",
        "Could represent adenocarcinoma",
        "May be adenocarcinoma",
        "Adenokarcinom eller planocellulært karcinom",
        "Planocellulært karcinom eller adenokarcinom",
        "Adenocarcinoma versus mesothelioma",
        "Adenocarcinoma vs. mesothelioma",
        "Der er tale om adenokarcinom eller mesoteliom",
        "Frågeställning: adenocarcinom",
        "Frågeställning adenocarcinom",
        "Spørgsmål om adenokarcinom",
        "Måske adenokarcinom",
        "Kanske adenocarcinom",
        "Differential diagnosis includes adenocarcinoma",
        "Adenokarcinom, herunder metastase fra mamma, kan ikke udelukkes",
        "Adenokarcinom mistænkes",
        "Kan adenokarcinom udelukkes?",
        "Inger misstanke om adenocarcinom",
        "Adenokarcinom ikke udelukket",
        "Differentialdiagnoser:\nLymfom\nAdenokarcinom",
        "Mistanke om:\n- adenokarcinom",
        "Adenokarcinom, DD mesoteliom",
        "Adenocarcinoma, lymphoma not ruled out",
        "Uden at kunne udelukke adenokarcinom",
        "Patienten kan have et adenokarcinom",
        "Billedet kunne tale for adenokarcinom",
        "Foreløbig diagnose: adenokarcinom",
        "Preliminär diagnos: adenocarcinom",
        "Tentative diagnosis: adenocarcinoma",
        "Kliniske oplysninger: adenokarcinom i colon",
        "Kliniska uppgifter:\n- adenocarcinom i kolon",
    ],
)
def test_a_word_that_is_held_possible_is_not_known(text):
    assert states(text, WORDS) is None


@pytest.mark.parametrize(
    "text",
    [
        "Ingen tegn på adenokarcinom",
        "Ikke adenokarcinom",
        "Adenokarcinom er ikke påvist",
        "Adenokarcinom kan udelukkes",
        "Ingen tegn på lymfom, småcellet karcinom eller adenokarcinom.",
        "Der er hverken lymfom eller adenokarcinom.",
        "Næppe adenokarcinom.",
        "Adenocarcinoma is unlikely.",
        "No evidence of adenocarcinoma",
        "Adenocarcinoma was ruled out",
        "Adenocarcinom utesluts",
        "Inga tecken till adenocarcinom",
        "Lymfom",
    ],
)
def test_a_word_that_is_denied_or_not_there(text):
    assert states(text, WORDS) is False


def test_what_is_stated_once_is_stated():
    assert states("Adenokarcinom overvejes. Efter immunfarvning: adenokarcinom.", WORDS) is True
    assert states("Ikke adenokarcinom i lever. Obs. adenokarcinom i lunge.", WORDS) is None


def test_only_the_beginning_of_an_endless_text_is_read():
    assert states("x " * 20_000 + "adenokarcinom", WORDS) is False
