"""The tables of the journal: what was asked, what was advised, what became of it."""

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    String,
    Table,
    Text,
)

from service.database import TABLES

CALL = Table(
    "call",
    TABLES,
    Column("id", String(36), primary_key=True),
    Column("at", BigInteger, nullable=False),  # milliseconds since 1970, as every time here
    Column("client", Text, nullable=False),
    Column("service", String(64), nullable=False),
    Column("hook", String(64), nullable=False),
    Column("instance", String(36)),  # where it is a UUID; what else it may say is not kept
    Column("patient", LargeBinary(32)),  # a keyed hash, as every binary column here
    Column("rules", String(32), nullable=False),
    Column("language", String(8), nullable=False),
    Column("milliseconds", Integer, nullable=False),
    Column("outcome", String(64), nullable=False),
    Column("sources", JSON, nullable=False),
    Index(None, "patient"),
    Index(None, "at"),
)
ADVICE = Table(
    "advice",
    TABLES,
    Column("id", String(36), primary_key=True),  # the uuid of the card, where one was shown
    Column("call", ForeignKey(CALL.c.id), nullable=False),
    Column("pathway", String(64)),
    Column("edition", Text),
    Column("topic", String(64), nullable=False),
    Column("indicator", String(16), nullable=False),
    Column("shown", String(16), nullable=False),
    Column("decision", LargeBinary(32), nullable=False),
    Column("answered", SmallInteger),
    Column("asked", SmallInteger),
    Index(None, "call"),
)
SUGGESTION = Table(
    "suggestion",
    TABLES,
    Column("id", String(36), primary_key=True),
    Column("advice", ForeignKey(ADVICE.c.id), nullable=False),
    Column("kind", String(16), nullable=False),
    Index(None, "advice"),
)
FEEDBACK = Table(
    "feedback",
    TABLES,
    Column("id", LargeBinary(32), primary_key=True),
    Column("at", BigInteger, nullable=False),
    Column("received", BigInteger, nullable=False),
    Column("client", Text, nullable=False),
    Column("service", String(64), nullable=False),
    Column("card", String(36), nullable=False),  # no key: it may arrive before its card, or alone
    Column("outcome", String(16), nullable=False),
    Column("suggestion", String(36)),
    Column("reason_system", Text),
    Column("reason", String(64)),
    Column("commented", Boolean, nullable=False),
    Index(None, "card"),
    Index(None, "at"),
)
