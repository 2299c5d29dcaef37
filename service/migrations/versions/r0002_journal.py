"""The journal: calls, advice, suggestions and feedback."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add the tables of the journal."""
    op.create_table(
        "call",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("client", sa.Text, nullable=False),
        sa.Column("service", sa.String(64), nullable=False),
        sa.Column("hook", sa.String(64), nullable=False),
        sa.Column("instance", sa.String(36)),
        sa.Column("patient", sa.LargeBinary(32)),
        sa.Column("rules", sa.String(32), nullable=False),
        sa.Column("language", sa.String(8), nullable=False),
        sa.Column("milliseconds", sa.Integer, nullable=False),
        sa.Column("outcome", sa.String(64), nullable=False),
        sa.Column("sources", sa.JSON, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_call"),
    )
    op.create_table(
        "advice",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("call", sa.String(36), nullable=False),
        sa.Column("pathway", sa.String(64)),
        sa.Column("edition", sa.Text),
        sa.Column("topic", sa.String(64), nullable=False),
        sa.Column("indicator", sa.String(16), nullable=False),
        sa.Column("shown", sa.String(16), nullable=False),
        sa.Column("decision", sa.LargeBinary(32), nullable=False),
        sa.Column("answered", sa.SmallInteger),
        sa.Column("asked", sa.SmallInteger),
        sa.PrimaryKeyConstraint("id", name="pk_advice"),
        sa.ForeignKeyConstraint(["call"], ["call.id"], name="fk_advice_call"),
    )
    op.create_table(
        "suggestion",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("advice", sa.String(36), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_suggestion"),
        sa.ForeignKeyConstraint(["advice"], ["advice.id"], name="fk_suggestion_advice"),
    )
    op.create_table(
        "feedback",
        sa.Column("id", sa.LargeBinary(32), nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("received", sa.BigInteger, nullable=False),
        sa.Column("client", sa.Text, nullable=False),
        sa.Column("service", sa.String(64), nullable=False),
        sa.Column("card", sa.String(36), nullable=False),
        sa.Column("outcome", sa.String(16), nullable=False),
        sa.Column("suggestion", sa.String(36)),
        sa.Column("reason_system", sa.Text),
        sa.Column("reason", sa.String(64)),
        sa.Column("commented", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_feedback"),
    )
    for table, column in (
        ("call", "patient"),
        ("call", "at"),
        ("advice", "call"),
        ("suggestion", "advice"),
        ("feedback", "card"),
        ("feedback", "at"),
    ):
        op.create_index(f"ix_{table}_{column}", table, [column])
