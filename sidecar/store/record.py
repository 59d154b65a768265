"""The append-only record (events), messages, and what is owed to others (deliveries, subscriptions)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import RowMapping, func, or_, select, update

from sidecar.store.tables import deliveries, events, messages, subscriptions, watermarks

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sidecar.store.database import Tx


def add_event(tx: Tx, **values: Any) -> None:
    """One line of the record; never changed, never deleted."""
    tx.conn.execute(events.insert().values(**values))


def events_of(
    tx: Tx, business_id: str, *, sequence_id: str | None = None, contact_id: str | None = None
) -> Sequence[RowMapping]:
    """The record of one sequence, or of one person, in order."""
    query = select(events).where(events.c.business_id == business_id)
    if sequence_id is not None:
        query = query.where(events.c.sequence_id == sequence_id)
    if contact_id is not None:
        query = query.where(events.c.contact_id == contact_id)
    return tx.conn.execute(query.order_by(events.c.event_id)).mappings().all()


def event(tx: Tx, business_id: str, event_id: str) -> RowMapping | None:
    """One line of the record."""
    return (
        tx.conn.execute(select(events).where(events.c.business_id == business_id, events.c.event_id == event_id))
        .mappings()
        .first()
    )


def add_message(tx: Tx, **values: Any) -> None:
    """A message that somebody sent us."""
    tx.conn.execute(messages.insert().values(**values))


def message(tx: Tx, business_id: str, message_id: str) -> RowMapping | None:
    """One message."""
    return (
        tx.conn.execute(
            select(messages).where(messages.c.business_id == business_id, messages.c.message_id == message_id)
        )
        .mappings()
        .first()
    )


def messages_of(tx: Tx, business_id: str, contact_id: str) -> Sequence[RowMapping]:
    """Everything a person wrote to us, in order."""
    return (
        tx.conn.execute(
            select(messages)
            .where(messages.c.business_id == business_id, messages.c.contact_id == contact_id)
            .order_by(messages.c.at)
        )
        .mappings()
        .all()
    )


# --- deliveries ---------------------------------------------------------------------------------------------------


def add_delivery(tx: Tx, **values: Any) -> None:
    """Something is owed to somebody who is not the caller."""
    tx.conn.execute(deliveries.insert().values(state="due", **values))
    if values.get("due_at") is not None:
        tx.due.append(values["due_at"])


def delivery(tx: Tx, business_id: str, delivery_id: str) -> RowMapping | None:
    """One delivery."""
    return (
        tx.conn.execute(
            select(deliveries).where(deliveries.c.business_id == business_id, deliveries.c.delivery_id == delivery_id)
        )
        .mappings()
        .first()
    )


def change_delivery(tx: Tx, business_id: str, delivery_id: str, *, was: str = "due", **values: Any) -> bool:
    """Compare-and-set: change a delivery that is still in the state ``was``."""
    changed = tx.conn.execute(
        update(deliveries)
        .where(
            deliveries.c.business_id == business_id,
            deliveries.c.delivery_id == delivery_id,
            deliveries.c.state == was,
        )
        .values(**values)
    )
    if changed.rowcount == 1 and values.get("due_at") is not None:
        tx.due.append(values["due_at"])
    return changed.rowcount == 1


def dead_letters(tx: Tx, business_id: str) -> Sequence[RowMapping]:
    """Deliveries that were given up, for a person to replay."""
    return (
        tx.conn.execute(select(deliveries).where(deliveries.c.business_id == business_id, deliveries.c.state == "dead"))
        .mappings()
        .all()
    )


def bells_of(tx: Tx, business_id: str, sequence_id: str) -> Sequence[RowMapping]:
    """The live waits of flows on a sequence."""
    return (
        tx.conn.execute(
            select(deliveries).where(
                deliveries.c.business_id == business_id,
                deliveries.c.sequence_id == sequence_id,
                deliveries.c.kind == "bell",
                deliveries.c.state == "due",
            )
        )
        .mappings()
        .all()
    )


def take_deliveries(tx: Tx, now: datetime, seconds: float, limit: int) -> Sequence[RowMapping]:
    """Take up to ``limit`` due deliveries for ourselves for ``seconds`` (see ``sequences.take_due``)."""
    clock = tx.db_time()
    free = or_(deliveries.c.taken_until.is_(None), deliveries.c.taken_until <= clock)
    due = (
        tx.conn.execute(
            select(deliveries)
            .where(deliveries.c.state == "due", deliveries.c.due_at <= now, free)
            .order_by(deliveries.c.due_at)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
        .mappings()
        .all()
    )
    for row in due:
        tx.conn.execute(
            update(deliveries)
            .where(deliveries.c.business_id == row["business_id"], deliveries.c.delivery_id == row["delivery_id"])
            .values(taken_until=clock + seconds)
        )
    return due


def next_delivery(tx: Tx) -> datetime | None:
    """When the next delivery that nobody holds is due."""
    clock = tx.db_time()
    moment: datetime | None = tx.conn.execute(
        select(func.min(deliveries.c.due_at)).where(
            deliveries.c.state == "due",
            or_(deliveries.c.taken_until.is_(None), deliveries.c.taken_until <= clock),
        )
    ).scalar()
    return moment


def give_back_all(tx: Tx) -> None:
    """Forget who held what; only at the start of the one process that SQLite allows."""
    tx.conn.execute(update(deliveries).where(deliveries.c.taken_until.is_not(None)).values(taken_until=None))


# --- subscriptions ------------------------------------------------------------------------------------------------


def add_subscription(tx: Tx, **values: Any) -> None:
    """Events to a URL."""
    tx.conn.execute(subscriptions.insert().values(**values))


def subscriptions_of(tx: Tx, business_id: str) -> Sequence[RowMapping]:
    """Everybody who listens to a business's events."""
    return tx.conn.execute(select(subscriptions).where(subscriptions.c.business_id == business_id)).mappings().all()


