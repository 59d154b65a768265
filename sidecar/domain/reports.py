"""What the world reports to us, as values: the shape in which every vendor's webhook reaches the engine.

A channel reads its vendor's post into one of these; the engine records it. Times
are UTC, phones E.164 (or the raw text where a caller hid the number).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from datetime import datetime

Outcome = Literal["human_answered", "booked", "transferred", "not_now", "converted", "complained", "opted_out"]

DialStatus = Literal["completed", "answered", "busy", "no-answer", "failed", "canceled"]


@dataclass(frozen=True, slots=True)
class CallReport:
    """One thing that we learnt about one inbound call. Several of them, in any order, make up a call.

    Fields that this report says nothing about are ``None``; what was learnt before stands.
    """

    call_id: str
    """The provider's id of the parent call (Twilio ``CallSid``), or the phone system's own."""
    provider: str
    """``twilio``, or the name another phone system gives itself."""
    at: datetime
    to: str | None = None
    """The business's number that was called."""
    caller: str | None = None
    """As reported: E.164, or ``anonymous`` and its like."""
    forwarded_from: str | None = None
    caller_name: str | None = None
    status: str | None = None
    """Of the parent: queued, ringing, in-progress, completed, busy, no-answer, failed, canceled."""
    dial_status: DialStatus | None = None
    """Result of ``<Dial>``."""
    bridged: bool | None = None
    accepted: bool | None = None
    """A person pressed 1 on the whisper (True); the whisper ended without it (False)."""
    missed: bool | None = None
    """Our own shape: the phone system says itself whether the call was missed."""
    reason: str | None = None
    """Our own shape: why it was missed, in the words of design §2."""
    started_at: datetime | None = None
    ended_at: datetime | None = None
    ring_seconds: int | None = None
    variant: str | None = None
    """Our own shape: which words of the playbook fit."""


@dataclass(frozen=True, slots=True)
class MessageReport:
    """Somebody wrote to us."""

    message_id: str
    channel: Literal["sms", "email"]
    at: datetime
    to: str
    """The business's number or mailbox."""
    sender: str
    """E.164 or email address."""
    body: str
    vendor_intent: Literal["opt_out", "opt_in", "help"] | None = None
    """What the vendor itself made of it (Twilio Advanced Opt-Out's ``OptOutType``)."""
    vendor_answered: bool = False
    """The vendor has already confirmed to the person, so we must not do it again."""
    reply_token: str | None = None
    """Email: from the Reply-To address."""
    media: int = 0


@dataclass(frozen=True, slots=True)
class DeliveryReport:
    """What became of a touch. Reports come late, twice and out of order."""

    provider_id: str
    state: Literal["accepted", "sent", "delivered", "undelivered", "failed"]
    at: datetime
    touch_id: str | None = None
    code: str = ""
    opted_out: bool = False
    """Twilio 21610 learnt after the send."""
    not_textable: bool = False
    alert: str = ""
    """A sentence for the operator, where one must act."""
    hold: Literal["", "sender", "template"] = ""


@dataclass(frozen=True, slots=True)
class VoiceReport:
    """How a call that our agent placed is going or went."""

    provider_id: str
    stage: Literal["started", "ended", "analyzed"]
    at: datetime
    touch_id: str | None = None
    sequence_id: str | None = None
    reached: bool | None = None
    """A person was spoken to; ``None`` where this report cannot say."""
    outcome: Outcome | None = None
    reason: str = ""
    """The vendor's disconnection reason."""
    in_voicemail: bool | None = None
    duration_ms: int | None = None
    summary: str = ""
    said: tuple[str, ...] = ()
    """What the person said, utterance by utterance, where the vendor wrote it down. It is read, never kept."""
    alert: str = ""
    """A sentence for the operator, where one must act (no payment, number flagged as spam)."""


@dataclass(frozen=True, slots=True)
class SpokenStop:
    """Somebody said STOP to our agent, who tells us while they are still on the line."""

    provider_id: str
    """The vendor's id of the call."""
    touch_id: str | None = None
    phone: str | None = None
    """Who is on the line, for a call that no touch of ours placed; as the vendor writes it."""
    words: str = ""
    """What they said, as the agent heard it."""
