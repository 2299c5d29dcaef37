"""What Vidare offers (discovery) and what a hook call asks, validated member by member."""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal
from urllib.parse import urlsplit

import msgspec
from pydantic import SecretStr

from service.errors import TooLarge
from service.members import ill, optional_object, optional_text, required_object, required_text
from service.wire import Object, open_body

SPECIFICATION = "3.0.0"
"""The edition of CDS Hooks that the answers follow; they are valid in 2.0 as well."""

PREFETCH: Mapping[str, str] = MappingProxyType(
    {
        "patient": "Patient/{{context.patientId}}",
        "observations": "Observation?patient={{context.patientId}}&category=laboratory"
        "&_sort=-date&_count=500",
        "conditions": "Condition?patient={{context.patientId}}&_count=500",
        "serviceRequests": "ServiceRequest?patient={{context.patientId}}&_count=200",
        "diagnosticReports": "DiagnosticReport?patient={{context.patientId}}"
        "&_sort=-date&_count=200",
        "vitals": "Observation?patient={{context.patientId}}&category=vital-signs"
        "&_sort=-date&_count=200",
        "encounters": "Encounter?patient={{context.patientId}}&_sort=-date&_count=200",
        "medications": "MedicationRequest?patient={{context.patientId}}&_count=200",
        "user": "{{context.userId}}",
    }
)
"""What each key holds: reads and searches of the portable subset, no parameter twice."""

USAGE = (
    "Needed: patient, observations, conditions. The other keys sharpen the answer; without them"
    " the service answers and says what it could not look at where that matters. What is not sent,"
    " and the further pages of a search, is fetched from fhirServer where that is registered for"
    " the client and a token comes with the call; else it counts as not looked at."
)


class Service(msgspec.Struct, frozen=True):
    """One advertised service: when it is called, for which rules, with which data."""

    id: str
    hook: Literal["patient-view", "order-sign"]
    title: str
    description: str
    country: Literal["SE", "DK"]
    pathways: tuple[str, ...]
    prefetch: Mapping[str, str] = PREFETCH
    usage: str = USAGE


SERVICES: tuple[Service, ...] = (
    Service(
        id="svf-patient-view",
        hook="patient-view",
        title="Standardiserat vårdförlopp: AOS och CUP",
        description=(
            "When a chart is opened: says whether the record gives reason to consider the Swedish"
            " pathways for *serious non-specific symptoms* (AOS) or *cancer of unknown primary*"
            " (CUP), which tests of the laboratory panel are missing, and prepares orders and the"
            " referral. It never decides: it names its evidence and asks what only a clinician"
            " can know."
        ),
        country="SE",
        pathways=("aos", "cup-se"),
    ),
    Service(
        id="svf-order-sign",
        hook="order-sign",
        title="Standardiserat vårdförlopp: granskning av remiss",
        description=(
            "When orders are signed: checks a draft referral to AOS or CUP for the content that"
            " the guideline asks for and offers to fill in what the record knows. Orders that"
            " bear on neither pathway get no card."
        ),
        country="SE",
        pathways=("aos", "cup-se"),
    ),
    Service(
        id="pakkeforloeb-patient-view",
        hook="patient-view",
        title="Pakkeforløb for metastaser uden organspecifik kræfttype",
        description=(
            "When a chart is opened: for a patient whose first finding is a metastasis, says which"
            " department or pathway the Danish guideline (edition of 2016, replaced in 2022) names,"
            " which tumour markers and examinations remain, and prepares the referral. It never"
            " decides: it names its evidence and asks what only a clinician can know."
        ),
        country="DK",
        pathways=("metastases-dk",),
    ),
    Service(
        id="pakkeforloeb-order-sign",
        hook="order-sign",
        title="Pakkeforløb for metastaser: gennemgang af henvisning",
        description=(
            "When orders are signed: checks a draft referral to the Danish pathway for metastases"
            " against the route of the guideline, offers to fill in what the record knows, and"
            " names the latest day of the first attendance. Orders that bear on the pathway in no"
            " way get no card."
        ),
        country="DK",
        pathways=("metastases-dk",),
    ),
)


class _Entries(msgspec.Struct):
    entry: list[msgspec.Raw] = []


class _Kind(msgspec.Struct):
    resourceType: str = ""  # noqa: N815 - FHIR's spelling


_ENTRIES = msgspec.json.Decoder(_Entries)
_KIND = msgspec.json.Decoder(_Kind)


class HookRequest(msgspec.Struct, frozen=True):
    """A validated hook call; `prefetch` and `draft_orders` are still the JSON as sent.

    `token` opens `fhir_server` for this call alone: empty where the server asks for none, None
    where nothing may be fetched. `token_patient` is whose data it is confined to.
    """

    service: Service
    hook: str
    instance: str
    user_id: str
    patient_id: str
    encounter_id: str | None = None
    draft_orders: bytes | None = None
    fhir_server: str | None = None
    token: SecretStr | None = None
    token_patient: str | None = None
    prefetch: dict[str, bytes] = {}


_LEAST_ENTRY = len(b'{"resource":{}},')
"""Bytes that an entry with a resource takes at least: a shorter body holds too few to count."""
_HTTP = re.compile(r"https?://[^\s/?#]\S{0,2000}")
_BEARER = re.compile(r"[\x21-\x7e]{0,16384}")
_ID = re.compile(r"(?!\.{1,2}$)[A-Za-z0-9._\-]{1,256}")
_USER = re.compile(r"[A-Za-z]{1,64}/[^\s<>\"'/]{1,256}")


