from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sidecar.channels.retell.agent import deploy, shipped_script
from sidecar.channels.retell.client import RetellClients
from sidecar.channels.retell.voice import RetellVoice
from sidecar.channels.retell.webhooks import read_event, verify
from sidecar.config.business import Retell
from sidecar.sandbox import Sandbox
from tests.integration.channels.conformance import Conformance, Side
from tests.unit.channels.example import OURS, THEIRS, business, touch

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sidecar.channels.port import Outgoing
    from tests.support.clock import ManualClock

NOBODY = "http://127.0.0.1:9"


class RetellSide(Side):
    vendor = "retell"
    operation = "calls.create"

    def __init__(self, sandbox: Sandbox, clients: RetellClients, clock: ManualClock) -> None:
        self.sandbox, self.clients, self.clock = sandbox, clients, clock
        self.channel = RetellVoice(clients)
        self.business = business(retell=Retell(sandbox.retell_api_key, "agent_1", OURS, base_url=sandbox.retell_url))

    def touch(self, name: str = "tch_1") -> Outgoing:
        return touch(
            business=self.business,
            touch_id=name,
            step="callback",
            sender="",
            body="",
            variables={"first_name": "Priya"},
            intended_at=self.clock.now(),
        )

    def unreachable(self) -> Outgoing:
        return touch(business=business(retell=Retell("key", "agent_1", OURS, base_url=NOBODY)))

    def accepted(self) -> int:
        return len(self.sandbox.calls_placed)


@pytest.fixture
def side(clock: ManualClock) -> Iterator[RetellSide]:
    clients = RetellClients(connect_seconds=1.0, read_seconds=0.4)
    with Sandbox(clock.now) as sandbox:
        sandbox.voice_script("dial_no_answer", when="asked")
        yield RetellSide(sandbox, clients, clock)
        clients.close()


class TestRetellVoice(Conformance):
    @pytest.fixture
    def side(self, side: RetellSide) -> RetellSide:
        return side


def test_a_ringing_call_is_stopped_once(side: RetellSide) -> None:
    ringing = side.channel.send(side.touch()).provider_id
    assert side.channel.stop(side.business, ringing) is True
    assert side.channel.stop(side.business, ringing) is False


def test_the_same_touch_does_not_ring_twice(side: RetellSide) -> None:
    first, again = side.channel.send(side.touch()), side.channel.send(side.touch())
    assert first.provider_id == again.provider_id
    assert side.accepted() == 1


@pytest.mark.parametrize(
    ("outcome", "reached", "said"),
    [
        ("dial_no_answer", False, None),
        ("voicemail_reached", False, None),
        ("human_answered", True, None),
        ("booked", True, "booked"),
        ("transferred", True, "transferred"),
        ("not_now", True, "not_now"),
        ("opted_out", True, "opted_out"),
        ("complained", True, "complained"),
    ],
)
def test_what_the_person_did_is_read_from_signed_events(
    side: RetellSide, outcome: str, *, reached: bool, said: str | None
) -> None:
    side.sandbox.point_at(side.sandbox.receiver_url, retell_webhook_url=side.sandbox.receiver_url + "/hooks/r")
    call_id = side.channel.send(side.touch()).provider_id
    side.sandbox.finish_call(call_id, outcome)
    last = side.sandbox.received[-1]
    signature = last.headers["x-retell-signature"]
    assert verify(side.sandbox.retell_api_key, last.raw, signature, side.clock.now())
    report = read_event(last.body, side.clock.now())
    assert report is not None
    assert (report.provider_id, report.stage, report.touch_id) == (call_id, "analyzed", "tch_1")
    assert (report.reached, report.outcome, report.alert) == (reached, said, "")


def test_the_shipped_agent_is_deployed_and_called(side: RetellSide) -> None:
    script = shipped_script("callback")
    done = deploy(side.clients, side.business, script, "https://recovery.example.com")
    assert done.changed
    assert deploy(side.clients, side.business, script, "https://recovery.example.com").changed is False
    account = Retell(side.sandbox.retell_api_key, done.agent_id, OURS, base_url=side.sandbox.retell_url)
    side.channel.send(touch(business=business(retell=account)))
    placed = side.sandbox.calls_placed[-1]
    assert (placed.agent_id, placed.to, placed.metadata["touch_id"]) == (done.agent_id, THEIRS, "tch_1")
