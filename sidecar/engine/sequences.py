"""A sequence's life inside a transaction: opened, settled step by step, held, resumed, closed.

Everything here runs in the transaction of whoever calls it, so that what closes
a sequence closes it in the transaction that records it (design §4.6).
"""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from sidecar.domain.playbooks import Playbook, due_at
from sidecar.engine.context import EVENT_LIFE
from sidecar.store import record, touches
from sidecar.store import sequences as rows
from sidecar.store.ids import new_id

if TYPE_CHECKING:
    from sqlalchemy import RowMapping

    from sidecar.config.business import Number
    from sidecar.domain.playbooks import Step
    from sidecar.engine.context import Turn
    from sidecar.engine.results import FlowRef

LATER = 1000
"""Ordinal of steps that were not in the playbook: staff tasks, answers (to HELP, too), a STOP's confirmation."""

OWN = ("touch", "task")
"""Kinds of steps that make up a sequence and end with it; an answer or a STOP's confirmation does not."""

WAKE_AFTER = timedelta(seconds=30)
"""``wake_by`` is this long after the step is due: the bell comes first, the sidecar's own release after it."""


def playbook_of(turn: Turn, sequence: RowMapping) -> Playbook:
    """The playbook that a sequence runs."""
    return turn.business.playbook_for(turn.business.number(sequence["number"]))


def step_of(turn: Turn, sequence: RowMapping, name: str) -> Step | None:
    """The step's definition; ``None`` for a step that the playbook does not hold (any more)."""
    try:
        return playbook_of(turn, sequence).step(name)
    except KeyError:
        return None


def open_sequence(
    turn: Turn,
    *,
    contact_id: str,
    call_id: str,
    number: Number,
    variant: str,
    call_at: datetime,
    flow: FlowRef | None,
) -> str:
    """Open the sequence that a missed call starts; its steps are rows from now on."""
    playbook = turn.business.playbook_for(number)
    sequence_id = new_id("seq", turn.now)
    platform = flow.platform if flow else (turn.business.flow.platform if turn.business.flow else "")
    rows.add(
        turn.tx, business_id=turn.business.id, sequence_id=sequence_id, contact_id=contact_id,
        playbook=playbook.name, variant=variant, number=number.e164, call_id=call_id, state="open",
        call_at=call_at, last_call_at=turn.now, opened_at=turn.now, flow_platform=platform,
        flow_execution=flow.execution_id if flow else "", reply_token=secrets.token_hex(10),
    )  # fmt: skip
    planned = []
    for ordinal, step in enumerate(playbook.steps):
        due = due_at(step, call_at=call_at, settled={})
        planned.append(_row(turn, sequence_id, step.name, step.channel, ordinal, due, step.deadline, platform))
    rows.add_steps(turn.tx, planned)
    turn.record(
        "sequence.opened",
        contact_id=contact_id,
        sequence_id=sequence_id,
        call_id=call_id,
        playbook=playbook.name,
    )
    for row in planned:
        announce(turn, sequence_id, row["name"], row["due_at"])
    return sequence_id


def _row(
    turn: Turn,
    sequence_id: str,
    name: str,
    channel: str,
    ordinal: int,
    due: datetime | None,
    deadline: timedelta | None,
    platform: str,
) -> dict[str, Any]:
    grace = grace_of(turn, platform, first=ordinal == 0, live_wait=False)
    return {
        "business_id": turn.business.id,
        "sequence_id": sequence_id,
        "name": name,
        "ordinal": ordinal,
        "kind": "touch",
        "channel": channel,
        "state": "planned",
        "due_at": due,
        "release_at": None if due is None else due + grace,
        "deadline_at": None if due is None or deadline is None else due + deadline,
        "body": None,
    }


def grace_of(turn: Turn, platform: str, *, first: bool, live_wait: bool) -> timedelta:
    """How long a flow gets to say *now* before the row's own time does.

    15 s for the first text; later 60 s where a wait of the flow is live or it hears of ``step.ready``, none where
    neither is so; 0 where no flow is named.
    """
    if not platform and not live_wait:
        return timedelta()
    flow = turn.business.flow
    if first:
        return flow.grace_first if flow else timedelta(seconds=15)
    if not (live_wait or turn.listeners("step.ready")):
        return timedelta()
    return flow.grace_later if flow else timedelta(seconds=60)


