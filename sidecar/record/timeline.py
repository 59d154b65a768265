"""One sequence, or a person's whole history, as plain values in order: what happened, what was decided and why."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sidecar.domain.consent import ends_at, standing
from sidecar.domain.phones import mask
from sidecar.record import reading
from sidecar.store import consents, contacts, record
from sidecar.store import sequences as rows

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from sqlalchemy import RowMapping

    from sidecar.config.business import Business
    from sidecar.domain.consent import Consent
    from sidecar.store.database import Store, Tx

_SEQUENCE = (
    "business_id", "sequence_id", "contact_id", "playbook", "variant", "number", "call_id", "state", "reason",
    "held_reason", "outcome", "value_minor", "currency", "call_at", "opened_at", "closed_at", "replied_at",
    "first_touch_seconds", "flow_platform", "flow_execution",
)  # fmt: skip
_STEP = ("sequence_id", "name", "channel", "kind", "state", "reason", "due_at", "release_at", "deadline_at",
         "settled_at", "attempt", "touch_id")  # fmt: skip
_TOUCH = ("touch_id", "step", "channel", "attempt", "state", "sender", "provider_id", "provider_state", "code", "body",
          "subject", "details", "intended_at", "sent_at")  # fmt: skip
_EVENT = ("event_id", "at", "type", "sequence_id", "step", "reason", "call_id", "touch_id", "data")
_CALL = ("call_id", "provider", "number", "sequence_id", "state", "reason", "decision", "forwarded_from",
         "ring_seconds", "started_at", "ended_at", "heard_at", "judged_at", "recovered")  # fmt: skip
_MESSAGE = ("message_id", "sequence_id", "channel", "body", "intent", "at")
_DELIVERY = ("delivery_id", "kind", "target", "payload", "state", "sequence_id", "step", "created_at", "due_at",
             "settled_at", "attempts", "last_error")  # fmt: skip
_CONTACT = ("business_id", "contact_id", "first_name", "last_name", "crm_id", "deal_stage", "created_at",
            "last_call_at", "last_message_at")  # fmt: skip
_ADDRESS = ("kind", "address", "unreachable", "added_at")


def _shown(row: RowMapping, columns: Sequence[str]) -> dict[str, Any]:
    """JSON-ready: datetimes as ISO 8601 in UTC."""
    return {name: value.isoformat() if hasattr(value := row[name], "isoformat") else value for name in columns}


def _all(found: Iterable[RowMapping], columns: Sequence[str]) -> list[dict[str, Any]]:
    return [_shown(row, columns) for row in found]


class Timeline:
    """Reads the store; writes nothing."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def sequence(self, business_id: str, sequence_id: str) -> dict[str, Any] | None:
        """The sequence with its steps, touches, calls, messages and events; ``None`` where the business has none such.

        Its events are those that name it, those of its calls, and what the person did meanwhile that belongs
        to no sequence (a STOP).
        """
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
        return _all(found, _SEQUENCE)

    def people(self, business_ids: Sequence[str], *, limit: int = 50) -> list[dict[str, Any]]:
        """People of these businesses, newest first: masked numbers, whether they opted out, what is under way."""
        return self._store.read(lambda tx: _people(tx, business_ids, limit))

    def contact_with(self, business_id: str, phone: str | None = None, *, email: str | None = None) -> str | None:
        """The id of the person with this number (E.164) or this email."""
        if phone is None:
            return self._store.read(lambda tx: contacts.by_address(tx, business_id, "email", (email or "").lower()))
        return self._store.read(lambda tx: contacts.by_address(tx, business_id, "phone", phone))

    def contacts_with_email(self, business_id: str, email: str) -> list[str]:
        """The ids of all who have this email: a mailbox may be shared."""
        return self._store.read(lambda tx: contacts.sharing_mailbox(tx, business_id, email.strip().lower()))

    def consents(self, business: Business, contact_id: str, now: datetime) -> list[dict[str, Any]]:
        """Every consent of a person, newest first, with what has become of it by now and when it ends.

        ``ends_at`` is when the last of its channels ends, by its own date or by the business's preset.
        """
        found = self._store.read(lambda tx: consents.of_contact(tx, business.id, contact_id))
        return [_consent(one) | _fate(one, business, now) for one in found]

    def person(self, business_id: str, contact_id: str) -> dict[str, Any] | None:
        """Everything on record about a person, in order; ``None`` where the business has none such."""
        return self._store.read(lambda tx: _person(tx, business_id, contact_id))

    def owed(self, business_id: str, person: dict[str, Any]) -> list[dict[str, Any]]:
        """What was owed to others about a person (as :meth:`person` gives them): the CRM, staff, flows."""
        sequence_ids = [each["sequence_id"] for each in person["sequences"]]
        call_ids = [each["call_id"] for each in person["calls"]]
        return self._store.read(
            lambda tx: _all(
                reading.deliveries_of_person(tx, business_id, person["contact_id"], sequence_ids, call_ids), _DELIVERY
            )
        )

    def export(self, business_id: str, person: dict[str, Any]) -> dict[str, Any]:
        """All that is kept about a person (UK GDPR and GDPR art. 15), ready for JSON."""
        contact_id = person["contact_id"]
        kept = self._store.read(lambda tx: {
            name: [_shown(row, tuple(row.keys())) for row in reading.kept_of(tx, name, business_id, contact_id)]
            for name in ("questions", "suppressions")
        })  # fmt: skip
        return {**person, **kept, "deliveries": self.owed(business_id, person)}


