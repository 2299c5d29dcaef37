"""Who may call: the clients in force, by issuer; replaced as a whole when the file changes."""

import asyncio
import logging
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import msgspec

from service.clients import Client, load_clients
from service.errors import StartRefused
from service.logs import Line, write
from service.settings import Settings
from service.vetting import refuse_keys, refuse_writable

PUBLIC_SANDBOX = "https://sandbox.cds-hooks.org"
"""The issuer of the public CDS Hooks sandbox, whose private key is public."""


class Register:
    """The clients of this installation; whoever asks gets those of the moment."""

    def __init__(self, settings: Settings, own: Client | None = None) -> None:
        """Read the clients; `own` is a client of the service itself, for its sandbox.

        Raises `StartRefused` where the file, or trusting `own`, makes no sense.
        """
        if own is not None and not (settings.sandbox_on and settings.on_loopback):
            raise StartRefused("The sandbox's own client is trusted on loopback only.")
        self._settings = settings
        self._own = own
        self.clients: tuple[Client, ...] = ()
        self._by_issuer: dict[str, Client] = {}
        self.reload()

    def reload(self) -> None:
        """Read the clients again; `StartRefused` leaves those in force that were."""
        clients = load_clients(self._settings.clients)
        required = self._settings.auth == "required"
        if required and self._settings.clients is None:
            clients = ()
        if self._settings.clients is not None:
            refuse_writable(self._settings.clients)
        for client in clients:
            self._refuse(client, required=required)
        trusted = (*clients, *((self._own,) if self._own else ()))
        if not trusted:
            raise StartRefused(
                "VIDARE_AUTH=required needs VIDARE_CLIENTS, a file that says whose tokens are"
                " accepted; VIDARE_AUTH=off serves one's own machine without tokens."
            )
        self.clients = trusted
        self._first = _beside(trusted[0], self._own)
        self._by_issuer = {client.issuer: client for client in trusted if client.issuer}

    def _refuse(self, client: Client, *, required: bool) -> None:
        place = f"{self._settings.clients}, client {client.name}"
        keyless = not (client.issuer and (client.jwks_url or client.jwks_file))
        if required and keyless:
            raise StartRefused(
                f"{place}: VIDARE_AUTH=required needs issuer, and jwks_url or jwks_file."
            )
        if client.issuer == PUBLIC_SANDBOX and not (
            self._settings.sandbox_on and self._settings.on_loopback
        ):
            raise StartRefused(
                f"{place}: the private key of {PUBLIC_SANDBOX} is public, so that anyone could"
                " call as this client; remove it, or serve the sandbox on a loopback address."
            )
        if self._own is not None and client.issuer == self._own.issuer:
            raise StartRefused(f"{place}: this issuer is the service's own sandbox's.")
        refuse_keys(client, place)

    @property
    def first(self) -> Client:
        """The first client of the file: the caller where no tokens are asked for.

        Beside the sandbox it may have data fetched from the sandbox's EHR as well.
        """
        return self._first

    def of_issuer(self, issuer: str) -> Client | None:
        """Give the client whose tokens bear this issuer."""
        return self._by_issuer.get(issuer)

    def allows(self, origin: str) -> bool:
        """Tell whether a browser's pages of this origin may call for any of the clients.

        Beside the sandbox, any page may where nobody needs a token: that is what browser EHRs do,
        and there is nothing that an origin would guard.
        """
        if self._own is not None and self._settings.auth == "off":
            return True
        return any(origin in client.origins for client in self.clients)


def _beside(client: Client, own: Client | None) -> Client:
    if own is None:
        return client
    servers = (*client.fhir_servers, *own.fhir_servers)
    return msgspec.structs.replace(client, fhir_servers=servers)


@contextmanager
def reloading(register: Register, settings: Settings) -> Iterator[None]:
    """Read the clients again at SIGHUP, as long as this lasts; where no file is set, do nothing."""
    if settings.clients is None or threading.current_thread() is not threading.main_thread():
        yield
        return
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGHUP, _reload, register)
    try:
        yield
    finally:
        loop.remove_signal_handler(signal.SIGHUP)


def _reload(register: Register) -> None:
    try:
        register.reload()
    except StartRefused as refusal:
        write(Line("clients-refused", detail=str(refusal)), logging.ERROR)
    else:
        write(Line("clients-reloaded"))
