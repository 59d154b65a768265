"""Is the sidecar at work, and when will it be next? Read from its database, as a person with a SQL prompt would."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import func, or_, select

from sidecar.store.tables import deliveries, steps, touches

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Select

    from sidecar.store.database import Tx


@dataclass(frozen=True, slots=True)
class Pulse:
    """What is under way now, and when the next thing is due."""

    busy: tuple[str, ...]
    """What is due or being done at this moment, in words; empty when it rests."""
    doubts: bool
    """Among them a touch that a provider is about to be asked about."""
    next_at: datetime | None


def take_pulse(tx: Tx, now: datetime) -> Pulse:
    """Steps and deliveries that are due, requests under way, doubts; and the earliest moment to come."""
    # A lease in database time says that the request may still be under way.
    in_flight = (touches.c.state == "sending") & (func.coalesce(touches.c.lease_until, 0.0) > tx.db_time())
    doubtful = touches.c.state.in_(("sending", "unknown")) & ~in_flight
    questions: dict[str, Select[tuple[int]]] = {
        "a step is due": _count(steps.c.state == "planned", steps.c.release_at <= now),
        "a request is under way": _count(in_flight),
        "a provider is asked": _count(doubtful, touches.c.ask_at <= now),
        "an alert or a note is due": _count(deliveries.c.state == "due", deliveries.c.due_at <= now),
    }
    busy = tuple(words for words, question in questions.items() if tx.conn.execute(question).scalar_one())
    moments = [
        tx.conn.execute(question).scalar()
        for question in (
            select(func.min(steps.c.release_at)).where(steps.c.state == "planned", steps.c.release_at > now),
            select(func.min(deliveries.c.due_at)).where(deliveries.c.state == "due", deliveries.c.due_at > now),
            select(func.min(touches.c.ask_at)).where(or_(doubtful), touches.c.ask_at > now),
        )
    ]
    return Pulse(busy, "a provider is asked" in busy, min(filter(None, moments), default=None))


def _count(*which: object) -> Select[tuple[int]]:
    return select(func.count()).where(*which)  # type: ignore[arg-type]
