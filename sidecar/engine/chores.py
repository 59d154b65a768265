"""Chores: what is done every so often by the injected clock, each in a thread of APScheduler's."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import structlog
from apscheduler.schedulers.background import BackgroundScheduler

from sidecar.engine import timers

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime, timedelta

    from sidecar.clock import Clock

log = structlog.get_logger(__name__)

FINISH_SECONDS = 5.0


class Chores:
    """Runs each chore when its time has come, never twice at once, and the first time at the start."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._scheduler = BackgroundScheduler(timezone="UTC", job_defaults={"coalesce": True, "max_instances": 1})
        self._stopping = threading.Event()
        self._busy: list[threading.Lock] = []

    def every(self, interval: timedelta, chore: Callable[[], object], *, name: str) -> None:
        """Have ``chore`` done every ``interval`` of the injected clock."""
        next_at: datetime | None = None
        busy = threading.Lock()
        self._busy.append(busy)

        def look() -> None:
            nonlocal next_at
            if not busy.acquire(blocking=False):
                return  # the first look and the regular one have met
            try:
                now = self._clock.now()
                if self._stopping.is_set() or (next_at is not None and now < next_at):
                    return
                next_at = now + interval
                chore()
            except Exception:
                log.exception("chore failed; it is done again next time", chore=name)
            finally:
                busy.release()

        real = self._clock.real_seconds_until(self._clock.now() + interval)
        seconds = max(0.05, min(real, self._clock.longest_wait))
        self._scheduler.add_job(look, "interval", seconds=seconds, id=name)
        self._scheduler.add_job(look, id=f"{name}-first")

    def start(self) -> None:
        """Begin."""
        self._scheduler.start()

    def stop(self) -> None:
        """Begin nothing new; what is under way has a few seconds to finish."""
        self._stopping.set()
        timers.end(self._scheduler)
        for busy in self._busy:
            if busy.acquire(timeout=FINISH_SECONDS):
                busy.release()
