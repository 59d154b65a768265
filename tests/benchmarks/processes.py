"""The processes that are measured: ``recovery serve``, the sandbox, and a no-op server to compare with."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import shutil
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil

from sidecar.sandbox import RemoteSandbox
from tests.benchmarks.town import SECRET

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tests.benchmarks.town import Town

ROOT = Path(__file__).parents[2]
THREADS = 16
_START_SECONDS = 60.0


def free_port() -> int:
    """A port that nobody has."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port


@dataclass(frozen=True, slots=True)
class Memory:
    """What a process holds, in MB (10^6 bytes)."""

    resident: float
    own: float
    """Without what it shares with its parent (USS)."""


class Service:
    """A server in a process group of its own."""

    def __init__(self, process: subprocess.Popen[bytes], url: str, ready_seconds: float) -> None:
        self.supervisor = psutil.Process(process.pid)
        self.url = url
        self.ready_seconds = ready_seconds

    @property
    def worker(self) -> psutil.Process:
        """The process that does the work."""
        return next(iter(self.supervisor.children()), self.supervisor)

    def cpu_seconds(self) -> float:
        """What the worker has used so far, user and system."""
        used = self.worker.cpu_times()
        return float(used.user + used.system)

    @staticmethod
    def memory(process: psutil.Process) -> Memory:
        """What it holds now."""
        full = process.memory_full_info()
        return Memory(full.rss / 1e6, full.uss / 1e6)


def _stop(process: subprocess.Popen[bytes]) -> None:
    """End it as an operator would; kill what does not go."""
    process.terminate()
    try:
        process.wait(40)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


@contextlib.contextmanager
def running(command: list[str], url: str, path: str, log: Path, env: Mapping[str, str], cwd: Path) -> Iterator[Service]:
    """Start a server, wait until ``path`` answers, stop it at the end."""
    began = time.monotonic()
    with log.open("ab") as out:
        process = subprocess.Popen(command, stdout=out, stderr=out, env=dict(env), cwd=cwd)
    try:
        _wait(process, url, path, log)
        yield Service(process, url, time.monotonic() - began)
    finally:
        _stop(process)


def _wait(process: subprocess.Popen[bytes], url: str, path: str, log: Path) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        connection = http.client.HTTPConnection(url.removeprefix("http://"), timeout=2)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            answer.read()
            if answer.status < 500:
                return
        except OSError:
            time.sleep(0.01)
        finally:
            connection.close()
    raise RuntimeError(f"{url} did not answer; its log:\n{log.read_text()[-3000:]}")


def _environment(**more: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("RECOVERY_")}
    return {**kept, "PYTHONPATH": str(ROOT), **more}


@contextlib.contextmanager
def other_side(town: Town, app_url: str) -> Iterator[dict[str, Any]]:
    """The sandbox; gives its addresses."""
    command = [sys.executable, "-m", "tests.benchmarks.otherside"]
    command += [str(town.businesses), str(town.numbers_each), app_url]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=_environment(), cwd=ROOT) as process:
        try:
            assert process.stdout is not None
            yield json.loads(process.stdout.readline())
        finally:
            process.terminate()


@contextlib.contextmanager
def noop(folder: Path) -> Iterator[Service]:
    """The floor of a webhook's answer."""
    port = free_port()
    command = [sys.executable, "-m", "tests.benchmarks.noop", str(port), str(THREADS)]
    with running(command, f"http://127.0.0.1:{port}", "/", folder / "noop.log", _environment(), ROOT) as service:
        yield service


@dataclass(frozen=True, slots=True)
class House:
    """The service, the other side, and the database between them."""

    service: Service
    sandbox: RemoteSandbox
    addresses: dict[str, Any]
    database_url: str
    folder: Path
    environment: Mapping[str, str]
    """What the service was started with."""

    def command(self, *arguments: str) -> str:
        """What ``recovery …`` prints beside the running service."""
        command = [sys.executable, "-m", "sidecar", *arguments]
        done = subprocess.run(command, cwd=self.folder, env=self.environment, stdout=subprocess.PIPE, check=True)
        return done.stdout.decode().strip()


@contextlib.contextmanager
def house(town: Town, folder: Path, database_url: str, *, flow: bool = False) -> Iterator[House]:
    """A real ``recovery serve`` on that database, with the sandbox as every vendor; ``flow``: n8n drives the steps."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with other_side(town, url) as addresses:
        shutil.rmtree(folder / "businesses", ignore_errors=True)
        town.write_files(folder / "businesses", addresses["smtp_port"], flow=flow)
        env = _environment(
            RECOVERY_SECRET=SECRET,
            RECOVERY_DATABASE_URL=database_url,
            RECOVERY_BUSINESSES=str(folder / "businesses"),
            RECOVERY_PUBLIC_URL=url,
            RECOVERY_PORT=str(port),
            TWILIO_BASE_URL=addresses["twilio_url"],
            HUBSPOT_BASE_URL=addresses["hubspot_url"],
            RETELL_BASE_URL=addresses["retell_url"],
            **town.environment(),
        )
        command = [sys.executable, "-m", "sidecar", "serve"]
        with running(command, url, "/readyz", folder / "serve.log", env, folder) as service:
            yield House(service, RemoteSandbox(addresses["base_url"]), addresses, database_url, folder, env)
