"""Twilio's log as the sandbox keeps it, read by the real SDK: calls and texts whose webhook never came."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from sidecar.channels.twilio.client import TwilioClients
from sidecar.channels.twilio.log import TwilioLog
from sidecar.channels.twilio.probe import probe
from sidecar.config.business import Number, Twilio
from sidecar.domain.calls import Evidence, Rules, judge
from sidecar.sandbox import Sandbox
from tests.unit.channels.example import OURS, STAFF, THEIRS, business

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sidecar.config.business import Business
    from tests.support.clock import ManualClock

RINGS = Number(OURS, ring=(STAFF,))
FORWARDED = Number(OURS, mode="forwarded")


@pytest.fixture
def sandbox(clock: ManualClock) -> Iterator[Sandbox]:
    with Sandbox(clock.now) as sandbox:
        sandbox.twilio_number(OURS)
        yield sandbox


@pytest.fixture
def clients() -> Iterator[TwilioClients]:
    clients = TwilioClients(connect_seconds=1.0, read_seconds=2.0)
    yield clients
    clients.close()


@pytest.fixture
def plumber(sandbox: Sandbox) -> Business:
    return business(twilio=Twilio(sandbox.account_sid, sandbox.auth_token, sandbox.twilio_url))


@pytest.mark.parametrize(
    ("number", "status", "dial_status", "verdict"),
    [
        (RINGS, "no-answer", None, ("missed", "no_answer")),
        (RINGS, "busy", None, ("missed", "busy")),
        (RINGS, "completed", "no-answer", ("missed", "no_answer")),
        (RINGS, "completed", "completed", ("missed", "voicemail")),
        (RINGS, "completed", None, ("missed", "failed")),
        (FORWARDED, "busy", None, ("missed", "no_answer")),
    ],
)
def test_a_lost_call_is_recovered_and_judged(
    sandbox: Sandbox,
    clients: TwilioClients,
    plumber: Business,
    clock: ManualClock,
    number: Number,
    status: str,
    dial_status: str | None,
    verdict: tuple[str, str],
) -> None:
    lost = sandbox.lost_call(OURS, THEIRS, status=status, dial_status=dial_status)
    (report,) = TwilioLog(clients).calls_since(plumber, [number], clock.now() - timedelta(minutes=5))
    assert (report.call_id, report.caller, report.to) == (lost.sid, THEIRS, OURS)
    judged = judge(Evidence().learn(report), Rules(mode=number.mode))
    assert (judged.state, judged.reason) == verdict


def test_a_misdial_is_known_by_how_long_it_rang(
    sandbox: Sandbox, clients: TwilioClients, plumber: Business, clock: ManualClock
) -> None:
    sandbox.lost_call(OURS, THEIRS, status="canceled", ring_seconds=2)
    (report,) = TwilioLog(clients).calls_since(plumber, [RINGS], clock.now() - timedelta(minutes=5))
    assert judge(Evidence().learn(report), Rules()).reason == "too_short"


def test_older_calls_and_those_of_other_numbers_stay_where_they_are(
    sandbox: Sandbox, clients: TwilioClients, plumber: Business, clock: ManualClock
) -> None:
    sandbox.lost_call("+441174960077", THEIRS)
    sandbox.lost_call(OURS, THEIRS)
    clock.advance(minutes=10)
    assert TwilioLog(clients).calls_since(plumber, [RINGS], clock.now() - timedelta(minutes=5)) == []


def test_a_lost_text_is_recovered(
    sandbox: Sandbox, clients: TwilioClients, plumber: Business, clock: ManualClock
) -> None:
    sandbox.text_us(THEIRS, OURS, "stop", deliver=False)
    (report,) = TwilioLog(clients).messages_since(plumber, [RINGS], clock.now() - timedelta(minutes=5))
    assert (report.sender, report.to, report.body) == (THEIRS, OURS, "stop")
    assert (report.vendor_intent, report.vendor_answered) == ("opt_out", True)


def test_probing_the_sandbox(sandbox: Sandbox, clients: TwilioClients, plumber: Business) -> None:
    public = "https://recovery.example.com"
    before = probe(clients, plumber, public)
    assert [finding.ok for finding in before] == [True, True, True, False, False, False]
    sandbox.twilio_number(
        OURS,
        voice_url=f"{public}/twilio/voice",
        sms_url=f"{public}/twilio/sms",
        status_callback=f"{public}/twilio/call-status",
    )
    assert all(finding.ok for finding in probe(clients, plumber, public))
