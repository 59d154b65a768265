"""Contacts: people of a business, their addresses, consents, suppressions, and the lease on a person."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from sqlalchemy import RowMapping, and_, or_, select, update
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from sidecar.domain.consent import Consent
from sidecar.store.ids import new_id
from sidecar.store.tables import addresses, consents, contacts, suppressions

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from sidecar.store.database import Tx

AddressKind = Literal["phone", "email", "crm"]


def by_address(tx: Tx, business_id: str, kind: AddressKind, address: str) -> str | None:
    """The contact that has this address, if one has; the first to have it, where several share a mailbox."""
    found = tx.conn.execute(
        select(addresses.c.contact_id)
        .where(addresses.c.business_id == business_id, addresses.c.kind == kind, addresses.c.address == address)
        .order_by(addresses.c.added_at, addresses.c.contact_id)
    ).scalar()
    return None if found is None else str(found)


def create(tx: Tx, business_id: str, at: datetime) -> str:
    """A new contact without any address."""
    contact_id = new_id("con", at)
    tx.conn.execute(contacts.insert().values(business_id=business_id, contact_id=contact_id, created_at=at))
    return contact_id


def add_address(
    tx: Tx, business_id: str, contact_id: str, kind: AddressKind, address: str, key_hash: str, at: datetime
) -> None:
    """Give a contact an address. A mailbox or a CRM record may be shared; a phone is one contact's.

    Raises:
        IntegrityError: somebody else has this phone (PostgreSQL: another process made them; ``Store.write`` repeats).
    """
    insert = sqlite_insert if tx.is_sqlite else pg_insert
    tx.conn.execute(
        insert(addresses)
        .values(
            business_id=business_id,
            kind=kind,
            address=address,
            contact_id=contact_id,
            key_hash=key_hash,
            added_at=at,
        )
        .on_conflict_do_nothing(index_elements=["business_id", "contact_id", "kind", "address"])
    )


def get(tx: Tx, business_id: str, contact_id: str, *, lock: bool = False) -> RowMapping:
    """The contact's row; with ``lock`` nobody else changes this person until the transaction ends."""
    query = select(contacts).where(contacts.c.business_id == business_id, contacts.c.contact_id == contact_id)
    if lock:
        query = query.with_for_update()
    return tx.conn.execute(query).mappings().one()


def change(tx: Tx, business_id: str, contact_id: str, **values: Any) -> None:
    """Set columns of a contact."""
    tx.conn.execute(
        update(contacts)
        .where(contacts.c.business_id == business_id, contacts.c.contact_id == contact_id)
        .values(**values)
    )


def addresses_of(tx: Tx, business_id: str, contact_id: str) -> Sequence[RowMapping]:
    """All of a contact's addresses, oldest first."""
    return (
        tx.conn.execute(
            select(addresses)
            .where(addresses.c.business_id == business_id, addresses.c.contact_id == contact_id)
            .order_by(addresses.c.added_at)
        )
        .mappings()
        .all()
    )


def mark_unreachable(tx: Tx, business_id: str, address: str, reason: str) -> None:
    """Remember that an address takes no such touch (``landline``, ``invalid``)."""
    tx.conn.execute(
        update(addresses)
        .where(addresses.c.business_id == business_id, addresses.c.address == address)
        .values(unreachable=reason)
    )


def sharing(tx: Tx, business_id: str, hashes: Iterable[str]) -> list[str]:
    """Every contact that has one of these addresses, in one order for all (so that locks never cross)."""
    found = tx.conn.execute(
        select(addresses.c.contact_id)
        .where(addresses.c.business_id == business_id, addresses.c.key_hash.in_(list(hashes)))
        .distinct()
    ).scalars()
    return sorted(found)


# --- the lease on a person: who may have a request to them under way ---------------------------------------------


def take_lease(tx: Tx, business_id: str, contact_id: str, owner: str, seconds: float) -> bool:
    """Compare-and-set: True when the person was free and is now ours for ``seconds`` of database time."""
    now = tx.db_time()
    taken = tx.conn.execute(
        update(contacts)
        .where(
            contacts.c.business_id == business_id,
            contacts.c.contact_id == contact_id,
            or_(contacts.c.lease_until.is_(None), contacts.c.lease_until <= now),
        )
        .values(lease_owner=owner, lease_until=now + seconds)
    )
    return taken.rowcount == 1


def free_lease(tx: Tx, business_id: str, contact_id: str, owner: str) -> None:
    """Give the person back, if the lease is still ours."""
    tx.conn.execute(
        update(contacts)
        .where(
            contacts.c.business_id == business_id,
            contacts.c.contact_id == contact_id,
            contacts.c.lease_owner == owner,
        )
        .values(lease_owner=None, lease_until=None)
    )


