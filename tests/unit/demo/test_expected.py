"""What had to go out against what did."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sidecar.demo.expected import Expected, differences, outgoing
from sidecar.demo.playing import verdict
from sidecar.demo.world import NUMBER, STAFF_NUMBER

MAYA = "+447700900142"


def entry(seconds: float, operation: str, to: object, **fields: Any) -> dict[str, Any]:
    return {
        "seconds": seconds,
        "vendor": "v",
        "operation": operation,
        "status": 201,
        "to": to,
        "from": NUMBER,
        **fields,
    }


TEXT = entry(0.4, "messages.create", MAYA, sid="SM1", text="Hi Maya")
CALL = entry(180.1, "calls.create", MAYA, call_id="c1", dynamic_variables={"first_name": "Maya"})
EMAIL = entry(2700.0, "message", ["maya@example.com"], subject="Maya, your call", text="Hi Maya")
ALERT = entry(60.0, "messages.create", STAFF_NUMBER, sid="SM2", text="Maya Osei replied")
REFUSED = entry(0.2, "messages.create", MAYA, text="Hi Maya", path="/…")
NOTE = {"seconds": 0.5, "vendor": "hubspot", "operation": "calls.create", "status": 201, "path": "/…", "fields": {}}


def test_what_a_person_gets_and_nothing_else_counts() -> None:
    found = outgoing([REFUSED, TEXT, NOTE, ALERT, CALL, EMAIL])
    assert [(one["kind"], one["t"], one["to"]) for one in found] == [
        ("text", 0.4, MAYA),
        ("alert", 60.0, STAFF_NUMBER),
        ("call", 180.1, MAYA),
        ("email", 2700.0, "maya@example.com"),
    ]
    assert (found[0]["text"], found[2]["variables"], found[3]["subject"]) == (
        "Hi Maya",
        {"first_name": "Maya"},
        "Maya, your call",
    )


def test_exactly_this_in_this_order() -> None:
    seen = outgoing([TEXT, CALL])
    text, call = Expected("text", 0, says=("Maya",)), Expected("call", 180, says=("'first_name': 'Maya'",))
    assert differences((text, call), seen) is None
    for wrong in (
        (text,),
        (text, call, Expected("email", 2700)),
        (call, text),
        (text, Expected("call", 190)),
        (Expected("text", 0, 0.3), call),
        (Expected("text", 0, says=("Ann",)), call),
        (Expected("alert", 0), call),
    ):
        assert differences(wrong, seen) is not None


def test_a_difference_is_told_in_words() -> None:
    found = differences((), outgoing([TEXT]))
    assert found == ("nothing", "text 0.4 s after the call: Hi Maya")
    found = differences((Expected("text", 0, says=("Ann",)),), [])
    assert found == ("text 0 to 10 s after the call with 'Ann'", "nothing")


def test_the_verdict_is_one_sentence() -> None:
    at = datetime(2026, 11, 27, 21, 30, tzinfo=UTC)
    sent = outgoing([TEXT, ALERT, CALL, EMAIL])
    assert verdict(sent, at, "nothing after that") == (
        "Text after 0.4 s; call at 3:00; email at 45:00; nothing after that."
    )
    assert verdict([{**sent[0], "t": 37_800.0}], at, "late") == "Text at Sat 8:00; late."
