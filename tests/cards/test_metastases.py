"""What is advised in Denmark, where the situations in words leave corners: hooks, data, laws."""

import copy
from datetime import date, timedelta

import pytest

from cards.assessment import MixedCountries, assess
from cards.metastases import PERIOD
from cards.panel import Rules
from cards.pathways import PATHWAYS, of_country
from tests.cards import build
from tests.cards.danish import SKS, judged, man, metastasis, shown, topics

OURS = build.concept(build.OURS, "pakkeforloeb-metastases")


def draft(**changes):
    """Give a referral of ours being signed, with nothing in it."""
    members = {"id": "ref-1", "status": "draft", "code": OURS}
    return build.service_request(**{**members, **changes})


def signing(*held, drafts, **options):
    return judged(*held, hook="order-sign", drafts=drafts, **options)


def test_rules_of_two_countries_are_never_mixed():
    record = build.record_of(metastasis())
    for pathways in (PATHWAYS, {}):
        with pytest.raises(MixedCountries):
            assess(record, pathways, Rules(), "patient-view")


@pytest.mark.parametrize("country", ["SE", "DK"])
def test_a_country_gives_only_cards_of_its_own_pathways(country):
    pathways = of_country(country)
    record = build.record_of(metastasis(), build.condition("weight_loss"))
    found = assess(record, pathways, Rules(), "patient-view")
    assert found.country == country
    assert {a.pathway for a in found.advice} <= set(pathways)
    assert found.advice


# -- order-sign ----------------------------------------------------------------------------------


def test_our_referral_gets_the_day_that_counts_and_is_filled_in():
    found = signing(metastasis("DC795"), drafts=[draft()])
    (advice,) = [a for a in found.advice if a.topic == "dkRoute"]
    assert advice.why == "sign"
    assert advice.latest == build.TODAY + timedelta(days=PERIOD) == date(2026, 3, 9)
    (card,) = [c for c in shown(found) if c["source"]["topic"]["code"] == "dkRoute"]
    (update,) = card["suggestions"]
    assert update["actions"][0]["type"] == "update"
    assert card["extension"]["vidare.assessment"]["route"] == {
        "targets": ["medical_department"],
        "latestFirstAttendance": "2026-03-09",
    }


def test_a_referral_of_ours_that_belongs_elsewhere_is_told_where():
    found = signing(metastasis("DC780"), drafts=[draft()])
    (advice,) = found.advice
    assert (advice.topic, advice.indicator, advice.targets) == ("dkRoute", "warning", ("lung",))
    assert advice.updates == ()
    assert advice.latest is None


def test_a_referral_without_a_recorded_metastasis_still_gets_its_day():
    found = signing(drafts=[draft()])
    assert [(a.topic, a.why) for a in found.advice] == [("dkRoute", "sign")]
    assert shown(found)[0]["extension"]["vidare.assessment"]["route"] == {
        "targets": [],
        "latestFirstAttendance": "2026-03-09",
    }


def test_a_biopsy_being_signed_brings_the_mdt_and_nothing_else():
    order = build.service_request(id="b1", status="draft", code={"text": "UL-vejledt leverbiopsi"})
    assert topics(signing(man(), metastasis(), drafts=[order])) == ["dkMdt"]
    assert topics(signing(man(), metastasis(), metastasis("DC795"), drafts=[order])) == []


def test_a_histology_means_that_the_biopsy_is_taken_and_the_mdt_too_late():
    squamous = build.condition(id="h", code=build.concept(build.SNOMED, "28899001"))
    assert topics(judged(metastasis())) == ["dkRoute", "dkMarkers", "dkMdt"]
    assert "dkMdt" not in topics(judged(metastasis(), squamous))


def test_an_unrelated_order_gets_no_card():
    order = build.service_request("hb", id="x", status="draft")
    assert topics(signing(man(), metastasis(), drafts=[order])) == []


def test_a_known_cancer_is_said_of_our_referral_too():
    known = build.condition("organ.breast", onsetDateTime="2025-06-01")
    found = signing(metastasis("DC795"), known, drafts=[draft()])
    assert [(a.topic, a.why, a.refer, a.updates) for a in found.advice] == [
        ("dkRoute", "known", None, ())
    ]
    order = build.service_request(id="b1", status="draft", code={"text": "Biopsi"})
    assert topics(signing(metastasis("DC795"), known, drafts=[order])) == []


def test_markers_being_signed_with_the_referral_are_not_ordered_again():
    tests = [build.service_request(m, id=f"o-{m}", status="draft") for m in ("psa", "afp", "hcg")]
    found = signing(man(), metastasis("DC795"), drafts=[draft(), *tests])
    assert "dkMarkers" not in topics(found)


# -- an earlier referral -------------------------------------------------------------------------


def sent(**changes):
    return build.service_request(
        **{"id": "old", "code": OURS, "authoredOn": "2026-02-27"} | changes
    )


def test_an_active_referral_is_not_proposed_again_and_its_day_is_told():
    found = judged(metastasis("DC795"), sent())
    (advice,) = found.advice
    assert (advice.topic, advice.latest) == ("duplicate", date(2026, 3, 6))


