"""pre: by how many seconds first texts have moved a sender's queue."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "pre_0004"
down_revision = "pre_0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forwards."""
    op.add_column("senders", sa.Column("moved_by", sa.Float(), nullable=False, server_default="0"))


def downgrade() -> None:
    """Backwards."""
    op.drop_column("senders", "moved_by")
