"""What an agency does by hand: *Import from file* in the real editor, *Publish*, and a call comes in."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from sidecar.shipped import shipped
from tests.flows.n8n.editor import Editor, NoBrowserError, editor
from tests.flows.n8n.pictures import workflows
from tests.flows.n8n.stack import QUICK
from tests.flows.n8n.workflows import for_client, path_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.flows.n8n.stack import Stack

pytestmark = pytest.mark.n8n


@pytest.fixture(scope="module")
def canvas(stack: Stack) -> Iterator[Editor]:
    """The editor of the shared n8n."""
    try:
        with editor(stack.n8n) as opened:
            yield opened
    except NoBrowserError as error:
        pytest.fail(f"the editor is not proven: {error}", pytrace=False)


@pytest.mark.parametrize("name", [workflow.stem for workflow in workflows()])
def test_every_workflow_imports_and_shows_its_nodes(canvas: Editor, name: str) -> None:
    path = shipped("n8n-workflows") / f"{name}.json"
    nodes = json.loads(path.read_text(encoding="utf-8"))["nodes"]
    canvas.import_file(path, len(nodes))
    assert canvas.names() == {node["name"] for node in nodes if not node["type"].endswith(".stickyNote")}


def test_an_import_by_hand_works_although_the_editor_drops_the_settings(
    stack: Stack, canvas: Editor, tmp_path: Path
) -> None:
    workflow = for_client("missed-call-recovery", "hand", sidecar_url=stack.sidecar.url)
    file = tmp_path / "workflow.json"
    file.write_text(json.dumps(workflow))
    workflow_id = canvas.import_file(file, len(workflow["nodes"]))
    canvas.publish()
    stack.n8n.wait_for_webhook(path_of(workflow))
    kept = stack.api.call(f"/workflows/{workflow_id}")["settings"]
    assert "errorWorkflow" not in kept, kept

    lead = stack.lead()
    stack.report_to_n8n(QUICK, lead, path=path_of(workflow))
    execution = stack.ended(lead)
    assert (execution.workflow_id, execution.status, execution.last_node) == (workflow_id, "success", "Done")
    assert stack.order(lead) == ["text", "call", "email"]
