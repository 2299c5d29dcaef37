"""The EHR installations that may call (clients.toml), and how each wants its answers."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from types import MappingProxyType
from typing import Literal, get_args, get_origin, get_type_hints

import msgspec

from cards.pathways import PATHWAYS
from cards.routing import TARGETS
from cards.terminology import TERMS
from service.errors import StartRefused
from service.hooks import PREFETCH, SERVICES
from service.toml_lines import line_of
from service.urls import is_confidential, is_origin, is_server

Language = Literal["sv", "da", "en"]
Algorithm = Literal[
    "ES256", "ES384", "ES512", "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "EdDSA"
]
"""What a client may sign with: never a shared secret, never nothing."""
Fault = tuple[str, str]
"""The member of a client that must be changed, and the sentence that says how."""
MAX_ISSUER = 512
MOST_DAYS = 3650
"""Ten years, the most of every setting in days."""
MAX_LIFETIME = 86_400
"""Seconds: the longest that any client's token may live."""
_PLACE = re.compile(r"\$\.(\w+)")
_NOTHING: Mapping[str, str] = MappingProxyType({})


class OrderCoding(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The coding by which a client's order catalogue knows a referral or a test."""

    system: str
    code: str
    display: str | None = None


class Client(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One EHR installation.

    `issuer`, `jwks_url` or `jwks_file`, `algorithms`, `tenants` and `max_token_seconds` say which
    tokens are its own; where both are given, keys come from the file and `jwks_url` is what a
    token may name as `jku`. `codes` is its site map (`system|code` -> our analyte or concept),
    `orders` the codings its catalogue wants (our pathway or analyte -> coding), `prefetch_keys`
    its own names for our keys, `fhir_servers` the base URLs that data may be fetched from for it.
    `bone_agreement` names the department that takes metastases in bone by local agreement
    (Denmark). The two factors say from which increase contacts or prescriptions count as raised;
    None shows the numbers and judges nothing. `snooze_days` stands in the place of the setting; 0
    lets no card sleep. Pathways in `shadow` are judged and kept, and nothing of them is shown.

    Kept, but not used yet: `system_actions`. `jwks` is a key set itself, only for a
    client that the service makes for its own use; a file cannot set it.
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
    bone_agreement: str | None = None
    issuer: str | None = None
    jwks_url: str | None = None
    jwks_file: str | None = None
    jwks: bytes | None = None
    algorithms: tuple[Algorithm, ...] = ("ES384", "RS384")
    max_token_seconds: int = 3600
    tenants: tuple[str, ...] = ()
    fhir_servers: tuple[str, ...] = ()
    system_actions: bool = False
    snooze_days: int | None = None
    shadow: tuple[str, ...] = ()


_MEMBERS = frozenset(Client.__struct_fields__) - {"jwks"}


def _words(annotation: object) -> tuple[str, ...]:
    """Give the words that an annotation allows, at any depth; none where it allows any."""
    if get_origin(annotation) is Literal:
        return tuple(f'"{word}"' for word in get_args(annotation))
    return tuple(word for part in get_args(annotation) for word in _words(part))


_WORDS = {name: _words(annotation) for name, annotation in get_type_hints(Client).items()}


def load_clients(path: Path | None) -> tuple[Client, ...]:
    """Give the clients of the file, or one default client where there is no file.

    Raises `StartRefused`: for each fault a line that names file, line, client, member and remedy.
    """
    if path is None:
        return (Client(),)
    try:
        text = path.read_text(encoding="utf-8")
        document = tomllib.loads(text)
    except OSError:
        raise StartRefused(f"The clients file {path} cannot be read.") from None
    except ValueError as error:
        raise StartRefused(f"The clients file {path} is not valid TOML: {error}.") from None
    return tuple(_beside(path, client) for client in read_clients(document, str(path), text))


def _beside(path: Path, client: Client) -> Client:
    """Give a client whose key file is meant from the folder of the clients file."""
    if client.jwks_file is None:
        return client
    return msgspec.structs.replace(client, jwks_file=str(path.parent / client.jwks_file))


def read_clients(document: Mapping[str, object], source: str, text: str = "") -> tuple[Client, ...]:
    """Give the clients of a parsed clients.toml; `source` and the lines of `text` name faults."""
    tables = document.get("client")
    if not isinstance(tables, list) or not tables:
        raise StartRefused(f"{source} must hold at least one [[client]].")
    if unknown := sorted(set(document) - {"client"}):
        raise StartRefused(f"{source} holds unknown keys: {', '.join(unknown)}.")
    faults: list[str] = []
    clients: list[Client] = []
    for number, table in enumerate(tables, 1):
        client, found = _client(table)
        if client is not None:
            clients.append(client)
        for member, fault in found:
            line = f", line {line_of(text, number, member)}" if text else ""
            name = f" ({client.name})" if client is not None else ""
            end = "" if fault.endswith("?") else "."
            faults.append(f"{source}{line}, client {number}{name}: {fault}{end}")
    for member in ("name", "issuer"):
        held = [getattr(c, member) for c in clients if getattr(c, member) is not None]
        if len(set(held)) < len(held):
            faults.append(f"{source}: two clients have the same {member}; each needs its own.")
    if faults:
        raise StartRefused("\n".join(faults))
    return tuple(clients)


def _client(table: object) -> tuple[Client | None, list[Fault]]:
    """Give a client, and what is wrong with it by the member that must be changed."""
    if not isinstance(table, dict):
        return None, [("", "[[client]] must be a table")]
    if unknown := sorted(set(table) - _MEMBERS):
        return None, [(name, f"unknown keys: {name}; {_instead(name)}") for name in unknown]
    if not str(table.get("name", "")).strip():
        return None, [("name", "name is required")]
    try:
        client = msgspec.convert(table, Client)
    except msgspec.ValidationError as error:
        place = _PLACE.search(str(error))
        member = place[1] if place else ""
        allowed = f"; it may be {' or '.join(words)}" if (words := _WORDS.get(member)) else ""
        return None, [(member, f"{error}{allowed}")]
    return client, _faults(client)


def _instead(name: str) -> str:
    """Say what to do about a member that there is not."""
    near = get_close_matches(name, _MEMBERS, 1)
    return f"did you mean {near[0]}?" if near else "leave it out"


def _faults(client: Client) -> list[Fault]:
    """Say what is wrong with a client whose members have the right types."""
    offered = {service.id for service in SERVICES}
    aims = list(client.prefetch_keys.values())
    factors = ("contacts_increase_factor", "medications_increase_factor")
    return [
        *(
            ("services", f"services: {id_} is not a service; there are: {', '.join(offered)}")
            for id_ in client.services
            if id_ not in offered
        ),
        *(
            ("prefetch_keys", f"prefetch_keys: {key} is not a key of ours")
            for key in aims
            if key not in PREFETCH
        ),
        *(
            ("prefetch_keys", f"prefetch_keys: {key} is named twice")
            for key in set(aims)
            if aims.count(key) > 1
        ),
        *(
            ("origins", f"origins: {o} must be scheme://host[:port], in lower case")
            for o in client.origins
            if not is_origin(o)
        ),
        *(fault for pair in client.codes.items() for fault in _code_faults(*pair)),
        *(
            ("orders", f"orders: {key} is nothing we order")
            for key in client.orders
            if key not in orderable()
        ),
        *(
            (name, "an increase factor must be above 1")
            for name in factors
            if (factor := getattr(client, name)) is not None and factor <= 1
        ),
        *(
            ("shadow", f"shadow: {id_} is not a pathway; there are: {', '.join(PATHWAYS)}")
            for id_ in client.shadow
            if id_ not in PATHWAYS
        ),
        *(
            ("snooze_days", f"snooze_days: {days} must lie between 0 and {MOST_DAYS}")
            for days in (client.snooze_days,)
            if days is not None and not 0 <= days <= MOST_DAYS
        ),
        *(
            [("bone_agreement", "bone_agreement: name the department")]
            if client.bone_agreement is not None and not client.bone_agreement.strip()
            else []
        ),
        *_trust_faults(client),
    ]


def _trust_faults(client: Client) -> Iterator[Fault]:
    """Say what is wrong with how a client is recognised and reached."""
    if client.issuer is not None and not 0 < len(client.issuer) <= MAX_ISSUER:
        yield "issuer", f"issuer must have 1 to {MAX_ISSUER} characters"
    if client.jwks_url is not None and not is_confidential(client.jwks_url):
        yield "jwks_url", "jwks_url must be an https URL, so that nobody can put keys in its place"
    if not client.algorithms:
        yield "algorithms", "algorithms must name at least one; leave it out for ES384 and RS384"
    if not 0 < client.max_token_seconds <= MAX_LIFETIME:
        yield "max_token_seconds", f"max_token_seconds must be 1 to {MAX_LIFETIME}"
    for url in client.fhir_servers:
        if not is_confidential(url):
            yield "fhir_servers", f"fhir_servers: {url} must be an https URL: patient data go there"
        elif not is_server(url):
            yield "fhir_servers", f"fhir_servers: {url} must have a plain path and no query"


def _code_faults(code: str, aim: str) -> Iterator[Fault]:
    system, mark, value = code.partition("|")
    if not (system.strip() and mark and value.strip()):
        yield "codes", f"codes: {code!r} must read system|code"
    if aim not in known_aims():
        yield (
            "codes",
            f"codes: {aim!r} is neither an analyte nor a concept of the terminology",
        )


def known_aims() -> frozenset[str]:
    """Give the keys that a site map may point at: all analytes and concepts."""
    return frozenset({*TERMS.analytes, *TERMS.concepts})


def orderable() -> frozenset[str]:
    """Give the keys that a catalogue may map: pathways, analytes and the organs referred to."""
    organs = (key.removeprefix("organ.") for key in TERMS.concepts if key.startswith("organ."))
    return frozenset({*PATHWAYS, *TERMS.analytes, *organs, *TARGETS})
