"""How late a step starts that came due later: from its moment to the provider's receipt of the request."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import TYPE_CHECKING

from sidecar.clock import SystemClock
from tests.benchmarks import floors, seeding
from tests.benchmarks.figures import Figure, milliseconds

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.benchmarks.processes import House
    from tests.benchmarks.seeding import Due
    from tests.benchmarks.town import Town

PROMISE_SECONDS = 0.1


def plan(town: Town, database_url: str, rate: float, count: int, after: float) -> list[Due]:
    """Have AI callbacks come due at a steady rate, the first one ``after`` seconds from now."""
    start = SystemClock().now() + timedelta(seconds=after)
    return seeding.add_due(database_url, town.clients, start, rate, count)


def measure(house: House, due: Sequence[Due]) -> tuple[list[float], int]:
    """Wait until all are called: how late each was, in seconds, and how many never were."""
    wall = SystemClock().now()
    offset = time.monotonic() - wall.timestamp()
    moments = {one.key[1] + one.sequence_id: one.at.timestamp() + offset for one in due}
    time.sleep(max(0.0, max(moments.values()) - time.monotonic()) + 3.0)
    late = []
    for call in house.sandbox.read("calls_placed"):
        key = call["to"] + str(call["metadata"].get("sequence_id"))
        if key in moments:
            late.append(call["received_monotonic"] - moments[key])
    return late, len(due) - len(late)


def figures(late: Sequence[float], lost: int, rate: float, count: int) -> list[Figure]:
    """The figures beside those of a bare timer."""
    bare = floors.timers(rate, min(count, 100))
    return [
        Figure(f"lateness of due steps p50, {rate:g}/s", milliseconds(late, 0.5), "ms", milliseconds(bare, 0.5)),
        Figure(
            f"lateness of due steps p99, {rate:g}/s", milliseconds(late, 0.99), "ms", milliseconds(bare, 0.99),
            PROMISE_SECONDS * 1000,
        ),
        Figure("due steps that never started", lost, "steps", target=1),
    ]  # fmt: skip
