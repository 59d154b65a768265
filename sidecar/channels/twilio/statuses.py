"""Twilio's words for where a message is, as ours."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sidecar.channels.port import DeliveryState

_STATES: dict[str, DeliveryState] = {
    "accepted": "accepted",
    "scheduled": "accepted",
    "queued": "accepted",
    "sending": "accepted",
    "sent": "sent",
    "partially_delivered": "sent",
    "delivered": "delivered",
    "read": "delivered",
    "undelivered": "undelivered",
    "failed": "failed",
    "canceled": "failed",
}


def state_of(status: object) -> DeliveryState:
    """Our word for a ``MessageStatus``; an unknown one claims no more than that Twilio took the message."""
    return _STATES.get(str(status), "accepted")
