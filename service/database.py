"""The shared database: SQLite in a file, or PostgreSQL; its tables and their migrations.

`TABLES` is what the code expects, `service/migrations` how a database gets there. Statements run in
threads (`anyio.to_thread`), never on the event loop.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib.resources import files
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Engine,
    Index,
    LargeBinary,
    MetaData,
    String,
    Table,
    create_engine,
    event,
    text,
)
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from service.errors import StartRefused

TABLES = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

JTI = Table(
    "jti",
    TABLES,
    Column("issuer", String(512), primary_key=True),
    Column("hash", LargeBinary(32), primary_key=True),  # SHA-256: a token's id may be of any length
    Column("expires", BigInteger, nullable=False),  # seconds since 1970
    Index(None, "expires"),
)
"""Tokens that were used: the primary key lets each in once, whichever process takes it."""

Failure = SQLAlchemyError
"""What a database that is down, slow or not set up raises; its text may hold what was written."""

_DRIVERS = frozenset({"sqlite", "postgresql+psycopg"})
_SECONDS = 3
_LOCK = 3_207_462_911  # any number, the same in every process: one migration at a time


def is_database_url(url: str) -> bool:
    """Tell whether a URL names a database of a kind that is served."""
    try:
        parsed = make_url(url)
    except ArgumentError:
        return False
    return parsed.drivername in _DRIVERS and bool(parsed.database)


def sqlite_file(url: str) -> Path | None:
    """Give the file of a SQLite database; None for another kind."""
    parsed = make_url(url)
    is_file = parsed.get_backend_name() == "sqlite" and parsed.database
    return Path(parsed.database) if is_file and parsed.database else None


def open_database(url: str) -> Engine:
    """Give the engine of a database; nothing is connected before the first statement.

    Parameters stay out of its exceptions and its log. A SQLite file's folder is made.
    """
    if make_url(url).get_backend_name() == "sqlite":
        return _sqlite(url)
    return create_engine(
        url,
        hide_parameters=True,
        pool_timeout=_SECONDS,
        pool_recycle=600,
        connect_args={
            "connect_timeout": _SECONDS,
            "tcp_user_timeout": _SECONDS * 1000,
            "application_name": "vidare",
        },
    )


def reading(engine: Engine) -> Engine:
    """Give the engine for single look-ups: over PostgreSQL each is one round trip, not three."""
    if engine.dialect.name == "postgresql":
        return engine.execution_options(isolation_level="AUTOCOMMIT")
    return engine


@contextmanager
def opened(url: str) -> Iterator[Engine]:
    """Give the engine of a database for a while, and close what it connected."""
    engine = open_database(url)
    try:
        yield engine
    finally:
        engine.dispose()


def upgrade(engine: Engine) -> None:
    """Bring the database to the newest revision; safe where several processes do so at once."""
    with engine.connect().execution_options(immediate=True) as connection, connection.begin():
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        command.upgrade(migrations(connection), "head")


def behind(engine: Engine) -> bool:
    """Tell whether the database lacks a revision that the code needs; `Failure` if it is down."""
    with engine.connect() as connection:
        found = MigrationContext.configure(connection).get_current_heads()
    return set(found) != set(ScriptDirectory.from_config(migrations()).get_heads())


def prepare(engine: Engine) -> None:
    """Make ready at start: a SQLite file is brought up to date, PostgreSQL must be already.

    Raises `StartRefused` where PostgreSQL answers and is behind. Where it does not answer, the
    service starts and waits for it.
    """
    if engine.dialect.name == "sqlite":
        try:
            upgrade(engine)
        except Failure:
            raise StartRefused(
                "The file of VIDARE_DATABASE_URL cannot be opened and written as a SQLite database."
            ) from None
        return
    try:
        outdated = behind(engine)
    except Failure:
        return
    if outdated:
        raise StartRefused("The database lacks tables of this version: run `vidare db upgrade`.")


def migrations(connection: Connection | None = None) -> Config:
    """Give Alembic's configuration; its commands run over `connection`."""
    config = Config(attributes={"connection": connection, "tables": TABLES})
    config.set_main_option("script_location", str(files("service") / "migrations"))
    return config


def _sqlite(url: str) -> Engine:
    file = make_url(url).database or ""
    Path(file).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with suppress(OSError):  # what cannot be made is said when it is used
        Path(file).touch(mode=0o600, exist_ok=True)  # nobody else's to read, whatever the umask
    engine = create_engine(url, hide_parameters=True, connect_args={"timeout": _SECONDS})

    @event.listens_for(engine, "connect")
    def _configure(connection, _record) -> None:  # type: ignore[no-untyped-def] # noqa: ANN001 - the driver's own types
        connection.isolation_level = None  # the driver begins no transaction of its own; we do
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        immediate = connection.get_execution_options().get("immediate")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")

    return engine
