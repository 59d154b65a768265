"""A generic webhook receiver (n8n's waits, a flow's event URL, a staff channel): it keeps what is posted."""

from __future__ import annotations

import fnmatch
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sidecar.sandbox.listener import Answer, Incoming, json_answer
from sidecar.sandbox.record import ReceivedHook

if TYPE_CHECKING:
    from sidecar.sandbox.faults import Fault
    from sidecar.sandbox.record import Journal, SeenRequest
    from sidecar.sandbox.vendor import Handler

PREFIXES = ("/hooks/", "/webhook-waiting/")


@dataclass(slots=True)
class _Reply:
    """What to answer on paths that match ``pattern``, ``times`` more times (None: always)."""

    pattern: str
    answer: Answer
    times: int | None


class Receiver:
    """Keeps posts and answers them as told; 200 with ``{}`` where nothing was told."""

    name = "receiver"

    def __init__(self, journal: Journal) -> None:
        """Start with no replies set."""
        self._journal = journal
        self._lock = threading.Lock()
        self._replies: list[_Reply] = []

    def reply(self, pattern: str, status: int, *, body: object = None, times: int | None = None) -> None:
        """Answer paths that match ``pattern`` (``*`` stands for anything) with ``status`` from now on."""
        with self._lock:
            self._replies.append(_Reply(pattern, json_answer(status, {} if body is None else body), times))

    def clear(self) -> None:
        """Forget the replies."""
        with self._lock:
            self._replies.clear()

    def route(self, incoming: Incoming) -> tuple[str, Handler]:
        """``hooks.post`` or ``waiting.post`` by the path's beginning."""
        return ("waiting.post" if incoming.path.startswith(PREFIXES[1]) else "hooks.post"), self._keep

    def refuse(self, fault: Fault) -> Answer:
        """A plain status, with the fault's message as the body."""
        return json_answer(fault.status, {"message": fault.message or ""})

    def _keep(self, incoming: Incoming, seen: SeenRequest) -> Answer:
        answer = self._answer(incoming.path)
        self._journal.note(
            ReceivedHook(
                path=incoming.path,
                query=incoming.query,
                headers=incoming.headers,
                body=incoming.body,
                raw=incoming.raw,
                at=seen.at,
                status=answer.status,
                received_monotonic=seen.received_monotonic,
            )
        )
        return answer

    def _answer(self, path: str) -> Answer:
        with self._lock:
            for reply in self._replies:
                if not fnmatch.fnmatchcase(path, reply.pattern):
                    continue
                if reply.times is not None:
                    reply.times -= 1
                    if reply.times <= 0:
                        self._replies.remove(reply)
                return reply.answer
        return json_answer(200, {})
