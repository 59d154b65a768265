"""A sandbox as every vendor, and what a scenario is connected to."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sidecar.sandbox import Sandbox
from tests.flows.make.modules import Account

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.clock import ManualClock


@pytest.fixture
def sandbox(clock: ManualClock) -> Iterator[Sandbox]:
    with Sandbox(clock.now) as running:
        yield running


@pytest.fixture
def account(clock: ManualClock, sandbox: Sandbox) -> Account:
    """Connections without a key; a sleep turns the clock."""
    return Account(
        clock.now,
        lambda seconds: clock.advance(seconds=seconds),
        twilio_url=sandbox.twilio_url,
        twilio=(sandbox.account_sid, sandbox.auth_token),
    )
