"""``missed-call-recovery.json`` in a real n8n, from Twilio's post to the last touch."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.flows.n8n.servers import until
from tests.flows.n8n.stack import LATE_CALL, LATE_EMAIL, QUICK

if TYPE_CHECKING:
    from tests.flows.n8n.stack import Stack

pytestmark = pytest.mark.n8n

CONFIRMATION = "You will get no more messages from Harbour Plumbing. Reply START if that was a mistake."
TEXTED, CALLED = "Call: wait", "Email: wait"
"""Where the execution waits after each layer."""


def test_a_silent_lead_gets_a_text_a_call_and_an_email_in_this_order(stack: Stack) -> None:
    lead = stack.lead()
    stack.miss(QUICK, lead)
    execution = stack.ended(lead)
    assert (execution.status, execution.last_node) == ("success", "Done")
    assert stack.order(lead) == ["text", "call", "email"]
    assert stack.texts(lead)[0].startswith("Hi Maya, Sam at Harbour Plumbing here.")
    assert [run["result"] for run in execution.outputs("Text the caller")] == ["sent"]
    assert [run["result"] for run in execution.outputs("Call them back")][-1] == "sent"
    assert [run["result"] for run in execution.outputs("Email them")][-1] == "sent"
    assert stack.told(lead) == ["has not answered so far, and the email was our last step: over to you"]
    assert stack.sequence(execution)["reason"] == "exhausted"


def test_a_wait_is_woken_by_the_sidecar_and_not_by_its_limit(stack: Stack) -> None:
    """The limit is a minute after the step is due, and n8n looks at limits once a minute; the bell comes at once."""
    lead = stack.lead()
    stack.miss(QUICK, lead)
    execution = stack.ended(lead, seconds=45)
    woken = [run for run in execution.outputs(TEXTED) if run and "headers" in run]
    assert woken, "the wait ended without the sidecar's call"


@pytest.mark.parametrize(
    ("number", "waits", "touched"), [(LATE_CALL, TEXTED, (1, 0, 0)), (LATE_EMAIL, CALLED, (1, 1, 0))]
)
def test_a_reply_ends_it_at_once_and_the_team_is_told(
    stack: Stack, number: str, waits: str, touched: tuple[int, int, int]
) -> None:
    lead = stack.lead()
    stack.miss(number, lead)
    stack.waits_at(lead, waits)
    stack.says(lead, number, "Yes please, a leaking tap")
    execution = stack.ended(lead)
    assert (execution.status, execution.count("They replied")) == ("success", 1)
    assert stack.touched(lead) == touched
    assert stack.told(lead) == ["wrote back: please answer"]


def test_a_reply_after_the_last_layer_is_recorded_and_changes_nothing(stack: Stack) -> None:
    lead = stack.lead()
    stack.miss(QUICK, lead)
    execution = stack.ended(lead)
    stack.says(lead, QUICK, "Sorry, I was away. Call me tomorrow")
    assert stack.sequence(execution)["replied_at"] is not None
    assert stack.touched(lead) == (1, 1, 1)


@pytest.mark.parametrize(
    ("words", "confirmed"), [("STOP", []), ("Please stop texting me", [CONFIRMATION])], ids=["word", "sentence"]
)
@pytest.mark.parametrize(
    ("number", "waits", "touched"), [(LATE_CALL, TEXTED, (1, 0, 0)), (LATE_EMAIL, CALLED, (1, 1, 0))]
)
def test_a_stop_ends_it_and_nothing_but_its_confirmation_follows(
    stack: Stack, number: str, waits: str, touched: tuple[int, int, int], words: str, confirmed: list[str]
) -> None:
    """Twilio itself confirms the bare word, so that ours would be a second one."""
    lead = stack.lead()
    stack.miss(number, lead)
    stack.waits_at(lead, waits)
    stack.sandbox.twilio_opt_outs = False  # else Twilio itself would block, and hide what we send
    try:
        stack.says(lead, number, words)
        execution = stack.ended(lead)
        until(lambda: stack.texts(lead)[1:] == confirmed, "the confirmation")
    finally:
        stack.sandbox.twilio_opt_outs = True
    assert (execution.status, execution.count("They opted out")) == ("success", 1)
    texts, calls, emails = touched
    assert stack.touched(lead) == (texts + len(confirmed), calls, emails)


def test_a_stop_after_the_last_layer_holds_for_the_next_call(stack: Stack) -> None:
    lead = stack.lead()
    stack.miss(QUICK, lead)
    stack.ended(lead)
    stack.says(lead, QUICK, "STOP")
    before = stack.touched(lead)
    stack.miss(QUICK, lead)
    newest = stack.ended(lead, nth=2)
    assert newest.count("Nothing to do") == 1
    assert newest.outputs("Report the call")[0]["decision"] == "suppressed"
    assert stack.touched(lead) == before
