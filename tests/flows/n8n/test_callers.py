"""Who rings, how often, and who posts: what the workflow makes of each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.flows.n8n.servers import until
from tests.flows.n8n.stack import LATE_CALL, QUICK, Lead

if TYPE_CHECKING:
    from tests.flows.n8n.stack import Stack

pytestmark = pytest.mark.n8n


def test_a_caller_without_a_number_gets_nothing(stack: Stack) -> None:
    nobody = Lead("anonymous", "")
    stack.miss(QUICK, nobody)
    execution = stack.ended(nobody)
    assert (execution.status, execution.last_node) == ("success", "Nothing to do")
    assert execution.outputs("Report the call")[0]["reason"] == "anonymous"


def test_a_caller_whom_the_crm_does_not_know_gets_the_words_for_strangers(stack: Stack) -> None:
    lead = stack.lead(known=False)
    stack.miss(QUICK, lead)
    execution = stack.ended(lead)
    assert (execution.status, execution.last_node) == ("success", "Done")
    assert stack.texts(lead)[0].startswith("Hi, Sam at Harbour Plumbing here. I just missed your call.")
    assert stack.touched(lead) == (1, 1, 0)
    answer = execution.outputs("Email them")[-1]
    assert (answer["result"], answer["reason"]) == ("skipped", "no_address")


def test_with_the_crm_down_the_text_goes_without_the_name(stack: Stack) -> None:
    lead = stack.lead()
    stack.sandbox.fault("hubspot", "*", "status", times=None, status=503)
    try:
        stack.miss(LATE_CALL, lead)
        execution = stack.waits_at(lead, "Call: wait")
    finally:
        stack.sandbox.clear_faults("hubspot")
    assert execution.outputs("Text the caller")[-1]["result"] == "sent"
    assert stack.texts(lead)[0].startswith("Hi, Sam at Harbour Plumbing here. I just missed your call.")


def test_a_repeat_call_joins_the_first_and_sends_no_second_text(stack: Stack) -> None:
    lead = stack.lead()
    stack.miss(LATE_CALL, lead)
    stack.waits_at(lead, "Call: wait")
    stack.miss(LATE_CALL, lead)
    second = stack.ended(lead, nth=2)
    assert (second.status, second.last_node) == ("success", "Nothing to do")
    assert second.outputs("Report the call")[0]["decision"] == "folded"
    assert stack.touched(lead) == (1, 0, 0)


def test_staff_who_speak_to_them_meanwhile_end_it(stack: Stack) -> None:
    lead = stack.lead()
    stack.miss(LATE_CALL, lead)
    waiting = stack.waits_at(lead, "Call: wait")
    sequence = stack.sequence(waiting)["sequence_id"]
    stack.ask("/v1/outcomes", {"sequence_id": sequence, "outcome": "human_answered"})
    execution = stack.ended(lead)
    assert (execution.status, execution.count("Over otherwise")) == ("success", 1)
    assert stack.touched(lead) == (1, 0, 0)


def test_a_wrong_signature_is_a_refusal_that_n8n_shows_and_no_text(stack: Stack) -> None:
    lead = stack.lead()
    stack.report_to_n8n(QUICK, lead, sign="wrong")
    execution = stack.ended(lead)
    assert (execution.status, execution.last_node) == ("error", "Call refused")
    assert "the signature does not fit" in execution.message
    assert stack.touched(lead) == (0, 0, 0)
    alert = until(lambda: _alerts(stack), "an alert")[0]
    assert alert.startswith("Missed-call recovery failed at Call refused: The sidecar did not take this call")
    [answer] = until(lambda: _told_the_sidecar(stack), "the error workflow's end")[0]
    assert answer.get("error") is None


def _alerts(stack: Stack) -> list[str]:
    texts = [hook.body["text"] for hook in stack.sandbox.received if hook.path == "/hooks/team"]
    return [text for text in texts if "Call refused" in text]


def _told_the_sidecar(stack: Stack) -> list[list[Any]]:
    """What the sidecar answered to error workflows that are over."""
    found = stack.api.everything()
    over = [each for each in found if each.status == "success"]
    return [each.outputs("Tell the sidecar") for each in over if each.count("Tell the sidecar")]
