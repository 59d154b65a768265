"""The two processes under test: a real ``recovery serve`` and a real n8n, each to be killed and started again."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import signal
import socketserver
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from tests.benchmarks.processes import free_port

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import TypeVar

    from sidecar.sandbox import Sandbox
    from tests.flows.n8n.installation import Installation

    T = TypeVar("T")

ROOT: Final = Path(__file__).parents[3]
_START_SECONDS: Final = 120.0
OWNER: Final = "owner@agency.example"
PASSWORD: Final = "Recovery-of-the-tests-1"
_PASSWORD_HASH: Final = "$2a$10$FY.in8nD0Sb2wQZRv7qqu.92DB0IV7AuipxFDsdNP.zA8JVg0aBla"
_OFF: Final = (
    "N8N_DIAGNOSTICS_ENABLED N8N_VERSION_NOTIFICATIONS_ENABLED N8N_TEMPLATES_ENABLED N8N_PERSONALIZATION_ENABLED "
    "N8N_HIRING_BANNER_ENABLED N8N_DYNAMIC_BANNERS_ENABLED"
)


def until(condition: Callable[[], T | None], what: str, seconds: float = 60.0) -> T:
    """Wait until a condition holds, and give what it gave; asked a few times a second."""
    end = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < end, f"{what} did not come about in {seconds} s"
        time.sleep(0.1)
    return found


def exchange(
    url: str, method: str = "GET", body: object = None, headers: dict[str, str] | None = None, seconds: float = 30.0
) -> tuple[int, bytes, http.client.HTTPMessage]:
    """One request to a server of this machine: status, body, headers. Raises ``OSError`` where nobody listens."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=seconds)
    try:
        raw = None if body is None else json.dumps(body).encode()
        target = parts.path + (f"?{parts.query}" if parts.query else "")
        connection.request(method, target, body=raw, headers={"content-type": "application/json", **(headers or {})})
        answer = connection.getresponse()
        return answer.status, answer.read(), answer.headers
    finally:
        connection.close()


