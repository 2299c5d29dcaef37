"""A prefetch template filled in with what a call is about: the one way, for reading and for trying.

The tokens are those of CDS Hooks (Prefetch Template): `context.<field>`, and the bare id of the
user by their kind. A template with any other token cannot be filled in.
"""

import re
from collections.abc import Mapping
from types import MappingProxyType
from urllib.parse import quote

_TOKEN = re.compile(r"\{\{\s*([^{}]*?)\s*\}\}")
_USERS: Mapping[str, str] = MappingProxyType(
    {
        "userPractitionerId": "Practitioner",
        "userPractitionerRoleId": "PractitionerRole",
        "userPatientId": "Patient",
        "userRelatedPersonId": "RelatedPerson",
    }
)
_STEPS = frozenset({"", ".", ".."})
"""Parts of a path that would lead out of where the template points."""


def filled(template: str, context: Mapping[str, object]) -> str | None:
    """Give the read or search of a template, relative to the base of a FHIR server.

    `context` is the context of the call. None where it lacks what a token asks for, where that
    is no text, or where it would change the path. Whatever else it holds is percent-encoded.
    """
    values = [_value(token, context) for token in _TOKEN.findall(template)]
    texts = [value for value in values if value is not None]
    if len(texts) < len(values):
        return None
    return _TOKEN.sub(lambda _: texts.pop(0), template)


def _value(token: str, context: Mapping[str, object]) -> str | None:
    start, _, field = token.partition(".")
    value = context.get(field) if start == "context" else _user(token, context)
    if not isinstance(value, str) or not _STEPS.isdisjoint(value.split("/")):
        return None
    return quote(value, safe="/")


def _user(token: str, context: Mapping[str, object]) -> str | None:
    kind, _, user_id = str(context.get("userId") or "").partition("/")
    return user_id if token in _USERS and kind == _USERS[token] else None
