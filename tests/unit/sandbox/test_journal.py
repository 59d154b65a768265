from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from sidecar.sandbox.record import Journal

if TYPE_CHECKING:
    from tests.support.clock import ManualClock


def test_a_request_is_seen_before_it_is_answered(clock: ManualClock) -> None:
    journal = Journal(clock.now)
    seen = journal.begin("twilio", "messages.create", method="POST", path="/x", body={"To": "a"})

    assert journal.requests("twilio") == [seen]
    assert (seen.at, seen.status, seen.ended_monotonic) == (clock.now(), None, None)
    journal.end(seen, 201)
    assert (seen.status, seen.ended_monotonic is not None) == (201, True)
    assert journal.requests("retell") == []
    assert journal.requests(operation="messages.list") == []


def test_waiting_ends_with_the_change_that_was_waited_for(clock: ManualClock) -> None:
    journal = Journal(clock.now)
    waiter_is_in = threading.Event()

    def look() -> int:
        waiter_is_in.set()
        return len(journal.requests())

    def change() -> None:
        waiter_is_in.wait(5)
        journal.begin("twilio", "messages.create", method="POST", path="/x", body=None)

    thread = threading.Thread(target=change)
    thread.start()
    assert journal.wait_for(look, 5) == 1
    thread.join()


def test_waiting_is_bounded(clock: ManualClock) -> None:
    with pytest.raises(TimeoutError, match=r"not seen within 0\.01 s"):
        Journal(clock.now).wait_for(lambda: False, 0.01)


def test_copies_do_not_grow(clock: ManualClock) -> None:
    journal = Journal(clock.now)
    before = journal.read().requests
    journal.begin("twilio", "messages.create", method="POST", path="/x", body=None)

    assert (before, len(journal.read().requests)) == ([], 1)
    journal.clear()
    assert journal.read().requests == []
