"""A person is forgotten (UK GDPR and GDPR art. 17): closed first, then taken out of every table, in one transaction.

What must hold does: a STOP stays in force for every address that it was said for, as a keyed hash (HMAC-SHA-256 under
``RECOVERY_SECRET``), so that the next call from that number is recognised and nothing goes out; START lifts it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from sidecar.domain.phones import national_digits
from sidecar.domain.retention import last_moment
from sidecar.engine import facts, sequences, stopping
from sidecar.engine.context import Turn
from sidecar.store import consents, contacts, retention, touches
from sidecar.store import forgetting as store
from sidecar.store import sequences as rows

if TYPE_CHECKING:
    from datetime import datetime

    from sidecar.config.business import Business
    from sidecar.engine.context import Context
    from sidecar.engine.facts import Person
    from sidecar.store.contacts import AddressKind
    from sidecar.store.database import Tx

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

    def forget_quiet(self, business: Business, contact_id: str, before: datetime) -> bool:
        """Forget somebody with whom nothing happened since ``before`` (see ``engine.retention``); False: kept.

        It is asked again in the very transaction: they may have rung a moment ago.
        """

        def work(turn: Turn, force: bool) -> bool:  # noqa: FBT001 - what ``commit_stop`` calls
            contacts.lock(turn.tx, business.id, [contact_id])
            if not _is_over(turn, contact_id, before):
                return False
            _forget(turn, contact_id, force=force, reason="retention")
            return True

        def keeps(tx: Tx) -> bool:
            return not _is_over(Turn(self._context, tx, business), contact_id, before)

        if self._context.store.read(keeps):  # most whom a consent keeps: nobody else waits for the one writer
            return False
        return stopping.commit_stop(self._context, business, work)

    def stop_of(self, business: Business, kind: AddressKind, address: str) -> datetime | None:
        """When the STOP was said that holds for a number (E.164) or an email, also of somebody who was forgotten."""
        key = self._context.key_hash(business.id, kind, address)
        row = self._context.store.read(lambda tx: contacts.suppression_of(tx, business.id, [key]))
        return None if row is None else row["at"]


def _is_over(turn: Turn, contact_id: str, before: datetime) -> bool:
    """Whether nothing keeps a person any more: nothing happened, no consent stands, nothing is owed about them."""
    business = turn.business
    if not retention.is_quiet(turn.tx, business.id, contact_id, before):
        return False
    moment = last_moment([before], consents.of_contact(turn.tx, business.id, contact_id), business.preset, turn.now)
    if moment is None or moment > before:
        return False
    return not retention.is_owed(turn.tx, business.id, contact_id, _needles(facts.person(turn, contact_id)))


def _forget(turn: Turn, contact_id: str, *, force: bool, reason: str = "") -> dict[str, int]:
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
        turn.record("contact.forgotten", contact_id=contact_id, reason=reason, **figures)
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
