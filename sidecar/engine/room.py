"""How much a pool of threads holds at once, and when it is worth looking for more.

What is due may be more than fits. Then the due times say "now" again and again, and who listened to them would
look without end while every thread is busy: so a pool that is full says itself when it has room.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


class Room:
    """Room for as many as a pool has threads, and as many waiting behind them."""

    def __init__(self, threads: int) -> None:
        self._worth_while = max(1, threads // 2)
        self._left = threads * 2
        self._full = False
        self._lock = threading.Lock()
        self.on_room: Callable[[], None] = lambda: None
        """Called when a full pool has room again; the waker puts itself here."""

    def take(self) -> int:
        """Take all the room that there is; what is not used is given back."""
        with self._lock:
            left, self._left = self._left, 0
            return left

    def give_back(self, unused: int) -> None:
        """So much of what was taken was not needed. None: more may be due than fits, and it is told when it does."""
        with self._lock:
            self._left += unused
            self._full = unused == 0
        self._tell()

    def free(self) -> None:
        """One of those who were in is done."""
        with self._lock:
            self._left += 1
        self._tell()

    def _tell(self) -> None:
        with self._lock:
            if not self._full or self._left < self._worth_while:
                return
            self._full = False
        self.on_room()
