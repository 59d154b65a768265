"""A business's own copy, from ``recovery flows export`` through n8n's API to a text; and who may have a path."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.flows.n8n.stack import LATE_CALL, business_id
from tests.flows.n8n.workflows import path_of, shipped_workflow

if TYPE_CHECKING:
    from pathlib import Path

    from tests.flows.n8n.stack import Stack

pytestmark = pytest.mark.n8n


def test_a_copy_for_a_business_goes_in_by_the_api_and_works(stack: Stack, tmp_path: Path) -> None:
    business = business_id(LATE_CALL)
    copies = ("missed-call-recovery", "recovery-errors")
    stack.sidecar.command("flows", "export", *map("n8n/{}".format, copies), "--business", business, "--output",
                          str(tmp_path), "--set", "team_webhook=")  # fmt: skip
    missed, errors = (str(tmp_path / f"{business}-{name}.json") for name in copies)
    error_workflow = to_api(stack, errors)
    workflow_id = to_api(stack, missed, "--publish", "--error-workflow", error_workflow)
    assert to_api(stack, missed, "--error-workflow", error_workflow) == workflow_id, "updated, not made twice"
    there = stack.api.call(f"/workflows/{workflow_id}")
    assert (there["active"], there["settings"]["errorWorkflow"]) == (True, error_workflow)
    path = path_of(json.loads((tmp_path / f"{business}-missed-call-recovery.json").read_text()))
    assert path == f"/webhook/{business}/missed-call"
    stack.n8n.wait_for_webhook(path)
    lead = stack.lead()
    stack.report_to_n8n(LATE_CALL, lead, path=path)
    execution = stack.waits_at(lead, "Call: wait")
    assert execution.workflow_id == workflow_id
    assert stack.touched(lead) == (1, 0, 0)


def test_a_second_workflow_on_one_path_is_found_by_check_and_refused_by_n8n(stack: Stack, tmp_path: Path) -> None:
    second: dict[str, Any] = shipped_workflow("missed-call-recovery") | {"name": "Another client's"}
    for name, document in (("first", shipped_workflow("missed-call-recovery")), ("second", second)):
        (tmp_path / f"{name}.json").write_text(json.dumps(document))
    found = json.loads(stack.sidecar.command("check", str(tmp_path), "--format", "json", ends_with=1))
    [error] = [finding["message"] for finding in found["findings"] if finding["level"] == "error"]
    assert error.startswith("POST /webhook/missed-call is the address of 'Twilio call' in")
    said = to_api(stack, str(tmp_path / "second.json"), "--publish", ends_with=1)
    assert "conflict" in said


def to_api(stack: Stack, file: str, *arguments: str, ends_with: int = 0) -> str:
    """``recovery flows to-api`` into this n8n: the workflow's id, or why not."""
    return stack.sidecar.command(
        "flows", "to-api", file, "--url", stack.n8n.url, *arguments, ends_with=ends_with, N8N_API_KEY=stack.api.key
    )
