"""What grouping commits is worth: the same writes through the one writer, and each thread for itself."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from sidecar.clock import SystemClock
from sidecar.store import record
from sidecar.store.database import Tx, opened
from sidecar.store.ids import new_id
from sidecar.store.migrate import upgrade
from tests.benchmarks.figures import Figure, milliseconds

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sidecar.store.database import Store

_THREADS = 16


def figures(folder: Path, seconds: float, bare: list[float]) -> list[Figure]:
    """Events added by sixteen threads, a second; the floor is a bare row of SQLite's, one after the other."""
    path = folder / "writes.db"
    for left in folder.glob("writes.db*"):
        left.unlink()
    url = f"sqlite:///{path}"
    upgrade(url)
    with opened(url) as store:
        grouped, took = _rate(lambda: store.write(_event), seconds)
        alone, slow = _rate(lambda: _alone(store), seconds)
    floor = len(bare) / sum(bare)
    return [
        Figure("writes, grouped", grouped, "/s", floor, rising=True),
        Figure("writes, grouped p99", milliseconds(took, 0.99), "ms", milliseconds(bare, 0.99)),
        Figure("writes, each its own commit", alone, "/s", floor, rising=True),
        Figure("writes, each its own commit p99", milliseconds(slow, 0.99), "ms", milliseconds(bare, 0.99)),
    ]


def _event(tx: Tx) -> None:
    now = SystemClock().now()
    record.add_event(tx, business_id="b", event_id=new_id("evt", now), at=now, type="benchmark")


def _alone(store: Store) -> None:
    with store.engine.begin() as conn:
        _event(Tx(conn))


def _rate(work: Callable[[], None], seconds: float) -> tuple[float, list[float]]:
    took: list[float] = []
    end = time.monotonic() + seconds

    def loop() -> None:
        while (began := time.monotonic()) < end:
            work()
            took.append(time.monotonic() - began)

    threads = [threading.Thread(target=loop) for _ in range(_THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return len(took) / seconds, took
