from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sidecar.channels.retell.webhooks import (
    NOT_REACHED,
    OURS,
    REACHED,
    UnreadablePostError,
    read_event,
    read_opt_out,
    verify,
)
from tests.unit.channels.example import NOW

KEY = "key_retell"
BODY = json.dumps({"event": "call_ended", "call": {"call_id": "call_1", "note": "größer"}}, ensure_ascii=False)


def sign(body: str = BODY, key: str = KEY, at: datetime = NOW) -> str:
    """The SDK's own signature."""
    from retell.lib.webhook_auth import symmetric

    return str(symmetric["sign"](body, key, int(at.timestamp() * 1000)))


def sdk_says(body: str, key: str, signature: str, now: datetime) -> bool:
    from retell.lib.webhook_auth import symmetric

    return bool(symmetric["verify"](body, key, signature, {"timestamp": int(now.timestamp() * 1000)}))


# ---------------------------------------------------------------- signature


def test_a_genuine_post_passes() -> None:
    assert verify(KEY, BODY.encode(), sign(), NOW)


@pytest.mark.parametrize("late", [timedelta(minutes=5), -timedelta(minutes=5), timedelta(0)])
def test_five_minutes_are_forgiven_either_way(late: timedelta) -> None:
    assert verify(KEY, BODY.encode(), sign(), NOW + late)


@pytest.mark.parametrize("late", [timedelta(minutes=5, milliseconds=1), -timedelta(minutes=5, milliseconds=1)])
def test_more_is_not(late: timedelta) -> None:
    assert not verify(KEY, BODY.encode(), sign(), NOW + late)


@pytest.mark.parametrize(
    ("key", "body", "signature"),
    [
        ("other", BODY, sign()),
        (KEY, BODY + " ", sign()),
        (KEY, BODY, sign().replace("v=1", "v=2", 1)),
        (KEY, BODY, sign()[:-1] + ("0" if sign()[-1] != "0" else "1")),
        (KEY, BODY, sign().upper()),
        (KEY, BODY, " " + sign()),
        (KEY, BODY, ""),
        (KEY, BODY, "v=,d="),
        ("", BODY, sign(key="")),
    ],
)
def test_anything_else_does_not(key: str, body: str, signature: str) -> None:
    assert not verify(key, body.encode(), signature, NOW)


@given(
    body=st.text(),
    key=st.text(min_size=1),
    other=st.text(min_size=1),
    late=st.integers(-400, 400),
    tamper=st.sampled_from(["", "x"]),
)
def test_the_sdk_agrees_always(body: str, key: str, other: str, late: int, tamper: str) -> None:
    signature, now = sign(body, key), NOW + timedelta(seconds=late)
    for asked in (key, other):
        expected = sdk_says(body + tamper, asked, signature, now)
        assert verify(asked, (body + tamper).encode(), signature, now) == expected


# ---------------------------------------------------------------- events


def event(name: str = "call_ended", **call: Any) -> dict[str, Any]:
    return {
        "event": name,
        "call": {
            "call_id": "call_1",
            "metadata": {"touch_id": "tch_1", "sequence_id": "seq_1"},
            "start_timestamp": 1_795_000_000_000,
            "end_timestamp": 1_795_000_060_500,
            **call,
        },
    }


def analysed(outcome: str | None = None, **analysis: Any) -> dict[str, Any]:
    custom = {} if outcome is None else {"outcome": outcome}
    return {"call_analysis": {"custom_analysis_data": custom, **analysis}}


def test_a_call_that_began() -> None:
    report = read_event(event("call_started"), NOW)
    assert report is not None
    assert (report.provider_id, report.stage, report.touch_id, report.sequence_id) == (
        "call_1",
        "started",
        "tch_1",
        "seq_1",
    )
    assert (report.reached, report.outcome, report.reason, report.alert) == (None, None, "", "")
    assert report.at == datetime.fromtimestamp(1_795_000_000, tz=UTC)


def test_a_call_that_ended() -> None:
    report = read_event(event(disconnection_reason="user_hangup", duration_ms=60_500), NOW)
    assert report is not None
    assert (report.stage, report.reached, report.duration_ms) == ("ended", True, 60_500)
    assert report.at == datetime.fromtimestamp(1_795_000_060.5, tz=UTC)


