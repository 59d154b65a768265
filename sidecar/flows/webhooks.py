"""Webhook addresses of n8n workflows: two on one path, and only one of them is ever called.

n8n registers a production webhook by method and path when a workflow is published; the second to claim them is refused
with "conflict with one of the webhooks". A Make hook has an address of its own that no file holds.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Any, Final

from sidecar.errors import ConfigError
from sidecar.flows.loading import json_files, load

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sidecar.flows.documents import Document

_PREFIXES: Final = {"n8n-nodes-base.webhook": "webhook", "n8n-nodes-base.formTrigger": "form"}


@dataclass(frozen=True, slots=True)
class Webhook:
    """One address at which a workflow is called."""

    file: str
    flow: str
    node: str
    methods: frozenset[str]
    prefix: str
    path: str

    @property
    def shown(self) -> str:
        """``POST /webhook/missed-call``."""
        return f"{'/'.join(sorted(self.methods))} /{self.prefix}/{self.path}"


def webhooks(document: Document) -> Iterator[Webhook]:
    """The addresses of a workflow; nodes that are switched off have none."""
    name = document.value.get("name")
    for node in webhook_nodes(document.value):
        parameters = node["parameters"]
        path = parameters["path"].strip("/")
        if node.get("disabled") is not True:
            yield Webhook(
                file=document.file,
                flow=name if isinstance(name, str) else "",
                node=str(node.get("name", "")),
                methods=_methods(node["type"], parameters),
                prefix=_PREFIXES[node["type"]],
                path=path,
            )


def webhook_nodes(workflow: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The nodes that listen on a path of their own."""
    nodes = workflow.get("nodes")
    for node in nodes if isinstance(nodes, list) else ():
        if isinstance(node, dict) and isinstance(node.get("type"), str) and node["type"] in _PREFIXES:
            parameters = node.get("parameters")
            path = parameters.get("path") if isinstance(parameters, dict) else None
            if isinstance(path, str) and path.strip("/"):
                yield node


def _methods(kind: str, parameters: dict[str, Any]) -> frozenset[str]:
    if kind.endswith("formTrigger"):
        return frozenset({"GET", "POST"})
    method = parameters.get("httpMethod", "GET")
    return frozenset(map(str, method)) if isinstance(method, list) else frozenset({str(method)})


def webhooks_within(paths: Iterable[str]) -> list[Webhook]:
    """The addresses of every flow in these files and folders; files that are no flows have none."""
    found: list[Webhook] = []
    for path in json_files(paths):
        try:
            file = load(path)
        except ConfigError:
            continue
        found += [one for document in file.flows if document.platform == "n8n" for one in webhooks(document)]
    return found


def clashes(found: Iterable[Webhook]) -> Iterator[tuple[Webhook, Webhook]]:
    """Each two that claim one method on one path."""
    by_path: dict[tuple[str, str], list[Webhook]] = {}
    for one in found:
        by_path.setdefault((one.prefix, one.path), []).append(one)
    for same in by_path.values():
        yield from ((first, second) for first, second in combinations(same, 2) if first.methods & second.methods)
