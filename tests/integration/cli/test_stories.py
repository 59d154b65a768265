"""`contacts show` and `sequences show`: why was this text sent?"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from tests.support.house import CALLER, NUMBER

if TYPE_CHECKING:
    import pytest

    from sidecar.sandbox import Sandbox
    from tests.integration.cli.conftest import Recovery
    from tests.support.house import House

STRANGER = "+447700900124"


def squeezed(text: str) -> str:
    """The text without its columns: each run of blanks, margins and line ends is one blank."""
    return " ".join(text.replace("│", " ").split())


def in_order(text: str, *parts: str) -> None:
    """Each part stands in the text, after the one before."""
    place = 0
    for part in parts:
        found = text.find(part, place)
        assert found >= 0, f"{part!r} does not come after what stands before it in: {text}"
        place = found + len(part)


def test_a_stop_reads_like_a_story(home: House, run: Recovery) -> None:
    opened = home.miss()
    home.live(minutes=1)
    home.miss()
    home.live(minutes=1)
    home.text("STOP")
    home.live(minutes=60)
    shown = run("sequences", "show", opened.sequence_id).stdout
    in_order(
        squeezed(shown),
        f"{opened.sequence_id} closed: they opted out",
        "Ann Lee, +44 •••123, opted out",
        f"{NUMBER} (acme), Wednesday 18 November 2026 at 10:00:00",
        "times Europe/London",
        "Wednesday 18 November 2026, UTC+00:00",
        "10:00:00 Twilio reported a call",
        "10:00:00 sidecar the call was missed: nobody answered",
        "10:00:00 sidecar opened sequence",
        "10:00:00 gate acknowledge (text) may go out: every gate agrees",
        "10:00:00 Twilio accepted acknowledge (text)",
        "Hi Ann, Sam at Acme Plumbing here.",
        "10:01:00 Twilio reported a call",
        "10:01:00 sidecar the call was missed: nobody answered; they rang again",
        "the sequence that is under way goes on",
        "10:02:00 caller wrote by text, which is a STOP STOP",
        "10:02:00 caller opted out: nothing more on any channel",
        "10:02:00 sidecar closed the sequence: they opted out",
        "10:02:00 sidecar cancelled callback (voice call), email: they opted out",
        "10:02:00 gate the confirmation of their STOP (text) may go out",
        "You will get no more messages from Acme Plumbing.",
    )
    assert "Still to come" not in shown
    assert max(map(len, shown.splitlines())) <= 80
    assert CALLER not in shown
    assert "\x1b" not in shown


def test_a_text_that_waits_says_until_when_by_which_rule_and_in_whose_time(home: House, run: Recovery) -> None:
    home.clock.advance(hours=11, minutes=30)
    opened = home.miss(STRANGER)
    home.live(minutes=1)
    shown = squeezed(run("sequences", "show", opened.sequence_id).stdout)
    in_order(
        shown,
        f"{opened.sequence_id} open",
        "name unknown, +44 •••124",
        "21:30:00 gate acknowledge (text) waits until Thursday 19 November at 08:00:",
        "it may not go out at this hour where they are [window]",
        "Still to come",
        "acknowledge (text): Thursday 19 November at 08:00",
        "callback (voice call): counted from a step that has not happened yet",
    )


def test_summer_time_is_told_with_its_offset(home: House, run: Recovery) -> None:
    home.clock.advance(days=200)
    opened = home.miss()
    home.live(minutes=1)
    in_order(run("sequences", "show", opened.sequence_id).stdout, "June 2027, UTC+01:00", "11:00:00  Twilio")


def test_everything_about_a_person_stands_in_one_story(home: House, run: Recovery, sandbox: Sandbox) -> None:
    first = home.miss()
    home.live(minutes=1)
    home.text("Yes please.\nThe boiler \x1b[31mleaks")
    home.live(hours=2)
    run("contacts", "opt-out", CALLER, "--evidence", "told Sam on the phone")
    run("contacts", "opt-in", CALLER, "--evidence", "changed her mind")
    sandbox.fault("twilio", "messages.create", "status", status=400, code=21211)
    second = home.miss()
    home.live(minutes=1)
    shown = run("contacts", "show", "07700 900123").stdout
    text = squeezed(shown)
    in_order(
        text,
        "con_", "Ann Lee", f"phone {CALLER}",
        f"opened sequence {first.sequence_id}",
        "caller wrote by text Yes please. The boiler �[31mleaks",
        "closed the sequence: they replied",
        "cancelled callback (voice call), email: they replied",
        f"opened sequence {second.sequence_id}",
        "Twilio acknowledge (text) was not sent: Twilio error 21211, the number does not exist",
        "staff got acknowledge-task (task for staff)",
    )  # fmt: skip
    assert "operator noted how we know told Sam on the phone" in text
    assert "operator opted in again" in text
    assert "\x1b" not in shown
    assert max(map(len, shown.splitlines())) <= 80
    told = json.loads(run("contacts", "show", CALLER, "--json").stdout)
    assert [each["sequence_id"] for each in told["sequences"]] == [first.sequence_id, second.sequence_id]
    assert run("contacts", "show", told["contact_id"]).stdout == shown


def test_the_call_that_opened_a_sequence_is_in_its_record(home: House, run: Recovery) -> None:
    opened = home.miss()
    home.live(minutes=1)
    told = json.loads(run("sequences", "show", opened.sequence_id, "--json").stdout)
    assert [event["type"] for event in told["events"][:3]] == ["call.recorded", "sequence.opened", "call.missed"]
    assert {event["call_id"] for event in told["events"][:3]} == {opened.call_id}
    assert [call["call_id"] for call in told["calls"]] == [opened.call_id]


def test_a_held_sequence_says_who_must_do_what(home: House, run: Recovery) -> None:
    opened = home.miss()
    home.live(minutes=1)
    run("sequences", "hold", opened.sequence_id, "--reason", "ask_owner_first")
    home.live(minutes=5)
    shown = squeezed(run("sequences", "show", opened.sequence_id).stdout)
    in_order(
        shown,
        "held: ask owner first",
        "operator held the sequence: ask owner first",
        "callback (voice call) waits until somebody resumes it: the sequence is held (ask owner first) [held]",
    )
    run("sequences", "resume", opened.sequence_id)
    closed = run("sequences", "close", opened.sequence_id, "--reason", "called_back").stdout
    assert closed == f"{opened.sequence_id} is closed (called_back)\n"
    again = run("sequences", "close", opened.sequence_id, code=1)
    assert "closed (called_back)" in again.stderr
    shown = squeezed(run("sequences", "show", opened.sequence_id).stdout)
    in_order(shown, "operator let the sequence go on", "operator closed the sequence: called back", "cancelled")


def test_colours_are_for_terminals_and_no_color_takes_them_away(
    home: House, run: Recovery, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = home.miss()
    home.live(minutes=1)
    plain = run("sequences", "show", opened.sequence_id).stdout
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "\x1b[" in run("sequences", "show", opened.sequence_id).stdout
    monkeypatch.setenv("NO_COLOR", "1")
    assert run("sequences", "show", opened.sequence_id).stdout == plain
