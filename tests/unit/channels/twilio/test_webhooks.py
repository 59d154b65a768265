from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sidecar.channels.twilio.webhooks import (
    UnreadablePostError,
    classify,
    intent_of,
    is_sid,
    read_call,
    read_dial_result,
    read_incoming,
    read_message,
    read_message_status,
    read_status_callback,
    read_whisper,
)
from tests.unit.channels.example import NOW, OURS, THEIRS

CALL = {
    "CallSid": "CA1",
    "AccountSid": "AC1",
    "From": THEIRS,
    "To": OURS,
    "CallStatus": "ringing",
    "Direction": "inbound",
    "ApiVersion": "2010-04-01",
}
STATUS = CALL | {
    "CallStatus": "completed",
    "CallDuration": "42",
    "Duration": "1",
    "SequenceNumber": "0",
    "Timestamp": "Wed, 18 Nov 2026 10:01:02 +0000",
    "CallbackSource": "call-progress-events",
}
DIAL = CALL | {"CallStatus": "in-progress", "DialCallStatus": "no-answer", "DialCallSid": "CA2"}
LEG = CALL | {
    "CallSid": "CA2",
    "ParentCallSid": "CA1",
    "Direction": "outbound-dial",
    "CallStatus": "in-progress",
}
TEXT = {"MessageSid": "SM1", "SmsSid": "SM1", "From": THEIRS, "To": OURS, "Body": "Hello", "NumMedia": "0"}
MESSAGE_STATUS = {"MessageSid": "SM1", "SmsSid": "SM1", "MessageStatus": "sent", "To": THEIRS, "From": OURS}


def without(form: dict[str, str], field: str) -> dict[str, str]:
    return {name: value for name, value in form.items() if name != field}


# ---------------------------------------------------------------- what a post is


@pytest.mark.parametrize(
    ("form", "kind"),
    [
        (CALL, "incoming"),
        (CALL | {"ErrorCode": "11200", "ErrorUrl": "https://x"}, "incoming"),
        (STATUS, "status"),
        (CALL | {"CallStatus": "no-answer"}, "status"),
        (DIAL, "dial_result"),
        (LEG, "whisper"),
        (LEG | {"Digits": "1"}, "whisper"),
        (LEG | {"CallbackSource": "call-progress-events"}, "other_leg"),
        (CALL | {"Direction": "outbound-api"}, "other_leg"),
        (STATUS | {"Direction": "outbound-api"}, "other_leg"),
        (TEXT, "message"),
        (TEXT | {"SmsStatus": "received"}, "message"),
        (MESSAGE_STATUS, "message_status"),
    ],
)
def test_a_post_is_known_by_its_fields(form: dict[str, str], kind: str) -> None:
    assert classify(form) == kind


def test_a_post_that_is_nothing_we_know_says_so() -> None:
    with pytest.raises(UnreadablePostError, match="CallSid") as caught:
        classify({"hello": "world"})
    assert caught.value.field == "CallSid"
    assert caught.value.remedy


@pytest.mark.parametrize("form", [TEXT, MESSAGE_STATUS])
def test_a_message_is_not_read_as_a_call(form: dict[str, str]) -> None:
    with pytest.raises(UnreadablePostError, match="message"):
        read_call(form, NOW)


def test_legs_that_are_not_calls_to_the_business_tell_nothing() -> None:
    assert read_call(LEG | {"CallbackSource": "call-progress-events"}, NOW) is None
    assert read_call(CALL | {"Direction": "outbound-api"}, NOW) is None


def test_read_call_reads_each_kind_by_its_own_reader() -> None:
    assert read_call(CALL, NOW) == read_incoming(CALL, NOW)
    assert read_call(STATUS, NOW) == read_status_callback(STATUS, NOW)
    assert read_call(DIAL, NOW) == read_dial_result(DIAL, NOW)
    assert read_call(LEG | {"Digits": "1"}, NOW) == read_whisper(LEG | {"Digits": "1"}, NOW)


# ---------------------------------------------------------------- calls


def test_an_incoming_call() -> None:
    form = CALL | {"ForwardedFrom": "+441174960002", "CallerName": "PRIYA K"}
    report = read_incoming(form, NOW)
    assert (report.call_id, report.provider, report.to, report.caller) == ("CA1", "twilio", OURS, THEIRS)
    assert (report.forwarded_from, report.caller_name) == ("+441174960002", "PRIYA K")
    assert (report.status, report.started_at, report.at) == ("ringing", NOW, NOW)
    assert (report.dial_status, report.accepted, report.ended_at) == (None, None, None)


