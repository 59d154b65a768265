"""Contacts: people of a business, their addresses, suppressions, and the lease on a person."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, Literal

from sqlalchemy import Insert, RowMapping, bindparam, exists, func, or_, select, update

from sidecar.store import statements
from sidecar.store.ids import new_id
from sidecar.store.statements import every, first, insert_or
from sidecar.store.tables import addresses, contacts, suppressions

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from sidecar.store.database import Tx

AddressKind = Literal["phone", "email", "crm"]

_BY_ADDRESS = (
    select(addresses.c.contact_id)
    .where(
        addresses.c.business_id == bindparam("business_id"),
        addresses.c.kind == bindparam("kind"),
        addresses.c.address == bindparam("address"),
    )
    .order_by(addresses.c.added_at, addresses.c.contact_id)
)
_CONFLICT = ["business_id", "contact_id", "kind", "address"]


@cache
def _new_address(*, is_sqlite: bool) -> Insert:
    return insert_or(addresses, is_sqlite=is_sqlite).on_conflict_do_nothing(index_elements=_CONFLICT)


_SHARING = select(addresses.c.contact_id).where(
    addresses.c.business_id == bindparam("business_id"),
    addresses.c.key_hash.in_(bindparam("hashes", expanding=True)),
)
"""Not DISTINCT: with it SQLite passes the index by and reads every address of the business."""
_LAST_STOP = (
    select(func.max(suppressions.c.at))
    .join(
        addresses,
        (addresses.c.business_id == suppressions.c.business_id) & (addresses.c.key_hash == suppressions.c.key_hash),
    )
    .where(addresses.c.business_id == bindparam("business_id"), addresses.c.contact_id == bindparam("contact_id"))
)
_STOP_AGAIN = (
    update(suppressions)
    .where(
        suppressions.c.business_id == bindparam("is_business_id"),
        suppressions.c.key_hash == bindparam("is_key_hash"),
        suppressions.c.at < bindparam("later"),
    )
    .values(at=bindparam("later"))
)
_TAKE_LEASE = update(contacts).where(
    contacts.c.business_id == bindparam("is_business_id"),
    contacts.c.contact_id == bindparam("is_contact_id"),
    or_(contacts.c.lease_until.is_(None), contacts.c.lease_until <= bindparam("now")),
)
_SAID_TOGETHER = suppressions.alias("said_together")
_FORGOTTEN_WITH = select(_SAID_TOGETHER.c.key_hash).where(
    _SAID_TOGETHER.c.business_id == bindparam("business_id"),
    _SAID_TOGETHER.c.lifted_at.is_(None),
    _SAID_TOGETHER.c.contact_id.in_(
        select(suppressions.c.contact_id).where(
            suppressions.c.business_id == bindparam("business_id"),
            suppressions.c.key_hash.in_(bindparam("hashes", expanding=True)),
            suppressions.c.lifted_at.is_(None),
        )
    ),
    ~exists().where(
        addresses.c.business_id == _SAID_TOGETHER.c.business_id, addresses.c.contact_id == _SAID_TOGETHER.c.contact_id
    ),
)
"""Hashes of a STOP whose person has no address any more: they were forgotten."""
_SUPPRESSED = (
    select(suppressions.c.key_hash)
    .where(
        suppressions.c.business_id == bindparam("business_id"),
        suppressions.c.key_hash.in_(bindparam("hashes", expanding=True)),
        suppressions.c.lifted_at.is_(None),
    )
    .limit(1)
)


def by_address(tx: Tx, business_id: str, kind: AddressKind, address: str) -> str | None:
    """The contact that has this address, if one has; the first to have it, where several share a mailbox."""
    wanted = {"business_id": business_id, "kind": kind, "address": address}
    found = tx.conn.execute(_BY_ADDRESS, wanted).scalar()
    return None if found is None else str(found)


def sharing_mailbox(tx: Tx, business_id: str, email: str) -> list[str]:
    """Every contact that has this email (in small letters), the first to have it first."""
    wanted = {"business_id": business_id, "kind": "email", "address": email}
    return list(tx.conn.execute(_BY_ADDRESS, wanted).scalars())


def create(tx: Tx, business_id: str, at: datetime) -> str:
    """A new contact without any address."""
    contact_id = new_id("con", at)
    statements.add(tx, contacts, {"business_id": business_id, "contact_id": contact_id, "created_at": at})
    return contact_id


def add_address(
    tx: Tx, business_id: str, contact_id: str, kind: AddressKind, address: str, key_hash: str, at: datetime
) -> None:
    """Give a contact an address. A mailbox or a CRM record may be shared; a phone is one contact's.

    Raises:
        IntegrityError: somebody else has this phone (PostgreSQL: another process made them; ``Store.write`` repeats).
    """
    values = {
        "business_id": business_id, "kind": kind, "address": address, "contact_id": contact_id, "key_hash": key_hash,
        "added_at": at,
    }  # fmt: skip
    tx.conn.execute(_new_address(is_sqlite=tx.is_sqlite), values)


def get(tx: Tx, business_id: str, contact_id: str, *, lock: bool = False) -> RowMapping:
    """The contact's row; with ``lock`` nobody else changes this person until the transaction ends."""
    row = first(tx, contacts, lock=lock, business_id=business_id, contact_id=contact_id)
    assert row is not None  # noqa: S101 - a contact is never deleted; its id comes from our own rows
    return row


