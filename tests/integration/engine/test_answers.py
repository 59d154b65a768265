"""A person's own answer within 24 h of the contact's message passes suppressed, reachable and sender only."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from sidecar.engine.results import Invalid, NotFound
from tests.integration.engine.seeing import ended, step, steps, texts_to
from tests.support.house import CALLER, NUMBER

if TYPE_CHECKING:
    from collections.abc import Callable

    from sidecar.engine.results import RunResult
    from sidecar.sandbox import Sandbox
    from tests.support.clock import ManualClock
    from tests.support.house import House


def answer(home: House, text: str = "Tomorrow at nine it is", **more: Any) -> RunResult:
    home.sidecar.driving._ring = home.settle
    whom = {"phone": CALLER} if "email" not in more and "sequence_id" not in more else {}
    return home.sidecar.answers.send(home.business, **{"channel": "sms", "text": text, "by": "human", **whom, **more})


def test_an_answer_goes_out_at_night_into_a_closed_sequence(home: House, sandbox: Sandbox, clock: ManualClock) -> None:
    opened = home.miss()
    home.live(minutes=1)
    home.text("Can you come tomorrow?")
    assert ended(home, opened.sequence_id) == ("closed", "replied")
    clock.set(datetime(2026, 11, 18, 23, 30, tzinfo=UTC))
    told = answer(home)
    assert told.result == "sent"
    assert [text.body for text in texts_to(sandbox)][-1] == "Tomorrow at nine it is"
    assert texts_to(sandbox)[-1].from_ == NUMBER
    assert texts_to(sandbox)[-1].validity_period is None
    assert ended(home, opened.sequence_id) == ("closed", "replied"), "an answer reopens nothing"


def test_several_answers_in_a_row_each_go_out(make_home: Callable[..., House], sandbox: Sandbox) -> None:
    home = make_home(max_touches_per_day=1)
    opened = home.miss()
    home.live(minutes=1)
    home.text("Can you come tomorrow?")
    for number in range(3):
        home.clock.advance(seconds=2)
        assert answer(home, f"Part {number}", sequence_id=opened.sequence_id).result == "sent"
    assert len(texts_to(sandbox)) == 4


def test_an_answer_to_an_unclear_message_goes_out_though_the_sequence_is_held(home: House, sandbox: Sandbox) -> None:
    opened = home.miss()
    home.live(minutes=1)
    home.text("not interested")
    assert home.sequence(opened.sequence_id)["state"] == "held"
    assert answer(home, "Shall I stop texting you?").result == "sent"
    assert len(texts_to(sandbox)) == 2


@pytest.mark.parametrize("before", [(), ("Can you come tomorrow?",)])
def test_an_ai_does_not_answer_what_may_be_a_stop(home: House, sandbox: Sandbox, before: tuple[str, ...]) -> None:
    """Whether the sequence is held for it, or was over before."""
    opened = home.miss()
    home.live(minutes=1)
    for words in (*before, "not interested"):
        home.clock.advance(seconds=1)
        home.text(words)
    told = answer(home, by="ai", sequence_id=opened.sequence_id)
    assert (told.result, told.reason) == ("skipped", "held:unclear_stop")
    assert len(texts_to(sandbox)) == 1
    home.clock.advance(seconds=1)
    home.text("I mean Monday, is Tuesday free?")
    assert answer(home, by="ai", sequence_id=opened.sequence_id).result == "sent"
    assert len(texts_to(sandbox)) == 2


def test_an_ai_s_answer_that_could_not_go_out_is_dropped_and_a_person_s_is_not(home: House, sandbox: Sandbox) -> None:
    opened = home.miss()
    home.live(minutes=1)
    home.text("Can you come tomorrow?")
    sandbox.fault("twilio", "messages.create", "status", status=400, code=30034)  # holds the sender
    assert answer(home, "Lost", sequence_id=opened.sequence_id).result == "failed"
    for by in ("ai", "human"):
        told = answer(home, f"By {by}", by=by, sequence_id=opened.sequence_id)
        assert (told.result, told.reason) == ("deferred", "sender_held:30034")
    home.live(minutes=6)
    assert home.sidecar.hand.release(home.business, NUMBER)
    home.live(minutes=10)
    assert [text.body for text in texts_to(sandbox)][1:] == ["By human"]


def test_after_a_stop_there_is_no_answer(home: House, sandbox: Sandbox) -> None:
    home.miss()
    home.live(minutes=1)
    home.text("STOP", vendor_intent="opt_out", vendor_answered=True)
    told = answer(home)
    assert (told.result, told.reason) == ("skipped", "opted_out")
    assert len(texts_to(sandbox)) == 1


def test_an_answer_a_day_later_asks_every_gate(home: House, sandbox: Sandbox, clock: ManualClock) -> None:
    home.miss()
    home.live(minutes=1)
    home.text("Can you come tomorrow?")
    clock.set(datetime(2026, 11, 19, 22, 30, tzinfo=UTC))
    told = answer(home)
    assert (told.result, told.reason) == ("deferred", "outside_hours")
    assert told.until == datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
    assert len(texts_to(sandbox)) == 1
    home.live(hours=10)
    assert len(texts_to(sandbox)) == 2


def test_an_answer_that_must_wait_its_turn_says_so(home: House, sandbox: Sandbox) -> None:
    opened = home.miss()
    home.live(seconds=5)
    home.text("Yes?")
    assert answer(home, "One", sequence_id=opened.sequence_id).result == "sent"
    second = answer(home, "Two", sequence_id=opened.sequence_id)
    assert (second.result, second.reason) == ("deferred", "pace")
    home.live(seconds=1)
    assert [text.body for text in texts_to(sandbox)][-2:] == ["One", "Two"]


def test_an_answer_by_email_goes_to_their_mailbox(home: House, sandbox: Sandbox) -> None:
    sandbox.hubspot_contact("Ann", "Lee", CALLER, "ann@example.com")
    opened = home.miss()
    home.live(minutes=1)
    home.text("Please write to me")
    told = answer(home, "Here is the quote", channel="email", email="ann@example.com")
    assert told.result == "sent"
    [email] = sandbox.emails
    assert "Here is the quote" in email.text
    assert email.to == ("ann@example.com",)
    assert [name for name in steps(home, opened.sequence_id) if name.startswith("answer")]


def test_whom_we_have_no_address_of(home: House) -> None:
    home.miss()
    home.live(minutes=1)
    home.text("Please write to me")
    assert answer(home, channel="email").reason == "no_address"


def test_strangers_nothing_and_nobody(home: House) -> None:
    with pytest.raises(NotFound):
        answer(home)
    with pytest.raises(NotFound):
        answer(home, sequence_id="seq_none")
    home.miss()
    with pytest.raises(Invalid):
        answer(home, "   ")


def test_somebody_who_wrote_without_calling_can_be_answered(home: House, sandbox: Sandbox) -> None:
    home.text("Do you fit boilers?", caller="+447700900777")
    told = answer(home, "We do", phone="+447700900777")
    assert told.result == "sent"
    assert [text.body for text in texts_to(sandbox, "+447700900777")] == ["We do"]


def test_an_answer_is_no_step_that_the_sequence_waits_for(home: House, sandbox: Sandbox) -> None:
    opened = home.miss()
    home.live(minutes=1)
    told = answer(home, "I rang you back and got no answer", sequence_id=opened.sequence_id)
    assert told.result in ("sent", "deferred")
    home.live(minutes=60)
    assert ended(home, opened.sequence_id) == ("closed", "exhausted")
    assert step(home, opened.sequence_id, "callback")[0] == "sent"
