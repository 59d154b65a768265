"""A person taken out of every table: what was theirs goes, what was counted stays.

Ids, times, states, codes and amounts stay, so that figures and the order of events hold. A STOP stays as the keyed
hash that it always was; the opaque id of the person beside it says which hashes belong together.
"""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, RowMapping, String, Table, cast, delete, or_, select, update

from sidecar.store.tables import (
    addresses,
    calls,
    consents,
    contacts,
    deliveries,
    events,
    idempotency,
    messages,
    questions,
    sequences,
    steps,
    suppressions,
    touches,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from sidecar.store.database import Tx

_CODE = re.compile(r"[a-z0-9_:.\-/]*")
"""A reason of ours or a vendor's; anything else is somebody's words."""
NO_CALLER = {"caller": None, "caller_name": None, "forwarded_from": None, "flow": None}
"""A call of which nobody knows any more who made it."""
_TRANSPORT = ("staff", "voice.stop", "crm.touch", "crm.opt_out", "crm.opt_in", "crm.exhausted")
"""Deliveries that are of use only with the person in it."""


def erase(tx: Tx, business_id: str, contact_id: str, needles: Sequence[str], now: datetime) -> dict[str, int]:
    """Take a person out of every table of one business; run again, it finds nothing more to do.

    Args:
        tx: the one transaction of it.
        business_id: whose person it is.
        contact_id: who.
        needles: what gives them away where others wrote freely: names, digits of numbers, emails; in small letters.
        now: when it is done.

    Returns:
        How many calls, texts and calls of ours, messages of theirs, and sequences were made anonymous.
    """
    mine = _Mine(tx, business_id, contact_id)
    theirs = mine.calls()
    call_ids = mine.call_ids(theirs)
    counted = {
        "calls": tx.conn.execute(
            update(calls).where(calls.c.business_id == business_id, theirs).values(**NO_CALLER)
        ).rowcount,
        "touches": mine.change(touches, address="", subject="", body="", details=None, provider_id=None, ask_at=None),
        "messages": len(mine.rows(messages)),
        "sequences": len(mine.rows(sequences)),
    }
    renamed = _messages(mine)
    _sequences(mine, needles, now)
    _events(mine, needles, call_ids, renamed)
    _deliveries(mine, needles, call_ids)
    _answers(mine, needles)
    for table in (addresses, consents, questions):
        tx.conn.execute(delete(table).where(table.c.business_id == business_id, table.c.contact_id == contact_id))
    tx.conn.execute(
        delete(suppressions).where(
            suppressions.c.business_id == business_id,
            suppressions.c.contact_id == contact_id,
            suppressions.c.lifted_at.is_not(None),
        )
    )
    mine.change(
        contacts, first_name=None, last_name=None, crm_id=None, deal_stage=None, enriched_at=None, forgotten_at=now
    )
    return counted


def about(tx: Tx, business_id: str, contact_id: str, needles: Sequence[str]) -> Callable[[RowMapping], bool]:
    """What tells whether a delivery is about a person: what :func:`erase` would remove or change."""
    mine = _Mine(tx, business_id, contact_id)
    ids = mine.ids(mine.call_ids(mine.calls()))
    return lambda row: _theirs(row, ids) or _told(row, needles)


class _Mine:
    """The rows of one person."""

    def __init__(self, tx: Tx, business_id: str, contact_id: str) -> None:
        self.tx, self.business_id, self.contact_id = tx, business_id, contact_id
        self.sequence_ids = [row["sequence_id"] for row in self.rows(sequences)]
        self.touch_ids = {row["touch_id"] for row in self.rows(touches)}

    def rows(self, table: Table) -> Sequence[RowMapping]:
        query = select(table).where(table.c.business_id == self.business_id, table.c.contact_id == self.contact_id)
        return self.tx.conn.execute(query).mappings().all()

    def calls(self) -> ColumnElement[bool]:
        """Those of the person, and those from their numbers that are nobody's."""
        phones = [row["address"] for row in self.rows(addresses) if row["kind"] == "phone"]
        return or_(calls.c.contact_id == self.contact_id, calls.c.caller.in_(phones))

    def call_ids(self, theirs: ColumnElement[bool]) -> set[str]:
        query = select(calls.c.call_id).where(calls.c.business_id == self.business_id, theirs)
        return set(self.tx.conn.execute(query).scalars())

    def ids(self, call_ids: set[str]) -> set[str]:
        """Everything by which a delivery may name the person."""
        return {self.contact_id, *self.sequence_ids, *self.touch_ids, *call_ids}

    def change(self, table: Table, **values: Any) -> int:
        mine = (table.c.business_id == self.business_id, table.c.contact_id == self.contact_id)
        return self.tx.conn.execute(update(table).where(*mine).values(**values)).rowcount


def _messages(mine: _Mine) -> dict[str, str]:
    """Take the words away. A mail's own id names its sender's machine: it becomes one of ours; returns which."""
    renamed = {}
    for row in mine.rows(messages):
        if row["channel"] == "email" and not row["message_id"].startswith("fgt_"):
            renamed[row["message_id"]] = f"fgt_{secrets.token_hex(12)}"
        mine.tx.conn.execute(
            update(messages)
            .where(messages.c.business_id == mine.business_id, messages.c.message_id == row["message_id"])
            .values(message_id=renamed.get(row["message_id"], row["message_id"]), body="", sender="", recipient="")
        )
    return renamed


def _sequences(mine: _Mine, needles: Sequence[str], now: datetime) -> None:
    for sequence in mine.rows(sequences):
        here = (sequences.c.business_id == mine.business_id, sequences.c.sequence_id == sequence["sequence_id"])
        values = {name: _code(sequence[name], needles) for name in ("reason", "held_reason")}
        mine.tx.conn.execute(update(sequences).where(*here).values(reply_token=secrets.token_hex(10), **values))
    own = (steps.c.business_id == mine.business_id, steps.c.sequence_id.in_(mine.sequence_ids))
    mine.tx.conn.execute(update(steps).where(*own).values(body=None))
    left = {"state": "cancelled", "reason": "forgotten", "settled_at": now, "release_at": None}
    mine.tx.conn.execute(update(steps).where(*own, steps.c.state == "planned").values(**left))
    mine.tx.conn.execute(update(steps).where(*own, steps.c.settled_at.is_(None)).values(settled_at=now))
    for step in mine.tx.conn.execute(select(steps).where(*own)).mappings().all():
        reason = _code(step["reason"], needles)
        if reason != step["reason"]:
            here = (steps.c.sequence_id == step["sequence_id"], steps.c.name == step["name"])
            mine.tx.conn.execute(update(steps).where(*own, *here).values(reason=reason))


def _events(mine: _Mine, needles: Sequence[str], call_ids: set[str], renamed: Mapping[str, str]) -> None:
    """The record keeps its ids and figures; what somebody wrote into a reason goes."""
    about = or_(
        events.c.contact_id == mine.contact_id,
        events.c.sequence_id.in_(mine.sequence_ids),
        events.c.call_id.in_(call_ids),
        *(cast(events.c[name], String).ilike(f"%{needle}%") for name in ("reason", "data") for needle in needles),
    )
    query = select(events).where(events.c.business_id == mine.business_id, about)
    for event in mine.tx.conn.execute(query).mappings().all():
        values = {"reason": _code(event["reason"], needles), "data": _data(event["data"], needles, renamed)}
        if values["reason"] != event["reason"] or values["data"] != event["data"]:
            here = (events.c.business_id == mine.business_id, events.c.event_id == event["event_id"])
            mine.tx.conn.execute(update(events).where(*here).values(**values))


def _deliveries(mine: _Mine, needles: Sequence[str], call_ids: set[str]) -> None:
    ids = mine.ids(call_ids)
    query = select(deliveries).where(deliveries.c.business_id == mine.business_id)
    for row in mine.tx.conn.execute(query).mappings().all():
        theirs, told = _theirs(row, ids), _told(row, needles)
        here = (deliveries.c.business_id == mine.business_id, deliveries.c.delivery_id == row["delivery_id"])
        if told or (theirs and row["kind"] in _TRANSPORT):
            mine.tx.conn.execute(delete(deliveries).where(*here))
        elif theirs and row["last_error"]:
            mine.tx.conn.execute(update(deliveries).where(*here).values(last_error=""))


def _answers(mine: _Mine, needles: Sequence[str]) -> None:
    """What was answered under an ``Idempotency-Key``: ids and names in it, and a digest of what was asked."""
    ids = {mine.contact_id, *mine.sequence_ids, *mine.touch_ids}
    query = select(idempotency).where(idempotency.c.business_id == mine.business_id)
    for row in mine.tx.conn.execute(query).mappings().all():
        told = _tells(json.dumps([row["key"], row["answer"]], ensure_ascii=False), needles)
        if told or not ids.isdisjoint(_leaves(row["answer"])):
            here = (idempotency.c.key == row["key"], idempotency.c.route == row["route"])
            mine.tx.conn.execute(delete(idempotency).where(idempotency.c.business_id == mine.business_id, *here))


def _theirs(delivery: RowMapping, ids: set[str]) -> bool:
    return delivery["sequence_id"] in ids or not ids.isdisjoint(_leaves(delivery["payload"]))


def _told(delivery: RowMapping, needles: Sequence[str]) -> bool:
    said = [delivery["payload"], delivery["last_error"], delivery["target"]]
    return _tells(json.dumps(said, ensure_ascii=False), needles)


def _tells(text: str, needles: Sequence[str]) -> bool:
    small = text.lower()
    return any(needle in small for needle in needles)


def _code(text: str, needles: Sequence[str]) -> str:
    """A reason as it stands, if it is a code; somebody's words are gone."""
    return text if _CODE.fullmatch(text) and not _tells(text, needles) else "forgotten"


def _data(value: Any, needles: Sequence[str], renamed: Mapping[str, str]) -> Any:
    if isinstance(value, Mapping):
        return {name: _data(inner, needles, renamed) for name, inner in value.items()}
    if isinstance(value, list):
        return [_data(inner, needles, renamed) for inner in value]
    if isinstance(value, str):
        return renamed.get(value) or ("forgotten" if _tells(value, needles) else value)
    return value


def _leaves(value: Any) -> set[str]:
    """Every text of a JSON value."""
    if isinstance(value, Mapping):
        return set().union(*map(_leaves, value.values()))
    if isinstance(value, list):
        return set().union(*map(_leaves, value))
    return {value} if isinstance(value, str) else set()
