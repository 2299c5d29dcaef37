"""The real server in a process of its own, as an installation runs it."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

import httpx

from tests.service.asking import ROOT
from tests.service.postgres import free_port

PATIENCE = 60


class Server:
    """A running `vidare serve`; everything that it wrote is in `output`."""

    def __init__(self, folder, **settings):
        self.port = settings.get("PORT") or free_port()
        self.base = f"http://127.0.0.1:{self.port}"
        self._file = Path(tempfile.mkstemp(dir=folder, suffix=".log")[1])
        given = {
            "HOST": "127.0.0.1",
            "PORT": self.port,
            "DATABASE_URL": f"sqlite:///{folder}/vidare.db",
            **settings,
        }
        environment = {n: v for n, v in os.environ.items() if not n.startswith("VIDARE_")}
        environment |= {"VIDARE_JOURNAL_SECRETS": "0123456789abcdef0123456789abcdef"}
        environment |= {f"VIDARE_{n}": str(v) for n, v in given.items()}
        environment |= {"PYTHONPATH": str(ROOT)}
        with self._file.open("w") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "service.cli", "serve"],
                cwd=folder,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        self._await_start()

    def _await_start(self):
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                if httpx.get(f"{self.base}/health/live", trust_env=False).status_code == 200:
                    return
            except httpx.TransportError:
                time.sleep(0.05)
        msg = f"the server did not start: {self.output[-2000:]}"
        raise AssertionError(msg)

    @property
    def output(self):
        """Everything that the process has written."""
        return self._file.read_text()

    def await_output(self, words):
        """Wait until the process has written these words."""
        deadline = time.monotonic() + PATIENCE
        while words not in self.output:
            assert time.monotonic() < deadline, f"not written: {words}"
            time.sleep(0.02)

    def stop(self):
        """Stop it as an operator would."""
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(PATIENCE)


@contextmanager
def serving(folder, **settings):
    """Give a running server with these settings, and stop it afterwards."""
    server = Server(folder, **settings)
    try:
        yield server
    finally:
        server.stop()