def read_request(
    body: bytes,
    service: Service,
    *,
    keys: Mapping[str, str] | None = None,
    max_resources: int = 5000,
) -> HookRequest:
    """Give the call in `body` to `service`; `keys` are a client's own prefetch names -> ours.

    Raises `BadRequest` naming the member that is missing or wrong, `TooLarge` for more than
    `max_resources` entries, `RecursionError` where the JSON is nested too deeply to be decoded.
    """
    call = open_body(body)
    if (hook := required_text(call, "hook", "hook")) != service.hook:
        raise ill("hook", f"hook must be {service.hook} for this service.", "wrong-hook")
    context = required_object(call, "context", "context")
    optional_object(call, "extension", "extension")
    request = HookRequest(
        service=service,
        hook=hook,
        instance=required_text(call, "hookInstance", "hookInstance"),
        user_id=_user_id(context),
        patient_id=_patient_id(context),
        encounter_id=_encounter_id(context),
        draft_orders=_draft_orders(context) if service.hook == "order-sign" else None,
        fhir_server=_fhir_server(call),
        token=_token(call),
        token_patient=_token_patient(call),
        prefetch=_prefetch(call, service, keys or {}),
    )
    if len(body) > max_resources * _LEAST_ENTRY and body.count(b",") >= max_resources:
        _refuse_too_many(request, max_resources)
    return request


def _user_id(context: Mapping[str, msgspec.Raw]) -> str:
    user_id = required_text(context, "userId", "context.userId")
    if not _USER.fullmatch(user_id):
        raise ill("context.userId", "context.userId must read Type/id.", "bad-reference")
    return user_id


def _encounter_id(context: Mapping[str, msgspec.Raw]) -> str | None:
    encounter_id = optional_text(context, "encounterId", "context.encounterId")
    if encounter_id and not _ID.fullmatch(encounter_id):
        raise ill(
            "context.encounterId", "context.encounterId must be one FHIR id.", "bad-reference"
        )
    return encounter_id or None


def _patient_id(context: Mapping[str, msgspec.Raw]) -> str:
    patient_id = required_text(context, "patientId", "context.patientId")
    if not _ID.fullmatch(patient_id):
        raise ill("context.patientId", "context.patientId must be one FHIR id.", "bad-reference")
    return patient_id


def _draft_orders(context: Mapping[str, msgspec.Raw]) -> bytes:
    place = "context.draftOrders"
    if "draftOrders" not in context:
        raise ill(place, f"{place} is required.", "missing-member")
    raw = context["draftOrders"]
    try:
        kind = _KIND.decode(raw).resourceType
    except msgspec.MsgspecError:
        kind = ""
    if kind != "Bundle":
        raise ill(place, f"{place} must be a Bundle.")
    return bytes(raw)


def _fhir_server(call: Object) -> str | None:
    server = optional_text(call, "fhirServer", "fhirServer")
    if server is None:
        if optional_object(call, "fhirAuthorization", "fhirAuthorization") is not None:
            raise ill("fhirServer", "fhirAuthorization needs fhirServer.", "missing-member")
        return None
    if not _is_http(server):
        raise ill("fhirServer", "fhirServer must be an http or https URL.", "bad-url")
    return server


def _token(call: Object) -> SecretStr | None:
    """Give the token; the rest of the authorization (scope, lifetime) is the server's business."""
    place = "fhirAuthorization"
    given = optional_object(call, place, place) or {}
    kind = optional_text(given, "token_type", f"{place}.token_type")
    if kind is not None and kind.lower() != "bearer":
        raise ill(f"{place}.token_type", f"{place}.token_type must be Bearer.")
    token = optional_text(given, "access_token", f"{place}.access_token")
    if token is None:
        return None
    if not _BEARER.fullmatch(token):
        raise ill(f"{place}.access_token", f"{place}.access_token must be a bearer token.")
    return SecretStr(token)


def _token_patient(call: Object) -> str | None:
    given = optional_object(call, "fhirAuthorization", "fhirAuthorization") or {}
    return optional_text(given, "patient", "fhirAuthorization.patient")


def _is_http(url: str) -> bool:
    try:
        return _HTTP.fullmatch(url) is not None and bool(urlsplit(url).hostname)
    except ValueError:
        return False


def _prefetch(call: Object, service: Service, keys: Mapping[str, str]) -> dict[str, bytes]:
    """Give what was sent under our names; a client's own name for a key wins over ours."""
    sent = optional_object(call, "prefetch", "prefetch") or {}
    ours = {key: sent[key] for key in service.prefetch if key in sent and key not in keys}
    ours |= {keys[name]: raw for name, raw in sent.items() if name in keys}
    return {key: bytes(raw) for key, raw in ours.items()}


def _refuse_too_many(request: HookRequest, limit: int) -> None:
    bundles = [*request.prefetch.values(), request.draft_orders or b"{}"]
    if sum(_entries_of(raw) for raw in bundles) > limit:
        raise TooLarge(f"The call holds more than {limit} resources.", code="too-many-resources")


def _entries_of(raw: bytes) -> int:
    """Count a Bundle's entries; what holds no list of them is one resource at most."""
    try:
        return len(_ENTRIES.decode(raw).entry)
    except msgspec.MsgspecError:
        return 0
