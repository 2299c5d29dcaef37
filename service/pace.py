"""How often a client may call: a bucket that fills by the minute, one for each client.

It is counted in each process: the one thing held in a process alone, for it bounds work and
decides no answer.
"""

import math
import time
from collections.abc import Callable

import msgspec

from service.errors import TooManyCalls

_MINUTE = 60.0


class _Bucket(msgspec.Struct):
    left: float
    at: float


class Pace:
    """Lets each client call `per_minute` times at once, and as often again in every minute."""

    def __init__(self, per_minute: int, clock: Callable[[], float] = time.monotonic) -> None:
        """Take the limit, 0 for none; `clock` gives seconds that never go back."""
        self._limit = per_minute
        self._clock = clock
        self._buckets: dict[str, _Bucket] = {}

    def count(self, name: str) -> None:
        """Count a call of the client `name`; `TooManyCalls` says when the next may come."""
        if not self._limit:
            return
        now = self._clock()
        bucket = self._buckets.setdefault(name, _Bucket(self._limit, now))
        filled = bucket.left + (now - bucket.at) * self._limit / _MINUTE
        bucket.left, bucket.at = min(self._limit, filled), now
        if bucket.left < 1:
            refusal = TooManyCalls("The client calls more often than was agreed.")
            seconds = (1 - bucket.left) * _MINUTE / self._limit
            refusal.headers["Retry-After"] = str(math.ceil(seconds))
            raise refusal
        bucket.left -= 1
