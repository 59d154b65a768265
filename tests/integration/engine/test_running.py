"""A sidecar that really runs: its waker, its pools, its chores; and what a second or a restarted one may do."""

from __future__ import annotations

import contextlib
import time
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from sidecar.app import Sidecar
from sidecar.config.business import Businesses
from sidecar.engine import gating
from sidecar.engine.context import Turn
from sidecar.engine.gating import Key
from sidecar.store import calls, record
from sidecar.store import sequences as rows
from tests.integration.engine.seeing import texts_to
from tests.support.house import CALLER, NUMBER, House, a_business, settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sidecar.sandbox import Sandbox
    from tests.support.clock import ManualClock

BOUND = 60.0


@pytest.fixture
def start(store_url: str, clock: ManualClock, sandbox: Sandbox) -> Iterator[Callable[..., House]]:
    """``start(clock=…)``: one more sidecar on the same store, running; all are stopped at the end."""
    with contextlib.ExitStack() as running:

        def begin(own_clock: ManualClock | None = None) -> House:
            business = a_business(sandbox)
            sidecar = Sidecar(settings(store_url), own_clock or clock, Businesses([business]))
            try:
                sidecar.start()
            except RuntimeError:
                sidecar.stop()
                raise
            running.callback(sidecar.stop)
            return House(sidecar, business, own_clock or clock)

        yield begin


def until(sandbox: Sandbox, predicate: Callable[[], Any], what: str) -> Any:
    """Wait in real time, with a bound."""
    deadline = time.monotonic() + BOUND
    while time.monotonic() < deadline:
        found = predicate()
        if found:
            return found
        with contextlib.suppress(TimeoutError):
            sandbox.wait_for(predicate, timeout=0.1)
    pytest.fail(f"not within {BOUND} s: {what}")


def test_due_steps_go_out_when_the_clock_is_turned(
    start: Callable[..., House], sandbox: Sandbox, clock: ManualClock
) -> None:
    sandbox.hubspot_contact("Ann", "Lee", CALLER, "ann@example.com")
    home = start()
    opened = home.miss()
    until(sandbox, lambda: texts_to(sandbox), "the first text")
    until(sandbox, lambda: _settled(home, opened.sequence_id, "acknowledge"), "its result")
    clock.advance(minutes=2, seconds=59)
    assert sandbox.calls_placed == []
    clock.advance(seconds=1)
    until(sandbox, lambda: sandbox.calls_placed, "the call")
    until(sandbox, lambda: _settled(home, opened.sequence_id, "callback"), "its result")
    clock.advance(minutes=42)
    until(sandbox, lambda: sandbox.emails, "the email")
    until(sandbox, lambda: home.sequence(opened.sequence_id)["state"] == "closed", "the end")
    assert (len(texts_to(sandbox)), len(sandbox.calls_placed), len(sandbox.emails)) == (1, 1, 1)


def _settled(home: House, sequence_id: str, name: str) -> bool:
    row = home.sidecar.store.read(lambda tx: rows.step(tx, home.business.id, sequence_id, name))
    return row is not None and row["settled_at"] is not None


def test_the_waker_is_at_rest_when_nothing_is_due(start: Callable[..., House], sandbox: Sandbox) -> None:
    home = start()
    home.miss()
    until(sandbox, lambda: texts_to(sandbox), "the first text")
    looks = home.sidecar.store.write(lambda tx: rows.take_due(tx, home.clock.now(), 30.0, 10))
    assert looks == []
    assert ("database", True, "sqlite" if home.sidecar.store.is_sqlite else "postgresql") in home.sidecar.ready()


def test_run_answers_what_happened(start: Callable[..., House], sandbox: Sandbox) -> None:
    home = start()
    opened = home.miss()
    told = home.sidecar.driving.run(home.business, opened.sequence_id, "acknowledge")
    assert told.result == "sent"
    assert len(texts_to(sandbox)) == 1


def test_a_lost_call_and_a_doubt_are_seen_to_by_the_chores(
    start: Callable[..., House], sandbox: Sandbox, clock: ManualClock
) -> None:
    sandbox.fault("twilio", "messages.create", "accept_then_hang", seconds=0)
    home = start()
    opened = home.miss()
    until(sandbox, lambda: texts_to(sandbox), "the first text")

    def asked() -> bool:
        clock.advance(seconds=6)
        return _settled(home, opened.sequence_id, "acknowledge")

    until(sandbox, asked, "the doubt is settled")
    assert len(texts_to(sandbox)) == 1
    lost = sandbox.lost_call(NUMBER, "+447700900456")
    clock.advance(seconds=60)
    until(sandbox, lambda: _heard_of(home, lost.sid), "the lost call")


