"""``replies.blueprint.json`` and ``voice-outcomes.blueprint.json``: the team hears what callers said."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.flows.make.stack import TEAM, answers, faults, post
from tests.support.house import CALLER

if TYPE_CHECKING:
    from tests.flows.make.server import Hook
    from tests.flows.make.stack import Stack

FIRST = "First time?"
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


# -- the same event again ------------------------------------------------------------------------------------------


def test_a_reply_that_is_delivered_again_is_told_once(stack: Stack, replies: Hook) -> None:
    begun(stack)
    stack.says("Yes please")
    [event] = replies.taken
    for _ in range(7):  # Make runs them side by side
        post(replies, event)
    stack.settle()
    assert stack.told() == [f"{WHO} wrote by sms: Yes please"]
    assert sorted(each["data"]["already"] for each in answers(replies, FIRST)) == [False] + [True] * 7
    stack.says("At nine, if you can")
    assert len(stack.told()) == 2, "another event is another thing"


def test_a_stop_that_is_delivered_again_is_told_once(stack: Stack, replies: Hook) -> None:
    begun(stack)
    stack.says("STOP")
    post(replies, replies.taken[0])
    stack.settle()
    assert len(stack.told()) == 1


@pytest.mark.parametrize("outcome", ["booked", "transferred", "complained"])
def test_an_outcome_that_is_delivered_again_is_told_once(stack: Stack, outcomes: Hook, outcome: str) -> None:
    stack.ask("/v1/outcomes", {"sequence_id": begun(stack), "outcome": outcome})
    stack.settle()
    for _ in range(3):
        post(outcomes, outcomes.taken[0])
    stack.settle()
    assert (len(stack.told()), len(outcomes.scenario.executions)) == (1, 4)


def test_two_scenarios_that_hear_the_same_each_tell_it_once(stack: Stack, replies: Hook) -> None:
    driver = stack.install("sequence-driver", "reply.received", team_webhook=f"{TEAM}/hooks/team")
    begun(stack)
    stack.says("Yes please")
    for hook in (replies, driver):
        post(hook, hook.taken[0])
    stack.settle()
    assert sorted(stack.told()) == [f"{WHO} wrote by sms: Yes please", f"{WHO} wrote: Yes please"]


def test_what_a_person_delivers_anew_has_the_id_that_it_had(stack: Stack, replies: Hook) -> None:
    """`recovery deliveries replay`, and the same delivery once more."""
    begun(stack)
    replies.refuses = 410
    stack.says("Yes please")
    replies.refuses = None
    business, deliveries = stack.home.sidecar.businesses.get("acme"), stack.home.sidecar.deliveries
    assert business is not None
    [dead] = deliveries.dead(business)
    assert deliveries.replay(business, dead["delivery_id"])
    stack.settle()
    post(replies, replies.taken[0])
    stack.settle()
    assert stack.told() == [f"{WHO} wrote by sms: Yes please"]
    assert replies.taken[0]["id"] == dead["payload"]["event_id"]


def test_while_the_sidecar_cannot_be_asked_the_team_is_told(stack: Stack, replies: Hook) -> None:
    begun(stack)
    stack.web.out_of_order = "/v1/events/*"
    stack.says("Yes please")
    assert stack.told() == [f"{WHO} wrote by sms: Yes please"]
    assert faults(replies) == []


def test_a_picture_without_words_is_told_as_one(stack: Stack, replies: Hook) -> None:
    begun(stack)
    stack.says("")
    assert stack.told() == [f"{WHO} wrote by sms: (no words)"]
