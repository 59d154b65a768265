"""The story of a record: each event as its line."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from sidecar.cli.story import Record, tell, to_come

START = datetime(2026, 11, 18, 10, 0, tzinfo=UTC)
TOUCH = {"touch_id": "tch_1", "channel": "sms", "body": "Hi, Sam here.", "subject": "", "details": None}


def event(kind: str, reason: str = "", seconds: float = 0, **more: Any) -> dict[str, Any]:
    row = {"step": None, "sequence_id": "seq_1", "call_id": None, "touch_id": None, "data": None}
    return {"at": (START + timedelta(seconds=seconds)).isoformat(), "type": kind, "reason": reason, **row, **more}


def step(name: str, channel: str, state: str = "planned", **more: Any) -> dict[str, Any]:
    row = {"kind": "touch", "reason": "", "due_at": None, "settled_at": None}
    return {"name": name, "channel": channel, "state": state, **row, **more}


STEPS = {
    ("seq_1", "hello"): step("hello", "sms"),
    ("seq_1", "callback"): step("callback", "voice"),
    ("seq_1", "email"): step("email", "email"),
    ("seq_1", "hello-task"): step("hello-task", "staff", kind="task"),
    ("seq_1", "answer_1"): step("answer_1", "sms", kind="answer"),
    ("seq_1", "confirm-1"): step("confirm-1", "sms", kind="confirmation"),
}


def record(*events: dict[str, Any], **more: Any) -> Record:
    touches = {"tch_1": TOUCH}
    values = {"touches": touches, "steps": STEPS, "sequences": {"seq_1": {"flow_platform": ""}}, **more}
    return Record(events, ZoneInfo("Europe/London"), **values)


def said(*events: dict[str, Any], **more: Any) -> list[str]:
    return [f"{line.who}: {line.said}" for line in tell(record(*events, **more))]


def voice(**details: Any) -> dict[str, Any]:
    return {"touches": {"tch_1": {**TOUCH, "channel": "voice", "body": "", "details": details}}}


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (event("call.recorded", "twilio"), "Twilio: reported a call"),
        (event("call.recorded", "log"), "sidecar: found a call in Twilio's log, of which no webhook had told"),
        (event("call.recorded", "aircall"), "aircall: reported a call"),
        (event("call.answered"), "sidecar: the call was answered"),
        (event("call.ignored", "too_short"), "sidecar: the call is no lead: they hung up at once, a misdial"),
        (
            event("call.missed", "busy", data={"decision": "cooling_down"}),
            ("sidecar: the call was missed: the line was busy; "
             "we were in touch a short while ago: no text, staff were alerted"),
        ),
        (event("sequence.opened", data={"playbook": "by-hand"}), "sidecar: opened sequence seq_1 of by-hand"),
        (event("sequence.closed", "booked"), "sidecar: closed the sequence: they booked"),
        (event("sequence.closed", "operator"), "operator: closed the sequence: closed by hand"),
        (event("sequence.closed", "owner_rang"), "operator: closed the sequence: owner rang"),
        (
            event("sequence.held", "unclear_stop"),
            "sidecar: held the sequence: they may have asked to stop: a person must read it",
        ),
        (event("sequence.resumed"), "operator: let the sequence go on"),
        (event("sequence.exhausted"), "sidecar: every step is done and nobody answered"),
        (
            event("gate.send", "allowed", step="callback", data={"gate": "sender"}),
            "gate: callback (voice call) may go out: every gate agrees",
        ),
        (
            event("gate.send", "allowed", step="hello", data={"basis": "inquiry", "consent_id": "cns_1"}),
            "gate: hello (text) may go out: every gate agrees; the ground is their own call",
        ),
        (
            event("gate.defer", "outside_hours", step="hello",
                  data={"gate": "window", "until": "2026-11-19T08:00:00+00:00"}),
            ("gate: hello (text) waits until Thursday 19 November at 08:00: "
             "it may not go out at this hour where they are [window]"),
        ),
        (
            event("gate.defer", "pace", step="hello", data={"gate": "sender", "until": "2026-11-18T10:00:02+00:00"}),
            "gate: hello (text) waits until 10:00:02: the sender's queue is full, and carriers set the pace [sender]",
        ),
        (
            event("gate.skip", "landline", step="hello", data={"gate": "reachable"}),
            "gate: hello (text) is left out: their number takes no texts [reachable]",
        ),
        (
            event("gate.skip", "replied", step="email", data={"gate": "closed"}),
            "gate: email is left out: the sequence is closed (they replied) [closed]",
        ),
        (
            event("gate.close", "opted_out", step="hello", data={"gate": "suppressed"}),
            "gate: hello (text) is stopped: they opted out, and nothing more goes out on any channel [suppressed]",
        ),
        (event("touch.intended", step="hello", touch_id="tch_1"),
         "sidecar: hello (text) is about to be handed to Twilio"),
        (event("touch.sent", step="hello", touch_id="tch_1"), "Twilio: accepted hello (text)"),
        (
            event("touch.sent", "provider_reported", step="confirm-1", touch_id="tch_1"),
            "Twilio: accepted the confirmation of their STOP (text) (known from its report only)",
        ),
        (
            event("touch.failed", "20429", step="hello", touch_id="tch_1", data={"fault": "not_sent"}),
            "Twilio: hello (text) was not sent: Twilio error 20429, too many requests at once; it is tried again",
        ),
        (
            event("touch.failed", "21211", step="hello", touch_id="tch_1", data={"fault": "refused"}),
            "Twilio: hello (text) was not sent: Twilio error 21211, the number does not exist",
        ),
        (
            event("touch.unknown", "no_answer", step="hello", touch_id="tch_1"),
            "sidecar: hello (text) was perhaps sent: no answer in time; Twilio is asked before anything else",
        ),
        (
            event("touch.withdrawn", "started_too_late", step="hello", touch_id="tch_1"),
            "sidecar: hello (text) starts over: it could not begin within a second",
        ),
        (event("touch.delivered", step="hello", touch_id="tch_1"), "Twilio: hello (text) was delivered"),
        (
            event("touch.undelivered", "30003", step="hello", touch_id="tch_1"),
            "Twilio: hello (text) was not delivered: Twilio error 30003, their phone was off or out of reach",
        ),
        (event("outcome.recorded", "converted", data={"source": "crm", "value_minor": 120050}),
         "CRM: outcome: they became a customer, worth 1200.50"),
        (event("suppression.added", "sms", data={"in_flight": ["tch_1"]}),
         "caller: opted out: nothing more on any channel (1 had begun before)"),
        (event("suppression.added", "twilio_21610"),
         "Twilio: Twilio says they opted out there: nothing more on any channel"),
        (event("suppression.added", "operator"), "operator: says they opted out: nothing more on any channel"),
        (event("suppression.lifted", "sms"), "caller: opted in again"),
        (event("step.skipped", "owner_rang", step="callback", data={"by": "flow"}),
         "flow: left callback (voice call) out: owner_rang"),
        (event("claim.granted", step="hello", data={"claim_id": "clm_1"}),
         "flow: may send hello (text) itself (claim clm_1)"),
        (event("answer.asked", step="answer_1", data={"by": "ai"}), "AI: answered them, if the gates agree"),
        (event("answer.asked", step="answer_1", data={"by": "human"}), "staff: answered them, if the gates agree"),
        (event("flow.failed", "Recovery", data={"execution_id": "7"}), "flow: Recovery failed (execution 7)"),
        (event("delivery.dead", "crm.touch", data={"delivery_id": "dlv_1"}),
         "sidecar: gave up bringing crm.touch: `recovery deliveries replay dlv_1`"),
        (event("consent.added", "soft_opt_in"), "API: consent was put on record: soft opt in"),
        (event("consent.added", "express", data={"source": "reply", "purpose": "service", "channels": ["voice"]}),
         "caller: said yes: express consent to service (voice call)"),
        (event("consent.imported", "express", data={"source": "import", "channels": ["sms", "email"]}),
         "operator: consent was put on record: express (text, email)"),
        (event("consent.withdrawn", "express", data={"source": "operator", "channels": ["voice"]}),
         "operator: consent was taken back: express (voice call)"),
        (event("consent.refused", "marketing", data={"channels": ["sms"]}),
         "caller: said no to marketing (text): no consent, and no STOP"),
        (event("contact.email_opted_out", "crm"), "CRM: says that they want no email"),
        (event("contact.email_opted_in", "crm"), "CRM: says that they take email again"),
        (event("sender.released", data={"words": "words:p/general/hello"}), "operator: released words:p/general/hello"),
        (event("moon.risen", "full\x1b"), "sidecar: moon risen (full�)"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_an_event_is_told(given: dict[str, Any], told: str) -> None:
    assert said(given) == [told]


def test_a_phone_call_is_told_with_its_length_and_its_end() -> None:
    ended = event("voice.ended", "user_hangup", touch_id="tch_1", data={"reached": True})
    assert said(ended, **voice(duration_ms=130_000)) == ["Retell: the call ended after 2 min 10 s: they hung up"]
    missed = event("voice.ended", "dial_no_answer", touch_id="tch_1", data={"reached": False})
    assert said(missed, **voice(duration_ms=20_000)) == ["Retell: the call ended: nobody picked up"]
    [line] = tell(record(event("voice.analyzed", touch_id="tch_1"), **voice(summary="Wants a new tap.")))
    assert (line.said, line.words) == ("summed the call up", "Wants a new tap.")


def test_words_that_went_out_or_came_in_stand_below_their_line() -> None:
    mail = {"tch_1": {**TOUCH, "channel": "email", "subject": "Your call", "body": "Hello,\n\nwhat was it?\n"}}
    messages = {"SM1": {"body": " Yes\x1b please "}}
    reply = event("reply.received", "none", data={"message_id": "SM1", "channel": "sms", "source": "log"}, seconds=1)
    sent, wrote = tell(
        record(event("touch.sent", step="email", touch_id="tch_1"), reply, touches=mail, messages=messages)
    )
    assert sent.words == "Subject: Your call\n\nHello,\n\nwhat was it?"
    assert (wrote.who, wrote.said, wrote.words) == ("caller", "wrote by text (found in Twilio's log)", "Yes� please")


def test_a_cause_is_told_before_its_effects_and_with_what_they_cancelled() -> None:
    closed_at = (START + timedelta(seconds=9)).isoformat()
    gone = {"state": "cancelled", "settled_at": closed_at, "reason": "opted_out"}
    steps = {key: row if row["name"] == "hello" else {**row, **gone} for key, row in STEPS.items()}
    told = said(
        event("touch.sent", step="hello", touch_id="tch_1", seconds=9),
        event("suppression.added", "sms", seconds=9, sequence_id=None),
        event("sequence.closed", "opted_out", seconds=9),
        event("reply.received", "opt_out", seconds=9, data={"channel": "sms"}),
        steps={key: row for key, row in steps.items() if row["kind"] == "touch"},
    )
    assert told == [
        "Twilio: accepted hello (text)",
        "caller: wrote by text, which is a STOP",
        "caller: opted out: nothing more on any channel",
        "sidecar: closed the sequence: they opted out",
        "sidecar: cancelled callback (voice call), email: they opted out",
    ]


def test_not_now_cancels_the_call_only_and_a_late_cancellation_is_not_lost() -> None:
    at = START.isoformat()
    steps = {
        ("seq_1", "callback"): step("callback", "voice", "cancelled", settled_at=at, reason="not_now"),
        ("seq_1", "email"): step(
            "email", "email", "cancelled", settled_at="2026-11-18T11:00:00+00:00", reason="booked"
        ),
    }
    assert said(event("outcome.recorded", "not_now", data={"source": "voice"}), steps=steps) == [
        "caller: outcome: not now: no call, an email may still go",
        "sidecar: cancelled callback (voice call): they asked for another time",
        "sidecar: cancelled email: they booked",
    ]


def test_an_intent_is_told_only_while_nothing_came_of_it() -> None:
    intended = event("touch.intended", step="hello", touch_id="tch_1")
    assert said(intended, event("touch.sent", step="hello", touch_id="tch_1")) == ["Twilio: accepted hello (text)"]


def test_a_flow_that_drives_is_named() -> None:
    opened = event("sequence.opened", data={"playbook": "by-hand"})
    sequences = {"seq_1": {"flow_platform": "n8n"}}
    assert said(opened, sequences=sequences) == ["sidecar: opened sequence seq_1 of by-hand; n8n drives it"]


def test_what_is_to_come_is_told_in_the_business_s_time() -> None:
    steps = {
        ("seq_1", "done"): step("done", "sms", "sent"),
        ("seq_1", "hello"): step("hello", "sms", due_at="2026-07-02T08:00:00+00:00", reason="outside_hours"),
        ("seq_1", "callback"): step("callback", "voice", "claimed"),
        ("seq_1", "email"): step("email", "email"),
        ("seq_1", "second"): step("second", "sms", "unknown"),
        ("seq_1", "third"): step("third", "sms", "sending"),
    }
    assert list(to_come(record(steps=steps))) == [
        "hello (text): Thursday 2 July at 09:00:00 (it may not go out at this hour where they are)",
        "callback (voice call): a flow has claimed it and has not reported yet",
        "email: counted from a step that has not happened yet",
        "second (text): perhaps sent, the provider is asked",
        "third (text): being sent",
    ]
