"""Sequences and their steps. The step row is the timer: what is due is what this module finds."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import RowMapping, bindparam, func, literal_column, or_, select, update

from sidecar.store import statements
from sidecar.store.statements import every, first
from sidecar.store.tables import contacts, sequences, steps

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sidecar.store.database import Tx

EVER = datetime(1, 1, 2, tzinfo=UTC)
"""Before everything."""

UNSETTLED = ("planned", "sending", "claimed", "unknown")

_OF_CONTACT = select(sequences).where(
    sequences.c.business_id == bindparam("business_id"), sequences.c.contact_id == bindparam("contact_id")
)
_OPEN_OF = _OF_CONTACT.where(sequences.c.state != literal_column("'closed'"))
_LATEST_OF = _OF_CONTACT.order_by(sequences.c.opened_at.desc(), sequences.c.sequence_id.desc()).limit(1)

_FREE = (
    steps.c.state == literal_column("'planned'"),
    or_(steps.c.taken_until.is_(None), steps.c.taken_until <= bindparam("clock")),
)
_DUE = (
    select(steps.c.business_id, steps.c.sequence_id, steps.c.name, steps.c.channel)
    .where(*_FREE, steps.c.release_at <= bindparam("now"))
    .order_by(or_(steps.c.ordinal > 0, steps.c.waited_for_window), steps.c.release_at, steps.c.sequence_id)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True)
)
_TAKE = update(steps).where(
    steps.c.business_id == bindparam("is_business_id"),
    steps.c.sequence_id == bindparam("is_sequence_id"),
    steps.c.name == bindparam("is_name"),
)
_NEXT_DUE = select(func.min(steps.c.release_at)).where(*_FREE, steps.c.release_at > bindparam("after"))


def get(tx: Tx, business_id: str, sequence_id: str) -> RowMapping | None:
    """The sequence's row."""
    return first(tx, sequences, business_id=business_id, sequence_id=sequence_id)


def open_of(tx: Tx, business_id: str, contact_id: str) -> RowMapping | None:
    """The contact's one open (or held) sequence."""
    return tx.conn.execute(_OPEN_OF, {"business_id": business_id, "contact_id": contact_id}).mappings().first()


def latest_of(tx: Tx, business_id: str, contact_id: str) -> RowMapping | None:
    """The contact's newest sequence, open or closed."""
    return tx.conn.execute(_LATEST_OF, {"business_id": business_id, "contact_id": contact_id}).mappings().first()


def by_reply_token(tx: Tx, business_id: str, token: str) -> RowMapping | None:
    """The sequence whose emails carry this token in their Reply-To."""
    return first(tx, sequences, business_id=business_id, reply_token=token)


def listing(
    tx: Tx,
    business_ids: Sequence[str],
    *,
    state: str | None = None,
    contact_id: str | None = None,
    before: str | None = None,
    limit: int = 50,
) -> Sequence[RowMapping]:
    """Sequences, newest first; ``before`` is the last id of the page before."""
    query = select(sequences).where(sequences.c.business_id.in_(business_ids))
    if state:
        query = query.where(sequences.c.state == state)
    if contact_id:
        query = query.where(sequences.c.contact_id == contact_id)
    if before:
        query = query.where(sequences.c.sequence_id < before)
    return tx.conn.execute(query.order_by(sequences.c.sequence_id.desc()).limit(limit)).mappings().all()


def known_to_crm(tx: Tx, business_id: str, since: datetime) -> Sequence[RowMapping]:
    """Sequences opened since then whose person the CRM knows, oldest first."""
    same = (contacts.c.business_id == sequences.c.business_id) & (contacts.c.contact_id == sequences.c.contact_id)
    query = select(sequences.c.sequence_id, sequences.c.opened_at, sequences.c.outcome, contacts.c.crm_id).join(
        contacts, same
    )
    query = query.where(
        sequences.c.business_id == business_id, sequences.c.opened_at >= since, contacts.c.crm_id.is_not(None)
    )
    return tx.conn.execute(query.order_by(sequences.c.opened_at)).mappings().all()


def add(tx: Tx, **values: Any) -> None:
    """A new sequence."""
    statements.add(tx, sequences, values)


def change(tx: Tx, business_id: str, sequence_id: str, **values: Any) -> None:
    """Set columns of a sequence."""
    statements.change(tx, sequences, {"business_id": business_id, "sequence_id": sequence_id}, values)


# --- steps --------------------------------------------------------------------------------------------------------


def add_steps(tx: Tx, rows: list[dict[str, Any]]) -> None:
    """The steps of a new sequence, or one that was added to it."""
    statements.add(tx, steps, rows)
    tx.due.extend(row["release_at"] for row in rows if row.get("release_at") is not None)


def steps_of(tx: Tx, business_id: str, sequence_id: str) -> Sequence[RowMapping]:
    """All steps of a sequence, in order."""
    return every(tx, steps, ("ordinal", "name"), business_id=business_id, sequence_id=sequence_id)


def step(tx: Tx, business_id: str, sequence_id: str, name: str, *, lock: bool = False) -> RowMapping | None:
    """One step's row."""
    return first(tx, steps, lock=lock, business_id=business_id, sequence_id=sequence_id, name=name)


def change_step(
    tx: Tx,
    business_id: str,
    sequence_id: str,
    name: str,
    *,
    was: tuple[str, ...] | None = None,
    **values: Any,
) -> bool:
    """Compare-and-set: change the step if its state is one of ``was``; True when it was."""
    keys = {"business_id": business_id, "sequence_id": sequence_id, "name": name}
    changed = statements.change(tx, steps, keys, values, was=was) == 1
    if changed and values.get("release_at") is not None:
        tx.due.append(values["release_at"])
    return changed


def take_due(tx: Tx, now: datetime, seconds: float, limit: int) -> Sequence[RowMapping]:
    """Take up to ``limit`` due steps for ourselves for ``seconds``: first texts first, then by time, then by call.

    On PostgreSQL other sidecars skip what we hold; if we die, the taking runs out and they go on.
    """
    clock = tx.db_time()
    due = tx.conn.execute(_DUE, {"now": now, "clock": clock, "most": limit}).mappings().all()
    if due:
        until = clock + seconds
        tx.conn.execute(
            _TAKE,
            [
                {"is_business_id": row["business_id"], "is_sequence_id": row["sequence_id"], "is_name": row["name"],
                 "taken_until": until}
                for row in due
            ],
        )  # fmt: skip
    return due


def next_due(tx: Tx, after: datetime = EVER) -> datetime | None:
    """When the next planned step that nobody holds is due; with ``after``, of those that are due later than that."""
    moment: datetime | None = tx.conn.execute(_NEXT_DUE, {"clock": tx.db_time(), "after": after}).scalar()
    return moment


def give_back_all(tx: Tx) -> None:
    """Forget who held what; only at the start of the one process that SQLite allows."""
    tx.conn.execute(update(steps).where(steps.c.taken_until.is_not(None)).values(taken_until=None))
