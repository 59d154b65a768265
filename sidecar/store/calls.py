"""Calls: one row for each inbound call, whatever was reported of it and how often."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import RowMapping, String, bindparam, func, literal_column, select

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
_PENDING_FROM = (
    select(calls.c.call_id)
    .where(
        calls.c.business_id == bindparam("business_id"),
        calls.c.caller == bindparam("caller"),
        calls.c.state == literal_column("'pending'"),
        calls.c.heard_at > bindparam("since"),
    )
    .limit(1)
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


def is_pending_from(tx: Tx, business_id: str, caller: str, since: datetime) -> bool:
    """Whether a call of this caller (E.164) that we heard of after ``since`` cannot be judged yet."""
    wanted = {"business_id": business_id, "caller": caller, "since": since}
    return tx.conn.execute(_PENDING_FROM, wanted).first() is not None


def fit(column: str, text: str | None) -> str | None:
    """As much of what a provider wrote as the column holds: PostgreSQL refuses what is longer."""
    kind = calls.c[column].type
    assert isinstance(kind, String)  # noqa: S101 - our own callers
    return None if text is None else text[: kind.length]


def oldest_pending(tx: Tx, provider: str, since: datetime) -> datetime | None:
    """When we first heard of the oldest call of any business, since then, that could not be judged yet."""
    wanted = {"provider": provider, "since": since}
    moment: datetime | None = tx.conn.execute(_OLDEST_PENDING, wanted).scalar()
    return moment
