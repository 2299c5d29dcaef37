"""Cards as they go over the wire, from clinical situations in words or from FHIR resources."""

import itertools
import json
from decimal import Decimal
from functools import cache

import msgspec

from cards.assessment import Assessment, assess
from cards.card import Response, encoded
from cards.completeness import supporting_references
from cards.drafts import read_drafts
from cards.panel import Rules
from cards.pathways import PATHWAYS, of_country
from cards.referral import Form
from cards.rendering import Manner, render
from cards.source import open_source
from cards.terminology import LANGUAGES
from cards.words import WORDS
from tests.cards import build
from tests.cards.danish import every_danish_situation
from tests.cards.situations import Case as Situation
from tests.cards.situations import (
    ConditionWords,
    CountWords,
    ExpectWords,
    MeasureWords,
    OrderWords,
    PanelWords,
    PatientWords,
    ResultWords,
    resources,
)

__all__ = ["LANGUAGES", "ConditionWords", "CountWords", "MeasureWords", "OrderWords"]
__all__ += ["PanelWords", "PatientWords", "ResultWords"]

NOWHERE = ExpectWords(cards=[])
SIGN, VIEW = "order-sign", "patient-view"


def case(**words):
    """Give a situation; without words an adult of whom nothing is recorded."""
    return Situation(name="-", rows=["-"], expect=NOWHERE, **words)


def judged(*held, hook=VIEW, drafts=(), rules=None, call=None, **keys) -> Assessment:
    """Give the assessment of resources and drafts, each a dictionary as sent."""
    the_call = call or build.call(user="Practitioner/doctor", encounter="e1")
    record = build.record_of(*held, the_call=the_call, **keys)
    bundle = build.as_json(build.bundle(*drafts)) if drafts else None
    return assess(record, of_country("SE"), rules or Rules(), hook, read_drafts(bundle, the_call))


def situation(*more, hook=VIEW, drafts=(), keys=None, call=None, rules=None, **words) -> Assessment:
    """Give the assessment of a situation in words, with more resources beside it."""
    held = [*resources(case(**words)), *more]
    return judged(*held, hook=hook, drafts=drafts, rules=rules, call=call, **(keys or {}))


def wire(assessment: Assessment, language="sv", **manner) -> bytes:
    """Give the response as it is sent."""
    numbers = itertools.count(1)
    given = {"form": Form(), "new_id": lambda: f"id-{next(numbers)}", **manner}
    return encoded(
        Response(render(assessment, of_country(assessment.country), Manner(language, **given)))
    )


def cards(assessment: Assessment, language="sv", **manner):
    """Give the cards as a client decodes them, numbers with all their digits."""
    return json.loads(wire(assessment, language, **manner), parse_float=Decimal)["cards"]


def card(assessment: Assessment, topic: str, language="sv", **manner):
    """Give the one card of a topic."""
    (found,) = (c for c in cards(assessment, language, **manner) if topic_of(c) == topic)
    return found


def topic_of(shown) -> str:
    """Give the name of a card."""
    return shown["source"]["topic"]["code"]


def actions(shown):
    """Give every action that a card proposes."""
    return [a for s in shown.get("suggestions", ()) for a in s["actions"]]


def proposed(shown, kind="create"):
    """Give every resource that a card proposes to create, or to update."""
    return [a["resource"] for a in actions(shown) if a["type"] == kind]


def walk(value, path=()):
    """Give every member of a JSON value with its path."""
    yield path, value
    if isinstance(value, (dict, list)):
        for key, each in value.items() if isinstance(value, dict) else enumerate(value):
            yield from walk(each, (*path, key))


def lesion(concept="metastasis.liver", **words):
    """Give a fresh finding."""
    return ConditionWords(concept=concept, onset="-5 d", **words)


SYMPTOMS = ["appetite_loss", "weight_loss"]


def partly(*held, key="conditions"):
    """Give the source of a key of which there were more pages than came."""
    whole = open_source(key, build.as_json(build.bundle(*held)))
    return msgspec.structs.replace(whole, outcome="partial", reason="morePages")


GAPS = PanelWords(
    without=["b12", "light_chains"], stale=["ferritin"], pending=["tsh"], values={"hb": "60 g/L"}
)
IRON = PanelWords(values={"hb": "92 g/L", "ferritin": "6 ug/L", "crp": "40 mg/L"})
NO_HB = PanelWords(without=["hb"])
UNREAD = [ResultWords(test="hb", value="141")]
"""A number without a unit: a person can look it up, we cannot count it."""
NO_SEX = PatientWords(sex="not said")
NO_PSA = PanelWords(without=["psa"])


