"""How ``missed-call-recovery.json`` ends where they neither write back nor say STOP, and what the team is told then."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.flows.n8n.stack import LATE_CALL, LATE_EMAIL

if TYPE_CHECKING:
    from tests.flows.n8n.stack import Stack

pytestmark = pytest.mark.n8n


@pytest.mark.parametrize(
    ("outcome", "ending", "told"),
    [
        ("booked", "Visit booked", "booked a visit"),
        ("transferred", "Put through", "was put through to one of us"),
        ("converted", "Over otherwise", "is taken care of (converted)"),
    ],
)
def test_an_outcome_that_somebody_reports_ends_it(stack: Stack, outcome: str, ending: str, told: str) -> None:
    lead = stack.lead()
    stack.miss(LATE_CALL, lead)
    waiting = stack.waits_at(lead, "Call: wait")
    stack.ask("/v1/outcomes", {"sequence_id": stack.sequence(waiting)["sequence_id"], "outcome": outcome})
    execution = stack.ended(lead)
    assert (execution.status, execution.count(ending), execution.last_node) == ("success", 1, "Done")
    assert (stack.told(lead), stack.touched(lead)) == ([told], (1, 0, 0))


@pytest.mark.parametrize(
    ("outcome", "ending", "told"),
    [
        ("booked", "Visit booked", "booked a visit"),
        ("transferred", "Put through", "was put through to one of us"),
        ("opted_out", "They opted out", "asked to hear no more: please leave them alone"),
        ("complained", "Over otherwise", "complained: please look at it yourselves, nothing more goes out"),
    ],
)
def test_what_the_agent_brought_about_ends_it(stack: Stack, outcome: str, ending: str, told: str) -> None:
    """Retell's own webhook says so, to the sidecar."""
    lead = stack.lead()
    stack.sandbox.voice_script(outcome, lead.phone)
    stack.miss(LATE_EMAIL, lead)
    execution = stack.ended(lead)
    assert (execution.status, execution.count(ending), execution.last_node) == ("success", 1, "Done")
    assert (stack.told(lead), stack.touched(lead)) == ([told], (1, 1, 0))


def test_a_complaint_by_text_ends_it_and_the_team_reads_that_it_is_one(stack: Stack) -> None:
    lead = stack.lead()
    stack.miss(LATE_CALL, lead)
    stack.waits_at(lead, "Call: wait")
    stack.says(lead, LATE_CALL, "I am reporting you to the ICO")
    execution = stack.ended(lead)
    assert (execution.status, execution.count("Over otherwise")) == ("success", 1)
    assert stack.told(lead) == ["complained: please look at it yourselves, nothing more goes out"]
    assert stack.touched(lead) == (1, 0, 0), "nothing confirms a complaint"


def test_not_now_on_the_phone_leaves_the_email(stack: Stack) -> None:
    lead = stack.lead()
    stack.sandbox.voice_script("not_now", lead.phone)
    stack.miss(LATE_EMAIL, lead)
    waiting = stack.waits_at(lead, "Email: wait")
    assert stack.sequence(waiting)["outcome"] == "not_now"
    assert stack.touched(lead) == (1, 1, 0)
