"""What the sandbox saw and did: every request, text, call, email and webhook, in order, safe for threads."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

Json = dict[str, Any]
"""A decoded JSON object or form: names to whatever the vendor put there."""

T = TypeVar("T")


@dataclass(slots=True)
class SeenRequest:
    """One request that reached the sandbox, recorded when it starts and completed when it is answered.

    ``at`` is the injected clock (UTC); ``received_monotonic`` and ``ended_monotonic`` are real seconds of
    ``time.monotonic`` for race tests. ``status`` is None while no answer was given (held, cut or reset).
    ``accepted`` says whether the vendor did what was asked, whatever the client got to hear of it.
    """

    vendor: str
    operation: str
    method: str
    path: str
    query: Mapping[str, str]
    body: Any
    headers: Mapping[str, str]
    at: datetime
    received_monotonic: float
    ended_monotonic: float | None = None
    status: int | None = None
    accepted: bool = False


@dataclass(frozen=True, slots=True)
class SentText:
    """An SMS that Twilio accepted from us. ``validity_period`` is in seconds, None where none was given."""

    sid: str
    to: str
    from_: str | None
    body: str
    at: datetime
    validity_period: int | None
    status_callback: str | None
    messaging_service_sid: str | None = None
    account_sid: str = ""
    received_monotonic: float = 0.0


@dataclass(frozen=True, slots=True)
class PlacedCall:
    """A phone call that Retell accepted from us."""

    call_id: str
    to: str
    from_: str
    agent_id: str
    at: datetime
    metadata: Mapping[str, Any]
    dynamic_variables: Mapping[str, str]
    received_monotonic: float = 0.0


@dataclass(frozen=True, slots=True)
class SentEmail:
    """An email that the SMTP server accepted. ``headers`` keeps the names as written; bodies are decoded."""

    to: tuple[str, ...]
    from_: str
    subject: str
    text: str
    html: str
    headers: Mapping[str, str]
    envelope_from: str
    envelope_to: tuple[str, ...]
    at: datetime
    raw: bytes = b""
    received_monotonic: float = 0.0


@dataclass(frozen=True, slots=True)
class ReceivedHook:
    """A POST that came to the generic receiver (``/hooks/…``, ``/webhook-waiting/…``)."""

    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: Any
    raw: bytes
    at: datetime
    status: int | None
    received_monotonic: float = 0.0


@dataclass(frozen=True, slots=True)
class PostedWebhook:
    """A webhook that the sandbox posted to us as a vendor. ``status`` 0 means that nobody answered."""

    vendor: str
    event: str
    url: str
    body: Any
    status: int
    at: datetime


@dataclass(slots=True)
class Ledgers:
    """The lists behind `Journal`; replaced as a whole by a reset."""

    requests: list[SeenRequest] = field(default_factory=list)
    texts: list[SentText] = field(default_factory=list)
    calls_placed: list[PlacedCall] = field(default_factory=list)
    emails: list[SentEmail] = field(default_factory=list)
    received: list[ReceivedHook] = field(default_factory=list)
    webhooks: list[PostedWebhook] = field(default_factory=list)


class Journal:
    """The append-only record of one sandbox, with a condition on which tests wait."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        """``now`` gives the injected time, aware UTC."""
        self.now = now
        self._changed = threading.Condition()
        self._version = 0
        self._ledgers = Ledgers()

    def begin(
        self,
        vendor: str,
        operation: str,
        *,
        method: str,
        path: str,
        body: object,
        query: Mapping[str, str] = MappingProxyType({}),
        headers: Mapping[str, str] = MappingProxyType({}),
    ) -> SeenRequest:
        """Record a request that has just arrived, before anything is decided about it."""
        seen = SeenRequest(vendor, operation, method, path, query, body, headers, self.now(), time.monotonic())
        with self._changed:
            self._ledgers.requests.append(seen)
            self._bump()
        return seen

    def end(self, seen: SeenRequest, status: int | None) -> None:
        """Complete a request: its answer's status, or None where the connection was cut."""
        with self._changed:
            seen.status = status
            seen.ended_monotonic = time.monotonic()
            self._bump()

    def accept(self, seen: SeenRequest) -> None:
        """Note that the vendor did what this request asked, even if its answer never arrives."""
        with self._changed:
            seen.accepted = True
            self._bump()

    def note(self, item: SentText | PlacedCall | SentEmail | ReceivedHook | PostedWebhook) -> None:
        """Append one finished fact to the list of its kind."""
        with self._changed:
            ledgers = self._ledgers
            if isinstance(item, SentText):
                ledgers.texts.append(item)
            elif isinstance(item, PlacedCall):
                ledgers.calls_placed.append(item)
            elif isinstance(item, SentEmail):
                ledgers.emails.append(item)
            elif isinstance(item, ReceivedHook):
                ledgers.received.append(item)
            else:
                ledgers.webhooks.append(item)
            self._bump()

    def read(self) -> Ledgers:
        """Copies of all lists as they are now; nothing that is added later appears in them."""
        with self._changed:
            ledgers = self._ledgers
            return replace(
                ledgers,
                requests=list(ledgers.requests),
                texts=list(ledgers.texts),
                calls_placed=list(ledgers.calls_placed),
                emails=list(ledgers.emails),
                received=list(ledgers.received),
                webhooks=list(ledgers.webhooks),
            )

    def requests(self, vendor: str | None = None, operation: str | None = None) -> list[SeenRequest]:
        """The recorded requests, oldest first, narrowed by vendor and operation."""
        with self._changed:
            return [
                seen
                for seen in self._ledgers.requests
                if vendor in (None, seen.vendor) and operation in (None, seen.operation)
            ]

    def clear(self) -> None:
        """Forget everything that was recorded."""
        with self._changed:
            self._ledgers = Ledgers()
            self._bump()

    def wait_for(self, predicate: Callable[[], T], timeout: float) -> T:
        """Wait until ``predicate()`` is true and return what it gave; it is asked again after every change.

        The predicate runs without any lock held, so it may ask the system under test over HTTP.
        Raises `TimeoutError` with a count of what was seen once ``timeout`` seconds have passed.
        """
        deadline = time.monotonic() + timeout
        while True:
            with self._changed:
                version = self._version
            answer = predicate()
            if answer:
                return answer
            with self._changed:
                while self._version == version:
                    left = deadline - time.monotonic()
                    if left <= 0 or not self._changed.wait(left):
                        raise TimeoutError(self._sight(timeout))

    def touch(self) -> None:
        """Wake those who wait: something changed that is not in the lists (a queue ran empty)."""
        with self._changed:
            self._bump()

    def _bump(self) -> None:
        self._version += 1
        self._changed.notify_all()

    def _sight(self, timeout: float) -> str:
        ledgers = self._ledgers
        operations: dict[str, int] = {}
        for seen in ledgers.requests:
            key = f"{seen.vendor} {seen.operation} -> {seen.status}"
            operations[key] = operations.get(key, 0) + 1
        return (
            f"not seen within {timeout} s; texts {len(ledgers.texts)}, calls {len(ledgers.calls_placed)}, "
            f"emails {len(ledgers.emails)}, received {len(ledgers.received)}, requests {operations}"
        )
