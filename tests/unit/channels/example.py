"""A business and a touch for the channels' tests: values only, nothing is read or sent."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final

from sidecar.channels.port import Outgoing
from sidecar.config.business import Business, Number, Retell, Twilio
from sidecar.domain.compliance import preset
from sidecar.domain.playbooks import CALL, Anchor, Playbook, Step, Words

OURS: Final = "+441174960001"
THEIRS: Final = "+447700900123"
STAFF: Final = "+447700900200"
ACCOUNT_SID: Final = "AC" + "5a" * 16
NOW: Final = datetime(2026, 11, 18, 10, 0, tzinfo=UTC)

_PLAYBOOK = Playbook(
    name="one-text",
    version=1,
    summary="One text.",
    language="en-GB",
    steps=(Step("acknowledge", "sms", (Anchor(CALL),), variants={"general": Words("Hi", "Hi")}),),
)
_BUSINESS = Business(
    id="smith-plumbing",
    name="Smith & Sons Plumbing",
    agent_name="Ann",
    region="GB",
    zone="Europe/London",
    preset=preset("uk"),
    playbook=_PLAYBOOK,
    numbers=(Number(OURS, ring=(STAFF,)),),
    twilio=Twilio(ACCOUNT_SID, "twilio-token"),
    retell=Retell("key_retell", agent_id="agent_1", from_number=OURS),
)


def business(**changes: Any) -> Business:
    """A plumber with one number, a Twilio account and a Retell account; fields as given."""
    return replace(_BUSINESS, **changes)


def touch(**changes: Any) -> Outgoing:
    """A text that is about to leave; fields as given."""
    fields: dict[str, Any] = {
        "business": _BUSINESS,
        "touch_id": "tch_1",
        "sequence_id": "seq_1",
        "step": "acknowledge",
        "attempt": 1,
        "to": THEIRS,
        "sender": OURS,
        "body": "Hi Priya, Ann at Smith & Sons here.",
        "intended_at": NOW,
    }
    return Outgoing(**fields | changes)
