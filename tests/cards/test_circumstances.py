"""The leaves of the Danish criteria: each met, not met and unknown."""

import pytest

from cards.circumstances import (
    bone_agreement,
    histology,
    in_contact,
    known_cancer,
    located,
    negated,
    plurality,
    rising,
    sex,
    solitary,
    subtype,
    suspected,
    younger_than,
)
from cards.record import Coded, Report, Stay
from tests.cards.charts import ago, cut, diagnosis, month, result
from tests.cards.danish import dk_chart

WHERE = {"section": "2.2"}


def met(criterion, *facts, **about):
    return criterion.judge(dk_chart(*facts, **about)).met


@pytest.mark.parametrize(
    ("recorded", "answer"), [("male", True), ("female", False), ("other", None), (None, None)]
)
def test_sex(recorded, answer):
    assert met(sex("male", **WHERE), sex=recorded) is answer


@pytest.mark.parametrize(
    ("birth", "answer"),
    [(ago(54 * 365), True), (ago(56 * 366), False), (month(1971, 3), None), (None, None)],
)
def test_age(birth, answer):
    assert met(younger_than(55, **WHERE), birth=birth) is answer


LIVER = located("in_liver", "liver", **WHERE)


@pytest.mark.parametrize(
    ("facts", "about", "answer"),
    [
        ((diagnosis("metastasis.liver"),), {}, True),
        ((diagnosis("metastasis.bone"),), {}, False),
        ((diagnosis("metastasis.liver", onset=400),), {}, False),
        ((diagnosis("metastasis.liver", "metastasis.lung"),), {}, None),
        ((diagnosis("metastasis.liver", presence="uncertain"),), {}, None),
        ((), {"sources": cut("conditions")}, None),
    ],
)
def test_a_site(facts, about, answer):
    assert met(LIVER, *facts, **about) is answer


def test_a_site_that_is_open_names_its_evidence():
    finding = LIVER.judge(dk_chart(diagnosis("metastasis.liver", "metastasis.lung")))
    assert (finding.met, finding.evidence) == (
        None,
        ("Condition/metastasis.liver-metastasis.lung",),
    )


@pytest.mark.parametrize(
    ("fact", "suspicion", "known"),
    [
        (diagnosis("organ.lung", suspected=True), True, False),
        (diagnosis("organ.lung"), False, True),
        (diagnosis("organ.lung", presence="past"), False, False),
        (diagnosis("organ.lung", presence="uncertain"), None, None),
        (diagnosis("organ.lung", suspected=True, onset=900), False, False),
    ],
)
def test_a_cancer_is_suspected_or_known(fact, suspicion, known):
    assert met(suspected("x", "organ.", **WHERE), fact) is suspicion
    assert met(known_cancer("x", "organ.", **WHERE), fact) is known


SEROUS = subtype("serous_adenocarcinoma", of="adenocarcinoma", **WHERE)
ADENO = histology("adenocarcinoma", **WHERE)


@pytest.mark.parametrize(
    ("facts", "about", "adeno", "serous"),
    [
        ((diagnosis("morphology.adenocarcinoma"),), {}, True, None),
        ((diagnosis("morphology.serous_adenocarcinoma"),), {}, False, True),
        ((diagnosis("morphology.squamous"),), {}, False, False),
        ((diagnosis("morphology.adenocarcinoma", onset=400),), {}, False, False),
        ((diagnosis("morphology.adenocarcinoma", presence="uncertain"),), {}, None, False),
        ((), {"sources": cut("diagnosticReports")}, None, None),
    ],
)
def test_histology(facts, about, adeno, serous):
    assert met(ADENO, *facts, **about) is adeno
    assert met(SEROUS, *facts, **about) is serous


# -- one or several ------------------------------------------------------------------------------


def liver(text="", **changes):
    return diagnosis("metastasis.liver", remark=text, **changes)


def reported(conclusion, taken=3):
    return {"reports": (Report("CT abdomen", "DiagnosticReport/1", ago(taken), conclusion),)}


