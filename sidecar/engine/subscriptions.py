"""Subscriptions: events of a business to a URL of its allow-list."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from sidecar.engine import callbacks
from sidecar.engine.context import PUBLISHED
from sidecar.engine.outgoing_hooks import signing_secret
from sidecar.engine.results import Invalid
from sidecar.store import record
from sidecar.store.ids import new_id

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sidecar.config.business import Business
    from sidecar.engine.context import Context


OURS = frozenset(
    {
        "host", "content-type", "content-length", "content-encoding", "transfer-encoding", "connection", "keep-alive",
        "te", "trailer", "upgrade", "expect",
    }
)  # fmt: skip
"""Headers that say what we send and how: nobody else may set them; nor those that sign it (``webhook-*``)."""
OURS_FROM = ("webhook-", "proxy-")
_VALUE = re.compile(r"[!-~](?:[ -~]*[!-~])?|")


class Subscriptions:
    """Add, list, remove."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def add(self, business: Business, url: str, events: Sequence[str], headers: Mapping[str, str]) -> tuple[str, str]:
        """A new subscription: its id and the Standard Webhooks secret that signs what is sent to it.

        Raises:
            Invalid: the URL is not on the business's allow-list, there is no such event, or a header is ours to set.
        """
        _check(headers)
        url = callbacks.allowed(url, business.event_hosts, field="url", setting="event_hosts")
        unknown = sorted(set(events) - PUBLISHED - {"*"})
        if unknown:
            message = f"there is no event {unknown[0]!r}"
            raise Invalid(message, field="events", remedy=f"use * or some of: {', '.join(sorted(PUBLISHED))}")
        now = self._context.clock.now()
        subscription_id = new_id("sub", now)
        values = {"url": url, "events": sorted(set(events)), "headers": dict(headers), "created_at": now}
        self._context.store.write(
            lambda tx: record.add_subscription(tx, business_id=business.id, subscription_id=subscription_id, **values)
        )
        return subscription_id, signing_secret(self._context, subscription_id)

    def list(self, business: Business) -> list[dict[str, Any]]:
        """The business's subscriptions; header values are not shown again."""
        found = self._context.store.read(lambda tx: record.subscriptions_of(tx, business.id))
        return [
            {
                "subscription_id": row["subscription_id"],
                "url": row["url"],
                "events": row["events"],
                "headers": sorted(row["headers"]),
                "created_at": row["created_at"],
            }
            for row in found
        ]

    def remove(self, business: Business, subscription_id: str) -> bool:
        """Send nothing more there; True when there was such a subscription."""
        return self._context.store.write(lambda tx: record.remove_subscription(tx, business.id, subscription_id))


def _check(headers: Mapping[str, str]) -> None:
    for name, value in headers.items():
        if name.lower() in OURS or name.lower().startswith(OURS_FROM):
            message = f"the header {name} is set by the sidecar itself"
            raise Invalid(message, field="headers", remedy="leave it out")
        if not _VALUE.fullmatch(value):
            message = f"the value of the header {name} holds more than printable ASCII, or blanks at its ends"
            raise Invalid(message, field="headers", remedy="take out line breaks, blanks at the ends and accents")