@contextlib.contextmanager
def unanswered(port: int) -> Iterator[list[object]]:
    """In the place of a server that is down: every connection is cut, and counted."""
    tries: list[object] = []

    class Cut(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            tries.append(self.client_address)

    class Down(socketserver.ThreadingTCPServer):
        allow_reuse_address = True

    with Down(("127.0.0.1", port), Cut) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield tries
        finally:
            server.shutdown()
            thread.join()


class Server:
    """A process in a group of its own that listens on a port of its own, through several lives."""

    ready = "/"

    def __init__(self, command: list[str], folder: Path, environment: dict[str, str], port: int) -> None:
        self.port = port
        self.url = f"http://127.0.0.1:{port}"
        self.folder = folder
        self.environment = environment
        self._command = command
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def runs(self) -> bool:
        """Whether it was started, and neither stopped nor killed since."""
        return self._process is not None

    @property
    def log(self) -> Path:
        """What it wrote."""
        return self.folder / f"{type(self).__name__.lower()}.log"

    @property
    def pid(self) -> int:
        """The process's id, while it lives."""
        assert self._process is not None, f"{type(self).__name__} is not running"
        return self._process.pid

    def start(self) -> None:
        """Start, and wait until it serves."""
        with self.log.open("ab") as out:
            self._process = subprocess.Popen(
                self._command, cwd=self.folder, env=self.environment, stdout=out, stderr=out, start_new_session=True
            )
        until(self._serves, f"{type(self).__name__} at {self.url}", _START_SECONDS)

    def _serves(self) -> bool:
        assert self._process is not None
        if self._process.poll() is not None:
            raise AssertionError(f"it ended with {self._process.returncode}:\n{self.log.read_text()[-4000:]}")
        try:
            return exchange(self.url + self.ready, seconds=5)[0] == http.client.OK
        except (OSError, http.client.HTTPException):
            return False

    def kill(self) -> None:
        """Kill it (-9), with its children."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """End it in order; kill what does not go."""
        self._end(signal.SIGTERM)

    def _end(self, how: signal.Signals) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, how)
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


class Sidecar(Server):
    """``recovery serve`` with the sandbox as every vendor, on an SQLite file."""

    ready = "/readyz"

    def __init__(self, folder: Path, sandbox: Sandbox, more: dict[str, str] | None = None) -> None:
        port = free_port()
        kept = {name: value for name, value in os.environ.items() if not name.startswith("RECOVERY_")}
        environment = kept | {
            "PYTHONPATH": str(ROOT),
            "RECOVERY_SECRET": "a secret of the tests, long enough",
            "RECOVERY_DATABASE_URL": f"sqlite:///{folder / 'recovery.db'}",
            "RECOVERY_BUSINESSES": str(folder / "businesses"),
            "RECOVERY_PUBLIC_URL": f"http://127.0.0.1:{port}",
            "RECOVERY_PORT": str(port),
            "RECOVERY_LOG_FORMAT": "json",
            "TWILIO_BASE_URL": sandbox.twilio_url,
            "HUBSPOT_BASE_URL": sandbox.hubspot_url,
            "RETELL_BASE_URL": sandbox.retell_url,
            "TWILIO_AUTH_TOKEN": sandbox.auth_token,
            "RETELL_API_KEY": sandbox.retell_api_key,
            "HUBSPOT_ACCESS_TOKEN": sandbox.hubspot_token,
            **(more or {}),
        }
        super().__init__([sys.executable, "-m", "sidecar", "serve"], folder, environment, port)

    def command(self, *arguments: str, ends_with: int = 0, **more: str) -> str:
        """What ``recovery …`` prints, or complains of where it prints nothing; ``more`` is added to the environment."""
        done = subprocess.run(
            [sys.executable, "-m", "sidecar", *arguments],
            cwd=self.folder, env=self.environment | more, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == ends_with, done.stdout + done.stderr
        return (done.stdout or done.stderr).strip()


class N8n(Server):
    """n8n on loopback, with an owner and one credential; nothing of it leaves the machine."""

    ready = "/healthz/readiness"

    def __init__(self, installation: Installation, folder: Path, more: dict[str, str] | None = None) -> None:
        port = free_port()
        node = str(installation.node.parent)
        environment = {
            "PATH": f"{node}{os.pathsep}{os.environ['PATH']}",
            "HOME": str(folder),
            "N8N_USER_FOLDER": str(folder),
            "N8N_ENCRYPTION_KEY": "a key of the tests, long enough",
            "N8N_LISTEN_ADDRESS": "127.0.0.1",
            "N8N_PORT": str(port),
            "N8N_RUNNERS_BROKER_PORT": str(free_port()),
            "N8N_WEBHOOK_URL": f"http://127.0.0.1:{port}/",
            "N8N_DISABLED_MODULES": "mcp-registry,community-packages",
            "N8N_INSTANCE_OWNER_MANAGED_BY_ENV": "true",
            "N8N_INSTANCE_OWNER_EMAIL": OWNER,
            "N8N_INSTANCE_OWNER_FIRST_NAME": "Agency",
            "N8N_INSTANCE_OWNER_LAST_NAME": "Owner",
            "N8N_INSTANCE_OWNER_PASSWORD_HASH": _PASSWORD_HASH,
            "N8N_SECURE_COOKIE": "false",
            "GENERIC_TIMEZONE": "Europe/London",
            **dict.fromkeys(_OFF.split(), "false"),
            **(more or {}),
        }
        super().__init__([*installation.command, "start"], folder, environment, port)
        self._command_line = installation.command

    def command(self, *arguments: str) -> str:
        """What ``n8n …`` prints; it works on the database, also while the server is down."""
        done = subprocess.run(
            [*self._command_line, *arguments],
            cwd=self.folder, env=self.environment, capture_output=True, text=True, check=False, timeout=180,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def import_credential(self, name: str, token: str) -> None:
        """What a person types into the editor once: the sidecar's key as a Bearer credential."""
        file = self.folder / "credentials.json"
        document: list[dict[str, Any]] = [
            {"id": "recoverySidecar1", "name": name, "type": "httpBearerAuth", "data": {"token": token}}
        ]
        file.write_text(json.dumps(document))
        self.command("import:credentials", f"--input={file}")
        file.unlink()

    def import_workflow(self, document: dict[str, Any]) -> None:
        """``import:workflow`` and ``publish:workflow``; a running server is to be restarted afterwards."""
        file = self.folder / f"{document['id']}.json"
        file.write_text(json.dumps(document))
        self.command("import:workflow", f"--input={file}")
        self.command("publish:workflow", f"--id={document['id']}")

    def wait_for_webhook(self, path: str) -> None:
        """Publishing is asynchronous: wait until the webhook is known, without setting it off (it takes POST only)."""
        until(lambda: b"not registered for GET" in exchange(self.url + path)[1], f"the webhook {path}")
