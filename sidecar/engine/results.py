"""What the engine answers to those who call it: values, and the errors that a caller can mend."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from datetime import datetime


class EngineError(Exception):
    """Something that the caller can mend. ``field`` points at the input, ``remedy`` says what to do."""

    def __init__(self, message: str, *, field: str = "", remedy: str = "") -> None:
        super().__init__(message)
        self.field = field
        self.remedy = remedy


class NotFound(EngineError):
    """There is no such sequence, step, claim, contact or message in this business."""


class Invalid(EngineError):
    """The input is well-formed but cannot be acted upon (a callback URL outside the allow-list, a bad phone)."""


class Conflict(EngineError):
    """The thing is in a state in which this cannot be done."""


@dataclass(frozen=True, slots=True)
class FlowRef:
    """The execution of a flow that reported a call and drives its sequence."""

    platform: Literal["n8n", "make"]
    execution_id: str = ""


CallDecision = Literal[
    "pending",
    "answered",
    "ignored",
    "opened",
    "folded",
    "superseded",
    "cooling_down",
    "too_late",
    "paused",
    "suppressed",
    "refused",
]


@dataclass(frozen=True, slots=True)
class CallResult:
    """What a report did."""

    call_id: str
    state: str
    reason: str
    decision: CallDecision
    contact_id: str | None = None
    sequence_id: str | None = None
    already: bool = False
    """This report told us nothing new."""


@dataclass(frozen=True, slots=True)
class MessageResult:
    """What a message did."""

    message_id: str
    intent: str
    contact_id: str | None
    """``None``: what wrote is no phone (a short code, a name), and nobody can be answered; nothing is kept."""
    sequence_id: str | None
    already: bool = False


RunOutcome = Literal["sent", "sending", "unknown", "deferred", "skipped", "failed", "closed"]


@dataclass(frozen=True, slots=True)
class RunResult:
    """What ``run`` answers (design §6)."""

    result: RunOutcome
    reason: str = ""
    until: datetime | None = None
    wake_by: datetime | None = None
    """Ask again by then at the latest, if the resume URL was not called before."""
    touch_id: str | None = None
    already: bool = False


@dataclass(frozen=True, slots=True)
class ClaimGranted:
    """A flow may send this one text by itself, before ``expires_at``."""

    claim_id: str
    touch_id: str
    channel: str
    to: str
    sender: str
    body: str
    subject: str
    status_url: str
    """Where the provider is to report what becomes of a text."""
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class ClaimRefused:
    """A flow may not send; ``until`` says when asking again is worth it, if it ever is."""

    reason: str
    until: datetime | None = None
    wake_by: datetime | None = None


@dataclass(frozen=True, slots=True)
class OutcomeResult:
    """What an outcome did."""

    outcome: str
    contact_id: str
    sequence_id: str | None
    state: str


@dataclass(frozen=True, slots=True)
class OptResult:
    """What an opt-out or opt-in did."""

    contact_id: str | None
    suppressed: bool
    changed: bool
    in_flight: tuple[str, ...] = ()
    """Touches whose request had begun before the STOP was committed."""


@dataclass(frozen=True, slots=True)
class LookResult:
    """``gate/check``: allowed now, and if not, when. A look, not a yes."""

    verdict: str
    reason: str
    gate: str
    until: datetime | None
