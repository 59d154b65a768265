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
    document = filled(shipped_workflow(name), **settings)
    for node in document["nodes"]:
        if client and node["type"] == "n8n-nodes-base.webhook":
            node["parameters"]["path"] += f"-{client}"
            node["webhookId"] += client
    if client:
        document["id"] += client
        document["name"] += f" ({client})"
    return document


def filled(document: dict[str, Any], **settings: str) -> dict[str, Any]:
    """The workflow, its Settings node filled in; a KeyError where that has no such field."""
    [settings_node] = [node for node in document["nodes"] if node["name"] == "Settings"]
    known = {field["name"]: field for field in settings_node["parameters"]["assignments"]["assignments"]}
    for name, value in settings.items():
        known[name]["value"] = value
    return document


def path_of(document: dict[str, Any]) -> str:
    """Where its webhook listens, below n8n's address."""
    [path] = [node["parameters"]["path"] for node in document["nodes"] if node["type"] == "n8n-nodes-base.webhook"]
    return f"/webhook/{path}"
