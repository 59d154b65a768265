"""``POST /v1/gate/check``: allowed now, and if not, when."""

from __future__ import annotations

from sidecar.web.api import people
from sidecar.web.models.answers import GateAnswer
from sidecar.web.models.requests import GateIn
from sidecar.web.operations import Answer, Asked, Body, Operation, Possible


def check(asked: Asked) -> Answer:
    """Look, decide nothing."""
    given, business = asked.given(GateIn), asked.business()
    phone = people.phone(business, given.phone, "phone")
    look = asked.sidecar.looking.check(business, phone=phone, channel=given.channel, purpose=given.purpose, at=given.at)
    return Answer(GateAnswer(verdict=look.verdict, reason=look.reason, gate=look.gate, until=look.until))


OPERATIONS = (
    Operation(
        id="checkGate",
        method="POST",
        path="/v1/gate/check",
        tag="Conversation",
        summary="May we write or call now?",
        description="Asks the gates without doing anything. A look, not a yes: by the time somebody sends, a "
        "STOP may "
        "have come. Only `run` and `claim` decide.",
        view=check,
        scope="read",
        body=Body((GateIn,), examples={"text": {"phone": "+447700900123", "channel": "sms", "purpose": "service"}}),
        answers=(
            Possible(
                200,
                "What the gates say.",
                GateAnswer,
                {
                    "later": {
                        "verdict": "defer",
                        "reason": "window",
                        "gate": "window",
                        "until": "2026-11-23T09:00:00Z",
                    }
                },
            ),
        ),
    ),
)