def release_at(turn: Turn, sequence: RowMapping, row: RowMapping, due: datetime) -> datetime:
    """When the row's own time comes for a step that is due then: a flow that listens for it has its grace."""
    waits = record.bells_of(turn.tx, turn.business.id, sequence["sequence_id"])
    live = any(bell["step"] == row["name"] for bell in waits)
    return due + grace_of(turn, sequence["flow_platform"], first=row["ordinal"] == 0, live_wait=live)


def announce(turn: Turn, sequence_id: str, name: str, due: datetime | None) -> None:
    """Tell those who drive by events when the step is due; dropped if it is sent or cancelled before."""
    if due is None:
        return
    for subscription_id in turn.listeners("step.ready"):
        turn.owe(
            "step.ready",
            subscription_id,
            {"sequence_id": sequence_id, "step": name},
            due_at=due,
            sequence_id=sequence_id,
            step=name,
            life=timedelta(hours=24),
        )


def settle_step(turn: Turn, sequence: RowMapping) -> None:
    """A step was sent, skipped or failed: later steps that count from it get their due times.

    When nothing is left and nobody answered, the sequence is exhausted.
    """
    if sequence["state"] == "closed":
        return
    steps = rows.steps_of(turn.tx, turn.business.id, sequence["sequence_id"])
    settled = {row["name"]: row["settled_at"] for row in steps if row["settled_at"] is not None}
    waits = {row["step"] for row in record.bells_of(turn.tx, turn.business.id, sequence["sequence_id"])}
    dropped: set[str] = set()
    for row in steps:
        if row["state"] != "planned" or row["due_at"] is not None:
            continue
        definition = step_of(turn, sequence, row["name"])
        if definition is None:
            # The playbook was edited while the sequence ran: a step that it lost must not keep the rest waiting.
            rows.change_step(
                turn.tx, turn.business.id, sequence["sequence_id"], row["name"], was=("planned",),
                state="skipped", reason="playbook_changed", settled_at=turn.now,
            )  # fmt: skip
            settled[row["name"]] = turn.now
            dropped.add(row["name"])
            continue
        due = due_at(definition, call_at=sequence["call_at"], settled=settled)
        if due is None:
            continue
        live = row["name"] in waits
        grace = grace_of(turn, sequence["flow_platform"], first=row["ordinal"] == 0, live_wait=live)
        rows.change_step(
            turn.tx, turn.business.id, sequence["sequence_id"], row["name"],
            due_at=due, release_at=due + grace,
            deadline_at=None if definition.deadline is None else due + definition.deadline,
        )  # fmt: skip
        announce(turn, sequence["sequence_id"], row["name"], due)
        ring_bells(turn, sequence["sequence_id"], at=due, step=row["name"])
    if not any(_is_left(row) for row in steps if row["kind"] in OWN and row["name"] not in dropped):
        _exhaust(turn, sequence)


def _is_left(row: RowMapping) -> bool:
    """Whether a step may still come to something; one that nobody will ever know of has been moved on from."""
    return row["state"] in rows.UNSETTLED and not (row["state"] == "unknown" and row["settled_at"] is not None)


def _exhaust(turn: Turn, sequence: RowMapping) -> None:
    close_sequence(turn, sequence, "exhausted")
    turn.record("sequence.exhausted", contact_id=sequence["contact_id"], sequence_id=sequence["sequence_id"])
    turn.owe("crm.exhausted", "crm", {"contact_id": sequence["contact_id"]}, sequence_id=sequence["sequence_id"])


def close_sequence(turn: Turn, sequence: RowMapping, reason: str, *, outcome: str = "") -> None:
    """Close: everything still planned is cancelled, nurture too, and whoever waits is told."""
    sequence_id = sequence["sequence_id"]
    rows.change(
        turn.tx, turn.business.id, sequence_id,
        state="closed", reason=reason, closed_at=turn.now, outcome=outcome or sequence["outcome"],
    )  # fmt: skip
    cancel_left(turn, sequence, reason)
    turn.record("sequence.closed", contact_id=sequence["contact_id"], sequence_id=sequence_id, reason=reason)
    ring_bells(turn, sequence_id, at=turn.now)


def tell_of_dropped(turn: Turn, sequence: RowMapping, *, refused: str | None = None) -> None:
    """A suppression ended what a missed call opened before anything reached anybody: staff hear of the caller.

    Args:
        turn: the transaction.
        sequence: the sequence that was closed.
        refused: the touch whose refusal told us of the suppression, which hence reached nobody.
    """
    if sequence["call_id"] is None:
        return
    for touch in touches.of_sequence(turn.tx, turn.business.id, sequence["sequence_id"]):
        lost = touch["touch_id"] == refused or touch["provider_state"] in ("undelivered", "failed")
        if touch["state"] in ("sending", "sent", "unknown") and not lost:
            return
    turn.alert(
        "missed_call", call_id=sequence["call_id"], contact_id=sequence["contact_id"],
        sequence_id=sequence["sequence_id"], reason="suppressed",
    )  # fmt: skip


