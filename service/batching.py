"""A thread that does at once, for all who wait, what would cost each of them the same alone.

One fsync, one look-up, one transaction serves every call that came while the last one ran.
"""

import asyncio
import threading
from collections.abc import Callable, Sequence
from queue import Empty, SimpleQueue
from typing import Generic, NamedTuple, TypeVar

T = TypeVar("T")
R = TypeVar("R")


class Overfull(Exception):
    """More wait than may wait."""


class _Waiting(NamedTuple, Generic[T, R]):
    item: T
    future: asyncio.Future[R]
    loop: asyncio.AbstractEventLoop


class Batches(Generic[T, R]):
    """Takes items on an event loop, works on them in one thread, gives each its result.

    `work` gets the items that wait, in order, and gives one result for each; what it raises is
    raised for each. The thread begins with the first item and ends with `close`.
    """

    def __init__(
        self, name: str, work: Callable[[Sequence[T]], Sequence[R]], *, most: int, waiting: int
    ) -> None:
        """Work on at most `most` items at once, and let at most `waiting` wait."""
        self._name, self._work, self._most, self._limit = name, work, most, waiting
        self._queue: SimpleQueue[_Waiting[T, R] | None] = SimpleQueue()
        self._thread: threading.Thread | None = None

    @property
    def waiting(self) -> int:
        """How many items wait."""
        return self._queue.qsize()

    def submit(self, item: T) -> asyncio.Future[R]:
        """Give the future result of an item; `Overfull` where too many wait already."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[R] = loop.create_future()
        if self.waiting >= self._limit:
            future.set_exception(Overfull())
            return future
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name=self._name, daemon=True)
            self._thread.start()
        self._queue.put(_Waiting(item, future, loop))
        return future

    def close(self) -> None:
        """End the thread once it has worked on all that waits."""
        thread, self._thread = self._thread, None
        if thread is not None:
            self._queue.put(None)
            thread.join()

    def _run(self) -> None:
        while True:
            batch, last = self._next()
            if batch:
                _settle(batch, *self._worked(batch))
            if last:
                return

    def _next(self) -> tuple[list[_Waiting[T, R]], bool]:
        """Wait for one item and take all others that are there; tell whether it is the last."""
        batch: list[_Waiting[T, R]] = []
        try:
            each = self._queue.get()
            while each is not None:
                batch.append(each)
                if len(batch) >= self._most:
                    return batch, False
                each = self._queue.get_nowait()
        except Empty:
            return batch, False
        return batch, True

    def _worked(self, batch: list[_Waiting[T, R]]) -> tuple[Sequence[R], Exception | None]:
        try:
            return self._work([waiting.item for waiting in batch]), None
        except Exception as error:  # noqa: BLE001 - it is raised again for each who waits
            return (), error


def _settle(batch: list[_Waiting[T, R]], results: Sequence[R], error: Exception | None) -> None:
    """Give the results on the loops that wait for them; one that has closed waits no longer."""
    loops = {waiting.loop for waiting in batch}
    for loop in loops:
        mine = [n for n, waiting in enumerate(batch) if waiting.loop is loop]

        def settle(mine: list[int] = mine) -> None:
            for n in mine:
                future = batch[n].future
                if future.done():  # given up
                    continue
                if error is not None:
                    future.set_exception(error)
                else:
                    future.set_result(results[n])

        if not loop.is_closed():
            _on(loop, settle)


def _on(loop: asyncio.AbstractEventLoop, settle: Callable[[], None]) -> None:
    try:
        loop.call_soon_threadsafe(settle)
    except RuntimeError:  # it closed in between
        return
