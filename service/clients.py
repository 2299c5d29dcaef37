"""The EHR installations that may call (clients.toml), and how each wants its answers."""

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Literal
from urllib.parse import urlsplit

import msgspec

from cards.pathways import PATHWAYS
from cards.terminology import TERMS
from service.errors import StartRefused
from service.hooks import PREFETCH, SERVICES

Language = Literal["sv", "da", "en"]
_PLAIN_PATH = re.compile(r"(?:/(?!\.{1,2}(?:/|$))[A-Za-z0-9._~-]+)*/?")
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_NOTHING: Mapping[str, str] = MappingProxyType({})


class OrderCoding(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The coding by which a client's order catalogue knows a referral or a test."""

    system: str
    code: str
    display: str | None = None


class Client(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One EHR installation.

    `codes` is its site map (`system|code` -> our analyte or concept), `orders` the codings its
    catalogue wants (our pathway or analyte -> coding), `prefetch_keys` its own names for our
    keys, `fhir_servers` the base URLs that data may be fetched from for it. The two factors say
    from which increase contacts or prescriptions count as raised; None shows the numbers and
    judges nothing.

    Kept, but not used yet: `issuer`, `jwks_url`, `jwks_file`, `tenants`,
    `system_actions`, `snooze_days`.
    """

    name: str = "default"
    services: tuple[str, ...] = tuple(service.id for service in SERVICES)
    language: Language | None = None
    origins: tuple[str, ...] = ()
    order_intent: Literal["order", "proposal"] = "order"
    one_action_per_suggestion: bool = False
    selection_behavior: Literal["at-most-one", "any"] = "any"
    prefetch_keys: Mapping[str, str] = _NOTHING
    codes: Mapping[str, str] = _NOTHING
    orders: Mapping[str, OrderCoding] = MappingProxyType({})
    contacts_increase_factor: float | None = None
    medications_increase_factor: float | None = None
    issuer: str | None = None
    jwks_url: str | None = None
    jwks_file: str | None = None
    tenants: tuple[str, ...] = ()
    fhir_servers: tuple[str, ...] = ()
    system_actions: bool = False
    snooze_days: int | None = None


def load_clients(path: Path | None) -> tuple[Client, ...]:
    """Give the clients of the file, or one default client where there is no file.

    Raises `StartRefused` with a sentence that names the client and the member at fault.
    """
    if path is None:
        return (Client(),)
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError:
        raise StartRefused(f"The clients file {path} cannot be read.") from None
    except ValueError as error:
        raise StartRefused(f"The clients file {path} is not valid TOML: {error}.") from None
    return read_clients(document, str(path))


def read_clients(document: Mapping[str, object], source: str) -> tuple[Client, ...]:
    """Give the clients of a parsed clients.toml; `source` names it in refusals."""
    tables = document.get("client")
    if not isinstance(tables, list) or not tables:
        raise StartRefused(f"{source} must hold at least one [[client]].")
    if unknown := sorted(set(document) - {"client"}):
        raise StartRefused(f"{source} holds unknown keys: {', '.join(unknown)}.")
    clients = tuple(_client(table, f"{source}, client {n}") for n, table in enumerate(tables, 1))
    names = [client.name for client in clients]
    if len(set(names)) < len(names):
        raise StartRefused(f"{source}: two clients have the same name.")
    return clients


def _client(table: object, place: str) -> Client:
    if not isinstance(table, dict):
        raise StartRefused(f"{place}: [[client]] must be a table.")
    if unknown := sorted(set(table) - set(Client.__struct_fields__)):
        raise StartRefused(f"{place}: unknown keys: {', '.join(unknown)}.")
    if not str(table.get("name", "")).strip():
        raise StartRefused(f"{place}: name is required.")
    try:
        client = msgspec.convert(table, Client)
    except msgspec.ValidationError as error:
        raise StartRefused(f"{place}: {error}.") from None
    for fault in _faults(client):
        raise StartRefused(f"{place} ({client.name}): {fault}.")
    return client


def _faults(client: Client) -> list[str]:
    """Say what is wrong with a client whose members have the right types."""
    offered = {service.id for service in SERVICES}
    aims = list(client.prefetch_keys.values())
    factors = (client.contacts_increase_factor, client.medications_increase_factor)
    return [
        *(f"services: {id_} is not a service" for id_ in client.services if id_ not in offered),
        *(f"prefetch_keys: {key} is not a key of ours" for key in aims if key not in PREFETCH),
        *(f"prefetch_keys: {key} is named twice" for key in set(aims) if aims.count(key) > 1),
        *(f"origins: {o} must be scheme://host[:port]" for o in client.origins if not _origin(o)),
        *(fault for url in client.fhir_servers for fault in _server_faults(url)),
        *(fault for pair in client.codes.items() for fault in _code_faults(*pair)),
        *(f"orders: {key} is nothing we order" for key in client.orders if key not in orderable()),
        *("an increase factor must be above 1" for f in factors if f is not None and f <= 1),
    ]


def _origin(origin: str) -> bool:
    scheme, mark, host = origin.partition("://")
    return scheme in {"http", "https"} and bool(mark and host) and not set(host) & set("/?#*@ ")


def _server_faults(url: str) -> list[str]:
    """Say what is wrong with the base URL of a FHIR server."""
    try:
        parts = urlsplit(url)
        bare = bool(parts.hostname) and parts.port != 0 and not set("?#@ \\") & set(url)
    except ValueError:
        bare = False
    if not bare or not _PLAIN_PATH.fullmatch(parts.path):
        return [f"fhir_servers: {url!r} must be an absolute URL without user, query or fragment"]
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in _LOOPBACK):
        return [f"fhir_servers: {url!r} must be https; tokens and patient data go there"]
    return []


def _code_faults(code: str, aim: str) -> list[str]:
    system, mark, value = code.partition("|")
    faults: list[str] = []
    if not (system.strip() and mark and value.strip()):
        faults.append(f"codes: {code!r} must read system|code")
    if aim not in known_aims():
        faults.append(f"codes: {aim!r} is neither an analyte nor a concept of the terminology")
    return faults


def known_aims() -> frozenset[str]:
    """Give the keys that a site map may point at: all analytes and concepts."""
    return frozenset({*TERMS.analytes, *TERMS.concepts})


def orderable() -> frozenset[str]:
    """Give the keys that a catalogue may map: pathways, analytes and the organs referred to."""
    organs = (key.removeprefix("organ.") for key in TERMS.concepts if key.startswith("organ."))
    return frozenset({*PATHWAYS, *TERMS.analytes, *organs})
