"""A PostgreSQL of the tests' own, in a folder that goes away; stopped and started at will."""

import os
import shutil
import socket
import subprocess
import tempfile
from itertools import count
from pathlib import Path

import psycopg

from tests.needing import need

_PLACES = [*sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True), Path("/usr/bin")]
_FAST = ("fsync=on", "shared_buffers=32MB", "max_connections=60")


def _folder():
    """Give the folder of PostgreSQL's programs, or None."""
    on_path = shutil.which("pg_ctl")
    for place in [*([Path(on_path).parent] if on_path else []), *_PLACES]:
        if (place / "initdb").exists() and (place / "pg_ctl").exists():
            return place
    return None


def is_installed():
    """Tell whether PostgreSQL's programs are on this machine."""
    return _folder() is not None


def binaries():
    """Give the folder of PostgreSQL's programs, or skip where there is none on this machine."""
    return need(_folder(), "PostgreSQL's initdb and pg_ctl (Debian: apt install postgresql)")


def free_port():
    """Give a port of this machine that nothing listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class Postgres:
    """One cluster. PostgreSQL refuses to run as root: then it runs as the user nobody."""

    def __init__(self):
        self.bin = binaries()
        self.port = free_port()
        self.folder = Path(tempfile.mkdtemp(prefix="vidare-pg-"))
        self._user = {"user": "nobody", "group": "nogroup"} if os.geteuid() == 0 else {}
        if self._user:
            shutil.chown(self.folder, "nobody", "nogroup")
        self._names = count(1)
        self.urls = []
        self._data = self.folder / "data"
        self._run("initdb", "-D", self._data, "-U", "vidare", "-A", "trust", "-E", "UTF8")
        with (self._data / "postgresql.conf").open("a") as conf:
            conf.write(f"port={self.port}\nlisten_addresses='127.0.0.1'\n")
            conf.write(f"unix_socket_directories='{self.folder}'\n")
            conf.writelines(f"{line}\n" for line in _FAST)
        self.start()

    def _run(self, program, *arguments):
        command = [str(self.bin / program), *map(str, arguments)]
        done = subprocess.run(  # noqa: S603 - our own arguments, and no shell
            command,
            check=False,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.STDOUT,
            cwd=self.folder,
            env={"PATH": os.environ["PATH"], "LC_ALL": "C"},
            **self._user,
        )
        assert done.returncode == 0, f"{program}: see {self.folder}/log"

    def start(self):
        """Start it, and wait until it answers."""
        self._run("pg_ctl", "start", "-w", "-D", self._data, "-l", self.folder / "log")

    def stop(self, mode="fast"):
        """Stop it: fast breaks connections off, immediate is as if it crashed."""
        self._run("pg_ctl", "stop", "-w", "-D", self._data, "-m", mode)

    def new_url(self):
        """Give the URL of a new, empty database."""
        name = f"test{next(self._names)}"
        server = f"//vidare@127.0.0.1:{self.port}"
        with psycopg.connect(f"postgresql:{server}/postgres", autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")
        self.urls.append(f"postgresql+psycopg:{server}/{name}")
        return self.urls[-1]

    def remove(self):
        """Stop it for good."""
        self.stop("immediate")
        shutil.rmtree(self.folder, ignore_errors=True)
