"""Reports of mail servers about our letters: bounces (RFC 3464) and spam complaints (RFC 5965)."""

from __future__ import annotations

import re
from email import message_from_string
from email.message import EmailMessage, Message
from email.policy import default
from typing import TYPE_CHECKING, Literal

from sidecar.domain.reports import DeliveryReport

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

_ID = re.compile(r"<[^<>\s]{3,250}>")
_STATUS = re.compile(r"\b([245])\.(\d{1,3})\.(\d{1,3})\b")
_STATES: dict[str, Literal["undelivered", "delivered"]] = {
    "failed": "undelivered",
    "delivered": "delivered",
    "relayed": "delivered",
}


def report_of(message: EmailMessage, at: datetime) -> DeliveryReport | None:
    """What a mail server says about one of our letters; ``None`` for any other mail, and for "delayed"."""
    if message.get_content_type() != "multipart/report":
        return None
    letter = _letter_of(message)
    if not letter:
        return None
    if any(part.get_content_type() == "message/feedback-report" for part in message.walk()):
        return DeliveryReport(
            provider_id=letter,
            state="delivered",
            at=at,
            code="complaint",
            opted_out=True,
            alert="A recipient marked our letter as spam",
        )
    for block in _status_blocks(message):
        state = _STATES.get(str(block.get("action", "")).strip().lower())
        if state is None:
            continue
        status = _STATUS.search(str(block.get("status", "")))
        code = status.group() if status else ""
        policy = status is not None and status.group(2) == "7" and state == "undelivered"
        alert = (
            "The recipient's mail server refused us by policy: check SPF, DKIM and the sender's name" if policy else ""
        )
        return DeliveryReport(provider_id=letter, state=state, at=at, code=code[:32], alert=alert)
    return None


def _status_blocks(message: EmailMessage) -> Iterator[Message]:
    for part in message.walk():
        if part.get_content_type() == "message/delivery-status":
            payload = part.get_payload()
            if isinstance(payload, list):
                yield from (block for block in payload if isinstance(block, Message))


def _letter_of(message: EmailMessage) -> str:
    """Message-ID of the letter that is reported on, from the copy or the head that comes with the report."""
    for part in message.walk():
        kind = part.get_content_type()
        if kind == "message/rfc822":
            payload = part.get_payload()
            inner = payload[0] if isinstance(payload, list) and payload else None
            found = str(inner.get("message-id", "")) if isinstance(inner, Message) else ""
        elif kind in ("text/rfc822-headers", "message/rfc822-headers"):
            raw = part.get_payload(decode=True)
            head = raw.decode("utf-8", "replace") if isinstance(raw, bytes) else str(part.get_payload())
            found = str(message_from_string(head, policy=default).get("message-id", ""))
        else:
            continue
        if (match := _ID.search(found)) is not None:
            return match.group()
    return ""
