"""service.addresses: which network addresses are connected to."""

import asyncio
import socket
import ssl

import httpx
import pytest

from service.addresses import CheckedTransport, is_forbidden


@pytest.mark.parametrize(
    "address",
    [
        "169.254.169.254",
        "169.254.1.1",
        "fe80::1",
        "fe80::1%eth0",
        "fd00:ec2::254",
        "fd20:ce::254",
        "100.100.100.200",
        "168.63.129.16",
        "192.0.0.192",
        "0.0.0.0",  # noqa: S104 -- an address to refuse
        "::",
        "224.0.0.1",
        "ff02::1",
        "255.255.255.255",
        "::ffff:169.254.169.254",
        "64:ff9b::a9fe:a9fe",
        "2002:a9fe:a9fe::1",
    ],
)
@pytest.mark.parametrize("loopback", [True, False])
def test_link_local_and_metadata_addresses_are_forbidden_whatever_is_allowed(address, loopback):
    assert is_forbidden(address, loopback=loopback)


@pytest.mark.parametrize("address", ["127.0.0.1", "127.8.8.8", "::1", "::ffff:127.0.0.1"])
def test_this_machine_is_forbidden_unless_it_is_allowed(address):
    assert is_forbidden(address, loopback=False)
    assert not is_forbidden(address, loopback=True)


@pytest.mark.parametrize("address", ["10.1.2.3", "192.168.1.1", "172.16.0.1", "fd12::1", "8.8.8.8"])
def test_the_networks_of_hospitals_and_the_world_are_allowed(address):
    assert not is_forbidden(address, loopback=False)


async def got(url, *, loopback, names=None):
    """Give the status of a GET, the names resolving to the addresses given."""

    async def resolve(host, port, **_):
        if host not in (names or {}):
            raise socket.gaierror
        found = names[host].pop(0) if isinstance(names[host][0], list) else names[host]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (a, port)) for a in found]

    asyncio.get_running_loop().getaddrinfo = resolve
    transport = CheckedTransport(ssl.create_default_context(), loopback=loopback)
    async with httpx.AsyncClient(transport=transport, trust_env=False) as client:
        return (await client.get(url)).status_code


class Listening:
    """A server on loopback that counts who connects."""

    def __init__(self):
        self.connections = 0

    async def __aenter__(self):
        self.server = await asyncio.start_server(self._greet, "127.0.0.1", 0)
        self.port = self.server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_):
        self.server.close()
        await self.server.wait_closed()

    async def _greet(self, reader, writer):
        self.connections += 1
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        await writer.drain()
        writer.close()


def run(names, *, loopback):
    """Give the status, or None where no connection was made, and how many came."""

    async def ask():
        async with Listening() as server:
            try:
                status = await got(
                    f"http://ehr.example:{server.port}/", loopback=loopback, names=names
                )
            except httpx.ConnectError:
                status = None
            return status, server.connections

    return asyncio.run(ask())


def test_a_name_is_connected_to_where_its_address_is_allowed():
    assert run({"ehr.example": ["127.0.0.1"]}, loopback=True) == (200, 1)


def test_the_next_address_is_taken_where_the_first_does_not_answer():
    assert run({"ehr.example": ["127.255.255.254", "127.0.0.1"]}, loopback=True) == (200, 1)


@pytest.mark.parametrize(
    "names",
    [
        {"ehr.example": ["127.0.0.1"]},
        {"ehr.example": ["10.255.255.1", "127.0.0.1"]},
        {"ehr.example": ["127.0.0.1", "169.254.169.254"]},
        {"other.example": ["127.0.0.1"]},
    ],
    ids=["forbidden", "one forbidden", "metadata", "unknown"],
)
def test_a_name_with_a_forbidden_address_or_none_is_not_connected_to(names):
    assert run(names, loopback=False) == (None, 0)


def test_a_name_is_resolved_once_and_what_was_judged_is_connected_to():
    rebinding = {"ehr.example": [["127.0.0.1"], ["169.254.169.254"]]}
    assert run(rebinding, loopback=True) == (200, 1)
    assert rebinding["ehr.example"] == [["169.254.169.254"]]


def test_a_metadata_address_among_good_ones_forbids_the_name():
    assert run({"ehr.example": ["127.0.0.1", "169.254.169.254"]}, loopback=True) == (None, 0)
