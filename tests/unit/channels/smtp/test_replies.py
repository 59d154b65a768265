from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from email.message import EmailMessage
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sidecar.channels.smtp.quoting import own_words, text_of
from sidecar.channels.smtp.replies import UnreadableMailError, read_reply
from sidecar.domain.reports import DeliveryReport, MessageReport

AT = datetime(2026, 11, 18, 10, 0, tzinfo=UTC)
TO = "Office <office+k7f3a9@example.org>"
FOOT = "> To hear no more from us: https://recovery.example.org/u/abc (unsubscribe)"


def mail(text: str = "Yes please", html: str | None = None, **headers: str) -> bytes:
    message = EmailMessage()
    given = {
        "From": "Priya <Priya@Example.com>",
        "To": TO,
        "Message-ID": "<r1@example.com>",
        "Subject": "Re: hi",
    }
    for name, value in (given | {key.replace("_", "-"): value for key, value in headers.items()}).items():
        message[name] = value
    message.set_content(text)
    if html is not None:
        message.add_alternative(html, subtype="html")
    return message.as_bytes()


def person(source: Any) -> MessageReport:
    found = read_reply(source, at=AT)
    assert isinstance(found, MessageReport)
    return found


def test_a_reply_finds_its_sequence() -> None:
    assert person(mail("Yes please\n\nOn Wed, 18 Nov 2026, Ann wrote:\n> Hi Priya\n" + FOOT)) == MessageReport(
        message_id="<r1@example.com>",
        channel="email",
        at=AT,
        to="office@example.org",
        sender="priya@example.com",
        body="Yes please",
        reply_token="k7f3a9",
    )


def test_the_token_is_found_where_the_mailbox_was_delivered_to() -> None:
    found = person(mail(To="office@example.org", Delivered_To="office+k7f3a9@example.org"))
    assert found.reply_token == "k7f3a9"


def test_attachments_are_counted() -> None:
    message = EmailMessage()
    message["From"], message["To"], message["Message-ID"] = "p@example.com", TO, "<r1@example.com>"
    message.set_content("The leak")
    message.add_attachment(b"jpeg", maintype="image", subtype="jpeg", filename="leak.jpg")
    assert person(message.as_bytes()).media == 1


def test_a_reply_in_html_alone_is_read() -> None:
    message = EmailMessage()
    message["From"], message["To"], message["Message-ID"] = "p@example.com", TO, "<r1@example.com>"
    message.set_content(
        "<div>STOP&nbsp;please</div><div class='gmail_quote'><p>On Wed Ann wrote:<p>unsubscribe</div>",
        subtype="html",
    )
    assert person(message.as_bytes()).body == "STOP please"


def test_parts_and_the_whole_read_the_same() -> None:
    parts = {
        "from": "Priya <priya@example.com>",
        "to": TO,
        "message_id": "<r1@example.com>",
        "subject": "Re: hi",
        "text": "Yes please",
        "headers": {"X-Mailer": "phone"},
    }
    assert person(parts) == person(mail()) == person({"raw": mail().decode()})


@pytest.mark.parametrize(
    "headers",
    [
        {"Auto_Submitted": "auto-replied"},
        {"Auto_Submitted": "auto-generated; x=y"},
        {"X_Autoreply": "yes"},
        {"X_Autorespond": "yes"},
        {"Precedence": "bulk"},
        {"Precedence": "auto_reply"},
        {"Return_Path": "<>"},
        {"Subject": "Automatic reply: Your call"},
        {"Subject": "Re: Out of Office"},
        {"Subject": "Réponse automatique : absente"},
        {"Subject": "Auto-Reply: away"},
        {"From": "MAILER-DAEMON@example.com"},
        {"From": "no-reply@example.com"},
    ],
)
def test_a_machine_is_no_reply(headers: dict[str, str]) -> None:
    assert read_reply(mail(**headers), at=AT) is None


@pytest.mark.parametrize(
    "headers",
    [
        {"Auto_Submitted": "no"},
        {"Subject": "Re: I was out of office, call me"},
        {"Subject": "Autumn leaves"},
        {"Precedence": "first-class"},
    ],
)
def test_a_person_is(headers: dict[str, str]) -> None:
    assert person(mail(**headers)).body == "Yes please"


@pytest.mark.parametrize(
    ("parts", "field"),
    [
        ({}, "from"),
        ({"from": "Priya"}, "from"),
        ({"from": "p@example.com"}, "to"),
        ({"from": "p@example.com", "to": TO}, "message_id"),
        ({"from": "p@example.com", "to": TO, "message_id": "1", "text": 5}, "text"),
        ({"from": "p@example.com", "to": TO, "message_id": "1", "headers": "x"}, "headers"),
        ({"raw": 5}, "raw"),
        ({"raw": ""}, "raw"),
        ({"raw": "no mail at all"}, "from"),
    ],
)
def test_what_is_no_mail_names_the_field(parts: dict[str, Any], field: str) -> None:
    with pytest.raises(UnreadableMailError) as raised:
        read_reply(parts, at=AT)
    assert raised.value.field == field


@given(st.binary(max_size=2000))
def test_any_bytes_are_read_or_refused(source: bytes) -> None:
    with suppress(UnreadableMailError):
        read_reply(source, at=AT)


