"""pre: consents can be withdrawn, and asked for in a conversation."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from sidecar.store.moments import Utc

revision = "pre_0003"
down_revision = "pre_0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forwards."""
    op.add_column("consents", sa.Column("withdrawn_at", Utc(), nullable=True))
    op.add_column("consents", sa.Column("withdrawal", sa.Text(), nullable=False, server_default=""))
    op.create_table(
        "questions",
        sa.Column("business_id", sa.String(length=64), nullable=False),
        sa.Column("question_id", sa.String(length=40), nullable=False),
        sa.Column("contact_id", sa.String(length=40), nullable=False),
        sa.Column("sequence_id", sa.String(length=40), nullable=False),
        sa.Column("step", sa.String(length=64), nullable=False),
        sa.Column("channels", sa.JSON(), nullable=False),
        sa.Column("purpose", sa.String(length=16), nullable=False),
        sa.Column("about", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("asked_at", Utc(), nullable=False),
        sa.Column("settled_at", Utc(), nullable=True),
        sa.Column("message_id", sa.String(length=128), nullable=True),
        sa.Column("consent_id", sa.String(length=40), nullable=True),
        sa.PrimaryKeyConstraint("business_id", "question_id"),
    )
    op.create_index("questions_by_contact", "questions", ["business_id", "contact_id"])
    op.create_index(
        "questions_one_open",
        "questions",
        ["business_id", "contact_id"],
        unique=True,
        postgresql_where=sa.text("state = 'open'"),
        sqlite_where=sa.text("state = 'open'"),
    )


def downgrade() -> None:
    """Backwards."""
    op.drop_table("questions")
    with op.batch_alter_table("consents", schema=None) as batch_op:
        batch_op.drop_column("withdrawal")
        batch_op.drop_column("withdrawn_at")
