from __future__ import annotations

from dataclasses import replace
from email import message_from_bytes
from email.policy import default
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sidecar.channels.smtp.addresses import (
    AddressError,
    checked,
    mailbox_of,
    reply_address,
    reply_token_of,
)
from sidecar.channels.smtp.letter import letter_for, message_id
from sidecar.config.business import Smtp
from tests.unit.channels.example import NOW, business, touch

if TYPE_CHECKING:
    from email.message import EmailMessage

SETTINGS = Smtp("mail.example.org", 587, "ann@example.org", "office@example.org")
LINK = "https://recovery.example.org/u/" + "a1b2c3d4" * 20
OURS = business(smtp=SETTINGS, address="1 High Street\nBristol BS1 4XX")


def sent(**changes: Any) -> EmailMessage:
    """The letter as its receiver reads it."""
    fields: dict[str, Any] = {
        "business": OURS,
        "to": "priya@example.com",
        "sender": "",
        "subject": "Your call",
        "unsubscribe_url": LINK,
        "reply_token": "k7f3a9",
        "body": "Hi Priya,\n\nWhat were you after? See https://example.org/a?b=1&c=2.\nAnn",
    }
    raw = letter_for(touch(**fields | changes), SETTINGS).as_bytes()
    return message_from_bytes(raw, policy=default)


def body(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    assert part is not None
    return str(part.get_content()).replace("\r\n", "\n")


def test_the_head_is_complete() -> None:
    message = sent()
    assert message["From"] == '"Ann, Smith & Sons Plumbing" <ann@example.org>'
    assert message["To"] == "priya@example.com"
    assert message["Reply-To"] == "Smith & Sons Plumbing <office+k7f3a9@example.org>"
    assert message["Subject"] == "Your call"
    assert message["Message-ID"] == "<tch_1@example.org>"
    assert message["Date"].datetime == NOW
    assert message["Auto-Submitted"] == "auto-generated"
    assert message.get_content_type() == "multipart/alternative"


def test_one_click_unsubscribe_survives_a_long_link() -> None:
    raw = letter_for(touch(business=OURS, to="p@example.com", sender="", unsubscribe_url=LINK), SETTINGS).as_bytes()
    assert f"\r\nList-Unsubscribe: <{LINK}>\r\n".encode() in raw, "RFC 8058: neither folded nor encoded"
    assert b"\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n" in raw


def test_lines_and_encoded_words_keep_their_limits() -> None:
    long = touch(business=OURS, to="p@example.com", sender="", subject="Über Ihre Anfrage " * 9, body="ü" * 2000)
    for line in letter_for(long, SETTINGS).as_bytes().split(b"\r\n"):
        assert len(line) <= 78, "RFC 2045: quoted-printable lines; RFC 2047: encoded words"


def test_both_bodies_name_the_company_and_the_way_out() -> None:
    message = sent()
    for kind in ("plain", "html"):
        words = body(message, kind).replace("&amp;", "&")
        assert "Smith & Sons Plumbing, 1 High Street, Bristol BS1 4XX" in words
        assert "because you called" in words
        assert LINK in words
    assert body(message, "plain").startswith("Hi Priya,\n\nWhat were you after?")


def test_the_html_is_well_formed_and_links_what_is_a_link() -> None:
    html = body(sent(), "html")
    assert '<a href="https://example.org/a?b=1&amp;c=2">https://example.org/a?b=1&amp;c=2</a>.<br>Ann</p>' in html
    assert 'name="color-scheme" content="light dark"' in html
    checker = Nesting()
    checker.feed(html)
    checker.close()
    assert checker.open == []


class Nesting(HTMLParser):
    """Every tag is closed, in its order."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag not in ("meta", "br", "hr"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_what_a_person_wrote_cannot_become_a_tag() -> None:
    html = body(sent(body="<script>alert(1)</script> https://x.example/\"onmouseover='y'"), "html")
    assert "<script>alert" not in html
    assert "&lt;script&gt;" in html
    assert "onmouseover='y'\"" not in html.replace("&quot;", "").replace("&#x27;", "")


def test_without_a_token_and_a_link_the_letter_is_plain() -> None:
    message = sent(reply_token=None, unsubscribe_url=None)
    assert message["Reply-To"] == "Smith & Sons Plumbing <office@example.org>"
    assert "List-Unsubscribe" not in message
    assert "List-Unsubscribe-Post" not in message
    assert "To hear no more" not in body(message, "plain")


def test_the_same_touch_has_the_same_id() -> None:
    assert message_id("tch_1", "ann@example.org") == message_id("tch_1", "ann@example.org")
    assert message_id("a b\r\nX: y", "ann@example.org").count("\n") == 0


@given(
    subject=st.text(max_size=300),
    name=st.text(min_size=1, max_size=60),
    agent=st.text(min_size=1, max_size=30),
)
def test_no_text_can_add_a_header(subject: str, name: str, agent: str) -> None:
    hostile = f"{subject}\r\nBcc: everybody@example.org\n X: y"
    ours = replace(OURS, name=name, agent_name=agent)
    message = sent(business=ours, subject=hostile)
    assert message["Bcc"] is None
    assert set(message.keys()) <= {
        "From", "To", "Reply-To", "Subject", "Message-ID", "Date",
        "Auto-Submitted", "X-Auto-Response-Suppress",
        "List-Unsubscribe", "List-Unsubscribe-Post", "MIME-Version", "Content-Type",
    }  # fmt: skip
    assert message["To"] == "priya@example.com"


@pytest.mark.parametrize(
    "address",
    [
        "",
        "priya",
        "@example.org",
        "priya@",
        "a@b@c",
        "a b@example.org",
        "a@exa mple.org",
        "a@example.org, b@example.org",
        "a@example.org\r\nBcc: b@example.org",
        "<a@example.org>",
        '"a b"@example.org',
        "a@-example.org",
        "a..b@example.org",
        "ü@example.org",
        "a" * 65 + "@example.org",
        "a@" + "b" * 64 + ".org",
    ],
)
def test_an_address_that_is_none_is_refused_without_being_repeated(address: str) -> None:
    with pytest.raises(AddressError) as raised:
        checked(address)
    assert not address or address not in str(raised.value)


def test_a_domain_of_another_script_is_put_in_ascii() -> None:
    assert checked("Ann@Bücher.example") == "Ann@xn--bcher-kva.example"


@pytest.mark.parametrize(
    "link",
    [
        "javascript:alert(1)",
        "https://x.example/\r\nBcc: y",
        "https://x.example/a b",
        "https://x.example/<a>",
        "https:///u/1",
        "https://x.example/" + "a" * 600,
    ],
)
def test_a_link_that_breaks_a_header_is_refused(link: str) -> None:
    with pytest.raises(AddressError):
        sent(unsubscribe_url=link)


def test_reply_addresses_and_their_tokens() -> None:
    address = reply_address("office@example.org", "k7f3a9")
    assert address == "office+k7f3a9@example.org"
    assert reply_token_of(f'"Office" <{address}>') == "k7f3a9"
    assert mailbox_of(f"Office <{address.upper()}>") == "office@example.org"
    assert reply_token_of("office@example.org") is None
    assert reply_token_of("office+a b@example.org") is None
    assert reply_token_of("") is None
    with pytest.raises(AddressError):
        reply_address("office@example.org", "x\r\ny")
    with pytest.raises(AddressError):
        reply_address("o" * 40 + "@example.org", "t" * 40)


@given(st.text())
def test_any_text_may_be_asked_for_a_token(text: str) -> None:
    token = reply_token_of(text)
    assert token is None or token.isascii()
