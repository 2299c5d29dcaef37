"""The routes of the Danish guideline, as truth tables: site x sex x refuted, and two of three."""

import itertools
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cards.criteria import count
from cards.moment import Moment
from cards.pathways.metastases_dk import METASTASES_DK
from cards.record import Normal, Stay
from cards.routing import IN_PATHWAY, TARGETS, routed
from tests.cards.charts import BORN, ago, chart, cut, diagnosis, month, result
from tests.cards.danish import dk_chart

ROUTES = METASTASES_DK.routes


def to(*facts, **about):
    """Give the targets of the facts."""
    return routed(dk_chart(*facts, **about), ROUTES).targets


def at(site, **changes):
    return diagnosis(f"metastasis.{site}", onset=5, **changes)


BY_SITE = {
    "ln_neck": ("ent_filter", "ent_filter"),
    "ln_axilla": ("breast", "ask"),
    "ln_retroperitoneal": ("medical_department", "medical_department"),
    "ln_inguinal": ("medical_department", "medical_department"),
    "ln_mediastinal": ("ask", "ask"),
    "ln_pelvic": ("ask", "ask"),
    "ln_unspecified": ("ask", "ask"),
    "liver": ("medical_department", "medical_department"),
    "lung": ("lung", "lung"),
    "bone": ("medical_department", "medical_department"),
    "brain": ("medical_department", "medical_department"),
    "csf": ("neurology", "neurology"),
    "pleura": ("medical_department", "medical_department"),
    "peritoneum": ("medical_department", "medical_department"),
    "adrenal": ("ask", "ask"),
    "skin": ("ask", "ask"),
    "unspecified": ("ask", "ask"),
}
"""D10-D25 and Q14 for a woman and a man, nothing else recorded."""


@pytest.mark.parametrize("presence", ["present", "absent", "past", "uncertain"])
@pytest.mark.parametrize("sex", ["female", "male"])
@pytest.mark.parametrize("site", BY_SITE)
def test_every_site_for_both_sexes_recorded_or_refuted(site, sex, presence):
    expected = BY_SITE[site][sex == "male"]
    found = to(at(site, presence=presence), sex=sex)
    assert found == ((expected,) if presence == "present" else ())


@pytest.mark.parametrize("site", sorted(BY_SITE))
def test_without_a_sex_only_the_axilla_is_asked_about(site):
    woman, man = BY_SITE[site]
    routing = routed(dk_chart(at(site), sex=None), ROUTES)
    assert routing.targets == ((woman,) if woman == man else ("ask",))
    open_anyway = {"primary_liver"} if site == "liver" else set()
    assert set(routing.further) == (open_anyway if woman == man else {woman})


@pytest.mark.parametrize(("one", "two"), list(itertools.combinations(sorted(BY_SITE), 2)))
def test_of_several_sites_all_routes_are_given_the_most_acute_first(one, two):
    """D26: and a gap is no question where the medical department is asked anyway (its proposal)."""
    ranks = {"ent_filter": 3, "breast": 3, "lung": 3, "medical_department": 5, "neurology": 5}
    wanted = {BY_SITE[one][0], BY_SITE[two][0]}
    if "medical_department" in wanted:
        wanted -= {"ask"}
    found = to(at(one), at(two))
    assert set(found) == wanted
    assert list(found) == sorted(found, key=lambda t: ranks.get(t, 6))


def test_lymphoma_goes_before_every_node_and_takes_the_patient_with_it():
    lymphoma = diagnosis("organ.lymphoma", suspected=True)
    for site in (s for s in BY_SITE if s.startswith("ln_")):
        assert to(at(site), lymphoma)[0] == "haematology"
    assert to(at("ln_inguinal"), lymphoma) == ("haematology",)
    assert to(at("ln_inguinal"), at("liver"), lymphoma) == ("haematology",)


@pytest.mark.parametrize(
    ("organ", "target"),
    [
        ("head_neck", "ent_filter"),
        ("breast", "breast"),
        ("colorectal", "colorectal"),
        ("lung", "lung"),
        ("liver_primary", "primary_liver"),
        ("testis", "testis"),
        ("ovary", "ovary"),
        ("myeloma", "haematology"),
        ("net_abdomen", "net_department"),
        ("kidney", "ask"),
        ("pancreas", "ask"),
    ],
)
def test_a_suspected_organ_goes_before_this_pathway(organ, target):
    suspicion = diagnosis(f"organ.{organ}", suspected=True)
    assert to(at("liver"), at("adrenal"), suspicion) == (target,)


def test_a_liver_metastasis_with_a_suspected_bowel_cancer_is_the_bowels():
    routing = routed(dk_chart(at("liver"), diagnosis("organ.colorectal", suspected=True)), ROUTES)
    assert routing.has("D17")
    assert not routing.has("D16", "D2")


