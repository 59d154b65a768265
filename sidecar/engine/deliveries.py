"""Deliveries: what is owed to somebody who is not the caller, brought with retries until they have it.

Each kind has one method that brings it; it returns when the thing is settled,
or raises :class:`Again` with the reason why not yet.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import structlog

from sidecar.channels.port import ChannelError, Fault, Found
from sidecar.channels.staff import destinations
from sidecar.domain.phones import mask_in
from sidecar.engine import alerts
from sidecar.engine.context import EVENT_LIFE, Turn
from sidecar.engine.crm_writes import TOLD_EVERY, CrmWrites
from sidecar.engine.outgoing_hooks import Again, Hooks
from sidecar.engine.room import Room
from sidecar.store import record, touches

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from sqlalchemy import RowMapping

    from sidecar.channels.port import Channel
    from sidecar.channels.staff import StaffDesk
    from sidecar.config.business import Business
    from sidecar.crm.port import Crm
    from sidecar.engine.context import Context

log = structlog.get_logger(__name__)

TAKE_SECONDS = 60.0

BACKOFF = tuple(timedelta(seconds=seconds) for seconds in (5, 15, 60, 300, 900, 1800, 3600))
"""Waits between attempts; the last one repeats until the delivery's life ends."""


class Deliveries:
    """A pool of threads that brings what is due."""

    def __init__(
        self, context: Context, hooks: Hooks, desk: StaffDesk, crm: Crm, voice: Channel, *, threads: int
    ) -> None:
        self._context = context
        self._hooks = hooks
        self._desk = desk
        self._voice = voice
        writes = CrmWrites(context, crm)
        self.room = Room(threads)
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="deliveries")
        self._bring: dict[str, Callable[[Business, RowMapping], None]] = {
            "event": hooks.event,
            "step.ready": hooks.step_ready,
            "bell": hooks.bell,
            "staff": self._staff,
            "voice.stop": self._voice_stop,
            "crm.touch": writes.touch,
            "crm.opt_out": writes.word,
            "crm.opt_in": writes.word,
            "crm.exhausted": writes.exhausted,
        }

    def begin(self, taken: Sequence[RowMapping]) -> None:
        """Bring what was taken for us."""
        for row in taken:
            self._pool.submit(self._carry_out, row)

    def _carry_out(self, row: RowMapping) -> None:
        try:
            self.carry_out(row)
        except Exception:
            log.exception("delivery not carried out", delivery=row["delivery_id"], kind=row["kind"])
        finally:
            self.room.free()

    def carry_out(self, row: RowMapping) -> None:
        """Bring one delivery, and note what became of it."""
        business = self._context.businesses.get(row["business_id"])
        if business is None:
            return
        try:
            self._bring[row["kind"]](business, row)
        except Again as again:
            self._settle(business, row, again)
        except Exception as error:  # noqa: BLE001 - whatever went wrong, it stays owed
            log.warning("delivery failed", delivery=row["delivery_id"], kind=row["kind"], why=mask_in(repr(error)))
            self._settle(business, row, Again(type(error).__name__))
        else:
            self._settle(business, row, None)

    def _settle(self, business: Business, row: RowMapping, again: Again | None) -> None:
        def work(turn: Turn) -> None:
            values: dict[str, Any] = {"attempts": row["attempts"] + 1, "taken_until": None}
            if again is None:
                values |= {"state": "delivered", "settled_at": turn.now, "last_error": ""}
            else:
                values |= _next_try(row, again, turn.now)
            changed = record.change_delivery(turn.tx, business.id, row["delivery_id"], **values)
            if changed and values.get("state") == "dead":
                turn.record(
                    "delivery.dead", sequence_id=row["sequence_id"], reason=row["kind"],
                    delivery_id=row["delivery_id"],
                )  # fmt: skip
            if again is not None and again.tell:
                turn.alert("operator", topic=row["target"], seldom=TOLD_EVERY, reason=again.tell)

        self._context.store.write(lambda tx: work(Turn(self._context, tx, business)))

    def dead(self, business: Business) -> Sequence[RowMapping]:
        """Deliveries that were given up, for a person to look at."""
        return self._context.store.read(lambda tx: record.dead_letters(tx, business.id))

    def replay(self, business: Business, delivery_id: str) -> bool:
        """Try a dead delivery again, now and for another day; False when it is not dead."""

        def work(turn: Turn) -> bool:
            row = record.delivery(turn.tx, business.id, delivery_id)
            ends = None if row is None or row["expires_at"] is None else turn.now + EVENT_LIFE
            again = {"state": "due", "due_at": turn.now, "attempts": 0, "expires_at": ends, "settled_at": None}
            return record.change_delivery(turn.tx, business.id, delivery_id, was="dead", **again)

        return self._context.store.write(lambda tx: work(Turn(self._context, tx, business)))

    def stop(self) -> None:
        """Finish what is under way, take nothing new."""
        self._pool.shutdown(wait=True, cancel_futures=True)

    # --- staff ----------------------------------------------------------------------------------------------------

    def _staff(self, business: Business, row: RowMapping) -> None:
        payload = row["payload"]
        place = next(
            (d for d in destinations(business) if (d.member, d.medium) == (payload["member"], payload["medium"])),
            None,
        )
        if place is None:
            return  # staff left, or the medium was switched off: nobody is owed anything any more
        subject, body = self._context.store.read(lambda tx: alerts.compose(Turn(self._context, tx, business), payload))
        if row["last_error"].startswith(Fault.DOUBTFUL.value):
            found = self._desk.find(
                business, place, subject, body, delivery_id=row["delivery_id"], at=row["created_at"]
            )
            if found.found is Found.YES:
                return
        try:
            now = self._context.clock.now()
            self._desk.alert(business, place, subject, body, delivery_id=row["delivery_id"], at=now)
        except ChannelError as error:
            raise Again(
                f"{error.fault.value}: {mask_in(str(error))}",
                after=error.retry_after,
                final=error.fault is Fault.REFUSED,
            ) from error

    # --- voice ----------------------------------------------------------------------------------------------------

    def _voice_stop(self, business: Business, row: RowMapping) -> None:
        """Stop a ringing call; while the provider has not told us its id yet, look again shortly."""
        touch = self._context.store.read(lambda tx: touches.get(tx, business.id, row["payload"]["touch_id"]))
        if touch is None or touch["provider_state"] or touch["state"] in ("failed", "withdrawn"):
            return
        if touch["provider_id"] is None:
            raise Again("the call has no id yet", after=timedelta(seconds=1), final=row["attempts"] > 60)  # noqa: PLR2004
        if not self._voice.stop(business, touch["provider_id"]):
            raise Again("the call could not be stopped", final=row["attempts"] > len(BACKOFF))


def _next_try(row: RowMapping, again: Again, now: datetime) -> dict[str, Any]:
    wait = again.after or BACKOFF[min(row["attempts"], len(BACKOFF) - 1)]
    expired = row["expires_at"] is not None and now + wait > row["expires_at"]
    error = {"last_error": again.why[:500]}
    if again.final or expired:
        return {**error, "state": "dead", "settled_at": now, "due_at": None}
    return {**error, "due_at": now + wait}
