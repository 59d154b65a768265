"""Who plays: callers whose numbers belong to nobody."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Caller:
    """A caller of the demo, and what the CRM holds of them."""

    phone: str
    first: str = ""
    last: str = ""
    email: str | None = None
    """``None``: the CRM does not know them at all."""
    deal_stage: str | None = None
    picks_up: str = "voicemail_reached"
    """How the agent's callback ends: a Retell disconnection reason."""

    @property
    def called(self) -> str:
        """The name that the audience reads."""
        return f"{self.first} {self.last}" if self.first else "Somebody"

    @property
    def short(self) -> str:
        """The first name, or what stands for it."""
        return self.first or "the caller"


MAYA = Caller("+447700900142", "Maya", "Osei", "maya@example.com", "Quote sent")
MAYA_AWAY = Caller("+447700900142", "Maya", "Osei", "maya@example.com", "Quote sent", "dial_no_answer")
NOBODY = Caller("+447700900177")
