"""Whether the sidecar is at work, read from its database."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from sidecar.demo.pulse import Pulse, read_log_to, take_pulse
from sidecar.sandbox import Sandbox
from tests.support.house import House, a_business, house

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.clock import ManualClock


@pytest.fixture
def sandbox(clock: ManualClock) -> Iterator[Sandbox]:
    with Sandbox(clock.now) as running:
        yield running


@pytest.fixture
def home(store_url: str, clock: ManualClock, sandbox: Sandbox) -> Iterator[House]:
    with house(store_url, clock, a_business(sandbox)) as built:
        yield built


def pulse(home: House) -> Pulse:
    return home.sidecar.store.read(lambda tx: take_pulse(tx, home.clock.now))


def test_it_rests_between_its_steps(home: House) -> None:
    assert pulse(home) == Pulse((), doubts=False, next_at=None)
    home.miss()
    assert pulse(home).busy == ("a step is due",)
    home.settle()
    assert pulse(home) == Pulse((), doubts=False, next_at=home.clock.now() + timedelta(minutes=3))


def test_a_doubt_is_a_moment_to_come_and_then_work(home: House, sandbox: Sandbox) -> None:
    sandbox.fault("twilio", "messages.create", "status", status=503)
    home.miss()
    home.settle()
    asked_at = home.clock.now() + timedelta(seconds=5)
    assert pulse(home) == Pulse((), doubts=False, next_at=asked_at)
    home.clock.set(asked_at)
    assert pulse(home) == Pulse(("a provider is asked",), doubts=True, next_at=None)


def test_twilios_log_is_read_to_where_the_watermark_stands(home: House) -> None:
    assert home.sidecar.store.read(read_log_to) is None
    home.sidecar.reconcile.logs()
    assert home.sidecar.store.read(read_log_to) == home.clock.now()
