"""The steps of the work-up: for whom, and which examinations a report shows to be done."""

import pytest

from cards.examinations import Step, done, remaining, without, work_of
from cards.record import Report
from tests.cards.charts import ago, cut, diagnosis
from tests.cards.danish import PATHWAY, dk_chart


def report(text, taken=3, **changes):
    when = None if taken is None else ago(taken)
    return Report(**{"text": text, "reference": "DiagnosticReport/1", "taken": when} | changes)


@pytest.mark.parametrize(
    ("key", "shown", "expected"),
    [
        ("ct_thorax_upper_abdomen", report("CT af thorax og øvre abdomen"), True),
        ("ct_thorax_upper_abdomen", report("CT thorax/abdomen"), True),
        ("ct_thorax_upper_abdomen", report("Uden titel", codes=frozenset({"429864007"})), True),
        ("ct_thorax_upper_abdomen", report("CT thorax"), False),
        ("ct_thorax_abdomen", report("CT af thorax og øvre abdomen"), False),
        ("ct_thorax_abdomen", report("DT thorax och övre buk"), False),
        ("ct_thorax_abdomen", report("CT chest, upper abdomen"), False),
        (
            "ct_thorax_abdomen",
            report("CT thorax + øvre abd.", codes=frozenset({"429864007"})),
            False,
        ),
        ("ct_thorax_abdomen", report("CT thorax/abdomen"), True),
        ("ct_thorax_abdomen", report("CT thorax"), False),
        ("ct_thorax_abdomen", report("Uden titel", codes=frozenset({"429864007"})), True),
        ("ct_thorax_abdomen", report("CT thorax og abdomen", taken=400), False),
        ("ct_thorax_abdomen", report("CT thorax og abdomen", taken=None), False),
        ("mr_brain", report("MR cerebrum"), True),
        ("mr_brain", report("CT cerebrum"), False),
        ("mammography_us", report("Klinisk mammografi"), True),
        ("prostate_palpation", report("Palpation af prostata"), False),
    ],
)
def test_a_report_shows_an_examination_by_code_or_title(key, shown, expected):
    assert (done(key, dk_chart(reports=(shown,))) is not None) is expected


def test_of_two_ct_that_are_called_for_the_wider_is_enough():
    both = (diagnosis("metastasis.brain"), diagnosis("metastasis.bone"))
    told = work_of(dk_chart(*both), PATHWAY.steps, "referral")
    assert remaining(told) == ("biopsy", "ct_thorax_abdomen")
    later = without(work_of(dk_chart(*both), PATHWAY.steps, "workup"), told)
    assert remaining(later) == ("mr_brain", "xray_thorax")
    bone = work_of(dk_chart(both[1]), PATHWAY.steps, "referral")
    assert remaining(bone) == ("biopsy", "ct_thorax_upper_abdomen")


@pytest.mark.parametrize(
    ("title", "left"),
    [
        ("CT af thorax og øvre abdomen", ("mr_brain", "xray_thorax", "ct_thorax_abdomen")),
        ("CT af thorax og abdomen", ("mr_brain", "xray_thorax")),
    ],
)
def test_a_wider_ct_answers_for_the_narrower_and_not_the_reverse(title, left):
    facts = (diagnosis("metastasis.brain"), diagnosis("metastasis.bone"))
    chart = dk_chart(*facts, reports=(report(title),))
    told = work_of(chart, PATHWAY.steps, "referral")
    assert [e.key for w in told for e in w.examined if e.done] == ["ct_thorax_upper_abdomen"]
    assert remaining(without(work_of(chart, PATHWAY.steps, "workup"), told)) == left


def test_the_newest_report_is_named():
    old, new = report("MR cerebrum", taken=60), report("MR af hjerne", taken=3)
    assert done("mr_brain", dk_chart(reports=(old, new))) == new


def test_a_histology_shows_that_a_biopsy_was_taken():
    told = dk_chart(diagnosis("morphology.adenocarcinoma", onset=3))
    assert done("biopsy", told).reference == "Condition/morphology.adenocarcinoma"
    assert done("biopsy", dk_chart(diagnosis("morphology.adenocarcinoma", onset=400))) is None
    assert done("biopsy", dk_chart(reports=(report("Leverbiopsi"),))) is not None


def test_what_reports_that_were_not_read_could_show_is_not_said_to_remain():
    facts = (diagnosis("metastasis.bone"), diagnosis("morphology.adenocarcinoma"))
    chart = dk_chart(*facts, sex="male", sources=cut("diagnosticReports"))
    work = work_of(chart, PATHWAY.steps, "workup")
    assert remaining(work) == ("prostate_palpation", "breast_palpation")
    assert [e.key for w in work for e in w.examined if not e.checked] == ["thyroid_us"]
    entry = work_of(chart, PATHWAY.steps, "referral")
    assert remaining(entry) == ()


def test_the_steps_of_the_brain():
    chart = dk_chart(diagnosis("metastasis.brain"), reports=(report("Røntgen af thorax"),))
    work = work_of(chart, PATHWAY.steps, "workup")
    assert [w.step.row for w in work] == ["D61", "D62", "D63", "D64"]
    assert remaining(work) == ("mr_brain", "ct_thorax_abdomen")


@pytest.mark.parametrize(
    ("sex", "kind", "site", "rows"),
    [
        ("female", "adenocarcinoma", "bone", ["D66", "D68", "D65"]),
        ("male", "adenocarcinoma", "bone", ["D70", "D68", "D65"]),
        ("male", "serous_adenocarcinoma", "peritoneum", ["D70", "D68", "D71", "D65"]),
        ("female", "squamous", "ln_inguinal", ["D72", "D65"]),
        ("male", "squamous", "ln_inguinal", ["D73", "D65"]),
        ("male", "squamous", "bone", ["D65"]),
        (None, "adenocarcinoma", "bone", ["D68", "D65"]),
    ],
)
def test_the_steps_after_histology(sex, kind, site, rows):
    facts = (diagnosis(f"metastasis.{site}"), diagnosis(f"morphology.{kind}"))
    work = work_of(dk_chart(*facts, sex=sex), PATHWAY.steps, "workup")
    assert [w.step.row for w in work] == rows


@pytest.mark.parametrize(
    ("sites", "rows"),
    [
        (("liver",), ["D50", "D55"]),
        (("liver", "bone"), ["D50", "D54", "D55", "D59", "D60"]),
        (("bone",), ["D50", "D54", "D55", "D60"]),
        (("ln_inguinal",), ["D50", "D54", "D55", "D56"]),
        (("brain",), ["D50"]),
        (("csf",), ["D50", "D55"]),
        (("brain", "bone"), ["D50", "D54", "D55", "D60"]),
    ],
)
def test_the_steps_that_stand_with_the_referral(sites, rows):
    chart = dk_chart(*(diagnosis(f"metastasis.{s}") for s in sites))
    assert [w.step.row for w in work_of(chart, PATHWAY.steps, "referral")] == rows


def test_a_step_whose_circumstance_is_unknown_is_left_out():
    step = Step("X", "workup", PATHWAY.criteria["mdt"])
    assert work_of(dk_chart(), (step,), "workup") == ()
