"""Storage limitation (UK GDPR and GDPR art. 5(1)(e)): what was kept for its time goes, by itself.

People go by the same code as those who ask for it (``engine.forgetting``), one transaction each. What stays, stays
there too: a STOP as its keyed hash, ids, times and figures. What is open, still owed or given up is never touched: a
person must see it first.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import structlog

from sidecar.store import retention as store

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from sqlalchemy import RowMapping

    from sidecar.config.business import Business
    from sidecar.engine.context import Context
    from sidecar.engine.forgetting import Forgetting
    from sidecar.store.database import Tx

log = structlog.get_logger(__name__)

LOOK_EVERY = timedelta(hours=1)
AT_ONCE = 200
"""Rows that one transaction removes, at most: on SQLite every other writer waits for it."""
PEOPLE_PER_LOOK = 100
"""A long past is worked off over some hours rather than beside everybody's calls."""


class Retention:
    """Removes what is older than each business's periods."""

    def __init__(self, context: Context, forgetting: Forgetting) -> None:
        self._context = context
        self._forgetting = forgetting

    def look(self) -> None:
        """Remove what is due; what is not done by the end of it is done by the next."""
        now = self._context.clock.now()
        for business in self._context.businesses:
            kept = business.retention
            counted = {
                "deliveries": self._all(store.remove_delivered, business, now - kept.deliveries),
                "people": self._people(business, now - kept.people),
                "callers": self._all(store.forget_callers, business, now - kept.people),
            }
            if any(counted.values()):
                log.info("kept for its time, and removed", business=business.id, **counted)

    def _all(self, remove: Callable[[Tx, str, datetime, int], int], business: Business, before: datetime) -> int:
        """Batch after batch, each in its own transaction, until there is no more."""
        total = 0
        while True:
            removed = self._context.store.write(lambda tx: remove(tx, business.id, before, AT_ONCE))
            total += removed
            if removed < AT_ONCE:
                return total

    def _people(self, business: Business, before: datetime) -> int:
        forgotten = 0
        last: RowMapping | None = None
        while forgotten < PEOPLE_PER_LOOK:
            page = self._context.store.read(
                lambda tx, last=last: store.quiet_people(tx, business.id, before, AT_ONCE, after=last)  # type: ignore[misc]
            )
            for row in page:
                forgotten += self._forgetting.forget_quiet(business, row["contact_id"], before)
                if forgotten == PEOPLE_PER_LOOK:
                    break
            if len(page) < AT_ONCE:
                break
            last = page[-1]
        return forgotten
