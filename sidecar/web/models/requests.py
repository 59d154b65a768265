"""What may be asked of the API. Unknown fields are refused: a typo must not pass for an absent field."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

OutcomeWord = Literal["human_answered", "booked", "transferred", "not_now", "converted", "complained", "opted_out"]
MissedReason = Literal["no_answer", "busy", "failed", "abandoned", "voicemail", "after_hours"]
CallStatus = Literal["queued", "ringing", "in-progress", "completed", "busy", "no-answer", "failed", "canceled"]
TouchChannel = Literal["sms", "voice", "email"]


def _http(url: str) -> str:
    if not url.startswith(("https://", "http://")):
        problem = "should start with https:// or http://"
        raise ValueError(problem)
    return url


Id = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=128)]
MessageId = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=998)]
"""A line of a mail's head may be so long (RFC 5322), and a Message-ID is one."""
Phone = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=64)]
Email = Annotated[str, StringConstraints(strip_whitespace=True, min_length=3, max_length=254, pattern="@")]
Url = Annotated[str, StringConstraints(strip_whitespace=True, max_length=2000), AfterValidator(_http)]
ShortText = Annotated[str, StringConstraints(max_length=200)]
Evidence = Annotated[str, StringConstraints(max_length=2000)]
BusinessId = Annotated[str, StringConstraints(min_length=1, max_length=64)]
_WHICH = (
    "Which business this is for. Not needed with a key for one business, nor where a called number or an id names it; "
    "the key must be entitled to it."
)


class Asking(BaseModel):
    """What every request's shape shares."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    business: BusinessId | None = Field(None, description=_WHICH)


class FlowIn(BaseModel):
    """The execution of a flow that speaks."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    platform: Literal["n8n", "make"]
    execution_id: Annotated[str, StringConstraints(max_length=64)] = ""


class OwnCall(Asking):
    """A call, as any phone system can report it, once or as more is known: ``call_id`` ties it together."""

    source: Literal["own"] = Field("own", description="`own` for this shape, `twilio` for a form of Twilio's.")
    call_id: Id = Field(description="The phone system's own id of the call.")
    to: Phone = Field(description="The business's number that was called, best in E.164.")
    caller: Phone | None = Field(
        None,
        alias="from",
        description="The caller's number; leave it out, or `anonymous`, where it is hidden.",
    )
    missed: bool | None = Field(None, description="Whether nobody took the call. Give this or `status`.")
    status: CallStatus | None = Field(None, description="Where the call stands, in Twilio's words.")
    reason: MissedReason | None = Field(None, description="Why it was missed.")
    provider: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]{0,31}$")] = Field(
        "other", description="The phone system's name, e.g. `threecx`."
    )
    forwarded_from: Phone | None = None
    caller_name: Annotated[str, StringConstraints(max_length=128)] | None = None
    started_at: AwareDatetime | None = None
    ended_at: AwareDatetime | None = None
    ring_seconds: Annotated[int, Field(ge=0, le=86400)] | None = None
    variant: Annotated[str, StringConstraints(max_length=64)] | None = Field(
        None, description="Which words of the playbook fit, e.g. `kitchen`."
    )
    flow: FlowIn | None = Field(None, description="The flow that drives the sequence, if one does (JSON only).")


class TwilioPost(Asking):
    """A post of Twilio's that a flow's webhook received, handed on whole: its signature is checked here."""

    source: Literal["twilio"]
    url: Url = Field(description="The flow's own public webhook URL, as Twilio was told it.")
    query: dict[str, str | list[str]] | None = Field(None, description="The query that came with it.")
    headers: dict[str, str | list[str] | None] = Field(description="At least `x-twilio-signature`.")
    form: dict[str, str | list[str]] = Field(description="Every field of the form, as it came.")
    flow: FlowIn | None = None


class RunIn(Asking):
    """*Now*, says the flow."""

    resume_url: Url | None = Field(
        None, description="Called once when asking again is worth it. Must be on the business's allow-list."
    )
    flow: FlowIn | None = None


class SkipIn(Asking):
    """Why a step is left out."""

    reason: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=64)]
    flow: FlowIn | None = None


class ReasonIn(Asking):
    """Why an operator's hand acts; free words of a few letters."""

    reason: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=32)] = "operator"


class ClaimResultIn(Asking):
    """What became of a claimed text."""

    sent: bool
    provider_id: Annotated[str, StringConstraints(max_length=254)] = Field(
        "", description="The provider's id of the message, so that its status can be matched."
    )
    code: Annotated[str, StringConstraints(max_length=32)] = Field("", description="The provider's error code.")


class OwnMessage(Asking):
    """A reply, as any mailbox or phone system can report it."""

    source: Literal["own"] = "own"
    channel: Literal["sms", "email"]
    message_id: MessageId = Field(
        description="The provider's id, or an email's Message-ID: reported twice, counted once."
    )
    to: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=254)] = Field(
        description="The business's number or mailbox."
    )
    sender: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=320)] = Field(
        alias="from", description="The person's number or address."
    )
    body: Annotated[str, StringConstraints(max_length=100_000)] = Field("", description="The text as it came.")
    subject: Annotated[str, StringConstraints(max_length=998)] = Field("", description="Email: its subject.")
    html: Annotated[str, StringConstraints(max_length=200_000)] = Field(
        "", description="Email: its HTML, where it has no text."
    )
    headers: dict[str, str] | None = Field(
        None, description="Email: its headers (JSON only); an out-of-office note is known by them."
    )
    at: AwareDatetime | None = Field(None, description="When it was written; now, where absent.")


