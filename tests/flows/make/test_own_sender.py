"""``own-sender.blueprint.json``: claims a text, sends it with Make's own Twilio module, reports."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from tests.flows.make.stack import answers, faults, post
from tests.flows.make.values import BundleError
from tests.support.house import CALLER, STAFF

if TYPE_CHECKING:
    from tests.flows.make.server import Hook
    from tests.flows.make.stack import Stack

CLAIM, SEND, REPORT = "Claim the text", "Send with your own Twilio", "Report it as sent"
FAILED = "Report that it failed"


def alerts(stack: Stack) -> list[str]:
    """What the staff were texted."""
    return [text.body for text in stack.sandbox.texts if text.to == STAFF]


@pytest.fixture
def sender(stack: Stack) -> Hook:
    return stack.install("own-sender", "step.ready")


def test_a_granted_claim_sends_the_text_once_and_is_reported(stack: Stack, sender: Hook) -> None:
    start = stack.now
    stack.miss()
    [text] = stack.sandbox.texts
    assert (text.to, text.at) == (CALLER, start)
    assert text.body.startswith("Hi Maya, Sam at Acme Plumbing here.")
    [run] = sender.scenario.executions
    assert run.ran == ["Settings", CLAIM, SEND, REPORT]
    assert stack.step("acknowledge")["state"] in {"sent", "delivered"}
    [touch] = stack.sequences()[0]["touches"]
    assert touch["provider_id"] == text.sid
    stack.live(hours=2)
    assert stack.order() == ["text", "call", "email"], "the sidecar goes on from what was reported"
    assert faults(sender) == []


def test_what_twilio_says_of_it_comes_straight_to_the_sidecar_also_while_nobody_reports_it(
    stack: Stack, sender: Hook
) -> None:
    stack.web.out_of_order = "/v1/claims/*"
    stack.miss()
    [text] = stack.sandbox.texts
    stack.sandbox.message_status(text.sid, "delivered")
    [touch] = stack.sequences()[0]["touches"]
    assert (touch["provider_id"], touch["provider_state"]) == (text.sid, "delivered")
    assert sender.scenario.incomplete != [], "Make still holds the report"
    stack.live(seconds=31)
    stack.home.sidecar.reconcile.doubts()
    assert stack.step("acknowledge")["state"] == "delivered"
    assert not any("Was this sent" in alert for alert in alerts(stack))


def test_steps_that_are_no_texts_are_left_to_the_sidecar(stack: Stack, sender: Hook) -> None:
    stack.miss()
    stack.live(hours=2)
    assert [each["data"]["step"] for each in sender.taken] == ["acknowledge", "callback", "email"]
    assert [run.operations for run in sender.scenario.executions] == [5, 1, 1]


def test_the_same_event_twice_sends_one_text(stack: Stack, sender: Hook) -> None:
    stack.miss()
    post(sender, sender.taken[0])
    stack.settle()
    refused = answers(sender, CLAIM)[1]
    assert isinstance(refused, BundleError)
    assert refused.message.startswith("409")
    assert len(stack.texts()) == 1


def test_a_refusal_of_the_gates_sends_nothing(stack: Stack, sender: Hook) -> None:
    stack.miss()
    event = sender.taken[0]
    stack.says("STOP")
    before = len(stack.texts())
    post(sender, event)
    stack.home.clock.set(datetime(2026, 11, 18, 23, 30, tzinfo=UTC))
    stack.miss("+447700900399")
    stack.live(hours=2)
    assert (len(stack.texts()), stack.texts("+447700900399")) == (before, [])
    assert sender.scenario.active


def test_a_text_that_was_due_at_night_goes_out_in_the_morning_by_makes_twilio(stack: Stack, sender: Hook) -> None:
    stack.home.clock.set(datetime(2026, 11, 18, 23, 30, tzinfo=UTC))
    stack.miss()
    stack.live(hours=12)
    assert len(stack.texts()) == 1
    assert [type(each) for each in answers(sender, SEND)] == [dict]


@pytest.mark.parametrize("fault", [{"kind": "status", "status": 400, "code": 21408}, {"kind": "reset"}])
def test_a_text_that_twilio_did_not_take_is_never_sent_again_and_a_person_hears_of_it(
    stack: Stack, sender: Hook, fault: dict[str, Any]
) -> None:
    stack.sandbox.fault("twilio", "messages.create", **fault)
    stack.miss()
    [failed] = answers(sender, SEND)
    assert isinstance(failed, BundleError)
    assert sender.scenario.executions[0].ran == ["Settings", CLAIM, SEND, FAILED]
    assert faults(sender) == []
    assert any("may not have gone out" in alert for alert in alerts(stack)), "at once"
    stack.live(seconds=31)
    stack.home.sidecar.reconcile.doubts()
    stack.live(hours=2)
    assert (stack.step("acknowledge")["state"], stack.texts()) == ("unknown", [])
    assert any("Was this sent" in alert for alert in alerts(stack)), "and when the claim has run out"


def test_a_failure_that_cannot_be_reported_either_is_seen_by_a_person(stack: Stack, sender: Hook) -> None:
    stack.web.out_of_order = "/v1/flow-errors"
    stack.sandbox.fault("twilio", "messages.create", kind="status", status=400, code=21408)
    stack.miss()
    assert [type(each) for each in answers(sender, FAILED)] == [BundleError, dict]
    assert (sender.scenario.active, faults(sender)) == (True, [])
    stack.live(seconds=31)
    stack.home.sidecar.reconcile.doubts()
    stack.live(hours=2)
    assert (stack.step("acknowledge")["state"], stack.texts()) == ("unknown", [])
    assert any("Was this sent" in alert for alert in alerts(stack))


def test_a_report_that_finds_nobody_is_stored_and_made_later(stack: Stack, sender: Hook) -> None:
    stack.web.out_of_order = "/v1/claims/*"
    stack.miss()
    [stored] = sender.scenario.incomplete
    assert (stored.module.name, stored.left) == (REPORT, 10)
    assert [run.status for run in faults(sender)] == ["warning"]
    stack.web.out_of_order = ""
    stack.live(minutes=1)
    assert sender.scenario.incomplete == []
    assert stack.step("acknowledge")["state"] in {"sent", "delivered"}
    stack.live(hours=2)
    assert len(stack.texts()) == 1
