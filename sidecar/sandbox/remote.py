"""Steers a sandbox that runs as a process of its own, over its control paths."""

from __future__ import annotations

import http.client
import json
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

if TYPE_CHECKING:
    from sidecar.sandbox.record import Json

_TIMEOUT = 60.0


class RemoteSandbox:
    """The control actions of a sandbox in another process; names and arguments are those of `Sandbox`."""

    def __init__(self, base_url: str) -> None:
        """``base_url`` as the process printed it."""
        self.base_url = base_url.rstrip("/")
        self._netloc = urlsplit(base_url).netloc

    def do(self, action: str, **arguments: Any) -> Any:
        """Do one action. Raises `ValueError` with the sandbox's words where it refuses."""
        return self._exchange("POST", f"/_sandbox/{action}", arguments)

    def read(self, what: str, **query: str) -> Any:
        """Read a list: requests, texts, calls_placed, emails, received, webhooks, snapshot, addresses."""
        return self._exchange("GET", f"/_sandbox/{what}" + (f"?{urlencode(query)}" if query else ""), None)

    def wait(self, what: str, count: int = 1, timeout: float = 5.0, **where: str) -> list[Json]:
        """Wait until a list holds ``count`` items and give it. Raises `ValueError` after ``timeout``."""
        found: list[Json] = self.do("wait", what=what, count=count, timeout=timeout, **where)
        return found

    def _exchange(self, method: str, path: str, body: Json | None) -> Any:
        connection = http.client.HTTPConnection(self._netloc, timeout=_TIMEOUT)
        try:
            raw = None if body is None else json.dumps(body, default=str).encode()
            connection.request(method, path, body=raw, headers={"Content-Type": "application/json"})
            response = connection.getresponse()
            answer = json.loads(response.read())
        finally:
            connection.close()
        if response.status != http.client.OK:
            raise ValueError(answer.get("message"))
        return answer["result"]
