"""The gates: the one place that decides about a step.

Read from the top: :data:`GATES` is the policy, in order, and the first gate that
answers decides. Each gate is a few lines that say one rule. Nothing here does
I/O or knows the time: :func:`decide` takes the step, the facts and ``now``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Literal

from sidecar.domain.consent import Consent, Refusal, permits
from sidecar.domain.pace import Pace, take_slot
from sidecar.domain.windows import LocalWindow, first_open

if TYPE_CHECKING:
    from sidecar.domain.compliance import Preset
    from sidecar.domain.playbooks import Channel, Purpose

Kind = Literal["touch", "answer", "confirmation"]
Verdict = Literal["send", "defer", "skip", "close"]

HELD_LOOK = timedelta(days=1)
"""A step of a held sequence looks again after this; ``resume`` wakes it before."""

SENDER_LOOK = timedelta(minutes=10)
"""A step whose sender or words are held looks again after this, and at its deadline."""


LINE_LOOK = timedelta(seconds=30)
"""A step to somebody who is ringing us looks again after this."""


@dataclass(frozen=True, slots=True)
class StepFacts:
    """The step that asks."""

    channel: Channel
    purpose: Purpose
    kind: Kind = "touch"
    """``touch``: the playbook's. ``answer``: it answers the contact's own message.
    ``confirmation``: the one text that confirms a STOP."""
    by_ai: bool = False
    """``answer`` only: no person has read the words."""
    first: bool = False
    nurture: bool = False
    due_at: datetime | None = None
    deadline_at: datetime | None = None
    slot_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class SenderFacts:
    """The number (or mailbox, or agent) that would send."""

    pace: Pace | None = None
    """``None``: this channel has no pace."""
    circuit_open_until: datetime | None = None
    held: str = ""
    """Why an operator or the vendor stopped this sender or these words; empty if nobody did."""


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything that the gates look at."""

    preset: Preset
    suppressed: bool = False
    closed: str = ""
    """Why the sequence is closed; empty while it is not."""
    held: str = ""
    """Why the sequence is held; empty while it is not."""
    consents: tuple[Consent, ...] = ()
    follow_ups_sent: int = 0
    strict_consent: bool = False
    address: str | None = None
    unreachable: str = ""
    """Why the address cannot take this channel: ``landline``, ``invalid``; empty if it can."""
    touches_last_day: int = 0
    max_touches_per_day: int = 4
    last_message_at: datetime | None = None
    """When the contact last wrote to us."""
    in_doubt: bool = False
    """What they wrote last may have been a STOP; asked of an AI's answer only."""
    on_the_line: bool = False
    """They ring us just now, or speak to staff: a call of theirs is not judged yet."""
    windows: tuple[LocalWindow, ...] = ()
    sender: SenderFacts = field(default_factory=SenderFacts)


@dataclass(frozen=True, slots=True)
class Decision:
    """What becomes of the step now, why, and by which gate."""

    verdict: Verdict
    reason: str
    gate: str = ""
    until: datetime | None = None
    """``defer`` only: when to ask again (UTC)."""
    pace: Pace | None = None
    """The sender's pace after this decision, where it changed."""
    remedy: str = ""
    slot: datetime | None = None
    """The place in the sender's queue to ask again with, where one was given."""


Gate = Callable[[StepFacts, Facts, datetime], Decision | None]


def suppressed(step: StepFacts, facts: Facts, now: datetime) -> Decision | None:
    """They said STOP, on whichever channel: nothing more, but the one confirmation."""
    del now
    return Decision("close", "opted_out") if facts.suppressed and step.kind != "confirmation" else None


def closed(step: StepFacts, facts: Facts, now: datetime) -> Decision | None:
    """The sequence is over: they answered, booked, were called back."""
    del step, now
    return Decision("skip", facts.closed) if facts.closed else None


def held(step: StepFacts, facts: Facts, now: datetime) -> Decision | None:
    """A person paused it, or an unclear STOP waits for a person to read it.

    An AI's answer does not wait with it: by then a person has answered.
    """
    if step.by_ai and (facts.held or facts.in_doubt):
        return Decision("skip", f"held:{facts.held or 'unclear_stop'}")
    return Decision("defer", f"held:{facts.held}", until=now + HELD_LOOK) if facts.held else None


def ground(step: StepFacts, facts: Facts, now: datetime) -> Consent | Refusal:
    """The consent that carries this step, for the record to name; or why none does."""
    return permits(
        facts.preset,
        facts.consents,
        step.channel,
        step.purpose,
        nurture=step.nurture,
        follow_ups_sent=facts.follow_ups_sent,
        strict=facts.strict_consent,
        now=now,
    )


def consent(step: StepFacts, facts: Facts, now: datetime) -> Decision | None:
    """What the law's preset asks for this channel and purpose is on record."""
    answer = ground(step, facts, now)
    return Decision("skip", answer.reason, remedy=answer.remedy) if isinstance(answer, Refusal) else None


def reachable(step: StepFacts, facts: Facts, now: datetime) -> Decision | None:
    """There is an address, and it can take this channel."""
    del step, now
    if facts.address is None:
        return Decision("skip", "no_address")
    return Decision("skip", facts.unreachable) if facts.unreachable else None


