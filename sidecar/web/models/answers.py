"""What the API answers. No shape has a top-level field named ``error``: n8n would retry it."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field


class Answered(BaseModel):
    """What every answer's shape shares: only the fields named, each of its type."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)


class ToolAnswer(Answered):
    """What the voice agent's tool did, in words for the agent to say."""

    say: str = Field(description="A sentence to say to the person on the line, before the goodbye.")


class SequenceRef(Answered):
    """The sequence to go on with."""

    id: str


class CallRef(Answered):
    """The call, as it stands now."""

    id: str
    state: Literal["pending", "answered", "missed", "ignored"]


class CallAnswer(Answered):
    """What a report of a call did. A flow goes on where ``sequence`` is there."""

    decision: Literal[
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
    reason: str = Field("", description="Why; for `refused` it names the URL that was tried.")
    call: CallRef | None = None
    contact_id: str | None = None
    sequence: SequenceRef | None = None
    already: bool = Field(default=False, description="This report told us nothing new.")


class MessageAnswer(Answered):
    """What an inbound message did."""

    decision: Literal["recorded", "refused", "ignored"]
    reason: str = ""
    message_id: str | None = None
    intent: str = Field("", description="`opt_out`, `opt_in`, `help`, `unclear`, or `none`: an ordinary reply.")
    contact_id: str | None = None
    sequence: SequenceRef | None = None
    already: bool = False


class RunAnswer(Answered):
    """What became of a step."""

    result: Literal["sent", "sending", "unknown", "deferred", "skipped", "failed", "closed"]
    reason: str = ""
    until: datetime | None = Field(None, description="`deferred`: when it may go.")
    wake_by: datetime | None = Field(
        None, description="Ask again by then at the latest, if the resume URL was not called before."
    )
    touch_id: str | None = None
    already: bool = Field(default=False, description="It had been settled before this request.")


class ClaimAnswer(Answered):
    """The flow may send this text by itself, once, before ``expires_at``. Only this answer is a yes."""

    claim_id: str
    touch_id: str
    channel: str
    to: str
    sender: str
    body: str
    subject: str
    status_url: str = Field(description="A text's status callback: Twilio then reports straight to the sidecar.")
    expires_at: datetime


class OutcomeAnswer(Answered):
    """What an outcome did."""

    outcome: str
    contact_id: str
    sequence: SequenceRef | None = None
    state: str = Field(description="Of the sequence, afterwards.")


class OptAnswer(Answered):
    """What a STOP or a START did."""

    contact_id: str | None
    suppressed: bool
    changed: bool
    in_flight: list[str] = Field(
        default_factory=list, description="Touches whose request had begun before the STOP was committed."
    )


class ConsentAnswer(Answered):
    """The consent is on record."""

    consent_id: str


class GateAnswer(Answered):
    """A look, not a yes: only `run` and `claim` decide."""

    verdict: str = Field(description="`send`, `defer`, `skip` or `close`.")
    reason: str
    gate: str = Field(description="Which gate decided.")
    until: datetime | None = None


class SubscriptionAnswer(Answered):
    """A subscription; ``secret`` is shown when it is made, and never again."""

    id: str
    url: str
    events: list[str]
    created_at: datetime | None = None


class NewSubscriptionAnswer(SubscriptionAnswer):
    """A new subscription with the secret that signs its events (Standard Webhooks)."""

    secret: str


class SubscriptionsAnswer(Answered):
    """Who listens."""

    subscriptions: list[SubscriptionAnswer]


class TakenAnswer(Answered):
    """Whether this flow had taken the event before."""

    event: str
    by: str
    already: bool = Field(description="A repeat: what this event asks for has been begun.")


class DoneAnswer(Answered):
    """It is done."""

    done: Literal[True] = True


class Shown(BaseModel):
    """A row as it stands; a later version may show more of it."""

    model_config = ConfigDict(extra="ignore", frozen=True, defer_build=True)


class StepShown(Shown):
    """One planned touch."""

    name: str
    channel: str
    kind: str = Field(
        description="`touch`, or what came in between: `answer`, `ai_answer`, `help`, `confirmation`, `task`."
    )
    state: str
    reason: str
    due_at: datetime | None
    release_at: datetime | None
    deadline_at: datetime | None
    settled_at: datetime | None
    attempt: int
    touch_id: str | None


class TouchShown(Shown):
    """What was really sent or placed."""

    touch_id: str
    step: str
    channel: str
    attempt: int
    state: str
    provider_id: str | None
    provider_state: str
    code: str
    body: str
    subject: str
    details: dict[str, Any] | None
    intended_at: datetime
    sent_at: datetime | None


class MessageShown(Shown):
    """What they wrote to us."""

    message_id: str
    channel: str
    body: str
    intent: str = Field(description="`opt_out`, `opt_in`, `help`, `unclear`, or `none`: an ordinary reply.")
    at: datetime


class EventShown(Shown):
    """One line of the record: ids and reasons, never texts or numbers."""

    event_id: str
    at: datetime
    type: str
    step: str | None
    reason: str
    call_id: str | None
    touch_id: str | None
    data: dict[str, Any] | None


class ConsentShown(Shown):
    """One consent as it was given, and what has become of it."""

    consent_id: str
    basis: str
    channels: list[str]
    purpose: str
    given_at: datetime
    expires_at: datetime | None = Field(description="The end that it was given with.")
    ends_at: datetime | None = Field(
        description="When the last of its channels ends, by its own end, by the preset, or because a phone's ages out."
    )
    withdrawn_at: datetime | None
    standing: Literal["holds", "expired", "withdrawn"]
    evidence: str


class ConsentsAnswer(Answered):
    """What a person consented to, newest first."""

    contact_id: str
    consents: list[ConsentShown]


class WithdrawnAnswer(Answered):
    """What was taken back now; empty where nothing was left to take back."""

    withdrawn: list[str]


class SequenceShown(Shown):
    """One run of a playbook for one contact."""

    business_id: str
    sequence_id: str
    contact_id: str
    playbook: str
    variant: str
    number: str = Field(description="The business's number that was called.")
    call_id: str | None
    state: Literal["open", "held", "closed"]
    reason: str = Field(description="`closed`: why.")
    held_reason: str
    outcome: str
    value_minor: int | None
    currency: str | None
    call_at: datetime
    opened_at: datetime
    closed_at: datetime | None
    replied_at: datetime | None
    first_touch_seconds: float | None
    flow_platform: str
    flow_execution: str


class SequencesAnswer(Answered):
    """A page of sequences, newest first."""

    sequences: list[SequenceShown]
    before: str | None = Field(None, description="Pass this as `before` for the next page; null at the end.")


class SequenceAnswer(SequenceShown):
    """One sequence with its steps, touches, messages and events, in order."""

    steps: list[StepShown]
    touches: list[TouchShown] = Field(description="What we said, and what became of it.")
    messages: list[MessageShown] = Field(description="What they said.")
    events: list[EventShown]


class Check(Answered):
    """One thing that readiness depends on."""

    name: str
    ok: bool
    detail: str = ""


class ReadyAnswer(Answered):
    """Whether this process can do its work."""

    ready: bool
    checks: list[Check]


class HealthAnswer(Answered):
    """This process answers."""

    ok: Literal[True] = True


class Mistake(Answered):
    """One thing that is wrong with a request."""

    pointer: str
    detail: str


class ProblemAnswer(BaseModel):
    """RFC 9457: what went wrong, and what to do about it. Some kinds carry more members."""

    model_config = ConfigDict(extra="allow", defer_build=True)

    type: str = Field(description="A URI reference that names the kind of problem; see /docs.")
    title: str
    status: int
    detail: str
    remedy: str = Field(description="What to do about it.")
    pointer: str = Field(description="JSON pointer to the field at fault; empty for the request as a whole.")
    mistakes: list[Mistake] | None = Field(None, description="All of them, where a request holds several.")
