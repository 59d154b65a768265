"""The command as people see it, and what it leaves behind."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import psutil
from rich.cells import cell_len

ROOT = Path(__file__).parents[3]

SPOILT = """
from sidecar.cli import main
from sidecar.demo.serving import Serving

start = Serving.start

def spoil(self):
    (self._folder / "business.yaml").write_text("id: 7")
    start(self)

Serving.start = spoil
main(["demo"])
"""


def test_in_a_pipe_it_is_plain_and_eighty_columns_wide_and_leaves_no_process(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    environ = {name: value for name, value in os.environ.items() if name != "COLUMNS"}
    done = subprocess.run(
        [sys.executable, "-m", "sidecar", "demo", "--keep", str(folder)],
        capture_output=True, text=True, timeout=180, check=False, env=environ,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stderr == ""
    assert "\x1b" not in done.stdout
    lines = done.stdout.splitlines()
    told = lines[: next(number for number, line in enumerate(lines) if "Kept in" in line)]
    assert max(map(cell_len, told)) <= 80
    order = ["rings +44 117 496 0123", "a missed call:", "Hi Maya, Sam at", "the AI agent calls Maya", "email to maya@"]
    places = [done.stdout.index(words) for words in order]
    assert places == sorted(places)
    assert "nothing after that." in done.stdout

    holder = int((folder / "recovery.lock").read_text())
    assert not psutil.pid_exists(holder)
    asked = subprocess.run(
        ["sh", "-c", f"set -a && . ./demo.env && exec {sys.executable} -m sidecar sequences list --json"],
        capture_output=True, text=True, timeout=60, check=False, env={**environ, "PYTHONPATH": str(ROOT)}, cwd=folder,
    )  # fmt: skip
    assert asked.returncode == 0, asked.stderr
    assert "exhausted" in asked.stdout


def test_a_failure_says_what_was_expected_and_what_serve_logged(tmp_path: Path) -> None:
    """A vendor that is never there: the business file that ships is spoilt on its way to ``serve``."""
    done = subprocess.run(
        [sys.executable, "-c", SPOILT], capture_output=True, text=True, timeout=120, check=False, cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert done.returncode == 1, done.stdout + done.stderr
    assert "✗ not as designed" in done.stdout
    assert "expected: `recovery serve` is ready" in done.stdout
    assert "seen: `recovery serve` ended" in done.stdout
    assert "business.yaml" in done.stdout
