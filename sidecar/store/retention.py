"""What has been kept for its time: people with whom nothing happened since, deliveries that were delivered long ago."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import ColumnElement, RowMapping, and_, delete, exists, literal_column, or_, select, tuple_, update

from sidecar.store import forgetting
from sidecar.store.tables import calls, contacts, deliveries, messages, sequences, touches

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sidecar.store.database import Tx


def _quiet(before: datetime) -> ColumnElement[bool]:
    """Nothing happened with this person since then, and nothing is open."""
    same = contacts.c.business_id, contacts.c.contact_id
    happened = (
        (calls, calls.c.heard_at >= before),
        (messages, messages.c.at >= before),
        (touches, touches.c.intended_at >= before),
        (sequences, or_(sequences.c.state != literal_column("'closed'"), sequences.c.opened_at >= before,
                        sequences.c.closed_at >= before)),
    )  # fmt: skip
    return and_(
        contacts.c.forgotten_at.is_(None),
        contacts.c.created_at < before,
        or_(contacts.c.last_call_at.is_(None), contacts.c.last_call_at < before),
        or_(contacts.c.last_message_at.is_(None), contacts.c.last_message_at < before),
        *(
            ~exists().where(table.c.business_id == same[0], table.c.contact_id == same[1], since)
            for table, since in happened
        ),
    )


def quiet_people(
    tx: Tx, business_id: str, before: datetime, most: int, *, after: RowMapping | None = None
) -> Sequence[RowMapping]:
    """People with whom nothing happened since ``before``, oldest first, a page at a time (``after``: the last seen)."""
    order = (contacts.c.created_at, contacts.c.contact_id)
    query = select(*order).where(contacts.c.business_id == business_id, _quiet(before))
    if after is not None:
        query = query.where(tuple_(*order) > tuple_(after["created_at"], after["contact_id"]))
    return tx.conn.execute(query.order_by(*order).limit(most)).mappings().all()


def is_quiet(tx: Tx, business_id: str, contact_id: str, before: datetime) -> bool:
    """Whether that still holds; asked again once nobody else can change the person."""
    mine = (contacts.c.business_id == business_id, contacts.c.contact_id == contact_id)
    return tx.conn.execute(select(contacts.c.contact_id).where(*mine, _quiet(before))).first() is not None


def is_owed(tx: Tx, business_id: str, contact_id: str, needles: Sequence[str]) -> bool:
    """Whether something about this person is still to be delivered, or was given up and a person must see it."""
    about = forgetting.about(tx, business_id, contact_id, needles)
    # One by one, and with literals: each state has a partial index of its own.
    for state in ("due", "dead"):
        query = select(deliveries).where(
            deliveries.c.business_id == business_id, deliveries.c.state == literal_column(f"'{state}'")
        )
        if state == "due":
            query = query.where(deliveries.c.due_at.is_not(None))
        if any(about(row) for row in tx.conn.execute(query).mappings()):
            return True
    return False


def remove_delivered(tx: Tx, business_id: str, before: datetime, most: int) -> int:
    """Remove up to ``most`` deliveries that were delivered before then; none of an open sequence. How many."""
    query = (
        select(deliveries.c.delivery_id)
        .where(
            deliveries.c.business_id == business_id,
            deliveries.c.state == literal_column("'delivered'"),
            deliveries.c.settled_at < before,
            ~exists().where(
                sequences.c.business_id == deliveries.c.business_id,
                sequences.c.sequence_id == deliveries.c.sequence_id,
                sequences.c.state != literal_column("'closed'"),
            ),
        )
        .order_by(deliveries.c.settled_at)
        .limit(most)
    )
    ids = tx.conn.execute(query).scalars().all()
    if ids:
        mine = (deliveries.c.business_id == business_id, deliveries.c.delivery_id.in_(ids))
        tx.conn.execute(delete(deliveries).where(*mine, deliveries.c.state == literal_column("'delivered'")))
    return len(ids)


def forget_callers(tx: Tx, business_id: str, before: datetime, most: int) -> int:
    """Take the number from up to ``most`` old calls that made nobody a contact (answered, refused). How many."""
    query = (
        select(calls.c.call_id)
        .where(
            calls.c.business_id == business_id,
            calls.c.contact_id.is_(None),
            calls.c.caller.is_not(None),
            calls.c.state != literal_column("'pending'"),
            calls.c.heard_at < before,
        )
        .order_by(calls.c.heard_at)
        .limit(most)
    )
    ids = tx.conn.execute(query).scalars().all()
    if ids:
        mine = (calls.c.business_id == business_id, calls.c.call_id.in_(ids))
        tx.conn.execute(update(calls).where(*mine).values(**forgetting.NO_CALLER))
    return len(ids)
