"""A server that never waits for its client: several calls in flight, little work beside them."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

IN_FLIGHT = 4
"""Kept-alive connections, each with one call under way: so many that the server is never idle."""


class Server(NamedTuple):
    """A process that serves on a port of loopback."""

    port: int
    pid: int

    def cpu(self) -> float:
        """Give the seconds of CPU it has used, to a hundredth (Linux: proc_pid_stat, 14 and 15)."""
        times = Path(f"/proc/{self.pid}/stat").read_text("ascii").rpartition(")")[2].split()[11:13]
        return sum(int(ticks) for ticks in times) / os.sysconf("SC_CLK_TCK")


class Speed(NamedTuple):
    """What was measured of a saturated server."""

    throughput: float
    """Calls per second."""
    cpu: float
    """Seconds of its CPU per call: what other work on the machine hardly changes."""


@contextmanager
def served(*command: str) -> Iterator[Server]:
    """Run a module with these arguments, serving on a free port of loopback."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    module, *rest = command
    with subprocess.Popen([sys.executable, "-m", module, str(port), *rest]) as process:
        try:
            _connected(port).close()
            yield Server(port, process.pid)
        finally:
            process.terminate()


def _connected(port: int) -> socket.socket:
    deadline = time.monotonic() + 60
    while True:
        try:
            return socket.create_connection(("127.0.0.1", port), timeout=60)
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)


def request_for(path: str, body: bytes) -> bytes:
    """Give an HTTP request, written once for all its calls."""
    head = (
        f"POST {path} HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def speed(server: Server, requests: Sequence[bytes], expected: bytes, seconds: float) -> Speed:
    """Saturate a server with requests, over and over; every answer is 200 and holds `expected`."""
    with ThreadPoolExecutor(IN_FLIGHT) as pool:
        used, start = server.cpu(), time.perf_counter()
        end = start + seconds
        running = [
            pool.submit(_calls, server.port, requests[n::IN_FLIGHT] or requests, expected, end)
            for n in range(IN_FLIGHT)
        ]
        count = sum(each.result() for each in running)
        return Speed(count / (time.perf_counter() - start), (server.cpu() - used) / count)


def _calls(port: int, requests: Sequence[bytes], expected: bytes, end: float) -> int:
    """Call over one connection until `end`; give how many calls were answered."""
    count = 0
    with _connected(port) as connection:
        while time.perf_counter() < end:
            connection.sendall(requests[count % len(requests)])
            status, answer = _answer(connection)
            if status != b"HTTP/1.1 200 OK" or expected not in answer:
                raise RuntimeError(f"the call was not answered: {status.decode()}")
            count += 1
    return count


def _answer(connection: socket.socket) -> tuple[bytes, bytes]:
    """Give the status line and the body of one answer."""
    received = b""
    while b"\r\n\r\n" not in received:
        received += _more(connection)
    head, _, body = received.partition(b"\r\n\r\n")
    lines = head.split(b"\r\n")
    length = next(int(x[15:]) for x in lines if x.lower().startswith(b"content-length:"))
    while len(body) < length:
        body += _more(connection)
    return lines[0], body


def _more(connection: socket.socket) -> bytes:
    received = connection.recv(1 << 18)
    if not received:
        raise RuntimeError("the server closed the connection")
    return received
