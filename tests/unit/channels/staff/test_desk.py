from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

import pytest

from sidecar.channels.port import Accepted, ChannelError, Fault, Finding, Found, Outgoing
from sidecar.channels.staff import Destination, StaffDesk, destinations, webhook_secret
from sidecar.config.business import Number, Smtp, StaffMember
from tests.unit.channels.example import NOW, OURS, STAFF, business

if TYPE_CHECKING:
    from sidecar.config.business import Business

HOOK = "https://chat.example.org/hooks/1"
SMTP = Smtp("mail.example.org", 587, "ann@example.org", "office@example.org")
BEN = StaffMember("Ben", phone=STAFF, email="ben@example.org", webhook=HOOK)
CAT = StaffMember("Cat", email="cat@example.org")


class Remembering:
    """A channel that keeps what it is given."""

    name: Final = "any"
    longest_send = timedelta(seconds=25)

    def __init__(self) -> None:
        self.sent: list[Outgoing] = []

    def send(self, touch: Outgoing) -> Accepted:
        self.sent.append(touch)
        return Accepted("id-1")

    def find(self, touch: Outgoing) -> Finding:
        return Finding(Found.YES if touch in self.sent else Found.NO)

    def stop(self, business: Business, provider_id: str) -> bool:
        return False


@pytest.fixture
def sms() -> Remembering:
    return Remembering()


@pytest.fixture
def email() -> Remembering:
    return Remembering()


@pytest.fixture
def desk(sms: Remembering, email: Remembering) -> StaffDesk:
    return StaffDesk(sms, email, webhook_secret=lambda business_id: webhook_secret("s3cret", business_id))


def test_every_way_to_every_member() -> None:
    ours = business(staff=(BEN, CAT), smtp=SMTP)
    assert destinations(ours) == (
        Destination("Ben", "sms", STAFF),
        Destination("Ben", "email", "ben@example.org"),
        Destination("Ben", "webhook", HOOK),
        Destination("Cat", "email", "cat@example.org"),
    )


def test_a_way_without_credentials_is_none() -> None:
    assert destinations(business(staff=(BEN,), twilio=None)) == (Destination("Ben", "webhook", HOOK),)
    assert destinations(business()) == ()


def test_a_text_carries_what_the_caller_wrote(desk: StaffDesk, sms: Remembering) -> None:
    ours = business(staff=(BEN,))
    desk.alert(ours, destinations(ours)[0], "Priya replied", "“A new boiler”", delivery_id="dlv_1", at=NOW)
    [sent] = sms.sent
    assert (sent.to, sent.sender, sent.touch_id) == (STAFF, OURS, "dlv_1")
    assert sent.body == "Priya replied\n“A new boiler”"
    assert sent.intended_at == NOW


def test_a_long_reply_is_cut_for_a_text_and_whole_in_an_email(
    desk: StaffDesk, sms: Remembering, email: Remembering
) -> None:
    ours = business(staff=(BEN,), smtp=SMTP)
    by_text, by_email, _ = destinations(ours)
    for way in (by_text, by_email):
        desk.alert(ours, way, "Priya replied", "x" * 5000, delivery_id="dlv_1", at=NOW)
    assert len(sms.sent[0].body) == 1500
    assert sms.sent[0].body.endswith("…")
    assert email.sent[0].body == "x" * 5000
    assert (email.sent[0].subject, email.sent[0].sender) == ("Priya replied", "")
    assert email.sent[0].unsubscribe_url is None


def test_the_text_goes_from_a_number_that_can(desk: StaffDesk, sms: Remembering) -> None:
    deaf = Number(OURS, can_text=False)
    other = Number("+441174960002", can_text=False, text_from="+447700900300")
    ours = business(staff=(BEN,), numbers=(deaf, other))
    desk.alert(ours, destinations(ours)[0], "s", "b", delivery_id="dlv_1", at=NOW)
    assert sms.sent[0].sender == "+447700900300"
    none = business(staff=(BEN,), numbers=(deaf,))
    with pytest.raises(ChannelError, match="no number that can text") as raised:
        desk.alert(none, destinations(none)[0], "s", "b", delivery_id="dlv_2", at=NOW)
    assert raised.value.fault is Fault.REFUSED


def test_only_a_text_can_be_asked_about(desk: StaffDesk) -> None:
    ours = business(staff=(BEN,), smtp=SMTP)
    by_text, by_email, by_hook = destinations(ours)
    assert desk.find(ours, by_text, "s", "b", delivery_id="dlv_1", at=NOW).found is Found.NO
    desk.alert(ours, by_text, "s", "b", delivery_id="dlv_1", at=NOW)
    assert desk.find(ours, by_text, "s", "b", delivery_id="dlv_1", at=NOW).found is Found.YES
    for way in (by_email, by_hook):
        assert desk.find(ours, way, "s", "b", delivery_id="dlv_1", at=NOW).found is Found.CANNOT_TELL


def test_a_lease_outlasts_the_slowest_way(desk: StaffDesk) -> None:
    assert desk.longest_send == timedelta(seconds=25)
