"""Where a metastasis lies: codes narrow one another; an open class alone never decides."""

import pytest

from cards.places import hypotheses, metastases, names, places_of, questions
from cards.terminology import TERMS
from tests.cards import build
from tests.cards.charts import chart, diagnosis

SKS = "urn:oid:1.2.208.176.2.4.12"
WHO = TERMS.system_uri("icd10_who")


def metastasis(*codes, site_map=None):
    """Give the diagnosis of a Condition with the codings "system|code"."""
    coding = [dict(zip(("system", "code"), c.split("|"), strict=True)) for c in codes]
    record = build.record_of(
        build.condition(code={"coding": coding}, onsetDateTime=build.RECENT),
        the_call=build.call(site_map=site_map or {}),
    )
    (found,) = record.diagnoses
    return found


def places(*codes, **options):
    return {p.removeprefix("metastasis.") for p in places_of(metastasis(*codes, **options))}


@pytest.mark.parametrize("code", ["DC786B", "DC78.6B", "dc786b"])
def test_dc786b_is_the_peritoneum_in_every_spelling(code):
    assert places(f"{SKS}|{code}") == {"peritoneum"}


@pytest.mark.parametrize(
    ("codes", "expected"),
    [
        ((f"{SKS}|DC787",), {"liver"}),
        ((f"{WHO}|C78.7",), {"liver"}),
        ((f"{build.SNOMED}|94381002",), {"liver"}),
        ((f"{SKS}|DC786",), {"ln_retroperitoneal", "peritoneum"}),
        ((f"{WHO}|C79.3",), {"brain", "csf"}),
        ((f"{WHO}|C79.3", f"{build.SNOMED}|94225005"), {"brain"}),
        ((f"{WHO}|C78.7", f"{build.SNOMED}|128462008"), {"liver"}),
        ((f"{WHO}|C79.4",), {"csf", "unspecified"}),
        ((f"{WHO}|C78.7", f"{WHO}|C78.0"), {"liver", "lung"}),
        ((f"{WHO}|C79.9",), {"unspecified"}),
        ((f"{WHO}|C50.9", f"{WHO}|C79.5"), {"bone"}),
    ],
)
def test_codes_narrow_one_another(codes, expected):
    assert places(*codes) == expected


def test_the_site_map_of_the_client_narrows_too():
    mapped = {"urn:local|CSF": "metastasis.csf"}
    assert places("urn:local|CSF", site_map=mapped) == {"csf"}
    assert places(
        "urn:local|LIVER", f"{WHO}|C79.9", site_map={"urn:local|LIVER": "metastasis.liver"}
    ) == {"liver"}


@pytest.mark.parametrize(
    ("codes", "asked"),
    [
        ((f"{SKS}|DC770",), ("neckOrSupraclavicular",)),
        ((f"{WHO}|C77.4",), ("groinOrLeg",)),
        ((f"{WHO}|C78.6",), ("retroperitoneumOrPeritoneum",)),
        ((f"{SKS}|DC793", f"{WHO}|C79.3"), ("brainOrMeninges",)),
        ((f"{WHO}|C79.4",), ("meningesOrOther",)),
        ((f"{SKS}|DC786B",), ()),
        ((f"{WHO}|C77.0", f"{build.SNOMED}|94397007"), ()),
        ((f"{WHO}|C78.7",), ()),
    ],
)
def test_an_open_class_that_stands_alone_is_asked_about(codes, asked):
    assert questions(chart(metastasis(*codes))) == asked


def test_a_chart_with_every_place_told_is_its_own_only_hypothesis():
    known = chart(metastasis(f"{WHO}|C78.7"), diagnosis("fatigue"))
    assert hypotheses(known) == (known,)


def test_every_way_in_which_open_places_lie_is_looked_at():
    open_one = chart(metastasis(f"{WHO}|C79.3"), metastasis(f"{WHO}|C78.6"), diagnosis("fatigue"))
    ways = {
        frozenset(c for d in each.record.diagnoses for c in d.concepts)
        for each in hypotheses(open_one)
    }
    assert ways == {
        frozenset({"fatigue", f"metastasis.{a}", f"metastasis.{b}"})
        for a in ("brain", "csf")
        for b in ("ln_retroperitoneal", "peritoneum")
    }


def test_an_old_metastasis_in_an_open_place_stays_as_it_is():
    old = diagnosis("metastasis.brain", "metastasis.csf", onset=400)
    fresh = metastasis(f"{WHO}|C78.6")
    for way in hypotheses(chart(fresh, old)):
        assert old in way.record.diagnoses


def test_too_many_open_places_are_not_gone_through():
    sites = ("liver", "lung", "bone", "skin", "adrenal")
    many = chart(
        diagnosis(*(f"metastasis.{s}" for s in sites)),
        diagnosis("metastasis.pleura", "metastasis.liver"),
    )
    assert hypotheses(many) == (many,)


def test_old_and_past_metastases_are_not_counted():
    fresh = diagnosis("metastasis.liver")
    found = chart(
        fresh,
        diagnosis("metastasis.bone", onset=400),
        diagnosis("metastasis.lung", presence="past"),
    )
    assert metastases(found) == (fresh,)
    assert names(metastases(found)) == ("metastasis.liver",)
