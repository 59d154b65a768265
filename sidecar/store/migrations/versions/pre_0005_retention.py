"""pre: who is forgotten is marked, and what has been kept for its time is found by an index."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from sidecar.store.moments import Utc

revision = "pre_0005"
down_revision = "pre_0004"
branch_labels = None
depends_on = None

_INDEXES = (
    ("contacts_kept", "contacts", ["business_id", "created_at", "contact_id"], "forgotten_at IS NULL"),
    ("deliveries_delivered", "deliveries", ["business_id", "settled_at"], "state = 'delivered'"),
    ("deliveries_dead", "deliveries", ["business_id"], "state = 'dead'"),
)


def upgrade() -> None:
    """Forwards."""
    op.add_column("contacts", sa.Column("forgotten_at", Utc(), nullable=True))
    for name, table, columns, where in _INDEXES:
        op.create_index(name, table, columns, postgresql_where=sa.text(where), sqlite_where=sa.text(where))


def downgrade() -> None:
    """Backwards."""
    for name, table, _columns, _where in reversed(_INDEXES):
        op.drop_index(name, table_name=table)
    with op.batch_alter_table("contacts", schema=None) as batch_op:
        batch_op.drop_column("forgotten_at")
