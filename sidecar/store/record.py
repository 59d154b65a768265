"""The append-only record (events), messages, and what is owed to others (deliveries, subscriptions)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import RowMapping, bindparam, case, false, func, literal_column, or_, select, update

from sidecar.store import statements
from sidecar.store.sequences import EVER
from sidecar.store.statements import every, first
from sidecar.store.tables import deliveries, events, messages, subscriptions, watermarks

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sidecar.store.database import Tx

CRM_KINDS = ("crm.touch", "crm.opt_out", "crm.opt_in", "crm.exhausted")
"""Notes for the CRM: everything else that is owed goes first."""

_FREE = (
    deliveries.c.state == literal_column("'due'"),
    or_(deliveries.c.taken_until.is_(None), deliveries.c.taken_until <= bindparam("clock")),
)
_URGENT = deliveries.c.kind.not_in([literal_column(f"'{kind}'") for kind in CRM_KINDS])
_DUE = (
    select(deliveries)
    .where(*_FREE, deliveries.c.due_at <= bindparam("now"))
    .order_by(_URGENT.desc(), deliveries.c.due_at)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True)
)
_URGENT_DUE = _DUE.where(_URGENT)
_TAKE = update(deliveries).where(
    deliveries.c.business_id == bindparam("is_business_id"), deliveries.c.delivery_id == bindparam("is_delivery_id")
)
_NEXT_DUE = select(func.min(deliveries.c.due_at)).where(*_FREE, deliveries.c.due_at > bindparam("after"))
# Literals where an index is partial: SQLite does not use it for what it cannot see in the text.
_BELLS = select(deliveries).where(
    deliveries.c.business_id == bindparam("business_id"),
    deliveries.c.sequence_id == bindparam("sequence_id"),
    deliveries.c.kind == literal_column("'bell'"),
    deliveries.c.state == literal_column("'due'"),
)
_READ_TO = select(func.max(watermarks.c.read_to)).where(watermarks.c.business_id == bindparam("business_id"))
_ON_TOPIC = (
    select(deliveries)
    .where(deliveries.c.business_id == bindparam("business_id"), deliveries.c.topic == bindparam("topic"))
    .order_by(deliveries.c.created_at.desc())
    .limit(20)
    .with_for_update()
)
_WORDS_ON = (
    select(
        deliveries.c.delivery_id,
        deliveries.c.kind,
        deliveries.c.state,
        case(
            (
                deliveries.c.state == literal_column("'due'"),
                func.coalesce(deliveries.c.taken_until, 0.0) > bindparam("clock"),
            ),
            else_=false(),
        ).label("busy"),
    )
    .where(deliveries.c.business_id == bindparam("business_id"), deliveries.c.topic == bindparam("topic"))
    .order_by(deliveries.c.created_at.desc(), deliveries.c.delivery_id.desc())
    .limit(20)
)
_LAST_MESSAGE = (
    select(messages)
    .where(messages.c.business_id == bindparam("business_id"), messages.c.contact_id == bindparam("contact_id"))
    .order_by(messages.c.at.desc())
    .limit(1)
)
_LAST_TEXT = _LAST_MESSAGE.where(messages.c.channel == literal_column("'sms'"))


_RECORDED_SINCE = (
    select(events.c.event_id)
    .where(
        events.c.business_id == bindparam("business_id"),
        events.c.contact_id == bindparam("contact_id"),
        events.c.type == bindparam("type"),
        events.c.reason == bindparam("reason"),
        events.c.at > bindparam("since"),
    )
    .limit(1)
)


def add_event(tx: Tx, **values: Any) -> None:
    """One line of the record; never changed, never deleted."""
    statements.add(tx, events, values)


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


def recorded_since(tx: Tx, business_id: str, contact_id: str, kind: str, reason: str, since: datetime) -> bool:
    """Whether this was recorded of a person, for this reason, after that moment."""
    wanted = {"business_id": business_id, "contact_id": contact_id, "type": kind, "reason": reason, "since": since}
    return tx.conn.execute(_RECORDED_SINCE, wanted).first() is not None


def event(tx: Tx, business_id: str, event_id: str) -> RowMapping | None:
    """One line of the record."""
    return first(tx, events, business_id=business_id, event_id=event_id)


def add_message(tx: Tx, **values: Any) -> None:
    """A message that somebody sent us."""
    statements.add(tx, messages, values)


def message(tx: Tx, business_id: str, message_id: str) -> RowMapping | None:
    """One message."""
    return first(tx, messages, business_id=business_id, message_id=message_id)


def messages_of(tx: Tx, business_id: str, contact_id: str) -> Sequence[RowMapping]:
    """Everything a person wrote to us, in order."""
    return every(tx, messages, ("at",), business_id=business_id, contact_id=contact_id)


def last_message_of(tx: Tx, business_id: str, contact_id: str) -> RowMapping | None:
    """What a person wrote to us last, on any channel."""
    return tx.conn.execute(_LAST_MESSAGE, {"business_id": business_id, "contact_id": contact_id}).mappings().first()


def last_text_of(tx: Tx, business_id: str, contact_id: str) -> RowMapping | None:
    """The text that a person sent us last."""
    return tx.conn.execute(_LAST_TEXT, {"business_id": business_id, "contact_id": contact_id}).mappings().first()


# --- deliveries ---------------------------------------------------------------------------------------------------


def add_delivery(tx: Tx, **values: Any) -> None:
    """Something is owed to somebody who is not the caller."""
    statements.add(tx, deliveries, {"state": "due", **values})
    if values.get("due_at") is not None:
        tx.due.append(values["due_at"])


def delivery(tx: Tx, business_id: str, delivery_id: str) -> RowMapping | None:
    """One delivery."""
    return first(tx, deliveries, business_id=business_id, delivery_id=delivery_id)


def change_delivery(tx: Tx, business_id: str, delivery_id: str, *, was: str = "due", **values: Any) -> bool:
    """Compare-and-set: change a delivery that is still in the state ``was``."""
    keys = {"business_id": business_id, "delivery_id": delivery_id}
    changed = statements.change(tx, deliveries, keys, values, was=(was,)) == 1
    if changed and values.get("due_at") is not None:
        tx.due.append(values["due_at"])
    return changed


def on_topic(tx: Tx, business_id: str, topic: str) -> Sequence[RowMapping]:
    """The newest alerts about one and the same thing, newest first; nobody else changes them meanwhile."""
    return tx.conn.execute(_ON_TOPIC, {"business_id": business_id, "topic": topic}).mappings().all()


def words_on(tx: Tx, business_id: str, topic: str) -> Sequence[RowMapping]:
    """What is or was owed on one topic, newest first, and whether somebody is bringing it just now (``busy``)."""
    wanted = {"business_id": business_id, "topic": topic, "clock": tx.db_time()}
    return tx.conn.execute(_WORDS_ON, wanted).mappings().all()


def dead_letters(tx: Tx, business_id: str) -> Sequence[RowMapping]:
    """Deliveries that were given up, for a person to replay."""
    return every(tx, deliveries, business_id=business_id, state="dead")


def bells_of(tx: Tx, business_id: str, sequence_id: str) -> Sequence[RowMapping]:
    """The live waits of flows on a sequence."""
    wanted = {"business_id": business_id, "sequence_id": sequence_id}
    return tx.conn.execute(_BELLS, wanted).mappings().all()


def take_deliveries(
    tx: Tx, now: datetime, seconds: float, limit: int, *, urgent_only: bool = False
) -> Sequence[RowMapping]:
    """Take up to ``limit`` due deliveries for ourselves for ``seconds`` (see ``sequences.take_due``).

    What the CRM is owed comes last, and with ``urgent_only`` not at all.
    """
    clock = tx.db_time()
    query = _URGENT_DUE if urgent_only else _DUE
    due = tx.conn.execute(query, {"now": now, "clock": clock, "most": limit}).mappings().all()
    if due:
        until = clock + seconds
        tx.conn.execute(
            _TAKE,
            [
                {"is_business_id": row["business_id"], "is_delivery_id": row["delivery_id"], "taken_until": until}
                for row in due
            ],
        )
    return due


def next_delivery(tx: Tx, after: datetime = EVER) -> datetime | None:
    """When the next delivery that nobody holds is due; with ``after``, of those that are due later than that."""
    moment: datetime | None = tx.conn.execute(_NEXT_DUE, {"clock": tx.db_time(), "after": after}).scalar()
    return moment


def give_back_all(tx: Tx) -> None:
    """Forget who held what; only at the start of the one process that SQLite allows."""
    for table in (deliveries, watermarks):
        tx.conn.execute(update(table).where(table.c.taken_until.is_not(None)).values(taken_until=None))


# --- subscriptions ------------------------------------------------------------------------------------------------


def add_subscription(tx: Tx, **values: Any) -> None:
    """Events to a URL."""
    statements.add(tx, subscriptions, values)


def subscriptions_of(tx: Tx, business_id: str) -> Sequence[RowMapping]:
    """Everybody who listens to a business's events."""
    return every(tx, subscriptions, business_id=business_id)


def subscription(tx: Tx, business_id: str, subscription_id: str) -> RowMapping | None:
    """One subscription."""
    return first(tx, subscriptions, business_id=business_id, subscription_id=subscription_id)


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
    """How far that log was read, taken for ``seconds``; ``None`` while another process reads it.

    A log that is new (an account's token was changed) begins where its owner's others have come to, else at ``start``.
    """
    clock = tx.db_time()
    keys = {"business_id": business_id, "log": log}
    row = first(tx, watermarks, lock=True, **keys)
    if row is None:
        begun: datetime = tx.conn.execute(_READ_TO, {"business_id": business_id}).scalar() or start
        statements.add(tx, watermarks, {**keys, "read_to": begun, "taken_until": clock + seconds})
        return begun
    if row["taken_until"] is not None and row["taken_until"] > clock:
        return None
    statements.change(tx, watermarks, keys, {"taken_until": clock + seconds})
    read_to: datetime = row["read_to"]
    return read_to


def set_watermark(tx: Tx, business_id: str, log: str, read_to: datetime) -> None:
    """That log has been read up to there."""
    keys = {"business_id": business_id, "log": log}
    statements.change(tx, watermarks, keys, {"read_to": read_to, "taken_until": None})
