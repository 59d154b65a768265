"""`read` and `write`: what is committed together, what is repeated, what is refused; on both stores."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from sidecar.store import contacts, touches
from sidecar.store.tables import contacts as contacts_table
from sidecar.store.tables import senders

if TYPE_CHECKING:
    from sidecar.store.database import Store, Tx

NOW = datetime(2026, 11, 18, 10, 0, tzinfo=UTC)


def count(store: Store) -> int:
    return int(store.read(lambda tx: tx.conn.execute(select(func.count()).select_from(contacts_table)).scalar_one()))


def test_a_unit_that_fails_leaves_nothing_and_does_not_take_others_with_it(store: Store) -> None:
    start = threading.Barrier(20)

    def one(number: int) -> bool:
        def unit(tx: Tx) -> None:
            contacts.create(tx, "b", NOW)
            if number % 2:
                raise ValueError(number)

        start.wait(10)
        try:
            store.write(unit)
        except ValueError:
            return False
        return True

    with ThreadPoolExecutor(20) as pool:
        assert sum(pool.map(one, range(20))) == 10
    assert count(store) == 10


def test_due_times_are_told_after_the_commit_and_not_of_what_failed(store: Store) -> None:
    told: list[list[datetime]] = []
    seen: list[int] = []

    def on_commit(due: list[datetime]) -> None:
        told.append(due)
        seen.append(count(store))

    store.on_commit = on_commit

    def good(tx: Tx) -> None:
        contacts.create(tx, "b", NOW)
        tx.due.append(NOW)

    def bad(tx: Tx) -> None:
        tx.due.append(NOW)
        raise ValueError

    store.write(good)
    with pytest.raises(ValueError):  # noqa: PT011 - the very one
        store.write(bad)
    assert (told, seen) == ([[NOW]], [1])


def test_a_unique_row_that_another_made_first_is_met_by_trying_again(store: Store) -> None:
    """PostgreSQL repeats the unit; SQLite, with its one writer, never meets it."""
    start = threading.Barrier(8)

    def unit(tx: Tx) -> bool:
        there = tx.conn.execute(select(senders).where(senders.c.sender == "x")).first()
        if there is None:
            tx.conn.execute(senders.insert().values(business_id="b", sender="x"))
        return there is None

    def one(_number: int) -> bool:
        start.wait(10)
        return store.write(unit)

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(one, range(8))) == 1


def test_a_row_that_can_never_be_made_is_an_error_and_not_tried_for_ever(store: Store) -> None:
    tries: list[int] = []

    def unit(tx: Tx) -> None:
        tries.append(1)
        tx.conn.execute(senders.insert(), [{"business_id": "b", "sender": "x"}, {"business_id": "b", "sender": "x"}])

    with pytest.raises(IntegrityError):
        store.write(unit)
    assert 1 <= len(tries) <= 6


def test_a_write_within_a_write_is_refused_on_the_one_writer(store: Store) -> None:
    if not store.is_sqlite:
        assert store.write(lambda _tx: store.write(lambda tx: tx.is_sqlite)) is False
        return
    with pytest.raises(RuntimeError, match="inside a write"):
        store.write(lambda _tx: store.write(lambda _inner: None))


def test_what_another_process_writes_meanwhile_does_not_change_what_a_read_sees_of_itself(store: Store) -> None:
    assert store.read(lambda tx: tx.db_time()) <= store.read(lambda tx: tx.db_time())


def test_naive_times_are_refused_and_aware_ones_come_back_in_utc(store: Store) -> None:
    from datetime import timedelta, timezone

    contact_id = store.write(lambda tx: contacts.create(tx, "b", NOW.astimezone(timezone(timedelta(hours=5)))))
    row = store.read(lambda tx: contacts.get(tx, "b", contact_id))
    assert (row["created_at"], row["created_at"].tzinfo) == (NOW, UTC)
    with pytest.raises(Exception, match="naive"):
        store.write(lambda tx: contacts.change(tx, "b", contact_id, last_call_at=NOW.replace(tzinfo=None)))


def test_a_lease_is_one_persons_until_it_is_freed_or_over(store: Store) -> None:
    contact_id = store.write(lambda tx: contacts.create(tx, "b", NOW))
    assert store.write(lambda tx: contacts.take_lease(tx, "b", contact_id, "one", 30.0))
    assert not store.write(lambda tx: contacts.take_lease(tx, "b", contact_id, "two", 30.0))
    store.write(lambda tx: contacts.free_lease(tx, "b", contact_id, "two"))
    assert not store.write(lambda tx: contacts.take_lease(tx, "b", contact_id, "two", 30.0))
    store.write(lambda tx: contacts.free_lease(tx, "b", contact_id, "one"))
    assert store.write(lambda tx: contacts.take_lease(tx, "b", contact_id, "two", 0.0))
    assert store.write(lambda tx: contacts.take_lease(tx, "b", contact_id, "three", 30.0)), "two's is over"


def test_a_stop_is_new_once_until_it_is_lifted(store: Store) -> None:
    keys = [("phone", "p" * 64), ("email", "e" * 64)]
    contact_id = store.write(lambda tx: contacts.create(tx, "b", NOW))
    assert store.write(lambda tx: contacts.suppress(tx, "b", contact_id, keys[:1], "sms", NOW))
    assert store.write(lambda tx: contacts.suppress(tx, "b", contact_id, keys, "sms", NOW)), "one key is new"
    assert not store.write(lambda tx: contacts.suppress(tx, "b", contact_id, keys, "sms", NOW))
    assert store.read(lambda tx: contacts.is_suppressed(tx, "b", ["e" * 64]))
    assert not store.read(lambda tx: contacts.is_suppressed(tx, "other", ["e" * 64]))
    assert store.write(lambda tx: contacts.lift(tx, "b", ["p" * 64, "e" * 64], NOW))
    assert not store.write(lambda tx: contacts.lift(tx, "b", ["p" * 64], NOW))
    assert not store.read(lambda tx: contacts.is_suppressed(tx, "b", ["p" * 64, "e" * 64]))
    assert store.write(lambda tx: contacts.suppress(tx, "b", contact_id, keys, "sms", NOW))


def test_a_sender_rests_after_three_faults_in_a_row_longer_each_time_and_until_a_success(store: Store) -> None:
    def fault() -> float | None:
        store.write(lambda tx: touches.note_fault(tx, "b", "s", NOW))
        until = store.write(lambda tx: touches.sender(tx, "b", "s"))["circuit_open_until"]
        return None if until is None else (until - NOW).total_seconds()

    assert [fault() for _ in range(7)] == [None, None, 5, 15, 30, 60, 60]
    store.write(lambda tx: touches.note_success(tx, "b", "s"))
    assert [fault() for _ in range(3)] == [None, None, 5]
