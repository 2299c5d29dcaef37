"""Charts and cards of the Danish pathway, for its tests."""

import itertools
import json

from cards.assessment import Assessment, assess
from cards.card import Response, encoded
from cards.criteria import Chart
from cards.drafts import read_drafts
from cards.markers import markers_of
from cards.panel import Rules
from cards.pathways import of_country
from cards.referral import Form
from cards.rendering import Manner, render
from tests.cards import build
from tests.cards.charts import record

DK = of_country("DK")
PATHWAY = DK["metastases-dk"]
SKS = "urn:oid:1.2.208.176.2.4.12"


def dk_chart(*facts, bone_agreement=None, drafts=(), **about) -> Chart:
    """Give the chart of a record, its markers judged."""
    of, rules = record(*facts, **about), Rules(bone_agreement=bone_agreement)
    slots = {s.slot: s for s in markers_of(of, rules)}
    return Chart(of, rules, slots, tuple(drafts))


def judged(*held, hook="patient-view", drafts=(), rules=None, **keys) -> Assessment:
    """Give the Danish assessment of resources as sent."""
    call = build.call(user="Practitioner/doctor", encounter="e1")
    read = build.record_of(*held, the_call=call, **keys)
    bundle = build.as_json(build.bundle(*drafts)) if drafts else None
    return assess(read, DK, rules or Rules(), hook, read_drafts(bundle, call))


def shown(assessment: Assessment, language="da", **manner):
    """Give the cards as a client decodes them."""
    numbers = itertools.count(1)
    given = {"form": Form(), "new_id": lambda: f"id-{next(numbers)}", **manner}
    cards = render(assessment, DK, Manner(language, **given))
    return json.loads(encoded(Response(cards)))["cards"]


def topics(assessment: Assessment) -> list[str]:
    return [a.topic for a in assessment.advice]


def metastasis(sks="DC787", **changes):
    """Give a suspected metastasis, coded in SKS."""
    members = {
        "id": f"c-{sks.lower()}",
        "code": build.concept(SKS, sks),
        "verificationStatus": build.concept(None, "unconfirmed"),
        "onsetDateTime": build.RECENT,
    }
    return build.condition(**{**members, **changes})


def man(**changes):
    return build.patient(**{"gender": "male", "birthDate": "1960-05-17", **changes})


def every_danish_situation() -> dict[str, Assessment]:
    """Give situations that together show every Danish topic and every variant of its texts."""
    ours = build.concept(build.OURS, "pakkeforloeb-metastases")
    draft = build.service_request(id="ref-1", status="draft", code=ours)
    solitary = metastasis(note=[{"text": "Solitær proces"}])
    page = build.bundle(link=[{"relation": "next", "url": "https://ehr.example/2"}])
    histology = build.condition(
        id="h", code=build.concept(build.SNOMED, "35917007"), onsetDateTime=build.RECENT
    )
    breast = build.condition("organ.breast", onsetDateTime="2025-06-01")
    return {
        "dkRoute": judged(man(), metastasis(), metastasis("DC795")),
        "dkRoute_gap": judged(metastasis("DC797")),
        "dkRoute_undecided": judged(metastasis("DC793")),
        "dkRoute_organ": judged(metastasis("DC795"), suspicion("organ.kidney")),
        "dkRoute_lymphoma": judged(
            build.condition("lymphadenopathy.ln_neck", onsetDateTime=build.RECENT),
            suspicion("organ.lymphoma"),
        ),
        "dkRoute_known": judged(metastasis("DC795"), breast),
        "dkRoute_symptoms": judged(
            build.condition("weight_loss"), build.condition("appetite_loss")
        ),
        "dkRoute_sign": judged(metastasis("DC795"), hook="order-sign", drafts=[draft]),
        "dkMarkers": judged(man(), metastasis("DC795")),
        "dkMdt": judged(metastasis()),
        "dkWorkup": judged(metastasis("DC795"), histology),
        "underAge_dk": judged(build.patient(birthDate="2012-01-01"), metastasis()),
        "data_markersNotChecked": judged(man(), solitary, observations=page),
        "duplicate, dk": judged(metastasis("DC795"), build.service_request(id="old", code=ours)),
    }


def suspicion(concept):
    """Give a suspected cancer of an organ."""
    unconfirmed = build.concept(None, "unconfirmed")
    return build.condition(concept, verificationStatus=unconfirmed, onsetDateTime=build.RECENT)