def test_a_suspected_bowel_cancer_is_the_bowels_wherever_the_metastasis_lies():
    bowel = diagnosis("organ.colorectal", suspected=True)
    assert to(at("bone"), bowel) == ("colorectal",)
    assert to(at("bone"), bowel, sources=cut("conditions")) == ("colorectal",)


# -- bone and brain ----------------------------------------------------------------------------


def test_a_local_agreement_takes_metastases_in_bone():
    assert to(at("bone"), bone_agreement="Ortopædkirurgisk afdeling") == ("local",)


def neurology(**changes):
    return Stay(
        **{"department": "neurology", "name": "Neurologi", "sure": True, "began": ago(3)} | changes
    )


@pytest.mark.parametrize(
    ("stays", "expected"),
    [
        ((), ("medical_department",)),
        ((neurology(),), ("neurology",)),
        ((neurology(sure=False, ended=ago(10)),), ("ask",)),
        ((neurology(sure=False, began=ago(400), ended=ago(300)),), ("medical_department",)),
    ],
)
def test_the_brain_goes_where_the_contact_is(stays, expected):
    assert to(at("brain"), stays=stays) == expected


def test_encounters_that_were_not_read_leave_both_ways_open():
    routing = routed(dk_chart(at("brain"), sources=cut("encounters")), ROUTES)
    assert routing.targets == ("ask",)
    assert set(routing.further) == {"neurology", "medical_department"}
    assert routing.asked == ("neurologyContact",)


def test_an_open_class_is_decided_only_where_both_places_lead_to_the_same():
    brain_or_meninges = diagnosis("metastasis.brain", "metastasis.csf")
    routing = routed(dk_chart(brain_or_meninges), ROUTES)
    assert routing.targets == ("ask",)
    assert set(routing.further) == {"neurology", "medical_department"}
    assert to(brain_or_meninges, stays=(neurology(),)) == ("neurology",)
    assert to(diagnosis("metastasis.ln_retroperitoneal", "metastasis.peritoneum")) == (
        "medical_department",
    )


# -- AFP, histology, conclusion ------------------------------------------------------------------

SOLITARY = at("liver", remark="Solitær proces")


def afp(value, **changes):
    return result("afp", value, **changes)


@pytest.mark.parametrize("sex", ["female", "male"])
@pytest.mark.parametrize(
    ("facts", "target", "further"),
    [
        ((SOLITARY, afp(420.0)), "primary_liver", set()),
        ((SOLITARY, afp(3.0)), "medical_department", set()),
        ((SOLITARY,), "medical_department", {"primary_liver"}),
        ((at("liver"), afp(420.0)), "medical_department", {"primary_liver"}),
        ((at("liver", remark="Multiple processer"), afp(420.0)), "medical_department", set()),
        ((SOLITARY, afp(6.0), afp(3.0, taken=90)), "primary_liver", set()),
        ((SOLITARY, afp(3.0), afp(6.0, taken=90)), "medical_department", set()),
        ((SOLITARY, afp(420.0, taken=90)), "medical_department", {"primary_liver"}),
    ],
)
def test_afp_and_a_solitary_process(sex, facts, target, further):
    routing = routed(dk_chart(*facts, sex=sex), ROUTES)
    assert routing.targets == (target,)
    assert set(routing.further) == further


def test_mass_and_international_units_are_never_compared():
    facts = (SOLITARY, afp(6.0, unit="k[IU]/L"), afp(3.0, taken=90))
    routing = routed(dk_chart(*facts), ROUTES)
    assert not routing.has("D57")
    assert routing.may("D57")


def test_a_raised_afp_in_a_pregnancy_decides_nothing():
    routing = routed(dk_chart(SOLITARY, afp(420.0), diagnosis("pregnancy")), ROUTES)
    assert not routing.has("D57")
    assert routing.may("D57")


AGES = {True: ago(54 * 365), False: ago(60 * 365), None: None}
MIDLINE = {
    True: at("ln_mediastinal"),
    False: at("liver"),
    None: diagnosis("metastasis.ln_retroperitoneal", "metastasis.peritoneum"),
}
LOW = Normal(high=10)
MARKER = {
    True: (afp(3.0, normal=LOW), result("hcg", 90.0, normal=LOW)),
    False: (afp(3.0, normal=LOW), result("hcg", 0.5, normal=LOW)),
    None: (afp(3.0, normal=LOW),),
}
POOR = diagnosis("morphology.poorly_differentiated", onset=3)


