"""Calls: one row for each inbound call, whatever was reported of it and how often."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import RowMapping, select

from sidecar.domain.calls import Evidence
from sidecar.store import statements
from sidecar.store.statements import first
from sidecar.store.tables import calls

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sidecar.store.database import Tx


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


def pending_since(tx: Tx, before: datetime, limit: int = 200) -> Sequence[RowMapping]:
    """Calls of any business that could not be judged since ``before``."""
    return (
        tx.conn.execute(select(calls).where(calls.c.state == "pending", calls.c.heard_at < before).limit(limit))
        .mappings()
        .all()
    )
