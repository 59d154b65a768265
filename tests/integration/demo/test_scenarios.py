"""Every scenario by the command itself: a real ``recovery serve``, real SDKs, and exactly what went out.

What must go out stands here once more, apart from the scenarios' own lists.
"""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

CALLER, UNKNOWN, STAFF, OURS = "+447700900142", "+447700900177", "+447700900201", "+441174960123"
EMAIL = "maya@example.com"
MINUTE, HOUR = 60.0, 3600.0

Sent = tuple[str, str, float, float, str]
"""Kind, to whom, earliest and latest second after the call, and words that it holds."""

HELLO = "Hi Maya, Sam at Hartley & Sons Plumbing here. I just missed your call."
SUBJECT = "Maya, your call to Hartley & Sons Plumbing"


def text(at: float = 0, words: str = HELLO, late: float = 15, to: str = CALLER) -> Sent:
    return "text", to, at, at + late, words


def alert(at: float, words: str) -> Sent:
    return "alert", STAFF, at, at + 15, words


def call(at: float = 3 * MINUTE, late: float = 20, words: str = "Quote sent", to: str = CALLER) -> Sent:
    return "call", to, at, at + late, words


def email(at: float = 45 * MINUTE) -> Sent:
    return "email", EMAIL, at - 1, at + 15, SUBJECT


@dataclass(frozen=True)
class Case:
    """One scenario's truth."""

    sent: list[Sent]
    closed: str
    events: set[str] = field(default_factory=set)
    """Types of events (with their reason) that must be on record."""


CASES = {
    "silent": Case([text(), call(), email()], "exhausted", {"voice.ended voicemail_reached"}),
    "no-answer": Case([text(), call(), email()], "exhausted", {"voice.ended dial_no_answer", "call.missed no_answer"}),
    "reply": Case([text(), alert(MINUTE, "They wrote: Boiler is leaking, can someone come today?")], "replied"),
    "stop": Case(
        [text(), alert(MINUTE, "opted out"), alert(41 * MINUTE, "Missed call from Maya Osei")],
        "opted_out",
        {"suppression.added sms"},
    ),
    "after-hours": Case(
        [
            text(10.5 * HOUR - 1, "You rang while we were closed. We're back today at 9."),
            call(11.5 * HOUR - 1),
            email(11.5 * HOUR + 10 * MINUTE),
        ],
        "exhausted",
        {"gate.defer outside_hours"},
    ),
    "unknown-caller": Case(
        [
            text(words="Hi, Sam at Hartley & Sons Plumbing here.", to=UNKNOWN),
            call(words="'script': 'generic'", to=UNKNOWN),
            alert(45 * MINUTE, UNKNOWN),
        ],
        "exhausted",
        {"gate.skip no_address"},
    ),
    "repeat-caller": Case(
        [
            text(),
            alert(2 * MINUTE - 1, "They rang again"),
            call(),
            text(40 * MINUTE - 1),
            call(43 * MINUTE - 1),
            alert(85 * MINUTE - 1, "To do: Maya Osei"),
        ],
        "exhausted",
        {"sequence.closed superseded", "gate.skip too_many_today"},
    ),
    "provider-down": Case([text(5, late=85), call(3 * MINUTE, late=100), email()], "exhausted"),
    "restart": Case([text(), call(3.5 * MINUTE, late=40), email()], "exhausted", {"touch.unknown sender_died"}),
    "lost-webhook": Case(
        [text(20, late=60), call(3 * MINUTE + 20, late=60), email()], "exhausted", {"call.recorded log"}
    ),
}


def recovery(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "sidecar", "demo", *arguments], capture_output=True, text=True, timeout=180, check=False
    )


def played(scenario: str) -> dict[str, Any]:
    """What the command printed: JSON and nothing else."""
    done = recovery("--scenario", scenario, "--json")
    assert done.returncode == 0, done.stderr
    account: dict[str, Any] = json.loads(done.stdout)
    assert account["ok"] is True
    assert account["scenario"] == scenario
    return account


def matches(one: dict[str, Any], sent: Sent) -> bool:
    kind, to, earliest, latest, words = sent
    said = f"{one.get('subject')} {one.get('text')} {one.get('variables')}"
    return one["kind"] == kind and one["to"] == to and earliest <= one["t"] <= latest and words in said


@pytest.mark.parametrize("scenario", CASES)
def test_exactly_what_should_goes_out(scenario: str) -> None:
    case = CASES[scenario]
    account = played(scenario)
    out = account["outgoing"]
    shown = [(one["kind"], one["to"], one["t"], one.get("subject", one.get("text"))) for one in out]
    assert len(out) == len(case.sent), shown
    for one, sent in zip(out, case.sent, strict=True):
        assert matches(one, sent), (sent, shown)
    assert all(one["from"] in (OURS, "sam@hartley.example") for one in out)
    assert account["sequence"] == {"state": "closed", "reason": case.closed}
    recorded = {f"{event['type']} {event['reason']}".strip() for event in account["events"]}
    assert case.events <= recorded, recorded
    _further(scenario, account)


def _further(scenario: str, account: dict[str, Any]) -> None:
    """What only one scenario can show."""
    texts = [seen for seen in account["received"] if seen["operation"] == "messages.create" and seen["to"] == CALLER]
    if scenario == "provider-down":
        assert [(seen["status"], "sid" in seen) for seen in texts] == [(503, False), (None, True)]
        assert account["outgoing"][0]["t"] < 90
    if scenario == "restart":
        assert [(seen["status"], "sid" in seen) for seen in texts] in ([(201, True)], [(None, True)])
    if scenario == "stop":
        writes = [seen for seen in account["received"] if seen["operation"] == "contacts.update"]
        assert any("recovery_opt_out" in seen["fields"] for seen in writes)
    if scenario == "after-hours":
        hours = [_in_bristol(account, one["t"]) for one in account["outgoing"]]
        assert [f"{hour:%a %H:%M}" for hour in hours] == ["Sat 08:00", "Sat 09:00", "Sat 09:10"]
    if scenario == "unknown-caller":
        assert not any("'first_name'" in str(one.get("variables")) for one in account["outgoing"])
        assert "crm_id" not in str(account["outgoing"])
    cancelled = {step["name"] for step in account["steps"] if step["state"] == "cancelled"}
    assert cancelled == {"reply": {"callback", "email"}, "stop": {"callback", "email"}, "repeat-caller": {"email"}}.get(
        scenario, set()
    )


def _in_bristol(account: dict[str, Any], seconds: float) -> datetime:
    at = datetime.fromisoformat(account["call_at"]) + timedelta(seconds=seconds)
    return at.astimezone(ZoneInfo("Europe/London"))