@given(st.text(max_size=500), st.text(max_size=500))
def test_any_words_are_read(text: str, html: str) -> None:
    parts = {"from": "p@example.com", "to": TO, "message_id": "<1@x>", "text": text, "html": html}
    assert isinstance(read_reply(parts, at=AT), MessageReport)


# ---------------------------------------------------------------- quotations


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Stop\n\nOn Wed, 18 Nov 2026 at 10:00, Ann <ann@example.org> wrote:\n> unsubscribe", "Stop"),
        ("Stop\n\nOn Wed, 18 Nov 2026 at 10:00, Ann\n<ann@example.org>\nwrote:\n\n> unsubscribe", "Stop"),
        ("Stop\n\nOn Wed Ann wrote:\nHi Priya\nunsubscribe here", "Stop"),
        ("> Hi Priya\n> What are you after?\n\nA new kitchen\n", "A new kitchen"),
        ("On Wed Ann wrote:\n> When?\n\nTuesday\n> Where?\nHere", "Tuesday\nHere"),
        ("Yes\n\n-----Original Message-----\nFrom: Ann\nunsubscribe", "Yes"),
        ("Yes\n\nFrom: Ann <ann@example.org>\nSent: Wednesday\nTo: Priya\nunsubscribe", "Yes"),
        ("Yes\n________________________________\nFrom: Ann", "Yes"),
        ("Oui\n\nLe mer. 18 nov. 2026 à 10:00, Ann a écrit :\n> désabonner", "Oui"),
        ("Yes\n\nSent from my iPhone", "Yes"),
        ("Yes\n\nGet Outlook for iOS", "Yes"),
        ("Yes\n-- \nPriya Shah\n07700 900123", "Yes"),
        ("From: is a word I use\nand this too", "From: is a word I use\nand this too"),
        ("On reflection I wrote: yes", "On reflection I wrote: yes"),
        ("-- \nonly a signature", "--\nonly a signature"),
        ("\r\nYes\r\n\r\n\r\n\r\nplease\r\n", "Yes\n\nplease"),
        (FOOT, ""),
        ("", ""),
    ],
)
def test_only_what_the_person_wrote_is_kept(text: str, words: str) -> None:
    assert own_words(text) == words


@pytest.mark.parametrize(
    ("html", "words"),
    [
        ("<p>Yes</p><blockquote><p>Hi<p>unsubscribe</blockquote><p>please</p>", "Yes\n\nplease"),
        ("<div>Yes</div><div id='divRplyFwdMsg'>From: Ann</div><div>unsubscribe</div>", "Yes"),
        ("<style>p{}</style><p>Yes &amp; no<br>thanks</p><script>x()</script>", "Yes & no\nthanks"),
        ("<div class='gmail_quote'><div>a</div>unsubscribe</div>Yes", "Yes"),
        ("<p>unclosed <b>bold", "unclosed bold"),
    ],
)
def test_html_gives_its_words(html: str, words: str) -> None:
    assert own_words(text_of(html)) == words


# ---------------------------------------------------------------- reports of mail servers


def report(kind: str, second: str, *, head_only: bool = False) -> bytes:
    third = "text/rfc822-headers" if head_only else "message/rfc822"
    return (
        "From: MAILER-DAEMON@example.com\nTo: ann@example.org\nSubject: Undelivered\nMIME-Version: 1.0\n"
        f'Content-Type: multipart/report; report-type={kind}; boundary="b"\n\n'
        "--b\nContent-Type: text/plain\n\nSorry.\n"
        f"--b\nContent-Type: message/{kind}\n\n{second}\n"
        f"--b\nContent-Type: {third}\n\nMessage-ID: <tch_1@example.org>\nSubject: x\n\n--b--\n"
    ).encode()


STATUS = "Reporting-MTA: dns; mx.example.com\n\nFinal-Recipient: rfc822; p@example.com\nAction: {}\nStatus: {}\n"


@pytest.mark.parametrize("head_only", [False, True])
def test_a_bounce_is_a_delivery_report(head_only: bool) -> None:
    source = report("delivery-status", STATUS.format("failed", "5.1.1"), head_only=head_only)
    assert read_reply(source, at=AT) == DeliveryReport("<tch_1@example.org>", "undelivered", AT, code="5.1.1")


def test_a_refusal_by_policy_alerts() -> None:
    found = read_reply(report("delivery-status", STATUS.format("failed", "5.7.1")), at=AT)
    assert isinstance(found, DeliveryReport)
    assert "SPF" in found.alert


def test_delivered_is_delivered_and_delayed_is_nothing() -> None:
    found = read_reply(report("delivery-status", STATUS.format("delivered", "2.0.0")), at=AT)
    assert isinstance(found, DeliveryReport)
    assert found.state == "delivered"
    assert read_reply(report("delivery-status", STATUS.format("delayed", "4.4.1")), at=AT) is None


def test_a_spam_complaint_is_an_opt_out() -> None:
    found = read_reply(report("feedback-report", "Feedback-Type: abuse\nVersion: 1\n"), at=AT)
    assert isinstance(found, DeliveryReport)
    assert found.opted_out
    assert found.provider_id == "<tch_1@example.org>"
