"""An alert as a signed POST (Standard Webhooks), for a chat, a pager or a flow of the business's own."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from datetime import UTC, timedelta
from typing import TYPE_CHECKING, Final

from sidecar.channels.port import Accepted, ChannelError, Effect, Fault

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

_CONNECT_SECONDS, _READ_SECONDS = 3.0, 7.0
LONGEST: Final = timedelta(seconds=2 * _CONNECT_SECONDS + _READ_SECONDS)
"""Connecting may try an IPv6 and an IPv4 address."""
_SOON, _LATER = timedelta(seconds=30), timedelta(minutes=5)
_TOO_MANY, _GONE, _SERVER_FAULT = 429, 410, 500
_WAIT_AND_SEE: Final = frozenset({404, 408, 409, 425})
"""404: n8n answers it while a workflow is being published."""


def webhook_secret(secret: str, business_id: str) -> str:
    """The business's signing secret (``whsec_…``), derived from the sidecar's own: nothing to store."""
    key = hmac.new(secret.encode(), f"staff-webhook:{business_id}".encode(), hashlib.sha256).digest()
    return "whsec_" + base64.b64encode(key).decode()


def post(url: str, alert: Mapping[str, str], *, secret: str, delivery_id: str, at: datetime) -> Accepted:
    """POST one alert; ``at`` is the time of this try (receivers refuse old ones). Redirects are an error.

    ``webhook-id`` is the delivery's id at every try, so that a receiver can drop what it has seen.
    Raises :class:`ChannelError`.
    """
    import requests
    from standardwebhooks import Webhook

    now = at.astimezone(UTC)
    payload = {"type": "staff.alert.v1", "id": delivery_id, "timestamp": now.isoformat(), "data": dict(alert)}
    body = json.dumps(payload, ensure_ascii=False, separators=(",", ":"))
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "missed-call-recovery",
        "webhook-id": delivery_id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(secret).sign(delivery_id, now, body),
    }
    try:
        with requests.post(
            url,
            data=body.encode(),
            headers=headers,
            timeout=(_CONNECT_SECONDS, _READ_SECONDS),
            allow_redirects=False,
            stream=True,
        ) as answer:
            status, wait = answer.status_code, answer.headers.get("Retry-After", "")
    except requests.RequestException as problem:
        raise _no_answer(problem) from None
    if status // 100 != 2:  # noqa: PLR2004 - 2xx
        raise _refused(status, wait)
    return Accepted(provider_id=delivery_id, state="delivered")


def _no_answer(problem: Exception) -> ChannelError:
    """Which of requests' errors say that nothing was sent; their texts hold the URL and are not repeated."""
    import requests

    name = type(problem).__name__
    if isinstance(
        problem,
        requests.exceptions.InvalidURL | requests.exceptions.InvalidSchema | requests.exceptions.MissingSchema,
    ):
        remedy = "Put a whole http(s) address in the staff member's webhook"
        return ChannelError(
            f"the staff webhook's address cannot be used ({name})",
            fault=Fault.REFUSED,
            code="bad_url",
            effect=Effect.ALERT,
            remedy=remedy,
        )
    if isinstance(problem, requests.exceptions.SSLError):
        return ChannelError(
            "no trusted TLS with the staff webhook",
            fault=Fault.NOT_SENT,
            code="tls",
            retry_after=_LATER,
            effect=Effect.ALERT,
            remedy="Check the certificate of the staff member's webhook",
        )
    unreached = isinstance(problem, requests.ConnectTimeout) or _never_connected(problem)
    fault = Fault.NOT_SENT if unreached else Fault.DOUBTFUL
    code = "timeout" if isinstance(problem, requests.Timeout) else "unreachable" if unreached else "broken"
    return ChannelError(f"the staff webhook did not answer ({name})", fault=fault, code=code, retry_after=_SOON)


def _never_connected(problem: Exception) -> bool:
    reason = getattr(problem.args[0] if problem.args else None, "reason", None)
    return type(reason).__name__ in ("NewConnectionError", "NameResolutionError")


def _refused(status: int, wait: str) -> ChannelError:
    code = f"http_{status}"
    if status == _TOO_MANY or status >= _SERVER_FAULT or status in _WAIT_AND_SEE:
        after = timedelta(seconds=min(int(wait), 3600)) if wait.isdigit() else _SOON
        return ChannelError(f"the staff webhook answered {status}", fault=Fault.NOT_SENT, code=code, retry_after=after)
    remedy = "Check the address of the staff member's webhook, and that it accepts the signature"
    if status // 100 == 3:  # noqa: PLR2004 - 3xx
        remedy = "Put the address that the webhook redirects to in its place: redirects are not followed"
    elif status == _GONE:
        remedy = "The webhook is gone: take it out of the staff member's entry or renew it"
    return ChannelError(
        f"the staff webhook answered {status}",
        fault=Fault.REFUSED,
        code=code,
        effect=Effect.ALERT,
        remedy=remedy,
    )
