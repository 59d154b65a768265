"""Alerts to staff: a webhook to the sandbox's receiver, an email to its SMTP server."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from standardwebhooks import Webhook

from sidecar.channels.port import ChannelError, Fault
from sidecar.channels.smtp import SmtpEmail
from sidecar.channels.staff import StaffDesk, destinations, webhook_secret
from sidecar.channels.staff import webhook as webhooks
from sidecar.config.business import Smtp, StaffMember
from sidecar.sandbox import Sandbox
from tests.unit.channels.example import NOW, business

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.clock import ManualClock


@pytest.fixture
def sandbox(clock: ManualClock) -> Iterator[Sandbox]:
    with Sandbox(now=clock.now) as running:
        yield running


@pytest.fixture
def desk() -> StaffDesk:
    letters = SmtpEmail()
    return StaffDesk(letters, letters, webhook_secret=lambda business_id: webhook_secret("s", business_id))


def test_a_webhook_arrives_signed(sandbox: Sandbox, desk: StaffDesk) -> None:
    hook = f"{sandbox.receiver_url}/hooks/staff"
    ours = business(staff=(StaffMember("Ben", webhook=hook),))
    desk.alert(ours, destinations(ours)[0], "Priya replied", "“Yes”", delivery_id="dlv_1", at=NOW)
    [got] = sandbox.received
    assert got.body["data"] == {
        "business": ours.id,
        "member": "Ben",
        "subject": "Priya replied",
        "body": "“Yes”",
    }
    signed = Webhook(webhook_secret("s", ours.id)).sign("dlv_1", NOW, got.raw.decode())
    assert got.headers["webhook-signature"] == signed


def test_a_closed_door_is_not_sent_and_a_silent_one_doubtful(
    sandbox: Sandbox, desk: StaffDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhooks, "_READ_SECONDS", 0.2)
    hook = f"{sandbox.receiver_url}/hooks/staff"
    ours = business(staff=(StaffMember("Ben", webhook=hook), StaffMember("Cat", webhook="http://127.0.0.1:9/hooks")))
    silent, closed = destinations(ours)
    sandbox.fault("receiver", "hooks.post", "hang")
    with pytest.raises(ChannelError) as raised:
        desk.alert(ours, silent, "s", "b", delivery_id="dlv_1", at=NOW)
    assert (raised.value.fault, raised.value.code) == (Fault.DOUBTFUL, "timeout")
    with pytest.raises(ChannelError) as raised:
        desk.alert(ours, closed, "s", "b", delivery_id="dlv_2", at=NOW)
    assert (raised.value.fault, raised.value.code) == (Fault.NOT_SENT, "unreachable")


def test_an_email_to_staff_has_no_unsubscribe(sandbox: Sandbox, desk: StaffDesk) -> None:
    settings = Smtp(sandbox.smtp_host, sandbox.smtp_port, "ann@example.org", "office@example.org", None, None, "none")
    ours = business(smtp=settings, staff=(StaffMember("Ben", email="ben@example.org"),))
    desk.alert(ours, destinations(ours)[0], "Priya replied", "“Yes”", delivery_id="dlv_1", at=NOW)
    [email] = sandbox.emails
    assert (email.to, email.subject) == (("ben@example.org",), "Priya replied")
    assert "List-Unsubscribe" not in email.headers
    assert "because you called" not in email.text
