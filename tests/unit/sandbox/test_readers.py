"""What the sandbox reads: TwiML, phone numbers, search tokens, Retell's filters, emails."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from sidecar.sandbox.hubspot_search import _token
from sidecar.sandbox.hubspot_store import iso, national_digits
from sidecar.sandbox.posting import HttpAnswer
from sidecar.sandbox.retell_agents import RetellRefused
from sidecar.sandbox.retell_filter import matches
from sidecar.sandbox.twilio_log import moment, page_of, rfc2822, within
from sidecar.sandbox.twiml import Twiml, read_twiml

URL = "https://recovery.example.com/twilio/voice"
AT = datetime(2026, 11, 18, 10, 0, 30, 700_000, tzinfo=UTC)


def test_a_dial_with_a_whisper() -> None:
    answer = HttpAnswer(
        200,
        '<?xml version="1.0"?><Response><Dial action="dial-result" timeout="18" answerOnBridge="true">'
        '<Number url="https://other.example/whisper"> +447700900700 </Number></Dial></Response>',
    )

    assert read_twiml(answer, URL) == Twiml(
        dials=True,
        dial_action="https://recovery.example.com/twilio/dial-result",
        dial_timeout=18,
        answer_on_bridge=True,
        dialled=("+447700900700",),
        whisper_url="https://other.example/whisper",
    )


@pytest.mark.parametrize(
    ("status", "text", "expected"),
    [
        (
            200,
            "<Response><Dial>+447700900700</Dial></Response>",
            Twiml(dials=True, dialled=("+447700900700",)),
        ),
        (200, '<Response><Reject reason="busy"/></Response>', Twiml(reject_reason="busy")),
        (200, "<Response><Reject/></Response>", Twiml(reject_reason="rejected")),
        (200, "<Response><Gather/></Response>", Twiml(gather_url=URL, answers=True)),
        (200, "<Response/>", Twiml()),
        (200, "not xml", Twiml()),
        (204, "", Twiml()),
        (500, "<Response><Reject/></Response>", Twiml()),
    ],
)
def test_other_documents(status: int, text: str, expected: Twiml) -> None:
    assert read_twiml(HttpAnswer(status, text), URL) == expected


@pytest.mark.parametrize(
    ("typed", "national"),
    [
        ("+447700900123", "7700900123"),
        ("07700 900123", "7700900123"),
        ("0044 7700 900123", "7700900123"),
        ("447700900123", "7700900123"),
        ("+1 (212) 555-0142", "2125550142"),
        ("212-555-0142", "2125550142"),
        ("0117 496 0001", "1174960001"),
        ("12125550142", "2125550142"),
    ],
)
def test_national_digits(typed: str, national: str) -> None:
    assert national_digits(typed) == national


@pytest.mark.parametrize(
    ("actual", "pattern", "found"),
    [
        ("+447700900123", "*7700900123", True),
        ("07700900123", "*7700900123", True),
        ("07700 900123", "*7700900123", False),
        ("07700 900123", "900123", True),
        ("Maya Osei", "maya", True),
        ("Mayan", "maya", False),
        ("Mayan", "maya*", True),
    ],
)
def test_tokens(actual: str, pattern: str, found: bool) -> None:
    assert _token(actual, pattern) is found


CALL: dict[str, Any] = {
    "agent_id": "agent_1",
    "to_number": "+447700900123",
    "duration_ms": 45_000,
    "call_status": "ended",
    "metadata": {"step_id": "callback", "attempt": 2, "live": True},
    "call_analysis": {"in_voicemail": False, "custom_analysis_data": {"outcome": "booked"}},
}


def one(kind: str, op: str, value: Any = None, **key: str) -> dict[str, Any]:
    return {"type": kind, "op": op, **({} if value is None else {"value": value}), **key}


@pytest.mark.parametrize(
    ("criteria", "found"),
    [
        ({}, True),
        ({"to_number": one("string", "ew", "0123")}, True),
        ({"to_number": one("string", "sw", "+1")}, False),
        ({"to_number": one("string", "co", "7009")}, True),
        ({"duration_ms": one("number", "ge", 45_000)}, True),
        ({"duration_ms": one("number", "lt", 45_000)}, False),
        ({"duration_ms": one("range", "bt", [1, 2])}, False),
        ({"call_status": one("enum", "in", ["ended", "error"])}, True),
        ({"disconnection_reason": one("enum", "in", ["user_hangup"])}, False),
        ({"in_voicemail": one("boolean", "eq", False)}, True),
        ({"agent": [{"agent_id": "agent_1"}]}, True),
        ({"agent": [{"agent_id": "agent_2"}]}, False),
        ({"metadata": [one("number", "eq", 2, key="attempt"), one("present", "pr", key="step_id")]}, True),
        ({"metadata": [one("string", "ne", "callback", key="step_id")]}, False),
        ({"metadata": [one("present", "np", key="sequence_id")]}, True),
        ({"custom_analysis_data": [one("string", "eq", "booked", key="outcome")]}, True),
    ],
)
def test_retells_filters(criteria: dict[str, Any], found: bool) -> None:
    assert matches(CALL, criteria) is found


@pytest.mark.parametrize(
    "criteria",
    [
        [],
        {"to_number": "x"},
        {"to_number": one("text", "eq", "x")},
        {"to_number": one("string", "gt", "x")},
        {"to_number": one("string", "eq")},
        {"nonsense": one("string", "eq", "x")},
        {"metadata": {"a": 1}},
    ],
)
def test_filters_retell_would_not_take(criteria: Any) -> None:
    with pytest.raises(RetellRefused):
        matches(CALL, criteria)


def test_twilios_time_filters_are_to_the_second_and_inclusive() -> None:
    assert within("DateSent", {"DateSent>": "2026-11-18T10:00:30Z", "DateSent<": "2026-11-18T10:00:30Z"})(AT)
    assert within("DateSent", {"DateSent": "2026-11-18"})(AT)
    assert not within("DateSent", {"DateSent>": "2026-11-18T10:00:31Z"})(AT)
    assert not within("DateSent", {"DateSent": "2026-11-17"})(AT)
    assert moment("2026-11-18") == datetime(2026, 11, 18, tzinfo=UTC)
    with pytest.raises(ValueError, match="Invalid isoformat"):
        within("DateSent", {"DateSent>": "yesterday"})
    assert rfc2822(AT) == "Wed, 18 Nov 2026 10:00:30 +0000"
    assert iso(AT) == "2026-11-18T10:00:30.700Z"


def test_an_empty_page_has_no_neighbours() -> None:
    page = page_of("calls", "/Calls.json", {}, [])

    assert (page["calls"], page["next_page_uri"], page["previous_page_uri"], page["page_size"]) == (
        [],
        None,
        None,
        50,
    )
