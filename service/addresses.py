"""Which network addresses an EHR may have, checked on the address that is connected to.

A name is resolved once, what it resolves to is judged, and that very address is connected to:
a name that answers differently the second time (DNS rebinding) gains nothing.
"""

import asyncio
import socket
import ssl
from collections.abc import Iterable
from contextlib import suppress
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

import httpcore
import httpx

_METADATA = frozenset(
    map(
        ip_address,
        (
            "100.100.100.200",  # Alibaba Cloud
            "168.63.129.16",  # Azure, wire server
            "192.0.0.192",  # Oracle Cloud
            "fd00:ec2::254",  # Amazon
            "fd20:ce::254",  # Google Cloud
        ),
    )
)
"""Metadata services of clouds that are not link-local (169.254.169.254 is)."""
_NAT64 = IPv6Network("64:ff9b::/96")
_IPV4 = 0xFFFF_FFFF


def is_forbidden(address: str, *, loopback: bool) -> bool:
    """Tell whether no EHR may be called at an IP address; `loopback` allows this machine.

    Private ranges are allowed: hospitals' servers live there. Forbidden are link-local addresses
    and the metadata services of clouds, which hand out the credentials of the machine, and what
    is no host at all; also where an IPv6 address only carries such an IPv4 address.
    """
    given = _unwrapped(ip_address(address.partition("%")[0]))
    if given.is_loopback:
        return not loopback
    odd = given.is_link_local or given.is_multicast or given.is_unspecified
    return odd or given in _METADATA or given == IPv4Address("255.255.255.255")


def _unwrapped(address: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    """Give the IPv4 address that an IPv6 address stands for, if it does."""
    if isinstance(address, IPv4Address):
        return address
    if address in _NAT64:
        return IPv4Address(int(address) & _IPV4)
    return address.ipv4_mapped or address.sixtofour or address


class _Network(httpcore.AsyncNetworkBackend):
    """Connects to addresses that are allowed, and to no other."""

    def __init__(self, *, loopback: bool) -> None:
        self.loopback = loopback
        self.inner = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 -- the signature is httpcore's
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Connect to the first address of a host that answers, unless any of them is forbidden."""
        try:
            found = await asyncio.get_running_loop().getaddrinfo(
                host, port, type=socket.SOCK_STREAM
            )
        except (OSError, UnicodeError):
            raise httpcore.ConnectError("the name does not resolve") from None
        addresses = [str(info[4][0]) for info in found]
        if any(is_forbidden(address, loopback=self.loopback) for address in addresses):
            raise httpcore.ConnectError("the address is forbidden")
        for address in addresses:
            with suppress(httpcore.ConnectError):
                return await self.inner.connect_tcp(
                    address, port, timeout, local_address, socket_options
                )
        raise httpcore.ConnectError("no address answers")


class CheckedTransport(httpx.AsyncHTTPTransport):
    """HTTP/1.1 with keep-alive and verified TLS, to allowed addresses only."""

    def __init__(self, tls: ssl.SSLContext, *, loopback: bool, connections: int = 100) -> None:
        """Take the certificates to trust, and whether this machine itself may be called."""
        # httpx has no parameter for the network; the pool is what it would have made.
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=tls,
            max_connections=connections,
            max_keepalive_connections=connections,
            keepalive_expiry=15.0,
            network_backend=_Network(loopback=loopback),
        )
