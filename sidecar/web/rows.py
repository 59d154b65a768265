"""Questions to the store that only the HTTP side has: whose id is this, was this key used, what is due."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select, update

from sidecar.store.statements import insert_or
from sidecar.store.tables import claims, deliveries, events, idempotency, sequences, steps, subscriptions, touches

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from sqlalchemy import Column, RowMapping

    from sidecar.store.database import Store, Tx

UNDER_WAY = 0
"""Status of an idempotency row whose request has not ended."""

DIED_AFTER = timedelta(minutes=1)
"""A request that has not ended by then never will: no transaction of ours takes so long."""

KEPT = timedelta(hours=48)
"""How long a request may be repeated under its key."""


def _owner(column: Column[str], business: Column[str], wanted: str, among: Sequence[str]) -> Callable[[Tx], str | None]:
    def unit(tx: Tx) -> str | None:
        found: str | None = tx.conn.execute(
            select(business).where(business.in_(among), column == wanted).limit(1)
        ).scalar()
        return found

    return unit


def owner_of_sequence(store: Store, sequence_id: str) -> Callable[[list[str]], str | None]:
    """Which of some businesses a sequence belongs to; each is one look into the primary key."""
    return lambda among: store.read(_owner(sequences.c.sequence_id, sequences.c.business_id, sequence_id, among))


def owner_of_claim(store: Store, claim_id: str) -> Callable[[list[str]], str | None]:
    """Which of some businesses a claim belongs to."""
    return lambda among: store.read(_owner(claims.c.claim_id, claims.c.business_id, claim_id, among))


def owner_of_letter(store: Store, provider_id: str) -> Callable[[list[str]], str | None]:
    """Which of some businesses sent a letter, by its Message-ID: as it was accepted, or by the touch named in it."""

    def owner(among: list[str]) -> str | None:
        found = store.read(_owner(touches.c.provider_id, touches.c.business_id, provider_id, among))
        touch_id = provider_id.strip("<>").partition("@")[0]
        return found or store.read(_owner(touches.c.touch_id, touches.c.business_id, touch_id, among))

    return owner


def owner_of_subscription(store: Store, subscription_id: str) -> Callable[[list[str]], str | None]:
    """Which of some businesses a subscription belongs to."""
    table = subscriptions.c
    return lambda among: store.read(_owner(table.subscription_id, table.business_id, subscription_id, among))


def owner_of_event(store: Store, event_id: str) -> Callable[[list[str]], str | None]:
    """Which of some businesses an event belongs to: one of the record, or a ``step.ready``, which is a delivery."""

    def owner(among: list[str]) -> str | None:
        found = store.read(_owner(events.c.event_id, events.c.business_id, event_id, among))
        return found or store.read(_owner(deliveries.c.delivery_id, deliveries.c.business_id, event_id, among))

    return owner


def take_event(tx: Tx, business_id: str, event_id: str, *, by: str, now: datetime) -> bool:
    """Note that a flow has taken an event; True for exactly one who asks, until :func:`forget_old_keys`."""
    query = insert_or(idempotency, is_sqlite=tx.is_sqlite).values(
        business_id=business_id, key=event_id, route=f"takeEvent {by}", fingerprint="", status=200, answer={}, at=now
    )
    return tx.conn.execute(query.on_conflict_do_nothing().returning(idempotency.c.key)).first() is not None


def begin_once(
    tx: Tx, business_id: str, key: str, *, route: str, fingerprint: str, now: datetime, take_over: bool
) -> RowMapping | None:
    """Note that a request with this key has begun; the earlier row instead, where there is one.

    With ``take_over`` an earlier one that has been under way for ``DIED_AFTER`` counts for nothing: its process died.
    """
    mine = (idempotency.c.business_id == business_id, idempotency.c.key == key, idempotency.c.route == route)
    row = tx.conn.execute(select(idempotency).where(*mine)).mappings().first()
    if row is None:
        tx.conn.execute(
            idempotency.insert().values(
                business_id=business_id,
                key=key,
                route=route,
                fingerprint=fingerprint,
                status=UNDER_WAY,
                answer={},
                at=now,
            )
        )
    elif take_over and row["status"] == UNDER_WAY and row["fingerprint"] == fingerprint:
        # Compare-and-set: of several repeats one takes it over.
        overdue = (idempotency.c.status == UNDER_WAY, idempotency.c.at <= now - DIED_AFTER)
        if tx.conn.execute(update(idempotency).where(*mine, *overdue).values(at=now)).rowcount == 1:
            return None
    return row


def end_once(tx: Tx, business_id: str, key: str, *, route: str, status: int, answer: dict[str, Any]) -> None:
    """Keep the answer for repeats."""
    tx.conn.execute(
        update(idempotency)
        .where(idempotency.c.business_id == business_id, idempotency.c.key == key, idempotency.c.route == route)
        .values(status=status, answer=answer)
    )


def forget_once(tx: Tx, business_id: str, key: str, route: str) -> None:
    """The request did nothing: its key may be used again."""
    tx.conn.execute(
        idempotency.delete().where(
            idempotency.c.business_id == business_id, idempotency.c.key == key, idempotency.c.route == route
        )
    )


def forget_old_keys(tx: Tx, now: datetime) -> int:
    """Drop what was kept for repeats and is not needed any more; returns how many rows."""
    return tx.conn.execute(idempotency.delete().where(idempotency.c.at < now - KEPT)).rowcount


def backlog(tx: Tx, now: datetime) -> dict[str, int]:
    """How many steps and deliveries are past their time, and how many deliveries were given up."""
    questions = {
        "steps_due": select(func.count())
        .select_from(steps)
        .where(steps.c.state == "planned", steps.c.release_at <= now),
        "deliveries_due": select(func.count())
        .select_from(deliveries)
        .where(deliveries.c.state == "due", deliveries.c.due_at <= now),
        "deliveries_dead": select(func.count()).select_from(deliveries).where(deliveries.c.state == "dead"),
    }
    return {name: int(tx.conn.execute(question).scalar_one()) for name, question in questions.items()}