def change(tx: Tx, business_id: str, contact_id: str, **values: Any) -> None:
    """Set columns of a contact."""
    statements.change(tx, contacts, {"business_id": business_id, "contact_id": contact_id}, values)


def addresses_of(tx: Tx, business_id: str, contact_id: str) -> Sequence[RowMapping]:
    """All of a contact's addresses, oldest first."""
    return every(tx, addresses, ("added_at",), business_id=business_id, contact_id=contact_id)


def mark_unreachable(tx: Tx, business_id: str, address: str, reason: str) -> None:
    """Remember that an address takes no such touch (``landline``, ``invalid``)."""
    statements.change(tx, addresses, {"business_id": business_id, "address": address}, {"unreachable": reason})


def sharing(tx: Tx, business_id: str, hashes: Iterable[str]) -> list[str]:
    """Every contact that has one of these addresses, in one order for all (so that locks never cross)."""
    found = tx.conn.execute(_SHARING, {"business_id": business_id, "hashes": list(hashes)}).scalars()
    return sorted(set(found))


# --- the lease on a person: who may have a request to them under way ---------------------------------------------


def take_lease(tx: Tx, business_id: str, contact_id: str, owner: str, seconds: float) -> bool:
    """Compare-and-set: True when the person was free and is now ours for ``seconds`` of database time."""
    now = tx.db_time()
    values = {"lease_owner": owner, "lease_until": now + seconds}
    wanted = {"is_business_id": business_id, "is_contact_id": contact_id, "now": now}
    return tx.conn.execute(_TAKE_LEASE, {**wanted, **values}).rowcount == 1


def free_lease(tx: Tx, business_id: str, contact_id: str, owner: str) -> None:
    """Give the person back, if the lease is still ours."""
    keys = {"business_id": business_id, "contact_id": contact_id, "lease_owner": owner}
    statements.change(tx, contacts, keys, {"lease_owner": None, "lease_until": None})


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
    """STOP for every ``(kind, key_hash)``; True when at least one was not suppressed before.

    Said again, it counts from the later word: what was agreed to or lifted before that is over.
    """
    new = False
    for kind, key_hash in keys:
        values = {"contact_id": contact_id, "source": source, "at": at, "lifted_at": None}
        done = tx.conn.execute(
            insert_or(suppressions, is_sqlite=tx.is_sqlite)
            .values(business_id=business_id, key_hash=key_hash, kind=kind, **values)
            .on_conflict_do_update(
                index_elements=["business_id", "key_hash"],
                set_=values,
                where=suppressions.c.lifted_at.is_not(None),
            )
            .returning(suppressions.c.key_hash)  # an INSERT's row count is not to be had on PostgreSQL
        )
        if done.first() is not None:
            new = True
        else:
            tx.conn.execute(_STOP_AGAIN, {"is_business_id": business_id, "is_key_hash": key_hash, "later": at})
    return new


def lift(tx: Tx, business_id: str, hashes: Iterable[str], at: datetime) -> bool:
    """START; True when something was suppressed.

    Who was forgotten said STOP for all their addresses, and START lifts it for all: nobody knows any more which of
    them are whose, but that they belong together.
    """
    hashes = [*hashes]
    hashes += tx.conn.execute(_FORGOTTEN_WITH, {"business_id": business_id, "hashes": hashes}).scalars()
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


def lifted_since(tx: Tx, business_id: str, hashes: Iterable[str], since: datetime) -> bool:
    """Whether one of these keys said START since then."""
    query = select(suppressions.c.key_hash).where(
        suppressions.c.business_id == business_id,
        suppressions.c.key_hash.in_(list(hashes)),
        suppressions.c.lifted_at >= since,
    )
    return tx.conn.execute(query.limit(1)).first() is not None


def suppressed_since(tx: Tx, business_id: str, hashes: Iterable[str], since: datetime) -> bool:
    """Whether one of these keys said STOP since then, and that still holds."""
    query = select(suppressions.c.key_hash).where(
        suppressions.c.business_id == business_id,
        suppressions.c.key_hash.in_(list(hashes)),
        suppressions.c.lifted_at.is_(None),
        suppressions.c.at > since,
    )
    return tx.conn.execute(query.limit(1)).first() is not None


def suppression_of(tx: Tx, business_id: str, hashes: Iterable[str]) -> RowMapping | None:
    """The latest STOP of these keys that still holds: where it came from (``source``), and when (``at``)."""
    query = select(suppressions.c.source, suppressions.c.at).where(
        suppressions.c.business_id == business_id,
        suppressions.c.key_hash.in_(list(hashes)),
        suppressions.c.lifted_at.is_(None),
    )
    return tx.conn.execute(query.order_by(suppressions.c.at.desc()).limit(1)).mappings().first()


def is_suppressed(tx: Tx, business_id: str, hashes: Iterable[str]) -> bool:
    """Whether any of these keys said STOP."""
    wanted = {"business_id": business_id, "hashes": list(hashes)}
    return tx.conn.execute(_SUPPRESSED, wanted).first() is not None


def last_stop(tx: Tx, business_id: str, contact_id: str) -> datetime | None:
    """When this person last said STOP, by any of their addresses and whether it still holds or not."""
    wanted = {"business_id": business_id, "contact_id": contact_id}
    at: datetime | None = tx.conn.execute(_LAST_STOP, wanted).scalar()
    return at
