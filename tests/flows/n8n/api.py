"""n8n's own record of what it ran, read over its public API."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from tests.flows.n8n.servers import OWNER, PASSWORD, exchange

if TYPE_CHECKING:
    from tests.flows.n8n.servers import N8n

_SCOPES: Final = (
    "workflow:create workflow:read workflow:update workflow:delete workflow:list workflow:activate "
    "workflow:deactivate execution:read execution:list execution:delete execution:retry credential:create"
)


@dataclass(frozen=True, slots=True)
class Execution:
    """One run of a workflow, as n8n tells it."""

    id: str
    workflow_id: str
    status: str
    """``running waiting success error crashed``"""
    runs: dict[str, list[dict[str, Any]]]
    """By node: one entry for each time it ran."""
    last_node: str
    message: str
    """What it failed with; '' where it did not."""
    started_at: str
    wait_till: str | None
    resume_token: str
    """What its resume URL is signed with."""

    @classmethod
    def of(cls, given: dict[str, Any]) -> Execution:
        """From the API's answer with ``includeData``."""
        result = (given.get("data") or {}).get("resultData") or {}
        return cls(
            id=str(given["id"]),
            workflow_id=given["workflowId"],
            status=given["status"],
            runs=result.get("runData") or {},
            last_node=result.get("lastNodeExecuted") or "",
            message=(result.get("error") or {}).get("message", ""),
            started_at=given["startedAt"],
            wait_till=given.get("waitTill"),
            resume_token=(given.get("data") or {}).get("resumeToken", ""),
        )

    def count(self, node: str) -> int:
        """How often a node ran."""
        return len(self.runs.get(node, ()))

    def outputs(self, node: str) -> list[Any]:
        """What a node gave, run after run: the first item on whichever output had one; None where none had."""
        return [_first_item(run) for run in self.runs.get(node, ())]

    @property
    def caller(self) -> str | None:
        """The number that the post named which started it: Twilio's, a phone system's, or an event of the sidecar's."""
        for runs in self.runs.values():
            for item in map(_first_item, runs):
                if isinstance(item, dict) and isinstance(item.get("body"), dict) and (found := _named(item["body"])):
                    return found
        return None


def _named(body: dict[str, Any]) -> str | None:
    contact = (body.get("data") or {}).get("contact") or {}
    found = body.get("From") or body.get("from") or contact.get("phone")
    return str(found) if found else None


def _first_item(run: dict[str, Any]) -> Any:
    for output in (run.get("data") or {}).get("main") or ():
        for item in output or ():
            return item["json"]
    return None


class Api:
    """The owner's hand on n8n; one key, good for as long as the database lives."""

    def __init__(self, server: N8n) -> None:
        self._server = server
        self._cookie = self._log_in()
        wanted = {"label": "tests", "scopes": _SCOPES.split(), "expiresAt": None}
        self.key = str(self.as_editor("/api-keys", wanted)["rawApiKey"])

    def _log_in(self) -> dict[str, str]:
        login = {"emailOrLdapLoginId": OWNER, "password": PASSWORD}
        status, raw, headers = exchange(self._server.url + "/rest/login", "POST", login)
        assert status == 200, raw
        return {"cookie": (headers["set-cookie"] or "").split(";")[0]}

    def as_editor(self, path: str, body: object) -> Any:
        """One post to ``/rest``, the API of n8n's own editor."""
        status, raw, _ = exchange(f"{self._server.url}/rest{path}", "POST", body, self._cookie)
        assert status == 200, f"{path} → {status}: {raw[:2000]!r}"
        return json.loads(raw)["data"]

    def call(self, path: str, method: str = "GET", body: object = None) -> Any:
        """One request to ``/api/v1``; fails the test on anything but a 2xx."""
        key = {"x-n8n-api-key": self.key}
        status, raw, _ = exchange(f"{self._server.url}/api/v1{path}", method, body, key)
        assert 200 <= status < 300, f"{method} {path} → {status}: {raw[:2000]!r}"
        return json.loads(raw) if raw else None

    def everything(self) -> list[Execution]:
        """Every run of every workflow, newest first; of those that run now, what is saved of them."""
        lists = ("/executions?includeData=true&limit=100", "/executions?includeData=true&limit=100&status=running")
        found = {given["id"]: given for path in lists for given in self.call(path)["data"]}
        return [Execution.of(found[one]) for one in sorted(found, key=int, reverse=True)]

    def of_caller(self, caller: str, workflow_id: str = "") -> list[Execution]:
        """The runs that a caller's calls started, newest first; of one workflow or of any."""
        found = [execution for execution in self.everything() if execution.caller == caller]
        return [execution for execution in found if workflow_id in ("", execution.workflow_id)]

    def create_credential(self, name: str, kind: str, data: dict[str, str]) -> None:
        """What a person types into the editor once."""
        self.call("/credentials", "POST", {"name": name, "type": kind, "data": data})

    def create_workflow(self, document: dict[str, Any]) -> str:
        """A workflow by the public API, published; its id. The API takes four fields and no other."""
        body = {name: document[name] for name in ("name", "nodes", "connections", "settings")}
        workflow_id = str(self.call("/workflows", "POST", body)["id"])
        self.call(f"/workflows/{workflow_id}/activate", "POST")
        return workflow_id
