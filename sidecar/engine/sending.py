"""From a committed intent to a recorded result: the one place where something leaves the house."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import structlog

from sidecar.channels.port import Accepted, ChannelError, Effect, Fault
from sidecar.domain.phones import mask_in
from sidecar.engine import facts, sequences, stopping
from sidecar.engine.context import Turn
from sidecar.engine.gating import ASK_AFTER, Intent, Ref, skip_step
from sidecar.store import contacts, touches
from sidecar.store import sequences as rows

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sqlalchemy import RowMapping

    from sidecar.channels.port import Channel
    from sidecar.engine.context import Context

log = structlog.get_logger(__name__)

START_WITHIN = 1.0
"""Seconds from the intent's commit within which its request must start, or it starts over (design §4.3)."""

LEASE_MARGIN = 5.0
"""The lease outlasts the longest request by this many seconds."""

RETRY_AFTER = tuple(timedelta(seconds=seconds) for seconds in (5, 10, 20, 40, 60, 120, 300))
"""Waits before a send that certainly did not happen is tried again."""

MAX_ATTEMPTS = 12

THROTTLED = "429"
"""``20429``, ``http_429``: the provider is well and asks for patience, so its circuit stays closed."""

_REPORTED = {"delivered": "delivered", "undelivered": "undelivered", "failed": "undelivered"}
"""What the provider may have reported of a touch before it answered our request."""


class Sender:
    """Sends what was intended, and records what became of it."""

    def __init__(self, context: Context, channels: Mapping[str, Channel]) -> None:
        self._context = context
        self._channels = channels

    def lease_seconds(self, channel: str) -> float:
        """How long a person is leased for one request on this channel."""
        sender = self._channels.get(channel)
        return (sender.longest_send.total_seconds() if sender else 0.0) + START_WITHIN + LEASE_MARGIN

    def send(self, intent: Intent, committed: float) -> None:
        """Start the request within a second of the commit, or give the step back; then record the result.

        Args:
            intent: the committed intent.
            committed: ``time.monotonic()`` from just before the intent's transaction was begun to be committed.
        """
        channel = self._channels[intent.ref.channel]
        if time.monotonic() - committed > START_WITHIN:
            self._write(intent, lambda turn: withdraw(turn, intent.ref))
            return
        try:
            accepted = channel.send(intent.outgoing)
        except ChannelError as error:
            log.info("touch not accepted", touch=intent.outgoing.touch_id, code=error.code, fault=error.fault.value)
            self._write(intent, lambda turn, error=error: record_fault(turn, intent.ref, error))  # type: ignore[misc]
        except Exception as error:
            log.exception("channel failed", touch=intent.outgoing.touch_id, channel=intent.ref.channel)
            doubt = ChannelError(mask_in(str(error)), fault=Fault.DOUBTFUL, code="channel_bug")
            self._write(intent, lambda turn: record_fault(turn, intent.ref, doubt))
        else:
            self._write(intent, lambda turn: record_accepted(turn, intent.ref, accepted))

    def _write(self, intent: Intent, work: Callable[[Turn], None]) -> None:
        self._context.store.write(lambda tx: work(Turn(self._context, tx, intent.outgoing.business)))


def _sequence(turn: Turn, ref: Ref) -> RowMapping:
    facts.lock(turn, ref.contact_id)
    sequence = rows.get(turn.tx, turn.business.id, ref.sequence_id)
    assert sequence is not None  # noqa: S101 - a touch's sequence is never deleted while it is under way
    return sequence


def withdraw(turn: Turn, ref: Ref) -> None:
    """Too late to start: as if the intent had never been; the step asks its gates again at once."""
    _sequence(turn, ref)
    changed = touches.change(
        turn.tx, turn.business.id, ref.touch_id, was=("sending",), state="withdrawn", lease_until=None
    )
    if not changed:
        return  # so late that ``reconcile`` has settled it: the step may be another touch's by now
    rows.change_step(
        turn.tx, turn.business.id, ref.sequence_id, ref.step, was=("sending",),
        state="planned", release_at=turn.now, touch_id=None,
    )  # fmt: skip
    sequences.ring_bells(turn, ref.sequence_id, at=turn.now, step=ref.step)
    contacts.free_lease(turn.tx, turn.business.id, ref.contact_id, ref.lease)
    turn.record(
        "touch.withdrawn", contact_id=ref.contact_id, sequence_id=ref.sequence_id, step=ref.step,
        touch_id=ref.touch_id, reason="started_too_late",
    )  # fmt: skip
    _drop_if_closed(turn, ref)


def _drop_if_closed(turn: Turn, ref: Ref) -> None:
    """What is planned again of a sequence that ended meanwhile has nothing to wait for."""
    sequence = _sequence(turn, ref)
    if sequence["state"] == "closed":
        sequences.cancel_left(turn, sequence)


