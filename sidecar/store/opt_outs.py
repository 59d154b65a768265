"""Opt-outs counted: who left after we had contacted them, of how many; and the alarms that are on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import RowMapping, bindparam, case, distinct, func, literal_column, select

from sidecar.store import statements
from sidecar.store.statements import insert_or
from sidecar.store.tables import alarms, sequences, suppressions, touches
from sidecar.store.touches import HAPPENED

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime, timedelta

    from sidecar.store.database import Tx

_IN_WINDOW = (
    sequences.c.business_id == bindparam("business_id"),
    sequences.c.opened_at >= bindparam("since"),
    sequences.c.first_touch_seconds.is_not(None),
)
_LEFT = (
    select(suppressions.c.contact_id, func.min(suppressions.c.at).label("at"))
    .where(
        suppressions.c.business_id == bindparam("business_id"),
        suppressions.c.at >= bindparam("since"),
        suppressions.c.contact_id.is_not(None),
    )
    .group_by(suppressions.c.contact_id)
    .subquery("gone")
)
_BEFORE_THEY_LEFT = (
    select(
        touches.c.contact_id,
        touches.c.step,
        sequences.c.playbook,
        sequences.c.first_touch_seconds,
        sequences.c.outcome,
    )
    .select_from(_LEFT)
    .join(
        touches,
        (touches.c.business_id == bindparam("business_id"))
        & (touches.c.contact_id == _LEFT.c.contact_id)
        & (touches.c.intended_at >= bindparam("since"))
        & (touches.c.intended_at <= _LEFT.c.at),
    )
    .join(
        sequences,
        (sequences.c.business_id == touches.c.business_id) & (sequences.c.sequence_id == touches.c.sequence_id),
    )
    .where(*_IN_WINDOW, touches.c.channel != literal_column("'staff'"), HAPPENED)
    .order_by(touches.c.contact_id, touches.c.intended_at)
)
_CONTACTED = select(
    func.count(distinct(sequences.c.contact_id)).label("people"),
    func.count().label("sequences"),
    func.sum(case((sequences.c.first_touch_seconds > bindparam("late"), 1), else_=0)).label("late"),
).where(*_IN_WINDOW, sequences.c.playbook == bindparam("playbook"))


def before_they_left(tx: Tx, business_id: str, since: datetime) -> Sequence[RowMapping]:
    """Every touch that somebody who opted out since then had got by then, in order for each of them.

    Each row: ``contact_id``, ``step``, and the sequence's ``playbook``, ``first_touch_seconds`` and ``outcome``.
    """
    return tx.conn.execute(_BEFORE_THEY_LEFT, {"business_id": business_id, "since": since}).mappings().all()


def contacted(tx: Tx, business_id: str, playbook: str, since: datetime, late: timedelta) -> tuple[int, float]:
    """How many people a playbook contacted since then, and the share of its first touches that were ``late``."""
    wanted = {"business_id": business_id, "since": since, "playbook": playbook, "late": late.total_seconds()}
    row = tx.conn.execute(_CONTACTED, wanted).one()
    return int(row.people), float(row.late or 0) / row.sequences if row.sequences else 0.0


# --- alarms -------------------------------------------------------------------------------------------------------


def raise_alarm(tx: Tx, business_id: str, name: str, at: datetime) -> bool:
    """Have an alarm on; True when it was off, for exactly one who asks."""
    query = insert_or(alarms, is_sqlite=tx.is_sqlite).values(business_id=business_id, name=name, raised_at=at)
    done = tx.conn.execute(query.on_conflict_do_nothing().returning(alarms.c.name))
    return done.first() is not None


def clear_alarm(tx: Tx, business_id: str, name: str) -> bool:
    """Have an alarm off; True when it was on."""
    done = tx.conn.execute(alarms.delete().where(alarms.c.business_id == business_id, alarms.c.name == name))
    return done.rowcount == 1


def raised(tx: Tx, business_id: str) -> frozenset[str]:
    """The alarms that are on."""
    return frozenset(row["name"] for row in statements.every(tx, alarms, business_id=business_id))
