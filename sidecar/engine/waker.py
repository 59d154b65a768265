"""The waker: the step row is the timer, APScheduler only rings the bell.

One ``date`` job is armed to the earliest due row of any kind, and a sweep looks
again every half minute (sooner where the clock can be moved). A bell that rings
too early, too late or twice does no harm: what is due is what the rows say.
"""

from __future__ import annotations

import threading
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import structlog
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.date import DateTrigger

from sidecar.engine import timers

if TYPE_CHECKING:
    from collections.abc import Callable

    from sidecar.clock import Clock

log = structlog.get_logger(__name__)

SOON = timedelta(milliseconds=5)
"""Due this soon is due now: cheaper than arming a timer for it."""


class Waker:
    """Runs ``work`` when something is due. ``work`` carries out what is due and says what is due next."""

    def __init__(self, clock: Clock, work: Callable[[], datetime | None]) -> None:
        self._clock = clock
        self._work = work
        self._scheduler = BackgroundScheduler(timezone="UTC", job_defaults={"misfire_grace_time": None})
        self._rung = threading.Event()
        self._stopping = False
        self._armed: datetime | None = None
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._loop, name="waker", daemon=True)

    def start(self) -> None:
        """Begin; what became due while nobody ran is found at once."""
        self._scheduler.start()
        self._scheduler.add_job(self.ring, "interval", seconds=self._clock.longest_wait, id="sweep")
        self._thread.start()
        self.ring()

    def ring(self) -> None:
        """Something may be due now."""
        self._rung.set()

    def due(self, moments: list[datetime]) -> None:
        """A commit wrote these due times: be there at the earliest."""
        earliest = min(moments)
        if earliest <= self._clock.now() + SOON:
            self.ring()
        else:
            self._arm(earliest)

    def stop(self) -> None:
        """Ring no more; it may never have begun."""
        with self._lock:
            self._stopping = True
        self.ring()
        if self._thread.is_alive():
            self._thread.join(timeout=10)
        timers.end(self._scheduler)

    def _loop(self) -> None:
        while True:
            # Never for longer than the sweep's own time: should APScheduler's thread die, due work still goes out.
            self._rung.wait(max(1.0, self._clock.longest_wait))
            self._rung.clear()
            if self._stopping:
                return
            try:
                upcoming = self._work()
            except Exception:
                log.exception("what was due could not be taken; the sweep tries again")
                continue
            if upcoming is not None:
                self.due([upcoming])

    def _arm(self, moment: datetime) -> None:
        with self._lock:
            if self._stopping:
                return  # a commit of the last moment: who starts next finds it
            if self._armed is not None and self._clock.now() < self._armed <= moment:
                return
            self._armed = moment
            seconds = min(self._clock.real_seconds_until(moment), self._clock.longest_wait)
            # APScheduler counts in the machine's time, whatever clock we live by.
            run_at = datetime.now(self._scheduler.timezone) + timedelta(seconds=seconds)  # noqa: TID251
            self._scheduler.add_job(self.ring, DateTrigger(run_at), id="bell", replace_existing=True)