@pytest.mark.parametrize("reason", sorted(REACHED))
def test_a_person_was_reached_unless_it_was_a_voicemail(reason: str) -> None:
    talked = read_event(event("call_analyzed", disconnection_reason=reason), NOW)
    machine = read_event(
        event("call_analyzed", disconnection_reason=reason, **analysed("not_now", in_voicemail=True)), NOW
    )
    assert talked is not None
    assert machine is not None
    assert (talked.reached, talked.alert) == (True, "")
    assert (machine.reached, machine.in_voicemail, machine.outcome) == (False, True, None)


@pytest.mark.parametrize("reason", sorted(NOT_REACHED))
def test_nobody_was_reached(reason: str) -> None:
    report = read_event(event(disconnection_reason=reason), NOW)
    assert report is not None
    assert (report.reached, report.reason, report.alert) == (False, reason, "")


@pytest.mark.parametrize(
    "reason",
    [
        "invalid_destination",
        "marked_as_spam",
        "concurrency_limit_reached",
        "no_valid_payment",
        "network_blocked",
        "telephony_provider_unavailable",
        "telephony_provider_permission_denied",
        "sip_routing_error",
        "error_retell",
        "error_llm_websocket_open",
        "scam_detected",
        "credit_exhausted",
        "brand_new_reason",
    ],
)
def test_what_an_operator_must_see(reason: str) -> None:
    report = read_event(event(disconnection_reason=reason), NOW)
    assert report is not None
    assert report.reached is False
    assert report.alert.startswith("Retell: ")
    assert reason in report.alert


@pytest.mark.parametrize("reason", sorted(OURS))
def test_a_call_that_we_stopped_tells_nothing_of_the_person(reason: str) -> None:
    report = read_event(event(disconnection_reason=reason), NOW)
    assert report is not None
    assert (report.reached, report.alert) == (None, "")


def test_every_reason_that_the_sdk_knows_has_a_meaning() -> None:
    from typing import get_args, get_type_hints

    from retell.types.call_list_params import FilterCriteriaDisconnectionReason

    hints = get_type_hints(FilterCriteriaDisconnectionReason)
    reasons = set(get_args(get_args(hints["value"])[0]))
    assert len(reasons) > 30
    assert reasons >= REACHED | NOT_REACHED | OURS
    assert not (REACHED & NOT_REACHED | REACHED & OURS | NOT_REACHED & OURS)


@pytest.mark.parametrize("outcome", ["booked", "transferred", "not_now", "opted_out", "complained"])
def test_what_the_agent_noted_is_the_outcome(outcome: str) -> None:
    report = read_event(event("call_analyzed", disconnection_reason="agent_hangup", **analysed(outcome)), NOW)
    assert report is not None
    assert (report.stage, report.outcome) == ("analyzed", outcome)


def test_what_the_person_said_is_handed_on_without_what_others_said() -> None:
    spoken = [
        {"role": "agent", "content": "May I book you in?", "words": []},
        {"role": "user", "content": "Don't call me again.", "words": []},
        {"role": "transfer_target", "content": "Hello, Sam here.", "words": []},
        {"role": "user", "content": None},
        "rubbish",
    ]
    report = read_event(event("call_analyzed", disconnection_reason="user_hangup", transcript_object=spoken), NOW)
    assert report is not None
    assert report.said == ("Don't call me again.",)
    unwritten: tuple[object, ...] = (None, "text", {}, [])
    for transcript in unwritten:
        report = read_event(event("call_analyzed", transcript_object=transcript), NOW)
        assert report is not None
        assert report.said == ()


@pytest.mark.parametrize("outcome", ["none", "", "human_answered", "converted", "rubbish", None])
def test_nothing_else_is_one(outcome: str | None) -> None:
    report = read_event(event("call_analyzed", disconnection_reason="agent_hangup", **analysed(outcome)), NOW)
    assert report is not None
    assert report.outcome is None


@pytest.mark.parametrize(
    ("reason", "outcome"),
    [
        ("call_transfer", "transferred"),
        ("transfer_bridged", "transferred"),
        ("user_requested_dnc", "opted_out"),
    ],
)
def test_some_ends_are_outcomes_by_themselves(reason: str, outcome: str) -> None:
    report = read_event(event(disconnection_reason=reason), NOW)
    assert report is not None
    assert report.outcome == outcome


