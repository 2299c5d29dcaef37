"""Fresh identifiers: of cards, suggestions, drafts, log lines and entries of the journal."""

import os

_VARIANT = {digit: "89ab"[int(digit, 16) % 4] for digit in "0123456789abcdef"}


def new_id() -> str:
    """Give a random UUID (RFC 9562, version 4) in its usual spelling.

    A call asks for a dozen; `str(uuid.uuid4())` takes three times as long.
    """
    digits = os.urandom(16).hex()
    variant = f"{_VARIANT[digits[16]]}{digits[17:20]}"
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-{variant}-{digits[20:]}"
