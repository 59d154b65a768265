"""The real Twilio SDK against the sandbox."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
import requests
from twilio.base.exceptions import TwilioRestException

if TYPE_CHECKING:
    from sidecar.sandbox import Sandbox
    from tests.support.clock import ManualClock

OURS, THEIRS = "+441174960001", "+447700900123"


def create(client: Any, **changes: Any) -> Any:
    return client.messages.create(**{"to": THEIRS, "from_": OURS, "body": "Hello"} | changes)


def refusal(client: Any, **changes: Any) -> TwilioRestException:
    with pytest.raises(TwilioRestException) as caught:
        create(client, **changes)
    return caught.value


def test_an_accepted_text_is_recorded_and_found_again(sandbox: Sandbox, twilio_client: Any) -> None:
    message = create(twilio_client, validity_period=300, status_callback="https://app.test/twilio/message-status?t=1")

    (text,) = sandbox.texts
    assert (text.sid, text.to, text.from_, text.body) == (message.sid, THEIRS, OURS, "Hello")
    assert (text.validity_period, text.at) == (300, sandbox.now())
    assert text.status_callback == "https://app.test/twilio/message-status?t=1"
    assert (message.status, message.direction) == ("queued", "outbound-api")
    assert twilio_client.messages(message.sid).fetch().body == "Hello"
    assert [m.sid for m in twilio_client.messages.list(to=THEIRS)] == [message.sid]
    (seen,) = sandbox.requests("twilio", "messages.create")
    assert (seen.status, seen.accepted, seen.body["Body"]) == (201, True, "Hello")


def test_the_log_is_filtered_by_number_and_time_newest_first(
    sandbox: Sandbox, twilio_client: Any, clock: ManualClock
) -> None:
    first = create(twilio_client)
    clock.advance(seconds=60)
    second = create(twilio_client, body="Again")
    create(twilio_client, to="+447700900999")
    sandbox.text_us(THEIRS, OURS, "Hi there", deliver=False)

    assert [m.sid for m in twilio_client.messages.list(to=THEIRS)] == [second.sid, first.sid]
    late = twilio_client.messages.list(to=THEIRS, date_sent_after=clock.now() - timedelta(seconds=30))
    assert [m.sid for m in late] == [second.sid]
    inbound = twilio_client.messages.list(to=OURS, from_=THEIRS)
    assert [(m.direction, m.body) for m in inbound] == [("inbound", "Hi there")]


def test_pages_are_followed(sandbox: Sandbox, twilio_client: Any) -> None:
    for number in range(5):
        create(twilio_client, body=str(number))

    assert [m.body for m in twilio_client.messages.list(page_size=2)] == ["4", "3", "2", "1", "0"]
    assert len(sandbox.requests("twilio", "messages.list")) == 3


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"to": ""}, 21604),
        ({"to": "07700 900123"}, 21211),
        ({"from_": None}, 21603),
        ({"from_": "441174960001"}, 21212),
        ({"from_": THEIRS}, 21266),
        ({"body": ""}, 21602),
        ({"body": "x" * 1601}, 21617),
        ({"status_callback": "/twilio/message-status"}, 21609),
        ({"validity_period": 0}, 21624),
        ({"validity_period": 36001}, 21624),
    ],
)
def test_what_twilio_would_refuse_is_refused_with_its_code(
    sandbox: Sandbox, twilio_client: Any, changes: dict[str, Any], code: int
) -> None:
    error = refusal(twilio_client, **changes)

    assert (error.status, error.code) == (400, code)
    assert sandbox.texts == []


def test_an_unknown_parameter_is_refused(sandbox: Sandbox) -> None:
    answer = requests.post(
        f"{sandbox.twilio_url}/2010-04-01/Accounts/{sandbox.account_sid}/Messages.json",
        data={"To": THEIRS, "From": OURS, "Body": "x", "Validity": "3"},
        auth=(sandbox.account_sid, sandbox.auth_token),
        timeout=5,
    )

    assert (answer.status_code, answer.json()["code"]) == (400, 20001)
    assert set(answer.json()) == {"code", "message", "more_info", "status"}


def test_an_account_sends_from_its_own_numbers_only(sandbox: Sandbox, twilio_client: Any) -> None:
    sandbox.twilio_number(OURS)
    sandbox.twilio_number("+441174960002", sms=False)

    create(twilio_client)
    assert refusal(twilio_client, from_="+441174960009").code == 21659
    assert refusal(twilio_client, from_="+441174960002").code == 21661


def test_wrong_credentials_are_refused(sandbox: Sandbox, twilio_client: Any) -> None:
    twilio_client.auth = twilio_client.auth[0], "wrong"
    twilio_client.password = "wrong"

    error = refusal(twilio_client)
    assert (error.status, error.code) == (401, 20003)


def test_stop_blocks_the_pair_until_start(sandbox: Sandbox, twilio_client: Any) -> None:
    sandbox.text_us(THEIRS, OURS, " stop ", deliver=False)
    assert refusal(twilio_client).code == 21610
    create(twilio_client, from_="+441174960002")
    sandbox.text_us(THEIRS, OURS, "please stop by tomorrow", deliver=False)
    sandbox.text_us(THEIRS, OURS, "START", deliver=False)
    create(twilio_client)

    sandbox.twilio_opt_outs = False
    sandbox.text_us(THEIRS, OURS, "STOP", deliver=False)
    create(twilio_client)


def test_numbers_account_and_lookup(sandbox: Sandbox, twilio_client: Any) -> None:
    sandbox.twilio_number(OURS, voice_url="https://n8n.test/webhook/missed")
    sandbox.line_type(THEIRS, "landline")

    (number,) = twilio_client.incoming_phone_numbers.list(phone_number=OURS)
    assert (number.phone_number, number.voice_url) == (OURS, "https://n8n.test/webhook/missed")
    assert number.capabilities["sms"] is True
    assert twilio_client.api.accounts(sandbox.account_sid).fetch().status == "active"
    found = twilio_client.lookups.v2.phone_numbers(THEIRS).fetch(fields="line_type_intelligence")
    assert found.line_type_intelligence["type"] == "landline"


def test_a_lost_call_is_in_the_log_only(sandbox: Sandbox, twilio_client: Any) -> None:
    call = sandbox.lost_call(OURS, THEIRS, status="completed", dial_status="no-answer")

    (parent,) = twilio_client.calls.list(to=OURS, start_time_after=sandbox.now() - timedelta(minutes=5))
    assert (parent.sid, parent.status, parent.duration) == (call.sid, "completed", "18")
    (child,) = twilio_client.calls.list(parent_call_sid=call.sid)
    assert (child.status, child.direction) == ("no-answer", "outbound-dial")
    assert twilio_client.calls(call.sid).fetch()._from == THEIRS
    assert twilio_client.calls.list(to=OURS, status="busy") == []
    assert sandbox.webhooks == []
