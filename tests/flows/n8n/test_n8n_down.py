"""n8n dies: what it had begun goes on when it is back, and goes on without it when it is not."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from tests.flows.n8n.servers import until
from tests.flows.n8n.stack import LATE_CALL, QUICK

if TYPE_CHECKING:
    from sidecar.clock import FileClock
    from tests.flows.n8n.stack import Stack

pytestmark = pytest.mark.n8n

_MINUTE = timedelta(minutes=1)
_HOURS = timedelta(hours=3)
_NEXT_RING = timedelta(hours=1)
"""More than the longest pause between two rings of a bell that nobody has heard yet."""


def test_an_execution_that_waits_survives_a_kill(own_stack: Stack) -> None:
    lead = own_stack.lead()
    own_stack.miss(LATE_CALL, lead)
    before = own_stack.waits_at(lead, "Call: wait")
    own_stack.n8n.kill()
    own_stack.n8n.start()
    own_stack.says(lead, LATE_CALL, "Yes please")
    execution = own_stack.ended(lead)
    assert (execution.id, execution.status, execution.count("They replied")) == (before.id, "success", 1)
    assert own_stack.touched(lead) == (1, 0, 0)


def test_a_bell_that_nobody_heard_is_rung_until_the_execution_asks(own_stack: Stack, own_clock: FileClock) -> None:
    lead = own_stack.lead()
    own_stack.miss(LATE_CALL, lead)
    own_stack.waits_at(lead, "Call: wait")
    own_stack.n8n.kill()
    own_clock.jump(own_clock.now() + _HOURS + _MINUTE)
    until(lambda: own_stack.calls(lead), "the call that n8n did not ask for")
    own_stack.n8n.start()
    own_clock.jump(own_clock.now() + _NEXT_RING)
    execution = own_stack.waits_at(lead, "Email: wait")
    assert "headers" in execution.outputs("Call: wait")[-1], "it was the bell, not the wait's limit"
    answer = execution.outputs("Call them back")[-1]
    assert (answer["result"], answer["already"]) == ("sent", True)
    assert own_stack.touched(lead) == (1, 1, 0)


def test_without_n8n_what_it_began_finishes_and_who_rings_is_answered(own_stack: Stack, own_clock: FileClock) -> None:
    lead, another = own_stack.lead(), own_stack.lead()
    own_stack.miss(LATE_CALL, lead)
    waiting = own_stack.waits_at(lead, "Call: wait")
    sequence = f"/v1/sequences/{own_stack.sequence(waiting)['sequence_id']}"
    own_stack.n8n.kill()
    own_stack.sandbox.miss_call(QUICK, another.phone, how="forwarded")
    until(lambda: own_stack.emails(another), "all three, by Twilio's status callback alone")
    assert own_stack.order(another) == ["text", "call", "email"]
    own_clock.jump(own_clock.now() + _HOURS + _MINUTE)
    until(lambda: own_stack.calls(lead), "the call")
    own_clock.jump(own_clock.now() + _HOURS + _MINUTE)
    until(lambda: own_stack.ask(sequence)["state"] == "closed", "the sequence's end")
    assert own_stack.ask(sequence)["reason"] == "exhausted"
    assert own_stack.order(lead) == ["text", "call", "email"]
    own_stack.n8n.start()
    own_clock.jump(own_clock.now() + _NEXT_RING)
    execution = own_stack.ended(lead)
    assert (execution.status, execution.last_node) == ("success", "Done")
    assert own_stack.touched(lead) == (1, 1, 1)
