"""A clock that stands still until a test turns it."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from typing import Final


class ManualClock:
    """Shows the time it was set to; safe to turn from one thread while others look.

    `real_seconds_until` is 0 as soon as the time has come; before, it is the plain difference, and
    `longest_wait` makes whoever armed a timer look again at once, so that `advance` wakes real threads.
    """

    longest_wait: Final = 0.005

    def __init__(self, start: datetime = datetime(2026, 11, 18, 10, 0, tzinfo=UTC)) -> None:
        """Start at `start` (aware); by default a Wednesday morning in London and at night in New York."""
        self._lock = threading.Lock()
        self._now = _utc(start)

    def now(self) -> datetime:
        with self._lock:
            return self._now

    def real_seconds_until(self, when: datetime) -> float:
        return max(0.0, (when - self.now()).total_seconds())

    def set(self, when: datetime) -> datetime:
        """Show `when` (aware), earlier or later, and return it."""
        with self._lock:
            self._now = _utc(when)
            return self._now

    def advance(self, step: timedelta | None = None, **units: float) -> datetime:
        """Turn on by a timedelta or by its words (`advance(minutes=3)`), and return the new time."""
        with self._lock:
            self._now += (step or timedelta()) + timedelta(**units)
            return self._now


def _utc(when: datetime) -> datetime:
    if when.tzinfo is None:
        raise ValueError(f"{when.isoformat()} has no time zone.")
    return when.astimezone(UTC)
