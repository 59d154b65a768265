"""Calls: one row for each inbound call, whatever was reported of it and how often."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import RowMapping, bindparam, func, literal_column, select

from sidecar.domain.calls import Evidence
from sidecar.store import statements
from sidecar.store.statements import first
from sidecar.store.tables import calls

if TYPE_CHECKING:
    from datetime import datetime

    from sidecar.store.database import Tx

_OLDEST_PENDING = select(func.min(calls.c.heard_at)).where(
    calls.c.state == literal_column("'pending'"),
    calls.c.heard_at >= bindparam("since"),
    calls.c.provider == bindparam("provider"),
)


def get(tx: Tx, business_id: str, call_id: str, *, lock: bool = False) -> RowMapping | None:
    """The call's row, if we have heard of it."""
    return first(tx, calls, lock=lock, business_id=business_id, call_id=call_id)


def add(tx: Tx, **values: Any) -> None:
    """A call that we hear of for the first time."""
    statements.add(tx, calls, values)


def change(tx: Tx, business_id: str, call_id: str, **values: Any) -> None:
    """Set columns of a call."""
    statements.change(tx, calls, {"business_id": business_id, "call_id": call_id}, values)


def evidence_of(row: RowMapping) -> Evidence:
    """What the row says of the call, for the verdict."""
    return Evidence(
        status=row["status"],
        dial_status=row["dial_status"],
        bridged=row["bridged"],
        accepted=row["accepted"],
        missed=row["missed"],
        reason=row["missed_reason"],
        ring_seconds=row["ring_seconds"],
    )


def is_judged(tx: Tx, business_id: str, call_id: str) -> bool:
    """Whether we have heard of the call and know what it was."""
    row = get(tx, business_id, call_id)
    return row is not None and row["state"] != "pending"


def oldest_pending(tx: Tx, provider: str, since: datetime) -> datetime | None:
    """When we first heard of the oldest call of any business, since then, that could not be judged yet."""
    wanted = {"provider": provider, "since": since}
    moment: datetime | None = tx.conn.execute(_OLDEST_PENDING, wanted).scalar()
    return moment
