"""service.keys: a client's keys from its own key server, whatever that server does."""

import asyncio
import gzip
import json
import threading
import time

import pytest

from service.clients import Client
from service.errors import Unauthorized
from service.keys import FLOOR, FRESH, LARGEST, STALE, Keys, KeysNotRead, read_keys
from tests.service.certifying import certified
from tests.service.key_server import KeyServer
from tests.service.signing import KEYS, jwk, key_set

BOTH = ("ES384", "RS384")


class Clock:
    now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def keys(clock):
    return Keys(clock)


@pytest.fixture
def server():
    running = KeyServer()
    running.content = key_set(*BOTH)
    yield running
    running.stop()


@pytest.fixture
def client(server):
    return Client(issuer="https://ehr.example", jwks_url=server.url)


def find(keys, client, name="ES384"):
    """Give the key, or the reason why there is none; wait for fetches that were begun beside."""

    async def ask():
        try:
            return await keys.find(client, f"{name}+/=", name)
        except Unauthorized as refusal:
            return refusal.code
        finally:
            others = asyncio.all_tasks() - {asyncio.current_task()}
            await asyncio.gather(*others)

    return asyncio.run(ask())


def numbers(key):
    return key.key.public_numbers()


def test_r148_a_key_is_found_by_kid_and_fetched_once(keys, client, server):
    for name in (*BOTH, *BOTH):
        assert numbers(find(keys, client, name)) == KEYS[name].public_key().public_numbers()
    assert server.fetches == 1


def test_r148_a_new_key_is_found_when_it_is_first_used(keys, client, server, clock):
    server.content = key_set("ES384")
    find(keys, client)
    server.content = key_set("RS384")
    clock.now += FLOOR
    assert numbers(find(keys, client, "RS384"))
    assert find(keys, client, "ES384") == "unknown-key", "a key withdrawn"


def test_r148_unknown_keys_do_not_make_us_hammer_the_server(keys, client, server, clock):
    find(keys, client)
    for _ in range(50):
        assert find(keys, client, "ES512") == "unknown-key"
    assert server.fetches == 1
    clock.now += FLOOR
    for _ in range(50):
        find(keys, client, "ES512")
    assert server.fetches == 2


def test_many_calls_at_once_fetch_once(keys, client, server):
    async def ask():
        finds = (keys.find(client, "ES384+/=", "ES384") for _ in range(50))
        return await asyncio.gather(*finds)

    assert len(asyncio.run(ask())) == 50
    assert server.fetches == 1


def test_a_caller_that_goes_away_stops_nobody_elses_fetch(keys, client, server):
    async def ask():
        first = asyncio.create_task(keys.find(client, "ES384+/=", "ES384"))
        second = asyncio.create_task(keys.find(client, "ES384+/=", "ES384"))
        await asyncio.sleep(0)
        first.cancel()
        return await second

    assert asyncio.run(ask())
    assert server.fetches == 1


def test_a_withdrawn_key_goes_within_the_time_that_keys_are_fresh(keys, client, server, clock):
    find(keys, client)
    server.content = key_set("RS384")
    clock.now += FRESH + 1
    assert numbers(find(keys, client)), "served once more, while the set is fetched"
    assert find(keys, client) == "unknown-key"


def down(server):
    server.status = 503


def moved(server):
    server.status, server.headers = 302, {"Location": server.url}


def huge(server):
    server.content = key_set(*BOTH)[:-1] + b" " * LARGEST + b"}"


def squeezed(server):
    server.headers = {"Content-Encoding": "gzip"}
    server.content = gzip.compress(b" " * 50_000_000)


def broken(server):
    server.content = b"<html>"


def deep(server):
    server.content = b'{"keys":' + b"[" * 100_000


@pytest.mark.parametrize("fail", [down, moved, huge, squeezed, broken, deep])
def test_a_server_that_fails_gives_no_keys_and_takes_none_away(keys, client, server, clock, fail):
    fresh = Keys(clock)
    find(keys, client)
    fail(server)
    assert find(fresh, client) == "no-keys"
    clock.now += FRESH + 1
    assert numbers(find(keys, client))
    assert numbers(find(keys, client)), "the fetch beside has failed by now"
    clock.now += STALE
    assert find(keys, client) == "unknown-key"


def test_a_server_that_is_gone_gives_no_keys(keys, clock):
    server = KeyServer()
    server.stop()
    client = Client(issuer="i", jwks_url=server.url)
    assert find(keys, client) == "no-keys"


