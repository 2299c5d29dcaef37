"""service.database: two kinds of database, one set of tables, brought up revision by revision."""

import re
import sqlite3
import threading

import pytest
from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import insert, inspect, select, text
from sqlalchemy.exc import IntegrityError

from service.database import (
    JTI,
    TABLES,
    Failure,
    behind,
    is_database_url,
    migrations,
    opened,
    prepare,
    upgrade,
)
from service.errors import StartRefused
from tests.service.postgres import free_port

REVISIONS = [r.revision for r in ScriptDirectory.from_config(migrations()).walk_revisions()]
NOWHERE = "postgresql+psycopg://vidare@127.0.0.1:{port}/none"
WRITTEN = "https://what-was-written.example"


def test_an_empty_database_is_brought_to_the_tables_of_the_code(database_url):
    with opened(database_url) as engine:
        assert behind(engine)
        upgrade(engine)
        assert not behind(engine)
        assert set(TABLES.tables) <= set(inspect(engine).get_table_names())


@pytest.mark.parametrize("earlier", REVISIONS)
def test_every_earlier_revision_is_brought_up(database_url, earlier):
    with opened(database_url) as engine:
        with engine.begin() as connection:
            command.upgrade(migrations(connection), earlier)
        upgrade(engine)
        assert not behind(engine)


def test_the_migrations_give_what_the_code_expects(database_url):
    with opened(database_url) as engine:
        upgrade(engine)
        with engine.connect() as connection:
            command.check(migrations(connection))


def test_several_processes_may_upgrade_at_once(database_url):
    def bring_up():
        with opened(database_url) as engine:
            upgrade(engine)

    threads = [threading.Thread(target=bring_up) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with opened(database_url) as engine:
        assert not behind(engine)


def test_a_row_that_is_there_is_not_taken_again(database_url):
    row = {"issuer": WRITTEN, "hash": b"\1" * 32, "expires": 1}
    with opened(database_url) as engine:
        upgrade(engine)
        with engine.begin() as connection:
            connection.execute(insert(JTI), row)
        with pytest.raises(IntegrityError), engine.begin() as connection:
            connection.execute(insert(JTI), row)
        with engine.connect() as connection:
            assert len(connection.execute(select(JTI)).all()) == 1


def test_what_was_to_be_written_is_not_in_the_text_of_an_exception(tmp_path):
    with opened(f"sqlite:///{tmp_path}/x.db") as engine:
        with pytest.raises(Failure) as failure, engine.begin() as connection:
            connection.execute(insert(JTI), {"issuer": WRITTEN, "hash": b"", "expires": 1})
        assert WRITTEN not in str(failure.value)


def test_sqlite_survives_a_crash_and_lets_readers_read_while_one_writes(tmp_path):
    with opened(f"sqlite:///{tmp_path}/new/x.db") as engine, engine.connect() as connection:
        assert connection.execute(text("PRAGMA journal_mode")).scalar() == "wal"
        assert connection.execute(text("PRAGMA synchronous")).scalar() == 2  # full


def test_sqlite_is_nobody_elses_to_read(tmp_path):
    with opened(f"sqlite:///{tmp_path}/new/x.db") as engine:
        upgrade(engine)
    assert (tmp_path / "new" / "x.db").stat().st_mode & 0o077 == 0
    assert (tmp_path / "new").stat().st_mode & 0o077 == 0


def test_sqlite_is_made_ready_at_start(tmp_path):
    with opened(f"sqlite:///{tmp_path}/x.db") as engine:
        prepare(engine)
        prepare(engine)
        assert not behind(engine)


def test_a_file_that_is_no_database_is_refused_at_start(tmp_path):
    (tmp_path / "x.db").write_text("not a database, but long enough to be looked at as one" * 20)
    with (
        opened(f"sqlite:///{tmp_path}/x.db") as engine,
        pytest.raises(StartRefused, match="VIDARE_DATABASE_URL"),
    ):
        prepare(engine)


def test_postgresql_must_be_up_to_date_at_start(postgres):
    with opened(postgres.new_url()) as engine:
        with pytest.raises(StartRefused, match="vidare db upgrade"):
            prepare(engine)
        upgrade(engine)
        prepare(engine)


def test_postgresql_may_be_down_at_start():
    with opened(NOWHERE.format(port=free_port())) as engine:
        prepare(engine)
        with pytest.raises(Failure):
            behind(engine)


@pytest.mark.parametrize(
    "url",
    ["", "vidare.db", "sqlite://", "mysql://x/y", "postgresql://x/y", "postgresql+psycopg://x"],
)
def test_other_databases_are_not_served(url):
    assert not is_database_url(url)


def test_revisions_are_numbered_in_their_order():
    assert sorted(REVISIONS, reverse=True) == REVISIONS
    assert all(re.fullmatch(r"\d{4}", revision) for revision in REVISIONS)


def test_the_driver_begins_no_transaction_of_its_own(tmp_path):
    with opened(f"sqlite:///{tmp_path}/x.db") as engine:
        connection = engine.raw_connection()
        assert isinstance(connection.dbapi_connection, sqlite3.Connection)
        assert connection.dbapi_connection.isolation_level is None
        connection.close()
