"""The lint over a thousand workflows, and over one that grows: seconds of CPU, beside reading the files as JSON."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from itertools import cycle, islice, pairwise
from typing import TYPE_CHECKING

from sidecar.flows.linting import Source, lint
from tests.benchmarks.figures import Figure
from tests.benchmarks.processes import ROOT
from tests.support.flows import exports, node, workflow

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_PROMISED, _START = 2.0, 0.5
"""Seconds of CPU for a thousand workflows once it runs, and to the first line of an answer."""


def figures(workflows: int, nodes: int) -> list[Figure]:
    """Genuine exports where they are there, else our own, repeated under names of their own until there are enough."""
    paths = exports("n8n/valid") or sorted((ROOT / "n8n-workflows").glob("*.json"))
    named = [(path.name, path.read_bytes()) for path in paths]
    files = [Source(f"{count}-{name}", data) for count, (name, data) in enumerate(islice(cycle(named), workflows))]
    counted = sum(len(json.loads(file.data.decode("utf-8-sig"))["nodes"]) for file in files)
    started, bare = _start("-m", "sidecar", "lint", str(ROOT / "n8n-workflows")), _start("-c", "import click, json")
    small, large = _chain(nodes // 10), _chain(nodes)
    return [
        Figure(
            f"lint of {workflows:,} workflows, {counted:,} nodes",
            _least(lambda: lint(files)),
            "s of CPU",
            _least(lambda: _read(files)),
            _PROMISED,
        ),
        Figure("start of recovery lint", started, "s of CPU", bare, _START),
        Figure(
            f"lint of one workflow of {nodes:,} nodes, per node",
            _least(lambda: lint([large])) / nodes * 1e6,
            "µs of CPU",
            _least(lambda: lint([small])) / (nodes // 10) * 1e6,
        ),
    ]


def _read(files: Sequence[Source]) -> None:
    for file in files:
        json.loads(file.data.decode("utf-8-sig"))


def _least(work: Callable[[], object]) -> float:
    taken = []
    for _ in range(3):
        began = time.process_time()
        work()
        taken.append(time.process_time() - began)
    return min(taken)


def _start(*command: str) -> float:
    """A process of its own, with all that it imports."""
    script = (
        "import resource; used = resource.getrusage(resource.RUSAGE_CHILDREN); print(used.ru_utime + used.ru_stime)"
    )
    run = f"import subprocess, sys; subprocess.run([sys.executable, *{command!r}], stdout=subprocess.DEVNULL); {script}"
    done = [
        float(subprocess.run([sys.executable, "-c", run], capture_output=True, check=True, cwd=ROOT).stdout)
        for _ in range(3)
    ]
    return min(done)


def _chain(count: int) -> Source:
    """One workflow: each node reads another one, and a claim and a send stand at its ends."""
    names = [f"N{number}" for number in range(count)]
    read = [f"={{{{ $('N{number // 2}').first().json.a }}}}" for number in range(count)]
    nodes = [node(name, "set", {"x": text}) for name, text in zip(names, read, strict=True)]
    flow = workflow([node("Go", "manualTrigger"), *nodes], "Go > N0", *(f"{a} > {b}" for a, b in pairwise(names)))
    return Source("chain.json", json.dumps(flow).encode())
