"""The service: a hook call in, cards out; every other module is a room off this corridor."""

from collections.abc import Callable, Mapping
from datetime import date
from functools import cache
from types import MappingProxyType
from typing import NamedTuple

from cards import rendering
from cards.assessment import Assessment, assess
from cards.card import Response
from cards.codes import OrderCoding
from cards.drafts import WrongDraftPatient, read_drafts
from cards.panel import Rules
from cards.pathways import PATHWAYS
from cards.pathways.form import Pathway
from cards.reading import Call, Catalogue, PatientMismatch, read_record
from cards.referral import Form, checked
from cards.rendering import Manner
from cards.source import Source, UnreadableSource
from cards.words import WORDS
from service.clients import Client
from service.errors import BadRequest, DataUnavailable
from service.hooks import HookRequest
from service.settings import ZONE, Settings


class Desk(NamedTuple):
    """What answering needs besides the call itself."""

    settings: Settings
    client: Client
    today: date
    new_id: Callable[[], str]


def judge(
    call: HookRequest,
    sources: Mapping[str, Source],
    desk: Desk,
    candidates: Mapping[str, Pathway] = MappingProxyType({}),
) -> Assessment:
    """Give the assessment of a call: read its sources, then judge them by the pathways.

    Raises `BadRequest` for a call about two patients and `DataUnavailable` (412) where nothing
    useful can be said.
    """
    about = Call(
        patient_id=call.patient_id,
        today=desk.today,
        zone=ZONE,
        user=call.user_id,
        encounter=call.encounter_id,
        fhir_server=call.fhir_server,
        site_map=desk.client.codes,
        catalogue=catalogue(desk.settings.canonical, desk.client),
    )
    try:
        record = read_record(sources, about)
        drafts = read_drafts(call.draft_orders, about, record.person.identifiers)
    except PatientMismatch as error:
        raise BadRequest(
            "The Patient sent is not the patient of the call.",
            code="patient-mismatch",
            expression="prefetch.patient.id",
        ) from error
    except WrongDraftPatient as error:
        raise BadRequest(
            "An order being signed is for another patient than the call's.",
            code="patient-mismatch",
            expression="context.draftOrders",
        ) from error
    except UnreadableSource as error:
        raise BadRequest(error.reason, expression=f"context.{error.key}") from error
    coming = {id_: p for id_, p in candidates.items() if id_ in pathways_of(call)}
    pathways = {**pathways_of(call), **coming}
    assessment = assess(record, pathways, rules(desk), call.service.hook, drafts)
    if assessment.unanswerable:
        raise _unavailable(assessment)
    return assessment


def render(assessment: Assessment, language: str, desk: Desk) -> Response:
    """Give the CDS Hooks response to an assessment, its cards in `language`."""
    form = Form(desk.settings.canonical, desk.client.order_intent, _orders(desk.client))
    manner = Manner(
        language,
        form,
        desk.new_id,
        one_action=desk.client.one_action_per_suggestion,
        selection=desk.client.selection_behavior,
    )
    response = Response(rendering.render(assessment, PATHWAYS, manner))
    if desk.settings.validate_output:
        validate(response)
    return response


def pathways_of(call: HookRequest) -> Mapping[str, Pathway]:
    """Give the pathways of the service that is called: those of one country."""
    return {id_: PATHWAYS[id_] for id_ in call.service.pathways}


def rules(desk: Desk) -> Rules:
    """Give what the installation and the client have set."""
    settings, client = desk.settings, desk.client
    return Rules(
        result_max_age_days=settings.result_max_age_days,
        symptom_max_age_days=settings.symptom_max_age_days,
        psa_required_for=settings.psa_required_for,
        contacts_increase_factor=client.contacts_increase_factor,
        medications_increase_factor=client.medications_increase_factor,
        bone_agreement=client.bone_agreement,
    )


def catalogue(canonical: str, client: Client) -> Catalogue:
    """Give how a referral of ours is recognised: our codes, the client's codes, words."""
    own = {f"{canonical}/CodeSystem/pathway-order|{p.code}": p.id for p in PATHWAYS.values()}
    mapped = {f"{c.system}|{c.code}": key for key, c in client.orders.items() if key in PATHWAYS}
    return Catalogue(own | mapped, _names())


@cache
def _names() -> tuple[tuple[str, str], ...]:
    return tuple((name, p.id) for p in PATHWAYS.values() for name in p.names)


def _orders(client: Client) -> Mapping[str, OrderCoding]:
    return {
        key: OrderCoding(system_uri=c.system, code=c.code, display=c.display or "")
        for key, c in client.orders.items()
    }


def _unavailable(assessment: Assessment) -> DataUnavailable:
    words = WORDS["en"]  # the language of every refusal: integrators read it, not clinicians
    keys = [f"{key} ({words.say('source', reason)})" for key, reason in assessment.unanswerable]
    return DataUnavailable(
        f"Needed and not to be had: {'; '.join(keys)}.",
        expression=f"prefetch.{assessment.unanswerable[0][0]}",
    )


def validate(response: Response) -> None:
    """Check every resource of ours with fhir.resources; raises where one is not valid R4B.

    An update is the client's own draft with our additions: what the client sent is not ours.
    """
    for card in response.cards:
        for suggestion in card.suggestions or ():
            for action in suggestion.actions:
                if action.type == "create":
                    checked(action.resource)
