"""``replies.blueprint.json`` and ``voice-outcomes.blueprint.json``: the team hears what callers said."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.flows.make.stack import TEAM, answers, faults, post
from tests.support.house import CALLER

if TYPE_CHECKING:
    from tests.flows.make.server import Hook
    from tests.flows.make.stack import Stack

WHO = f"Maya ({CALLER})"


@pytest.fixture
def replies(stack: Stack) -> Hook:
    return stack.install("replies", "reply.received", team_webhook=f"{TEAM}/hooks/team")


@pytest.fixture
def outcomes(stack: Stack) -> Hook:
    return stack.install("voice-outcomes", "outcome.recorded", team_webhook=f"{TEAM}/hooks/team")


def begun(stack: Stack) -> str:
    """A sequence of which the text has gone out."""
    stack.miss()
    stack.live(seconds=20)
    assert stack.order() == ["text"]
    [sequence] = stack.sequences()
    return str(sequence["sequence_id"])


def test_the_team_reads_what_was_written(stack: Stack, replies: Hook) -> None:
    begun(stack)
    stack.says('"Yes" & please\ntomorrow')
    assert stack.told() == [f'{WHO} wrote by sms: "Yes" & please\ntomorrow']
    assert faults(replies) == []


def test_a_stop_is_told_as_what_it_is(stack: Stack, replies: Hook) -> None:
    begun(stack)
    stack.says("STOP")
    assert stack.told() == [f"{WHO} said STOP. Do not contact them again."]


def test_an_answer_that_is_ready_goes_out_once_for_a_sequence(stack: Stack) -> None:
    replies = stack.install("replies", "reply.received", first_answer="Thanks! Sam will ring you within the hour.")
    begun(stack)
    stack.says("Do you do kitchens?")
    stack.says("And bathrooms?")
    post(replies, replies.taken[0])
    stack.live(hours=1)
    assert [text for text in stack.texts() if text.startswith("Thanks!")] == [stack.texts()[1]]
    assert faults(replies) == []


def test_no_ready_answer_follows_a_stop(stack: Stack) -> None:
    stack.install("replies", "reply.received", first_answer="Thanks! Sam will ring you within the hour.")
    begun(stack)
    stack.says("STOP")
    stack.live(hours=1)
    assert not any("Thanks!" in text for text in stack.texts())


def test_an_alert_that_does_not_get_through_is_stored_and_told_later(stack: Stack, replies: Hook) -> None:
    stack.sandbox.reply("/hooks/team", 500, times=2)
    begun(stack)
    stack.says("Yes please")
    assert len(replies.scenario.incomplete) == 1
    stack.live(minutes=15)
    assert len(replies.scenario.incomplete) == 1
    stack.live(minutes=15)
    assert replies.scenario.incomplete == []
    assert stack.told() == [f"{WHO} wrote by sms: Yes please"] * 3


def test_what_the_voice_agent_reports_is_told(stack: Stack, outcomes: Hook) -> None:
    stack.sandbox.voice_script("booked")
    stack.miss()
    stack.live(hours=2)
    assert stack.order() == ["text", "call"]
    assert stack.told() == [f"{WHO} has booked an appointment."]
    assert faults(outcomes) == []


@pytest.mark.parametrize(
    ("outcome", "told"),
    [
        ("transferred", [f"{WHO} was put through to one of you."]),
        ("complained", [f"{WHO}: complained. Do not contact them again."]),
        ("opted_out", [f"{WHO}: opted_out. Do not contact them again."]),
        ("converted", []),
    ],
)
def test_an_outcome_is_told_where_the_team_must_know(
    stack: Stack, outcomes: Hook, outcome: str, told: list[str]
) -> None:
    stack.ask("/v1/outcomes", {"sequence_id": begun(stack), "outcome": outcome})
    stack.live(hours=2)
    assert stack.told() == told
    assert stack.order() == ["text"]
    assert faults(outcomes) == []


def test_not_now_keeps_the_email_and_asks_for_it(stack: Stack, outcomes: Hook) -> None:
    stack.ask("/v1/outcomes", {"sequence_id": begun(stack), "outcome": "not_now"})
    stack.settle()
    [asked] = answers(outcomes, "Write the email")
    assert asked["data"]["result"] in {"sent", "deferred"}
    stack.live(hours=2)
    assert stack.order() == ["text", "email"]
    assert faults(outcomes) == []
