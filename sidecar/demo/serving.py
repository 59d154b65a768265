"""The process under show: ``recovery serve`` in a process group of its own, which can be killed as a power cut does."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_STOP_SECONDS = 10.0
_TAIL_LINES = 25


class Serving:
    """Starts, asks, stops and kills one ``recovery serve``."""

    def __init__(self, environ: Mapping[str, str], folder: Path) -> None:
        """``environ``: the whole environment of the process; it runs in ``folder`` and logs there, run after run."""
        self.port = _free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._environ = {**environ, "RECOVERY_PORT": str(self.port)}
        self._folder = folder
        self._log = folder / "serve.log"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it; it is not ready yet when this returns."""
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "sidecar", "serve"],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=self._environ,
                cwd=self._folder,  # no .env of the person who watches
                start_new_session=True,
            )

    @property
    def running(self) -> bool:
        """Whether the process lives."""
        return self._process is not None and self._process.poll() is None

    def checks(self) -> dict[str, tuple[bool, str]]:
        """What ``/readyz`` says: each part, whether it is well, and a word on it; empty while nobody answers."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", "/readyz")
            answer: dict[str, Any] = json.loads(connection.getresponse().read())
        except (OSError, ValueError, http.client.HTTPException):
            return {}
        finally:
            connection.close()
        return {check["name"]: (check["ok"], check["detail"]) for check in answer.get("checks", [])}

    def kill(self) -> None:
        """Kill -9 the whole process group: nothing is flushed, nothing is said goodbye to."""
        self._signal(signal.SIGKILL)

    def stop(self) -> None:
        """Ask it to end, and see to it that it does."""
        self._signal(signal.SIGTERM)
        if self.running:
            self.kill()

    def _signal(self, number: signal.Signals) -> None:
        if self._process is None:
            return
        try:
            os.killpg(self._process.pid, number)
            self._process.wait(_STOP_SECONDS)
        except (ProcessLookupError, subprocess.TimeoutExpired):
            return

    def log_tail(self) -> str:
        """The last lines that it wrote."""
        if not self._log.is_file():
            return ""
        return "\n".join(self._log.read_text(encoding="utf-8", errors="replace").splitlines()[-_TAIL_LINES:])


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port