@pytest.mark.parametrize("caller", ["anonymous", "+266696687", "Restricted", ""])
def test_a_hidden_caller_stays_as_reported(caller: str) -> None:
    assert read_incoming(CALL | {"From": caller}, NOW).caller == caller


def test_the_status_callback_counts_in_seconds_and_in_utc() -> None:
    report = read_status_callback(STATUS | {"Timestamp": "Wed, 18 Nov 2026 11:01:02 +0100"}, NOW)
    assert report.at == report.ended_at == datetime(2026, 11, 18, 10, 1, 2, tzinfo=UTC)
    assert report.at.tzinfo is UTC
    assert report.ring_seconds is None, "talking is not ringing"


def test_a_call_that_is_not_over_has_no_end() -> None:
    assert read_status_callback(STATUS | {"CallStatus": "ringing"}, NOW).ended_at is None


@pytest.mark.parametrize(
    "stamp",
    ["", "yesterday", "2026-11-18", "Fri, 31 Dec 9999 23:00:00 -1400", "Wed, 99 Nov 2026 10:00:00 +0000"],
)
def test_an_unreadable_time_is_the_time_of_arrival(stamp: str) -> None:
    assert read_status_callback(STATUS | {"Timestamp": stamp}, NOW).at == NOW
    assert read_status_callback(without(STATUS, "Timestamp"), NOW).at == NOW


@pytest.mark.parametrize(("duration", "rang"), [("2", 2), ("0", None), ("", None), ("x", None), ("9" * 5000, None)])
def test_an_unanswered_calls_duration_is_its_ringing(duration: str, rang: int | None) -> None:
    form = STATUS | {"CallStatus": "no-answer", "CallDuration": duration, "Duration": "1"}
    assert read_status_callback(form, NOW).ring_seconds == rang


@pytest.mark.parametrize(("said", "bridged"), [("true", True), ("false", False), (None, None)])
def test_the_dial_result(said: str | None, bridged: bool | None) -> None:
    report = read_dial_result(DIAL | ({"DialBridged": said} if said else {}), NOW)
    assert (report.call_id, report.dial_status, report.bridged) == ("CA1", "no-answer", bridged)
    assert report.status is None, "the parent is in progress only because it asks what to do"
    assert report.accepted is None, "the dial's result is no evidence that a person pressed 1"


def test_an_unknown_dial_result_is_refused() -> None:
    with pytest.raises(UnreadablePostError, match="DialCallStatus"):
        read_dial_result(DIAL | {"DialCallStatus": "exploded"}, NOW)


@pytest.mark.parametrize(("digits", "accepted"), [("1", True), ("2", False), ("", False), (None, None)])
def test_only_pressing_1_accepts(digits: str | None, accepted: bool | None) -> None:
    report = read_whisper(LEG | ({"Digits": digits} if digits is not None else {}), NOW)
    assert (report.call_id, report.accepted) == ("CA1", accepted), "the parent's id, not the leg's"
    assert (report.status, report.caller) == (None, None), "the leg's own state says nothing of the parent"


@pytest.mark.parametrize(
    ("read", "form", "field"),
    [
        (read_incoming, CALL, "CallSid"),
        (read_incoming, CALL, "To"),
        (read_status_callback, STATUS, "CallStatus"),
        (read_dial_result, DIAL, "DialCallStatus"),
        (read_whisper, LEG, "ParentCallSid"),
        (read_message, TEXT, "From"),
        (read_message_status, without(MESSAGE_STATUS, "SmsSid"), "MessageSid"),
    ],
)
def test_a_missing_field_is_named(read: Any, form: dict[str, str], field: str) -> None:
    with pytest.raises(UnreadablePostError) as caught:
        read(without(form, field), NOW)
    assert caught.value.field.removeprefix("Sms") == field.removeprefix("Message")


# ---------------------------------------------------------------- messages


def test_a_text() -> None:
    report = read_message(TEXT | {"NumMedia": "2"}, NOW)
    assert (report.message_id, report.channel, report.to, report.sender) == ("SM1", "sms", OURS, THEIRS)
    assert (report.body, report.media, report.at) == ("Hello", 2, NOW)
    assert (report.vendor_intent, report.vendor_answered) == (None, False)


