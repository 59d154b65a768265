"""The gate transaction: gates, lease on the person and intent are one commit (design §4.3, §4.4).

After it, either nothing may be sent, or exactly one request may start, within a
second, by the one who holds the lease.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sidecar.channels.port import Outgoing
from sidecar.domain.consent import Consent
from sidecar.domain.gates import STAFF_TASK_REASONS, Decision, consent, decide, gates_for, ground
from sidecar.domain.grounds import grounds
from sidecar.domain.playbooks import CALL
from sidecar.engine import facts, sequences, words
from sidecar.store import contacts, touches
from sidecar.store import sequences as rows
from sidecar.store.ids import new_id

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import RowMapping

    from sidecar.config.business import Business
    from sidecar.domain.gates import Facts, StepFacts
    from sidecar.domain.playbooks import Step
    from sidecar.engine.context import Context, Turn
    from sidecar.engine.facts import Person

FIRST_TEXT_VALIDITY = timedelta(seconds=300)
"""Twilio ``ValidityPeriod`` of the first text: so late that its words are untrue, it is better not delivered."""

BUSY_LOOK = timedelta(seconds=1)
"""Another touch to the same person is under way: look again after this."""

ASK_AFTER = timedelta(seconds=5)
"""A doubtful send is asked about after this at the earliest: the provider may still be at it."""


@dataclass(frozen=True, slots=True)
class Ref:
    """Which touch a result belongs to, and whose lease it runs under."""

    touch_id: str
    sequence_id: str
    step: str
    contact_id: str
    channel: str
    sender: str
    to: str
    attempt: int
    lease: str


def ref_of(touch: RowMapping) -> Ref:
    """The reference of a touch's row."""
    return Ref(
        touch["touch_id"], touch["sequence_id"], touch["step"], touch["contact_id"], touch["channel"],
        touch["sender"], touch["address"], touch["attempt"], touch["lease_owner"] or "",
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Intent:
    """A committed intent: this request may start now, under this lease, and no other to this person."""

    outgoing: Outgoing
    ref: Ref


@dataclass(frozen=True, slots=True)
class Key:
    """Which step."""

    business_id: str
    sequence_id: str
    step: str


def gate(turn: Turn, key: Key, *, lease_seconds: float, claimed: bool = False) -> Intent | Decision | None:
    """Decide about one planned step, and act on the decision.

    Args:
        turn: the transaction.
        key: the step.
        lease_seconds: how long the person is leased if the step may be sent: longer than the longest request.
        claimed: a flow will send it, not the runner.

    Returns:
        The intent if a request may start; the decision if not; ``None`` if there was nothing to decide
        (the step is settled, or another touch to this person is under way).
    """
    sequence = rows.get(turn.tx, key.business_id, key.sequence_id)
    if sequence is None:
        return None
    if facts.lock(turn, sequence["contact_id"]):
        sequence = rows.get(turn.tx, key.business_id, key.sequence_id)
    row = rows.step(turn.tx, key.business_id, key.sequence_id, key.step, lock=True)
    if sequence is None or row is None or row["state"] != "planned":
        return None
    if row["due_at"] is None:  # what it counts from has not happened: a claim may ask, but nobody can say yet
        decision = Decision("defer", "early", "early")
        _note(turn, sequence, row, decision)
        return decision
    who = facts.person(turn, sequence["contact_id"])
    sender = facts.sender_of(turn, row["channel"], facts.number_for(turn, sequence, row))
    definition = sequences.step_of(turn, sequence, row["name"])
    decision = Decision("skip", "playbook_changed", "playbook")
    carried: dict[str, Any] = {}
    if definition is not None or row["kind"] != "touch":
        asking = facts.step_facts(row, definition)
        known = facts.gather(turn, who, sequence, row["name"], asking, sender)
        decision = decide(asking, known, turn.now)
        if decision.verdict == "send":
            carried = {**_ground(asking, known, turn.now), "grounds": grounds(asking, known, turn.now)}
    if decision.verdict == "send" and row["channel"] != "staff":
        lease = new_id("lse", turn.now)
        if not contacts.take_lease(turn.tx, key.business_id, who.row["contact_id"], lease, lease_seconds):
            _release(turn, row, turn.now + BUSY_LOOK)
            return None
        _note(turn, sequence, row, decision, **carried)
        _pace(turn, sender, decision)
        return _intend(turn, who, sequence, row, sender, lease, lease_seconds, claimed=claimed)
    _note(turn, sequence, row, decision, **carried)
    _act(turn, who, sequence, row, sender, decision, claimed=claimed)
    return decision


def _ground(asking: StepFacts, known: Facts, now: datetime) -> dict[str, str]:
    """By which consent a step goes out; nothing where its gates ask for none (an answer to what they wrote)."""
    carrying = ground(asking, known, now) if consent in gates_for(asking, known, now) else None
    if not isinstance(carrying, Consent):
        return {}
    return {"basis": carrying.basis, "consent_id": carrying.consent_id}


def _note(turn: Turn, sequence: RowMapping, row: RowMapping, decision: Decision, **carried: Any) -> None:
    """Every gate decision leaves an event with its reason, and a permission with what it rests on (design §4.7)."""
    until: dict[str, Any] = {"until": decision.until.isoformat()} if decision.until else {}
    turn.record(
        f"gate.{decision.verdict}",
        contact_id=sequence["contact_id"],
        sequence_id=sequence["sequence_id"],
        step=row["name"],
        reason=decision.reason,
        gate=decision.gate,
        **until,
        **carried,
    )


def _pace(turn: Turn, sender: str, decision: Decision) -> None:
    if decision.pace is not None:
        touches.change_sender(
            turn.tx, turn.business.id, sender,
            first_free_at=decision.pace.first_free_at, later_free_at=decision.pace.later_free_at,
            moved_by=decision.pace.moved_by.total_seconds(),
        )  # fmt: skip


def _release(turn: Turn, row: RowMapping, at: datetime | None, **more: Any) -> None:
    rows.change_step(
        turn.tx, row["business_id"], row["sequence_id"], row["name"], was=("planned",),
        release_at=at, taken_until=None, **more,
    )  # fmt: skip


def _act(
    turn: Turn, who: Person, sequence: RowMapping, row: RowMapping, sender: str, decision: Decision, *, claimed: bool
) -> None:
    """Carry out what is not a send to the person."""
    if decision.verdict == "send":
        _hand_to_staff(turn, who, sequence, row)
    elif decision.verdict == "defer" and decision.until is not None:
        _pace(turn, sender, decision)
        _defer(turn, sequence, row, decision, claimed=claimed)
    elif decision.verdict == "close":
        skip_step(turn, sequence, row, decision.reason)
        if sequence["state"] != "closed":
            sequences.close_sequence(turn, sequence, decision.reason, outcome=decision.reason)
            sequences.tell_of_dropped(turn, sequence)
    else:
        skip_step(turn, sequence, row, decision.reason, who=who)


def _defer(turn: Turn, sequence: RowMapping, row: RowMapping, decision: Decision, *, claimed: bool) -> None:
    until = decision.until
    if until is None or decision.gate == "early":
        # A claim may come early: the row keeps its time, and the flow its grace.
        _release(turn, row, max(row["release_at"] or turn.now, until or turn.now))
        return
    release, more = until, {}
    if decision.gate == "window":
        # The words wait for the window too: the deadline counts anew from the first legal minute.
        more = _moved(turn, sequence, row, until)
        release = sequences.release_at(turn, sequence, row, until)
        sequences.announce(turn, sequence["sequence_id"], row["name"], until)
    if decision.reason == "pace":
        more = {"slot_at": decision.slot}
        if claimed:  # who sends by itself is told when its turn comes, and has its grace again
            release = sequences.release_at(turn, sequence, row, until)
            sequences.announce(turn, sequence["sequence_id"], row["name"], until)
    _release(turn, row, release, reason=decision.reason, **more)
    sequences.ring_bells(turn, sequence["sequence_id"], at=until, step=row["name"])


def _moved(turn: Turn, sequence: RowMapping, row: RowMapping, due: datetime) -> dict[str, Any]:
    definition = sequences.step_of(turn, sequence, row["name"])
    deadline = definition.deadline_after_hours(sequence["variant"]) if definition is not None else None
    ends = {} if deadline is None else {"deadline_at": due + deadline}
    return {"waited_for_window": True, "due_at": due, "slot_at": None, **ends}


def skip_step(
    turn: Turn,
    sequence: RowMapping,
    row: RowMapping,
    reason: str,
    *,
    who: Person | None = None,
    state: str = "skipped",
) -> None:
    """Leave a step out; a staff task takes its place where the lead would otherwise be dropped in silence.

    ``state`` is ``failed`` where the provider refused for good.
    """
    rows.change_step(
        turn.tx, row["business_id"], row["sequence_id"], row["name"],
        was=("planned", "sending", "unknown", "claimed"),
        state=state, reason=reason, settled_at=turn.now, release_at=None,
    )  # fmt: skip
    definition = sequences.step_of(turn, sequence, row["name"])
    if who is not None and definition is not None and _needs_person(definition, reason, state):
        ask_person(turn, who, sequence, row, definition, reason)
    sequences.settle_step(turn, sequence)


def ask_person(turn: Turn, who: Person, sequence: RowMapping, row: RowMapping, definition: Step, reason: str) -> None:
    """A staff task in place of a step that did not reach them, once; a sequence that is over has none."""
    name = f"{row['name']}-task"
    known = rows.step(turn.tx, turn.business.id, sequence["sequence_id"], name)
    if known is None and sequence["state"] != "closed":
        body = words.staff_task(turn, who, sequence, row, definition, reason)
        sequences.add_step(
            turn, sequence["sequence_id"], name, kind="task", channel="staff", body=body, reason=reason
        )  # fmt: skip


def _needs_person(definition: Step, reason: str, state: str) -> bool:
    if definition.channel == "staff" or definition.nurture:
        return False
    return reason in STAFF_TASK_REASONS or state == "failed"


def _hand_to_staff(turn: Turn, who: Person, sequence: RowMapping, row: RowMapping) -> None:
    """A staff step is 'sent' when the business's staff are owed it; deliveries brings it, with retries."""
    content = words.compose(turn, who, sequence, row, sequences.step_of(turn, sequence, row["name"]))
    touch_id = new_id("tch", turn.now)
    refs: dict[str, Any] = {
        "contact_id": who.row["contact_id"],
        "sequence_id": sequence["sequence_id"],
        "touch_id": touch_id,
    }
    touches.add(
        turn.tx, business_id=turn.business.id, step=row["name"], channel="staff", attempt=1, state="sent",
        address="", sender="", subject=content.subject, body=content.body, intended_at=turn.now,
        sent_at=turn.now, **refs,
    )  # fmt: skip
    rows.change_step(
        turn.tx, row["business_id"], row["sequence_id"], row["name"], was=("planned",),
        state="sent", settled_at=turn.now, release_at=None, touch_id=touch_id, attempt=row["attempt"] + 1,
    )  # fmt: skip
    turn.record("touch.sent", step=row["name"], **refs)
    turn.alert("task", **refs)
    sequences.settle_step(turn, sequence)


def _intend(
    turn: Turn,
    who: Person,
    sequence: RowMapping,
    row: RowMapping,
    sender: str,
    lease: str,
    lease_seconds: float,
    *,
    claimed: bool,
) -> Intent:
    business = turn.business
    definition = sequences.step_of(turn, sequence, row["name"])
    content = words.compose(turn, who, sequence, row, definition)
    touch_id = new_id("tch", turn.now)
    address = who.address(row["channel"]) or ""
    attempt = row["attempt"] + 1
    refs: dict[str, Any] = {
        "contact_id": who.row["contact_id"],
        "sequence_id": sequence["sequence_id"],
        "touch_id": touch_id,
    }
    touches.add(
        turn.tx, business_id=business.id, step=row["name"], channel=row["channel"], attempt=attempt, state="sending",
        address=address, sender=sender, body=content.body, subject=content.subject,
        details=dict(content.variables) or None, intended_at=turn.now,
        ask_at=None if claimed else turn.now + ASK_AFTER,  # a claim is the flow's: nobody asks, nobody sends it again
        lease_owner=lease, lease_until=turn.tx.db_time() + lease_seconds, **refs,
    )  # fmt: skip
    rows.change_step(
        turn.tx, row["business_id"], row["sequence_id"], row["name"],
        state="claimed" if claimed else "sending", attempt=attempt, touch_id=touch_id, release_at=None,
        taken_until=None,
    )  # fmt: skip
    turn.record("touch.intended", step=row["name"], channel=row["channel"], **refs)
    touch = touches.get(turn.tx, business.id, touch_id)
    assert touch is not None  # noqa: S101 - added just now
    outgoing = outgoing_of(turn.context, business, touch, sequence, definition)
    return Intent(outgoing, ref_of(touch))


def outgoing_of(
    context: Context, business: Business, touch: RowMapping, sequence: RowMapping, definition: Step | None
) -> Outgoing:
    """What a channel gets to send, or to ask its provider about: everything is in the touch's row."""
    return Outgoing(
        business=business,
        touch_id=touch["touch_id"],
        sequence_id=touch["sequence_id"],
        step=touch["step"],
        attempt=touch["attempt"],
        to=touch["address"],
        sender=facts.bare_sender(touch["sender"]),
        body=touch["body"],
        subject=touch["subject"],
        variables=touch["details"] if touch["channel"] == "voice" and touch["details"] else {},
        agent=definition.agent if definition else None,
        validity=FIRST_TEXT_VALIDITY if definition is not None and _answers_call(sequence, definition) else None,
        unsubscribe_url=context.unsubscribe_url(business.id, touch["contact_id"]),
        reply_token=sequence["reply_token"],
        status_url=f"{context.public_url}/twilio/message-status?touch={touch['touch_id']}",
        intended_at=touch["intended_at"],
    )


def _answers_call(sequence: RowMapping, definition: Step) -> bool:
    """A first text, sent soon after the call: its words are true for minutes only."""
    return (
        definition.channel == "sms"
        and all(anchor.step == CALL for anchor in definition.after)
        and bool(sequence["call_id"])
    )
