"""The shipped workflows, with what a client sets: the Settings node, a path, a name. Nothing else is changed."""

from __future__ import annotations

import json
from typing import Any

from sidecar.shipped import shipped


def shipped_workflow(name: str) -> dict[str, Any]:
    """``n8n-workflows/<name>.json`` as it is."""
    document: dict[str, Any] = json.loads((shipped("n8n-workflows") / f"{name}.json").read_text(encoding="utf-8"))
    return document


def for_client(name: str, client: str = "", **settings: str) -> dict[str, Any]:
    """A copy with its Settings filled in; with ``client``, one of its own id, name and webhook path."""
    document = shipped_workflow(name)
    for node in document["nodes"]:
        if node["name"] == "Settings":
            _fill(node["parameters"]["assignments"]["assignments"], settings)
        if client and node["type"] == "n8n-nodes-base.webhook":
            node["parameters"]["path"] += f"-{client}"
            node["webhookId"] += client
    if client:
        document["id"] += client
        document["name"] += f" ({client})"
    return document


def path_of(document: dict[str, Any]) -> str:
    """Where its webhook listens, below n8n's address."""
    [path] = [node["parameters"]["path"] for node in document["nodes"] if node["type"] == "n8n-nodes-base.webhook"]
    return f"/webhook/{path}"


def _fill(assignments: list[dict[str, Any]], settings: dict[str, str]) -> None:
    known = {assignment["name"]: assignment for assignment in assignments}
    for name, value in settings.items():
        known[name]["value"] = value  # KeyError: the Settings node has no such field