def _heard_of(home: House, call_id: str) -> bool:
    return home.sidecar.store.read(lambda tx: calls.is_judged(tx, home.business.id, call_id))


def leave_taken(home: House) -> str:
    """As a kill -9 leaves it: a step and a delivery taken, an intent without a request."""
    context, business = home.sidecar.context, home.business
    sending, taken = home.miss(), home.miss(caller="+447700900456")
    now = home.clock.now()
    context.store.write(
        lambda tx: gating.gate(
            Turn(context, tx, business), Key(business.id, sending.sequence_id, "acknowledge"), lease_seconds=1.0
        )
    )
    context.store.write(lambda tx: rows.take_due(tx, now, 1.0, 10))
    context.store.write(lambda tx: record.take_deliveries(tx, now, 1.0, 10))
    assert context.store.read(rows.next_due) is None
    return str(taken.sequence_id)


def test_a_restart_goes_on_where_a_killed_process_stopped(
    start: Callable[..., House], sandbox: Sandbox, clock: ManualClock, store_url: str
) -> None:
    """SQLite gives everything back at the start; on PostgreSQL the takings and leases run out in real time."""
    dead = Sidecar(settings(store_url), clock, Businesses([a_business(sandbox)]))
    leave_taken(House(dead, a_business(sandbox), clock))
    for part in (dead.runner, dead.deliveries, dead.reconcile):
        part.stop()
    dead.store.close()
    assert sandbox.texts == []

    start()

    def both() -> bool:
        clock.advance(seconds=0.2)
        return bool(texts_to(sandbox) and texts_to(sandbox, "+447700900456"))

    until(sandbox, both, "the step that was taken, and the intent whose sender died")
    assert [len(texts_to(sandbox, caller)) for caller in (CALLER, "+447700900456")] == [1, 1]


def test_the_other_sidecar_is_woken_by_what_this_one_commits(
    start: Callable[..., House], sandbox: Sandbox, store_kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PostgreSQL: two sidecars; the one that takes the call in does not run, and its sweep is far away."""
    if store_kind == "sqlite":
        start()
        with pytest.raises(RuntimeError, match="another sidecar"):
            start()
        return
    monkeypatch.setattr("tests.support.clock.ManualClock.longest_wait", 3600.0)
    runs = start()
    quiet = start()
    quiet.sidecar.waker.stop()
    time_until_listening(runs)
    quiet.miss()
    until(sandbox, lambda: texts_to(sandbox), "the other one heard of it")


def time_until_listening(home: House) -> None:
    """LISTEN has been said when the server shows a session whose last statement it was."""
    from sqlalchemy import text

    deadline = time.monotonic() + BOUND
    query = text("SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'LISTEN%' AND datname = current_database()")
    while time.monotonic() < deadline:
        if home.sidecar.store.read(lambda tx: tx.conn.execute(query).scalar_one()) >= 1:
            return
    pytest.fail("nobody listens")


def test_a_schema_that_is_behind_refuses_the_start(bare_store_url: str, clock: ManualClock, sandbox: Sandbox) -> None:
    sidecar = Sidecar(settings(bare_store_url), clock, Businesses([a_business(sandbox)]))
    with pytest.raises(RuntimeError, match="recovery db upgrade"):
        sidecar.start()
    sidecar.stop()


def test_two_sidecars_on_postgresql_send_each_text_once(
    start: Callable[..., House], sandbox: Sandbox, store_kind: str, clock: ManualClock
) -> None:
    homes = [start()] if store_kind == "sqlite" else [start(), start()]
    callers = [f"+4477009002{number:02d}" for number in range(20)]
    for number, caller in enumerate(callers):
        homes[number % len(homes)].miss(caller=caller, call_id=f"CA{number}")

    begun = clock.now()

    def all_sent() -> bool:
        """One sender, one text a second: the clock goes no faster than the texts leave, or the last would be stale."""
        there = {text.to for text in sandbox.texts} & set(callers)
        clock.set(begun + timedelta(seconds=len(there) + 1))
        return len(there) == len(callers)

    until(sandbox, all_sent, "twenty texts")
    sent = [text.to for text in sandbox.texts if text.to in callers]
    assert sorted(sent) == sorted(callers)


def test_stopping_finishes_what_is_under_way(start: Callable[..., House], sandbox: Sandbox, store_url: str) -> None:
    from sidecar.store.database import opened

    home = start()
    sandbox.fault("twilio", "messages.create", "hang", seconds=1.0)
    call = home.miss()
    until(sandbox, lambda: texts_to(sandbox), "the request")
    home.sidecar.stop()
    with opened(store_url) as store:
        row = store.read(lambda tx: rows.step(tx, home.business.id, call.sequence_id, "acknowledge"))
    assert row is not None
    assert row["state"] == "sent"
