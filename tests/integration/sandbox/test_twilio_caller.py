"""Twilio acting on us: every webhook verified with Twilio's own validator, and their order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from twilio.request_validator import RequestValidator

if TYPE_CHECKING:
    from sidecar.sandbox import Sandbox
    from sidecar.sandbox.listener import Incoming
    from tests.integration.sandbox.conftest import Application
    from tests.support.clock import ManualClock

OURS, THEIRS, STAFF = "+441174960001", "+447700900123", "+447700900700"
PUBLIC = "https://recovery.example.com/base"
DIAL = (
    f'<Response><Dial action="/base/twilio/dial-result?c=1" timeout="18" answerOnBridge="true">'
    f'<Number url="/base/twilio/whisper">{STAFF}</Number></Dial></Response>'
)
WHISPER = (
    '<Response><Gather numDigits="1" action="/base/twilio/whisper?accept=1"><Say>Press 1</Say></Gather></Response>'
)


@pytest.fixture
def app_behind_proxy(sandbox: Sandbox, app: Application) -> Application:
    sandbox.point_at(app.url, PUBLIC)
    app.answers = {"/twilio/voice": DIAL, "/twilio/whisper": WHISPER}
    return app


def valid(sandbox: Sandbox, incoming: Incoming) -> bool:
    query = "?" + "&".join(f"{k}={v}" for k, v in incoming.query.items()) if incoming.query else ""
    validator = RequestValidator(sandbox.auth_token)
    return bool(
        validator.validate(
            PUBLIC + incoming.path + query, incoming.body, incoming.headers.get("x-twilio-signature", "")
        )
    )


def test_staffs_voicemail_answers(sandbox: Sandbox, app_behind_proxy: Application, clock: ManualClock) -> None:
    start = clock.now()
    story = sandbox.miss_call(OURS, THEIRS, "staff_voicemail", ring_seconds=18)

    seen = app_behind_proxy.seen
    assert app_behind_proxy.paths == [
        "/twilio/voice",
        "/twilio/whisper",
        "/twilio/dial-result",
        "/twilio/call-status",
    ]
    assert all(valid(sandbox, one) for one in seen)
    assert len({one.headers["i-twilio-idempotency-token"] for one in seen}) == 4
    voice, whisper, dial, status = (one.body for one in seen)
    assert (voice["CallSid"], voice["From"], voice["To"], voice["CallStatus"]) == (
        story.call_sid,
        THEIRS,
        OURS,
        "ringing",
    )
    assert (whisper["ParentCallSid"], whisper["CallSid"]) == (story.call_sid, story.child_sid)
    assert whisper["To"] == STAFF
    assert (dial["DialCallStatus"], dial["DialBridged"], dial["DialCallSid"]) == (
        "completed",
        "false",
        story.child_sid,
    )
    assert (status["CallStatus"], status["CallDuration"], status["CallbackSource"]) == (
        "completed",
        "18",
        "call-progress-events",
    )
    assert (clock.now() - start).total_seconds() == 18
    assert status["Timestamp"] == "Wed, 18 Nov 2026 10:00:18 +0000"
    assert [story.answers[name].status for name in ("voice", "whisper", "dial-result", "call-status")] == [200] * 4


@pytest.mark.parametrize(
    ("how", "dial_status", "final"),
    [
        ("no_answer", "no-answer", "no-answer"),
        ("busy", "busy", "busy"),
        ("failed", "failed", "failed"),
        ("caller_hung_up", "canceled", "no-answer"),
        ("answered", "completed", "completed"),
    ],
)
def test_how_a_dialled_call_ends(
    sandbox: Sandbox, app_behind_proxy: Application, how: Any, dial_status: str, final: str
) -> None:
    story = sandbox.miss_call(OURS, THEIRS, how)

    dial = next(one.body for one in app_behind_proxy.seen if one.path == "/twilio/dial-result")
    assert dial["DialCallStatus"] == dial_status
    assert app_behind_proxy.seen[-1].body["CallStatus"] == final
    assert ("accept" in story.answers) is (how == "answered")
    assert dial["DialBridged"] == str(how == "answered").lower()


def test_staff_press_one(sandbox: Sandbox, app_behind_proxy: Application) -> None:
    sandbox.miss_call(OURS, THEIRS, "answered", talk_seconds=90)

    accept = next(one for one in app_behind_proxy.seen if one.query.get("accept"))
    assert (accept.body["Digits"], valid(sandbox, accept)) == ("1", True)
    assert app_behind_proxy.seen[-1].body["CallDuration"] == str(18 + 90)


def test_a_voicemail_of_ours_completes_an_unanswered_call(sandbox: Sandbox, app_behind_proxy: Application) -> None:
    app_behind_proxy.answers["/twilio/dial-result"] = "<Response><Say>Leave a message</Say><Record/></Response>"
    sandbox.miss_call(OURS, THEIRS, "no_answer")

    assert app_behind_proxy.seen[-1].body["CallStatus"] == "completed"


def test_a_forwarded_call_is_rejected_as_busy(sandbox: Sandbox, app_behind_proxy: Application) -> None:
    app_behind_proxy.answers["/twilio/voice"] = '<Response><Reject reason="busy"/></Response>'
    sandbox.miss_call(OURS, THEIRS, "forwarded", forwarded_from="+441174960777")

    assert app_behind_proxy.paths == ["/twilio/voice", "/twilio/call-status"]
    assert app_behind_proxy.seen[0].body["ForwardedFrom"] == "+441174960777"
    assert app_behind_proxy.seen[1].body["CallStatus"] == "busy"


@pytest.mark.parametrize("sign", ["wrong", "none"])
def test_a_webhook_can_be_signed_wrongly_or_not_at_all(
    sandbox: Sandbox, app_behind_proxy: Application, sign: str
) -> None:
    sandbox.miss_call(OURS, THEIRS, sign=sign)

    assert not any(valid(sandbox, one) for one in app_behind_proxy.seen)


def test_repeats_carry_the_same_token(sandbox: Sandbox, app_behind_proxy: Application) -> None:
    sandbox.miss_call(OURS, THEIRS, "no_answer", times=2)

    tokens = [one.headers["i-twilio-idempotency-token"] for one in app_behind_proxy.seen]
    assert (len(tokens), len(set(tokens))) == (6, 3)
    assert all(valid(sandbox, one) for one in app_behind_proxy.seen)


def test_webhooks_can_be_lost_or_overtake_each_other(sandbox: Sandbox, app_behind_proxy: Application) -> None:
    sandbox.miss_call(OURS, THEIRS, "no_answer", status_first=True)
    assert app_behind_proxy.paths == ["/twilio/voice", "/twilio/call-status", "/twilio/dial-result"]

    app_behind_proxy.seen.clear()
    story = sandbox.miss_call(OURS, THEIRS, "no_answer", lost=("dial-result", "call-status"))
    assert app_behind_proxy.paths == ["/twilio/voice"]
    call = sandbox.books.calls.get(sandbox.account_sid, story.call_sid)
    assert call is not None
    assert call.status == "no-answer"


def test_webhooks_set_on_a_number_win(sandbox: Sandbox, app: Application) -> None:
    sandbox.point_at(app.url, PUBLIC)
    sandbox.twilio_number(OURS, voice_url=f"{PUBLIC}/webhook/missed", status_callback=f"{PUBLIC}/twilio/second")
    sandbox.miss_call(OURS, THEIRS)

    assert app.paths == ["/webhook/missed", "/twilio/second"]


def test_nobody_answers(sandbox: Sandbox, app: Application) -> None:
    sandbox.point_at("http://127.0.0.1:9", PUBLIC)
    story = sandbox.miss_call(OURS, THEIRS)

    assert story.answers["voice"].status == 0
    assert [hook.status for hook in sandbox.webhooks] == [0, 0]


def test_an_inbound_text(sandbox: Sandbox, app_behind_proxy: Application) -> None:
    answer = sandbox.text_us(THEIRS, OURS, "Tuesday & Wednesday, café?", opt_out_type="HELP")

    assert answer is not None
    assert answer.ok
    (seen,) = app_behind_proxy.seen
    assert valid(sandbox, seen)
    assert (seen.path, seen.body["Body"], seen.body["OptOutType"]) == (
        "/twilio/sms",
        "Tuesday & Wednesday, café?",
        "HELP",
    )
    assert seen.body["MessageSid"].startswith("SM")


def test_texts_are_delivered_by_themselves_where_switched_on(
    sandbox: Sandbox, app_behind_proxy: Application, twilio_client: Any
) -> None:
    sandbox.deliver_automatically = True
    message = twilio_client.messages.create(
        to=THEIRS, from_=OURS, body="Hi", status_callback=f"{PUBLIC}/twilio/message-status?touch=t_1"
    )
    sandbox.settle()

    seen = app_behind_proxy.seen
    assert [one.body["MessageStatus"] for one in seen] == ["queued", "sent", "delivered"]
    assert {one.query["touch"] for one in seen} == {"t_1"}
    assert all(valid(sandbox, one) for one in seen)
    fetched = twilio_client.messages(message.sid).fetch()
    assert (fetched.status, fetched.date_sent) == ("delivered", sandbox.now())


def test_a_text_fails_with_its_error_code(sandbox: Sandbox, app_behind_proxy: Application, twilio_client: Any) -> None:
    message = twilio_client.messages.create(
        to=THEIRS, from_=OURS, body="Hi", status_callback=f"{PUBLIC}/twilio/message-status"
    )
    sandbox.message_status(message.sid, "undelivered", error_code=30003)

    assert app_behind_proxy.seen[0].body["ErrorCode"] == "30003"
    assert twilio_client.messages(message.sid).fetch().error_code == 30003
    with pytest.raises(KeyError):
        sandbox.message_status("SM0", "sent")
