"""What all tests share: the databases they run on, and the watch over what must not leave."""

import logging

import psycopg
import pytest

from service import journal
from tests.canaries import Watch, texts_in, told
from tests.service.asking import FOLDER
from tests.service.postgres import Postgres

KEPT = {".db", ".db-wal", ".log", ".ndjson", ".begun", ".unread"}
"""Endings of what outlives a call: databases, the output of servers, the spool of the journal."""


@pytest.fixture(scope="session")
def postgres():
    """Give a running PostgreSQL; the test is skipped, and says so, where none is installed."""
    cluster = Postgres()
    yield cluster
    found = {leak for url in cluster.urls for leak in _told_by_tables(url)}
    cluster.remove()
    assert not found, "in PostgreSQL"


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request, tmp_path):
    """Give the URL of an empty database, once of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/vidare.db"
    return request.getfixturevalue("postgres").new_url()


@pytest.fixture(scope="session", autouse=True)
def watch(tmp_path_factory):
    """Watch every log line of the session, and every database and server log at its end."""
    handler, log = Watch(), logging.getLogger()
    log.addHandler(handler)
    logging.getLogger("vidare").setLevel(logging.INFO)
    yield handler
    log.removeHandler(handler)
    folders = (FOLDER, tmp_path_factory.getbasetemp())
    paths = [path for folder in folders for path in folder.rglob("*") if path.suffix in KEPT]
    texts = set().union(*(texts_in(path.read_bytes()) for path in paths if path.is_file()))
    assert told("\n".join(texts)) is None


@pytest.fixture(autouse=True)
def unhurried(monkeypatch):
    """Let a look-up of what was dismissed take its time: a busy machine is no finding."""
    monkeypatch.setattr(journal, "PATIENCE", 30.0)


@pytest.fixture(autouse=True)
def nothing_leaks(watch):
    """Fail the test in which a log line told of somebody."""
    before = len(watch.leaks)
    yield
    assert watch in logging.getLogger().handlers, "the test left the log unwatched"
    assert watch.leaks[before:] == []


def _told_by_tables(url):
    """Give what the tables of a PostgreSQL database tell of somebody."""
    with psycopg.connect(url.replace("+psycopg", "")) as connection:
        tables = connection.execute(
            "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'"
        ).fetchall()
        for (table,) in tables:
            for row in connection.execute(f'SELECT * FROM "{table}"'):  # noqa: S608 - our tables
                if leak := told(repr(row)):
                    yield leak, table
