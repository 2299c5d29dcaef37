"""Tokens that were used: each is let in once, whichever process or machine takes it."""

import asyncio
import hashlib
import time
from collections.abc import Callable

from anyio import CapacityLimiter, to_thread
from sqlalchemy import Engine, delete, insert
from sqlalchemy.exc import IntegrityError

from service.database import JTI, Failure
from service.errors import NotReady
from service.tokens import LEEWAY, Claims

TIMEOUT = 3.0
"""Seconds that the database may take; without its word no token is let in."""
_THREADS = 8
_SWEEP = 300.0


class UsedTokens:
    """The table of used tokens in the shared database."""

    def __init__(self, engine: Engine, clock: Callable[[], float] = time.time) -> None:
        """Keep them in the database of `engine`; `clock` gives the seconds since 1970."""
        self._engine = engine
        self._clock = clock
        self._limiter: CapacityLimiter | None = None
        self._swept = float("-inf")

    async def take(self, claims: Claims) -> bool:
        """Note a verified token as used; tell whether this was the first time.

        Raises `NotReady` where the database does not answer in time.
        """
        self._limiter = self._limiter or CapacityLimiter(_THREADS)
        try:
            async with asyncio.timeout(TIMEOUT):
                return await to_thread.run_sync(
                    self._note, claims, limiter=self._limiter, abandon_on_cancel=True
                )
        except (Failure, TimeoutError):
            raise NotReady(
                "Whether the token was used before cannot be looked up at the moment.",
                code="replay-store-down",
            ) from None

    def _note(self, claims: Claims) -> bool:
        row = {
            "issuer": claims.iss,
            "hash": hashlib.sha256(claims.jti.encode()).digest(),
            "expires": int(claims.exp) + LEEWAY + 1,
        }
        try:
            with self._engine.begin() as connection:
                connection.execute(insert(JTI), row)
        except IntegrityError:
            return False
        self._sweep()
        return True

    def _sweep(self) -> None:
        """Forget, now and then, the tokens that have expired: time refuses them from then on."""
        now = self._clock()
        if now - self._swept < _SWEEP:
            return
        self._swept = now
        with self._engine.begin() as connection:
            connection.execute(delete(JTI).where(JTI.c.expires < int(now)))