def test_a_server_that_trickles_holds_a_call_for_two_seconds_at_most(keys, client, server):
    server.trickle = threading.Event()
    begun = time.monotonic()
    assert find(keys, client) == "no-keys"
    assert time.monotonic() - begun < 10  # far from the hours that it would take to end
    assert find(keys, client) == "no-keys", "and the next call is not held at all"
    assert server.fetches == 1


def test_a_server_that_comes_back_is_asked_again(keys, client, server, clock):
    server.status = 500
    assert find(keys, client) == "no-keys"
    server.status = 200
    assert find(keys, client) == "no-keys"
    clock.now += FLOOR
    assert numbers(find(keys, client))


def test_a_key_server_must_be_vouched_for_by_an_authority_of_the_installation(
    keys, clock, tmp_path, monkeypatch
):
    context, authority = certified(tmp_path)
    server = KeyServer(context)
    server.content = key_set("ES384")
    client = Client(issuer="i", jwks_url=server.url)
    try:
        assert find(keys, client) == "no-keys", "nobody vouches for it here"
        monkeypatch.setenv("SSL_CERT_FILE", str(authority))
        assert numbers(find(Keys(clock), client))
    finally:
        server.stop()


def test_keys_may_come_from_a_file(keys, clock, tmp_path):
    path = tmp_path / "keys.json"
    client = Client(issuer="i", jwks_file=str(path), jwks_url="https://not.asked.example")
    assert find(keys, client) == "no-keys"
    path.write_bytes(key_set("ES384"))
    clock.now += FLOOR
    assert numbers(find(keys, client))
    path.write_bytes(b" " * (LARGEST + 1))
    assert find(Keys(), client) == "no-keys"


def test_keys_may_be_the_services_own():
    client = Client(issuer="i", jwks=key_set("ES384"))
    assert numbers(find(Keys(), client))


def test_a_client_without_keys_has_none():
    assert find(Keys(), Client(issuer="i")) == "no-keys"


def kept(*items, algorithms=BOTH):
    return set(read_keys(json.dumps({"keys": items}).encode(), algorithms))


ES = ("ES384+/=", "ES384")
RS = ("RS384+/=", "RS384")
PRIVATE = {"d": "AAAA"}


@pytest.mark.parametrize(
    "unfit",
    [
        1,
        {},
        {"kty": "oct", "kid": "s", "k": "c2VjcmV0"},
        {"kty": "oct", "kid": "s", "alg": "ES384", "k": "c2VjcmV0"},
        {"kty": "EC", "kid": "x", "crv": "P-384"},
        {"kty": "EC", "kid": "x", "crv": "P-384", "x": 1, "y": 2},
        {"kty": "EC", "kid": "x", "crv": "P-384", "x": "AA", "y": "*"},
        {"kty": "RSA", "kid": "x", "n": "AQAB", "e": "AQAB"},
        {"kty": "RSA", "kid": "x", "n": "", "e": ""},
        jwk("ES384", kid=None),
        jwk("ES384", kid=""),
        jwk("ES384", kid=5),
        jwk("ES384", kid="p", **PRIVATE),
        jwk("ES384", kid="enc", use="enc"),
        jwk("ES384", kid="ops", key_ops=["sign"]),
        jwk("ES384", kid="alg", alg="ES256"),
        jwk("ES384", kid="hs", alg="HS256"),
        jwk("ES384", kid="kty", kty="RSA"),
        jwk("ES384", kid="crv", crv="P-256"),
        jwk("ES256", kid="curve", alg="ES384"),
        jwk("ES256", kid="curve"),
        jwk("small RS384", kid="small"),
        jwk("EdDSA", kid="not agreed"),
    ],
)
def test_an_unfit_key_costs_the_others_nothing(unfit):
    assert kept(jwk("ES384"), unfit, jwk("RS384")) == {ES, RS}


def test_a_key_says_what_it_is_for():
    assert kept(jwk("RS384", use="sig", key_ops=["verify"], alg="RS384")) == {RS}
    both = ("RS384", "PS384")
    assert kept(jwk("RS384"), algorithms=both) == {RS, ("RS384+/=", "PS384")}
    assert kept(jwk("RS384", alg="PS384"), algorithms=both) == {("RS384+/=", "PS384")}


def test_two_keys_of_one_kid_are_none():
    assert kept(jwk("ES384"), jwk("other ES384", kid="ES384+/="), jwk("RS384")) == {RS}


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b'{"keys":{}}', b'\xff{"keys":[]}'])
def test_what_is_no_key_set_is_refused(content):
    with pytest.raises(KeysNotRead):
        read_keys(content, BOTH)
