"""``two-text-recovery.json`` in a real n8n: two texts, then it is somebody's turn."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.flows.n8n.stack import SECOND_LATE, SECOND_SOON

if TYPE_CHECKING:
    from tests.flows.n8n.stack import Stack

pytestmark = pytest.mark.n8n

TEXTED = "Second text: wait"
"""Where the execution waits after the first text."""


@pytest.fixture(scope="module", autouse=True)
def _two_texts(stack: Stack) -> None:
    """Twilio posts the calls of the two numbers to the workflow."""
    published = stack.publish("two-text-recovery", team_webhook=f"{stack.sandbox.receiver_url}/hooks/team")
    for number in (SECOND_SOON, SECOND_LATE):
        stack.sandbox.twilio_number(number, voice_url=stack.n8n.url + published.path)


def test_a_silent_lead_gets_two_texts_and_the_check_ins_are_still_to_come(stack: Stack) -> None:
    lead = stack.lead()
    stack.miss(SECOND_SOON, lead)
    execution = stack.ended(lead)
    assert (execution.status, execution.last_node) == ("success", "Done")
    assert [run["result"] for run in execution.outputs("Text the caller")] == ["sent"]
    assert [run["result"] for run in execution.outputs("Text them again")][-1] == "sent"
    first, second = stack.texts(lead)
    assert first.startswith("Hi Maya, Sam from Harbour Plumbing. Sorry I missed your call")
    assert second.startswith("Maya, it's Sam at Harbour Plumbing again.")
    assert stack.told(lead) == ["has not answered so far, and the second text was the last for now: over to you"]
    sequence = stack.sequence(execution)
    assert sequence["state"] == "open"
    assert [step["name"] for step in sequence["steps"] if step["state"] == "planned"] == ["week_one", "week_three"]


def test_a_call_that_twilio_reports_three_times_is_texted_once(stack: Stack) -> None:
    lead = stack.lead()
    stack.miss(SECOND_LATE, lead, times=3)
    executions = [stack.execution(lead, "a wait", lambda it: it.status == "waiting", nth=nth) for nth in (1, 2, 3)]
    assert {execution.outputs("Text the caller")[-1]["result"] for execution in executions} == {"sent"}
    assert stack.touched(lead) == (1, 0, 0)


def test_a_reply_ends_it_at_once_and_the_team_is_told(stack: Stack) -> None:
    lead = stack.lead()
    stack.miss(SECOND_LATE, lead)
    stack.waits_at(lead, TEXTED)
    stack.says(lead, SECOND_LATE, "A new kitchen, in spring")
    execution = stack.ended(lead)
    assert (execution.status, execution.count("They replied")) == ("success", 1)
    assert stack.touched(lead) == (1, 0, 0)
    assert stack.told(lead) == ["wrote back: please answer"]


def test_a_stop_ends_it_and_holds_for_the_next_call(stack: Stack) -> None:
    lead = stack.lead()
    stack.miss(SECOND_LATE, lead)
    stack.waits_at(lead, TEXTED)
    stack.says(lead, SECOND_LATE, "STOP")
    execution = stack.ended(lead)
    assert (execution.status, execution.count("They opted out")) == ("success", 1)
    before = stack.touched(lead)
    stack.miss(SECOND_LATE, lead)
    newest = stack.ended(lead, nth=2)
    assert (newest.last_node, newest.outputs("Report the call")[0]["decision"]) == ("Nothing to do", "suppressed")
    assert stack.touched(lead) == before


def test_a_sidecar_that_is_away_gets_the_call_when_it_is_back(stack: Stack) -> None:
    lead = stack.lead()
    stack.sidecar.stop()
    try:
        stack.report_to_n8n(SECOND_LATE, lead)
        stack.execution(lead, "another try", lambda it: it.count("Try again soon"))
    finally:
        stack.sidecar.start()
    execution = stack.waits_at(lead, TEXTED)
    assert execution.outputs("Text the caller")[0]["result"] == "sent"
    assert stack.touched(lead) == (1, 0, 0)
