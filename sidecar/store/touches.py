"""Touches: what was really sent, or may have been; and the senders' pace and health."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import RowMapping, func, select, update
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from sidecar.store.tables import claims, senders, touches

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sidecar.store.database import Tx


def add(tx: Tx, **values: Any) -> None:
    """An intent: the touch exists before its request does."""
    tx.conn.execute(touches.insert().values(**values))


def get(tx: Tx, business_id: str, touch_id: str) -> RowMapping | None:
    """One touch."""
    return (
        tx.conn.execute(select(touches).where(touches.c.business_id == business_id, touches.c.touch_id == touch_id))
        .mappings()
        .first()
    )


def by_provider_id(tx: Tx, business_id: str, provider_id: str) -> RowMapping | None:
    """The touch that the provider knows by this id."""
    return (
        tx.conn.execute(
            select(touches).where(touches.c.business_id == business_id, touches.c.provider_id == provider_id)
        )
        .mappings()
        .first()
    )


def change(tx: Tx, business_id: str, touch_id: str, *, was: tuple[str, ...] | None = None, **values: Any) -> bool:
    """Compare-and-set: change the touch if its state is one of ``was``; True when it was."""
    query = update(touches).where(touches.c.business_id == business_id, touches.c.touch_id == touch_id)
    if was is not None:
        query = query.where(touches.c.state.in_(was))
    return tx.conn.execute(query.values(**values)).rowcount == 1


def of_sequence(tx: Tx, business_id: str, sequence_id: str) -> Sequence[RowMapping]:
    """Every touch of a sequence, in order."""
    return (
        tx.conn.execute(
            select(touches)
            .where(touches.c.business_id == business_id, touches.c.sequence_id == sequence_id)
            .order_by(touches.c.touch_id)
        )
        .mappings()
        .all()
    )


def of_contacts_under_way(tx: Tx, business_id: str, contact_ids: Sequence[str]) -> Sequence[RowMapping]:
    """Requests to these people that have no result yet, and voice calls that may still ring."""
    return (
        tx.conn.execute(
            select(touches).where(
                touches.c.business_id == business_id,
                touches.c.contact_id.in_(contact_ids),
                touches.c.state.in_(("sending", "unknown"))
                | ((touches.c.channel == "voice") & (touches.c.state == "sent") & (touches.c.provider_state == "")),
            )
        )
        .mappings()
        .all()
    )


def any_leased(tx: Tx, business_id: str, contact_ids: Sequence[str]) -> bool:
    """Whether a request to one of these people may be under way, ours or that of a flow with a claim."""
    return (
        tx.conn.execute(
            select(touches.c.touch_id)
            .where(
                touches.c.business_id == business_id,
                touches.c.contact_id.in_(contact_ids),
                touches.c.state == "sending",
                touches.c.lease_until > tx.db_time(),
            )
            .limit(1)
        ).first()
        is not None
    )


def count_since(tx: Tx, business_id: str, contact_id: str, since: datetime) -> int:
    """Touches that went, or may have gone, to a person since then; staff tasks are not touches of the person."""
    return int(
        tx.conn.execute(
            select(func.count())
            .select_from(touches)
            .where(
                touches.c.business_id == business_id,
                touches.c.contact_id == contact_id,
                touches.c.intended_at > since,
                touches.c.channel != "staff",
                touches.c.state.not_in(("failed", "withdrawn")),
            )
        ).scalar_one()
    )


def count_in_sequence(tx: Tx, business_id: str, sequence_id: str, channels: tuple[str, ...]) -> int:
    """Touches of these channels that a sequence has sent, or may have sent."""
    return int(
        tx.conn.execute(
            select(func.count())
            .select_from(touches)
            .where(
                touches.c.business_id == business_id,
                touches.c.sequence_id == sequence_id,
                touches.c.channel.in_(channels),
                touches.c.state.not_in(("failed", "withdrawn")),
            )
        ).scalar_one()
    )


def in_doubt(tx: Tx, now: datetime, limit: int) -> Sequence[RowMapping]:
    """Touches whose fate is not known and whose sender can no longer be at work, due to be asked about.

    Not those that a flow claimed: it sends them in its own way, which no provider can be asked about by our id.
    """
    clock = tx.db_time()
    claimed = (
        select(claims.c.claim_id)
        .where(claims.c.business_id == touches.c.business_id, claims.c.touch_id == touches.c.touch_id)
        .exists()
    )
    return (
        tx.conn.execute(
            select(touches)
            .where(
                touches.c.state.in_(("sending", "unknown")),
                touches.c.ask_at <= now,
                func.coalesce(touches.c.lease_until, 0.0) <= clock,
                ~claimed,
            )
            .order_by(touches.c.ask_at)
            .limit(limit)
        )
        .mappings()
        .all()
    )


# --- senders ------------------------------------------------------------------------------------------------------


def sender(tx: Tx, business_id: str, name: str) -> RowMapping:
    """The sender's row, made when first asked for, and locked: two touches never take one slot."""
    insert = sqlite_insert if tx.is_sqlite else pg_insert
    query = select(senders).where(senders.c.business_id == business_id, senders.c.sender == name).with_for_update()
    row = tx.conn.execute(query).mappings().first()
    if row is None:
        tx.conn.execute(insert(senders).values(business_id=business_id, sender=name).on_conflict_do_nothing())
        row = tx.conn.execute(query).mappings().one()
    return row


