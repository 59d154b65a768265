"""A database that has seen years: a hundred thousand sequences in the proportions of real life, built in bulk.

Building takes half a minute, so the file is kept under ``build/`` and copied for each run; what it was made by
(migrations, tables, this module) is part of its name.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import shutil
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from sidecar.store import tables
from sidecar.store.database import opened
from sidecar.store.ids import new_id
from sidecar.store.migrate import upgrade
from tests.benchmarks.processes import ROOT
from tests.benchmarks.town import DUE_CALLERS, KNOWN_CALLERS, OPEN_CALLERS, SECRET, caller

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from sqlalchemy import Connection, Table

    from tests.benchmarks.town import Client, Town

_EPOCH = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
"""The first call; the last one is months ago as well, so that nobody is cooling down."""
_FAR = datetime(2036, 1, 7, 9, 0, tzinfo=UTC)
"""When the check-ins of open sequences are due: not while we look on."""
_GROUP = 500
_TEXT = (
    "Hi Alex, Sam at Quay Plumbing here. I just missed your call. What can I help with? "
    "Text me back, or we'll ring you. STOP to opt out"
)

Rows = dict["Table", list[dict[str, Any]]]


@dataclass(frozen=True, slots=True)
class Due:
    """A step that comes due at a known moment."""

    sequence_id: str
    key: tuple[str, str]
    at: datetime


def key_hash(business_id: str, value: str) -> str:
    """The keyed hash of a phone, as the sidecar makes it."""
    text = f"{business_id}\0phone\0{value}"
    return hmac.new(SECRET.encode(), text.encode(), hashlib.sha256).hexdigest()


def prepared(town: Town, sequences: int, folder: Path) -> tuple[Path, float]:
    """The path of a database with so many sequences, and the seconds that it took to build (0: it was there)."""
    sources = sorted((ROOT / "sidecar/store/migrations/versions").glob("*.py"))
    sources += [ROOT / "sidecar/store/tables.py", ROOT / "tests/benchmarks/seeding.py"]
    mark = hashlib.sha256(b"".join(source.read_bytes() for source in sources))
    mark.update(f"{town.businesses} {town.numbers_each} {sequences}".encode())
    path = folder / f"town-{mark.hexdigest()[:12]}.db"
    if path.exists():
        return path, 0.0
    for old in folder.glob("town-*.db"):
        old.unlink()
    began = time.monotonic()
    unfinished = path.with_suffix(".part")
    unfinished.unlink(missing_ok=True)
    fill(f"sqlite:///{unfinished}", town, sequences)
    unfinished.rename(path)
    return path, time.monotonic() - began


def copied(path: Path, folder: Path) -> str:
    """A copy of the database for one run; its URL."""
    folder.mkdir(parents=True, exist_ok=True)
    for left in folder.glob("run.*"):
        left.unlink()
    shutil.copyfile(path, folder / "run.db")
    with (folder / "run.db").open("rb") as copy:
        os.fsync(copy.fileno())  # a gigabyte on its way to the disk would be in every commit's way
    return f"sqlite:///{folder / 'run.db'}"


def fill(url: str, town: Town, sequences: int) -> None:
    """Migrate a new database and fill it."""
    upgrade(url)
    each = sequences // town.businesses
    with opened(url) as store:
        for client in town.clients:
            with store.engine.begin() as conn:
                _add(conn, _history(client, each))


def _add(conn: Connection, rows: Rows) -> None:
    for table, values in rows.items():
        for start in range(0, len(values), _GROUP):
            conn.execute(table.insert(), values[start : start + _GROUP])


def _history(client: Client, sequences: int) -> Rows:
    """One business's past: its people, and a sequence for each of their calls."""
    rows: Rows = {
        table: []
        for table in (
            tables.contacts, tables.addresses, tables.consents, tables.calls, tables.sequences, tables.steps,
            tables.touches, tables.messages, tables.events, tables.deliveries,
        )
    }  # fmt: skip
    people = [*OPEN_CALLERS, *KNOWN_CALLERS][: max(1, sequences)]
    contacts = {index: _person(rows, client, caller(index), _EPOCH) for index in people}
    for number in range(sequences):
        index = people[number % len(people)]
        at = _EPOCH + timedelta(minutes=number * 97 % 350_000)
        last = number + len(people) >= sequences
        _lead(rows, client, contacts[index], caller(index), at, number, is_open=last and index in OPEN_CALLERS)
    return rows


