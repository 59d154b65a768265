"""What bounds a look-up: a deadline across its requests, a rate for searches, a cache that forgets."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

Key = TypeVar("Key")
Value = TypeVar("Value")


class Deadline:
    """So many seconds from now, shared by every request of one piece of work."""

    __slots__ = ("_ends", "_timer")

    def __init__(self, seconds: float, timer: Callable[[], float]) -> None:
        """``timer`` counts real seconds: what it bounds is somebody else's network."""
        self._timer = timer
        self._ends = timer() + seconds

    def remaining(self) -> float:
        """Seconds that are left, never below nought."""
        return max(0.0, self._ends - self._timer())


class SearchRate:
    """At most so many searches a second with one token (HubSpot: about five, so we take four).

    A caller is told how long to wait for its turn, or is refused at once when that is longer than its
    patience: a queue in front of a two-second budget would only make everybody late.
    """

    def __init__(self, per_second: float, burst: int, timer: Callable[[], float]) -> None:
        """``burst`` searches may go at once after a quiet second."""
        self._interval = 1.0 / per_second
        self._allowance = (burst - 1) * self._interval
        self._timer = timer
        self._lock = threading.Lock()
        self._next = float("-inf")
        self._paused_until = float("-inf")

    def reserve(self, patience: float) -> float | None:
        """Seconds to wait before searching (0 = now), or ``None``: no turn comes within ``patience``."""
        with self._lock:
            now = self._timer()
            start = max(now, self._next - self._allowance, self._paused_until)
            if start - now > patience:
                return None
            self._next = max(self._next, start) + self._interval
            return start - now

    def pause(self, seconds: float) -> None:
        """HubSpot answered 429: nobody searches for so long."""
        with self._lock:
            self._paused_until = max(self._paused_until, self._timer() + seconds)


class TtlCache(Generic[Key, Value]):
    """Answers that are kept for a while, the oldest dropped first when there are too many. Thread-safe."""

    def __init__(self, size: int, monotonic: Callable[[], float]) -> None:
        """``monotonic`` is the injected clock, so that a demo that runs fast also forgets fast."""
        self._size = size
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._kept: OrderedDict[Key, tuple[float, float, Value]] = OrderedDict()

    def get(self, key: Key) -> tuple[Value] | None:
        """The answer in a tuple of one, or ``None`` where none is kept (an answer may itself be ``None``)."""
        with self._lock:
            kept = self._kept.get(key)
            if kept is None:
                return None
            since, until, value = kept
            if not since <= self._monotonic() < until:  # a clock that was put back makes nothing fresh again
                del self._kept[key]
                return None
            return (value,)

    def put(self, key: Key, value: Value, seconds: float) -> None:
        """Keep an answer for so many seconds."""
        with self._lock:
            now = self._monotonic()
            self._kept[key] = (now, now + seconds, value)
            self._kept.move_to_end(key)
            while len(self._kept) > self._size:
                self._kept.popitem(last=False)

    def drop(self, unwanted: Callable[[Key, Value], bool]) -> None:
        """Forget every answer for which ``unwanted`` is true."""
        with self._lock:
            for key in [key for key, (_, _, value) in self._kept.items() if unwanted(key, value)]:
                del self._kept[key]

    def __len__(self) -> int:
        """How many answers are kept, stale ones among them."""
        return len(self._kept)
