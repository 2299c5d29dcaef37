"""Files that decide whom the service trusts, or that it keeps to itself: looked at before use."""

from pathlib import Path

import msgspec
from dotenv import dotenv_values

from service.clients import Client
from service.errors import StartRefused
from service.keys import KeysNotRead, read_file, read_keys
from service.settings import ENV_FILE, SECRETS

_WRITABLE = 0o002
_READABLE = 0o004


class _Key(msgspec.Struct):
    d: str | None = None
    k: str | None = None


class _Set(msgspec.Struct):
    keys: list[_Key] = []


def refuse_exposed_secrets(env_file: Path = Path(ENV_FILE)) -> None:
    """Refuse to start on a `.env` that holds a secret and that anyone on the machine may read."""
    held = {name.upper() for name, value in dotenv_values(env_file).items() if value}
    if held & SECRETS and _allows(env_file, _READABLE):
        raise StartRefused(
            f"{env_file} holds a secret and can be read by everyone on this machine:"
            f" run `chmod 600 {env_file}`."
        )


def refuse_writable(path: Path) -> None:
    """Refuse a file of trust that anyone on the machine may change."""
    if _allows(path, _WRITABLE):
        raise StartRefused(
            f"{path} decides whom the service trusts and can be changed by everyone on this"
            f" machine: run `chmod o-w {path}`."
        )


def refuse_keys(client: Client, place: str) -> None:
    """Refuse a client whose key file cannot be what it should be: readable, public, of use."""
    if client.jwks_file is None:
        return
    path = Path(client.jwks_file)
    try:
        content = read_file(path)
        usable = read_keys(content, client.algorithms)
    except KeysNotRead:
        raise StartRefused(f"{place}: jwks_file {path} cannot be read as a key set.") from None
    if _is_private(content):
        raise StartRefused(
            f"{place}: jwks_file {path} holds a private key; leave that with the client, and put"
            " the public half here."
        )
    if not usable:
        raise StartRefused(
            f"{place}: jwks_file {path} holds no key with a kid for {', '.join(client.algorithms)}."
        )
    refuse_writable(path)


def _is_private(content: bytes) -> bool:
    try:
        keys = msgspec.json.decode(content, type=_Set).keys
    except msgspec.ValidationError:
        return False
    return any(key.d is not None or key.k is not None for key in keys)


def _allows(path: Path, bits: int) -> bool:
    """Tell whether everyone on the machine may do this with a file, folder and all."""
    try:
        return bool(path.stat().st_mode & bits and path.parent.stat().st_mode & 0o001)
    except OSError:
        return False
