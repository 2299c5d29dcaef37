"""Keyed hashes in the place of a patient: without the installation's secret nothing is told.

HMAC-SHA-256. Each purpose has its own prefix, each part its length, so that no two inputs are one.
Secrets rotate: what is written bears the newest, what is looked up is tried with each.
"""

import hmac
import os
import secrets
from contextlib import suppress
from pathlib import Path

from service.errors import StartRefused

LEAST_LENGTH = 32
"""Characters of a secret; `openssl rand -hex 32` gives 64."""


class Pseudonyms:
    """The hashes of one installation."""

    def __init__(self, keys: tuple[str, ...]) -> None:
        """Take the secrets, the newest first."""
        self._keys = tuple(key.encode() for key in keys)

    def patients(self, client: str, server: str | None, patient: str) -> tuple[bytes, ...]:
        """Give the hashes of a patient of a client's FHIR server, under each secret."""
        return tuple(_hash(key, "patient", client, server or "", patient) for key in self._keys)

    def decisions(self, patients: tuple[bytes, ...], digest: bytes) -> tuple[bytes, ...]:
        """Give the hashes of a decision (`cards.decision`) on a patient, under each secret."""
        return tuple(
            _hash(key, "decision", patient.hex(), digest.hex())
            for key, patient in zip(self._keys, patients, strict=True)
        )

    def foreign(self, text: str) -> str:
        """Give what stands for an id that is none of ours and may say anything."""
        return f"#{_hash(self._keys[0], 'foreign', text).hex()[:32]}"


def _hash(key: bytes, *parts: str) -> bytes:
    framed = b"".join(len(p := part.encode()).to_bytes(4, "big") + p for part in parts)
    return hmac.digest(key, framed, "sha256")


def secrets_in(text: str) -> tuple[str, ...]:
    """Give the secrets of a setting, separated by commas; `ValueError` where one is weak."""
    keys = tuple(key.strip() for key in text.split(","))
    if any(len(key) < LEAST_LENGTH or len(set(key)) < LEAST_LENGTH // 4 for key in keys):
        raise ValueError(f"each secret needs {LEAST_LENGTH} characters; `openssl rand -hex 32`")
    return keys


def secret_of_file(path: Path) -> str:
    """Give the secret in a file that only we may read; one is made where there is none."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _make(path)
        return path.read_text("ascii").strip()
    except (OSError, ValueError):
        raise StartRefused(f"The secret in {path} can be neither read nor written.") from None


def _make(path: Path) -> None:
    """Write a new secret beside the place and link it there: whoever comes first has made it."""
    if path.exists():
        return
    own = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(own, os.O_CREAT | os.O_WRONLY | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(secrets.token_hex(32))
        file.flush()
        os.fsync(file.fileno())
    with suppress(FileExistsError):
        path.hardlink_to(own)
    own.unlink()
