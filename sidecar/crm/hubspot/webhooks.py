"""HubSpot's webhook: is it genuine, and who opted out in the CRM? Pure, and without the SDK, whose import is slow.

Requests: https://developers.hubspot.com/docs/apps/legacy-apps/authentication/validating-requests (v3);
events: https://developers.hubspot.com/docs/api-reference/webhooks-webhooks-v3/guide.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from sidecar.crm.port import CrmChange, Told

if TYPE_CHECKING:
    from collections.abc import Mapping

TOLERANCE = timedelta(minutes=5)
_LONGEST_STAMP = 15
_YEAR_9999_MS = 253_370_764_800_000
_CONTACT = "0-1"
"""HubSpot's object type id of contacts, in the events of its newer developer platform."""
_ALL_EMAIL = "hs_email_optout"
_OURS = "recovery_opt_out"
_DECODED = {
    "%3A": ":", "%2F": "/", "%3F": "?", "%40": "@", "%21": "!", "%24": "$", "%27": "'", "%28": "(", "%29": ")",
    "%2A": "*", "%2C": ",", "%3B": ";",
}  # fmt: skip
"""What HubSpot decodes in the address before it signs; everything else stays as it was sent."""


class UnreadableEvents(ValueError):
    """The body is no list of HubSpot's events."""


def verify(
    client_secret: str, method: str, url: str, raw_body: bytes, signature: str, stamp: str, now: datetime
) -> bool:
    """Whether ``X-HubSpot-Signature-v3`` is this app's over this request, at most five minutes old or early.

    Base64 of HMAC-SHA256 over method, address, body and stamp, as the SDK's ``utils/signature.py`` computes it; which
    reads the time by itself, and takes a stamp of the far future.

    Args:
        client_secret: of the app that the webhook belongs to.
        method: of the request.
        url: the *public* address with path and raw query, as it was given to HubSpot.
        raw_body: the body as it came.
        signature: the header's value, '' where there is none.
        stamp: ``X-HubSpot-Request-Timestamp``, milliseconds.
        now: UTC.
    """
    if not client_secret or not signature or not (stamp.isascii() and stamp.isdigit()) or len(stamp) > _LONGEST_STAMP:
        return False
    if abs(now.timestamp() * 1000 - int(stamp)) > TOLERANCE.total_seconds() * 1000:
        return False
    for code, char in _DECODED.items():
        url = url.replace(code, char).replace(code.lower(), char)
    signed = method.encode() + url.encode() + raw_body + stamp.encode()
    expected = base64.b64encode(hmac.new(client_secret.encode(), signed, hashlib.sha256).digest())
    return hmac.compare_digest(expected, signature.encode())


def accounts_of(payload: object) -> set[str]:
    """The portals that a batch speaks of.

    Raises:
        UnreadableEvents: it is no batch.
    """
    return {str(event["portalId"]) for event in _events(payload) if isinstance(event.get("portalId"), int | str)}


def read_changes(payload: object, now: datetime) -> tuple[CrmChange, ...]:
    """What a batch (100 events at most) says of people's opt-outs; anything else in it is passed over.

    Raises:
        UnreadableEvents: it is no batch.
    """
    found = (_change(event, now) for event in _events(payload))
    return tuple(change for change in found if change is not None)


def _events(payload: object) -> list[Mapping[str, Any]]:
    if not isinstance(payload, list) or not all(isinstance(event, dict) for event in payload):
        raise UnreadableEvents("the body is no list of events")
    return payload


def _change(event: Mapping[str, Any], now: datetime) -> CrmChange | None:
    kind = event.get("subscriptionType")
    ours = kind == "contact.propertyChange" or (
        kind == "object.propertyChange" and event.get("objectTypeId") == _CONTACT
    )
    told, crm_id, account = _told(event.get("propertyName")), event.get("objectId"), event.get("portalId")
    if not ours or told is None or not isinstance(crm_id, int | str) or not isinstance(account, int | str):
        return None
    on = str(event.get("propertyValue")).lower() == "true"
    return CrmChange(account=str(account), crm_id=str(crm_id), told=told, on=on, at=_at(event.get("occurredAt"), now))


def _told(name: object) -> Told | None:
    if name == _OURS:
        return Told.STOP
    if name == _ALL_EMAIL:
        return Told.NO_EMAIL
    return Told.LEFT_LIST if isinstance(name, str) and name.startswith(_ALL_EMAIL + "_") else None


def _at(stamp: object, now: datetime) -> datetime:
    """When it was changed; where that cannot be read, now, so that a STOP holds."""
    if isinstance(stamp, int) and 0 <= stamp < _YEAR_9999_MS:
        return datetime.fromtimestamp(stamp / 1000, tz=UTC)
    return now
