"""How a flow drives: it says *now* (``run``), leaves a step out (``skip``), and is rung when asking again is worth it.

The answer to ``run``, not the wake-up, says what happened; so a lost, early,
late or double wake-up does no harm.
"""

from __future__ import annotations

import time
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sidecar.engine import callbacks, facts, gating, sequences
from sidecar.engine.context import EVENT_LIFE, Turn
from sidecar.engine.gating import Key
from sidecar.engine.results import NotFound, RunResult
from sidecar.store import record
from sidecar.store import sequences as rows

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import RowMapping

    from sidecar.config.business import Business
    from sidecar.engine.context import Context
    from sidecar.engine.runner import Runner

_LOOK_SECONDS = 0.1
"""Another process may be the one that sends: look at the row at least this often."""

BUSY_AGAIN = timedelta(seconds=2)
"""The runner has not got to the step yet: the flow asks again after this."""

WAKE_UNKNOWN = timedelta(hours=1)
"""``wake_by`` of a step whose due time is not known yet: the bell comes much sooner."""

_DONE = {"sent": "sent", "delivered": "sent", "undelivered": "sent", "failed": "failed", "skipped": "skipped",
         "cancelled": "closed", "sending": "sending", "claimed": "sending", "unknown": "unknown"}  # fmt: skip


class Driving:
    """``run`` and ``skip``."""

    def __init__(self, context: Context, runner: Runner, ring: Callable[[], None]) -> None:
        self._context = context
        self._runner = runner
        self._ring = ring

    def run(
        self,
        business: Business,
        sequence_id: str,
        step: str,
        *,
        resume_url: str | None = None,
        execution_id: str = "",
        wait_seconds: float = 5.0,
        look_only: bool = False,
    ) -> RunResult:
        """Have a due step go out now, and wait a moment for what becomes of it.

        ``look_only`` says how the step stands and notes the wait, and pulls nothing (a refused claim).

        Raises:
            NotFound: no such sequence or step in this business.
            Invalid: the resume URL is not on the business's allow-list.
        """
        target = callbacks.checked(business, resume_url) if resume_url else None
        key = Key(business.id, sequence_id, step)

        def begin(turn: Turn) -> tuple[RunResult | None, bool]:
            return self._begin(turn, key, target, execution_id, pull=not look_only)

        result, wait = self._context.store.write(lambda tx: begin(Turn(self._context, tx, business)))
        if not wait:
            assert result is not None  # noqa: S101 - only a pulled step waits
            return result
        self._ring()
        self._await(key, wait_seconds)
        return self._context.store.write(
            lambda tx: self._after(Turn(self._context, tx, business), key, target, execution_id)
        )

    def _begin(
        self, turn: Turn, key: Key, target: str | None, execution_id: str, *, pull: bool
    ) -> tuple[RunResult | None, bool]:
        sequence, row = find_step(turn, key)
        _silence(turn, key.sequence_id, execution_id)
        if row["state"] != "planned":
            return self._answer(turn, sequence, row, already=True), False
        if not pull or _held(sequence, row) or row["due_at"] is None or row["due_at"] > turn.now:
            self._wait(turn, sequence, row, target, execution_id)
            return self._answer(turn, sequence, row), False
        rows.change_step(turn.tx, *_ids(key), was=("planned",), release_at=min(row["release_at"] or turn.now, turn.now))
        return None, True

    def _await(self, key: Key, seconds: float) -> None:
        """Wait, in real seconds, until the step has gone as far as it goes now."""
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            row = self._context.store.read(lambda tx: rows.step(tx, *_ids(key)))
            now = self._context.clock.now()
            if row is None or row["state"] not in ("planned", "sending"):
                return
            if row["state"] == "planned" and row["release_at"] is not None and row["release_at"] > now:
                return
            with self._runner.settled:
                self._runner.settled.wait(min(left, _LOOK_SECONDS))

    def _after(self, turn: Turn, key: Key, target: str | None, execution_id: str) -> RunResult:
        sequence, row = find_step(turn, key)
        if row["state"] == "planned":
            self._wait(turn, sequence, row, target, execution_id)
        return self._answer(turn, sequence, row)

    def _answer(self, turn: Turn, sequence: RowMapping, row: RowMapping, *, already: bool = False) -> RunResult:
        state = row["state"]
        if state in ("sent", "delivered", "undelivered"):
            return RunResult("sent", touch_id=row["touch_id"], already=already)
        over = sequence["state"] == "closed" and row["kind"] in sequences.OWN
        if state == "planned":
            if over:
                return RunResult("closed", sequence["reason"])
            until, reason = _until(turn, sequence, row), row["reason"]
            if _held(sequence, row):
                reason = f"held:{sequence['held_reason']}"
            early = row["due_at"] is None or row["due_at"] > turn.now
            return RunResult("deferred", reason or ("early" if early else "busy"), until, _wake_by(turn, until))
        if state in ("cancelled", "skipped") and over and sequence["reason"] != "exhausted":
            return RunResult("closed", sequence["reason"], already=already)
        outcome = _DONE[state]
        return RunResult(outcome, row["reason"], touch_id=row["touch_id"], already=already)  # type: ignore[arg-type]

    def _wait(self, turn: Turn, sequence: RowMapping, row: RowMapping, target: str | None, execution_id: str) -> None:
        """Note that a flow waits: one live wait for each sequence and execution."""
        if target is None:
            return
        until = _until(turn, sequence, row)
        ahead = until is not None and until > turn.now
        turn.owe(
            "bell", target, {"step": row["name"]}, due_at=until if ahead else turn.now + BUSY_AGAIN,
            dormant=until is None, life=EVENT_LIFE,
            sequence_id=row["sequence_id"], step=row["name"], execution_id=execution_id,
        )  # fmt: skip
        if until is not None and ahead:
            platform = sequence["flow_platform"] or "n8n"
            grace = sequences.grace_of(turn, platform, first=row["ordinal"] == 0, live_wait=True)
            rows.change_step(
                turn.tx, turn.business.id, row["sequence_id"], row["name"], was=("planned",), release_at=until + grace
            )

    def skip(self, business: Business, sequence_id: str, step: str, reason: str) -> RunResult:
        """Leave a step out, as the flow decided; raises :class:`NotFound`."""
        key = Key(business.id, sequence_id, step)

        def work(turn: Turn) -> RunResult:
            sequence, _ = find_step(turn, key)
            facts.person(turn, sequence["contact_id"], lock=True)
            sequence, row = find_step(turn, key)
            if row["state"] != "planned":
                return self._answer(turn, sequence, row, already=True)
            turn.record(
                "step.skipped", contact_id=sequence["contact_id"], sequence_id=sequence_id, step=step,
                reason=reason[:128], by="flow",
            )  # fmt: skip
            gating.skip_step(turn, sequence, row, reason[:64])
            return RunResult("skipped", reason)

        return self._context.store.write(lambda tx: work(Turn(self._context, tx, business)))


