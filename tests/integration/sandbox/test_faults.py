"""Each kind of fault, as the real client sees it."""

from __future__ import annotations

import threading
import time as real_time
from typing import TYPE_CHECKING, Any

import pytest
import requests
from twilio.base.exceptions import TwilioRestException

if TYPE_CHECKING:
    from sidecar.sandbox import Sandbox

OURS, THEIRS = "+441174960001", "+447700900123"


def create(client: Any) -> Any:
    return client.messages.create(to=THEIRS, from_=OURS, body="Hello")


def test_a_status_is_given_as_often_as_asked_and_accepts_nothing(sandbox: Sandbox, twilio_client: Any) -> None:
    sandbox.fault("twilio", "messages.create", "status", times=2, status=400, code=21614)

    for _ in range(2):
        with pytest.raises(TwilioRestException) as caught:
            create(twilio_client)
        assert (caught.value.status, caught.value.code) == (400, 21614)
    create(twilio_client)
    assert len(sandbox.texts) == 1
    assert [seen.accepted for seen in sandbox.requests("twilio")] == [False, False, True]


def test_a_429_carries_retry_after(sandbox: Sandbox) -> None:
    sandbox.fault("twilio", "*", "status", status=429, retry_after=7)

    answer = requests.get(
        f"{sandbox.twilio_url}/2010-04-01/Accounts/{sandbox.account_sid}/Messages.json",
        auth=(sandbox.account_sid, sandbox.auth_token),
        timeout=5,
    )
    assert (answer.status_code, answer.headers["Retry-After"], answer.json()["code"]) == (429, "7", 20429)


def test_a_reset_is_no_answer_and_no_text(sandbox: Sandbox, twilio_client: Any) -> None:
    sandbox.fault("twilio", "messages.create", "reset")

    with pytest.raises(requests.ConnectionError):
        create(twilio_client)
    assert sandbox.texts == []
    assert sandbox.requests("twilio")[0].status is None
    create(twilio_client)


def test_a_hanging_request_is_accepted_and_answered_when_released(sandbox: Sandbox, twilio_client: Any) -> None:
    sandbox.fault("twilio", "messages.create", "hang")
    answers: list[Any] = []
    sender = threading.Thread(target=lambda: answers.append(create(twilio_client)))
    sender.start()
    sandbox.wait_for(lambda: sandbox.texts)
    assert answers == []
    assert sandbox.requests("twilio")[0].ended_monotonic is None

    sandbox.release()
    sender.join(5)
    assert answers[0].sid == sandbox.texts[0].sid
    seen = sandbox.requests("twilio")[0]
    assert seen.ended_monotonic is not None
    assert seen.ended_monotonic > seen.received_monotonic


def test_accepted_and_never_answered(sandbox: Sandbox, twilio_client: Any) -> None:
    sandbox.fault("twilio", "messages.create", "accept_then_hang", seconds=0)

    with pytest.raises(requests.ConnectionError):
        create(twilio_client)
    assert len(sandbox.texts) == 1
    assert [m.sid for m in twilio_client.messages.list(to=THEIRS)] == [sandbox.texts[0].sid]


def test_latency_lasts_until_cleared(sandbox: Sandbox, twilio_client: Any) -> None:
    sandbox.fault("twilio", "messages.create", "latency", seconds=0.05)
    for _ in range(2):
        start = real_time.monotonic()
        create(twilio_client)
        assert real_time.monotonic() - start >= 0.05
    sandbox.clear_faults("twilio")
    assert sandbox.faults.delay("twilio", "messages.create") == 0


def test_faults_of_one_operation_leave_others_alone(sandbox: Sandbox, twilio_client: Any) -> None:
    sandbox.fault("twilio", "messages.create", "status", times=None, status=503)

    assert twilio_client.messages.list() == []
    for _ in range(3):
        with pytest.raises(TwilioRestException):
            create(twilio_client)
    sandbox.clear_faults()
    create(twilio_client)


def test_an_unknown_kind_is_refused(sandbox: Sandbox) -> None:
    with pytest.raises(ValueError, match="fault kind 'explode' is unknown"):
        sandbox.fault("twilio", "messages.create", "explode")  # type: ignore[arg-type]


def test_waiting_gives_up_with_what_was_seen(sandbox: Sandbox, twilio_client: Any) -> None:
    create(twilio_client)
    with pytest.raises(TimeoutError, match="texts 1, calls 0"):
        sandbox.wait_for(lambda: sandbox.emails, timeout=0.01)


def test_a_reset_forgets_but_keeps_addresses(sandbox: Sandbox, twilio_client: Any) -> None:
    create(twilio_client)
    sandbox.fault("twilio", "*", "status", status=500)
    sandbox.reset()

    assert (sandbox.texts, sandbox.requests()) == ([], [])
    assert twilio_client.messages.list() == []
