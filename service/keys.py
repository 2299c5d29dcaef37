"""The public keys of the clients, by issuer and `kid`: from their own key set and nowhere else."""

import asyncio
import ssl
import time
from collections.abc import Callable, Mapping
from functools import cached_property
from pathlib import Path

import httpx
import msgspec
from anyio import to_thread
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from jwt import PyJWK
from jwt.exceptions import PyJWTError

from service.clients import Client
from service.errors import Unauthorized

LARGEST = 256_000
"""Bytes of a key set that are read."""
TIMEOUT = 2.0
"""Seconds that a key server may take, all in all."""
FLOOR = 30.0
"""Seconds between two fetches of one key set, whatever tokens ask for."""
FRESH = 600.0
"""Seconds after which a key set is fetched again beside the calls that it answers."""
STALE = 86_400.0
"""Seconds that keys are used while their server does not answer."""
_RSA_BITS = range(2048, 8193)
_KINDS = {"RSA": ("RS", "PS"), "EC": ("ES",), "OKP": ("Ed",)}

Found = Mapping[tuple[str, str], PyJWK]
Source = tuple[str | None, str | None, bytes | None, tuple[str, ...]]


class KeysNotRead(Exception):
    """A key set could not be had, or is none."""


class _Jwk(msgspec.Struct):
    kty: str
    kid: str
    use: str = "sig"
    alg: str | None = None
    key_ops: list[str] | None = None
    d: str | None = None


class _Set(msgspec.Struct):
    keys: list[msgspec.Raw]


class _Held(msgspec.Struct):
    """The keys of one source, when they came and when they were last asked for."""

    keys: Found = {}
    came: float = float("-inf")
    asked: float = float("-inf")
    fetching: asyncio.Task[None] | None = None


class Keys:
    """The key sets of all clients, cached; a reload of the clients keeps what is still theirs."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Hold none yet; `clock` gives seconds that never go back."""
        self._clock = clock
        self._held: dict[Source, _Held] = {}

    async def find(self, client: Client, kid: str, algorithm: str) -> PyJWK:
        """Give the client's key `kid` for an algorithm; `Unauthorized` where there is none.

        An unknown `kid` has the set fetched again, at most once in `FLOOR` seconds. Keys older than
        `FRESH` are fetched again while they serve; none serves longer than `STALE`.
        """
        held = self._held.setdefault(_source(client), _Held())
        key = self._key(held, kid, algorithm)
        if key is None:
            await self._refresh(client, held)
            key = self._key(held, kid, algorithm)
        elif self._clock() - held.came > FRESH:
            self._start(client, held)
        if key is None:
            raise Unauthorized(code="unknown-key" if held.keys else "no-keys")
        return key

    def _key(self, held: _Held, kid: str, algorithm: str) -> PyJWK | None:
        if self._clock() - held.came > STALE:
            return None
        return held.keys.get((kid, algorithm))

    async def _refresh(self, client: Client, held: _Held) -> None:
        """Fetch, or wait for whoever does; a caller that goes away stops nobody else's fetch."""
        task = self._start(client, held)
        if task is not None:
            await asyncio.shield(task)

    def _start(self, client: Client, held: _Held) -> asyncio.Task[None] | None:
        if held.fetching is not None and not held.fetching.done():
            return held.fetching
        if self._clock() - held.asked < FLOOR:
            return None
        held.asked = self._clock()
        held.fetching = asyncio.create_task(self._fetch(client, held))
        return held.fetching

    async def _fetch(self, client: Client, held: _Held) -> None:
        try:
            content = await self._content(client)
            held.keys = await to_thread.run_sync(read_keys, content, client.algorithms)
        except KeysNotRead:
            return
        held.came = self._clock()

    async def _content(self, client: Client) -> bytes:
        if client.jwks is not None:
            return client.jwks
        if client.jwks_file is not None:
            return await to_thread.run_sync(read_file, Path(client.jwks_file))
        if client.jwks_url is None:
            raise KeysNotRead
        try:
            async with asyncio.timeout(TIMEOUT):
                return await self._download(client.jwks_url)
        except (httpx.HTTPError, TimeoutError):
            raise KeysNotRead from None

    async def _download(self, url: str) -> bytes:
        """Give what stands at a URL: no redirect, no proxy, no compression, no more than agreed."""
        content = bytearray()
        headers = {"Accept": "application/json", "Accept-Encoding": "identity"}
        async with (
            httpx.AsyncClient(
                verify=self._certificates, timeout=TIMEOUT, trust_env=False, headers=headers
            ) as client,
            client.stream("GET", url) as response,
        ):
            if response.status_code != httpx.codes.OK or "content-encoding" in response.headers:
                raise KeysNotRead
            async for chunk in response.aiter_raw():
                content += chunk
                if len(content) > LARGEST:
                    raise KeysNotRead
        return bytes(content)

    @cached_property
    def _certificates(self) -> ssl.SSLContext:
        """The certificates that this machine trusts (SSL_CERT_FILE names others)."""
        return ssl.create_default_context()


def read_keys(content: bytes, algorithms: tuple[str, ...]) -> Found:
    """Give the keys of a JSON Web Key Set by `kid` and algorithm; `KeysNotRead` where it is none.

    A key that is symmetric, private, too small, not for signatures or shares its `kid` with another
    is left out: it costs the others nothing.
    """
    try:
        raw = msgspec.json.decode(content, type=_Set).keys
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        raise KeysNotRead from None
    found: dict[tuple[str, str], PyJWK] = {}
    twice: set[tuple[str, str]] = set()
    for item in raw:
        for name, key in _keys_of(item, algorithms):
            twice |= {name} & found.keys()
            found[name] = key
    return {name: key for name, key in found.items() if name not in twice}


def _keys_of(raw: bytes, algorithms: tuple[str, ...]) -> list[tuple[tuple[str, str], PyJWK]]:
    try:
        jwk = msgspec.json.decode(raw, type=_Jwk)
        members = msgspec.json.decode(raw, type=dict[str, object])
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return []
    unfit = jwk.d is not None or jwk.use != "sig" or "verify" not in (jwk.key_ops or ["verify"])
    if unfit or not jwk.kid:
        return []
    wanted = [jwk.alg] if jwk.alg is not None else list(algorithms)
    fitting = [a for a in wanted if a in algorithms and a.startswith(_KINDS.get(jwk.kty, ()))]
    built = ((a, _build(members, a)) for a in fitting)
    return [((jwk.kid, a), key) for a, key in built if key is not None]


def _build(members: Mapping[str, object], algorithm: str) -> PyJWK | None:
    try:
        key = PyJWK(dict(members), algorithm)
        key.Algorithm.prepare_key(key.key)  # an EC key of another curve than the algorithm's
    except (PyJWTError, ValueError, TypeError, AttributeError):
        return None
    if isinstance(key.key, RSAPublicKey) and key.key.key_size not in _RSA_BITS:
        return None
    return key


def read_file(path: Path) -> bytes:
    """Give what a key file holds; `KeysNotRead` where it cannot be read or is too large."""
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST + 1)
    except OSError:
        raise KeysNotRead from None
    if len(content) > LARGEST:
        raise KeysNotRead
    return content


def _source(client: Client) -> Source:
    return (client.jwks_url, client.jwks_file, client.jwks, client.algorithms)
