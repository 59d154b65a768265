"""Consents come on record and are taken back: each once, with what shows it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from sidecar.engine import facts, people
from sidecar.engine.results import NotFound
from sidecar.store import consents as rows
from sidecar.store import contacts

if TYPE_CHECKING:
    from sidecar.domain.compliance import Channel
    from sidecar.domain.consent import Consent
    from sidecar.engine.context import Turn

STOPPED = "opted out"
"""How we know of a withdrawal that a STOP was."""


@dataclass(frozen=True, slots=True)
class Given:
    """A consent and whose it is: somebody with this phone (E.164), this email, or both."""

    consent: Consent
    phone: str | None = None
    email: str | None = None


def whose(turn: Turn, given: Given) -> str:
    """The contact of a consent, made if there is none yet; what is new of their addresses is noted.

    A phone tells who it is. Somebody of whom only the email was known gets the phone that comes with it.
    """
    found = people.find_contact(turn, phone=given.phone) if given.phone else None
    if found is None and given.email:
        found = people.find_contact(turn, email=given.email)
        if found is not None and given.phone and facts.person(turn, found).phone is not None:
            found = None  # a mailbox that two people share
    if found is None:
        return people.contact_of(turn, phone=given.phone, email=given.email)
    if given.phone and given.email:
        for kind, address in (("phone", given.phone), ("email", given.email)):
            people.add_address(turn, found, kind, address)
    return found


def record_consent(turn: Turn, contact_id: str, consent: Consent, *, source: str, **refs: Any) -> tuple[str, bool]:
    """Put a consent on record, once: the same one again is the one that is there.

    One that was given before the person's last STOP was taken back by it, whenever we hear of it.

    Returns:
        Its id, and whether it is new.
    """
    facts.lock(turn, contact_id)
    business_id = turn.business.id
    for known in rows.of_contact(turn.tx, business_id, contact_id):
        if known == consent:
            if consent.withdrawn_at is not None and known.withdrawn_at is None:
                rows.withdraw(turn.tx, business_id, known.consent_id, consent.withdrawn_at, source)
            return known.consent_id, False
    withdrawal = source if consent.withdrawn_at is not None else ""
    stopped = contacts.last_stop(turn.tx, business_id, contact_id)
    if consent.withdrawn_at is None and stopped is not None and consent.given_at <= stopped:
        consent, withdrawal = replace(consent, withdrawn_at=stopped), STOPPED
    consent_id = rows.add(turn.tx, business_id, contact_id, consent, turn.now, withdrawal=withdrawal)
    kind = "consent.imported" if source == "import" else "consent.added"
    turn.record(
        kind, contact_id=contact_id, reason=consent.basis, consent_id=consent_id, source=source,
        purpose=consent.purpose, channels=sorted(consent.channels), **refs,
    )  # fmt: skip
    return consent_id, True


def record_withdrawal(
    turn: Turn,
    contact_id: str,
    *,
    consent_id: str | None,
    channels: frozenset[Channel] | None,
    evidence: str,
    source: str,
) -> list[str]:
    """Take consents back: one, or all that a person gave; on some channels, or on every one.

    What a consent allowed on other channels stays on record as it was given. Their next missed call is an inquiry
    of its own.

    Returns:
        Ids of those that were taken back now; empty where nothing was left to take back.

    Raises:
        NotFound: this person has no consent with that id.
    """
    facts.lock(turn, contact_id)
    found = rows.of_contact(turn.tx, turn.business.id, contact_id)
    if consent_id is not None:
        found = tuple(consent for consent in found if consent.consent_id == consent_id)
        if not found:
            message = f"this person has no consent {consent_id}"
            raise NotFound(message, field="consent_id", remedy="take the id from their list of consents")
    taken = []
    for consent in found:
        gone = consent.channels if channels is None else consent.channels & channels
        if consent.withdrawn_at is None and gone:
            _take_back(turn, contact_id, consent, gone, evidence, source)
            taken.append(consent.consent_id)
    return taken


def _take_back(
    turn: Turn, contact_id: str, consent: Consent, gone: frozenset[Channel], evidence: str, source: str
) -> None:
    rows.withdraw(turn.tx, turn.business.id, consent.consent_id, turn.now, evidence)
    turn.record(
        "consent.withdrawn", contact_id=contact_id, reason=consent.basis, consent_id=consent.consent_id,
        source=source, purpose=consent.purpose, channels=sorted(gone),
    )  # fmt: skip
    if left := consent.channels - gone:
        rows.add(turn.tx, turn.business.id, contact_id, replace(consent, channels=left), turn.now)