class MailPost(Asking):
    """A whole email as it lies in the mailbox: replies, bounces and machines' answers are told apart here."""

    source: Literal["mail"]
    raw: Annotated[str, StringConstraints(min_length=1, max_length=250_000)] = Field(
        description="The message with its head, as IMAP gives it."
    )


class PersonIn(Asking):
    """A person, by phone or by email."""

    phone: Phone | None = None
    email: Email | None = None


class AskIn(BaseModel):
    """What a text asks consent to: a plain YES to it is recorded as express consent, with question and answer."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    channels: Annotated[list[TouchChannel], Field(min_length=1, max_length=3)] = Field(
        description="What a YES allows: `sms`, `voice` (an AI voice), `email`. Say the same in the text."
    )
    purpose: Literal["service", "marketing"] = "service"
    about: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)] = Field(
        description="What it is about, for the evidence: `your kitchen quote`."
    )


class SendIn(PersonIn):
    """A person's or an AI node's answer in a conversation. It passes the gates like everything else."""

    sequence_id: Id | None = Field(None, description="Whom to answer: a sequence, a phone or an email.")
    channel: Literal["sms", "email"]
    text: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=10_000)]
    by: Literal["human", "ai"] = "human"
    asks_consent: AskIn | None = Field(
        None,
        description="The text asks for consent (“May our assistant ring you about …? YES or NO”). It is open for three "
        "days, while it is the last thing that was sent: a plain YES or oui gives consent, a plain no refuses it, "
        "anything else leaves it open.",
    )


class OutcomeIn(PersonIn):
    """What came of a conversation."""

    sequence_id: Id | None = Field(None, description="Whose outcome: of a sequence, a phone or an email.")
    outcome: OutcomeWord
    value_minor: Annotated[int, Field(ge=0, le=10**15)] | None = Field(
        None, description="`converted`: the deal's value in minor units (pence, cents)."
    )
    currency: Annotated[str, StringConstraints(pattern="^[A-Z]{3}$")] | None = Field(
        None, description="ISO 4217; the business's own, where absent."
    )


class OptIn(PersonIn):
    """STOP or START that did not come as a text."""

    evidence: Evidence = Field("", description="How the person said so: a call's id, a letter's date.")


class ConsentIn(PersonIn):
    """A ground for writing to a person, with what shows it."""

    basis: Literal["express", "contract", "soft_opt_in", "inquiry"]
    channels: Annotated[list[TouchChannel], Field(min_length=1, max_length=3)]
    purpose: Literal["service", "marketing"] = "service"
    given_at: AwareDatetime
    expires_at: AwareDatetime | None = None
    evidence: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000)]


class WithdrawIn(PersonIn):
    """A person takes consent back."""

    consent_id: Id | None = Field(None, description="This one only; left out: all that they gave.")
    channels: Annotated[list[TouchChannel], Field(max_length=3)] | None = Field(
        None, description="On these only; left out: on every channel."
    )
    evidence: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000)] = Field(
        description="How the person said so: a call's id, a letter's date."
    )


class GateIn(Asking):
    """May we, and if not, when?"""

    phone: Phone
    channel: TouchChannel
    purpose: Literal["service", "marketing"] = "service"
    at: AwareDatetime | None = Field(None, description="Another moment than now.")


class SubscriptionIn(Asking):
    """Somebody who wants to hear of events."""

    url: Url = Field(description="Must be on the business's allow-list (`event_hosts`).")
    events: Annotated[
        list[Annotated[str, StringConstraints(pattern=r"^[a-z_*]+(\.[a-z_*]+)*$")]],
        Field(min_length=1, max_length=64),
    ] = Field(description="Types of events, e.g. `sequence.closed`; `*` for all.")
    headers: Annotated[
        dict[
            Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9-]{1,64}$")],
            Annotated[str, StringConstraints(max_length=1000)],
        ],
        Field(max_length=16),
    ] = Field(default_factory=dict, description="Sent with each event, e.g. `x-make-apikey`.")


class TakeIn(Asking):
    """Who takes an event."""

    by: Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9._-]{0,63}$")] = Field(
        description="The flow's name, e.g. `replies`: each flow that hears of an event takes it for itself."
    )


class FlowErrorIn(Asking):
    """What a flow's error workflow knows."""

    platform: Literal["n8n", "make"]
    workflow: ShortText = Field("", description="Name of the workflow or scenario.")
    execution_id: Annotated[str, StringConstraints(max_length=64)] = ""
    execution_url: Annotated[str, StringConstraints(max_length=2000)] = ""
    node: ShortText = Field("", description="The node or module that failed.")
    message: Annotated[str, StringConstraints(max_length=5000)] = Field("", description="What it said.")
    sequence_id: Annotated[str, StringConstraints(max_length=40)] | None = None


class BusinessQuery(BaseModel):
    """Requests without a body name their business in the query."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    business: BusinessId | None = Field(None, description=_WHICH)


class ListQuery(BusinessQuery):
    """Which sequences, newest first."""

    state: Literal["open", "held", "closed"] | None = Field(None, description="Only those in this state.")
    before: Id | None = Field(None, description="The last id of the page before.")
    limit: int = Field(50, ge=1, le=200, description="How many.")