def _held(sequence: RowMapping, row: RowMapping) -> bool:
    """A hold is for the playbook's steps: a person's own answer may go out meanwhile."""
    return bool(sequence["state"] == "held") and row["kind"] in sequences.OWN


def _until(turn: Turn, sequence: RowMapping, row: RowMapping) -> datetime | None:
    """When asking again is worth it; ``None`` while nobody can say: the bell tells."""
    if _held(sequence, row) or row["due_at"] is None:
        return None
    until: datetime | None = row["due_at"] if row["due_at"] > turn.now else row["release_at"]
    return until


def _ids(key: Key) -> tuple[str, str, str]:
    return key.business_id, key.sequence_id, key.step


def find_step(turn: Turn, key: Key) -> tuple[RowMapping, RowMapping]:
    """The sequence and the step; raises :class:`NotFound` naming what there is."""
    sequence = rows.get(turn.tx, key.business_id, key.sequence_id)
    if sequence is None:
        message = f"no sequence {key.sequence_id}"
        raise NotFound(message, field="sequence_id", remedy="take the id from the answer to POST /v1/calls")
    row = rows.step(turn.tx, *_ids(key))
    if row is None:
        names = ", ".join(step["name"] for step in rows.steps_of(turn.tx, key.business_id, key.sequence_id))
        message = f"the sequence has no step {key.step!r}"
        raise NotFound(message, field="name", remedy=f"its steps are: {names}")
    return sequence, row


def _silence(turn: Turn, sequence_id: str, execution_id: str) -> None:
    """``run`` has arrived: the bell has done its work, or the execution waits for something else now."""
    for bell in record.bells_of(turn.tx, turn.business.id, sequence_id):
        if bell["execution_id"] == execution_id:
            record.change_delivery(
                turn.tx,
                turn.business.id,
                bell["delivery_id"],
                state="delivered",
                settled_at=turn.now,
                due_at=None,
            )


def _wake_by(turn: Turn, until: datetime | None) -> datetime:
    return (until or turn.now + WAKE_UNKNOWN) + sequences.WAKE_AFTER
