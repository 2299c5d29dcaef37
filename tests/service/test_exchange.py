"""service.exchange: one GET over a real socket, against a server that does everything wrong."""

import asyncio
import gzip
import json
import ssl
import time
import tracemalloc

import httpx
import pytest
from pydantic import SecretStr

from cards.source import Unusable
from service.addresses import CheckedTransport
from service.exchange import Allowance, Exchange, open_client

OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/fhir+json\r\n"
TOKEN = "canary-t0ken"  # noqa: S105 -- opens nothing


def whole(body, *headers):
    named = b"".join(header + b"\r\n" for header in headers)
    return OK + named + b"Content-Length: %d\r\n\r\n" % len(body) + body


class Stub:
    """A FHIR server on loopback that writes, for each connection in turn, what it was given.

    A function is called with the writer; the last answer is given to all who come later.
    """

    def __init__(self, *answers):
        self.answers = list(answers)
        self.asked = []

    async def __aenter__(self):
        self.server = await asyncio.start_server(self._talk, "127.0.0.1", 0)
        self.base = f"http://127.0.0.1:{self.server.sockets[0].getsockname()[1]}/fhir"
        return self

    async def __aexit__(self, *_):
        self.server.close()
        await self.server.wait_closed()

    async def _talk(self, reader, writer):
        try:
            while True:
                self.asked.append(await reader.readuntil(b"\r\n\r\n"))
                answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
                if callable(answer):
                    await answer(writer)
                else:
                    writer.write(answer)
                    await writer.drain()
                if b"Content-Length" not in (b"" if callable(answer) else answer):
                    return
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            pass  # the client has gone, or the test is over
        finally:
            writer.close()


def got(*answers, size=1_000_000, times=1, seconds=30.0, token=TOKEN):
    """Give the bodies of GETs, or the reason why there was none, and what the server was asked."""

    async def ask():
        transport = CheckedTransport(ssl.create_default_context(), loopback=True)
        async with Stub(*answers) as stub, open_client(transport) as http:
            exchange = Exchange(
                http,
                httpx.URL(stub.base),
                SecretStr(token),
                time.monotonic() + seconds,
                Allowance(size, 100),
            )
            found = [await _one(exchange, stub.base) for _ in range(times)]
            return found, stub.asked

    return asyncio.run(ask())


async def _one(exchange, base):
    try:
        async with asyncio.timeout(exchange.left):
            return await exchange.get(httpx.URL(f"{base}/Patient/1"))
    except Unusable as unusable:
        return unusable.reason
    except TimeoutError:
        return "ehrLate"


async def hang(_writer):
    await asyncio.Event().wait()


def trickling(start):
    """Give a server that sends a byte whenever the one before has gone, and never ends."""

    async def answer(writer):
        writer.write(start)
        while not writer.is_closing():
            writer.write(b"x")
            await writer.drain()
            await asyncio.sleep(0.01)

    return answer


def ending(start):
    """Give a server that closes after what it wrote."""

    async def answer(writer):
        writer.write(start)
        await writer.drain()

    return answer


async def reset(writer):
    writer.transport.abort()


async def slam(writer):
    writer.close()


def test_a_body_is_given_as_it_is_and_connections_are_kept():
    found, asked = got(whole(b"{}"), times=3)
    assert found == [b"{}"] * 3
    assert len(asked) == 3
    head = asked[0].decode().lower()
    assert head.startswith("get /fhir/patient/1 http/1.1\r\n")
    assert f"authorization: bearer {TOKEN}\r\n" in head
    assert "accept: application/fhir+json" in head


def test_a_packed_body_is_unpacked():
    packed = gzip.compress(b'{"a": 1}')
    assert got(whole(packed, b"Content-Encoding: gzip"))[0] == [b'{"a": 1}']


CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (ending(OK + b"Content-Length: 100\r\n\r\n{}"), "ehrUnreadable"),
        (CHUNKED + b"2\r\n{}\r\n", "ehrUnreadable"),
        (CHUNKED + b"zz\r\n{}\r\n", "ehrUnreadable"),
        (whole(b"\x1f\x8bno", b"Content-Encoding: gzip"), "ehrUnreadable"),
        (whole(gzip.compress(b"{}")[:-4], b"Content-Encoding: gzip"), "ehrUnreadable"),
        (whole(b"{}", b"Content-Encoding: gzip, gzip"), "ehrUnreadable"),
        (whole(b"{}" * 600_000), "tooMuch"),
        (whole(gzip.compress(bytes(50_000_000)), b"Content-Encoding: gzip"), "tooMuch"),
        (b"not HTTP at all\r\n\r\n", "ehrUnreachable"),
        (OK + b"X-Long: " + b"x" * 300_000 + b"\r\n\r\n", "ehrUnreachable"),
        (b"", "ehrUnreachable"),
        (slam, "ehrUnreachable"),
        (reset, "ehrUnreachable"),
        (b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n",
         "ehrElsewhere"),
        (b"HTTP/1.1 304 Not Modified\r\nContent-Length: 0\r\n\r\n", "ehrError"),
        (b"HTTP/1.1 206 Partial Content\r\nContent-Length: 2\r\n\r\n{}", "ehrError"),
    ],
)  # fmt: skip
def test_what_is_no_whole_answer_is_a_reason(answer, reason):
    assert got(answer)[0] == [reason]


@pytest.mark.parametrize(
    "answer",
    [
        hang,
        trickling(b""),
        trickling(OK),
        trickling(OK + b"Content-Length: 1000000\r\n\r\n{"),
        trickling(OK + b"\r\n{"),
    ],
    ids=["nothing", "no header", "a header without end", "a body", "a body without length"],
)
def test_a_server_that_never_ends_is_left_at_the_deadline(answer):
    assert got(answer, seconds=0.2)[0] == ["ehrLate"]


def test_a_bomb_is_never_unpacked_whole():
    bomb = whole(gzip.compress(bytes(200_000_000)), b"Content-Encoding: gzip")
    tracemalloc.start()
    try:
        assert got(bomb)[0] == ["tooMuch"]
        assert tracemalloc.get_traced_memory()[1] < 20_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("broken", [slam, reset])
def test_a_connection_that_broke_is_asked_once_more_and_no_more(broken):
    found, asked = got(broken, whole(b"{}"))
    assert (found, len(asked)) == ([b"{}"], 2)
    found, asked = got(broken, broken, whole(b"{}"))
    assert (found, len(asked)) == (["ehrUnreachable"], 2)


BUSY = b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\nRetry-After: "


def test_a_pause_is_made_only_where_it_fits():
    found, asked = got(BUSY + b"0\r\n\r\n", whole(b"{}"))
    assert (found, len(asked)) == ([b"{}"], 2)
    found, asked = got(BUSY + b"31\r\n\r\n", whole(b"{}"))
    assert (found, len(asked)) == (["ehrBusy"], 1)
    found, asked = got(BUSY + b"0\r\n\r\n", BUSY + b"0\r\n\r\n", whole(b"{}"))
    assert (found, len(asked)) == (["ehrBusy"], 2)


def test_what_is_read_counts_over_all_answers_of_a_call():
    found, _ = got(whole(b"x" * 60), size=100, times=2)
    assert found == [b"x" * 60, "tooMuch"]


def test_resources_are_spent_together():
    allowance = Allowance(1, 3)
    allowance.spend(2)
    with pytest.raises(Unusable):
        allowance.spend(2)
    allowance.spend(1)


def test_nobody_listening_is_unreachable_and_the_log_says_so(caplog):
    async def ask():
        transport = CheckedTransport(ssl.create_default_context(), loopback=True)
        async with open_client(transport) as http:
            base = "http://127.0.0.1:9"
            exchange = Exchange(
                http, httpx.URL(base), SecretStr(""), time.monotonic() + 30, Allowance(1, 1)
            )
            return await _one(exchange, base)

    assert asyncio.run(ask()) == "ehrUnreachable"
    (line,) = (json.loads(record.getMessage()) for record in caplog.records)
    assert (line["event"], line["detail"]) == (
        "ehr-not-reached",
        "http://127.0.0.1:9: no address answers",
    )


def test_the_token_is_in_no_representation():
    exchange = Exchange(None, httpx.URL("https://x"), SecretStr(TOKEN), 0.0, Allowance(1, 1))
    assert TOKEN not in repr(exchange)
