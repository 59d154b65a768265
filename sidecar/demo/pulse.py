"""Is the sidecar at work, and when will it be next? Read from its database, as a person with a SQL prompt would."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from sidecar.store.tables import deliveries, steps, touches, watermarks

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from sqlalchemy import ColumnElement

    from sidecar.store.database import Tx


@dataclass(frozen=True, slots=True)
class Pulse:
    """What is under way now, and when the next thing is due."""

    busy: tuple[str, ...]
    """What is due or being done at this moment, in words; empty when it rests."""
    doubts: bool
    """Among them a touch that a provider is about to be asked about."""
    next_at: datetime | None


def take_pulse(tx: Tx, clock: Callable[[], datetime]) -> Pulse:
    """Steps and deliveries that are due, requests under way, doubts; and the earliest moment to come.

    ``clock`` is read once the transaction sees its snapshot, so that what was written a moment ago is in the past.
    """
    # A lease in database time says that the request may still be under way.
    in_flight = (touches.c.state == "sending") & (func.coalesce(touches.c.lease_until, 0.0) > tx.db_time())
    doubtful = touches.c.state.in_(("sending", "unknown")) & ~in_flight
    sending = _any(tx, in_flight)
    now = clock()
    told = {
        "a request is under way": sending,
        "a step is due": _any(tx, steps.c.state == "planned", steps.c.release_at <= now),
        "a provider is asked": _any(tx, doubtful, touches.c.ask_at <= now),
        "an alert or a note is due": _any(tx, deliveries.c.state == "due", deliveries.c.due_at <= now),
    }
    moments = [
        tx.conn.execute(question).scalar()
        for question in (
            select(func.min(steps.c.release_at)).where(steps.c.state == "planned", steps.c.release_at > now),
            select(func.min(deliveries.c.due_at)).where(deliveries.c.state == "due", deliveries.c.due_at > now),
            select(func.min(touches.c.ask_at)).where(doubtful, touches.c.ask_at > now),
        )
    ]
    busy = tuple(words for words, is_so in told.items() if is_so)
    return Pulse(busy, "a provider is asked" in busy, min(filter(None, moments), default=None))


def _any(tx: Tx, *which: ColumnElement[bool]) -> bool:
    return int(tx.conn.execute(select(func.count()).where(*which)).scalar_one()) > 0


def read_log_to(tx: Tx) -> datetime | None:
    """How far Twilio's log has been read."""
    moment: datetime | None = tx.conn.execute(select(func.min(watermarks.c.read_to))).scalar()
    return moment
