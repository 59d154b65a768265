"""``recovery flows replay`` against n8n: what was under way when it died is taken up where it was, and sent once."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.flows.n8n.stack import LATE_CALL

if TYPE_CHECKING:
    from tests.flows.n8n.api import Execution
    from tests.flows.n8n.stack import Stack

pytestmark = pytest.mark.n8n


def test_a_report_that_died_with_n8n_is_replayed(own_stack: Stack) -> None:
    lead = own_stack.lead()
    own_stack.sidecar.kill()
    own_stack.report_to_n8n(LATE_CALL, lead)
    own_stack.execution(lead, "a report in vain", lambda it: it.count("Report the call"))
    own_stack.n8n.kill()
    own_stack.n8n.start()
    crashed = own_stack.execution(lead, "the crash in n8n's record", lambda it: it.status == "crashed")
    own_stack.sidecar.start()
    assert became(own_stack, crashed) == "replayed"
    again = own_stack.execution(lead, "the replay", lambda it: it.last_node == "Call: wait", nth=2)
    assert again.outputs("Report the call")[-1]["decision"] == "opened"
    assert own_stack.touched(lead) == (1, 0, 0)


def test_a_refused_call_is_shown_and_not_replayed(own_stack: Stack) -> None:
    lead = own_stack.lead()
    own_stack.report_to_n8n(LATE_CALL, lead, sign="wrong")
    refused = own_stack.ended(lead)
    assert became(own_stack, refused, ends_with=1) == "not replayed"
    assert own_stack.touched(lead) == (0, 0, 0)


def became(stack: Stack, execution: Execution, ends_with: int = 0) -> str:
    """What ``replay`` did about an execution."""
    said = stack.sidecar.command(
        "flows", "replay", "--url", stack.n8n.url, "--since", execution.started_at, "--json",
        ends_with=ends_with, N8N_API_KEY=stack.api.key,
    )  # fmt: skip
    replays: list[dict[str, Any]] = json.loads(said)
    [found] = [one for one in replays if one["execution_id"] == execution.id]
    return str(found["became"])
