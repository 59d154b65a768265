"""The words of the timeline."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from sidecar.demo.cast import MAYA, NOBODY
from sidecar.demo.seen import Happening
from sidecar.demo.wording import lines, listed, local, since, spoken

AT = datetime(2026, 11, 24, 10, 14, 18, tzinfo=UTC)
STEPS = [
    {"name": "acknowledge", "channel": "sms", "state": "sent"},
    {"name": "callback", "channel": "voice", "state": "cancelled"},
    {"name": "email", "channel": "email", "state": "cancelled"},
]
PERSON: dict[str, Any] = {
    "crm_id": "101",
    "deal_stage": "Quote sent",
    "sequences": [{"sequence_id": "seq_1", "steps": STEPS}],
    "events": [],
}


def event(kind: str, reason: str = "", step: str | None = None, **data: Any) -> Happening:
    said = {
        "event_id": "evt_9", "type": kind, "reason": reason, "step": step, "sequence_id": "seq_1", "touch_id": "tch_1",
        "data": data or None,
    }  # fmt: skip
    return Happening(AT, "event", said, PERSON)


def told(happening: Happening) -> list[tuple[str, str]]:
    return [(line.actor, line.words) for line in lines(happening, MAYA)]


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (0.04, "0:00.0"),
        (0.47, "0:00.4"),
        (9.99, "0:09.9"),
        (59.6, "0:59"),
        (180, "3:00"),
        (2700.4, "45:00"),
        (5100, "1:25:00"),
        (-18, "-0:18"),
        (-17.9996, "-0:18"),
        (22_000, "Tue 10:14"),
    ],
)
def test_time_since_the_call(seconds: float, shown: str) -> None:
    assert since(seconds, AT) == shown


def test_moments_are_those_of_bristol_and_numbers_are_grouped() -> None:
    assert local(datetime(2026, 7, 4, 7, 5, tzinfo=UTC)) == "Sat 8:05"
    assert spoken("+447700900142") == "+44 7700 900142"
    assert spoken("+441174960123") == "+44 117 496 0123"
    assert (listed(["a"]), listed(["a", "b", "c"])) == ("a", "a, b and c")


def test_a_text_is_shown_with_what_it_costs() -> None:
    [line] = lines(Happening(AT, "text", {"to": MAYA.phone, "from": "+441174960123", "body": "x" * 161}), MAYA)
    assert (line.words, line.caption) == ("text to +44 7700 900142", "2 segments, 161 characters")
    assert line.bubble == "x" * 161


def test_the_agent_says_what_it_knows() -> None:
    known = {"script": "known", "first_name": "Maya", "deal_stage": "Quote sent"}
    assert [line.words for line in lines(Happening(AT, "call", {"to": MAYA.phone, "variables": known}), MAYA)] == [
        "the AI agent calls Maya",
        "the agent knows: Maya, last deal “Quote sent”",
    ]
    generic = lines(Happening(AT, "call", {"to": NOBODY.phone, "variables": {"script": "generic"}}), NOBODY)
    assert [line.words for line in generic][1] == "generic script: it does not know who this is"


@pytest.mark.parametrize(
    ("decision", "words"),
    [
        ("opened", "a missed call: only a voicemail picked up; a sequence opens"),
        ("folded", "rang again within half an hour: same sequence, no second text"),
        ("superseded", "rang again later: the old sequence ends, a new one opens"),
        ("suppressed", "rang again after STOP: nothing goes out, a person is told"),
    ],
)
def test_what_a_missed_call_does(decision: str, words: str) -> None:
    assert told(event("call.missed", "voicemail", decision=decision)) == [("sidecar", words)]


def test_only_a_call_that_no_webhook_told_of_is_worth_a_word_of_its_own() -> None:
    assert told(event("call.recorded", "twilio")) == []
    assert told(event("call.recorded", "log")) == [("sidecar", "a call that no webhook told of: it is in Twilio's log")]


def test_gates_are_told_with_their_reasons() -> None:
    assert told(event("gate.send", "allowed", "acknowledge")) == [
        ("HubSpot", "that is Maya Osei, last deal “Quote sent”"),
        ("sidecar", "may text: they rang us, and it is a decent hour"),
    ]
    assert told(event("gate.send", "allowed", "callback")) == [
        ("sidecar", "may call: still silent, and calls are allowed at this hour")
    ]
    later = event("gate.defer", "outside_hours", "callback", until="2026-11-28T09:00:00+00:00")
    assert told(later) == [("sidecar", "the call waits until Sat 9:00: not at this hour")]
    assert told(event("gate.skip", "no_address", "email")) == [("sidecar", "no email: nobody has told us an address")]


def test_a_turn_that_comes_within_a_second_is_not_worth_a_word() -> None:
    assert told(event("gate.defer", "pace", "acknowledge", until="2026-11-24T10:14:18.900000+00:00")) == []


def test_a_doubt_and_its_end() -> None:
    asked = told(event("touch.unknown", "20503", "acknowledge"))
    assert asked == [
        ("sidecar", "perhaps it went (error 20503): Twilio is asked before anything is tried again"),
    ]
    assert told(event("touch.sent", "", "acknowledge")) == []
    doubt = {"event_id": "evt_1", "type": "touch.unknown", "touch_id": "tch_1"}
    ended = event("touch.sent", "", "acknowledge")
    ended = Happening(ended.at, "event", ended.data, {**PERSON, "events": [doubt]})
    assert told(ended) == [("Twilio", "has that text: it went, once, and is not repeated")]


def test_a_close_says_what_did_not_go_out() -> None:
    assert told(event("sequence.closed", "replied")) == [
        ("sidecar", "they answered: the sequence is closed"),
        ("", "cancelled: the call and the email"),
    ]


def test_a_stop_by_text_is_confirmed_by_twilio_alone() -> None:
    assert told(event("suppression.added", "sms")) == [
        ("sidecar", "STOP: nothing more to them, on any channel"),
        ("Twilio", "confirms that by itself, so the sidecar adds nothing"),
    ]
    assert len(told(event("suppression.added", "email_link"))) == 1


def test_a_long_alert_is_shortened() -> None:
    alert = Happening(AT, "alert", {"to": "+447700900201", "from": "", "body": "To do\n\nWrite to them\n" + "y" * 400})
    [line] = lines(alert, MAYA)
    assert line.bubble.startswith("To do\nWrite to them\ny")
    assert line.bubble.endswith("y …")
    assert len(line.bubble) < 210


def test_what_nobody_needs_to_hear_is_not_told() -> None:
    assert told(event("touch.intended", "", "acknowledge")) == []
    assert told(event("sequence.opened")) == []