_BAR = "stop"
"""Owner of the lease that a waiting STOP holds, so that nobody else can take one."""


def bar(tx: Tx, business_id: str, contact_ids: Sequence[str], seconds: float) -> None:
    """Let no further request to these people be leased; whoever has one goes on, under its touch's own lease."""
    tx.conn.execute(
        update(contacts)
        .where(contacts.c.business_id == business_id, contacts.c.contact_id.in_(contact_ids))
        .values(lease_owner=_BAR, lease_until=tx.db_time() + seconds)
    )


def unbar(tx: Tx, business_id: str, contact_ids: Sequence[str]) -> None:
    """The STOP commits: what may still be sent (its confirmation) need not wait."""
    tx.conn.execute(
        update(contacts)
        .where(
            contacts.c.business_id == business_id,
            contacts.c.contact_id.in_(contact_ids),
            contacts.c.lease_owner == _BAR,
        )
        .values(lease_owner=None, lease_until=None)
    )


def lock(tx: Tx, business_id: str, contact_ids: Sequence[str]) -> None:
    """Lock these people's rows until the transaction ends, in one order for all: no request to them can begin."""
    tx.conn.execute(
        select(contacts.c.contact_id)
        .where(contacts.c.business_id == business_id, contacts.c.contact_id.in_(contact_ids))
        .order_by(contacts.c.contact_id)
        .with_for_update()
    ).all()


# --- suppression --------------------------------------------------------------------------------------------------


def suppress(
    tx: Tx,
    business_id: str,
    contact_id: str | None,
    keys: Iterable[tuple[str, str]],
    source: str,
    at: datetime,
) -> bool:
    """STOP for every ``(kind, key_hash)``; True when at least one was not suppressed before."""
    insert = sqlite_insert if tx.is_sqlite else pg_insert
    new = False
    for kind, key_hash in keys:
        values = {"contact_id": contact_id, "source": source, "at": at, "lifted_at": None}
        done = tx.conn.execute(
            insert(suppressions)
            .values(business_id=business_id, key_hash=key_hash, kind=kind, **values)
            .on_conflict_do_update(
                index_elements=["business_id", "key_hash"],
                set_=values,
                where=suppressions.c.lifted_at.is_not(None),
            )
        )
        new = new or done.rowcount > 0
    return new


def lift(tx: Tx, business_id: str, hashes: Iterable[str], at: datetime) -> bool:
    """START; True when something was suppressed."""
    done = tx.conn.execute(
        update(suppressions)
        .where(
            suppressions.c.business_id == business_id,
            suppressions.c.key_hash.in_(list(hashes)),
            suppressions.c.lifted_at.is_(None),
        )
        .values(lifted_at=at)
    )
    return done.rowcount > 0


def is_suppressed(tx: Tx, business_id: str, hashes: Iterable[str]) -> bool:
    """Whether any of these keys said STOP."""
    return (
        tx.conn.execute(
            select(suppressions.c.key_hash)
            .where(
                suppressions.c.business_id == business_id,
                suppressions.c.key_hash.in_(list(hashes)),
                suppressions.c.lifted_at.is_(None),
            )
            .limit(1)
        ).first()
        is not None
    )


# --- consent ------------------------------------------------------------------------------------------------------


def add_consent(tx: Tx, business_id: str, contact_id: str, consent: Consent, at: datetime) -> str:
    """Put a consent on record."""
    consent_id = new_id("cns", at)
    tx.conn.execute(
        consents.insert().values(
            business_id=business_id,
            consent_id=consent_id,
            contact_id=contact_id,
            basis=consent.basis,
            channels=sorted(consent.channels),
            purpose=consent.purpose,
            given_at=consent.given_at,
            expires_at=consent.expires_at,
            evidence=consent.evidence,
        )
    )
    return consent_id


def consents_of(tx: Tx, business_id: str, contact_id: str) -> tuple[Consent, ...]:
    """Every consent on record, newest first."""
    rows = tx.conn.execute(
        select(consents)
        .where(and_(consents.c.business_id == business_id, consents.c.contact_id == contact_id))
        .order_by(consents.c.given_at.desc())
    ).mappings()
    return tuple(
        Consent(
            basis=row["basis"],
            channels=frozenset(row["channels"]),
            purpose=row["purpose"],
            given_at=row["given_at"],
            expires_at=row["expires_at"],
            evidence=row["evidence"],
        )
        for row in rows
    )
