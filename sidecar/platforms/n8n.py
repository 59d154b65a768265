"""n8n's public API: a workflow in the form that it takes, created or updated and published.

The API is strict where an import is not: a key that it does not know is refused ("request/body must NOT have additional
properties"). The lists are those of `workflow`, `node` and `workflowSettings` in its OpenAPI document (n8n 2.40).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from sidecar.platforms.asking import AskedInVainError, Platform

if TYPE_CHECKING:
    from collections.abc import Iterator

KEY_VARIABLE: Final = "N8N_API_KEY"
WORKFLOW: Final = ("name", "nodes", "connections", "settings")
NODE: Final = (
    "id name webhookId disabled notesInFlow notes type typeVersion executeOnce alwaysOutputData retryOnFail maxTries "
    "waitBetweenTries continueOnFail onError position parameters credentials customTelemetryTags"
).split()
SETTINGS: Final = (
    "saveExecutionProgress saveManualExecutions saveDataErrorExecution saveDataSuccessExecution executionTimeout "
    "errorWorkflow timezone executionOrder binaryMode callerPolicy callerIds timeSavedMode timeSavedPerExecution "
    "redactionPolicy availableInMCP customTelemetryTags credentialResolverId"
).split()

_PAGE: Final = "100"


def body_of(workflow: dict[str, Any]) -> dict[str, Any]:
    """What `POST` and `PUT /workflows` take of a workflow; everything else, tags too, is left out."""
    settings = workflow.get("settings")
    nodes = workflow.get("nodes")
    return {
        "name": workflow.get("name"),
        "nodes": [_only(node, NODE) for node in (nodes if isinstance(nodes, list) else ()) if isinstance(node, dict)],
        "connections": workflow.get("connections") or {},
        "settings": _only(settings, SETTINGS) if isinstance(settings, dict) else {},
    }


def _only(value: dict[str, Any], keys: tuple[str, ...] | list[str]) -> dict[str, Any]:
    return {key: value[key] for key in keys if key in value}


def n8n_at(url: str, key: str) -> Platform:
    """The API of an n8n whose editor is at an address."""
    base = url.rstrip("/").removesuffix("/api/v1")
    return Platform("n8n", f"{base}/api/v1", "X-N8N-API-KEY", key, KEY_VARIABLE)


def pages(n8n: Platform, path: str, **query: str) -> Iterator[dict[str, Any]]:
    """Everything that a list of the API holds, page after page."""
    cursor = ""
    while True:
        answer = n8n.ask("GET", path, query={"limit": _PAGE, **query, **({"cursor": cursor} if cursor else {})})
        listed = answer.get("data") if isinstance(answer, dict) else None
        if not isinstance(listed, list):
            raise AskedInVainError(f"n8n answers {path} in a form that is not known", "see that this is n8n 1.x or 2.x")
        yield from (one for one in listed if isinstance(one, dict))
        following = answer.get("nextCursor")
        if not following or following == cursor:
            return
        cursor = str(following)


@dataclass(frozen=True, slots=True)
class Put:
    """What became of a workflow."""

    id: str
    created: bool
    published: bool
    error_workflow_missing: str
    """The id of the error workflow that it names and this n8n does not have; empty where all is well."""


def put(n8n: Platform, workflow: dict[str, Any], *, workflow_id: str = "", publish: bool = False) -> Put:
    """Create the workflow, or update the one of that id, else the only one of its name; then publish it if asked.

    Raises:
        AskedInVainError: n8n refuses it, or has several of that name.
    """
    body = body_of(workflow)
    there = workflow_id or _named(n8n, str(body["name"]))
    done = n8n.ask("PUT", f"/workflows/{quote(there)}", body) if there else n8n.ask("POST", "/workflows", body)
    found = str(done.get("id") or "") if isinstance(done, dict) else ""
    if not found:
        raise AskedInVainError("n8n answers without the workflow's id", "see in its editor whether it is there")
    if publish:
        n8n.ask("POST", f"/workflows/{quote(found)}/activate")
    return Put(found, not there, publish, _missing(n8n, str(body["settings"].get("errorWorkflow") or "")))


def _named(n8n: Platform, name: str) -> str:
    same = [str(one["id"]) for one in pages(n8n, "/workflows", name=name) if one.get("name") == name and "id" in one]
    if len(same) > 1:
        raise AskedInVainError(f"n8n has {len(same)} workflows called {name!r}", f"say which: --id {same[0]}")
    return same[0] if same else ""


def _missing(n8n: Platform, workflow_id: str) -> str:
    if not workflow_id:
        return ""
    try:
        n8n.ask("GET", f"/workflows/{quote(workflow_id)}")
    except AskedInVainError as error:
        if error.status != 404:  # noqa: PLR2004 - not found
            raise
        return workflow_id
    return ""