def subscription(tx: Tx, business_id: str, subscription_id: str) -> RowMapping | None:
    """One subscription."""
    return (
        tx.conn.execute(
            select(subscriptions).where(
                subscriptions.c.business_id == business_id, subscriptions.c.subscription_id == subscription_id
            )
        )
        .mappings()
        .first()
    )


def remove_subscription(tx: Tx, business_id: str, subscription_id: str) -> bool:
    """Stop sending events there; True when there was such a subscription."""
    removed = tx.conn.execute(
        subscriptions.delete().where(
            subscriptions.c.business_id == business_id, subscriptions.c.subscription_id == subscription_id
        )
    )
    return removed.rowcount == 1


# --- how far the providers' logs have been read -------------------------------------------------------------------


def take_watermark(tx: Tx, business_id: str, log: str, start: datetime, seconds: float) -> datetime | None:
    """How far that log was read, taken for ``seconds``; ``None`` while another process reads it."""
    clock = tx.db_time()
    where = (watermarks.c.business_id == business_id, watermarks.c.log == log)
    row = tx.conn.execute(select(watermarks).where(*where).with_for_update()).mappings().first()
    if row is None:
        tx.conn.execute(
            watermarks.insert().values(business_id=business_id, log=log, read_to=start, taken_until=clock + seconds)
        )
        return start
    if row["taken_until"] is not None and row["taken_until"] > clock:
        return None
    tx.conn.execute(update(watermarks).where(*where).values(taken_until=clock + seconds))
    read_to: datetime = row["read_to"]
    return read_to


def set_watermark(tx: Tx, business_id: str, log: str, read_to: datetime) -> None:
    """That log has been read up to there."""
    tx.conn.execute(
        update(watermarks)
        .where(watermarks.c.business_id == business_id, watermarks.c.log == log)
        .values(read_to=read_to, taken_until=None)
    )
