"""``/twilio/*``: signed by the business's token over the public URL, on record before they are answered."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest

from tests.integration.engine.seeing import alerts, ended, texts_to
from tests.integration.web.conftest import ACME, CALLER, FORWARDED, OTHER, OTHER_TOKEN, PUBLIC, one_store, signature
from tests.support.house import STAFF, House

if TYPE_CHECKING:
    from sidecar.sandbox import Sandbox
    from tests.integration.web.conftest import Web

SID = "CA" + "1" * 32
HOOKS = (
    "voice",
    "whisper?business=acme",
    "dial-result?business=acme",
    "call-status",
    "sms",
    "message-status?touch=tch_1",
)


def call(**fields: str) -> dict[str, str]:
    return {"CallSid": SID, "From": CALLER, "To": ACME, "CallStatus": "ringing", "Direction": "inbound", **fields}


def state(web: Web) -> tuple[str, str]:
    from sidecar.store import calls

    row = web.sidecar.store.read(lambda tx: calls.get(tx, "acme", SID))
    assert row is not None
    return row["state"], row["reason"]


@one_store
@pytest.mark.parametrize("hook", HOOKS)
@pytest.mark.parametrize("fault", ["unsigned", "another token", "another URL", "a changed form"])
def test_a_post_that_is_not_twilios_is_403_and_leaves_no_row(web: Web, hook: str, fault: str) -> None:
    form = call(MessageSid="SM1", Body="STOP", MessageStatus="sent", DialCallStatus="no-answer", ParentCallSid=SID)
    if fault == "unsigned":
        answer = web.twilio(hook, form, sign=False)
    elif fault == "another token":
        answer = web.twilio(hook, form, token=OTHER_TOKEN)
    else:
        business = web.sidecar.businesses.get("acme")
        assert business is not None
        assert business.twilio is not None
        url = f"{PUBLIC}/twilio/{hook}" + ("x" if fault == "another URL" else "")
        headers = {"X-Twilio-Signature": signature(business.twilio.auth_token, url, form)}
        changed = form if fault == "another URL" else form | {"From": "+447700900199"}
        answer = web.client.post(f"/twilio/{hook}", data=changed, headers=headers)
    problem = answer.get_json()
    assert (answer.status_code, problem["type"]) == (403, "/docs#bad-signature")
    assert f"{PUBLIC}/twilio/{hook}" in problem["detail"]
    assert CALLER not in answer.text
    assert web.rows() == 0


@pytest.mark.parametrize("hook", ["voice", "call-status", "sms", "message-status"])
def test_an_unknown_number_is_404_with_what_to_configure(web: Web, hook: str) -> None:
    answer = web.twilio(hook, call(To="+441174960099"))
    assert answer.status_code == 404
    assert "numbers" in answer.get_json()["remedy"]
    assert web.rows() == 0


def test_another_business_cannot_post_in_this_ones_name(web: Web) -> None:
    assert web.twilio("whisper?business=acme", call(ParentCallSid=SID), token=OTHER_TOKEN).status_code == 403
    assert web.twilio("whisper?business=nobody", call(ParentCallSid=SID)).status_code == 404
    # Signed by "other", named as "other", about acme's number: it is no call of "other".
    assert web.twilio("call-status?business=other", call(CallStatus="no-answer"), token=OTHER_TOKEN).status_code == 422
    assert web.rows() == 0


def test_staff_are_rung_and_asked_to_press_one(web: Web) -> None:
    answer = web.twilio("voice", call())
    assert (answer.status_code, answer.content_type) == (200, "text/xml; charset=utf-8")
    dial = ET.fromstring(answer.text).find("Dial")  # noqa: S314 - our own
    assert dial is not None
    number = dial.find("Number")
    assert number is not None
    assert number.text == STAFF
    assert dial.get("action") == f"{PUBLIC}/twilio/dial-result?business=acme"
    assert number.get("url") == f"{PUBLIC}/twilio/whisper?business=acme"
    assert state(web) == ("pending", "")


def test_nobody_presses_one_and_the_call_was_missed(web: Web) -> None:
    web.twilio("voice", call())
    leg = {"CallSid": "CA" + "2" * 32, "ParentCallSid": SID, "From": CALLER, "To": STAFF, "CallStatus": "in-progress"}
    asked = web.twilio("whisper?business=acme", leg)
    assert "Press 1" in asked.text
    assert f'action="{PUBLIC}/twilio/whisper?business=acme"' in asked.text
    over = web.twilio("dial-result?business=acme", call(DialCallStatus="completed", DialBridged="false"))
    assert "<Hangup" in over.text
    assert state(web) == ("missed", "voicemail")


def test_somebody_presses_one_and_the_call_was_answered(web: Web) -> None:
    web.twilio("voice", call())
    leg = {"CallSid": "CA" + "2" * 32, "ParentCallSid": SID, "From": CALLER, "To": STAFF, "CallStatus": "in-progress"}
    assert web.twilio("whisper?business=acme", leg | {"Digits": "1"}).text.endswith("<Response />")
    web.twilio("dial-result?business=acme", call(DialCallStatus="completed", DialBridged="true"))
    assert state(web)[0] == "answered"


def test_another_key_hangs_up_on_the_member_of_staff(web: Web) -> None:
    web.twilio("voice", call())
    leg = {"CallSid": "CA" + "2" * 32, "ParentCallSid": SID, "From": CALLER, "To": STAFF, "Digits": "5"}
    assert "<Hangup" in web.twilio("whisper?business=acme", leg).text


def test_a_number_that_only_receives_forwarded_calls_costs_nothing(web: Web) -> None:
    answer = web.twilio("voice", call(To=FORWARDED))
    assert '<Reject reason="busy"' in answer.text
    assert state(web)[0] == "missed"


def test_the_status_callback_is_a_second_witness_in_any_order(web: Web) -> None:
    ended = call(CallStatus="no-answer", CallbackSource="call-progress-events", CallDuration="0")
    for _ in range(2):
        answer = web.twilio("call-status", ended)
        assert (answer.status_code, answer.data) == (204, b"")
    assert state(web) == ("missed", "no_answer")
    assert len(web.get("/v1/sequences").get_json()["sequences"]) == 1


def test_a_leg_to_staff_ends_without_a_trace(web: Web) -> None:
    leg = call(To=STAFF, From=ACME, ParentCallSid=SID, CallStatus="completed", CallbackSource="call-progress-events")
    assert web.twilio("call-status", leg).status_code == 204
    assert web.rows() == 0


def test_a_stop_holds_before_it_is_answered(web: Web) -> None:
    web.miss()
    answer = web.twilio("sms", {"MessageSid": "SM1", "From": CALLER, "To": ACME, "Body": "Stop\n", "NumMedia": "0"})
    assert (answer.status_code, answer.text.endswith("<Response />")) == (200, True)
    assert web.post("/v1/gate/check", {"phone": CALLER, "channel": "sms"}).get_json()["gate"] == "suppressed"
    [sequence] = web.get("/v1/sequences").get_json()["sequences"]
    assert (sequence["state"], sequence["reason"]) == ("closed", "opted_out")


@pytest.mark.parametrize(
    ("body", "ends"),
    [
        ("This is harassment, I'm reporting you to the ICO", "complained"),
        ("I am going to report these texts to the FTC!", "complained"),
        ("je vais porter plainte au CRTC pour vos textos", "complained"),
        ("the tap you fitted leaks again, I want to complain", "replied"),
    ],
)
def test_a_complaint_in_words_closes_suppresses_and_alerts(web: Web, sandbox: Sandbox, body: str, ends: str) -> None:
    """One about the work is a reply. Of a complaint staff hear at once, and the person hears nothing more."""
    business = web.sidecar.businesses.get("acme")
    assert business is not None
    home = House(web.sidecar, business, web.clock)
    sequence_id = home.miss().sequence_id
    home.live(minutes=1)
    form = {"MessageSid": "SM" + "4" * 32, "From": CALLER, "To": ACME, "Body": body, "NumMedia": "0"}
    for _ in range(2):
        assert web.twilio("sms", form).status_code == 200
    assert ended(home, sequence_id) == ("closed", ends)
    gate = web.post("/v1/gate/check", {"phone": CALLER, "channel": "sms"}).get_json()["gate"]
    assert (gate == "suppressed") == (ends == "complained")
    home.live(hours=24)
    [alert] = alerts(sandbox)
    assert ends in alert
    assert body in alert
    assert (len(texts_to(sandbox)), sandbox.calls_placed, sandbox.emails) == (1, [], [])


def test_words_of_every_kind_arrive_as_they_were_written(web: Web) -> None:
    from sidecar.store import record

    body = 'He said "tomorrow"\nat 5 & 6 + 7% 🙂\0'
    assert web.twilio("sms", {"MessageSid": "SM2", "From": CALLER, "To": ACME, "Body": body}).status_code == 200
    row = web.sidecar.store.read(lambda tx: record.message(tx, "acme", "SM2"))
    assert row is not None
    assert row["body"] == body.rstrip("\0")


def test_a_status_of_a_text_of_ours_is_taken_and_an_unreadable_one_named(web: Web) -> None:
    form = {"MessageSid": "SM3", "MessageStatus": "delivered", "From": ACME, "To": CALLER}
    assert web.twilio("message-status?touch=tch_1", form).status_code == 204
    del form["MessageStatus"]
    problem = web.twilio("message-status?touch=tch_1", form).get_json()
    assert (problem["status"], problem["pointer"]) == (422, "/SmsStatus")


def test_each_business_has_its_own_token(web: Web) -> None:
    form = call(To=OTHER)
    assert web.twilio("voice", form, token=OTHER_TOKEN).status_code == 200
    assert web.twilio("voice", form).status_code == 403


@one_store
@pytest.mark.parametrize("path", ["/twilio/sms/", "//twilio/sms", "/twilio", "/twilio/unknown"])
def test_a_path_is_right_or_it_is_not(web: Web, path: str) -> None:
    assert web.client.post(path, data={}).status_code == 404


@one_store
def test_a_get_is_told_what_is_allowed(web: Web) -> None:
    answer = web.client.get("/twilio/sms")
    assert (answer.status_code, "POST" in answer.headers["Allow"]) == (405, True)
    assert answer.get_json()["type"] == "/docs#method-not-allowed"
