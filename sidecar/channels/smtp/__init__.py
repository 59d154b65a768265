"""Email: letters out by SMTP, replies and bounces in."""

from __future__ import annotations

from sidecar.channels.smtp.addresses import AddressError, reply_address, reply_token_of
from sidecar.channels.smtp.channel import SmtpEmail
from sidecar.channels.smtp.replies import UnreadableMailError, read_reply

__all__ = [
    "AddressError",
    "SmtpEmail",
    "UnreadableMailError",
    "read_reply",
    "reply_address",
    "reply_token_of",
]