def record_accepted(turn: Turn, ref: Ref, accepted: Accepted) -> None:
    """The provider has it."""
    sequence = _sequence(turn, ref)
    changed = touches.change(
        turn.tx, turn.business.id, ref.touch_id, was=("sending", "unknown"),
        state="sent", provider_id=accepted.provider_id, sent_at=turn.now, lease_until=None,
    )  # fmt: skip
    contacts.free_lease(turn.tx, turn.business.id, ref.contact_id, ref.lease)
    touches.note_success(turn.tx, turn.business.id, ref.sender)
    if not changed:
        return
    touch = touches.get(turn.tx, turn.business.id, ref.touch_id)
    state = _REPORTED.get(touch["provider_state"] if touch is not None else "", "sent")
    rows.change_step(
        turn.tx, turn.business.id, ref.sequence_id, ref.step, was=("sending", "unknown", "claimed"),
        state=state, settled_at=turn.now,
    )  # fmt: skip
    if sequence["first_touch_seconds"] is None and sequence["call_id"] is not None:
        seconds = (turn.now - sequence["call_at"]).total_seconds()
        rows.change(turn.tx, turn.business.id, ref.sequence_id, first_touch_seconds=seconds)
    turn.record(
        "touch.sent",
        contact_id=ref.contact_id,
        sequence_id=ref.sequence_id,
        step=ref.step,
        touch_id=ref.touch_id,
    )
    turn.owe("crm.touch", "crm", {"touch_id": ref.touch_id}, sequence_id=ref.sequence_id)
    if sequence["state"] == "closed" and ref.channel == "voice":
        # They answered or said STOP while the call was being placed: do not let it ring on.
        turn.owe("voice.stop", "voice", {"touch_id": ref.touch_id}, sequence_id=ref.sequence_id)
    sequences.settle_step(turn, sequence)


def record_fault(turn: Turn, ref: Ref, error: ChannelError) -> None:
    """It was not, or perhaps not, sent: plan again, ask, or give up, as the channel decided."""
    _sequence(turn, ref)
    contacts.free_lease(turn.tx, turn.business.id, ref.contact_id, ref.lease)
    refs: dict[str, Any] = {
        "contact_id": ref.contact_id, "sequence_id": ref.sequence_id, "step": ref.step, "touch_id": ref.touch_id,
    }  # fmt: skip
    if error.fault is Fault.DOUBTFUL:
        touches.note_fault(turn.tx, turn.business.id, ref.sender, turn.now)
        if doubt(turn, ref.touch_id, ref.sequence_id, ref.step):
            turn.record("touch.unknown", reason=error.code, **refs)
        return
    changed = touches.change(
        turn.tx, turn.business.id, ref.touch_id, was=("sending", "unknown"), state="failed", code=error.code,
        lease_until=None, ask_at=None, settled_at=turn.now,
    )  # fmt: skip
    if not changed:
        return  # so late that ``reconcile`` has settled it: the step may be another touch's by now
    turn.record("touch.failed", reason=error.code, fault=error.fault.value, **refs)
    _effect(turn, ref, error)
    sequence = _sequence(turn, ref)
    if error.fault is Fault.NOT_SENT and ref.attempt < MAX_ATTEMPTS:
        if not error.code.endswith(THROTTLED):
            touches.note_fault(turn.tx, turn.business.id, ref.sender, turn.now)
        wait = error.retry_after or RETRY_AFTER[min(ref.attempt, len(RETRY_AFTER)) - 1]
        again = turn.now + wait
        rows.change_step(
            turn.tx, turn.business.id, ref.sequence_id, ref.step, was=("sending", "unknown", "claimed"),
            state="planned", release_at=again, reason=error.code,
        )  # fmt: skip
        sequences.ring_bells(turn, ref.sequence_id, at=again, step=ref.step)
        _drop_if_closed(turn, ref)
    else:
        give_up(turn, sequence, ref.step, error.code)


def doubt(turn: Turn, touch_id: str, sequence_id: str, step: str) -> bool:
    """Nobody knows whether it was sent: it stays so until the provider is asked (``reconcile``).

    False where the touch's fate was settled meanwhile; nothing is changed then.
    """
    changed = touches.change(
        turn.tx, turn.business.id, touch_id, was=("sending",),
        state="unknown", lease_until=None, ask_at=turn.now + ASK_AFTER,
    )  # fmt: skip
    return changed and rows.change_step(
        turn.tx, turn.business.id, sequence_id, step, was=("sending", "claimed"), state="unknown"
    )


def move_on(turn: Turn, sequence_id: str, step: str) -> None:
    """Nobody may ever know of this one: later steps count from now, and the sequence can come to its end."""
    rows.change_step(turn.tx, turn.business.id, sequence_id, step, was=("unknown",), settled_at=turn.now)
    sequence = rows.get(turn.tx, turn.business.id, sequence_id)
    if sequence is not None:
        sequences.settle_step(turn, sequence)


def give_up(turn: Turn, sequence: RowMapping, step: str, code: str) -> None:
    """The step failed for good: later steps count from now, and a person is asked to take over."""
    row = rows.step(turn.tx, turn.business.id, sequence["sequence_id"], step)
    if row is not None:
        who = facts.person(turn, sequence["contact_id"]) if sequence["state"] != "closed" else None
        skip_step(turn, sequence, row, code, who=who, state="failed")


def _effect(turn: Turn, ref: Ref, error: ChannelError) -> None:
    """What else the vendor's answer told us."""
    if error.effect is Effect.OPTED_OUT:
        stopping.stop(turn, ref.contact_id, source="twilio_21610", force=True, own_lease=True)
    elif error.effect is Effect.NOT_TEXTABLE:
        contacts.mark_unreachable(turn.tx, turn.business.id, ref.to, "landline")
    elif error.effect is Effect.INVALID:
        contacts.mark_unreachable(turn.tx, turn.business.id, ref.to, "invalid")
    elif error.effect is Effect.HOLD_SENDER:
        touches.hold(turn.tx, turn.business.id, ref.sender, error.code)
    elif error.effect is Effect.HOLD_TEMPLATE:
        touches.hold(turn.tx, turn.business.id, facts.words_of(_sequence(turn, ref), ref.step), error.code)
    if error.effect in (Effect.HOLD_SENDER, Effect.HOLD_TEMPLATE, Effect.ALERT):
        turn.alert("operator", touch_id=ref.touch_id, sequence_id=ref.sequence_id, reason=error.remedy)
