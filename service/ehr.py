"""What the EHR gave for each prefetch key; the only door to patient data."""

from cards.source import Source, UnreadableSource, open_source, unavailable
from service.errors import BadRequest
from service.hooks import PREFETCH, HookRequest


def complete(call: HookRequest) -> dict[str, Source]:
    """Give every key's source: what was sent, or `unavailable` for what was not.

    Raises `BadRequest` naming the key whose value is not what its template asks for.
    """
    return {key: _source(key, call.prefetch.get(key)) for key in PREFETCH}


def _source(key: str, raw: bytes | None) -> Source:
    if raw is None:
        return unavailable(key, "absent")
    try:
        return open_source(key, raw)
    except UnreadableSource as error:
        raise BadRequest(error.reason, expression=f"prefetch.{key}") from error
