"""Wake-ups that are early, many, late or stale: the answer to `run` decides, so none of them changes what is sent."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from tests.flows.n8n.servers import until
from tests.flows.n8n.stack import LATE_CALL, LATE_EMAIL

if TYPE_CHECKING:
    from sidecar.clock import FileClock
    from tests.flows.n8n.api import Execution
    from tests.flows.n8n.stack import Lead, Stack

pytestmark = pytest.mark.n8n


def test_a_wake_up_before_the_wait_is_reached_is_refused(stack: Stack) -> None:
    lead = stack.lead()
    stack.sandbox.fault("twilio", "messages.create", "hang")
    stack.miss(LATE_CALL, lead)
    try:
        until(lambda: stack.texts(lead), "the text at Twilio")
        running = stack.execution(lead, "a text under way", lambda it: it.status == "running")
        assert [stack.resume(running, suffix) for suffix in ("acknowledge", "callback")] == [409, 409]
    finally:
        stack.sandbox.release()
    execution = replied(stack, lead, LATE_CALL, "Call: wait")
    assert (execution.count("Text the caller"), execution.count("Call them back")) == (1, 2)
    assert stack.touched(lead) == (1, 0, 0)


def test_six_wake_ups_at_once_ask_again_and_send_nothing(stack: Stack) -> None:
    lead = stack.lead()
    stack.miss(LATE_CALL, lead)
    waiting = stack.waits_at(lead, "Call: wait")
    with ThreadPoolExecutor(6) as many:
        statuses = list(many.map(lambda _: stack.resume(waiting, "callback"), range(6)))
    assert 200 in statuses
    asked_so_often(stack, lead, "Call: wait", "Call them back", 2)
    execution = replied(stack, lead, LATE_CALL, "Call: wait")
    assert execution.count("Text the caller") == 1
    assert stack.touched(lead) == (1, 0, 0)


def test_a_late_duplicate_wakes_nothing_else(stack: Stack) -> None:
    lead = stack.lead()
    stack.miss(LATE_EMAIL, lead)
    waiting = stack.waits_at(lead, "Email: wait")
    assert [stack.resume(waiting, suffix) for suffix in ("callback", "acknowledge", "callback")] == [404] * 3
    execution = replied(stack, lead, LATE_EMAIL, "Email: wait")
    assert execution.count("Email them") == 2
    assert stack.resume(waiting, "email") == 409
    assert stack.touched(lead) == (1, 1, 0)


def test_a_stale_timer_of_n8n_is_one_more_wake_up(own_stack: Stack, own_clock: FileClock) -> None:
    """n8n sets a timer for a limit up to 70 s ahead and forgets to stop it: it wakes the execution's next wait."""
    lead = own_stack.lead()
    own_stack.miss(LATE_CALL, lead)
    waiting = own_stack.waits_at(lead, "Call: wait")
    own_stack.sidecar.kill()
    for asked in (2, 3):  # in vain, so that the execution waits by n8n's own clock: a minute, then two
        own_stack.resume(waiting, "callback")
        asked_so_often(own_stack, lead, "Call: wait", "Call them back", asked)
    own_stack.sidecar.start()
    timer = re.compile(rf"Setting timer for IDs:.*\b{waiting.id}\b")
    until(lambda: timer.search(own_stack.n8n.log.read_text()), "n8n's timer", 130)
    own_clock.jump(own_clock.now() + timedelta(hours=3))
    own_stack.waits_at(lead, "Email: wait")
    execution = asked_so_often(own_stack, lead, "Email: wait", "Email them", 2, seconds=100)
    assert "headers" not in execution.outputs("Email: wait")[0], "a timer woke it, and nobody's call"
    assert execution.outputs("Email them")[-1]["result"] == "deferred"
    assert own_stack.touched(lead) == (1, 1, 0)


def asked_so_often(stack: Stack, lead: Lead, wait: str, node: str, times: int, seconds: float = 60.0) -> Execution:
    """Their execution, once it has asked so often, or oftener, and waits again."""
    return stack.execution(
        lead,
        f"wait {times} at {wait!r}",
        lambda it: it.status == "waiting" and it.last_node == wait and it.count(node) >= times,
        seconds,
    )


def replied(stack: Stack, lead: Lead, number: str, wait: str) -> Execution:
    """Their execution, which waits at a node and ends, as ever, on their reply: woken by it, it asks once more."""
    stack.waits_at(lead, wait)
    stack.says(lead, number, "Yes please")
    execution = stack.ended(lead)
    assert (execution.status, execution.count("They replied")) == ("success", 1)
    return execution
