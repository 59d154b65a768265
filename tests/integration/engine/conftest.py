"""A house in the sandbox's world, on both stores."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

import pytest

from sidecar.config.business import Flow
from sidecar.sandbox import Sandbox
from tests.support.house import House, a_business, house

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.support.clock import ManualClock


@pytest.fixture
def sandbox(clock: ManualClock) -> Iterator[Sandbox]:
    with Sandbox(clock.now) as running:
        yield running


@pytest.fixture
def home(store_url: str, clock: ManualClock, sandbox: Sandbox) -> Iterator[House]:
    with house(store_url, clock, a_business(sandbox)) as built:
        yield built


@pytest.fixture
def make_home(store_url: str, clock: ManualClock, sandbox: Sandbox) -> Iterator[Callable[..., House]]:
    """``make_home(flow=…)``: a house whose business differs from the usual one in what is named."""
    with contextlib.ExitStack() as open_houses:

        def make(**changes: Any) -> House:
            return open_houses.enter_context(house(store_url, clock, a_business(sandbox, **changes)))

        yield make


@pytest.fixture
def driven(make_home: Callable[..., House], sandbox: Sandbox) -> House:
    """A house whose business is driven by an n8n at the sandbox's receiver."""
    host = sandbox.receiver_url.removeprefix("http://")
    return make_home(flow=Flow("n8n", callback_hosts=(host,)))
