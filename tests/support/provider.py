"""A provider without a wire: every channel's other side in this process, scripted fault by fault.

It keeps what reached it, touch by touch, as a real one would, so that `find` can be asked, and it can end the
sending process in the middle of a request (`Killed`): the sender's thread never hears what became of it.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Final, Literal

from sidecar.channels.port import Accepted, ChannelError, Effect, Fault, Finding, Found

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from sidecar.app import Sidecar
    from sidecar.channels.port import Outgoing
    from sidecar.config.business import Business

Behaviour = Literal[
    "accept",
    "busy",  # 429: certainly not sent, come back later
    "down",  # the connection was refused: certainly not sent
    "refuse",  # certainly not sent, and never will be
    "opted_out",  # Twilio 21610
    "lose",  # no answer, and it never arrived
    "accept_then_lose",  # it arrived, the answer did not
    "killed_before",  # our process dies before the request has left
    "killed_after",  # our process dies before it hears that the touch was taken
]
BEHAVIOURS: Final[tuple[Behaviour, ...]] = (
    "accept", "busy", "down", "refuse", "opted_out", "lose", "accept_then_lose", "killed_before", "killed_after",
)  # fmt: skip


class Killed(BaseException):
    """Our process ends here, as by kill -9: nobody may catch it but the test."""


@dataclass(frozen=True, slots=True)
class Request:
    """One request to the provider, noted when it started."""

    touch_id: str
    business_id: str
    sequence_id: str
    step: str
    channel: str
    to: str
    sender: str
    at: datetime
    """By the injected clock."""
    begun: float
    """`time.monotonic()` at the start of the request."""
    accepted: bool = False


class Provider:
    """What every channel talks to. Thread-safe."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self.now = now
        self.requests: list[Request] = []
        self.script: deque[Behaviour] = deque()
        """What the next requests meet; `accept` when it is empty."""
        self.watch: Callable[[Request], None] = lambda _request: None
        """Told of each request as it starts."""
        self.hold: Callable[[Request], None] = lambda _request: None
        """Blocks a request for as long as the test likes, after it has started."""
        self.stopped: list[str] = []
        """Provider's ids of the calls that were called back."""
        self.answering: Behaviour = "accept"
        """What the request that is being watched will be answered (one thread only)."""
        self._accepted: dict[str, Accepted] = {}
        self._lock = threading.Lock()

    def reset(self) -> None:
        """Forget everything."""
        with self._lock:
            self.requests.clear()
            self.script.clear()
            self.stopped.clear()
            self._accepted.clear()

    def has(self, touch_id: str) -> bool:
        """Whether that touch arrived."""
        return touch_id in self._accepted

    def accepted(self) -> list[Request]:
        """The requests that were taken."""
        with self._lock:
            return [replace(seen, accepted=True) for seen in self.requests if seen.touch_id in self._accepted]

    def take(self, channel: str, touch: Outgoing) -> Accepted:
        """One request: noted, held, then answered as the script says."""
        request = Request(
            touch.touch_id, touch.business.id, touch.sequence_id, touch.step, channel, touch.to, touch.sender,
            self.now(), time.monotonic(),
        )  # fmt: skip
        with self._lock:
            behaviour: Behaviour = self.script.popleft() if self.script else "accept"
            if behaviour == "killed_before":
                raise Killed
            self.requests.append(request)
            self.answering = behaviour
        self.watch(request)
        self.hold(request)
        return self._answer(behaviour, touch.touch_id)

    def _answer(self, behaviour: Behaviour, touch_id: str) -> Accepted:
        taken = Accepted(f"P{touch_id}")
        if behaviour in ("accept", "accept_then_lose", "killed_after"):
            with self._lock:
                self._accepted[touch_id] = taken
        if behaviour == "accept":
            return taken
        if behaviour == "killed_after":
            raise Killed
        error = _ERRORS[behaviour]()
        raise error

    def find(self, touch_id: str) -> Finding:
        """Whether that touch reached us."""
        taken = self._accepted.get(touch_id)
        return Finding(Found.NO) if taken is None else Finding(Found.YES, taken)


_ERRORS: Final[dict[Behaviour, Callable[[], ChannelError]]] = {
    "busy": lambda: ChannelError("slow down", fault=Fault.NOT_SENT, code="429", retry_after=timedelta(seconds=7)),
    "down": lambda: ChannelError("refused", fault=Fault.NOT_SENT, code="http_503"),
    "refuse": lambda: ChannelError("no", fault=Fault.REFUSED, code="30007"),
    "opted_out": lambda: ChannelError("they said STOP", fault=Fault.REFUSED, code="21610", effect=Effect.OPTED_OUT),
    "lose": lambda: ChannelError("no answer", fault=Fault.DOUBTFUL, code="timeout"),
    "accept_then_lose": lambda: ChannelError("no answer", fault=Fault.DOUBTFUL, code="timeout"),
}


class FakeChannel:
    """One channel of the provider: `channels.port.Channel`."""

    def __init__(self, name: str, provider: Provider, longest: timedelta = timedelta(seconds=15)) -> None:
        self.name = name
        self.longest_send = longest
        self._provider = provider

    def send(self, touch: Outgoing) -> Accepted:
        return self._provider.take(self.name, touch)

    def find(self, touch: Outgoing) -> Finding:
        if self.name == "email":  # nobody can be asked, as with SMTP
            return Finding(Found.CANNOT_TELL)
        return self._provider.find(touch.touch_id)

    def stop(self, business: Business, provider_id: str) -> bool:
        del business
        self._provider.stopped.append(provider_id)
        return True


class FakeDesk:
    """The staff's desk: keeps the subjects of what it was told."""

    def __init__(self) -> None:
        self.alerts: list[str] = []

    def alert(self, _business: Business, _place: object, subject: str, _body: str, **_told: object) -> Accepted:
        self.alerts.append(subject)
        return Accepted(f"S{len(self.alerts)}")

    def find(self, *_alert: object, **_told: object) -> Finding:
        return Finding(Found.CANNOT_TELL)


def plug_in(sidecar: Sidecar, provider: Provider, longest: timedelta = timedelta(seconds=15)) -> FakeDesk:
    """Put the provider behind every channel of a sidecar, and a desk of our own behind its staff alerts."""
    fakes = {name: FakeChannel(name, provider, longest) for name in ("sms", "voice", "email")}
    channels = sidecar.runner._sender._channels
    assert channels is sidecar.reconcile._channels
    channels.update(fakes)  # type: ignore[attr-defined]
    sidecar.runner._warm = {}
    desk = FakeDesk()
    sidecar.deliveries._desk = desk  # type: ignore[assignment]
    sidecar.deliveries._voice = fakes["voice"]
    return desk
