"""Posts webhooks to the system under test as the vendors do, at once or from a background thread."""

from __future__ import annotations

import http.client
import itertools
import json
import queue
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from sidecar.sandbox.record import PostedWebhook

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sidecar.sandbox.record import Journal

_WORKERS = 4


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """The answer to a webhook. ``status`` 0 means that nobody answered; ``text`` then says why."""

    status: int
    text: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        """Whether it was a 2xx."""
        return 200 <= self.status < 300  # noqa: PLR2004 - the 2xx class

    def json(self) -> Any:
        """The body as JSON. Raises `ValueError` where it is none."""
        return json.loads(self.text)


class Poster:
    """Makes the vendors' requests to us, over connections that are kept alive."""

    def __init__(self, journal: Journal, *, timeout: float = 15.0) -> None:
        """``timeout`` in seconds is what a vendor waits for an answer (Twilio 15, Retell 10)."""
        self._journal = journal
        self._timeout = timeout
        self._idle: dict[str, list[http.client.HTTPConnection]] = {}
        self._stopped = False
        self._queues: list[queue.SimpleQueue[Callable[[], None] | None]] = []
        self._next_queue = itertools.count()
        self._lock = threading.Lock()
        self._pending = 0

    def post(
        self,
        vendor: str,
        event: str,
        url: str,
        *,
        raw: bytes,
        headers: Mapping[str, str],
        body: object,
        shown_url: str | None = None,
    ) -> HttpAnswer:
        """POST ``raw`` to ``url`` and record it (with ``shown_url``, the public one, where they differ)."""
        answer = self._exchange(url, raw, headers)
        self._journal.note(PostedWebhook(vendor, event, shown_url or url, body, answer.status, self._journal.now()))
        return answer

    def later(self, job: Callable[[], None]) -> None:
        """Run ``job`` in the background. Jobs run beside one another; what belongs in order is one job."""
        with self._lock:
            self._pending += 1
            if not self._queues:
                self._start_workers()
            lane = self._queues[next(self._next_queue) % len(self._queues)]
        lane.put(job)

    @property
    def idle(self) -> bool:
        """Whether no background post is waiting or under way."""
        with self._lock:
            return self._pending == 0

    def stop(self) -> None:
        """Let the background threads end after what they are doing, and close idle connections."""
        with self._lock:
            self._stopped = True
            lanes, self._queues = self._queues, []
            idle = [connection for stack in self._idle.values() for connection in stack]
            self._idle.clear()
        for connection in idle:
            connection.close()
        for lane in lanes:
            lane.put(None)

    def _start_workers(self) -> None:
        for number in range(_WORKERS):
            lane: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
            self._queues.append(lane)
            threading.Thread(target=self._work, args=(lane,), name=f"sandbox-post-{number}", daemon=True).start()

    def _work(self, lane: queue.SimpleQueue[Callable[[], None] | None]) -> None:
        while (job := lane.get()) is not None:
            try:
                job()
            finally:
                with self._lock:
                    self._pending -= 1
                self._journal.touch()

    def _exchange(self, url: str, raw: bytes, headers: Mapping[str, str]) -> HttpAnswer:
        parts = urlsplit(url)
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        while True:
            connection, fresh = self._connection(parts.scheme, parts.netloc)
            try:
                connection.request("POST", target, body=raw, headers=dict(headers))
                response = connection.getresponse()
                text = response.read().decode("utf-8", "replace")
            except (OSError, http.client.HTTPException) as problem:
                connection.close()
                if not fresh and not isinstance(problem, TimeoutError):
                    # The server closed the kept connection meanwhile: that is no answer to this request.
                    continue
                return HttpAnswer(0, f"{type(problem).__name__}: {problem}")
            self._keep(parts.netloc, connection)
            return HttpAnswer(response.status, text, {k.lower(): v for k, v in response.getheaders()})

    def _connection(self, scheme: str, netloc: str) -> tuple[http.client.HTTPConnection, bool]:
        with self._lock:
            idle = self._idle.get(netloc)
            if idle:
                return idle.pop(), False
        kind = http.client.HTTPSConnection if scheme == "https" else http.client.HTTPConnection
        return kind(netloc, timeout=self._timeout), True

    def _keep(self, netloc: str, connection: http.client.HTTPConnection) -> None:
        with self._lock:
            if not self._stopped and connection.sock is not None:
                self._idle.setdefault(netloc, []).append(connection)
                return
        connection.close()