@pytest.mark.parametrize(
    ("facts", "about", "answer"),
    [
        ((liver("Solitær proces"),), {}, True),
        ((liver("Multiple processer"),), {}, False),
        ((liver("Solitær proces"), liver("Multiple", onset=400)), {}, True),
        ((liver("Ikke solitær"),), {}, None),
        ((liver("Solitær proces. Multiple noduli i lungerne."),), {}, None),
        ((liver("Proces på 3 cm"),), {}, None),
        ((liver("Solitær proces"), liver("multiple")), {}, None),
        ((liver(text="", codings=(Coded("x", "y", "Solitary lesion"),)),), {}, True),
        ((liver(),), reported("Solitær proces i leveren."), True),
        ((liver(),), reported("Solitær proces i leveren.", taken=400), None),
        ((liver(),), reported("Solitær proces i milten. Leveren normal."), None),
        ((liver(),), reported("Solitær cyste i leveren."), None),
        ((liver(),), reported("Talrige levermetastaser."), False),
        ((), {}, None),
    ],
)
def test_one_process_or_several_in_the_liver(facts, about, answer):
    assert met(solitary("liver", **WHERE), *facts, **about) is answer


def test_the_words_that_were_read_are_kept_with_where_they_stand():
    chart = dk_chart(liver("Solitær proces"), **reported("Talrige forandringer i leveren."))
    told = plurality(chart, "liver")
    assert told.solitary is None
    assert told.read == (
        ("Condition/metastasis.liver", "Solitær proces"),
        ("DiagnosticReport/1", "Talrige forandringer i leveren"),
    )


# -- contacts ------------------------------------------------------------------------------------


def stay(**changes):
    return Stay(**{"department": "neurology", "name": "N", "sure": True} | changes)


NEUROLOGY = in_contact("neurology", **WHERE)


@pytest.mark.parametrize(
    ("stays", "answer"),
    [
        ((), False),
        ((stay(),), True),
        ((stay(department="other"),), False),
        ((stay(sure=False),), None),
        ((stay(sure=False, ended=ago(30)),), None),
        ((stay(sure=False, ended=ago(31)),), False),
        ((stay(sure=False, ended=ago(31), reference="Encounter/e1"),), True),
    ],
)
def test_contact_with_a_department(stays, answer):
    assert met(NEUROLOGY, stays=stays, encounter="e1") is answer


def test_contacts_that_were_not_read_are_unknown():
    assert met(NEUROLOGY, sources=cut("encounters")) is None
    assert met(NEUROLOGY, stays=(stay(),), sources=cut("encounters")) is True


def test_a_local_agreement_and_its_absence():
    agreed = bone_agreement(**WHERE)
    assert met(agreed, bone_agreement="Ortopædkirurgi") is True
    assert met(agreed) is False
    assert met(negated(agreed, id="none")) is True
    assert met(negated(sex("male", **WHERE), id="x"), sex=None) is None


# -- rising --------------------------------------------------------------------------------------


def afp(value, taken=2, unit="ug/L", **changes):
    return result("afp", value, unit, taken=taken, **changes)


@pytest.mark.parametrize(
    ("facts", "about", "answer"),
    [
        ((afp(6.0), afp(3.0, taken=90)), {}, True),
        ((afp(3.0), afp(6.0, taken=90)), {}, False),
        ((afp(3.0), afp(3.0, taken=90)), {}, False),
        ((afp(3.0),), {}, False),
        ((afp(3.0),), {"sources": cut("observations")}, None),
        ((), {}, None),
        ((afp(6.0, taken=60), afp(3.0, taken=90)), {}, None),
        ((afp(6.0, unit="k[IU]/L"), afp(3.0, taken=90)), {}, None),
        ((afp(6.0), afp(9.0, taken=50, unit="k[IU]/L"), afp(3.0, taken=90)), {}, None),
        ((afp(6.0), afp(3.0, taken=90), diagnosis("pregnancy")), {}, None),
        ((afp(6.0), afp(3.0, taken=90, state="unreadable")), {}, False),
        ((afp(6.0, judged=False), afp(3.0, taken=90)), {}, False),
    ],
)
def test_a_marker_rises_in_its_own_unit_only(facts, about, answer):
    assert met(rising("afp", **WHERE), *facts, **about) is answer
