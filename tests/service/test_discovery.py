"""service.discovery: which services a client may call."""

import json

from service.discovery import discovery
from service.hooks import PREFETCH, SERVICES

IDS = [service.id for service in SERVICES]


def test_every_service_is_listed_with_its_templates():
    services = json.loads(discovery(IDS))["services"]
    assert [service["id"] for service in services] == IDS
    for service in services:
        assert service["prefetch"] == dict(PREFETCH)
        assert service["version"] == "3.0.0"


def test_only_what_was_granted_is_listed():
    assert [s["id"] for s in json.loads(discovery(IDS[:1]))["services"]] == IDS[:1]
    assert json.loads(discovery([])) == {"services": []}
