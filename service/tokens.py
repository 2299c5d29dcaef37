"""A caller's JSON Web Token: opened, compared with what was agreed, and its signature verified.

CDS Hooks 3.0, "Trusting CDS Clients". PyJWT verifies; what a claim may hold is stricter than there:
a time is a number, and every required claim must be present.
"""

import re
from collections.abc import Collection
from typing import NamedTuple

import msgspec
from jwt import PyJWK, PyJWS
from jwt.exceptions import PyJWTError

from service.clients import Client
from service.errors import Unauthorized

LEEWAY = 60
"""Seconds by which the clocks of a client and of this service may differ."""
LONGEST = 8192
_TEXT = re.compile(r"[\w-]+\.[\w-]+\.[\w-]+", re.ASCII)
_JWS = PyJWS(options={"enforce_minimum_key_length": True})
_UNREAD = (PyJWTError, msgspec.MsgspecError, UnicodeDecodeError, RecursionError, ValueError)

Number = int | float


class Header(msgspec.Struct, frozen=True):
    """The members of a token's header that decide; keys that it brings itself are not looked at."""

    alg: str
    kid: str
    typ: str
    jku: str | None = None
    crit: None = None  # nothing critical is understood here
    b64: None = None


class Claims(msgspec.Struct, frozen=True):
    """What a token says of itself; `exp`, `iat` and `nbf` are seconds since 1970."""

    iss: str
    aud: str | list[str]
    exp: Number
    iat: Number
    jti: str
    nbf: Number | None = None
    tenant: str | None = None


class Token(NamedTuple):
    """A token as sent, and what it says before anyone has verified it."""

    text: str
    header: Header
    claims: Claims


_CLAIMS = msgspec.json.Decoder(Claims)


def open_token(text: str) -> Token:
    """Give what a token says, unverified; `Unauthorized` where it cannot be read."""
    if len(text) > LONGEST or not _TEXT.fullmatch(text):
        raise Unauthorized(code="malformed-token")
    try:
        parts = _JWS.decode_complete(text, options={"verify_signature": False})
        header = msgspec.convert(parts["header"], Header)
        claims = _CLAIMS.decode(parts["payload"])
    except _UNREAD:
        raise Unauthorized(code="malformed-token") from None
    if header.typ.upper() != "JWT" or not header.kid or not 0 < len(claims.jti) <= LONGEST:
        raise Unauthorized(code="malformed-token")
    return Token(text, header, claims)


def check(token: Token, client: Client, audiences: Collection[str], now: float) -> None:
    """Compare a token with what was agreed with the client; `Unauthorized` where it differs.

    `audiences` are the URLs that it may be addressed to, `now` the seconds since 1970.
    """
    header, claims = token.header, token.claims
    named = [claims.aud] if isinstance(claims.aud, str) else claims.aud
    if header.alg not in client.algorithms:
        raise Unauthorized(code="wrong-algorithm")
    if header.jku is not None and header.jku != client.jwks_url:
        raise Unauthorized(code="wrong-jku")
    if not set(named) & set(audiences):
        raise Unauthorized(code="wrong-audience")
    if claims.tenant not in (client.tenants or (None,)):
        raise Unauthorized(code="wrong-tenant")
    _check_times(claims, client.max_token_seconds, now)


def _check_times(claims: Claims, longest: int, now: float) -> None:
    if claims.exp <= now - LEEWAY:
        raise Unauthorized(code="expired-token")
    if claims.iat > now + LEEWAY or (claims.nbf is not None and claims.nbf > now + LEEWAY):
        raise Unauthorized(code="early-token")
    if not 0 < claims.exp - claims.iat <= longest:
        raise Unauthorized(code="long-lived-token")


def verify(token: Token, key: PyJWK) -> None:
    """Verify the signature; `Unauthorized` where the key did not make it."""
    try:
        _JWS.decode_complete(token.text, key, algorithms=[token.header.alg])
    except _UNREAD:
        raise Unauthorized(code="wrong-signature") from None
