"""The discovery answer: which services a client may call."""

from collections.abc import Iterable

import msgspec

from service.hooks import SERVICES, SPECIFICATION, Service


def discovery(granted: Iterable[str]) -> bytes:
    """Give the body of `GET /cds-services` for a client that may use the services `granted`."""
    ids = frozenset(granted)
    services = [_entry(service) for service in SERVICES if service.id in ids]
    return msgspec.json.encode({"services": services})


def _entry(service: Service) -> dict[str, object]:
    return {
        "id": service.id,
        "hook": service.hook,
        "title": service.title,
        "description": service.description,
        "version": SPECIFICATION,
        "usageRequirements": service.usage,
        "prefetch": dict(service.prefetch),
    }
