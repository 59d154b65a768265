"""What every part of the engine stands on: the store, the clock, the businesses, and one secret.

:class:`Turn` is one transaction's work for one business: it knows ``now``, it
writes the record, and it notes what is owed to others.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Protocol

from sidecar.channels.staff import destinations
from sidecar.domain.windows import first_open
from sidecar.engine import facts
from sidecar.store import record
from sidecar.store.ids import new_id

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from sqlalchemy import RowMapping

    from sidecar.clock import Clock
    from sidecar.config.business import Business
    from sidecar.store.contacts import AddressKind
    from sidecar.store.database import Store, Tx

PUBLISHED = frozenset(
    {
        "call.missed", "sequence.opened", "sequence.closed", "sequence.held", "sequence.resumed",
        "sequence.exhausted", "step.ready", "touch.sent", "touch.failed", "touch.unknown", "touch.delivered",
        "touch.undelivered", "reply.received", "outcome.recorded", "suppression.added", "suppression.lifted",
        "consent.added", "consent.refused", "consent.withdrawn",
    }
)  # fmt: skip
"""Events that a flow or another system may subscribe to; the others are for the record only."""

EVENT_LIFE = timedelta(hours=24)
"""An event that nobody took within this becomes a dead letter."""

AT_ONCE = frozenset({"reply", "unclear", "complained", "booked", "transferred"})
"""Alerts about somebody who waits for a person; every other alert waits for the staff's hours."""

SELDOM = timedelta(hours=1)
"""Staff hear of one and the same trouble no oftener than this."""

FOLDED_SELDOM = timedelta(minutes=10)
"""Staff hear no oftener than this that somebody rings again and again."""

MOST_IN_ONE = 50
"""How many people one alert about doubtful sends names at most; the record has them all."""


class Roster(Protocol):
    """The businesses of this process."""

    def get(self, business_id: str) -> Business | None:
        """The business with that id."""
        ...

    def __iter__(self) -> Iterator[Business]:
        """All of them."""
        ...


@dataclass(frozen=True, slots=True)
class Context:
    """The engine's ground; made once, by ``app.build``."""

    store: Store
    clock: Clock
    businesses: Roster
    secret: str = field(repr=False)
    public_url: str

    def key_hash(self, business_id: str, kind: AddressKind, value: str) -> str:
        """Keyed hash of an address: proves that somebody said STOP without keeping who."""
        text = f"{business_id}\0{kind}\0{value.strip().lower()}"
        return hmac.new(self.secret.encode(), text.encode(), hashlib.sha256).hexdigest()

    def sign(self, *parts: str) -> str:
        """A short unforgeable mark for links that people and vendors carry back to us (128 bits)."""
        return hmac.new(self.secret.encode(), "\0".join(parts).encode(), hashlib.sha256).hexdigest()[:32]

    def unsubscribe_url(self, business_id: str, contact_id: str) -> str:
        """The one-click link of a contact (RFC 8058)."""
        mark = self.sign("unsubscribe", business_id, contact_id)
        return f"{self.public_url}/u/{business_id}.{contact_id}.{mark}"

    def read_unsubscribe(self, token: str) -> tuple[str, str] | None:
        """``(business_id, contact_id)`` of a genuine token, else ``None``."""
        parts = token.split(".")
        if len(parts) != 3:  # noqa: PLR2004
            return None
        business_id, contact_id, mark = parts
        genuine = self.sign("unsubscribe", business_id, contact_id)
        return (business_id, contact_id) if hmac.compare_digest(genuine.encode(), mark.encode()) else None


