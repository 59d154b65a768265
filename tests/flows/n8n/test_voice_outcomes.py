"""``voice-outcomes.json`` in a real n8n: what follows the AI's call."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

import pytest

from tests.flows.n8n.events import Listener, event_of
from tests.flows.n8n.servers import until
from tests.flows.n8n.stack import LATE_EMAIL, QUICK

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.flows.n8n.stack import Stack

pytestmark = pytest.mark.n8n

NO_MORE = "said “not now” on the phone: no more calls, and "


@pytest.fixture(scope="module")
def published(stack: Stack, events_key: dict[str, str]) -> Listener:
    return Listener.publish(stack, events_key, "voice-outcomes", "tests")


@pytest.fixture
def workflow(published: Listener) -> Iterator[Listener]:
    with published.hears(QUICK, "outcome.recorded"), published.hears(LATE_EMAIL, "outcome.recorded"):
        yield published


@pytest.mark.parametrize(
    ("outcome", "told"),
    [
        ("booked", "booked a visit on the phone. The caller chose a time and the visit was booked."),
        ("transferred", "was put through to one of us."),
    ],
)
def test_the_team_is_told_of_a_booking_and_of_who_was_put_through(
    stack: Stack, workflow: Listener, outcome: str, told: str
) -> None:
    lead = stack.lead()
    stack.sandbox.voice_script(outcome, lead.phone)
    stack.miss(LATE_EMAIL, lead)
    workflow.ended(lead)
    [said] = workflow.told(lead)
    assert said.startswith(f"Maya {lead.phone} {told}")
    assert stack.touched(lead) == (1, 1, 0)


def test_a_visit_booked_by_other_means_is_not_said_to_be_booked_on_the_phone(stack: Stack, workflow: Listener) -> None:
    lead = stack.lead()
    stack.miss(LATE_EMAIL, lead)
    waiting = stack.waits_at(lead, "Email: wait")
    stack.ask("/v1/outcomes", {"sequence_id": stack.sequence(waiting)["sequence_id"], "outcome": "booked"})
    workflow.ended(lead)
    assert workflow.told(lead) == [f"Maya {lead.phone} booked a visit"]


def test_who_said_not_now_gets_the_email_and_no_more_calls(stack: Stack, workflow: Listener) -> None:
    lead = stack.lead()
    stack.sandbox.voice_script("not_now", lead.phone)
    stack.miss(QUICK, lead)
    execution = workflow.ended(lead)
    until(lambda: stack.emails(lead), "the email")
    assert stack.order(lead) == ["text", "call", "email"]
    # Two workflows say *now* here: the one that comes second may find it under way.
    ends = {"sent": "our email has gone out", "sending": "our email is going out"}
    result = execution.outputs("Email them")[-1]["result"]
    assert workflow.told(lead) == [f"Maya {lead.phone} {NO_MORE}{ends[result]}"]


def test_who_answers_before_the_email_gets_none(stack: Stack, workflow: Listener) -> None:
    lead = stack.lead()
    stack.sandbox.voice_script("not_now", lead.phone)
    stack.miss(LATE_EMAIL, lead)
    waiting = until(lambda: [one for one in workflow.runs(lead) if one.status == "waiting"], "the wait")[0]
    assert waiting.last_node == "Email: wait"
    stack.says(lead, LATE_EMAIL, "I could do Friday after all")
    assert workflow.ended(lead).last_node == "Answered meanwhile"
    assert (stack.touched(lead), workflow.told(lead)) == ((1, 1, 0), [])


def test_a_step_that_the_playbook_lacks_is_an_error_that_somebody_hears_of(
    stack: Stack, workflow: Listener, events_key: dict[str, str]
) -> None:
    other = Listener.publish(stack, events_key, "voice-outcomes", "letters", email_step="letter")
    lead = stack.lead()
    stack.sandbox.voice_script("not_now", lead.phone)
    stack.miss(LATE_EMAIL, lead)
    event = event_of(until(lambda: workflow.runs(lead), "the event")[0])
    assert other.post(event) == HTTPStatus.OK
    execution = stack.ended(lead, of=other.published)
    assert (execution.status, execution.last_node) == ("error", "Email: refused")
    assert stack.touched(lead) == (1, 1, 0)


def test_an_outcome_that_comes_twice_is_no_second_email(stack: Stack, workflow: Listener) -> None:
    lead = stack.lead()
    stack.sandbox.voice_script("not_now", lead.phone)
    stack.miss(QUICK, lead)
    workflow.post(event_of(workflow.ended(lead)))
    again = workflow.ended(lead, nth=2)
    assert [run["already"] for run in again.outputs("Email them")] == [True]
    assert stack.touched(lead) == (1, 1, 1)


def test_other_outcomes_are_nothing_to_do(stack: Stack, workflow: Listener) -> None:
    lead = stack.lead()
    stack.sandbox.voice_script("opted_out", lead.phone)
    stack.miss(LATE_EMAIL, lead)
    assert workflow.ended(lead).last_node == "Nothing to do"
    assert workflow.told(lead) == []


def test_who_does_not_know_the_key_starts_nothing(workflow: Listener) -> None:
    assert workflow.post({"data": {"reason": "booked"}}, key="guessed") == HTTPStatus.FORBIDDEN
