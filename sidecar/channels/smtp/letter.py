"""A touch as a letter: text and HTML side by side, and the headers that keep it honest.

RFC 8058 asks for both ``List-Unsubscribe`` headers and for a POST that acts without a page; RFC 3834 for
``Auto-Submitted``, so that machines do not answer machines. The foot names the company and its postal address
(PECR reg 23, CASL s 6(2), CAN-SPAM) and says why the person hears from us.
"""

from __future__ import annotations

import hashlib
import re
from email.headerregistry import Address, BaseHeader, HeaderRegistry, UnstructuredHeader
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from html import escape
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from sidecar.channels.smtp.addresses import AddressError, checked, domain_of, reply_address

if TYPE_CHECKING:
    from email.policy import Policy

    from sidecar.channels.port import Outgoing
    from sidecar.config.business import Business, Smtp

_LONGEST_SUBJECT: Final = 150
_LONGEST_URL: Final = 500
_SAFE_ID = re.compile(r"[A-Za-z0-9_\-]{1,64}")
_NOT_PRINTED = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_SPACE = re.compile(r"\s+")
_URL = re.compile(r"https?://[^\s<>\"']+")
_AFTER_URL: Final = ".,;:!?)]}’”"


class _OneLine(UnstructuredHeader, BaseHeader):
    """A header that is never folded: Python would cut a long link into encoded words that no robot reads."""

    def fold(self, *, policy: Policy[Any]) -> str:
        """The header as it is."""
        return f"{self.name}: {self}{policy.linesep}"


_HEADERS: Final = HeaderRegistry()
_HEADERS.map_to_type("list-unsubscribe", _OneLine)
_POLICY: Final = SMTP.clone(header_factory=_HEADERS)

_PAGE: Final = """\
<!doctype html>
<html lang="{language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="supported-color-schemes" content="light dark">
<title>{subject}</title>
<style>
:root {{ color-scheme: light dark; }}
.foot {{ color: #6b6b6b; }}
@media (prefers-color-scheme: dark) {{ .foot {{ color: #a8a8a8; }} }}
</style>
</head>
<body style="margin: 0; padding: 24px 16px; font: 16px/1.5 Arial, Helvetica, sans-serif;">
<div style="max-width: 36em; margin: 0 auto;">
{paragraphs}
<hr style="border: 0; border-top: 1px solid #8c8c8c; margin: 24px 0 12px;">
<p class="foot" style="font-size: 13px; margin: 0;">{foot}</p>
</div>
</body>
</html>
"""


def letter_for(touch: Outgoing, settings: Smtp) -> EmailMessage:
    """The whole message; :class:`AddressError` for an address, token or link that cannot stand in one."""
    business = touch.business
    sender = checked(touch.sender or settings.from_address)
    subject = _one_line(touch.subject)[:_LONGEST_SUBJECT] or f"Your call to {_one_line(business.name)}"
    message = EmailMessage(policy=_POLICY)
    message["From"] = Address(f"{_one_line(business.agent_name)}, {_one_line(business.name)}", addr_spec=sender)
    message["To"] = Address(addr_spec=checked(touch.to))
    message["Reply-To"] = Address(_one_line(business.name), addr_spec=_reply_to(touch, settings))
    message["Subject"] = subject
    message["Message-ID"] = message_id(touch.touch_id, sender)
    if touch.intended_at is not None:
        message["Date"] = format_datetime(touch.intended_at)
    message["Auto-Submitted"] = "auto-generated"
    message["X-Auto-Response-Suppress"] = "OOF, AutoReply"
    if touch.unsubscribe_url:
        message["List-Unsubscribe"] = f"<{_link(touch.unsubscribe_url)}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    body = touch.body.strip()
    message.set_content(f"{body}\n\n-- \n{_text_foot(business, touch.unsubscribe_url)}\n", cte="quoted-printable")
    message.add_alternative(
        _PAGE.format(
            language=escape(business.language),
            subject=escape(subject),
            paragraphs=_paragraphs(body),
            foot=_html_foot(business, touch.unsubscribe_url),
        ),
        subtype="html",
        cte="quoted-printable",
    )
    return message


def message_id(touch_id: str, sender: str) -> str:
    """``<touch id@sender's domain>``: the same for every look at the same touch."""
    name = touch_id if _SAFE_ID.fullmatch(touch_id) else hashlib.sha256(touch_id.encode()).hexdigest()[:32]
    return f"<{name}@{domain_of(sender)}>"


def _reply_to(touch: Outgoing, settings: Smtp) -> str:
    mailbox = checked(settings.reply_to)
    return reply_address(mailbox, touch.reply_token) if touch.reply_token else mailbox


def _one_line(text: str) -> str:
    """A text that can stand in a header: no line ends, no control characters."""
    return _SPACE.sub(" ", _NOT_PRINTED.sub(" ", text)).strip()


def _link(url: str) -> str:
    parts = urlsplit(url)
    plain = url.isascii() and len(url) <= _LONGEST_URL and not re.search(r"[\x00-\x20\x7f<>\",\\]", url)
    if not plain or parts.scheme not in ("https", "http") or not parts.hostname:
        raise AddressError("the unsubscribe link is no http(s) address that can stand in a header: check public_url")
    return url


# ---------------------------------------------------------------- the two bodies


def _company(business: Business) -> str:
    address = ", ".join(part for line in business.address.splitlines() if (part := line.strip(" ,")))
    return ", ".join(filter(None, (business.name, address)))


def _reason(business: Business) -> str:
    return f"You are hearing from us because you called {business.name}."


def _text_foot(business: Business, unsubscribe_url: str | None) -> str:
    """Staff get alerts without a link: they did not call, and an alert is part of their work."""
    if not unsubscribe_url:
        return _company(business)
    return f"{_company(business)}\n{_reason(business)}\nTo hear no more from us: {unsubscribe_url}"


def _html_foot(business: Business, unsubscribe_url: str | None) -> str:
    if not unsubscribe_url:
        return escape(_company(business))
    link = f'<a class="foot" href="{escape(unsubscribe_url)}">Unsubscribe</a>'
    return "<br>\n".join((escape(_company(business)), escape(_reason(business)), link))


def _paragraphs(body: str) -> str:
    blocks = (block.strip() for block in re.split(r"\n\s*\n", body.replace("\r\n", "\n")))
    return "\n".join(
        f'<p style="margin: 0 0 16px;">{"<br>".join(map(_linked, block.splitlines()))}</p>' for block in blocks if block
    )


def _linked(line: str) -> str:
    """The line in HTML, its addresses as links. Nothing of it can become a tag."""
    out, last = [], 0
    for match in _URL.finditer(line):
        url = match.group().rstrip(_AFTER_URL)
        out.append(escape(line[last : match.start()]))
        out.append(f'<a href="{escape(url)}">{escape(url)}</a>')
        last = match.start() + len(url)
    return "".join(out) + escape(line[last:])