class Turn:
    """One transaction's work for one business."""

    __slots__ = ("_listeners", "business", "context", "now", "tx")

    def __init__(self, context: Context, tx: Tx, business: Business) -> None:
        self.context = context
        self.tx = tx
        self.business = business
        self.now: datetime = context.clock.now()
        self._listeners: list[tuple[str, frozenset[str]]] | None = None

    def record(
        self,
        kind: str,
        *,
        contact_id: str | None = None,
        sequence_id: str | None = None,
        step: str | None = None,
        call_id: str | None = None,
        touch_id: str | None = None,
        message_id: str | None = None,
        reason: str = "",
        at: datetime | None = None,
        **data: Any,
    ) -> str:
        """Write one line of the record, and owe it to whoever subscribed to it.

        ``data`` must hold ids and figures, never texts, names or numbers: a person can be forgotten, the record not.
        """
        event_id = new_id("evt", self.now)
        data = {name: value for name, value in data.items() if value is not None}
        if message_id is not None:
            data["message_id"] = message_id
        record.add_event(
            self.tx,
            business_id=self.business.id,
            event_id=event_id,
            at=at or self.now,
            type=kind,
            contact_id=contact_id,
            sequence_id=sequence_id,
            step=step,
            call_id=call_id,
            touch_id=touch_id,
            reason=reason[:128],
            data=data or None,
        )
        if kind in PUBLISHED:
            for subscription_id in self.listeners(kind):
                self.owe("event", subscription_id, {"event_id": event_id}, sequence_id=sequence_id, life=EVENT_LIFE)
        return event_id

    def listeners(self, kind: str) -> list[str]:
        """Subscriptions that want this type of event."""
        if self._listeners is None:
            rows = record.subscriptions_of(self.tx, self.business.id)
            self._listeners = [(row["subscription_id"], frozenset(row["events"])) for row in rows]
        return [found for found, wanted in self._listeners if kind in wanted or "*" in wanted]

    def owe(
        self,
        kind: str,
        target: str,
        payload: dict[str, Any],
        *,
        due_at: datetime | None = None,
        dormant: bool = False,
        life: timedelta | None = None,
        sequence_id: str | None = None,
        step: str | None = None,
        execution_id: str | None = None,
        topic: str | None = None,
    ) -> str:
        """Note that something is owed to somebody who is not the caller; ``deliveries`` brings it."""
        delivery_id = new_id("dlv", self.now)
        due = None if dormant else (due_at or self.now)
        record.add_delivery(
            self.tx,
            business_id=self.business.id,
            delivery_id=delivery_id,
            kind=kind,
            target=target,
            payload=payload,
            sequence_id=sequence_id,
            step=step,
            execution_id=execution_id,
            topic=topic,
            created_at=self.now,
            due_at=due,
            expires_at=None if life is None else (due or self.now) + life,
        )
        return delivery_id

    def alert(self, about: str, *, topic: str = "", seldom: timedelta = SELDOM, **refs: str | None) -> None:
        """Owe the business's staff an alert; its words are composed when it is brought.

        What repeats itself is told seldom: rings again of one sequence, one trouble of one business (``topic``,
        else its reason) no oftener than ``seldom``, and doubtful sends, whose people are collected into one alert.
        """
        due = self._staff_listen(about)
        key, span = _topic(about, topic, refs, seldom)
        if key is not None:
            before = record.on_topic(self.tx, self.business.id, key)
            told_until = max(((row["settled_at"] or row["created_at"]) + span for row in before), default=self.now)
            if about == "in_doubt":
                if self._told_together(before, refs):
                    return
                due = max(due, told_until)
            elif told_until > self.now or any(row["state"] == "due" and not row["attempts"] for row in before):
                return
        for place in destinations(self.business):
            payload = {"about": about, "member": place.member, "medium": place.medium, **refs}
            target = f"{place.medium}:{place.member}"
            sequence_id = refs.get("sequence_id")
            self.owe("staff", target, payload, due_at=due, sequence_id=sequence_id, life=EVENT_LIFE, topic=key)

    def _staff_listen(self, about: str) -> datetime:
        """When staff are to be told: now where a person waits, else in their hours."""
        if about in AT_ONCE:
            return self.now
        return first_open(facts.windows(self.business, "staff", None), self.now) or self.now

    def _told_together(self, before: Sequence[RowMapping], refs: Mapping[str, str | None]) -> bool:
        """Add a person to the alerts that are yet to be brought; False where there are none."""
        waiting = [row for row in before if row["state"] == "due" and row["due_at"] > self.now and not row["attempts"]]
        for row in waiting:
            also = [*row["payload"].get("also", ()), refs.get("touch_id")]
            payload = {**row["payload"], "also": also[:MOST_IN_ONE]}
            record.change_delivery(self.tx, self.business.id, row["delivery_id"], payload=payload)
        return bool(waiting)


def _topic(about: str, topic: str, refs: Mapping[str, str | None], seldom: timedelta) -> tuple[str | None, timedelta]:
    """What an alert is one more of, and how long it is then left out; ``None``: each is told."""
    if refs.get("reason") in ("folded", "held"):
        return f"again:{refs.get('sequence_id')}", FOLDED_SELDOM
    if not topic and about not in ("operator", "flow_failed", "in_doubt"):
        return None, seldom
    said = hashlib.sha256((topic or refs.get("reason") or "").encode()).hexdigest()[:16]
    return f"{about}:{said}", seldom
