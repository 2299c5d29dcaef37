"""Firing a hook at a CDS Service as an EHR would: with its data, some of them, or its server."""

import json
from collections.abc import Mapping
from typing import NamedTuple

import requests

from service.filling import filled

TIMEOUT_S = 30
_FHIR = "application/fhir+json"
_WHY = (
    (ValueError, "it is no http or https address"),
    (requests.Timeout, f"it took more than {TIMEOUT_S} s"),
    (
        requests.exceptions.SSLError,
        "it speaks no TLS, or its certificate is not trusted (REQUESTS_CA_BUNDLE names others)",
    ),
    (requests.ConnectionError, "nothing listens there, or its name is not known"),
)
"""What a failure means, the first that fits; requests makes an odd address a ValueError too."""


class NotReached(ConnectionError):
    """The service could not be reached; the message says how it failed."""


class NotFirable(ValueError):
    """The file, or what is to be withheld, makes no call; the message says why."""


class Fired(NamedTuple):
    """What came back: the status, the body and how long it took."""

    status: int
    body: bytes
    seconds: float


def fire(url: str, body: bytes, language: str | None, bearer: str = "") -> Fired:
    """Post a hook request to the address of a service; a redirect is not followed.

    `bearer` is the token by which the EHR says who it is, where the service asks for one.
    """
    headers = {"Content-Type": "application/json", "Accept": "application/json"}
    if language:
        headers["Accept-Language"] = language
    if bearer:
        headers["Authorization"] = f"Bearer {bearer}"
    try:
        answer = requests.post(
            url, data=body, headers=headers, timeout=TIMEOUT_S, allow_redirects=False
        )
    except requests.RequestException as error:
        raise NotReached(f"{url} gave no answer: {_why(error)}.") from error
    return Fired(answer.status_code, answer.content, answer.elapsed.total_seconds())


def _why(error: requests.RequestException) -> str:
    known = (words for kind, words in _WHY if isinstance(error, kind))
    return next(known, type(error).__name__)


def with_server(
    body: bytes, url: str, server: str, token: str, withheld: frozenset[str] = frozenset()
) -> bytes:
    """Give the request as the EHR behind a FHIR server sends it.

    It names the server and the token, and holds every key of the service's discovery that it
    lacks and that is not `withheld`, read from the server as an EHR would; one that the server
    does not answer is left out. Raises `NotFirable`.
    """
    request = _opened(body)
    context = request.get("context")
    sent = dict(_object(request.get("prefetch"), "prefetch"))
    for key, template in _templates(url).items():
        if key not in sent and key not in withheld:
            query = filled(template, _object(context, "context"))
            value = _got(f"{server.rstrip('/')}/{query}", token) if query else None
            sent |= {} if value is None else {key: value}
    access = {
        "access_token": token,
        "token_type": "Bearer",
        "expires_in": 300,
        "scope": "patient/*.rs",
        "subject": "vidare",
    }
    return _encoded(
        {**request, "prefetch": sent, "fhirServer": server, "fhirAuthorization": access}
    )


def withholding(body: bytes, keys: frozenset[str]) -> bytes:
    """Give the request without some keys of its prefetch; `NotFirable` for one it lacks."""
    request = _opened(body)
    sent = _object(request.get("prefetch"), "prefetch")
    if sent and (unknown := sorted(keys - sent.keys())):
        raise NotFirable(
            f"There is no prefetch {', '.join(unknown)}; there are: {', '.join(sent)}."
        )
    kept = {key: value for key, value in sent.items() if key not in keys}
    return _encoded({**request, "prefetch": kept})


def _opened(body: bytes) -> Mapping[str, object]:
    try:
        request = json.loads(body)
    except (ValueError, RecursionError):
        raise NotFirable("The file holds no JSON that could be a hook request.") from None
    return _object(request, "The file")


def _object(value: object, name: str) -> Mapping[str, object]:
    if value is not None and not isinstance(value, dict):
        raise NotFirable(f"{name} must be a JSON object.")
    return value or {}


def _encoded(request: Mapping[str, object]) -> bytes:
    return json.dumps(request, ensure_ascii=False).encode()


def _templates(url: str) -> dict[str, str]:
    """Give the prefetch templates of the service at an address; none where it does not tell."""
    base, _, service_id = url.rstrip("/").rpartition("/")
    found = _got(base, "", "application/json")
    offered = found.get("services") if isinstance(found, dict) else None
    for service in offered if isinstance(offered, list) else []:
        if isinstance(service, dict) and service.get("id") == service_id:
            templates = _object(service.get("prefetch"), "prefetch")
            return {key: text for key, text in templates.items() if isinstance(text, str)}
    return {}


def _got(url: str, token: str, kind: str = _FHIR) -> object:
    """Give the JSON at an address; None where there is none."""
    headers = {"Accept": kind, **({"Authorization": f"Bearer {token}"} if token else {})}
    try:
        answer = requests.get(url, headers=headers, timeout=TIMEOUT_S, allow_redirects=False)
        value: object = answer.json() if answer.ok else None
    except requests.RequestException:
        return None
    return value
