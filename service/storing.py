"""Entries into the database, each exactly once however often it is written."""

from collections.abc import Iterable, Sequence

from sqlalchemy import Connection, Engine, Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DataError, IntegrityError

from service.entries import Called, Entry, Told
from service.tables import ADVICE, CALL, FEEDBACK, SUGGESTION

Row = dict[str, object]
Unstorable = (DataError, IntegrityError)
"""What the database says of an entry that it will never take, however often it is offered."""


def store(engine: Engine, entries: Sequence[Entry]) -> None:
    """Write the entries in one transaction; those that are there already are passed over.

    Raises `service.database.Failure`, and then nothing of them was written.
    """
    calls = [e for e in entries if isinstance(e, Called)]
    advice = [(c, a) for c in calls for a in c.advice]
    rows: dict[Table, list[Row]] = {
        CALL: [_row(CALL, c) for c in calls],
        ADVICE: [_row(ADVICE, a) | {"call": c.id} for c, a in advice],
        SUGGESTION: [
            _row(SUGGESTION, s) | {"advice": a.id} for _, a in advice for s in a.suggestions
        ],
        FEEDBACK: [_row(FEEDBACK, e) for e in entries if isinstance(e, Told)],
    }
    with engine.connect().execution_options(immediate=True) as connection, connection.begin():
        for table, found in rows.items():
            _insert(connection, table, found)


def store_each(engine: Engine, entries: Iterable[Entry]) -> list[Entry]:
    """Write the entries one by one and give those that the database will never take."""
    refused = []
    for entry in entries:
        try:
            store(engine, [entry])
        except Unstorable:
            refused.append(entry)
    return refused


def _insert(connection: Connection, table: Table, rows: list[Row]) -> None:
    if not rows:
        return
    postgres = connection.dialect.name == "postgresql"
    insert = postgresql.insert(table) if postgres else sqlite.insert(table)
    connection.execute(insert.on_conflict_do_nothing(), rows)


def _row(table: Table, entry: object) -> Row:
    """Give the members of an entry that are columns of a table."""
    names = [column.name for column in table.columns]
    return {name: getattr(entry, name) for name in names if hasattr(entry, name)}
