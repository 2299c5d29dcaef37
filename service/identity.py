"""Who calls: the client whose token this is, or a bare 401.

The order is the standard's (CDS Hooks 3.0, best practices): issuer, what the token claims, its
signature, and last whether it was used before. The reason of a refusal goes to the log alone.
"""

import re
import time
from collections.abc import Callable

from starlette.requests import Request

from service.clients import Client
from service.errors import Unauthorized
from service.keys import Keys
from service.logs import line_of
from service.pace import Pace
from service.register import Register
from service.replay import UsedTokens
from service.tokens import check, open_token, verify

_BEARER = re.compile(r"Bearer +(\S+)", re.IGNORECASE | re.ASCII)


class Identity:
    """Recognises callers by their tokens."""

    def __init__(
        self,
        register: Register,
        keys: Keys,
        used: UsedTokens,
        pace: Pace | None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Take what recognising needs.

        Without a `pace` no token is asked for: the first client of the file is the caller.
        """
        self._register = register
        self._keys = keys
        self._used = used
        self._pace = pace
        self._clock = clock

    async def caller(self, request: Request, *audiences: str) -> Client:
        """Give the client that calls one of the URLs `audiences`.

        Raises `Unauthorized`, `NotReady` where a verified token cannot be looked up, and
        `TooManyCalls`.
        """
        line = line_of(request.scope)
        if self._pace is None:
            client = self._register.first
            line.client = client.name
            return client
        client = await self._verified(request, audiences)
        line.client = client.name
        self._pace.count(client.name)
        return client

    async def _verified(self, request: Request, audiences: tuple[str, ...]) -> Client:
        token = open_token(_bearer(request))
        client = self._register.of_issuer(token.claims.iss)
        if client is None:
            raise Unauthorized(code="unknown-issuer")
        check(token, client, audiences, self._clock())
        key = await self._keys.find(client, token.header.kid, token.header.alg)
        verify(token, key)
        if not await self._used.take(token.claims):
            raise Unauthorized(code="used-token")
        return client


def _bearer(request: Request) -> str:
    sent = request.headers.getlist("authorization")
    if not sent:
        raise Unauthorized(code="no-token")
    found = _BEARER.fullmatch(sent[0])
    if len(sent) > 1 or found is None:
        raise Unauthorized(code="malformed-token")
    return found[1]
