"""Tokens that were used."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Add the table of used tokens."""
    op.create_table(
        "jti",
        sa.Column("issuer", sa.String(512), nullable=False),
        sa.Column("hash", sa.LargeBinary(32), nullable=False),
        sa.Column("expires", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("issuer", "hash", name="pk_jti"),
    )
    op.create_index("ix_jti_expires", "jti", ["expires"])