def _person(rows: Rows, client: Client, phone: str, at: datetime, **more: Any) -> str:
    contact_id = new_id("con", at)
    rows[tables.contacts].append(
        {
            "business_id": client.id, "contact_id": contact_id, "first_name": "Alex", "last_name": "No",
            "crm_id": None, "enriched_at": at, "last_call_at": at, "created_at": at, **more,
        }
    )  # fmt: skip
    rows[tables.addresses].append(
        {
            "business_id": client.id, "kind": "phone", "address": phone, "contact_id": contact_id,
            "key_hash": key_hash(client.id, phone), "added_at": at,
        }
    )  # fmt: skip
    return contact_id


def _lead(rows: Rows, client: Client, contact_id: str, phone: str, at: datetime, number: int, *, is_open: bool) -> None:
    """A call and all that came of it."""
    sequence_id, call_id = new_id("seq", at), f"CB{client.index:010x}{number:022x}"
    ours = {"business_id": client.id, "contact_id": contact_id}
    here = {**ours, "sequence_id": sequence_id}
    replied = number % 3 == 0
    to = client.numbers[number % len(client.numbers)]
    rows[tables.calls].append(
        {
            **here, "call_id": call_id, "provider": "twilio", "number": to, "caller": phone, "state": "missed",
            "reason": "no_answer", "decision": "opened", "status": "no-answer", "ring_seconds": 20, "heard_at": at,
            "ended_at": at, "judged_at": at, "local_weekday": at.weekday(), "local_hour": at.hour,
        }
    )  # fmt: skip
    rows[tables.consents].append(
        {
            **ours, "consent_id": new_id("cns", at), "basis": "inquiry", "channels": ["email", "sms", "voice"],
            "purpose": "service", "given_at": at, "evidence": "missed call",
        }
    )  # fmt: skip
    rows[tables.sequences].append(
        {
            **here, "playbook": "uk-three-layer", "variant": "general", "number": to, "call_id": call_id,
            "state": "open" if is_open else "closed",
            "reason": "" if is_open else ("replied" if replied else "exhausted"), "call_at": at, "last_call_at": at,
            "opened_at": at, "closed_at": None if is_open else at + timedelta(minutes=50),
            "replied_at": at + timedelta(minutes=2) if replied else None, "first_touch_seconds": 0.6,
            "reply_token": f"{number:020x}",
        }
    )  # fmt: skip
    if replied:
        rows[tables.messages].append(
            {
                **here, "message_id": f"SM{client.index:010x}{number:022x}", "channel": "sms", "sender": phone,
                "recipient": to, "body": "Hi, my boiler is leaking. Can you come today?", "intent": "reply", "at": at,
            }
        )  # fmt: skip
    _steps(rows, here, to, phone, at, replied=replied, is_open=is_open)
    kinds = ["call.recorded", "sequence.opened", "call.missed", "gate.send", "touch.intended", "touch.sent"]
    kinds += ["touch.delivered", "reply.received", "sequence.closed"] if replied else ["touch.delivered", "gate.skip"]
    kinds += [] if replied else ["gate.send", "touch.intended", "touch.sent", "sequence.closed", "sequence.exhausted"]
    for kind in kinds:
        rows[tables.events].append({**here, "event_id": new_id("evt", at), "at": at, "type": kind, "call_id": call_id})


