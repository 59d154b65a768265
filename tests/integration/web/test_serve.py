"""``recovery serve`` as a process: it starts whole or not at all, stops in order, and leaves no worker behind."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from typing import TYPE_CHECKING

import psutil
import pytest
from click.testing import CliRunner

from sidecar.cli.init import init
from sidecar.shipped import shipped
from sidecar.store.migrate import upgrade
from sidecar.web.problem import LIMIT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    Start = Callable[..., subprocess.Popen[str]]

pytestmark = pytest.mark.alone
_BOUND = 20.0


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def until(condition: Callable[[], object], what: str) -> None:
    """Wait for a condition, with a bound."""
    end = time.monotonic() + _BOUND
    while not condition():
        assert time.monotonic() < end, f"{what} did not come about in {_BOUND} s"
        time.sleep(0.01)


@pytest.fixture
def place(tmp_path: Path) -> Path:
    assert CliRunner().invoke(init, ["--dir", str(tmp_path), "--name", "Harbour Plumbing"]).exit_code == 0
    with (tmp_path / "businesses" / "harbour-plumbing.yaml").open("a", encoding="utf-8") as file:
        file.write("\nlegitimate_interest: {document: LIA-1, reviewed_by: S. Field, reviewed_on: 2026-03-03}\n")
    upgrade(f"sqlite:///{tmp_path / 'recovery.db'}")
    return tmp_path


@pytest.fixture
def port() -> int:
    return free_port()


@pytest.fixture
def start(place: Path, port: int) -> Iterator[Start]:
    started: list[subprocess.Popen[str]] = []

    def begin(*arguments: str, **environment: str) -> subprocess.Popen[str]:
        code = "from sidecar.cli.serve import serve; serve()"
        process = subprocess.Popen(
            [sys.executable, "-c", code, *arguments],
            cwd=place, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            env={
                "PATH": os.environ["PATH"], "PYTHONPATH": str(shipped("schemas").parent),
                "RECOVERY_SECRET": "a secret of the tests, long enough", "RECOVERY_PORT": str(port),
                "RECOVERY_LOG_FORMAT": "json",
                "TWILIO_ACCOUNT_SID": "AC" + "1" * 32, "TWILIO_AUTH_TOKEN": "2" * 32, **environment,
            },
        )  # fmt: skip
        started.append(process)
        return process

    yield begin
    for process in started:
        for child in psutil.Process(process.pid).children() if process.poll() is None else []:
            child.kill()
        process.kill()
        process.communicate()


def answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=2) as answer:
            return bool(json.loads(answer.read())["ready"])
    except (urllib.error.URLError, ConnectionError):
        return False


def is_open(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def worker_of(process: subprocess.Popen[str]) -> psutil.Process:
    [worker] = psutil.Process(process.pid).children()
    return worker


def gone(process: psutil.Process) -> bool:
    try:
        return process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def test_it_says_where_and_for_whom_and_stops_when_told(start: Start, port: int) -> None:
    process = start()
    until(lambda: answers(port), "readiness")
    worker = worker_of(process)
    process.send_signal(signal.SIGTERM)
    out, err = process.communicate(timeout=_BOUND)
    assert process.returncode == 0, err
    assert out == f"recovery serves harbour-plumbing at http://127.0.0.1:{port} (public: http://127.0.0.1:8080)\n"
    assert gone(worker)


def test_a_body_without_a_length_is_measured_as_it_comes(start: Start, port: int) -> None:
    start()
    until(lambda: answers(port), "readiness")
    for size, status in ((1000, 400), (LIMIT + 1, 413)):
        with contextlib.closing(http.client.HTTPConnection("127.0.0.1", port, timeout=_BOUND)) as connection:
            connection.request(
                "POST",
                "/retell/events",
                body=(b"y" * min(8192, size - at) for at in range(0, size, 8192)),
                headers={"Transfer-Encoding": "chunked"},
                encode_chunked=True,
            )
            with connection.getresponse() as answer:
                assert (answer.status, json.loads(answer.read())["status"]) == (status, status)


def test_a_broken_business_file_stops_it_before_the_port_opens(start: Start, place: Path, port: int) -> None:
    file = place / "businesses" / "harbour-plumbing.yaml"
    file.write_text(file.read_text(encoding="utf-8").replace("\nregion: GB", "\nregoin: GB"), encoding="utf-8")
    process = start()
    opened = False
    while process.poll() is None:
        opened = opened or is_open(port)
        time.sleep(0.005)
    out, err = process.communicate()
    assert process.returncode == 1
    line = next(
        number for number, text in enumerate(file.read_text(encoding="utf-8").splitlines(), 1) if "regoin" in text
    )
    assert f"harbour-plumbing.yaml:{line}" in err
    assert "did you mean `region`?" in err
    assert "Traceback" not in err
    assert (opened, out) == (False, "")


@pytest.mark.parametrize(
    ("arguments", "environment", "said"),
    [
        (("--workers", "2"), {}, "SQLite serves one process"),
        ((), {"RECOVERY_PORT": "http"}, "RECOVERY_PORT"),
        ((), {"RECOVERY_SECRET": ""}, "RECOVERY_SECRET"),
        ((), {"RECOVERY_DATABASE_URL": "sqlite:///new.db"}, "recovery db upgrade"),
    ],
)
def test_what_cannot_be_served_is_said_in_a_sentence(
    start: Start, arguments: tuple[str, ...], environment: dict[str, str], said: str
) -> None:
    process = start(*arguments, **environment)
    _, err = process.communicate(timeout=_BOUND)
    assert process.returncode in (1, 2)
    assert said in err
    assert "Traceback" not in err


def test_a_port_that_is_taken_is_said_so(start: Start, port: int) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", port))
        taken.listen()
        process = start()
        _, err = process.communicate(timeout=_BOUND)
    assert process.returncode == 1
    assert f"cannot listen at 127.0.0.1:{port}" in err


def test_a_second_one_on_the_same_file_is_refused_and_the_first_serves_on(start: Start, port: int) -> None:
    start()
    until(lambda: answers(port), "readiness")
    second = start(RECOVERY_PORT=str(free_port()))
    _, err = second.communicate(timeout=_BOUND)
    assert (second.returncode, "another sidecar" in err) == (1, True)
    assert answers(port)


def test_a_killed_supervisor_takes_its_worker_along_and_the_next_one_starts_at_once(start: Start, port: int) -> None:
    process = start()
    until(lambda: answers(port), "readiness")
    worker = worker_of(process)
    process.kill()
    process.wait()
    until(lambda: gone(worker), "the worker's end")
    start()
    until(lambda: answers(port), "the successor's readiness")


def test_a_dead_worker_ends_the_service_with_1(start: Start, port: int) -> None:
    process = start()
    until(lambda: answers(port), "readiness")
    worker_of(process).kill()
    process.communicate(timeout=_BOUND)
    assert process.returncode == 1


def test_a_hang_up_does_not_disturb(start: Start, port: int) -> None:
    process = start()
    until(lambda: answers(port), "readiness")
    worker = worker_of(process)
    process.send_signal(signal.SIGHUP)
    until(lambda: answers(port), "an answer after it")
    assert worker_of(process) == worker


def test_the_supervisor_stays_small(start: Start, port: int) -> None:
    process = start()
    until(lambda: answers(port), "readiness")
    assert psutil.Process(process.pid).memory_info().rss < 60 * 2**20
