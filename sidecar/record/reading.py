"""Questions to the store that only the record has: what belongs to a story although its rows do not say so."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import RowMapping, or_, select

from sidecar.store.tables import (
    addresses,
    calls,
    contacts,
    deliveries,
    events,
    messages,
    metadata,
    sequences,
    suppressions,
    touches,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from sidecar.store.database import Tx


def calls_of(tx: Tx, business_id: str, contact_id: str, *, sequence_id: str | None = None) -> Sequence[RowMapping]:
    """The calls of a person (or those of one of their sequences: the one that opened it, and folded ones), in order."""
    query = select(calls).where(calls.c.business_id == business_id, calls.c.contact_id == contact_id)
    if sequence_id is not None:
        query = query.where(calls.c.sequence_id == sequence_id)
    return tx.conn.execute(query.order_by(calls.c.heard_at, calls.c.call_id)).mappings().all()


def messages_of(tx: Tx, business_id: str, contact_id: str, *, sequence_id: str | None = None) -> Sequence[RowMapping]:
    """What a person wrote to us (or what they wrote in one of their sequences), in order."""
    query = select(messages).where(messages.c.business_id == business_id, messages.c.contact_id == contact_id)
    if sequence_id is not None:
        query = query.where(messages.c.sequence_id == sequence_id)
    return tx.conn.execute(query.order_by(messages.c.at, messages.c.message_id)).mappings().all()


def sequences_of(tx: Tx, business_id: str, contact_id: str) -> Sequence[RowMapping]:
    """Every sequence of a person, oldest first."""
    query = select(sequences).where(sequences.c.business_id == business_id, sequences.c.contact_id == contact_id)
    return tx.conn.execute(query.order_by(sequences.c.opened_at, sequences.c.sequence_id)).mappings().all()


def touches_of(tx: Tx, business_id: str, contact_id: str, sequence_id: str) -> Sequence[RowMapping]:
    """The touches of one of a person's sequences, in order.

    Touches have an index on the person and the time, none on the sequence: asked for in any other order, SQLite
    would read all of the business's.
    """
    query = select(touches).where(
        touches.c.business_id == business_id, touches.c.contact_id == contact_id, touches.c.sequence_id == sequence_id
    )
    return tx.conn.execute(query.order_by(touches.c.intended_at)).mappings().all()


def events_of_calls(tx: Tx, business_id: str, of: Iterable[RowMapping]) -> list[RowMapping]:
    """Events of these calls, the first of which was written before anybody knew whose call it was.

    Events have no index on the call. Their ids begin with their time, and all of a call's lie between the
    first report and the verdict: a short stretch of the primary key.
    """
    found: list[RowMapping] = []
    for call in of:
        moments = [call["heard_at"], call["judged_at"] or call["heard_at"]]
        query = select(events).where(
            events.c.business_id == business_id,
            events.c.event_id >= _first_id(min(moments)),
            events.c.event_id < _first_id(max(moments), after=1),
            events.c.call_id == call["call_id"],
        )
        found += tx.conn.execute(query).mappings().all()
    return found


def events_between(
    tx: Tx, business_id: str, contact_id: str, begin: datetime, end: datetime | None
) -> Sequence[RowMapping]:
    """Events of a person that belong to no sequence and no call (STOP, START, consent), from begin to end."""
    query = select(events).where(
        events.c.business_id == business_id,
        events.c.contact_id == contact_id,
        events.c.event_id >= _first_id(begin),
        events.c.sequence_id.is_(None),
        events.c.call_id.is_(None),
    )
    if end is not None:
        query = query.where(events.c.event_id < _first_id(end, after=1))
    return tx.conn.execute(query).mappings().all()


def events_of_person(tx: Tx, business_id: str, contact_id: str, sequence_ids: Iterable[str]) -> list[RowMapping]:
    """Events of a person and of their sequences: a delivery that died names the sequence only."""
    found: list[RowMapping] = []
    subjects = [events.c.contact_id == contact_id, *(events.c.sequence_id == each for each in sequence_ids)]
    for about in subjects:  # one question with an OR would read all of the business's events
        query = select(events).where(events.c.business_id == business_id, about).order_by(events.c.event_id)
        found += tx.conn.execute(query).mappings().all()
    return found


def deliveries_of_person(
    tx: Tx, business_id: str, contact_id: str, sequence_ids: Iterable[str], call_ids: Iterable[str]
) -> Sequence[RowMapping]:
    """What was owed to others about a person, in order; asked seldom and by hand, it reads all that is kept."""
    payload = deliveries.c.payload
    about = or_(
        deliveries.c.sequence_id.in_(list(sequence_ids)),
        payload["contact_id"].as_string() == contact_id,
        payload["call_id"].as_string().in_(list(call_ids)),
    )
    query = select(deliveries).where(deliveries.c.business_id == business_id, about)
    return tx.conn.execute(query.order_by(deliveries.c.created_at, deliveries.c.delivery_id)).mappings().all()


def kept_of(tx: Tx, table_name: str, business_id: str, contact_id: str) -> Sequence[RowMapping]:
    """The rows of a table that are about a person."""
    table = metadata.tables[table_name]
    query = select(table).where(table.c.business_id == business_id, table.c.contact_id == contact_id)
    return tx.conn.execute(query).mappings().all()


def in_order(found: Iterable[RowMapping]) -> list[RowMapping]:
    """Each event once, as they were written."""
    return [row for _, row in sorted({row["event_id"]: row for row in found}.items())]


def contact(tx: Tx, business_id: str, contact_id: str) -> RowMapping | None:
    """One person, if the business has such a one."""
    query = select(contacts).where(contacts.c.business_id == business_id, contacts.c.contact_id == contact_id)
    return tx.conn.execute(query).mappings().first()


def newest_contacts(tx: Tx, business_ids: Sequence[str], limit: int) -> Sequence[RowMapping]:
    """People of these businesses, the newest first."""
    query = select(contacts).where(contacts.c.business_id.in_(business_ids))
    return tx.conn.execute(query.order_by(contacts.c.contact_id.desc()).limit(limit)).mappings().all()


def addresses_of(tx: Tx, business_ids: Sequence[str], contact_ids: Sequence[str]) -> Sequence[RowMapping]:
    """The addresses of these people, oldest first."""
    query = select(addresses).where(addresses.c.business_id.in_(business_ids), addresses.c.contact_id.in_(contact_ids))
    return tx.conn.execute(query.order_by(addresses.c.added_at)).mappings().all()


def suppressed_among(tx: Tx, business_ids: Sequence[str], hashes: Sequence[str]) -> set[tuple[str, str]]:
    """``(business_id, key_hash)`` of those of these addresses that said STOP."""
    query = select(suppressions.c.business_id, suppressions.c.key_hash).where(
        suppressions.c.business_id.in_(business_ids),
        suppressions.c.key_hash.in_(hashes),
        suppressions.c.lifted_at.is_(None),
    )
    return {(row.business_id, row.key_hash) for row in tx.conn.execute(query)}


def unclosed_of(tx: Tx, business_ids: Sequence[str], contact_ids: Sequence[str]) -> dict[tuple[str, str], str]:
    """State of the one sequence that is under way, by ``(business_id, contact_id)``."""
    query = select(sequences.c.business_id, sequences.c.contact_id, sequences.c.state).where(
        sequences.c.business_id.in_(business_ids),
        sequences.c.contact_id.in_(contact_ids),
        sequences.c.state != "closed",
    )
    return {(row.business_id, row.contact_id): row.state for row in tx.conn.execute(query)}


def _first_id(at: datetime, *, after: int = 0) -> str:
    """The smallest id of an event that was written in that millisecond, or ``after`` milliseconds later."""
    return f"evt_{int(at.timestamp() * 1000) + after:012x}"
