"""Handing out what is due: steps to the runner, deliveries to those who bring them, in one transaction."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sidecar.engine import deliveries, runner
from sidecar.store import record, sequences

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import RowMapping

    from sidecar.engine.context import Context
    from sidecar.engine.deliveries import Deliveries
    from sidecar.engine.runner import Runner
    from sidecar.store.database import Tx


class Taken(NamedTuple):
    """What a look brought, and when the next one is worth it."""

    steps: Sequence[RowMapping]
    owed: Sequence[RowMapping]
    upcoming: datetime | None


_NOTHING = Taken((), (), None)


class Due:
    """What the waker calls."""

    def __init__(self, context: Context, runner: Runner, deliveries: Deliveries) -> None:
        self._context = context
        self._runner = runner
        self._deliveries = deliveries

    def hand_out(self) -> datetime | None:
        """Hand out all that is due now, as far as there is room; returns when the next thing is due."""
        for_steps, for_owed = self._runner.room.take(), self._deliveries.room.take()
        now = self._context.clock.now()
        taken = _NOTHING
        try:
            taken = self._context.store.write(lambda tx: take(tx, now, for_steps, for_owed))
        finally:
            self._runner.room.give_back(for_steps - len(taken.steps))
            self._deliveries.room.give_back(for_owed - len(taken.owed))
        self._runner.begin(taken.steps)
        self._deliveries.begin(taken.owed)
        return taken.upcoming


def take(tx: Tx, now: datetime, for_steps: int, for_owed: int) -> Taken:
    """Take what is due for ourselves, and look when more is.

    Where more is due than there is room for, first texts go ahead of notes for the CRM, and "now" is no answer:
    a pool that was full rings when it has room again.
    """
    steps = sequences.take_due(tx, now, runner.TAKE_SECONDS, for_steps) if for_steps else ()
    left = len(steps) == for_steps
    owed = record.take_deliveries(tx, now, deliveries.TAKE_SECONDS, for_owed, urgent_only=left) if for_owed else ()
    moments = (
        sequences.next_due(tx, now if left else sequences.EVER),
        record.next_delivery(tx, now if left or len(owed) == for_owed else sequences.EVER),
    )
    return Taken(steps, owed, min((moment for moment in moments if moment is not None), default=None))
