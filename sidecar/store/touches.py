"""Touches: what was really sent, or may have been; and the senders' pace and health."""

from __future__ import annotations

from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, Insert, RowMapping, Select, bindparam, func, literal_column, select, update

from sidecar.store import statements
from sidecar.store.statements import every, first, insert_or, one_of
from sidecar.store.tables import claims, senders, steps, touches

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sidecar.store.database import Tx

HAPPENED = touches.c.state.not_in([literal_column("'failed'"), literal_column("'withdrawn'")])
"""The touch went out, or may have."""
_ANSWERS_THEM = (
    select(steps.c.name)
    .where(
        steps.c.business_id == touches.c.business_id,
        steps.c.sequence_id == touches.c.sequence_id,
        steps.c.name == touches.c.step,
        one_of(steps.c.kind, ("answer", "ai_answer", "help", "confirmation")),
    )
    .exists()
)
"""They wrote, and this is what they got for it."""


def _count(*where: ColumnElement[bool]) -> Select[int]:
    return select(func.count()).select_from(touches).where(touches.c.business_id == bindparam("business_id"), *where)


_COUNT_SINCE = _count(
    touches.c.contact_id == bindparam("contact_id"),
    touches.c.intended_at > bindparam("since"),
    touches.c.channel != literal_column("'staff'"),
    HAPPENED,
)

_LAST_TO = (
    select(touches)
    .where(
        touches.c.business_id == bindparam("business_id"),
        touches.c.contact_id == bindparam("contact_id"),
        touches.c.intended_at <= bindparam("until"),
        touches.c.channel != literal_column("'staff'"),
        HAPPENED,
    )
    .order_by(touches.c.intended_at.desc(), touches.c.touch_id.desc())
    .limit(1)
)


@cache
def _count_in_sequence(channels: tuple[str, ...]) -> Select[int]:
    # The person is named for the sake of the index: there is none by sequence.
    return _count(
        touches.c.contact_id == bindparam("contact_id"),
        touches.c.sequence_id == bindparam("sequence_id"),
        one_of(touches.c.channel, channels),
        HAPPENED,
        ~_ANSWERS_THEM,
    )


_IN_DOUBT = (
    select(touches)
    .where(
        one_of(touches.c.state, ("sending", "unknown")),
        touches.c.ask_at <= bindparam("now"),
        func.coalesce(touches.c.lease_until, 0.0) <= bindparam("clock"),
        ~select(claims.c.claim_id)
        .where(claims.c.business_id == touches.c.business_id, claims.c.touch_id == touches.c.touch_id)
        .exists(),
    )
    .order_by(touches.c.ask_at)
    .limit(bindparam("most"))
)
_CLAIMS_RUN_OUT = (
    select(claims)
    .where(claims.c.state == literal_column("'granted'"), claims.c.expires_at <= bindparam("now"))
    .limit(bindparam("most"))
)


@cache
def _new_sender(*, is_sqlite: bool) -> Insert:
    return insert_or(senders, is_sqlite=is_sqlite).on_conflict_do_nothing()


_WELL_AGAIN = (
    update(senders)
    .where(
        senders.c.business_id == bindparam("is_business_id"),
        senders.c.sender == bindparam("is_sender"),
        senders.c.failures > 0,
    )
    .values(failures=0, circuit_open_until=None)
)


def add(tx: Tx, **values: Any) -> None:
    """An intent: the touch exists before its request does."""
    statements.add(tx, touches, values)


def get(tx: Tx, business_id: str, touch_id: str) -> RowMapping | None:
    """One touch."""
    return first(tx, touches, business_id=business_id, touch_id=touch_id)


def by_provider_id(tx: Tx, business_id: str, provider_id: str) -> RowMapping | None:
    """The touch that the provider knows by this id."""
    return first(tx, touches, business_id=business_id, provider_id=provider_id)


def change(tx: Tx, business_id: str, touch_id: str, *, was: tuple[str, ...] | None = None, **values: Any) -> bool:
    """Compare-and-set: change the touch if its state is one of ``was``; True when it was."""
    return statements.change(tx, touches, {"business_id": business_id, "touch_id": touch_id}, values, was=was) == 1


def of_sequence(tx: Tx, business_id: str, sequence_id: str) -> Sequence[RowMapping]:
    """Every touch of a sequence, in order."""
    return every(tx, touches, ("touch_id",), business_id=business_id, sequence_id=sequence_id)


def of_contacts_under_way(tx: Tx, business_id: str, contact_ids: Sequence[str]) -> Sequence[RowMapping]:
    """Requests to these people that have no result yet, and voice calls that may still ring."""
    return (
        tx.conn.execute(
            select(touches).where(
                touches.c.business_id == business_id,
                touches.c.contact_id.in_(contact_ids),
                touches.c.state.in_(("sending", "unknown"))
                | ((touches.c.channel == "voice") & (touches.c.state == "sent") & (touches.c.provider_state == "")),
            )
        )
        .mappings()
        .all()
    )


def any_leased(tx: Tx, business_id: str, contact_ids: Sequence[str]) -> bool:
    """Whether a request to one of these people may be under way, ours or that of a flow with a claim."""
    return (
        tx.conn.execute(
            select(touches.c.touch_id)
            .where(
                touches.c.business_id == business_id,
                touches.c.contact_id.in_(contact_ids),
                touches.c.state == "sending",
                touches.c.lease_until > tx.db_time(),
            )
            .limit(1)
        ).first()
        is not None
    )


def count_since(tx: Tx, business_id: str, contact_id: str, since: datetime) -> int:
    """Touches that went, or may have gone, to a person since then; staff tasks are not touches of the person."""
    wanted = {"business_id": business_id, "contact_id": contact_id, "since": since}
    return int(tx.conn.execute(_COUNT_SINCE, wanted).scalar_one())


