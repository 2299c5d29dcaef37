"""service.serving: the real server. It reads its clients again without dropping a call."""

import asyncio
import json
import signal
import socket
from contextlib import closing

import httpx
import pytest

from service.errors import StartRefused
from service.serving import MAX_HEAD_BYTES, refuse_taken
from tests.service.asking import JSON, PATIENT_VIEW, call, read_fully, settings
from tests.service.serving import serving
from tests.service.signing import BASE, bearer, clients_file, key_set

FULL = json.dumps(call(prefetch=read_fully())).encode()
SECOND = '[[client]]\nname = "B"\nissuer = "https://b.example"\njwks_file = "{folder}/b.json"\n'


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_an_address_that_is_taken_is_refused_with_what_to_set(host):
    with closing(socket.create_server((host, 0))) as other:
        port = other.getsockname()[1]
        with pytest.raises(StartRefused, match=f"{port} .*in use.* VIDARE_PORT say where else"):
            refuse_taken(settings(host=host, port=port))
    refuse_taken(settings(host=host, port=port))


def test_a_host_that_is_not_ours_is_refused():
    with pytest.raises(StartRefused, match=r"Nothing can listen on 192\.0\.2\.1, port 8000"):
        refuse_taken(settings(host="192.0.2.1", public_url="https://cds.example", auth="required"))


def as_second():
    return bearer("other ES384", iss="https://b.example")


async def ask(client, headers):
    response = await client.post(PATIENT_VIEW, content=FULL, headers={**JSON, **headers})
    return response.status_code


def ask_once(server, headers):
    async def once():
        async with httpx.AsyncClient(base_url=server.base, trust_env=False, timeout=60) as client:
            return await ask(client, headers)

    return asyncio.run(once())


async def ask_through(server, words, times):
    """Signal while calls come on kept-alive connections; give their statuses until it is done."""
    found = []
    limits = httpx.Limits(max_keepalive_connections=8)
    async with httpx.AsyncClient(
        base_url=server.base, trust_env=False, timeout=60, limits=limits
    ) as client:
        found += await asyncio.gather(*(ask(client, bearer()) for _ in range(8)))
        server.process.send_signal(signal.SIGHUP)
        while server.output.count(words) < times:
            found += await asyncio.gather(*(ask(client, bearer()) for _ in range(8)))
        found += await asyncio.gather(*(ask(client, bearer()) for _ in range(8)))
    return set(found)


@pytest.mark.parametrize("workers", [1, 2])
def test_clients_are_read_again_at_sighup_and_no_call_is_dropped(tmp_path, workers):
    path = clients_file(tmp_path)
    (tmp_path / "b.json").write_bytes(key_set("other ES384"))
    with serving(
        tmp_path, AUTH="required", CLIENTS=path, WORKERS=workers, PUBLIC_URL=BASE
    ) as server:
        assert ask_once(server, bearer()) == 200
        assert ask_once(server, as_second()) == 401

        clients_file(tmp_path, more=SECOND.format(folder=tmp_path))
        done = '"event":"clients-reloaded"'
        assert asyncio.run(ask_through(server, done, workers)) == {200}
        for _ in range(workers * 4):
            assert ask_once(server, as_second()) == 200

        path.write_text("[[client]]\nname = 1\n")
        refused = '"event":"clients-refused"'
        assert asyncio.run(ask_through(server, refused, workers)) == {200}
        assert ask_once(server, as_second()) == 200
        assert "line 2" in server.output
        assert server.process.poll() is None


def test_every_line_that_a_server_writes_is_json(tmp_path):
    with serving(tmp_path, AUTH="off") as server:
        assert ask_once(server, {}) == 200
        httpx.get(f"{server.base}/canary-191212121212?name=canary", trust_env=False)
    lines = [json.loads(line) for line in server.output.splitlines()]
    (called,) = [line for line in lines if line.get("event") == "call"]
    assert (called["status"], called["service"]) == (200, "svf-patient-view")
    assert (called["hook"], called["cards"]) == ("patient-view", 0)
    assert "canary" not in server.output


def test_a_head_that_never_ends_is_cut_off(tmp_path):
    with serving(tmp_path, AUTH="off") as server:
        address = ("127.0.0.1", server.port)
        with closing(socket.create_connection(address, timeout=60)) as connection:
            connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nX-Long: ")
            sent = 0
            try:
                while sent < 100 * MAX_HEAD_BYTES:
                    connection.sendall(b"x" * 8192)
                    sent += 8192
            except (ConnectionResetError, BrokenPipeError):
                pass
            assert sent < 100 * MAX_HEAD_BYTES
        long = {"X-Long": "x" * 20_000}
        response = httpx.get(f"{server.base}/health/live", headers=long, trust_env=False)
        assert response.status_code == 431
        assert httpx.get(f"{server.base}/health/live", trust_env=False).status_code == 200
