"""One sequence, or a person's whole history, as plain values in order: what happened, what was decided and why."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sidecar.store import contacts, record, touches
from sidecar.store import sequences as rows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import RowMapping

    from sidecar.store.database import Store, Tx

_SEQUENCE = (
    "business_id", "sequence_id", "contact_id", "playbook", "variant", "number", "call_id", "state", "reason",
    "held_reason", "outcome", "value_minor", "currency", "call_at", "opened_at", "closed_at", "replied_at",
    "first_touch_seconds", "flow_platform", "flow_execution",
)  # fmt: skip
_STEP = ("name", "channel", "kind", "state", "reason", "due_at", "release_at", "deadline_at", "settled_at", "attempt",
         "touch_id")  # fmt: skip
_TOUCH = ("touch_id", "step", "channel", "attempt", "state", "provider_id", "provider_state", "code", "body",
          "subject", "details", "intended_at", "sent_at")  # fmt: skip
_EVENT = ("event_id", "at", "type", "step", "reason", "call_id", "touch_id", "data")


def _shown(row: RowMapping, columns: Sequence[str]) -> dict[str, Any]:
    """JSON-ready: datetimes as ISO 8601 in UTC."""
    return {name: value.isoformat() if hasattr(value := row[name], "isoformat") else value for name in columns}


class Timeline:
    """Reads the store; writes nothing."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def sequence(self, business_id: str, sequence_id: str) -> dict[str, Any] | None:
        """The sequence with its steps, touches and events; ``None`` where the business has no such one."""
        return self._store.read(lambda tx: _sequence(tx, business_id, sequence_id))

    def listing(
        self,
        business_ids: Sequence[str],
        *,
        state: str | None = None,
        before: str | None = None,
        limit: int = 50,
    ) -> list[dict[str, Any]]:
        """Sequences of these businesses, newest first, a page at a time (``before`` is the last id seen)."""
        found = self._store.read(lambda tx: rows.listing(tx, business_ids, state=state, before=before, limit=limit))
        return [_shown(row, _SEQUENCE) for row in found]

    def person(self, business_id: str, phone: str) -> dict[str, Any] | None:
        """Everything on record about the person with this number (E.164), in order."""
        return self._store.read(lambda tx: _person(tx, business_id, phone))


def _sequence(tx: Tx, business_id: str, sequence_id: str) -> dict[str, Any] | None:
    row = rows.get(tx, business_id, sequence_id)
    if row is None:
        return None
    return {
        **_shown(row, _SEQUENCE),
        "steps": [_shown(step, _STEP) for step in rows.steps_of(tx, business_id, sequence_id)],
        "touches": [_shown(touch, _TOUCH) for touch in touches.of_sequence(tx, business_id, sequence_id)],
        "events": [_shown(event, _EVENT) for event in record.events_of(tx, business_id, sequence_id=sequence_id)],
    }


def _person(tx: Tx, business_id: str, phone: str) -> dict[str, Any] | None:
    contact_id = contacts.by_address(tx, business_id, "phone", phone)
    if contact_id is None:
        return None
    row = contacts.get(tx, business_id, contact_id)
    found = contacts.addresses_of(tx, business_id, contact_id)
    sequences = rows.listing(tx, [business_id], contact_id=contact_id, limit=1000)
    return {
        **_shown(
            row,
            (
                "contact_id",
                "first_name",
                "last_name",
                "crm_id",
                "deal_stage",
                "created_at",
                "last_call_at",
                "last_message_at",
            ),
        ),
        "suppressed": contacts.is_suppressed(tx, business_id, [address["key_hash"] for address in found]),
        "addresses": [_shown(address, ("kind", "address", "unreachable", "added_at")) for address in found],
        "consents": [
            {
                "basis": c.basis,
                "channels": sorted(c.channels),
                "purpose": c.purpose,
                "given_at": c.given_at.isoformat(),
                "expires_at": c.expires_at.isoformat() if c.expires_at else None,
                "evidence": c.evidence,
            }
            for c in contacts.consents_of(tx, business_id, contact_id)
        ],
        "sequences": [_sequence(tx, business_id, found["sequence_id"]) for found in reversed(sequences)],
        "messages": [
            _shown(message, ("message_id", "channel", "body", "intent", "at"))
            for message in record.messages_of(tx, business_id, contact_id)
        ],
        "events": [
            _shown(event, (*_EVENT, "sequence_id"))
            for event in record.events_of(tx, business_id, contact_id=contact_id)
        ],
    }
