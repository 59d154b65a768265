"""The runner: takes due steps, has them gated, intended, sent and recorded. Only the runner sends."""

from __future__ import annotations

import contextlib
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TYPE_CHECKING

import structlog

from sidecar.channels.port import ChannelError
from sidecar.engine import facts, gating, stopping
from sidecar.engine.context import Turn
from sidecar.engine.crm import introduce
from sidecar.engine.gating import Intent, Key
from sidecar.engine.room import Room
from sidecar.store import sequences as rows

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import RowMapping

    from sidecar.config.business import Business
    from sidecar.crm.port import Crm
    from sidecar.engine.context import Context
    from sidecar.engine.sending import Sender
    from sidecar.store.database import Tx

log = structlog.get_logger(__name__)

TAKE_SECONDS = 30.0
"""How long a taken step is ours before another process may take it: look-up, gate and send together."""

CRM_BUDGET_SECONDS = 2.0
"""After this the text goes out with the fallback words."""

NOT_OURS = timedelta(hours=1)
"""Steps of a business that is not configured here are looked at again after this."""

KNOWN_FOR = timedelta(minutes=1)
"""A contact read from the CRM this recently is not read again before the next step: an opt-out that a person notes
there holds for whatever goes out later."""


class Runner:
    """A pool of threads that carries due steps out."""

    def __init__(
        self,
        context: Context,
        sender: Sender,
        crm: Crm,
        *,
        threads: int,
        warm: Mapping[str, Callable[[Business], object]],
    ) -> None:
        """``warm`` loads a channel's SDK and client: a second's work that must not fall after the intent."""
        self._warm = warm
        self._context = context
        self._sender = sender
        self._crm = crm
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="runner")
        self.room = Room(threads)
        self.settled = threading.Condition()
        """Notified whenever a step has been carried as far as it goes now; ``run`` waits here."""

    def begin(self, taken: Sequence[RowMapping]) -> None:
        """Carry out steps that were taken for us."""
        for row in taken:
            key = Key(row["business_id"], row["sequence_id"], row["name"])
            self._pool.submit(self._carry_out, key, row["channel"])

    def _carry_out(self, key: Key, channel: str) -> None:
        try:
            self.carry_out(key, channel)
        except Exception:
            # The step stays taken, and is taken again when that runs out: nothing is lost by a bug or a full disk.
            log.exception("step not carried out", sequence=key.sequence_id, step=key.step)
        finally:
            self.room.free()
            with self.settled:
                self.settled.notify_all()

    def carry_out(self, key: Key, channel: str) -> None:
        """Look the person up, ask the gates, and send if they allow it."""
        business = self._context.businesses.get(key.business_id)
        if business is None:
            log.warning("step of a business that is not configured here", business=key.business_id)
            self._context.store.write(lambda tx: _lay_aside(tx, key, self._context.clock.now() + NOT_OURS))
            return
        if channel in ("sms", "voice", "email", "staff"):
            self.meet(business, key)
        if channel in self._warm:
            with contextlib.suppress(ChannelError):  # no credentials: the gates will say so
                self._warm[channel](business)
        begun = time.monotonic()
        lease = self._sender.lease_seconds(channel)

        def work(turn: Turn) -> object:
            nonlocal begun
            begun = time.monotonic()
            return gating.gate(turn, key, lease_seconds=lease)

        result = self._context.store.write(lambda tx: work(Turn(self._context, tx, business)))
        if isinstance(result, Intent):
            self._sender.send(result, begun)

    def meet(self, business: Business, key: Key) -> None:
        """Find out who this is, within the budget, unless we know it already."""
        if business.hubspot is None:
            return
        now = self._context.clock.now()
        found = self._context.store.read(lambda tx: self._stale_contact(Turn(self._context, tx, business), key, now))
        if found is None:
            return
        contact_id, phone = found
        person = self._crm.find_person(business, phone, budget_seconds=CRM_BUDGET_SECONDS)
        if person is not None:
            stopping.commit_stop(
                self._context, business, lambda turn, force: introduce(turn, contact_id, person, force=force)
            )

    def _stale_contact(self, turn: Turn, key: Key, now: datetime) -> tuple[str, str] | None:
        sequence = rows.get(turn.tx, key.business_id, key.sequence_id)
        if sequence is None or sequence["state"] == "closed":
            return None
        who = facts.person(turn, sequence["contact_id"])
        fresh = who.row["enriched_at"] is not None and now - who.row["enriched_at"] < KNOWN_FOR
        return None if fresh or who.phone is None else (who.row["contact_id"], who.phone)

    def stop(self) -> None:
        """Finish what is under way, take nothing new."""
        self._pool.shutdown(wait=True, cancel_futures=True)


def _lay_aside(tx: Tx, key: Key, until: datetime) -> None:
    """A business was taken out of the configuration: its steps must not keep those of others waiting."""
    ids = (key.business_id, key.sequence_id, key.step)
    rows.change_step(tx, *ids, was=("planned",), release_at=until, taken_until=None)
