"""service.replay: a token is let in once, by whichever process or machine."""

import asyncio
import json
import time
from contextlib import ExitStack

import httpx
import pytest
from sqlalchemy import func, select

from service.database import JTI, opened, upgrade
from service.errors import NotReady
from service.replay import UsedTokens
from service.tokens import LEEWAY, Claims
from tests.service.asking import JSON, PATIENT_VIEW, call, read_fully
from tests.service.serving import serving
from tests.service.signing import bearer, clients_file

NOW = 1_800_000_000.0


def said(jti="one", iss="https://ehr.example", exp=NOW + 300):
    return Claims(iss=iss, aud="x", exp=exp, iat=NOW, jti=jti)


@pytest.fixture
def engine(database_url):
    with opened(database_url) as engine:
        upgrade(engine)
        yield engine


def take(store, *claims):
    async def ask():
        return await asyncio.gather(*(store.take(c) for c in claims))

    return asyncio.run(ask())


def test_a_token_is_new_once(engine):
    store = UsedTokens(engine, lambda: NOW)
    assert take(store, said()) == [True]
    assert take(store, said()) == [False]
    assert take(UsedTokens(engine, lambda: NOW), said()) == [False], "another process"
    assert take(store, said(iss="https://other.example"), said("two")) == [True, True]


def test_of_many_at_once_one_is_first(engine):
    stores = [UsedTokens(engine, lambda: NOW) for _ in range(2)]

    async def ask():
        return await asyncio.gather(*(stores[n % 2].take(said()) for n in range(50)))

    assert sorted(asyncio.run(ask())) == [False] * 49 + [True]


def test_tokens_are_forgotten_when_time_refuses_them(engine):
    now = [NOW]
    store = UsedTokens(engine, lambda: now[0])
    take(store, said())
    now[0] = NOW + 300 + LEEWAY
    take(store, said("two", exp=NOW + 900))
    assert take(store, said()) == [False], "still within the leeway"
    now[0] = NOW + 3000
    take(store, said("three", exp=NOW + 3300))
    with engine.connect() as connection:
        assert connection.execute(select(func.count()).select_from(JTI)).scalar() == 1


def test_neither_token_nor_jti_is_in_the_database(engine):
    take(UsedTokens(engine, lambda: NOW), said("canary-191212121212"))
    with engine.connect() as connection:
        ((issuer, digest, _),) = connection.execute(select(JTI)).all()
    assert issuer == "https://ehr.example"
    assert len(digest) == 32
    assert b"canary" not in digest


def test_a_database_that_fails_is_said_so(tmp_path):
    with (
        opened(f"sqlite:///{tmp_path}/never-set-up.db") as engine,
        pytest.raises(NotReady) as refusal,
    ):
        take(UsedTokens(engine), said())
    assert refusal.value.code == "replay-store-down"
    assert refusal.value.__context__ is None or refusal.value.__suppress_context__


def test_a_database_that_hangs_is_not_waited_for(engine, monkeypatch):
    monkeypatch.setattr("service.replay.TIMEOUT", 0.05)
    store = UsedTokens(engine, lambda: NOW)
    with engine.begin() as connection:
        connection.execute(JTI.insert(), {"issuer": "x", "hash": b"x" * 32, "expires": 1})
        if engine.dialect.name == "postgresql":
            connection.exec_driver_sql("LOCK TABLE jti")
        with pytest.raises(NotReady):
            take(store, said())
    while engine.pool.checkedout():  # the thread that was not waited for ends now
        time.sleep(0.01)


def test_r152_one_token_fifty_times_at_once_over_two_processes(tmp_path, postgres):
    url = postgres.new_url()
    with opened(url) as engine:
        upgrade(engine)
    common = {
        "AUTH": "required",
        "CLIENTS": clients_file(tmp_path),
        "DATABASE_URL": url,
        "PUBLIC_URL": "http://127.0.0.1:8000",
    }
    content = json.dumps(call(prefetch=read_fully())).encode()

    async def fire(servers):
        headers = {**JSON, **bearer()}
        async with httpx.AsyncClient(timeout=60, trust_env=False) as client:
            posts = (
                client.post(
                    f"{servers[n % 2].base}{PATIENT_VIEW}", content=content, headers=headers
                )
                for n in range(50)
            )
            return [response.status_code for response in await asyncio.gather(*posts)]

    with ExitStack() as stack:
        servers = [stack.enter_context(serving(tmp_path, **common)) for _ in range(2)]
        for _ in range(3):
            assert sorted(asyncio.run(fire(servers))) == [200] + [401] * 49
