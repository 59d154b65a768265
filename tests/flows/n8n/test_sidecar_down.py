"""The sidecar is away: the report loops with its payload until it is taken, and nobody is texted or called twice."""

from __future__ import annotations

import json
import subprocess
import time
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from tests.flows.n8n.servers import until
from tests.flows.n8n.stack import LATE_CALL, LATE_EMAIL
from tests.flows.n8n.workflows import shipped_workflow

if TYPE_CHECKING:
    from sidecar.clock import FileClock
    from tests.flows.n8n.api import Execution
    from tests.flows.n8n.installation import Installation
    from tests.flows.n8n.stack import Lead, Stack

pytestmark = pytest.mark.n8n


def test_thirty_seconds_without_the_sidecar(own_stack: Stack) -> None:
    lead = own_stack.lead()
    began = time.monotonic()
    own_stack.sidecar.kill()
    call_sid = own_stack.report_to_n8n(LATE_CALL, lead)
    until(lambda: time.monotonic() - began > 30, "half a minute")
    own_stack.sidecar.start()
    execution = own_stack.waits_at(lead, "Call: wait")
    assert execution.count("Try again soon") >= 2
    taken_in_the_end(own_stack, lead, execution, call_sid)


def test_ten_minutes_without_the_sidecar(own_stack: Stack, own_clock: FileClock) -> None:
    """The first waits live in n8n's memory, those above 65 s in its database; from there on they only get longer.

    So the outage is over once an execution lies in the database. For the sidecar and for Twilio's log it has
    lasted ten minutes: it also finds the call there by itself, and n8n's report must then add nothing.
    """
    lead = own_stack.lead()
    own_stack.sidecar.kill()
    call_sid = own_stack.miss(LATE_CALL, lead).call_sid
    own_stack.execution(
        lead, "a wait in n8n's database", lambda it: it.status == "waiting" and it.count("Report the call") == 4
    )
    own_clock.jump(own_clock.now() + timedelta(minutes=10))
    own_stack.sidecar.start()
    until(lambda: own_stack.texts(lead), "the text that the sidecar owes by Twilio's log")
    execution = own_stack.execution(
        lead, "the wait for the callback", lambda it: it.status == "waiting" and it.last_node == "Call: wait", 150
    )
    taken_in_the_end(own_stack, lead, execution, call_sid)


def taken_in_the_end(stack: Stack, lead: Lead, execution: Execution, call_sid: str) -> None:
    """Only the last report was heard, the text went once, and the execution goes on as ever."""
    *unheard, heard = execution.outputs("Report the call")
    assert unheard
    assert all("error" in answer for answer in unheard)
    assert heard["decision"] == "opened"
    [payload] = execution.outputs("Twilio call")
    assert payload["body"]["CallSid"] == call_sid
    assert stack.touched(lead) == (1, 0, 0)
    stack.says(lead, LATE_CALL, "Yes please")
    assert stack.ended(lead).count("They replied") == 1
    assert stack.touched(lead) == (1, 0, 0)


def test_the_loop_spans_an_outage_of_a_day(n8n_installation: Installation) -> None:
    """The expression itself, for each run until the workflow gives up."""
    [wait] = [node for node in shipped_workflow("missed-call-recovery")["nodes"] if node["name"] == "Try again soon"]
    expression = wait["parameters"]["amount"].removeprefix("={{").removesuffix("}}")
    script = f"console.log(JSON.stringify([...Array(50).keys()].map($runIndex => {expression})))"
    done = subprocess.run(
        [str(n8n_installation.node), "-e", script], capture_output=True, text=True, check=True, timeout=60
    )
    waits = json.loads(done.stdout)
    assert waits == sorted(waits)
    assert sum(waits[:3]) <= 60
    assert max(waits) <= 3600
    assert sum(waits) >= 24 * 3600
    [loops] = [count for count in range(50) if sum(waits[:count]) < 600 <= sum(waits[: count + 1])]
    assert loops <= 7, "an outage of ten minutes"


def test_a_step_that_could_not_be_asked_for_is_asked_for_again(own_stack: Stack, own_clock: FileClock) -> None:
    lead = own_stack.lead()
    own_stack.miss(LATE_CALL, lead)
    waiting = own_stack.waits_at(lead, "Call: wait")
    own_stack.sidecar.kill()
    assert own_stack.resume(waiting, "callback") == 200
    execution = own_stack.execution(
        lead, "the wait after asking in vain", lambda it: it.status == "waiting" and it.count("Call them back") == 2
    )
    assert execution.last_node == "Call: wait"
    assert "error" in execution.outputs("Call them back")[-1]
    own_clock.jump(own_clock.now() + timedelta(hours=3))
    own_stack.sidecar.start()
    execution = own_stack.waits_at(lead, "Email: wait")
    assert execution.outputs("Call them back")[-1]["result"] == "sent"
    assert own_stack.touched(lead) == (1, 1, 0)


def test_a_call_in_flight_when_the_sidecar_dies_is_not_placed_twice(own_stack: Stack, own_clock: FileClock) -> None:
    """Retell took the call, and nobody was there to hear it: whoever asks again is told what became of it."""
    lead, sandbox = own_stack.lead(), own_stack.sandbox
    events, sandbox.retell_webhook_url = sandbox.retell_webhook_url, f"{sandbox.receiver_url}/hooks/retell"
    sandbox.fault("retell", "calls.create", "accept_then_hang")
    own_stack.miss(LATE_EMAIL, lead)
    until(lambda: own_stack.calls(lead), "the call at Retell")
    own_stack.sidecar.kill()
    sandbox.release()
    sandbox.retell_webhook_url = events
    waiting = own_stack.execution(
        lead, "the wait after asking in vain", lambda it: it.status == "waiting" and it.count("Call them back") == 2
    )
    assert "error" in waiting.outputs("Call them back")[-1]
    own_stack.sidecar.start()
    own_clock.jump(own_clock.now() + timedelta(minutes=2))
    until(lambda: own_stack.step(waiting, "callback")["state"] == "sent", "what Retell says of the call")
    assert own_stack.resume(waiting, "callback") == 200
    execution = own_stack.waits_at(lead, "Email: wait")
    answer = execution.outputs("Call them back")[-1]
    assert (answer["result"], answer["already"]) == ("sent", True)
    assert own_stack.touched(lead) == (1, 1, 0)