@pytest.mark.parametrize(
    ("young", "midline", "marker"), list(itertools.product((True, False, None), repeat=3))
)
def test_two_of_three_in_all_27_ways(young, midline, marker):
    """D74: met by two, impossible when two are not met, else open: the rule engine counts."""
    facts = (POOR, MIDLINE[midline], *MARKER[marker])
    routing = routed(dk_chart(*facts, sex="male", birth=AGES[young]), ROUTES)
    answer = count(2, [young, midline, marker])
    assert routing.has("D74") is (answer is True)
    assert routing.may("D74") is (answer is None)
    woman = routed(dk_chart(*facts, sex="female", birth=AGES[young]), ROUTES)
    assert not woman.has("D74")
    assert not woman.may("D74")


def test_under_55_is_strict_on_the_day_itself():
    facts = (POOR, at("ln_mediastinal"), afp(3.0), result("hcg", 0.5))
    for born, expected in ((date(1971, 3, 3), True), (date(1971, 3, 2), False)):
        routing = routed(dk_chart(*facts, sex="male", birth=Moment(born, born)), ROUTES)
        assert routing.has("D74") is expected


def test_a_birth_month_that_leaves_the_age_open_leaves_the_route_open():
    facts = (POOR, at("ln_mediastinal"), afp(3.0), result("hcg", 0.5))
    assert routed(dk_chart(*facts, sex="male", birth=month(1971, 3)), ROUTES).may("D74")


@pytest.mark.parametrize(
    ("facts", "target"),
    [
        ((diagnosis("morphology.small_cell_anaplastic"),), "oncology"),
        ((diagnosis("morphology.neuroendocrine"),), "net_department"),
        (
            (diagnosis("morphology.neuroendocrine", "morphology.small_cell_anaplastic"),),
            "oncology",
        ),
        ((diagnosis("conclusion.unknown_primary"),), "oncology"),
    ],
)
def test_what_the_work_up_found_goes_before_this_pathway(facts, target):
    assert to(at("bone"), *facts) == (target,)


def test_small_cell_in_a_woman_with_a_suspected_cervical_cancer_is_not_oncologys():
    suspicion = diagnosis("organ.cervix", suspected=True)
    assert to(at("bone"), diagnosis("morphology.small_cell_anaplastic"), suspicion) == ("ask",)


@pytest.mark.parametrize(("sex", "target"), [("female", "ovary"), ("male", "medical_department")])
def test_serous_adenocarcinoma_of_the_peritoneum(sex, target):
    serous = diagnosis("morphology.serous_adenocarcinoma")
    assert to(at("peritoneum"), serous, sex=sex) == (target,)


# -- laws ----------------------------------------------------------------------------------------

FACTS = [
    *(at(site) for site in BY_SITE),
    diagnosis("organ.lymphoma", suspected=True),
    diagnosis("organ.breast", suspected=True),
    POOR,
    SOLITARY,
    diagnosis("morphology.neuroendocrine"),
]
MORE = [*MARKER[True], *MARKER[False], *MARKER[None], afp(420.0)]
some = st.lists(st.sampled_from(range(len(FACTS))), max_size=4, unique=True)


@settings(deadline=None)
@given(some, st.sampled_from(["female", "male"]))
def test_to_learn_the_sex_only_chooses_among_what_was_open(numbers, sex):
    facts = [FACTS[n] for n in numbers]
    before = routed(dk_chart(*facts, sex=None), ROUTES)
    after = routed(dk_chart(*facts, sex=sex), ROUTES)
    allowed = {*before.targets, *before.further, "ask"}
    assert set(after.targets) <= allowed


@settings(deadline=None)
@given(some, st.sampled_from(range(len(MORE))))
def test_a_marker_that_comes_only_chooses_among_what_was_open(numbers, more):
    facts = [FACTS[n] for n in numbers]
    about = {"sex": "male", "birth": AGES[True]}
    before = routed(dk_chart(*facts, **about), ROUTES)
    after = routed(dk_chart(*facts, MORE[more], **about), ROUTES)
    gap = {"ask"}  # a gap that the medical department covered is a question again when it leaves
    assert set(after.targets) <= {*before.targets, *before.further} | gap


@settings(deadline=None)
@given(some)
def test_nothing_is_both_taken_and_open_and_every_target_is_a_known_one(numbers):
    routing = routed(dk_chart(*(FACTS[n] for n in numbers)), ROUTES)
    assert set(routing.targets) <= set(TARGETS)
    assert set(routing.further).isdisjoint(routing.targets)


def test_the_targets_of_this_pathway_are_targets():
    assert set(TARGETS) > IN_PATHWAY
    assert {r.target for r in ROUTES} | {"acute"} == set(TARGETS)


def test_an_empty_record_goes_nowhere():
    routing = routed(chart(birth=BORN), ROUTES)
    assert (routing.targets, routing.further, routing.asked) == ((), (), ())