def _parts(tx: Tx, row: RowMapping) -> dict[str, Any]:
    business_id, sequence_id = row["business_id"], row["sequence_id"]
    return {
        **_shown(row, _SEQUENCE),
        "steps": _all(rows.steps_of(tx, business_id, sequence_id), _STEP),
        "touches": _all(reading.touches_of(tx, business_id, row["contact_id"], sequence_id), _TOUCH),
    }


def _sequence(tx: Tx, business_id: str, sequence_id: str) -> dict[str, Any] | None:
    row = rows.get(tx, business_id, sequence_id)
    if row is None:
        return None
    contact_id = row["contact_id"]
    its_calls = reading.calls_of(tx, business_id, contact_id, sequence_id=sequence_id)
    its_messages = reading.messages_of(tx, business_id, contact_id, sequence_id=sequence_id)
    events = [
        *record.events_of(tx, business_id, sequence_id=sequence_id),
        *reading.events_of_calls(tx, business_id, its_calls),
        *reading.events_between(tx, business_id, contact_id, row["opened_at"], row["closed_at"]),
    ]
    return {
        **_parts(tx, row),
        "contact": _whom(tx, business_id, contact_id),
        "calls": _all(its_calls, _CALL),
        "messages": _all(its_messages, _MESSAGE),
        "events": _all(reading.in_order(events), _EVENT),
    }


def _whom(tx: Tx, business_id: str, contact_id: str) -> dict[str, Any]:
    """Who it is about, with the number masked."""
    row = contacts.get(tx, business_id, contact_id)
    found = contacts.addresses_of(tx, business_id, contact_id)
    return {
        **{name: row[name] for name in ("contact_id", "first_name", "last_name")},
        "phone": _masked_phone(found),
        "suppressed": contacts.is_suppressed(tx, business_id, [address["key_hash"] for address in found]),
    }


def _masked_phone(found: Iterable[RowMapping]) -> str | None:
    phones = [address["address"] for address in found if address["kind"] == "phone"]
    return mask(phones[-1]) if phones else None


def _people(tx: Tx, business_ids: Sequence[str], limit: int) -> list[dict[str, Any]]:
    found = reading.newest_contacts(tx, business_ids, limit)
    ids = [row["contact_id"] for row in found]
    known = reading.addresses_of(tx, business_ids, ids)
    stopped = reading.suppressed_among(tx, business_ids, [address["key_hash"] for address in known])
    under_way = reading.unclosed_of(tx, business_ids, ids)
    people = []
    for row in found:
        key = (row["business_id"], row["contact_id"])
        own = [address for address in known if (address["business_id"], address["contact_id"]) == key]
        people.append({
            **_shown(row, _CONTACT),
            "phone": _masked_phone(own),
            "suppressed": any((address["business_id"], address["key_hash"]) in stopped for address in own),
            "under_way": under_way.get(key),
        })  # fmt: skip
    return people


def _person(tx: Tx, business_id: str, contact_id: str) -> dict[str, Any] | None:
    row = reading.contact(tx, business_id, contact_id)
    if row is None:
        return None
    found = contacts.addresses_of(tx, business_id, contact_id)
    sequences = reading.sequences_of(tx, business_id, contact_id)
    their_calls = reading.calls_of(tx, business_id, contact_id)
    events = [
        *reading.events_of_person(tx, business_id, contact_id, [each["sequence_id"] for each in sequences]),
        *reading.events_of_calls(tx, business_id, their_calls),
    ]
    return {
        **_shown(row, _CONTACT),
        "suppressed": contacts.is_suppressed(tx, business_id, [address["key_hash"] for address in found]),
        "addresses": _all(found, _ADDRESS),
        "consents": [_consent(one) for one in consents.of_contact(tx, business_id, contact_id)],
        "sequences": [_parts(tx, each) for each in sequences],
        "calls": _all(their_calls, _CALL),
        "messages": _all(reading.messages_of(tx, business_id, contact_id), _MESSAGE),
        "events": _all(reading.in_order(events), _EVENT),
    }


def _consent(consent: Consent) -> dict[str, Any]:
    return {
        "consent_id": consent.consent_id,
        "basis": consent.basis,
        "channels": sorted(consent.channels),
        "purpose": consent.purpose,
        "given_at": consent.given_at.isoformat(),
        "expires_at": consent.expires_at.isoformat() if consent.expires_at else None,
        "withdrawn_at": consent.withdrawn_at.isoformat() if consent.withdrawn_at else None,
        "evidence": consent.evidence,
    }


def _fate(consent: Consent, business: Business, now: datetime) -> dict[str, Any]:
    ends = [ends_at(consent, channel, business.preset) for channel in consent.channels]
    last = None if None in ends else max(end for end in ends if end is not None)
    return {"standing": standing(consent, business.preset, now), "ends_at": last.isoformat() if last else None}
