"""URLs and hosts: which are whole, which stay on this machine, which may carry patient data."""

import re
from ipaddress import ip_address
from urllib.parse import SplitResult, urlsplit

_PLAIN_PATH = re.compile(r"(?:/(?!\.{1,2}(?:/|$))[A-Za-z0-9._~-]+)*/?")
_LATIN = frozenset(map(chr, range(0x21, 0x7F)))


def is_loopback(host: str) -> bool:
    """Tell whether a host name or address is this machine's own."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def is_base_url(url: str) -> bool:
    """Tell whether a URL is absolute and can have paths written after it."""
    parts = _parts(url)
    return parts is not None and not (
        parts.query or parts.fragment or url.endswith(("/", "?", "#"))
    )


def is_confidential(url: str) -> bool:
    """Tell whether what is sent to an absolute URL is encrypted, or never leaves this machine."""
    parts = _parts(url)
    if parts is None or parts.username is not None:
        return False
    return parts.scheme == "https" or is_loopback(parts.hostname or "")


def is_server(url: str) -> bool:
    """Tell whether a URL can be a FHIR server's base: a plain path, nothing to climb or ask."""
    parts = _parts(url)
    if parts is None or set("?#@\\") & set(url):
        return False
    return _PLAIN_PATH.fullmatch(parts.path) is not None


def stays_here(url: str) -> bool:
    """Tell whether an absolute URL names this machine by a loopback address."""
    parts = _parts(url)
    return parts is not None and is_loopback(parts.hostname or "")


def is_origin(origin: str) -> bool:
    """Tell whether this is what a browser sends as Origin: scheme, host and port alone."""
    parts = _parts(origin)
    whole = parts is not None and origin == f"{parts.scheme}://{parts.netloc}"
    return whole and not set(origin) & set("*@") and origin == origin.lower()


def _parts(url: str) -> SplitResult | None:
    if not set(url) <= _LATIN:
        return None
    try:
        parts = urlsplit(url)
        whole = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return None
    return parts if whole else None
