"""pre: alarms that are on, and opt-outs by their time."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from sidecar.store.moments import Utc

revision = "pre_0002"
down_revision = "pre_0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forwards."""
    op.create_table(
        "alarms",
        sa.Column("business_id", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=128), nullable=False),
        sa.Column("raised_at", Utc(), nullable=False),
        sa.PrimaryKeyConstraint("business_id", "name"),
    )
    op.create_index("suppressions_by_time", "suppressions", ["business_id", "at"], unique=False)


def downgrade() -> None:
    """Backwards."""
    op.drop_index("suppressions_by_time", table_name="suppressions")
    op.drop_table("alarms")
