"""A house in the sandbox's world, on both stores."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sidecar.sandbox import Sandbox
from tests.support.house import House, a_business, house

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.clock import ManualClock


@pytest.fixture
def home(store_url: str, clock: ManualClock) -> Iterator[House]:
    with Sandbox(clock.now) as sandbox, house(store_url, clock, a_business(sandbox)) as built:
        yield built
