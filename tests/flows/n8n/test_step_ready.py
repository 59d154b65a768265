"""``step-ready.json`` in a real n8n: the sidecar says that a step is due, the workflow says *now*."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.flows.n8n.servers import exchange, until
from tests.flows.n8n.stack import CHECK_INS, SECOND_LATE

if TYPE_CHECKING:
    from tests.flows.n8n.api import Execution
    from tests.flows.n8n.stack import Lead, Published, Stack

pytestmark = pytest.mark.n8n


@pytest.fixture(scope="module")
def step_ready(stack: Stack, events_key: dict[str, str]) -> Published:
    """The workflow, which hears of the business's steps."""
    published = stack.publish("step-ready")
    stack.subscribe(CHECK_INS, published, events_key, "step.ready")
    return published


def ran(stack: Stack, step_ready: Published, lead: Lead, step: str) -> list[Execution]:
    """The executions that were told of a step of theirs and are over."""
    found = [one for one in stack.api.of_caller(lead.phone, step_ready.id) if one.status == "success"]
    return [one for one in found if one.outputs("Recovery event")[0]["body"]["data"]["step"] == step]


def event_of(execution: Execution) -> dict[str, Any]:
    """The event that started it."""
    event: dict[str, Any] = execution.outputs("Recovery event")[0]["body"]
    return event


def test_the_check_ins_go_out_when_the_flow_says_now(stack: Stack, step_ready: Published) -> None:
    """A minute before the sidecar would have sent them by itself."""
    lead = stack.lead()
    stack.sandbox.miss_call(CHECK_INS, lead.phone, how="forwarded")
    [last] = until(lambda: ran(stack, step_ready, lead, "week_three"), "the last check-in", 45)
    for step in ("acknowledge", "second_text", "week_one", "week_three"):
        [execution] = ran(stack, step_ready, lead, step)
        [answer] = execution.outputs("Run the step")
        assert (answer["result"], answer["already"], execution.last_node) == ("sent", False, "Done")
    assert len(stack.texts(lead)) == 4
    assert stack.ask(f"/v1/sequences/{event_of(last)['data']['sequence_id']}")["reason"] == "exhausted"


def test_an_event_that_comes_again_sends_nothing_again(
    stack: Stack, step_ready: Published, events_key: dict[str, str]
) -> None:
    lead = stack.lead()
    stack.sandbox.miss_call(CHECK_INS, lead.phone, how="forwarded")
    [first] = until(lambda: ran(stack, step_ready, lead, "week_three"), "the last check-in", 45)
    posted, _, _ = exchange(stack.n8n.url + step_ready.path, "POST", event_of(first), events_key)
    assert posted == 200
    until(lambda: ran(stack, step_ready, lead, "week_three")[1:], "the repeat")
    answers = [one.outputs("Run the step")[0] for one in ran(stack, step_ready, lead, "week_three")]
    assert [(answer["result"], answer["already"]) for answer in answers] == [("sent", True), ("sent", False)]
    assert len(stack.texts(lead)) == 4


def test_a_stop_before_the_check_in_is_what_the_flow_hears(
    stack: Stack, step_ready: Published, events_key: dict[str, str]
) -> None:
    lead = stack.lead()
    stack.sandbox.miss_call(CHECK_INS, lead.phone, how="forwarded")
    [first] = until(lambda: ran(stack, step_ready, lead, "acknowledge"), "the first text")
    stack.says(lead, CHECK_INS, "STOP")
    before = stack.touched(lead)
    event = event_of(first)
    late = event | {"data": event["data"] | {"step": "week_three"}}
    exchange(stack.n8n.url + step_ready.path, "POST", late, events_key)
    [execution] = until(lambda: ran(stack, step_ready, lead, "week_three"), "the late event")
    assert execution.last_node == "They answered or opted out"
    assert execution.outputs("Run the step")[0]["reason"] == "opted_out"
    assert stack.touched(lead) == before


def test_who_has_not_the_key_is_refused(stack: Stack, step_ready: Published) -> None:
    event = {"type": "recovery.step.ready.v1", "data": {"sequence_id": "seq_x", "step": "week_one"}}
    for headers in ({}, {"x-recovery-key": "another"}):
        status, _, _ = exchange(stack.n8n.url + step_ready.path, "POST", event, headers)
        assert status == 403


def test_a_sidecar_that_is_away_is_asked_until_it_is_back(
    stack: Stack, step_ready: Published, events_key: dict[str, str]
) -> None:
    lead = stack.lead()
    call = {"call_id": lead.phone, "to": SECOND_LATE, "from": lead.phone, "missed": True, "flow": {"platform": "n8n"}}
    opened = stack.ask("/v1/calls", call)
    data = {"sequence_id": opened["sequence"]["id"], "step": "acknowledge", "contact": {"phone": lead.phone}}
    event = {"type": "recovery.step.ready.v1", "data": data}
    stack.sidecar.stop()
    try:
        exchange(stack.n8n.url + step_ready.path, "POST", event, events_key)
        stack.execution(lead, "another try", lambda it: it.count("Try again soon"))
    finally:
        stack.sidecar.start()
    execution = stack.ended(lead)
    assert (execution.last_node, execution.outputs("Run the step")[-1]["result"]) == ("Done", "sent")
    assert stack.touched(lead) == (1, 0, 0)
