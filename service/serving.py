"""The server processes: what of HTTP is read, how they are told to read their clients again."""

import os
import signal
import socket

import uvicorn
from fastapi import FastAPI
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.supervisors import Multiprocess

from service import logs
from service.app import app_from_environment
from service.errors import StartRefused
from service.metrics import share
from service.settings import Settings, load_settings

MAX_HEAD_BYTES = 65_536
"""Bytes of a request's head that are held while it is not whole; the guard allows fewer."""


def refuse_taken(settings: Settings) -> None:
    """Refuse to start where nothing can listen: another program does, or the host is not ours."""
    try:
        family, kind, _, _, address = socket.getaddrinfo(
            settings.host, settings.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        with socket.socket(family, kind) as listener:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(address)
    except OSError as error:
        raise StartRefused(
            f"Nothing can listen on {settings.host}, port {settings.port} ({error.strerror});"
            " VIDARE_HOST and VIDARE_PORT say where else."
        ) from None


def serve(settings: Settings) -> None:
    """Serve over HTTP until told to stop."""
    config = uvicorn.Config(
        "service.serving:application",
        factory=True,
        host=settings.host,
        port=settings.port,
        workers=settings.workers,
        http=Http,
        ws="none",
        log_config=None,
        log_level=settings.log_level.lower(),
        access_log=False,  # it would hold addresses, and those hold what was asked
        server_header=False,
        proxy_headers=False,  # nothing of ours asks for a caller's address
        timeout_worker_healthcheck=60,
    )
    if settings.workers > 1:
        share()
        Workers(config, [config.bind_socket()]).run()
    else:
        uvicorn.Server(config).run()


def application() -> FastAPI:
    """Give what a server process serves, having set up its log."""
    logs.configure(load_settings().log_level)
    return app_from_environment()


class Workers(Multiprocess):
    """Uvicorn's supervisor; at SIGHUP the processes read their clients again and go on serving."""

    def handle_hup(self) -> None:
        """Pass SIGHUP on: by default every process would be replaced, its connections closed."""
        for process in self.processes:
            if process.pid is not None:
                os.kill(process.pid, signal.SIGHUP)


class Http(HttpToolsProtocol):
    """Uvicorn's parser, with a limit on a head that never ends."""

    _in_head = False
    _held = 0

    def on_message_begin(self) -> None:
        """Note that a head begins."""
        super().on_message_begin()
        self._in_head = True

    def on_headers_complete(self) -> None:
        """Note that it is whole."""
        super().on_headers_complete()
        self._in_head = False

    def data_received(self, data: bytes) -> None:
        """Read on, unless the head is longer than any that we answer."""
        super().data_received(data)
        self._held = self._held + len(data) if self._in_head else 0
        if self._held > MAX_HEAD_BYTES and not self.transport.is_closing():
            self.send_400_response("The head of the request is too large.")