def frequency(step: StepFacts, facts: Facts, now: datetime) -> Decision | None:
    """Nobody is touched more often in 24 h than the preset and the business allow."""
    del step, now
    return Decision("skip", "too_many_today") if facts.touches_last_day >= facts.max_touches_per_day else None


def early(step: StepFacts, facts: Facts, now: datetime) -> Decision | None:
    """Its time has not come."""
    del facts
    return Decision("defer", "early", until=step.due_at) if step.due_at is not None and now < step.due_at else None


def stale(step: StepFacts, facts: Facts, now: datetime) -> Decision | None:
    """A text that promises minutes is worse than none an hour later."""
    del facts
    return Decision("skip", "stale") if step.deadline_at is not None and now > step.deadline_at else None


def calling(step: StepFacts, facts: Facts, now: datetime) -> Decision | None:
    """They are ringing us right now: nobody is rung or texted by an AI while staff may be speaking to them."""
    if not facts.on_the_line:
        return None
    if step.by_ai:
        return Decision("skip", "on_the_line")  # what it answers is being talked about
    return Decision("defer", "on_the_line", until=_while_fresh(step, now, now + LINE_LOOK))


def window(step: StepFacts, facts: Facts, now: datetime) -> Decision | None:
    """Only at an hour that is decent and legal where the person is."""
    del step
    opens = first_open(facts.windows, now)
    if opens is None:
        return Decision("skip", "no_legal_time")
    return Decision("defer", "outside_hours", until=opens) if opens > now else None


def sender(step: StepFacts, facts: Facts, now: datetime) -> Decision | None:
    """The sender is not held, its provider is up, and it is this step's turn."""
    this = facts.sender
    if this.held:
        return Decision("defer", f"sender_held:{this.held}", until=_while_fresh(step, now, now + SENDER_LOOK))
    if this.circuit_open_until is not None and now < this.circuit_open_until:
        return Decision("defer", "provider_down", until=_while_fresh(step, now, this.circuit_open_until))
    if this.pace is None:
        return None
    slot = take_slot(this.pace, now, first=step.first, reserved=step.slot_at)
    if step.deadline_at is not None and slot.at > step.deadline_at:
        return Decision("skip", "stale")  # the queue is too long: its moment is left to another
    if slot.at > now:
        return Decision("defer", "pace", until=slot.at, pace=slot.pace, slot=slot.place)
    return Decision("send", "allowed", pace=slot.pace)


def _while_fresh(step: StepFacts, now: datetime, until: datetime) -> datetime:
    """No later than the moment at which the step is stale, when a person is asked to take over."""
    if step.deadline_at is None or step.deadline_at < now:
        return until
    return min(until, step.deadline_at + timedelta(seconds=1))


GATES: tuple[Gate, ...] = (
    suppressed, closed, held, consent, reachable, frequency, early, stale, calling, window, sender,
)  # fmt: skip
"""Every touch of a playbook passes all of these, in this order."""

STAFF_GATES: tuple[Gate, ...] = (closed, early, window)
"""A task for the business's own staff: only whether it still matters, and their hours."""

ANSWER_GATES: tuple[Gate, ...] = (suppressed, reachable, sender)
"""A person's own answer within :data:`ANSWER_WITHIN` of the contact's message."""

AI_ANSWER_GATES: tuple[Gate, ...] = (suppressed, held, reachable, stale, calling, sender)
"""An AI's, within the same time: never where a person is needed or speaks to them, nor long after it was written."""

CONFIRMATION_GATES: tuple[Gate, ...] = (reachable, stale, sender)
"""The one text that confirms a STOP (47 CFR 64.1200(a)(12): within five minutes, nothing but the confirmation)."""

ANSWER_WITHIN = timedelta(hours=24)


def gates_for(step: StepFacts, facts: Facts, now: datetime) -> tuple[Gate, ...]:
    """Which gates this step must pass."""
    if step.kind == "confirmation":
        return CONFIRMATION_GATES
    if step.channel == "staff":
        return STAFF_GATES
    if step.kind == "answer":
        fresh = facts.last_message_at is not None and now - facts.last_message_at <= ANSWER_WITHIN
        if not fresh:
            return tuple(gate for gate in GATES if gate is not closed)
        return AI_ANSWER_GATES if step.by_ai else ANSWER_GATES
    return GATES


def decide(step: StepFacts, facts: Facts, now: datetime) -> Decision:
    """Send, defer, skip or close; with the reason, and the gate that gave it."""
    for gate in gates_for(step, facts, now):
        decision = gate(step, facts, now)
        if decision is not None:
            return replace(decision, gate=gate.__name__)
    return Decision("send", "allowed")


STAFF_TASK_REASONS = frozenset(
    {
        "no_basis", "expired", "withdrawn", "follow_ups_used", "voice_without_consent", "marketing_without_consent",
        "no_address", "landline", "invalid", "no_legal_time", "stale", "no_credentials",
        "too_many_today",
    }
)  # fmt: skip
"""When text or voice is skipped for one of these, a staff task takes its place: no lead is dropped in silence."""
