from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sidecar.channels.port import ChannelError, Effect
from sidecar.channels.twilio.client import TwilioClients
from sidecar.channels.twilio.sms import TwilioSms
from sidecar.config.business import Twilio
from sidecar.sandbox import Sandbox
from tests.integration.channels.conformance import Conformance, Side
from tests.unit.channels.example import OURS, THEIRS, business, touch

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sidecar.channels.port import Outgoing
    from tests.support.clock import ManualClock

NOBODY = "http://127.0.0.1:9"


class TwilioSide(Side):
    vendor = "twilio"
    operation = "messages.create"

    def __init__(self, sandbox: Sandbox, channel: TwilioSms, clock: ManualClock) -> None:
        self.sandbox, self.channel, self.clock = sandbox, channel, clock
        account = Twilio(sandbox.account_sid, sandbox.auth_token, sandbox.twilio_url)
        self.business = business(twilio=account)

    def touch(self, name: str = "tch_1") -> Outgoing:
        return touch(
            business=self.business,
            touch_id=name,
            body=f"Hi, {name} here.",
            intended_at=self.clock.now(),
        )

    def unreachable(self) -> Outgoing:
        return touch(business=business(twilio=Twilio("AC1", "token", NOBODY)))

    def accepted(self) -> int:
        return len(self.sandbox.texts)


@pytest.fixture
def side(clock: ManualClock) -> Iterator[TwilioSide]:
    clients = TwilioClients(connect_seconds=1.0, read_seconds=0.4)
    with Sandbox(clock.now) as sandbox:
        sandbox.twilio_number(OURS)
        yield TwilioSide(sandbox, TwilioSms(clients), clock)
        clients.close()


class TestTwilioSms(Conformance):
    @pytest.fixture
    def side(self, side: TwilioSide) -> TwilioSide:
        return side


def test_who_said_stop_is_not_texted_and_we_learn_of_it(side: TwilioSide) -> None:
    side.sandbox.text_us(THEIRS, OURS, "STOP", deliver=False)
    with pytest.raises(ChannelError) as caught:
        side.channel.send(side.touch())
    assert (caught.value.code, caught.value.effect) == ("21610", Effect.OPTED_OUT)


def test_a_number_of_somebody_else_is_held(side: TwilioSide) -> None:
    with pytest.raises(ChannelError) as caught:
        side.channel.send(touch(business=side.business, sender="+441174960099"))
    assert caught.value.effect is Effect.HOLD_SENDER


def test_connections_are_kept(side: TwilioSide) -> None:
    for number in range(5):
        side.channel.send(side.touch(f"tch_{number}"))
    assert side.accepted() == 5
