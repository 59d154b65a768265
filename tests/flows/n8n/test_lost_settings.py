"""n8n's editor keeps nodes and connections of an import and drops the settings: the workflow works all the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.flows.n8n.stack import LATE_CALL, QUICK
from tests.flows.n8n.workflows import for_client, path_of

if TYPE_CHECKING:
    from tests.flows.n8n.stack import Stack

pytestmark = pytest.mark.n8n


@pytest.fixture(scope="module")
def bare(stack: Stack) -> str:
    """The path of a copy that came in as the editor's own API takes it."""
    document = for_client("missed-call-recovery", "bare", sidecar_url=stack.sidecar.url)
    kept = {key: document[key] for key in ("name", "nodes", "connections")}
    made = stack.api.as_editor("/workflows", kept)
    assert "errorWorkflow" not in (made["settings"] or {})
    stack.api.call(f"/workflows/{made['id']}/activate", "POST")
    stack.n8n.wait_for_webhook(path_of(document))
    return path_of(document)


def test_without_its_settings_it_sends_all_the_same(stack: Stack, bare: str) -> None:
    lead = stack.lead()
    stack.report_to_n8n(QUICK, lead, path=bare)
    execution = stack.ended(lead)
    assert (execution.status, execution.last_node) == ("success", "Done")
    assert stack.order(lead) == ["text", "call", "email"]
    assert stack.touched(lead) == (1, 1, 1)


def test_without_its_settings_it_is_woken_and_ends_on_a_reply(stack: Stack, bare: str) -> None:
    lead = stack.lead()
    stack.report_to_n8n(LATE_CALL, lead, path=bare)
    stack.waits_at(lead, "Call: wait")
    stack.says(lead, LATE_CALL, "Yes please")
    execution = stack.ended(lead)
    assert (execution.status, execution.count("They replied")) == ("success", 1)
    assert stack.touched(lead) == (1, 0, 0)


def test_without_its_settings_a_wrong_signature_is_still_refused(stack: Stack, bare: str) -> None:
    lead = stack.lead()
    stack.report_to_n8n(QUICK, lead, path=bare, sign="wrong")
    execution = stack.ended(lead)
    assert (execution.status, execution.last_node) == ("error", "Call refused")
    assert "the signature does not fit" in execution.message
    assert stack.touched(lead) == (0, 0, 0)
