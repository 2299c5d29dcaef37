"""service.batching: one piece of work for all who wait, and each gets its own result."""

import asyncio
import threading

import pytest

from service.batching import Batches, Overfull


def doubled(items):
    return [2 * item for item in items]


def made(work=doubled, most=100, waiting=1000):
    return Batches("test", work, most=most, waiting=waiting)


def test_each_gets_its_own_result():
    batches = made()

    async def ask():
        return await asyncio.gather(*(batches.submit(n) for n in range(250)))

    assert asyncio.run(ask()) == [2 * n for n in range(250)]
    batches.close()


def test_what_comes_while_the_work_runs_is_done_together():
    seen, first, going_on = [], threading.Event(), threading.Event()

    def work(items):
        seen.append(list(items))
        first.set()
        assert going_on.wait(10)
        return items

    batches = made(work, most=4)

    async def ask():
        futures = [batches.submit(0)]
        await asyncio.to_thread(first.wait, 10)
        futures += [batches.submit(n) for n in range(1, 7)]
        assert batches.waiting == 6
        going_on.set()
        return await asyncio.gather(*futures)

    assert asyncio.run(ask()) == list(range(7))
    assert seen == [[0], [1, 2, 3, 4], [5, 6]]
    batches.close()


def test_more_than_may_wait_are_refused_at_once():
    going_on, begun = threading.Event(), threading.Event()

    def work(items):
        begun.set()
        assert going_on.wait(10)
        return items

    batches = made(work, waiting=2)

    async def ask():
        first = batches.submit(0)
        await asyncio.to_thread(begun.wait, 10)
        kept = [batches.submit(1), batches.submit(2)]
        with pytest.raises(Overfull):
            await batches.submit(3)
        going_on.set()
        return await asyncio.gather(first, *kept)

    assert asyncio.run(ask()) == [0, 1, 2]
    batches.close()


def test_what_the_work_raises_is_raised_for_each():
    def work(_):
        raise ZeroDivisionError

    batches = made(work)

    async def ask():
        return await asyncio.gather(batches.submit(1), batches.submit(2), return_exceptions=True)

    assert [type(error) for error in asyncio.run(ask())] == [ZeroDivisionError] * 2
    batches.close()


def test_who_gave_up_is_passed_over_and_others_are_not():
    going_on = threading.Event()

    def work(items):
        assert going_on.wait(10)
        return items

    batches = made(work)

    async def ask():
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.01):
                await batches.submit(1)
        going_on.set()
        return await batches.submit(2)

    assert asyncio.run(ask()) == 2
    batches.close()


def test_a_loop_that_has_closed_waits_no_longer():
    going_on = threading.Event()

    def work(items):
        assert going_on.wait(10)
        return items

    batches = made(work)

    async def leave():
        batches.submit(1)

    asyncio.run(leave())
    going_on.set()
    batches.close()


def test_a_loop_that_closes_just_then_is_no_error():
    from service.batching import _on

    class Closing:
        def call_soon_threadsafe(self, _):
            raise RuntimeError

    _on(Closing(), lambda: None)


def test_closing_works_on_all_that_waits_and_may_be_said_twice():
    done = []
    batches = made(lambda items: done.extend(items) or items)

    async def ask():
        return [batches.submit(n) for n in range(10)]

    asyncio.run(ask())
    batches.close()
    batches.close()
    assert done == list(range(10))
