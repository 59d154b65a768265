"""n8n workflows without their instance.

The keys are those of n8n's `WorkflowEntity` and of its export; see its public API's `workflow` for what is read-only.
"""

from __future__ import annotations

from typing import Any, Final

from sidecar.flows.tidying.shape import ordered, snapped

GRID: Final = 16
"""Pixels: the grid that n8n's canvas snaps to (GRID_SIZE in its editor)."""

_OF_THE_INSTANCE: Final = frozenset(
    "active activeVersion activeVersionId checksum createdAt homeProject isArchived meta parentFolder parentFolderId "
    "pinData scopes shared sharedWithProjects sourceWorkflowId staticData triggerCount updatedAt usedCredentials "
    "versionCounter versionId".split()
)
_OF_THE_NODES_INSTANCE: Final = frozenset({"createdAt", "updatedAt"})
_FIRST: Final = ("id", "name", "description", "tags", "settings", "nodes", "connections")
_NODE_FIRST: Final = ("name", "type", "typeVersion", "id", "position", "disabled", "notes", "notesInFlow")
_NODE_LAST: Final = ("credentials", "parameters")


def tidied(value: dict[str, Any]) -> dict[str, Any]:
    """A workflow as it should be kept. Members that do not have their shape stay as they are."""
    kept: dict[str, Any] = {key: member for key, member in value.items() if key not in _OF_THE_INSTANCE}
    nodes = kept.get("nodes")
    if isinstance(nodes, list):
        kept["nodes"] = [_node(node) if isinstance(node, dict) else node for node in nodes]
    if isinstance(kept.get("connections"), dict):
        kept["connections"] = _connections(kept["connections"], nodes if isinstance(nodes, list) else [])
    if isinstance(kept.get("settings"), dict):
        kept["settings"] = ordered(kept["settings"], ("executionOrder",))
    if isinstance(kept.get("tags"), list):
        kept["tags"] = sorted((_tag(tag) for tag in kept["tags"]), key=_tag_name)
    return ordered(kept, _FIRST)


def _node(node: dict[str, Any]) -> dict[str, Any]:
    kept: dict[str, Any] = {key: member for key, member in node.items() if key not in _OF_THE_NODES_INSTANCE}
    if isinstance(kept.get("position"), list):
        kept["position"] = [snapped(number, GRID) for number in kept["position"]]
    if isinstance(kept.get("credentials"), dict):
        kept["credentials"] = {kind: _credential(one) for kind, one in sorted(kept["credentials"].items())}
    if "parameters" in kept:
        kept["parameters"] = _without_links(kept["parameters"])
    return ordered(kept, _NODE_FIRST, _NODE_LAST)


def _credential(one: Any) -> Any:
    """By name alone: n8n finds it by that, or asks; the id is another instance's."""
    return {"id": None, "name": one.get("name")} if isinstance(one, dict) else one


def _without_links(value: Any) -> Any:
    """Choices from a list (`__rl`) carry a link into the instance in which they were made."""
    if isinstance(value, list):
        return [_without_links(one) for one in value]
    if isinstance(value, dict):
        chosen = value.get("__rl") is True
        return {key: _without_links(one) for key, one in value.items() if not (chosen and key == "cachedResultUrl")}
    return value


def _connections(connections: dict[str, Any], nodes: list[Any]) -> dict[str, Any]:
    """In the order of the nodes that they leave; the main ones before those of an agent's parts."""
    names = dict.fromkeys(
        node["name"] for node in nodes if isinstance(node, dict) and isinstance(node.get("name"), str)
    )
    return {
        source: ordered(kinds, ("main",)) if isinstance(kinds, dict) else kinds
        for source, kinds in ordered(connections, tuple(names)).items()
    }


def _tag(tag: Any) -> Any:
    return {"name": tag["name"]} if isinstance(tag, dict) and isinstance(tag.get("name"), str) else tag


def _tag_name(tag: Any) -> str:
    return str(tag.get("name") if isinstance(tag, dict) else tag)
