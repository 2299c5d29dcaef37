"""How long the journal is kept, and how it is handed on: purge and export."""

from collections.abc import Iterator
from datetime import UTC, datetime

from sqlalchemy import Connection, Engine, RowMapping, Table, delete, select

from service.tables import ADVICE, CALL, FEEDBACK, SUGGESTION

_TOGETHER = 1000


def purge(engine: Engine, before: int) -> tuple[int, int]:
    """Delete the calls and the feedback of before a time (milliseconds since 1970), for good.

    Gives how many calls and how many feedback entries went. What belongs to a call goes with it;
    so a card that was dismissed before that time is shown again.
    """
    old = select(CALL.c.id).where(CALL.c.at < before)
    theirs = select(ADVICE.c.id).where(ADVICE.c.call.in_(old))
    with engine.connect().execution_options(immediate=True) as connection, connection.begin():
        connection.execute(delete(SUGGESTION).where(SUGGESTION.c.advice.in_(theirs)))
        connection.execute(delete(ADVICE).where(ADVICE.c.call.in_(old)))
        calls = connection.execute(delete(CALL).where(CALL.c.at < before)).rowcount
        told = connection.execute(delete(FEEDBACK).where(FEEDBACK.c.at < before)).rowcount
    return calls, told


def export(connection: Connection, canonical: str) -> Iterator[str]:
    """Give every call and every feedback as a FHIR AuditEvent (R4B) in JSON, the oldest first."""
    for call in _rows(connection, CALL):
        yield _event(call, canonical, _of_call(connection, call))
    for told in _rows(connection, FEEDBACK):
        yield _event(told, canonical, _of_feedback(told))


def _rows(connection: Connection, table: Table) -> Iterator[RowMapping]:
    query = select(table).order_by(table.c.at, table.c.id)
    found = connection.execute(query, execution_options={"yield_per": _TOGETHER})
    yield from found.mappings()


def _of_call(connection: Connection, call: RowMapping) -> list[tuple[str, str]]:
    """Give what is told of a call beside its client: name and value, all of them ours."""
    said = connection.execute(
        select(ADVICE.c.topic, ADVICE.c.shown, ADVICE.c.id).where(ADVICE.c.call == call["id"])
    )
    sources = [(f"source.{key}", outcome) for key, outcome in sorted(call["sources"].items())]
    advice = [(f"advice.{topic}.{shown}", id_) for topic, shown, id_ in said]
    return [
        ("hook", call["hook"]),
        ("service", call["service"]),
        ("rules", call["rules"]),
        ("outcome", call["outcome"]),
        *([("hookInstance", call["instance"])] if call["instance"] else []),
        *([("patient", call["patient"].hex())] if call["patient"] else []),
        *sources,
        *advice,
    ]


def _of_feedback(told: RowMapping) -> list[tuple[str, str]]:
    names = ("service", "card", "outcome", "suggestion", "reason_system", "reason")
    return [(name, told[name]) for name in names if told[name]]


def _event(row: RowMapping, canonical: str, details: list[tuple[str, str]]) -> str:
    from fhir.resources.R4B.auditevent import AuditEvent  # noqa: PLC0415 -- slow to import

    is_call = "hook" in row
    refused = is_call and row["outcome"] != "answered"
    event = AuditEvent.model_validate(
        {
            "resourceType": "AuditEvent",
            "type": {
                "system": "http://terminology.hl7.org/CodeSystem/audit-event-type",
                "code": "rest",
            },
            "subtype": [
                {
                    "system": f"{canonical}/CodeSystem/journal",
                    "code": "call" if is_call else "feedback",
                }
            ],
            "action": "E" if is_call else "C",
            "recorded": datetime.fromtimestamp(row["at"] / 1000, UTC).isoformat(),
            "outcome": "4" if refused else "0",
            "agent": [{"who": {"display": row["client"]}, "requestor": True}],
            "source": {"observer": {"display": "Vidare"}},
            "entity": [
                {"detail": [{"type": name, "valueString": value} for name, value in details]}
            ],
        }
    )
    return event.model_dump_json()