@pytest.mark.parametrize(
    "changes", [{"authoredOn": None}, {"authoredOn": "2026-02"}, {"status": "completed"}]
)
def test_without_a_day_of_sending_no_day_is_told(changes):
    found = judged(metastasis("DC795", onsetDateTime="2026-01-15"), sent(**changes))
    (advice,) = found.advice
    assert (advice.topic, advice.latest, advice.targets) == ("duplicate", None, ())


def test_a_referral_elsewhere_is_still_told_beside_an_active_one():
    assert topics(judged(metastasis("DC780"), sent())) == ["dkRoute"]


# -- data ----------------------------------------------------------------------------------------


def no(*keys):
    return dict.fromkeys(keys, ...)


def test_without_the_patient_or_with_nothing_to_say_the_needed_data_are_named():
    assert [k for k, _ in judged(metastasis(), **no("patient")).unanswerable] == ["patient"]
    assert [k for k, _ in judged(**no("conditions")).unanswerable] == ["conditions"]
    assert judged(metastasis(), **no("observations")).unanswerable == ()


def test_conditions_not_read_to_their_end_are_said_where_nothing_else_is():
    page = build.bundle(link=[{"relation": "next", "url": "https://ehr.example/2"}])
    found = judged(conditions=page)
    assert [(a.topic, a.why) for a in found.advice] == [("data", "incomplete")]
    assert signing(drafts=[build.service_request("hb", id="x")], conditions=page).advice == ()


def test_a_metastasis_of_an_odd_status_is_said_to_be_unreadable():
    odd = metastasis(clinicalStatus=build.concept(None, "odd"))
    assert [(a.topic, a.why) for a in judged(odd).advice] == [("data", "uncertain")]


def test_markers_that_were_not_read_are_said_where_a_route_hangs_on_them():
    solitary = metastasis(note=[{"text": "Solitær proces"}])
    page = build.bundle(link=[{"relation": "next", "url": "https://ehr.example/2"}])
    found = judged(man(), solitary, observations=page)
    assert ("data", "markersNotChecked") in [(a.topic, a.why) for a in found.advice]
    assert "dkMarkers" not in topics(found)
    elsewhere = judged(man(), metastasis("DC795"), observations=page)
    assert topics(elsewhere) == ["dkRoute"]


def test_a_deceased_patient_gets_no_card():
    assert topics(judged(man(deceasedBoolean=True), metastasis())) == []


def test_a_child_is_the_childrens_departments_at_both_hooks():
    child = build.patient(birthDate="2012-01-01")
    assert [(a.topic, a.why) for a in judged(child, metastasis()).advice] == [("underAge", "dk")]
    assert topics(signing(child, drafts=[draft()])) == ["underAge"]
    assert topics(judged(child)) == []
    page = build.bundle(link=[{"relation": "next", "url": "https://ehr.example/2"}])
    assert topics(judged(child, conditions=page)) == ["data"]


def test_severe_calcium_comes_before_the_route():
    calcium = build.observation("ca_ionised", 1.71, "mmol/L")
    assert topics(judged(metastasis("DC795"), calcium)) == ["acuteCalcium", "dkRoute"]


def test_cord_compression_beside_a_referral_being_signed_is_acute():
    cord = build.condition("cord_compression", onsetDateTime=build.RECENT)
    found = signing(cord, drafts=[draft()])
    assert topics(found)[0] == "acuteCord"
    assert found.advice[0].targets == ("acute",)
    assert topics(judged(cord)) == []


def test_an_age_that_is_not_known_is_asked_and_changes_no_route():
    found = judged(build.patient(birthDate=None), metastasis("DC795"))
    assert topics(found) == ["dkRoute"]
    assert "birthDate" in found.advice[0].ask


# -- laws ----------------------------------------------------------------------------------------


def test_another_patients_resources_change_nothing():
    stranger = metastasis("DC780", id="other", subject={"reference": "Patient/somebody-else"})
    found, alone = judged(metastasis(), stranger), judged(metastasis())
    assert [(a.topic, a.targets) for a in found.advice] == [
        (a.topic, a.targets) for a in alone.advice
    ]
    assert found.chart.record.foreign == 1


def test_refuted_and_entered_in_error_do_not_route():
    for status in ("refuted", "entered-in-error"):
        wrong = metastasis(verificationStatus=build.concept(None, status))
        assert topics(judged(wrong)) == []


@pytest.mark.parametrize("code", ["DC787", "DC78.7", "dc787"])
@pytest.mark.parametrize("system", ["urn:oid:1.2.208.176.2.4", SKS])
def test_sks_is_read_in_every_spelling(code, system):
    liver = metastasis(id="c1", code=build.concept(system, code))
    assert judged(liver).advice[0].targets == ("medical_department",)


def test_the_order_of_the_entries_is_nobodys_concern():
    held = [metastasis("DC787"), metastasis("DC780"), metastasis("DC795"), man()]
    forward, backward = judged(*held), judged(*reversed(copy.deepcopy(held)))
    assert [(a.topic, a.targets, set(a.ask)) for a in forward.advice] == [
        (a.topic, a.targets, set(a.ask)) for a in backward.advice
    ]