@pytest.mark.parametrize(
    ("body", "opt_out_type", "intent"),
    [
        ("STOP", "", "opt_out"),
        (" stop \n", "", "opt_out"),
        ("OptOut", "", "opt_out"),
        ("REVOKE", "", "opt_out"),
        ("stop please", "", None),
        ("please cancel", "", None),
        ("START", "", "opt_in"),
        ("unstop", "", "opt_in"),
        ("YES", "", None),
        ("HELP", "", "help"),
        ("info", "", "help"),
        ("arrêtez", "STOP", "opt_out"),
        ("reprendre", "START", "opt_in"),
        ("aide", "HELP", "help"),
        ("", "", None),
    ],
)
def test_what_twilio_itself_did(body: str, opt_out_type: str, intent: str | None) -> None:
    assert intent_of(body, opt_out_type) == (intent, intent is not None)


@pytest.mark.parametrize("to", ["+441174960001", "+18005550123"])
@pytest.mark.parametrize(("body", "opt_out_type"), [("STOP", ""), ("stop", "STOP"), ("HELP", ""), ("HELP", "HELP")])
def test_a_keyword_is_answered_by_twilio_or_the_network_on_every_kind_of_number(
    to: str, body: str, opt_out_type: str
) -> None:
    report = read_message(TEXT | {"To": to, "Body": body, "OptOutType": opt_out_type}, NOW)
    assert report.vendor_answered


@pytest.mark.parametrize(
    ("message_id", "twilios"),
    [
        ("SM" + "0a" * 16, True),
        ("MM" + "0A" * 16, True),
        ("SM1", False),
        ("XX" + "0a" * 16, False),
        ("SM" + "0a" * 16 + "\n", False),
        ("", False),
    ],
)
def test_the_shape_of_an_id_tells_whether_twilio_carried_a_message(message_id: str, twilios: bool) -> None:
    assert is_sid(message_id) is twilios


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("accepted", "accepted"),
        ("queued", "accepted"),
        ("sending", "accepted"),
        ("sent", "sent"),
        ("delivered", "delivered"),
        ("read", "delivered"),
        ("undelivered", "undelivered"),
        ("failed", "failed"),
        ("canceled", "failed"),
        ("brand-new-word", "accepted"),
    ],
)
def test_a_message_status(status: str, state: str) -> None:
    report = read_message_status(MESSAGE_STATUS | {"MessageStatus": status}, NOW, "tch_1")
    assert (report.provider_id, report.state, report.touch_id, report.at) == ("SM1", state, "tch_1", NOW)
    assert (report.code, report.opted_out, report.not_textable, report.alert, report.hold) == (
        "",
        False,
        False,
        "",
        "",
    )


@pytest.mark.parametrize(
    ("code", "opted_out", "not_textable", "hold", "alerts"),
    [
        ("21610", True, False, "", False),
        ("30003", False, False, "", False),
        ("30005", False, False, "", False),
        ("30006", False, True, "", False),
        ("30007", False, False, "template", True),
        ("30034", False, False, "sender", True),
        ("30032", False, False, "sender", True),
        ("30450", False, False, "", True),
        ("39999", False, False, "", False),
    ],
)
def test_what_a_delivery_code_tells(code: str, *, opted_out: bool, not_textable: bool, hold: str, alerts: bool) -> None:
    report = read_message_status(MESSAGE_STATUS | {"MessageStatus": "undelivered", "ErrorCode": code}, NOW)
    assert (report.code, report.opted_out, report.not_textable) == (code, opted_out, not_textable)
    assert (report.hold, bool(report.alert)) == (hold, alerts)


FIELDS = sorted(set(STATUS) | set(DIAL) | set(LEG) | set(TEXT) | set(MESSAGE_STATUS) | {"Digits", "OptOutType"})


@given(st.dictionaries(st.sampled_from(FIELDS), st.text(max_size=20)))
def test_no_form_makes_a_reader_stumble(form: dict[str, str]) -> None:
    for read in (read_call, read_message, read_message_status):
        try:
            report: Any = read(form, NOW)
        except UnreadablePostError:
            continue
        assert report is None or report.at.tzinfo is not None
