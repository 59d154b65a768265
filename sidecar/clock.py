"""The one place that reads the time.

Everything else takes `now` as an argument or is handed a `Clock`, so that tests skip time instead of sleeping
and the demo plays forty-five minutes in seconds. All times are aware and UTC.
"""

from __future__ import annotations

import math
import os
import tempfile
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Protocol, Self

_LONGEST_LINE: Final = 128
_ATTEMPTS: Final = 20


class Clock(Protocol):
    """What time it is, and how long to wait in real seconds for a time to come."""

    @property
    def longest_wait(self) -> float:
        """Real seconds after which a timer must look again: the clock may have been moved meanwhile."""
        ...

    def now(self) -> datetime:
        """The time, aware and UTC."""
        ...

    def real_seconds_until(self, when: datetime) -> float:
        """Real seconds from now to `when`, as the clock goes at this moment; 0 when it is past."""
        ...


class SystemClock:
    """The machine's clock. It may jump too (NTP, a suspended machine), hence `longest_wait`."""

    longest_wait: Final = 30.0

    def now(self) -> datetime:
        """The time, aware and UTC."""
        return datetime.now(UTC)  # noqa: TID251 - this is the place that the rule protects

    def real_seconds_until(self, when: datetime) -> float:
        """Real seconds from now to `when`; 0 when it is past."""
        return max(0.0, (when - self.now()).total_seconds())


@dataclass(frozen=True, slots=True)
class _Course:
    """How a virtual clock goes: at the second `real` it showed `virtual`; it runs `speed` times as fast."""

    real: float
    virtual: float
    speed: float

    def at(self, real: float) -> float:
        return self.virtual + (real - self.real) * self.speed

    def to_line(self) -> bytes:
        return f"{self.real!r} {self.virtual!r} {self.speed!r}\n".encode()

    @classmethod
    def from_line(cls, line: bytes) -> Self | None:
        """The course that a line tells, or None for anything else: a line cut short, an empty file."""
        if not line.endswith(b"\n"):
            return None
        try:
            real, virtual, speed = (float(word) for word in line.split())
        except ValueError:
            return None
        if not all(map(math.isfinite, (real, virtual, speed))) or speed <= 0:
            return None
        return cls(real, virtual, speed)


class FileClock:
    """A virtual clock that several processes share through a small file: the demo's.

    The file holds one line, `real_epoch virtual_epoch speed`. It is read at each call (some ten
    microseconds), so every process sees a jump at once; a timer armed before it does not, and looks again
    after `longest_wait`. One process at a time may write.
    """

    longest_wait: Final = 0.05

    def __init__(self, path: str | os.PathLike[str]) -> None:
        """Follow the clock in `path`, which must exist.

        Raises:
            ValueError: The file is missing or does not hold a clock.
        """
        self._path = Path(path)
        self._last: _Course | None = None
        self._course()

    @classmethod
    def create(cls, path: str | os.PathLike[str], start: datetime, speed: float = 1.0) -> Self:
        """Write a clock that shows `start` (aware) now and runs `speed` times as fast as real time.

        Raises:
            ValueError: `start` is naive, or `speed` is not a positive number.
        """
        _write(Path(path), _Course(_real(), _epoch(start), _checked(speed)))
        return cls(path)

    def now(self) -> datetime:
        """The virtual time, aware and UTC."""
        return datetime.fromtimestamp(self._course().at(_real()), UTC)

    def real_seconds_until(self, when: datetime) -> float:
        """Real seconds until the clock shows `when`, at its present speed; 0 when it is past."""
        course = self._course()
        return max(0.0, (_epoch(when) - course.at(_real())) / course.speed)

    def jump(self, to: datetime) -> None:
        """Show `to` (aware) from now on, at the same speed, in every process that follows the file."""
        _write(self._path, _Course(_real(), _epoch(to), self._course().speed))

    def set_speed(self, speed: float) -> None:
        """Run `speed` times as fast as real time from now on.

        Raises:
            ValueError: `speed` is not a positive number.
        """
        real = _real()
        _write(self._path, _Course(real, self._course().at(real), _checked(speed)))

    def _course(self) -> _Course:
        """What the file says; where another hand is still writing a line, the last good one stands."""
        for attempt in range(_ATTEMPTS):
            course = _read(self._path)
            if course is not None:
                self._last = course
                return course
            if self._last is not None:
                return self._last
            time.sleep(0.001 * attempt)
        raise ValueError(
            f"{self._path} holds no clock: expected one line of three numbers, real_epoch virtual_epoch "
            "speed. Remove the setting to use the machine's clock."
        )


def from_environment(path: str | None) -> Clock:
    """The clock that a process is told to follow: the file at `path`, else the machine's.

    Raises:
        ValueError: `path` is set and does not hold a clock.
    """
    return FileClock(path) if path else SystemClock()


def _real() -> float:
    return time.time()  # noqa: TID251 - this is the place that the rule protects


def _epoch(when: datetime) -> float:
    if when.tzinfo is None:
        raise ValueError(f"{when.isoformat()} has no time zone: times are aware and UTC.")
    return when.timestamp()


def _checked(speed: float) -> float:
    if not (math.isfinite(speed) and speed > 0):
        raise ValueError(f"A clock's speed is a positive number, not {speed!r}.")
    return float(speed)


def _read(path: Path) -> _Course | None:
    try:
        handle = os.open(path, os.O_RDONLY)
    except FileNotFoundError:
        return None
    try:
        return _Course.from_line(os.pread(handle, _LONGEST_LINE, 0))
    finally:
        os.close(handle)


def _write(path: Path, course: _Course) -> None:
    """Replace the file in one step, so that no reader sees half a line."""
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        os.write(handle, course.to_line())
    finally:
        os.close(handle)
    Path(temporary).replace(path)