def cancel_left(turn: Turn, sequence: RowMapping, reason: str = "") -> None:
    """Cancel what is still planned of a sequence that is over."""
    for row in rows.steps_of(turn.tx, turn.business.id, sequence["sequence_id"]):
        if row["state"] == "planned" and row["kind"] in OWN:
            rows.change_step(
                turn.tx, turn.business.id, sequence["sequence_id"], row["name"], was=("planned",),
                state="cancelled", reason=reason or sequence["reason"], settled_at=turn.now, release_at=None,
            )  # fmt: skip


def hold_sequence(turn: Turn, sequence: RowMapping, reason: str) -> None:
    """Hold: nothing goes out until somebody resumes it."""
    rows.change(turn.tx, turn.business.id, sequence["sequence_id"], state="held", held_reason=reason)
    turn.record("sequence.held", contact_id=sequence["contact_id"], sequence_id=sequence["sequence_id"], reason=reason)
    ring_bells(turn, sequence["sequence_id"], at=turn.now)


def resume_sequence(turn: Turn, sequence: RowMapping) -> None:
    """Resume: what came due meanwhile asks its gates at once."""
    sequence_id = sequence["sequence_id"]
    rows.change(turn.tx, turn.business.id, sequence_id, state="open", held_reason="")
    turn.record("sequence.resumed", contact_id=sequence["contact_id"], sequence_id=sequence_id)
    for row in rows.steps_of(turn.tx, turn.business.id, sequence_id):
        if row["state"] == "planned" and row["due_at"] is not None:
            rows.change_step(
                turn.tx, turn.business.id, sequence_id, row["name"], was=("planned",),
                release_at=max(turn.now, row["due_at"]), taken_until=None,
            )  # fmt: skip
            ring_bells(turn, sequence_id, at=max(turn.now, row["due_at"]), step=row["name"])


def cancel_steps(turn: Turn, sequence: RowMapping, channel: str, reason: str) -> None:
    """Cancel what is still planned on one channel (``not_now``: no voice, email stays)."""
    for row in rows.steps_of(turn.tx, turn.business.id, sequence["sequence_id"]):
        if row["state"] == "planned" and row["channel"] == channel:
            rows.change_step(
                turn.tx, turn.business.id, sequence["sequence_id"], row["name"], was=("planned",),
                state="cancelled", reason=reason, settled_at=turn.now, release_at=None,
            )  # fmt: skip
            settle_step(turn, sequence)


def add_step(
    turn: Turn,
    sequence_id: str,
    name: str,
    *,
    kind: str,
    channel: str,
    body: str | None = None,
    reason: str = "",
    deadline: timedelta | None = None,
) -> None:
    """A step that no playbook holds, due now: a staff task, an answer (to HELP, too), the confirmation of a STOP."""
    row = _row(turn, sequence_id, name, channel, LATER, turn.now, deadline, "")
    rows.add_steps(turn.tx, [{**row, "kind": kind, "body": body, "reason": reason}])


def conversation(turn: Turn, contact_id: str, number: str) -> str:
    """The sequence that an answer to this person belongs to: the latest, or a closed one made to hold it."""
    latest = rows.latest_of(turn.tx, turn.business.id, contact_id)
    if latest is not None:
        return str(latest["sequence_id"])
    sequence_id = new_id("seq", turn.now)
    rows.add(
        turn.tx, business_id=turn.business.id, sequence_id=sequence_id, contact_id=contact_id, playbook="",
        variant="general", number=number, state="closed", reason="conversation", call_at=turn.now,
        last_call_at=turn.now, opened_at=turn.now, closed_at=turn.now, reply_token=secrets.token_hex(10),
    )  # fmt: skip
    return sequence_id


def ring_bells(turn: Turn, sequence_id: str, *, at: datetime, step: str | None = None) -> None:
    """Have the live waits on a sequence (or on one step of it) called at ``at``."""
    for bell in record.bells_of(turn.tx, turn.business.id, sequence_id):
        if step is None or bell["step"] == step:
            record.change_delivery(
                turn.tx, turn.business.id, bell["delivery_id"], due_at=at, expires_at=at + EVENT_LIFE, taken_until=None
            )
