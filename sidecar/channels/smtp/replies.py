"""Mail that comes back: a person's reply, a bounce, or a machine's answer.

Flows read the mailbox (IMAP, Gmail, Outlook nodes) and post what they found to ``POST /v1/messages/inbound``:
either the whole message (``raw``) or its parts (``from to message_id subject text html headers``).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from email import message_from_bytes
from email.policy import default
from email.utils import getaddresses
from typing import TYPE_CHECKING, Final

from sidecar.channels.smtp.addresses import bare, mailbox_of, reply_token_of
from sidecar.channels.smtp.bounces import report_of
from sidecar.channels.smtp.quoting import own_words, text_of
from sidecar.domain.reports import MessageReport

if TYPE_CHECKING:
    from datetime import datetime
    from email.message import EmailMessage, MIMEPart

    from sidecar.domain.reports import DeliveryReport

_ADDRESSED: Final = ("to", "cc", "delivered-to", "x-original-to", "envelope-to")
_MARKS_OF_MACHINES: Final = ("x-autoreply", "x-autorespond", "x-autoresponder", "x-auto-reply-from")
_MACHINE_PRECEDENCE: Final = frozenset({"bulk", "junk", "list", "auto_reply", "auto-reply"})
_AWAY = re.compile(
    r"\s*(?:(?:re|aw|sv)\s*:\s*)?(?:automatic reply|auto(?:matic)?[ \-]?(?:reply|response|answer)|autosvar"
    r"|out of (?:the )?office|out of office|away from (?:the|my) (?:office|desk)|on (?:annual )?leave\b"
    r"|r[ée]ponse automatique|absence du bureau|automatische antwort|abwesenheit)",
    re.IGNORECASE,
)
_MACHINES: Final = ("mailer-daemon@", "postmaster@", "no-reply@", "noreply@", "do-not-reply@", "donotreply@")


class UnreadableMailError(ValueError):
    """What was posted is no mail; ``field`` names the part that is missing or wrong."""

    def __init__(self, message: str, *, field: str) -> None:
        super().__init__(message)
        self.field = field


def read_reply(mail: bytes | str | Mapping[str, object], *, at: datetime) -> MessageReport | DeliveryReport | None:
    """What came back, received at ``at`` (UTC).

    A person's reply is a `MessageReport` without quotations and signature (its body is '' where only quoted
    text was sent back). A bounce or a spam complaint is a `DeliveryReport` whose ``provider_id`` is the
    Message-ID of our letter. ``None``: an out-of-office note or another machine's answer, which must close
    nothing.

    Raises :class:`UnreadableMailError`.
    """
    if isinstance(mail, Mapping):
        raw = mail.get("raw")
        if raw is None:
            return _reply_in_parts(mail, at)
        if not isinstance(raw, str | bytes) or not raw:
            raise UnreadableMailError("raw must be the whole message as text", field="raw")
        mail = raw
    source = mail.encode("utf-8", "surrogateescape") if isinstance(mail, str) else mail
    message = message_from_bytes(source, policy=default)
    return report_of(message, at) or _reply_of(message, source, at)


def _reply_of(message: EmailMessage, source: bytes, at: datetime) -> MessageReport | None:
    sender = bare(_first(message, "from"))
    if not sender:
        raise UnreadableMailError("the message names no sender: post the whole message, head included", field="from")
    if _is_machine({name.lower(): str(value) for name, value in message.items()}, sender):
        return None
    recipients = [address for name in _ADDRESSED for address in map(str, message.get_all(name, []))]
    text = message.get_body(("plain",))
    html = message.get_body(("html",))
    words = own_words(_content(text)) if text is not None else ""
    if not words and html is not None:
        words = own_words(text_of(_content(html)))
    return _report(
        sender=sender,
        recipients=recipients,
        message_id=_first(message, "message-id") or f"<{hashlib.sha256(source).hexdigest()[:32]}>",
        words=words,
        at=at,
        media=sum(1 for _ in message.iter_attachments()),
    )


def _first(message: EmailMessage, name: str) -> str:
    return str(message.get(name, "")).strip()


def _content(part: MIMEPart) -> str:
    try:
        return str(part.get_content())
    except (LookupError, UnicodeError):
        payload = part.get_payload(decode=True)
        return payload.decode("utf-8", "replace") if isinstance(payload, bytes) else ""


def _reply_in_parts(parts: Mapping[str, object], at: datetime) -> MessageReport | None:
    sender = bare(_text(parts, "from", needed=True))
    if "@" not in sender:
        raise UnreadableMailError("from must be an email address", field="from")
    subject = _text(parts, "subject")
    given = parts.get("headers") or {}
    if not isinstance(given, Mapping):
        raise UnreadableMailError("headers must be an object of names and values", field="headers")
    headers = {str(name).lower(): str(value) for name, value in given.items()}
    if _is_machine({"subject": subject, **headers}, sender):
        return None
    to = parts.get("to")
    recipients = [str(address) for address in to] if isinstance(to, list) else [_text(parts, "to", needed=True)]
    words = own_words(_text(parts, "text")) or own_words(text_of(_text(parts, "html")))
    return _report(
        sender=sender,
        recipients=recipients + [headers[name] for name in _ADDRESSED if name in headers],
        message_id=_text(parts, "message_id", needed=True),
        words=words,
        at=at,
        media=0,
    )


def _text(parts: Mapping[str, object], field: str, *, needed: bool = False) -> str:
    value = parts.get(field)
    if isinstance(value, str) and (value.strip() or not needed):
        return value.strip()
    if value is None and not needed:
        return ""
    raise UnreadableMailError(f"{field} must be a text{' and must be given' if needed else ''}", field=field)


def _report(
    *, sender: str, recipients: list[str], message_id: str, words: str, at: datetime, media: int
) -> MessageReport:
    addresses = [address for _, address in getaddresses(recipients) if "@" in address]
    ours = next((address for address in addresses if reply_token_of(address)), addresses[0] if addresses else "")
    return MessageReport(
        message_id=message_id,
        channel="email",
        at=at,
        to=mailbox_of(ours),
        sender=sender,
        body=words,
        reply_token=reply_token_of(ours),
        media=media,
    )


def _is_machine(headers: Mapping[str, str], sender: str) -> bool:
    """RFC 3834 ``Auto-Submitted`` first, then what programs use that never read it."""
    submitted = headers.get("auto-submitted", "no").split(";")[0].strip().lower()
    return (
        submitted != "no"
        or any(mark in headers for mark in _MARKS_OF_MACHINES)
        or headers.get("precedence", "").strip().lower() in _MACHINE_PRECEDENCE
        or headers.get("return-path", "").strip() == "<>"
        or _AWAY.match(headers.get("subject", "")) is not None
        or sender.startswith(_MACHINES)
    )
