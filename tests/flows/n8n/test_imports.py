"""Every shipped workflow gets into n8n by its command line and by its public API; by hand: ``test_editor.py``."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.flows.n8n.pictures import workflows
from tests.flows.n8n.workflows import for_client

if TYPE_CHECKING:
    from pathlib import Path

    from tests.flows.n8n.stack import Stack

pytestmark = pytest.mark.n8n

NAMES = [workflow.stem for workflow in workflows()]


def kept(stack: Stack, workflow_id: str) -> dict[str, Any]:
    """A workflow as n8n keeps it."""
    found: dict[str, Any] = stack.api.call(f"/workflows/{workflow_id}")
    return found


def parameters(workflow: dict[str, Any]) -> dict[str, Any]:
    """Of each node; credentials get an id in each n8n."""
    return {node["name"]: node["parameters"] for node in workflow["nodes"]}


def test_the_command_line_takes_them_all_at_once(stack: Stack, tmp_path: Path) -> None:
    copies = [for_client(name, "cli") for name in NAMES]
    for number, copy in enumerate(copies):
        (tmp_path / f"{number}.json").write_text(json.dumps(copy))
    stack.n8n.command("import:workflow", "--separate", f"--input={tmp_path}")
    for copy in copies:
        found = kept(stack, copy["id"])
        assert (found["name"], found["connections"]) == (copy["name"], copy["connections"])
        assert found["settings"].items() >= copy["settings"].items()
        assert parameters(found) == parameters(copy)


@pytest.mark.parametrize("name", NAMES)
def test_the_api_takes_what_to_api_makes_of_it(stack: Stack, tmp_path: Path, name: str) -> None:
    copy = for_client(name, "api")
    file = tmp_path / "workflow.json"
    file.write_text(json.dumps(copy))
    made = stack.api.call("/workflows", "POST", json.loads(stack.sidecar.command("flows", "to-api", str(file))))
    assert parameters(kept(stack, made["id"])) == parameters(copy)
