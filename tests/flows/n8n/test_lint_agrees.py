"""What the lint says of a workflow without an n8n, held against what n8n's own code says of it."""

from __future__ import annotations

import json
import os
import subprocess
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sidecar.flows.documents import Document
from sidecar.flows.n8n import Workflow
from sidecar.flows.node_types import NodeTypes, exported_types
from sidecar.flows.rules.n8n_nodes import GONE
from sidecar.flows.schemas import shipped_json
from tests.support.flows import ROOT, exports, linted, workflow
from tests.support.mutations import N8N_FLOW, mutated, one_mutated

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.flows.n8n.installation import Installation

pytestmark = pytest.mark.n8n
CODES = {
    "duplicate_node_id": "S202",
    "duplicate_node_name": "S203",
    "unknown_connection_source": "S204",
    "unknown_connection_target": "S205",
}


@pytest.fixture(scope="module")
def node_types(n8n_installation: Installation, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All node types of the installed n8n, as it writes them."""
    folder = tmp_path_factory.mktemp("types")
    environment = os.environ | {
        "N8N_USER_FOLDER": str(folder),
        "N8N_ENCRYPTION_KEY": "a key of the tests",
        "N8N_DIAGNOSTICS_ENABLED": "false",
        "N8N_DISABLED_MODULES": "mcp-registry,community-packages",
    }
    command = [*n8n_installation.command, "export:nodes", f"--output={folder / 'nodes.json'}"]
    subprocess.run(command, env=environment, check=True, capture_output=True, timeout=300)
    return folder / "nodes.json"


@pytest.fixture(scope="module")
def n8n_says(n8n_installation: Installation, node_types: Path) -> Iterator[Callable[[Any], dict[str, Any]]]:
    """Ask n8n's package `n8n-workflow`, in one process for all questions."""
    command = [
        str(n8n_installation.node),
        str(ROOT / "tests/flows/n8n/says.js"),
        str(n8n_installation.folder),
        str(node_types),
    ]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8"
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        asked, answers = process.stdin, process.stdout

        def ask(flow: Any) -> dict[str, Any]:
            asked.write(json.dumps(flow) + "\n")
            asked.flush()
            said: dict[str, Any] = json.loads(answers.readline())
            return said

        yield ask
        asked.close()


def samples() -> list[dict[str, Any]]:
    """The shipped workflows and the genuine ones."""
    paths = [*sorted((ROOT / "n8n-workflows").glob("*.json")), *exports("n8n/valid")]
    return [json.loads(path.read_text("utf-8-sig")) for path in paths]


def agree(flow: Any, said: dict[str, Any]) -> None:
    ours = sorted(one.code for one in linted(flow).findings if one.family == "structure")
    assert (ours == []) == said["success"], (ours, said)
    named = sorted(CODES[code] for code in said["codes"] if code in CODES)
    if named:  # the shape is right: then the graph is judged, by both
        assert ours == named


@given(flow=mutated(N8N_FLOW) | st.deferred(lambda: one_mutated(samples())))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=400)
def test_a_mutated_workflow_is_refused_by_both_or_by_neither(
    n8n_says: Callable[[Any], dict[str, Any]], flow: dict[str, Any]
) -> None:
    if "nodes" in flow or "connections" in flow:
        agree(flow, n8n_says(flow))


def test_every_sample_is_judged_alike(n8n_says: Callable[[Any], dict[str, Any]]) -> None:
    refused = [json.loads(path.read_text("utf-8-sig")) for path in exports("n8n/invalid")]
    for flow in samples() + refused:
        agree(flow, n8n_says(flow))


def test_two_empty_ids_are_no_ids(n8n_says: Callable[[Any], dict[str, Any]]) -> None:
    nodes = [{"name": name, "type": "a.b", "position": [0, 0], "id": ""} for name in ("A", "B")]
    agree(workflow(nodes), n8n_says(workflow(nodes)))


def test_what_is_missing_is_what_n8n_misses(n8n_says: Callable[[Any], dict[str, Any]], node_types: Path) -> None:
    types = exported_types(node_types)
    for flow in samples():
        read = Workflow(Document("a.json", "n8n", flow, ()), types)
        for node, missed in zip(read.nodes, n8n_says(flow)["missing"], strict=True):
            known = types.of(node)
            if missed is not None and known is not None:
                assert sorted(set(known.missing(node))) == sorted(missed), (flow.get("name"), node.name)


def test_our_facts_are_the_installations(node_types: Path) -> None:
    everything = json.loads(node_types.read_bytes())
    facts = shipped_json("n8n-nodes")["nodes"]
    for fact in facts:
        (real,) = (one for one in everything if (one["name"], one["version"]) == (fact["name"], fact["version"]))
        assert [one["name"] for one in real.get("credentials", [])] == [
            one["name"] for one in fact.get("credentials", [])
        ]
        known = [_fact(one) for one in fact.get("properties", [])]
        assert [one for one in map(_fact, real["properties"]) if one in known] == known, fact["name"]
        needed = [one for one in real["properties"] if one.get("required") and one.get("default") in (None, "", [], {})]
        listed = {"string", "dateTime", "options", "multiOptions", "workflowSelector", "resourceLocator"}
        assert all(_fact(one) in known for one in needed if one["type"] in listed), fact["name"]
    for name in {fact["name"] for fact in facts}:
        versions = [NodeTypes(listed, whole=True).versions(name) for listed in (everything, facts)]
        assert versions[0] == versions[1]


def _fact(described: dict[str, Any]) -> dict[str, Any]:
    keys = ("name", "type", "default", "required", "displayOptions")
    return {key: described[key] for key in keys if key in described}


def test_what_was_replaced_is_hidden_or_gone(node_types: Path) -> None:
    shown = {one["name"] for one in json.loads(node_types.read_bytes()) if not one.get("hidden")}
    assert not shown & {f"n8n-nodes-base.{name}" for name in GONE}


def test_our_own_workflows_fit_the_installation(node_types: Path) -> None:
    paths = sorted((ROOT / "n8n-workflows").glob("*.json"))
    flows = [json.loads(path.read_bytes()) for path in paths]
    assert linted(*flows, nodes=exported_types(node_types)).findings == ()
