"""Which parameters a node needs: as n8n decides, by what its other parameters say."""

from __future__ import annotations

from typing import Any

import pytest

from sidecar.flows.documents import Document
from sidecar.flows.n8n import Node, Workflow
from sidecar.flows.node_types import NodeTypes
from tests.support.flows import node, workflow


def read(kind: str, parameters: dict[str, Any], version: float) -> Node:
    flow = workflow([node("A", kind, parameters, version=version)])
    return Workflow(Document("a.json", "n8n", flow, ())).nodes[0]


def missing(conditions: dict[str, Any], parameters: dict[str, Any], version: float = 2, kind: str = "a.b") -> list[str]:
    needed = {"name": "needed", "type": "string", "default": "", "required": True, "displayOptions": conditions}
    mode = {"name": "mode", "type": "options", "default": "easy"}
    types = NodeTypes([{"name": "a.b", "version": [1, 2, 2.1], "properties": [mode, needed]}], whole=True)
    read_node = read(kind, parameters, version)
    known = types.of(read_node)
    assert known is not None
    return list(known.missing(read_node))


@pytest.mark.parametrize(
    ("conditions", "parameters", "needed"),
    [
        ({}, {}, True),
        ({}, {"needed": "x"}, False),
        ({}, {"needed": ""}, True),
        ({"show": {"mode": ["easy"]}}, {}, True),
        ({"show": {"mode": ["hard"]}}, {}, False),
        ({"show": {"mode": ["hard"]}}, {"mode": "hard"}, True),
        ({"show": {"/mode": ["hard"]}}, {"mode": "={{ $json.mode }}"}, True),
        ({"hide": {"mode": ["easy"]}}, {}, False),
        ({"hide": {"mode": ["hard"]}}, {}, True),
        ({"show": {"options.deep": [True]}}, {"options": {"deep": True}}, True),
        ({"show": {"options.deep": [True]}}, {"options": {"deep": 1}}, False),
        ({"show": {"@version": [2]}}, {}, True),
        ({"show": {"@version": [{"_cnd": {"gte": 2.1}}]}}, {}, False),
        ({"show": {"@version": [{"_cnd": {"between": {"from": 1, "to": 2}}}]}}, {}, True),
        ({"show": {"mode": [{"_cnd": {"not": "easy"}}]}}, {}, False),
        ({"show": {"mode": [{"_cnd": {"startsWith": "ea"}}]}}, {}, True),
        ({"show": {"mode": [{"_cnd": {"regex": "^h"}}]}}, {}, False),
        ({"show": {"mode": [{"_cnd": {"regex": "("}}]}}, {}, False),
        ({"show": {"mode": [{"_cnd": {"exists": True}}]}}, {"mode": {"__rl": True, "value": ""}}, False),
        ({"show": {"mode": [{"_cnd": {"gt": "a"}}]}}, {}, False),
        ({"show": {"@tool": [True]}}, {}, False),
    ],
)
def test_what_shows_and_is_empty_is_missing(
    conditions: dict[str, Any], parameters: dict[str, Any], needed: bool
) -> None:
    assert missing(conditions, parameters) == (["needed"] if needed else [])


def test_any_node_may_be_an_agents_tool() -> None:
    assert missing({"show": {"@tool": [True]}}, {}, kind="a.bTool") == ["needed"]


def test_properties_that_wait_for_each_other_end_in_no_loop() -> None:
    one = {"name": "one", "type": "string", "required": True, "displayOptions": {"show": {"two": ["x"]}}}
    two = {"name": "two", "type": "string", "required": True, "displayOptions": {"show": {"one": ["x"]}}}
    types = NodeTypes([{"name": "a.b", "version": 1, "properties": [one, one, two, two]}], whole=True)
    read_node = read("a.b", {}, 1)
    known = types.of(read_node)
    assert known is not None
    assert list(known.missing(read_node)) == []
