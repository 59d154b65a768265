"""What every vendor of the sandbox is to the listener, and the one way a request goes through it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from sidecar.sandbox.listener import Answer, Incoming
from sidecar.sandbox.record import SeenRequest

if TYPE_CHECKING:
    from sidecar.sandbox.faults import Fault, Faults
    from sidecar.sandbox.record import Journal

Handler = Callable[[Incoming, SeenRequest], Answer]
_REDIRECT = 300


class Vendor(Protocol):
    """One vendor's HTTP side."""

    name: str

    def route(self, incoming: Incoming) -> tuple[str, Handler]:
        """The operation's name (``messages.create``) and who answers it; unknown paths answer 404."""

    def refuse(self, fault: Fault) -> Answer:
        """The vendor-shaped error answer of a ``status`` fault."""


def serve(vendor: Vendor, incoming: Incoming, journal: Journal, faults: Faults) -> Answer | None:
    """Record a request, let its fault happen, answer it. None: cut the connection without an answer."""
    operation, handler = vendor.route(incoming)
    seen = journal.begin(
        vendor.name,
        operation,
        method=incoming.method,
        path=incoming.path,
        query=incoming.query,
        body=incoming.body,
        headers=incoming.headers,
    )
    delay = faults.delay(vendor.name, operation)
    if delay:
        # An event of its own: latency must not end when held requests are released.
        threading.Event().wait(delay)
    answer = _through_fault(handler, incoming, seen, journal, faults)
    if isinstance(answer, _Refusal):
        answer = vendor.refuse(answer.fault)
    journal.end(seen, answer.status if answer else None)
    return answer


class _Refusal:
    """The fault says that the vendor refuses."""

    def __init__(self, fault: Fault) -> None:
        self.fault = fault


def _through_fault(
    handler: Handler, incoming: Incoming, seen: SeenRequest, journal: Journal, faults: Faults
) -> Answer | _Refusal | None:
    fault = faults.take(seen.vendor, seen.operation)
    if fault is not None and fault.kind in ("status", "reset"):
        faults.hold(fault.seconds or 0)
        return _Refusal(fault) if fault.kind == "status" else None
    answer = handler(incoming, seen)
    if answer.status < _REDIRECT:
        journal.accept(seen)
    if fault is None:
        return answer
    faults.hold(fault.seconds)
    return None if fault.kind == "accept_then_hang" else answer
