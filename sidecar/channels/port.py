"""The one interface that every channel implements, and the one error type it may raise.

The error carries the retry decision, so that the runner needs no table of
exceptions: a channel knows its vendor, the runner knows only these words.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime, timedelta

    from sidecar.config.business import Business

DeliveryState = Literal["accepted", "sent", "delivered", "undelivered", "failed"]


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One touch, ready to leave: everything that a channel needs and nothing it has to look up."""

    business: Business
    touch_id: str
    sequence_id: str
    step: str
    attempt: int
    to: str
    """E.164 or an email address."""
    sender: str
    """E.164, an email address, or '' where the channel has one sender only."""
    body: str
    """Rendered text; for voice the agent's opening context is in ``variables`` instead."""
    subject: str = ""
    variables: Mapping[str, str] = field(default_factory=dict)
    """Voice: dynamic variables (string to string only)."""
    agent: str | None = None
    """Voice: name of the agent script (``sidecar/agents/<name>.yaml``)."""
    validity: timedelta | None = None
    """SMS: not delivered within this, not at all (Twilio ``ValidityPeriod``)."""
    unsubscribe_url: str | None = None
    reply_token: str | None = None
    """Email: goes into Reply-To, so that an answer finds its sequence."""
    status_url: str | None = None
    """Where the vendor reports what became of it; carries the touch id."""
    intended_at: datetime | None = None
    """When the intent was committed (UTC); ``find`` looks no further back than a little before it."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """The provider has taken the touch."""

    provider_id: str
    state: DeliveryState = "accepted"


class Fault(StrEnum):
    """What a failed send means for the step."""

    NOT_SENT = "not_sent"
    """Certainly not sent: plan it again after ``retry_after``."""
    DOUBTFUL = "doubtful"
    """Perhaps sent: ask with ``find`` before anything is retried."""
    REFUSED = "refused"
    """Certainly not sent, and trying again will not help."""


class Effect(StrEnum):
    """What else the vendor's answer tells us, beyond this one touch."""

    NONE = "none"
    OPTED_OUT = "opted_out"
    """The person opted out at the vendor (Twilio 21610): suppress on every channel."""
    NOT_TEXTABLE = "not_textable"
    """The number takes no texts (21614, 30006): remember it."""
    INVALID = "invalid"
    """The address does not exist (21211): nothing on it will ever arrive."""
    HOLD_SENDER = "hold_sender"
    """The sender is not registered or not allowed (30034, 30032): alert, use it no more."""
    HOLD_TEMPLATE = "hold_template"
    """The words were filtered (30007): alert, hold the template."""
    ALERT = "alert"
    """An operator must act (21408, 30450, no valid payment)."""


class ChannelError(Exception):
    """A touch was not, or perhaps not, sent."""

    def __init__(
        self,
        message: str,
        *,
        fault: Fault,
        code: str = "",
        retry_after: timedelta | None = None,
        effect: Effect = Effect.NONE,
        remedy: str = "",
    ) -> None:
        super().__init__(message)
        self.fault = fault
        self.code = code[:32]
        """The vendor's code, e.g. ``21610``, ``http_503``, ``timeout``."""
        self.retry_after = retry_after
        self.effect = effect
        self.remedy = remedy
        """What a person should do about it, in a sentence."""


class Found(StrEnum):
    """The answer to "did that touch ever reach you?"."""

    YES = "yes"
    NO = "no"
    CANNOT_TELL = "cannot_tell"
    """Nobody can be asked (SMTP), or the provider did not answer."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What ``find`` learnt."""

    found: Found
    accepted: Accepted | None = None


class Channel(Protocol):
    """A way to reach a person. ``send`` is called once for each intent and never retried by any layer."""

    @property
    def name(self) -> str:
        """``sms``, ``voice``, ``email``."""
        ...

    @property
    def longest_send(self) -> timedelta:
        """Upper bound of one ``send`` (connect and read timeouts together); the contact's lease outlasts it."""
        ...

    def send(self, touch: Outgoing) -> Accepted:
        """Hand the touch to the provider; raises :class:`ChannelError`."""
        ...

    def find(self, touch: Outgoing) -> Finding:
        """Ask the provider whether this very touch reached it. Reads only; never raises for a vendor's fault."""
        ...

    def stop(self, business: Business, provider_id: str) -> bool:
        """Call back what is still under way (a ringing call); False where that cannot be done."""
        ...
