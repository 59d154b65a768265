"""Practice in n8n: node types, their versions, and what each needs to be told.

Held against `schemas/n8n-nodes.json`, which knows the nodes that the shipped workflows use, or against all nodes of an
installation (`--nodes`).
"""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

from sidecar.flows.findings import Found, shown
from sidecar.flows.rules import rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sidecar.flows.n8n import Workflow

_NODES = "n8n export:nodes, which writes down every node type of an installation"


@rule(
    "P231",
    "a node that this n8n does not have",
    on="n8n",
    reason="The workflow is imported with a question mark in its place, and cannot be published.",
    remedy="install the package that it is from, or use another node",
    source=_NODES,
)
def unknown_types(workflow: Workflow) -> Iterator[Found]:
    """Each node of a type that the installation does not have; only where that is known (`--nodes`)."""
    if not workflow.types.whole:
        return
    for node in workflow.nodes:
        if not node.disabled and not workflow.types.versions(node.type):
            yield Found((*node.place, "type"), f"{shown(node.type)} is not installed", node.name)


@rule(
    "P232",
    "a version of a node that there is not",
    on="n8n",
    reason="n8n looks for what the node is by its type and version: it cannot be opened, nor run.",
    remedy="write a version that there is; add the node anew in the editor to see its parameters",
    source=_NODES,
)
def unknown_versions(workflow: Workflow) -> Iterator[Found]:
    """Each version that is not known; one beyond the newest is only judged where all of n8n is known."""
    for node in workflow.nodes:
        versions = workflow.types.versions(node.type)
        if versions and node.version not in versions and (workflow.types.whole or node.version < max(versions)):
            there = ", ".join(f"{one:g}" for one in sorted(versions))
            said = f"{node.short} has no version {node.version:g}; it has {there}"
            yield Found((*node.place, "typeVersion"), said, node.name)


@rule(
    "P233",
    "a parameter that the node needs is empty",
    on="n8n",
    reason="n8n refuses to publish the workflow, and the node fails when it runs.",
    remedy="fill it in",
    source=_NODES + "; n8n-workflow, getNodeParametersIssues",
)
def missing_parameters(workflow: Workflow) -> Iterator[Found]:
    """Each required parameter that shows and has no value."""
    for node in workflow.nodes:
        known = None if node.disabled else workflow.types.of(node)
        for name in dict.fromkeys(known.missing(node) if known is not None else ()):
            yield Found((*node.place, "parameters"), f"{node.short} needs {name!r}", node.name)


@rule(
    "P234",
    "a credential of a kind that the node does not take",
    on="n8n",
    reason="The node does not look at it: it asks for its own kind, and fails.",
    remedy="give it a credential of a kind that it takes",
    source=_NODES,
)
def wrong_credentials(workflow: Workflow) -> Iterator[Found]:
    """Each kind of credential that is none of the node's."""
    for node in workflow.nodes:
        known = workflow.types.of(node)
        given = node.raw.get("credentials")
        if known is None or known.open or not isinstance(given, dict):
            continue
        for kind in given:
            if kind not in known.credentials:
                near = get_close_matches(kind, known.credentials, n=1) or sorted(known.credentials)
                said = f"{node.short} takes no {shown(kind)}" + (f"; it takes {near[0]}" if near else "")
                yield Found((*node.place, "credentials", kind), said, node.name)
