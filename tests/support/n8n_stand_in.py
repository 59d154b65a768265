"""n8n's public API as a local server, made to its OpenAPI document: what it does not know it refuses."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Final, Self
from urllib.parse import parse_qs, urlsplit

if TYPE_CHECKING:
    from types import TracebackType

KEY: Final = "n8n-key"
PAGE: Final = 2
"""Executions and workflows in one page, so that there are several."""
_WORKFLOW: Final = {"name", "nodes", "connections", "settings"}
_NODE: Final = {
    "id", "name", "webhookId", "disabled", "notesInFlow", "notes", "type", "typeVersion", "executeOnce",
    "alwaysOutputData", "retryOnFail", "maxTries", "waitBetweenTries", "continueOnFail", "onError", "position",
    "parameters", "credentials",
}  # fmt: skip


class N8nStandIn:
    """Use it as a context manager; ``workflows`` and ``executions`` are what it has."""

    def __init__(self) -> None:
        self.workflows: dict[str, dict[str, Any]] = {}
        self.executions: list[dict[str, Any]] = []
        self.retried: list[str] = []
        self.sequences: dict[str, str] = {}
        """The sidecar's, by id: its state."""
        stand_in = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self._answer("GET")

            def do_POST(self) -> None:
                self._answer("POST")

            def do_PUT(self) -> None:
                self._answer("PUT")

            def _answer(self, method: str) -> None:
                body = self.rfile.read(int(self.headers.get("content-length") or 0))
                headers = {name.lower(): value for name, value in self.headers.items()}
                status, value = stand_in.answer(method, self.path, headers, json.loads(body) if body else None)
                data = json.dumps(value).encode()
                self.send_response(status)
                self.send_header("content-length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *arguments: object) -> None:
                """A test prints nothing of it."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def answer(self, method: str, target: str, headers: dict[str, str], body: Any) -> tuple[int, Any]:
        url = urlsplit(target)
        query = {name: values[0] for name, values in parse_qs(url.query).items()}
        if url.path.startswith("/v1/sequences/"):
            return 200, {"id": url.path.rpartition("/")[2], "state": self.sequences[url.path.rpartition("/")[2]]}
        if headers.get("x-n8n-api-key") != KEY:
            return 401, {"message": "unauthorized"}
        _, _, _, kind, *rest = url.path.split("/")
        if kind == "executions":
            return self._executions(method, rest, query)
        return self._workflows(method, rest, query, body)

    def _workflows(self, method: str, rest: list[str], query: dict[str, str], body: Any) -> tuple[int, Any]:
        if method == "GET" and not rest:
            return 200, _page([one for one in self.workflows.values() if query.get("name", "") in one["name"]], query)
        if rest and rest[0] not in self.workflows:
            return 404, {"message": "Not Found"}
        if rest[1:] == ["activate"]:
            self.workflows[rest[0]]["active"] = True
            return 200, self.workflows[rest[0]]
        found = rest[0] if rest else f"made{len(self.workflows)}"
        if method in {"POST", "PUT"}:
            if set(body) != _WORKFLOW or any(set(node) - _NODE for node in body["nodes"]):
                return 400, {"message": "request/body must NOT have additional properties"}
            self.workflows[found] = {"id": found, "active": False, **body}
        return 200, self.workflows[found]

    def _executions(self, method: str, rest: list[str], query: dict[str, str]) -> tuple[int, Any]:
        if not rest:
            meant = [
                one
                for one in self.executions
                if one["status"] == query["status"] and query.get("workflowId") in {None, one["workflowId"]}
            ]
            return 200, _page(meant, query)
        one = next(one for one in self.executions if one["id"] == rest[0])
        if method == "GET":
            return 200, one
        if one.get("no_data"):
            return 409, {"message": "The execution has no data to retry with"}
        self.retried.append(rest[0])
        return 200, {"id": f"{rest[0]}0", "retryOf": rest[0], "status": "running"}


def _page(found: list[dict[str, Any]], query: dict[str, str]) -> dict[str, Any]:
    start = int(query.get("cursor", "0"))
    following = str(start + PAGE) if start + PAGE < len(found) else None
    return {"data": found[start : start + PAGE], "nextCursor": following}


def execution(number: int, status: str = "error", **members: Any) -> dict[str, Any]:
    """One of n8n's executions as its API lists them."""
    return {
        "id": str(number), "status": status, "mode": "webhook", "workflowId": "made0", "retryOf": None,
        "retrySuccessId": None, "startedAt": f"2026-11-2{number}T09:00:00.000Z", **members,
    }  # fmt: skip
