"""HubSpot telling us: its webhook about changed contacts, in batches, signed over the public URL (signature v3)."""

from __future__ import annotations

import itertools
import json
from typing import TYPE_CHECKING, Literal

from sidecar.sandbox.signing import hubspot_signature

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sidecar.sandbox.posting import HttpAnswer, Poster
    from sidecar.sandbox.record import Journal, Json

MOST_IN_ONE = 100
_PATH = "/hubspot/events"


class HubSpotHooks:
    """Posts changes of contacts to ``/hubspot/events``: those it is told, and with ``tells`` all that happen."""

    def __init__(self, journal: Journal, poster: Poster, *, client_secret: str, portal_id: int) -> None:
        """``app_url`` and ``public_url`` are set once the application's address is known."""
        self.app_url = "http://127.0.0.1:8000"
        self.public_url: str | None = None
        self.client_secret, self.portal_id = client_secret, portal_id
        self.tells: frozenset[str] = frozenset()
        """Properties of contacts whose every change is told by itself, our own writes included."""
        self._journal = journal
        self._poster = poster
        self._ids = itertools.count(1)

    def changed(self, contact_id: str, properties: dict[str, str | None]) -> None:
        """A contact was changed: tell what was subscribed to."""
        found = [self.event(contact_id, name, value or "") for name, value in properties.items() if name in self.tells]
        if found:
            self._poster.later(lambda: self._tell(found))

    def event(self, contact_id: str, name: str, value: str, *, occurred_at: int | None = None) -> Json:
        """One event of a batch; ``occurred_at`` in milliseconds, now by default."""
        number = next(self._ids)
        return {
            "eventId": number,
            "subscriptionId": 7,
            "portalId": self.portal_id,
            "appId": 9,
            "occurredAt": self._now_ms() if occurred_at is None else occurred_at,
            "subscriptionType": "contact.propertyChange",
            "attemptNumber": 0,
            "objectId": int(contact_id),
            "propertyName": name,
            "propertyValue": value,
            "changeSource": "CRM_UI",
            "sourceId": "userId:1",
        }

    def post(self, events: Sequence[Json], *, sign: Literal["right", "wrong", "none"] = "right") -> list[HttpAnswer]:
        """Post events, at most 100 in one request, signed now; our answers."""
        batches = [events[start : start + MOST_IN_ONE] for start in range(0, len(events), MOST_IN_ONE)]
        return [self._post(list(batch), sign) for batch in batches]

    def _tell(self, events: Sequence[Json]) -> None:
        self.post(events)

    def _post(self, batch: list[Json], sign: str) -> HttpAnswer:
        app, raw, at_ms = self.app_url.rstrip("/"), json.dumps(batch, separators=(",", ":")), self._now_ms()
        url = (self.public_url or app).rstrip("/") + _PATH
        headers = {"Content-Type": "application/json", "X-HubSpot-Request-Timestamp": str(at_ms)}
        if sign != "none":
            secret = self.client_secret if sign == "right" else self.client_secret + "x"
            headers["X-HubSpot-Signature-v3"] = hubspot_signature(secret, url, raw, at_ms)
        return self._poster.post(
            "hubspot", "events", app + _PATH, raw=raw.encode(), headers=headers, body=batch, shown_url=url
        )

    def _now_ms(self) -> int:
        return int(self._journal.now().timestamp() * 1000)
