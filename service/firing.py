"""Firing a hook at a CDS Service as an EHR would."""

from typing import NamedTuple

import requests

TIMEOUT_S = 30


class NotReached(ConnectionError):
    """The service could not be reached; the message says how it failed."""


class Fired(NamedTuple):
    """What came back: the status, the body and how long it took."""

    status: int
    body: bytes
    seconds: float


def fire(url: str, body: bytes, language: str | None) -> Fired:
    """Post a hook request to the address of a service; a redirect is not followed."""
    headers = {"Content-Type": "application/json", "Accept": "application/json"}
    if language:
        headers["Accept-Language"] = language
    try:
        answer = requests.post(
            url, data=body, headers=headers, timeout=TIMEOUT_S, allow_redirects=False
        )
    except requests.RequestException as error:
        raise NotReached(f"{url} gave no answer ({type(error).__name__}).") from error
    return Fired(answer.status_code, answer.content, answer.elapsed.total_seconds())
