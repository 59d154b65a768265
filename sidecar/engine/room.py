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

    @property
    def full(self) -> bool:
        """More may be due than fits: ``on_room`` will be called."""
        return self._full

    def take(self) -> int:
        """Take all the room that there is; what is not used is given back."""
        with self._lock:
            left, self._left = self._left, 0
            self._full = left == 0
            return left

    def give_back(self, unused: int) -> None:
        """So much of what was taken was not needed; none left means that more may be due."""
        with self._lock:
            self._left += unused
            self._full = self._left == 0

    def free(self) -> None:
        """One of those who were in is done."""
        with self._lock:
            self._left += 1
            again = self._full and self._left >= self._worth_while
            if again:
                self._full = False
        if again:
            self.on_room()
