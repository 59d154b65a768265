"""A person is forgotten (UK GDPR and GDPR art. 17): closed first, then taken out of every table, in one transaction.

What must hold does: a STOP stays in force for every address that it was said for, as a keyed hash (HMAC-SHA-256 under
``RECOVERY_SECRET``), so that the next call from that number is recognised and nothing goes out; START lifts it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from sidecar.domain.phones import national_digits
from sidecar.engine import facts, sequences, stopping
from sidecar.store import contacts, touches
from sidecar.store import forgetting as store
from sidecar.store import sequences as rows

if TYPE_CHECKING:
    from datetime import datetime

    from sidecar.config.business import Business
    from sidecar.engine.context import Context, Turn
    from sidecar.engine.facts import Person

_SHORTEST_NAME = 3
"""A shorter one is found in too many other words."""


class Forgetting:
    """Forgets people; each method returns after its commit."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def forget(self, business: Business, contact_id: str) -> dict[str, int]:
        """Close what is open, then remove what is personal; waits up to 2 s for a request under way.

        Returns:
            How many calls, touches, messages and sequences were made anonymous.
        """
        return stopping.commit_stop(self._context, business, lambda turn, force: _forget(turn, contact_id, force=force))

    def stop_of(self, business: Business, phone: str) -> datetime | None:
        """When the STOP was said that holds for a number (E.164), also of somebody who was forgotten."""
        key = self._context.key_hash(business.id, "phone", phone)
        row = self._context.store.read(lambda tx: contacts.suppression_of(tx, business.id, [key]))
        return None if row is None else row["at"]


def _forget(turn: Turn, contact_id: str, *, force: bool) -> dict[str, int]:
    business_id = turn.business.id
    contacts.lock(turn.tx, business_id, [contact_id])
    if not force and touches.any_leased(turn.tx, business_id, [contact_id]):
        raise stopping.Leased([contact_id])
    contacts.unbar(turn.tx, business_id, [contact_id])
    sequence = rows.open_of(turn.tx, business_id, contact_id)
    if sequence is not None:
        sequences.close_sequence(turn, sequence, "forgotten")
    who = facts.person(turn, contact_id)
    counted = store.erase(turn.tx, business_id, contact_id, _needles(who), turn.now)
    if who.addresses:  # forgotten again, there is nothing to tell
        figures: dict[str, Any] = dict(counted)
        turn.record("contact.forgotten", contact_id=contact_id, **figures)
    return counted


def _needles(who: Person) -> list[str]:
    """What gives them away in free text, in small letters."""
    names = [name for name in (who.row["first_name"], who.row["last_name"]) if name and len(name) >= _SHORTEST_NAME]
    for row in who.addresses:
        if row["kind"] == "phone":
            names.append(national_digits(row["address"]))
        elif row["kind"] == "email":
            names += [row["address"], quote(row["address"], safe="")]
    return [name.lower() for name in names]
