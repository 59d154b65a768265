"""A scheduler that is stopped while it hands out a job that runs once loses no thread over it."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.schedulers.base import STATE_STOPPED
from apscheduler.triggers.date import DateTrigger

from sidecar.engine import timers

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest

BOUND = 10.0


class _Watched(BackgroundScheduler):  # type: ignore[misc]  # APScheduler has no types
    """Says when its end has begun, whichever way it is ended."""

    ending = threading.Event()

    def remove_all_jobs(self, jobstore: str | None = None) -> None:
        self.ending.set()
        super().remove_all_jobs(jobstore)

    def shutdown(self, wait: bool = True) -> None:
        self.ending.set()
        super().shutdown(wait)


class _Once(DateTrigger):  # type: ignore[misc]  # APScheduler has no types
    """Runs once; asked whether it runs again, it answers when the end of its scheduler is under way."""

    def __init__(self, scheduler: _Watched, run_date: datetime) -> None:
        super().__init__(run_date)
        self.scheduler = scheduler
        self.handing_out = threading.Event()

    def get_next_fire_time(self, previous: datetime | None, now: datetime) -> datetime | None:
        if previous is not None:
            self.handing_out.set()
            self.scheduler.ending.wait(BOUND)
            # The thread that ends it is between its first line and the lock that we hold; give it time to say so.
            deadline = time.monotonic() + 0.2
            while self.scheduler.state != STATE_STOPPED and time.monotonic() < deadline:
                pass
        found: datetime | None = super().get_next_fire_time(previous, now)
        return found


def _shut_down(scheduler: BackgroundScheduler) -> None:
    scheduler.shutdown(wait=False)


def _died_of(end: Callable[[BackgroundScheduler], None], monkeypatch: pytest.MonkeyPatch) -> list[str]:
    died: list[str] = []
    monkeypatch.setattr(threading, "excepthook", lambda args: died.append(args.exc_type.__name__))
    scheduler = _Watched(timezone="UTC", job_defaults={"misfire_grace_time": None})
    scheduler.ending = threading.Event()
    once = _Once(scheduler, datetime.now(UTC))  # noqa: TID251 - APScheduler counts in the machine's time
    scheduler.start()
    scheduler.add_job(lambda: None, once)
    assert once.handing_out.wait(BOUND)
    end(scheduler)
    return died


def test_no_thread_dies_of_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    assert _died_of(timers.end, monkeypatch) == []


def test_without_care_one_would(monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: should APScheduler mend it, `timers` can go."""
    assert _died_of(_shut_down, monkeypatch) == ["JobLookupError"]


def test_one_that_never_began_is_left_alone() -> None:
    timers.end(BackgroundScheduler(timezone="UTC"))