def _steps(
    rows: Rows, here: dict[str, Any], ours: str, phone: str, at: datetime, *, replied: bool, is_open: bool
) -> None:
    """The three steps of the playbook, those that were sent with their touches and what the CRM was owed."""
    states = ["delivered", "cancelled" if replied else "skipped", "cancelled" if replied else "sent"]
    if is_open:
        states = ["delivered", "skipped", "planned"]
    channels = ("acknowledge", "sms"), ("callback", "voice"), ("email", "email")
    for ordinal, ((name, channel), state) in enumerate(zip(channels, states, strict=True)):
        touch_id = new_id("tch", at) if state in ("delivered", "sent") else None
        due = _FAR if state == "planned" else at
        step = {"name": name, "ordinal": ordinal, "channel": channel, "state": state, "due_at": due}
        rows[tables.steps].append(
            {
                **{key: value for key, value in here.items() if key != "contact_id"}, **step, "deadline_at": due,
                "release_at": due if state == "planned" else None,
                "settled_at": None if state == "planned" else at, "attempt": int(touch_id is not None),
                "touch_id": touch_id,
            }
        )  # fmt: skip
        if touch_id is None:
            continue
        rows[tables.touches].append(
            {
                **here, "touch_id": touch_id, "step": name, "channel": channel, "attempt": 1, "state": "sent",
                "address": phone, "sender": ours, "body": _TEXT, "provider_id": f"SM{touch_id[-32:]}",
                "provider_state": "delivered", "intended_at": at, "sent_at": at, "settled_at": at,
            }
        )  # fmt: skip
        rows[tables.deliveries].append(
            {
                "business_id": here["business_id"], "delivery_id": new_id("dlv", at), "kind": "crm.touch",
                "target": "crm", "payload": {"touch_id": touch_id}, "state": "delivered",
                "sequence_id": here["sequence_id"], "created_at": at, "settled_at": at, "attempts": 1,
            }
        )  # fmt: skip


def add_due(url: str, clients: Sequence[Client], start: datetime, rate: float, count: int) -> list[Due]:
    """Open sequences whose callback comes due at ``rate`` a second from ``start`` on, spread over all businesses.

    Each person agreed to calls and is fresh from the CRM, as three minutes after a first text.
    """
    found: list[Due] = []
    with opened(url) as store, store.engine.begin() as conn:
        for number, (client, index) in enumerate(_pairs(clients, count)):
            found.append(_add_due(conn, client, caller(index), start + timedelta(seconds=number / rate), start))
    return found


def _pairs(clients: Sequence[Client], count: int) -> Iterator[tuple[Client, int]]:
    for number in range(count):
        turn, place = divmod(number, len(clients))
        yield clients[place], DUE_CALLERS[turn % len(DUE_CALLERS)]


def _add_due(conn: Connection, client: Client, phone: str, at: datetime, fresh: datetime) -> Due:
    called = at - timedelta(minutes=3)
    rows: Rows = {
        table: []
        for table in (
            tables.contacts, tables.addresses, tables.consents, tables.calls, tables.sequences, tables.steps,
            tables.touches, tables.messages, tables.events, tables.deliveries,
        )
    }  # fmt: skip
    contact_id = _person(rows, client, phone, called, crm_id=None)
    rows[tables.contacts][0]["enriched_at"] = fresh
    _lead(rows, client, contact_id, phone, called, int(phone[-3:]) + 1_000_000, is_open=True)
    rows[tables.consents].append(
        {
            "business_id": client.id, "contact_id": contact_id, "consent_id": new_id("cns", called),
            "basis": "express", "channels": ["voice"], "purpose": "service", "given_at": called,
            "evidence": "benchmark",
        }
    )  # fmt: skip
    callback = rows[tables.steps][1]
    callback |= {
        "state": "planned", "due_at": at, "release_at": at, "deadline_at": at + timedelta(minutes=20),
        "settled_at": None,
    }  # fmt: skip
    rows[tables.steps][2] |= {"due_at": None, "release_at": None, "deadline_at": None}
    _add(conn, {table: values for table, values in rows.items() if values})
    sequence_id = rows[tables.sequences][0]["sequence_id"]
    return Due(sequence_id, (client.numbers[0], phone), at)
