"""Email through the sandbox's SMTP server, and what comes back of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from sidecar.channels.port import ChannelError, Fault, Outgoing
from sidecar.channels.smtp import SmtpEmail, read_reply
from sidecar.config.business import Smtp
from sidecar.domain.reports import MessageReport
from sidecar.sandbox import Sandbox
from tests.unit.channels.example import NOW, business, touch

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.clock import ManualClock

LINK = "https://recovery.example.org/u/abc"


@pytest.fixture
def sandbox(clock: ManualClock) -> Iterator[Sandbox]:
    with Sandbox(now=clock.now) as running:
        yield running


def letter(sandbox: Sandbox, **changes: Any) -> Outgoing:
    settings = Smtp(sandbox.smtp_host, sandbox.smtp_port, "ann@example.org", "office@example.org", "ann", "pw", "none")
    ours = business(smtp=settings, address="1 High Street, Bristol")
    fields: dict[str, Any] = {
        "business": ours,
        "to": "priya@example.com",
        "sender": "",
        "subject": "Your call this morning",
        "body": "Hi Priya,\n\nNo rush — what were you after?",
        "unsubscribe_url": LINK,
        "reply_token": "k7f3a9",
    }
    return touch(**fields | changes)


def test_a_letter_arrives_with_one_click_unsubscribe(sandbox: Sandbox) -> None:
    accepted = SmtpEmail().send(letter(sandbox))
    [email] = sandbox.emails
    assert (email.to, email.envelope_to) == (("priya@example.com",), ("priya@example.com",))
    assert (email.from_, email.envelope_from) == ("ann@example.org", "ann@example.org")
    assert email.subject == "Your call this morning"
    assert email.headers["Message-ID"] == accepted.provider_id
    assert email.headers["List-Unsubscribe"] == f"<{LINK}>"
    assert email.headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert email.text.startswith("Hi Priya,\n\nNo rush — what were you after?\n")
    assert "Smith &amp; Sons Plumbing, 1 High Street, Bristol" in email.html


def test_an_answer_to_it_finds_its_sequence(sandbox: Sandbox) -> None:
    SmtpEmail().send(letter(sandbox))
    [email] = sandbox.emails
    quoted = "\n".join(f"> {line}" for line in email.text.splitlines())
    head = (
        ("From", "Priya <priya@example.com>"),
        ("To", email.headers["Reply-To"]),
        ("Message-ID", "<1@example.com>"),
        ("Subject", f"Re: {email.subject}"),
        ("Content-Type", "text/plain; charset=utf-8"),
    )
    answer = "\r\n".join(f"{name}: {value}" for name, value in head)
    answer += f"\r\n\r\nA new boiler\r\n\r\nOn Wed, 18 Nov 2026, Ann wrote:\r\n{quoted}"
    found = read_reply({"raw": answer}, at=NOW)
    assert isinstance(found, MessageReport)
    assert (found.reply_token, found.body, found.to) == ("k7f3a9", "A new boiler", "office@example.org")


def test_a_line_that_breaks_after_the_letter_is_doubtful(sandbox: Sandbox) -> None:
    sandbox.fault("smtp", "message", "accept_then_hang", seconds=0)
    with pytest.raises(ChannelError) as raised:
        SmtpEmail().send(letter(sandbox))
    assert raised.value.fault is Fault.DOUBTFUL
    assert len(sandbox.emails) == 1


def test_a_refused_letter_is_not_sent(sandbox: Sandbox) -> None:
    sandbox.fault("smtp", "message", "status", status=451)
    with pytest.raises(ChannelError) as raised:
        SmtpEmail().send(letter(sandbox))
    assert raised.value.fault is Fault.NOT_SENT
    assert not sandbox.emails