def test_do_not_call_beats_what_the_agent_noted() -> None:
    ended = event("call_analyzed", disconnection_reason="user_requested_dnc", **analysed("not_now"))
    report = read_event(ended, NOW)
    assert report is not None
    assert report.outcome == "opted_out"


@pytest.mark.parametrize("reason", sorted(NOT_REACHED))
@pytest.mark.parametrize("outcome", ["opted_out", "complained", "booked"])
def test_who_was_never_spoken_to_has_decided_nothing(reason: str, outcome: str) -> None:
    report = read_event(event("call_analyzed", disconnection_reason=reason, **analysed(outcome)), NOW)
    assert report is not None
    assert report.outcome is None


@pytest.mark.parametrize("reason", ["agent_hangup", "user_requested_dnc", "voicemail_reached"])
def test_a_voicemail_opts_nobody_out(reason: str) -> None:
    found = analysed("opted_out", in_voicemail=True)
    report = read_event(event("call_analyzed", disconnection_reason=reason, **found), NOW)
    assert report is not None
    assert report.outcome is None


def tool_call(**call: Any) -> dict[str, Any]:
    return {"name": "opt_out", "args": {"words": "Stop calling me."}, "call": {"call_id": "call_1", **call}}


def test_the_agents_tool_says_who_is_on_the_line_and_what_they_said() -> None:
    numbers = {"from_number": "+441174960001", "to_number": "+447700900123"}
    ours = read_opt_out(tool_call(**numbers, direction="outbound", metadata={"touch_id": "tch_1"}))
    assert (ours.provider_id, ours.touch_id, ours.phone) == ("call_1", "tch_1", "+447700900123")
    assert ours.words == "Stop calling me."
    theirs = read_opt_out(tool_call(from_number="+447700900123", to_number="+441174960001", direction="inbound"))
    assert (theirs.touch_id, theirs.phone) == (None, "+447700900123")


@pytest.mark.parametrize("args", [None, [], {}, {"words": 7}, {"words": "x" * 100_000}])
def test_whatever_the_agent_says_it_is_an_opt_out(args: Any) -> None:
    assert len(read_opt_out(tool_call() | {"args": args}).words) <= 1000


@pytest.mark.parametrize("payload", [{}, {"words": "Stop."}, {"call": {}}, {"call": {"call_id": 7}}])
def test_a_tool_without_its_call_is_told_what_to_set(payload: dict[str, Any]) -> None:
    with pytest.raises(UnreadablePostError) as caught:
        read_opt_out(payload)
    assert (caught.value.field, "args only" in caught.value.remedy) == ("call.call_id", True)


def test_the_summary_comes_along() -> None:
    report = read_event(event("call_analyzed", **analysed(call_summary="A leak under the sink.")), NOW)
    assert report is not None
    assert (report.summary, report.at) == ("A leak under the sink.", NOW)


@pytest.mark.parametrize("name", ["transcript_updated", "transfer_started", "chat_ended"])
def test_other_events_say_nothing(name: str) -> None:
    assert read_event({"event": name}, NOW) is None


@pytest.mark.parametrize(
    ("payload", "field"),
    [
        ({}, "event"),
        ({"event": 1}, "event"),
        ({"event": "call_ended"}, "call.call_id"),
        ({"event": "call_ended", "call": []}, "call.call_id"),
        ({"event": "call_ended", "call": {"call_id": 7}}, "call.call_id"),
    ],
)
def test_a_missing_field_is_named(payload: dict[str, Any], field: str) -> None:
    with pytest.raises(UnreadablePostError) as caught:
        read_event(payload, NOW)
    assert caught.value.field == field


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=5), inner, max_size=2),
    max_leaves=4,
)
CALL_FIELDS = [
    "metadata",
    "start_timestamp",
    "end_timestamp",
    "duration_ms",
    "disconnection_reason",
    "call_analysis",
]


@given(
    st.sampled_from(["call_started", "call_ended", "call_analyzed"]),
    st.dictionaries(st.sampled_from(CALL_FIELDS), JSON),
)
def test_no_call_makes_the_reader_stumble(name: str, call: dict[str, Any]) -> None:
    report = read_event({"event": name, "call": {"call_id": "call_1", **call}}, NOW)
    assert report is not None
    assert report.at.tzinfo is not None
