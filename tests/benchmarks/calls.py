"""Missed calls at a rate: from the webhook to the provider, the webhook's own answer, and what a call costs."""

from __future__ import annotations

import itertools
import sqlite3
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sidecar.clock import SystemClock
from tests.benchmarks import client
from tests.benchmarks.figures import Figure, milliseconds, percentile

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tests.benchmarks.processes import House
    from tests.benchmarks.town import Missed, Town

PROMISE_SECONDS = 1.0
"""p99 of webhook to provider request."""
ANSWER_SECONDS = 0.05
"""p99 of a webhook's answer."""
AIM = 50.0
"""Missed calls a second at which the promise should still hold."""


@dataclass(frozen=True, slots=True)
class Run:
    """What one rate came to; seconds."""

    rate: float
    reached: tuple[float, ...]
    """From sending the webhook to the provider's receipt of the text."""
    answered: tuple[float, ...]
    lost: int
    """Texts that did not arrive in time, and webhooks that were not answered 2xx."""
    cpu: float
    """Of the door, for each missed call with all that follows it."""

    @property
    def holds(self) -> bool:
        """Whether the promise is kept."""
        return not self.lost and percentile(self.reached, 0.99) < PROMISE_SECONDS


@dataclass(frozen=True, slots=True)
class Door:
    """Where Twilio posts the calls, and what the process behind it has used so far (CPU seconds)."""

    url: str
    path: str
    cpu_seconds: Callable[[], float]
    linger: float = 8.0
    """How long texts that have not arrived are waited for."""


def straight(house: House) -> Door:
    """The sidecar's own."""
    return Door(house.service.url, "/twilio/call-status", house.service.cpu_seconds)


def run(house: House, town: Town, rate: float, seconds: float, door: Door | None = None) -> Run:
    """Have ``rate`` calls a second missed for so long, and see when their texts arrive."""
    moments = list(client.moments(rate, seconds))
    calls = list(itertools.islice(town.calls(), len(moments)))
    return _measured(house, calls, moments, rate, door or straight(house))


def _measured(house: House, calls: Sequence[Missed], moments: Sequence[float], rate: float, door: Door) -> Run:
    now = SystemClock().now()
    posts = [client.missed_call(missed, door.url, now, door.path) for missed in calls]
    used = door.cpu_seconds()
    sent = client.play(door.url, list(zip(moments, posts, strict=True)))
    began = {one.key: one.began for one in sent}
    arrived = _arrivals(house, set(began), door.linger)
    settle(house)
    cpu = door.cpu_seconds() - used
    good = [one for one in sent if 200 <= one.status < 300]
    return Run(
        rate,
        tuple(arrived[key] - began[key] for key in began if key in arrived),
        tuple(one.ended - one.began for one in good),
        len(posts) - min(len(good), len(arrived)),
        cpu / len(posts),
    )


def _arrivals(house: House, keys: set[tuple[str, str]], linger: float) -> dict[tuple[str, str], float]:
    """When the first text of each pair (number, caller) reached the provider."""
    deadline = time.monotonic() + linger
    while True:
        found: dict[tuple[str, str], float] = {}
        for text in house.sandbox.read("texts"):
            key = (text["from_"], text["to"])
            if key in keys:
                found.setdefault(key, text["received_monotonic"])
        if len(found) == len(keys) or time.monotonic() > deadline:
            return found
        time.sleep(0.5)


def settle(house: House, timeout: float = 30.0) -> None:
    """Wait until nothing is due any more: the CRM has its notes, the texts their states."""
    deadline = time.monotonic() + timeout
    while time.monotonic() < deadline and _due(house):
        time.sleep(0.25)


def _due(house: House) -> int:
    now = SystemClock().now()
    return int(
        ask(house, "SELECT count(*) FROM deliveries WHERE state = 'due' AND due_at <= ?", _text(now))
        + ask(house, "SELECT count(*) FROM steps WHERE state = 'planned' AND release_at <= ?", _text(now))
    )


def _text(moment: Any) -> str:
    return str(moment.replace(tzinfo=None))


def ask(house: House, query: str, *values: object) -> Any:
    """One value from the database, past everything of ours."""
    connection = sqlite3.connect(house.database_url.removeprefix("sqlite:///"), timeout=30)
    try:
        return connection.execute(query, values).fetchone()[0]
    finally:
        connection.close()


def warm(house: House, town: Town, door: Door | None = None) -> None:
    """A few calls before anything is measured: what is loaded at first use is loaded."""
    run(house, town, 4, 5, door)


def figures(one: Run, floor: Sequence[float], noop: Sequence[float], withdrawn: int) -> list[Figure]:
    """The figures of one run beside their floors."""
    name = f"at {one.rate:g} missed calls/s"
    return [
        Figure(
            f"webhook → provider request p50, {name}", milliseconds(one.reached, 0.5), "ms", milliseconds(floor, 0.5)
        ),
        Figure(
            f"webhook → provider request p99, {name}", milliseconds(one.reached, 0.99), "ms", milliseconds(floor, 0.99),
            PROMISE_SECONDS * 1000,
        ),
        Figure(f"webhook answer p50, {name}", milliseconds(one.answered, 0.5), "ms", milliseconds(noop, 0.5)),
        Figure(
            f"webhook answer p99, {name}", milliseconds(one.answered, 0.99), "ms", milliseconds(noop, 0.99),
            ANSWER_SECONDS * 1000,
        ),
        Figure(f"worker CPU for a missed call, {name}", one.cpu * 1000, "ms"),
        Figure(f"lost, {name}", one.lost, "calls", target=1),
        Figure(f"withdrawn (started too late), {name}", withdrawn, "touches", target=1),
    ]  # fmt: skip
