"""Calls at night: what may not go out yet is deferred, the execution waits, and the morning goes on with it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from tests.flows.n8n.stack import BY_DAY

if TYPE_CHECKING:
    from sidecar.clock import FileClock
    from tests.flows.n8n.stack import Stack

pytestmark = pytest.mark.n8n

_LOCAL = ZoneInfo("Europe/London")


def test_a_call_at_night_is_texted_at_eight_and_called_back_at_nine(own_stack: Stack, own_clock: FileClock) -> None:
    night = at(own_clock, 21, 30)
    own_clock.jump(night)
    lead = own_stack.lead()
    own_stack.miss(BY_DAY, lead)
    waiting = own_stack.waits_at(lead, "Text: wait")
    assert own_stack.touched(lead) == (0, 0, 0)
    [answer] = waiting.outputs("Text the caller")
    assert (answer["result"], answer["reason"]) == ("deferred", "outside_hours")

    own_clock.jump(at(own_clock, 8))
    waiting = own_stack.execution(
        lead, "the wait for nine", lambda it: it.status == "waiting" and it.count("Not at this hour")
    )
    assert own_stack.texts(lead)[0].startswith("Hi Maya, Sam at Harbour Plumbing here. You rang while we were closed.")
    assert own_stack.touched(lead) == (1, 0, 0)
    answer = waiting.outputs("Call them back")[-1]
    assert (answer["reason"], datetime.fromisoformat(answer["until"])) == ("outside_hours", at(own_clock, 9))

    own_clock.jump(at(own_clock, 9))
    execution = own_stack.ended(lead)
    assert (execution.status, execution.last_node) == ("success", "Done")
    assert own_stack.order(lead) == ["text", "call", "email"]
    assert own_stack.touched(lead) == (1, 1, 1)


def at(clock: FileClock, hour: int, minute: int = 0) -> datetime:
    """The next time that a clock in Bristol shows this."""
    now = clock.now().astimezone(_LOCAL)
    then = now.replace(hour=hour, minute=minute, second=0, microsecond=0)
    return then if then > now else then + timedelta(days=1)
