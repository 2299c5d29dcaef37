"""The Danish drafts: addressed to the target, reasons in SKS, examinations with what to know."""

import pytest

from cards.advice import Advice
from cards.danish_referral import PERFORMERS, SKS_DIAGNOSES, addressed, examination_order
from cards.referral import Form, checked
from cards.routing import TARGETS
from cards.terminology import TERMS
from cards.words import WORDS
from tests.cards import build
from tests.cards.charts import diagnosis
from tests.cards.danish import dk_chart, judged, man, metastasis, shown


def drafts(found, topic="dkRoute", **manner):
    """Give every resource that a card proposes to create."""
    return [
        a["resource"]
        for c in shown(found, **manner)
        if c["source"]["topic"]["code"] == topic
        for s in c.get("suggestions", ())
        for a in s["actions"]
        if a["type"] == "create"
    ]


def codes(resource):
    return [(c["system"], c["code"]) for r in resource["reasonCode"] for c in r["coding"]]


def test_a_referral_is_a_draft_to_the_department_without_a_date():
    (referral, *_) = drafts(judged(metastasis("DC795")))
    assert checked(referral)
    assert referral["status"] == "draft"
    assert referral["priority"] == "urgent"
    assert referral["performerType"]["coding"][0]["code"] == "306110004"
    assert referral["code"]["coding"][0]["code"] == "pakkeforloeb-metastases"
    assert not [m for m in referral if m.startswith("occurrence")]
    assert "AFD01A" not in str(referral)


@pytest.mark.parametrize(
    ("sks", "code", "performer"),
    [
        ("DC770", "pakkeforloeb-ent-filter", "183544005"),
        ("DC773", "pakkeforloeb-breast", "313186001"),
        ("DC780", "pakkeforloeb-lung", None),
    ],
)
def test_a_referral_elsewhere_bears_its_own_code(sks, code, performer):
    (referral,) = drafts(judged(metastasis(sks)))
    assert referral["code"]["coding"][0]["code"] == code
    given = referral.get("performerType", {"coding": [{"code": None}]})
    assert given["coding"][0]["code"] == performer
    assert checked(referral)


def test_the_reason_is_given_in_sks_also_where_the_record_holds_none():
    coded = build.concept(build.SNOMED, "94381002")
    (referral, *_) = drafts(judged(metastasis(code=coded)))
    assert codes(referral) == [(build.SNOMED, "94381002"), (SKS_DIAGNOSES, "DC787")]


def test_an_sks_code_of_the_record_is_kept_and_not_doubled():
    (referral, *_) = drafts(judged(metastasis("DC787")))
    assert codes(referral) == [(SKS_DIAGNOSES, "DC787")]


def test_an_open_place_gets_no_sks_code_of_ours():
    who = build.concept(TERMS.system_uri("icd10_who"), "C79.3")
    (referral, *_) = drafts(judged(metastasis(code=who)))
    assert codes(referral) == [(TERMS.system_uri("icd10_who"), "C79.3")]


def test_what_is_undecided_offers_every_way_and_recommends_none():
    found = judged(metastasis("DC793"))
    (card, *_) = shown(found)
    assert len(card["suggestions"]) == 2
    assert not any(s.get("isRecommended") for s in card["suggestions"])


def test_a_gap_proposes_the_medical_department_and_does_not_recommend_it():
    (card, *_) = shown(judged(metastasis("DC797")))
    referral = card["suggestions"][0]
    assert "isRecommended" not in referral
    performer = referral["actions"][0]["resource"]["performerType"]
    assert performer["coding"][0]["code"] == "306110004"


def test_ct_says_what_is_known_against_contrast():
    allergy = build.resource(
        "AllergyIntolerance",
        {"id": "a", "code": {"text": "Jodholdigt kontraststof"}, "patient": build.MINE},
        {},
    )
    creatinine = build.observation("creatinine", 138, "umol/L")
    ct = drafts(judged(metastasis("DC795"), creatinine, allergy))[-1]
    notes = [n["text"] for n in ct["note"]]
    assert any("Jodholdigt" in n for n in notes)
    assert any("138" in n for n in notes)
    assert ct["category"][0]["coding"][0]["code"] == "363679005"
    assert checked(ct)
    bare = drafts(judged(metastasis("DC795")))[-1]
    assert "intet eGFR" in bare["note"][0]["text"]


def test_the_examinations_after_histology_are_ordered_the_ones_by_hand_are_not():
    histology = build.condition(
        id="h", code=build.concept(build.SNOMED, "35917007"), onsetDateTime=build.RECENT
    )
    orders = drafts(judged(metastasis("DC795"), histology), "dkWorkup")
    assert len(orders) == 3
    assert all(checked(o) for o in orders)
    alone = shown(judged(metastasis("DC795"), histology), one_action=True)
    (card,) = [c for c in alone if c["source"]["topic"]["code"] == "dkWorkup"]
    assert [len(s["actions"]) for s in card["suggestions"]] == [1, 1, 1]


def test_what_an_operation_would_make_needless_is_offered_apart_and_not_recommended():
    brain = judged(man(), metastasis(code=build.concept(build.SNOMED, "94225005")))
    (card,) = [c for c in shown(brain) if c["source"]["topic"]["code"] == "dkWorkup"]
    mri, rest = card["suggestions"]
    assert mri["isRecommended"]
    assert "isRecommended" not in rest
    assert rest["label"] == WORDS["da"].say("label", "examineUnlessOperated", count=2)
    one_each = shown(brain, one_action=True)
    (card,) = [c for c in one_each if c["source"]["topic"]["code"] == "dkWorkup"]
    assert [len(s["actions"]) for s in card["suggestions"]] == [1, 1, 1]
    assert (
        card["suggestions"][2]["label"] == "Hvis der ikke opereres: bestil CT af thorax og abdomen"
    )


@pytest.mark.parametrize("language", ["sv", "da", "en"])
def test_every_draft_is_valid_in_every_language(language):
    found = judged(man(), metastasis(), metastasis("DC780"), metastasis("DC793"))
    for topic in ("dkRoute", "dkMarkers"):
        for each in drafts(found, topic, language=language):
            assert checked(each)


def test_performers_are_of_targets():
    assert set(PERFORMERS) <= set(TARGETS)


def test_a_referral_without_a_finding_keeps_the_reasons_it_had():
    advice = Advice("dkRoute", "metastases-dk", "warning")
    plain = {"resourceType": "ServiceRequest", "reasonCode": [{"text": "som skrevet"}]}
    body = addressed(plain, "neurology", advice, dk_chart(), WORDS["da"], Form())
    assert body["reasonCode"] == plain["reasonCode"]


def test_an_order_points_at_no_metastasis_that_has_no_address():
    chart = dk_chart(diagnosis("metastasis.bone", reference=None))
    order = examination_order("ct_thorax_upper_abdomen", chart, WORDS["da"], Form(), "o1")
    assert "reasonReference" not in order
    assert "intet eGFR" in order["note"][0]["text"]