def last_to(tx: Tx, business_id: str, contact_id: str, *, until: datetime) -> RowMapping | None:
    """The last touch that went, or may have gone, to a person by then."""
    wanted = {"business_id": business_id, "contact_id": contact_id, "until": until}
    return tx.conn.execute(_LAST_TO, wanted).mappings().first()


def count_in_sequence(tx: Tx, business_id: str, sequence: RowMapping, channels: tuple[str, ...]) -> int:
    """Follow-ups by these channels that a sequence has sent, or may have sent; what answers a message is none."""
    wanted = {
        "business_id": business_id,
        "sequence_id": sequence["sequence_id"],
        "contact_id": sequence["contact_id"],
    }
    return int(tx.conn.execute(_count_in_sequence(channels), wanted).scalar_one())


def in_doubt(tx: Tx, now: datetime, limit: int) -> Sequence[RowMapping]:
    """Touches whose fate is not known and whose sender can no longer be at work, due to be asked about.

    Not those that a flow claimed: it sends them in its own way, which no provider can be asked about by our id.
    """
    wanted = {"now": now, "clock": tx.db_time(), "most": limit}
    return tx.conn.execute(_IN_DOUBT, wanted).mappings().all()


def give_back_all(tx: Tx) -> None:
    """Nobody is sending any more, so doubts need not wait for leases to run out; a flow's claim goes on.

    Only at the start of the one process that SQLite allows.
    """
    claimed = select(claims.c.touch_id).where(claims.c.state == "granted")
    tx.conn.execute(
        update(touches)
        .where(touches.c.state == "sending", touches.c.lease_until.is_not(None), touches.c.touch_id.not_in(claimed))
        .values(lease_until=None)
    )


# --- senders ------------------------------------------------------------------------------------------------------


def sender(tx: Tx, business_id: str, name: str) -> RowMapping:
    """The sender's row, made when first asked for, and locked: two touches never take one slot."""
    row = first(tx, senders, lock=True, business_id=business_id, sender=name)
    if row is None:
        tx.conn.execute(_new_sender(is_sqlite=tx.is_sqlite), {"business_id": business_id, "sender": name})
        row = first(tx, senders, lock=True, business_id=business_id, sender=name)
    assert row is not None  # noqa: S101 - made just now, if it was not there
    return row


def change_sender(tx: Tx, business_id: str, name: str, **values: Any) -> None:
    """Set columns of a sender."""
    statements.change(tx, senders, {"business_id": business_id, "sender": name}, values)


def hold(tx: Tx, business_id: str, name: str, code: str) -> None:
    """Send nothing more from this sender, or in these words, until a person releases it."""
    sender(tx, business_id, name)
    change_sender(tx, business_id, name, held=code)


def held_words(tx: Tx, business_id: str, name: str) -> str:
    """Why these words are held; empty where they are not."""
    row = statements.first(tx, senders, business_id=business_id, sender=name)
    return "" if row is None else str(row["held"])


def held(tx: Tx, business_id: str) -> Sequence[RowMapping]:
    """Everything of a business that is held: senders by their address, words by ``words:…``."""
    query = select(senders.c.sender, senders.c.held).where(senders.c.business_id == business_id, senders.c.held != "")
    return tx.conn.execute(query.order_by(senders.c.sender)).mappings().all()


def release(tx: Tx, business_id: str, name: str) -> bool:
    """A person has seen to it; True when it was held."""
    released = tx.conn.execute(
        update(senders)
        .where(senders.c.business_id == business_id, senders.c.sender == name, senders.c.held != "")
        .values(held="")
    )
    return released.rowcount == 1


CIRCUIT_AFTER = 3
"""Faults in a row after which a sender rests."""
CIRCUIT_REST = (timedelta(seconds=5), timedelta(seconds=15), timedelta(seconds=30), timedelta(seconds=60))


def note_fault(tx: Tx, business_id: str, name: str, now: datetime) -> None:
    """Count a fault of the provider; open the circuit when there were several in a row."""
    failures = int(sender(tx, business_id, name)["failures"]) + 1
    beyond = failures - CIRCUIT_AFTER
    until = None if beyond < 0 else now + CIRCUIT_REST[min(beyond, len(CIRCUIT_REST) - 1)]
    change_sender(tx, business_id, name, failures=failures, circuit_open_until=until)


def note_success(tx: Tx, business_id: str, name: str) -> None:
    """The provider answered: close the circuit."""
    tx.conn.execute(_WELL_AGAIN, {"is_business_id": business_id, "is_sender": name})


# --- claims -------------------------------------------------------------------------------------------------------


def add_claim(tx: Tx, **values: Any) -> None:
    """A flow's permission to send one step by itself."""
    statements.add(tx, claims, values)


def claim(tx: Tx, business_id: str, claim_id: str) -> RowMapping | None:
    """One claim."""
    return first(tx, claims, business_id=business_id, claim_id=claim_id)


def change_claim(tx: Tx, business_id: str, claim_id: str, *, was: str, state: str) -> bool:
    """Compare-and-set of a claim's state."""
    keys = {"business_id": business_id, "claim_id": claim_id}
    return statements.change(tx, claims, keys, {"state": state}, was=(was,)) == 1


def claims_run_out(tx: Tx, now: datetime, limit: int = 100) -> Sequence[RowMapping]:
    """Granted claims that nobody reported on in time."""
    return tx.conn.execute(_CLAIMS_RUN_OUT, {"now": now, "most": limit}).mappings().all()