def aos_draft(**changes):
    """Give an AOS referral being signed, with nothing in it."""
    return build.service_request(**{"id": "ref-1", "status": "draft", **changes})


def cup_draft(**changes):
    """Give a CUP referral being signed, with nothing in it."""
    return aos_draft(**{"code": build.concept(build.OURS, "svf-cup"), **changes})


def whole_draft(assessment: Assessment, pathway="aos"):
    """Give the referral being signed that holds every block and points at every answer."""
    make = {"aos": aos_draft, "cup-se": cup_draft}[pathway]
    blocks = [WORDS["sv"].say("block", b) for b in PATHWAYS[pathway].blocks if b != "results"]
    info = [{"reference": r} for r in supporting_references(assessment.chart)]
    return make(note=[{"text": f"{b}\nSkrivet."} for b in blocks], supportingInfo=info)


@cache
def every_situation() -> dict[str, Assessment]:
    """Give situations that together show every topic and every variant of its texts."""
    liver, breast = lesion(), lesion("organ.breast")
    resource = build.condition("metastasis.liver", onsetDateTime=build.RECENT)
    odd = build.condition("weight_loss", clinicalStatus=build.concept(None, "odd"))
    no_laboratory = {"observations": ..., "diagnosticReports": ...}
    severe = [ResultWords(test="ca_ionised", value="1.71 mmol/L")]
    organs = ["organ.lung", "organ.breast", "organ.oesophagus_stomach"]
    nodes = [lesion("metastasis.ln_mediastinal"), lesion("metastasis.ln_retroperitoneal")]
    signing = {"hook": SIGN, "drafts": [aos_draft()]}
    return {
        "acuteCord": situation(conditions=[lesion("cord_compression"), liver]),
        "acuteCalcium": situation(results=severe),
        "underAge": situation(patient=PatientWords(age=15), conditions=[liver]),
        "aosIronDeficiency": situation(conditions=SYMPTOMS, panel=IRON),
        "aosSpecific": situation(conditions=[*SYMPTOMS, *organs]),
        "aosMissing": situation(conditions=SYMPTOMS, panel=GAPS),
        "aosMissing, all": situation(conditions=SYMPTOMS, patient=PatientWords(sex="not said")),
        "aosMissing, sign": situation(conditions=SYMPTOMS, panel=GAPS, **signing),
        "aosMissing_look": situation(conditions=SYMPTOMS, panel=NO_HB, results=UNREAD),
        "aosMissing_both": situation(
            conditions=SYMPTOMS, panel=PanelWords(without=["hb", "b12"]), results=UNREAD
        ),
        "aosMissing_pending": situation(conditions=SYMPTOMS, panel=PanelWords(pending=["tsh"])),
        "aosMissing_sign_look": situation(panel=NO_HB, results=UNREAD, **signing),
        "aosReady, ask": situation(conditions=SYMPTOMS, panel=NO_PSA, patient=NO_SEX),
        "aosCheck, ask": situation(panel=NO_PSA, patient=NO_SEX, **signing),
        "aosReady": situation(conditions=[*SYMPTOMS, "pregnancy"], panel="complete"),
        "aosCheck": situation(panel="complete", **signing),
        "aosCheck_complete": situation(
            panel="complete", hook=SIGN, drafts=[whole_draft(situation(panel="complete"))]
        ),
        "cupRefer": situation(conditions=[liver, *nodes]),
        "cupExcluded": situation(conditions=[liver, breast]),
        "cupAsk": situation(conditions=[lesion("lymphadenopathy.ln_retroperitoneal")]),
        "cupAsk_earlier": situation(
            conditions=[ConditionWords(concept="metastasis.liver", onset="-700 d")]
        ),
        "cupCheck": situation(conditions=[liver], hook=SIGN, drafts=[cup_draft()]),
        "duplicate": situation(conditions=[liver], orders=[OrderWords(refer="cup-se")]),
        "data_birthDate": situation(patient=PatientWords(age=None), conditions=[liver]),
        "data_organNotChecked": situation(keys={"conditions": partly(resource)}),
        "data_panelNotChecked": situation(conditions=SYMPTOMS, keys=no_laboratory),
        "data_incomplete": situation(keys={"conditions": partly()}),
        "data_uncertain": situation(odd),
        **every_danish_situation(),
    }