def change_sender(tx: Tx, business_id: str, name: str, **values: Any) -> None:
    """Set columns of a sender."""
    tx.conn.execute(
        update(senders).where(senders.c.business_id == business_id, senders.c.sender == name).values(**values)
    )


CIRCUIT_AFTER = 3
"""Faults in a row after which a sender rests."""
CIRCUIT_REST = (timedelta(seconds=5), timedelta(seconds=15), timedelta(seconds=30), timedelta(seconds=60))


def note_fault(tx: Tx, business_id: str, name: str, now: datetime) -> None:
    """Count a fault of the provider; open the circuit when there were several in a row."""
    failures = int(sender(tx, business_id, name)["failures"]) + 1
    beyond = failures - CIRCUIT_AFTER
    until = None if beyond < 0 else now + CIRCUIT_REST[min(beyond, len(CIRCUIT_REST) - 1)]
    change_sender(tx, business_id, name, failures=failures, circuit_open_until=until)


def note_success(tx: Tx, business_id: str, name: str) -> None:
    """The provider answered: close the circuit."""
    tx.conn.execute(
        update(senders)
        .where(senders.c.business_id == business_id, senders.c.sender == name, senders.c.failures > 0)
        .values(failures=0, circuit_open_until=None)
    )


# --- claims -------------------------------------------------------------------------------------------------------


def add_claim(tx: Tx, **values: Any) -> None:
    """A flow's permission to send one step by itself."""
    tx.conn.execute(claims.insert().values(**values))


def claim(tx: Tx, business_id: str, claim_id: str) -> RowMapping | None:
    """One claim."""
    return (
        tx.conn.execute(select(claims).where(claims.c.business_id == business_id, claims.c.claim_id == claim_id))
        .mappings()
        .first()
    )


def change_claim(tx: Tx, business_id: str, claim_id: str, *, was: str, state: str) -> bool:
    """Compare-and-set of a claim's state."""
    changed = tx.conn.execute(
        update(claims)
        .where(claims.c.business_id == business_id, claims.c.claim_id == claim_id, claims.c.state == was)
        .values(state=state)
    )
    return changed.rowcount == 1


def claims_run_out(tx: Tx, now: datetime, limit: int = 100) -> Sequence[RowMapping]:
    """Granted claims that nobody reported on in time."""
    return (
        tx.conn.execute(select(claims).where(claims.c.state == "granted", claims.c.expires_at <= now).limit(limit))
        .mappings()
        .all()
    )
