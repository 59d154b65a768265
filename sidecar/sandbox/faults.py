"""Faults on demand: what goes wrong with which operation, how often, and how it is let go again."""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass, replace
from typing import Literal, get_args

FaultKind = Literal["hang", "accept_then_hang", "status", "reset", "latency"]

ANY_OPERATION = "*"


@dataclass(frozen=True, slots=True)
class Fault:
    """One scripted misfortune.

    * ``hang``: the request is accepted on arrival, its answer is held ``seconds`` (None: until released).
    * ``accept_then_hang``: accepted, held likewise (0: not at all), then the connection is cut: no answer.
    * ``status``: refused with ``status`` in the vendor's shape (``code``, ``message``, ``retry_after``),
      after ``seconds``; nothing is accepted.
    * ``reset``: the connection is cut after ``seconds``; nothing is accepted.
    * ``latency``: every request of the operation takes ``seconds`` longer, until cleared.

    ``times`` None means until cleared.
    """

    kind: FaultKind
    times: int | None = 1
    seconds: float | None = None
    status: int = 500
    code: int | str | None = None
    message: str | None = None
    retry_after: int | None = None


class Faults:
    """The queue of faults by vendor and operation; ``*`` stands for every operation of a vendor."""

    def __init__(self) -> None:
        """Start with nothing wrong."""
        self._lock = threading.Lock()
        self._queues: dict[tuple[str, str], deque[Fault]] = {}
        self._latency: dict[tuple[str, str], float] = {}
        self._released = threading.Event()

    def add(self, vendor: str, operation: str, fault: Fault) -> None:
        """Queue a fault behind those already there. Raises `ValueError` for an unknown kind."""
        if fault.kind not in get_args(FaultKind):
            message = f"fault kind {fault.kind!r} is unknown; use one of {', '.join(get_args(FaultKind))}"
            raise ValueError(message)
        with self._lock:
            if fault.kind == "latency":
                self._latency[vendor, operation] = fault.seconds or 0.0
                return
            if fault.kind in ("hang", "accept_then_hang") and self._released.is_set():
                self._released = threading.Event()
            self._queues.setdefault((vendor, operation), deque()).append(fault)

    def take(self, vendor: str, operation: str) -> Fault | None:
        """The fault that this request meets, used up by one; the operation's own come before the vendor's."""
        if not self._queues:
            return None
        with self._lock:
            for key in ((vendor, operation), (vendor, ANY_OPERATION)):
                queue = self._queues.get(key)
                if not queue:
                    continue
                fault = queue[0]
                if fault.times is not None:
                    queue.popleft()
                    if fault.times > 1:
                        queue.appendleft(replace(fault, times=fault.times - 1))
                return fault
        return None

    def delay(self, vendor: str, operation: str) -> float:
        """Seconds of constant latency for this operation."""
        if not self._latency:
            return 0.0
        own = self._latency.get((vendor, operation))
        return own if own is not None else self._latency.get((vendor, ANY_OPERATION), 0.0)

    def hold(self, seconds: float | None) -> None:
        """Block the calling thread for ``seconds`` (None: until `release`), or shorter if released."""
        if seconds is None or seconds > 0:
            self._released.wait(seconds)

    def release(self) -> None:
        """Let every held request go on, and hold none until the next hanging fault is added."""
        self._released.set()

    def clear(self, vendor: str | None = None, operation: str | None = None) -> None:
        """Forget faults and latency, of one vendor or operation or all, and release what is held."""
        with self._lock:
            for table in (self._queues, self._latency):
                for key in [k for k in table if vendor in (None, k[0]) and operation in (None, k[1])]:
                    del table[key]
        self.release()
