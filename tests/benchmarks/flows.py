"""The same missed calls by three ways: an n8n workflow without a sidecar, ours, and Twilio straight to the sidecar."""

from __future__ import annotations

import contextlib
import json
import shutil
import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import psutil

from tests.benchmarks import calls, processes
from tests.benchmarks.figures import Figure, milliseconds
from tests.benchmarks.town import AUTH_TOKEN
from tests.flows.n8n.api import Api
from tests.flows.n8n.installation import installed
from tests.flows.n8n.servers import N8n
from tests.flows.n8n.stack import CREDENTIAL, secret_of
from tests.flows.n8n.workflows import filled, path_of, shipped_workflow

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from tests.benchmarks.calls import Run
    from tests.benchmarks.processes import House
    from tests.benchmarks.town import Town

WITHOUT: Final = "n8n without a sidecar"
OURS: Final = "n8n with the sidecar"
STRAIGHT: Final = "straight to the sidecar"
_LINGER: Final = 45.0
"""A flow that falls behind still gets its texts out some time."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What executions that wait cost n8n, each: MB of memory (unshared), KB of its database."""

    waiting: int
    memory: float
    disk: float


def measure(
    town: Town, folder: Path, database: Callable[[], str], rates: Sequence[float], seconds: float
) -> list[Figure]:
    """Each way at each rate. ``database`` gives a fresh copy for each way."""
    straight = []
    with processes.house(town, folder, database()) as house:
        calls.warm(house, town)
        straight = [calls.run(house, town, rate, seconds) for rate in rates]
    without, idle = _through_n8n(WITHOUT, town, folder, database(), rates, seconds)
    ours, waiting = _through_n8n(OURS, town, folder, database(), rates, seconds)
    measured = []
    for number, rate in enumerate(rates):
        measured += _figures(rate, without[number], ours[number], straight[number])
    return [*measured, *_standing(idle, waiting)]


def _through_n8n(
    way: str, town: Town, folder: Path, database_url: str, rates: Sequence[float], seconds: float
) -> tuple[list[Run], Standing]:
    with processes.house(town, folder, database_url, flow=way is OURS) as house, _n8n(folder) as n8n:
        workflow = _ours(house, n8n) if way is OURS else _without(house)
        Api(n8n).create_workflow(workflow)
        n8n.wait_for_webhook(path_of(workflow))
        processes_of = psutil.Process(n8n.pid)
        door = calls.Door(n8n.url, path_of(workflow), lambda: _cpu_seconds(processes_of), _LINGER)
        calls.warm(house, town, door)
        before = _held(processes_of), *_waiting(n8n)
        runs = [calls.run(house, town, rate, seconds, door) for rate in rates]
        after = _held(processes_of), *_waiting(n8n)
    more = after[1] - before[1]
    return runs, Standing(more, (after[0] - before[0]) / more, (after[2] - before[2]) / more)


@contextlib.contextmanager
def _n8n(folder: Path) -> Iterator[N8n]:
    """A new n8n; nothing of an earlier one is left."""
    home = folder / "n8n"
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir()
    n8n = N8n(installed(), home)
    try:
        n8n.start()
        yield n8n
    finally:
        n8n.stop()


def _ours(house: House, n8n: N8n) -> dict[str, Any]:
    n8n.import_credential(CREDENTIAL, secret_of(house.command("keys", "create", "n8n", "--every-business")))
    workflow = filled(shipped_workflow("missed-call-recovery"), sidecar_url=house.service.url)
    del workflow["settings"]["errorWorkflow"]  # the API names workflows by ids of its own; there is none to tell
    return workflow


def _without(house: House) -> dict[str, Any]:
    document = json.loads((Path(__file__).parent / "without_sidecar.json").read_text())
    return filled(
        document,
        hubspot_url=house.addresses["hubspot_url"], twilio_url=house.addresses["twilio_url"], auth_token=AUTH_TOKEN,
    )  # fmt: skip


def _family(process: psutil.Process) -> list[psutil.Process]:
    return [process, *process.children(recursive=True)]


def _cpu_seconds(process: psutil.Process) -> float:
    times = [one.cpu_times() for one in _family(process)]
    return float(sum(used.user + used.system for used in times))


def _held(process: psutil.Process) -> float:
    return float(sum(one.memory_full_info().uss for one in _family(process))) / 1e6


def _waiting(n8n: N8n) -> tuple[int, float]:
    """How many executions wait, and how large n8n's database is in KB."""
    files = list((n8n.folder / ".n8n").glob("database.sqlite*"))
    with contextlib.closing(sqlite3.connect(n8n.folder / ".n8n" / "database.sqlite", timeout=30)) as connection:
        (waiting,) = connection.execute("SELECT count(*) FROM execution_entity WHERE status = 'waiting'").fetchone()
    return int(waiting), sum(file.stat().st_size for file in files) / 1e3


def _figures(rate: float, without: Run, ours: Run, straight: Run) -> list[Figure]:
    """The way without a sidecar is the floor of ours."""
    found = []
    for share in (0.5, 0.99):
        name = f"webhook → SMS request p{share * 100:g} at {rate:g}/s"
        bare = milliseconds(without.reached, share)
        found += [
            Figure(f"{name}, {WITHOUT}", bare, "ms"),
            Figure(f"{name}, {OURS}", milliseconds(ours.reached, share), "ms", bare),
            Figure(f"{name}, {STRAIGHT}", milliseconds(straight.reached, share), "ms", bare),
        ]
    found += [
        Figure(f"n8n CPU a call at {rate:g}/s, {WITHOUT}", without.cpu * 1000, "ms"),
        Figure(f"n8n CPU a call at {rate:g}/s, {OURS}", ours.cpu * 1000, "ms", without.cpu * 1000),
    ]
    lost = {WITHOUT: without.lost, OURS: ours.lost, STRAIGHT: straight.lost}
    return found + [Figure(f"lost at {rate:g}/s, {way}", count, "calls", target=1) for way, count in lost.items()]


def _standing(idle: Standing, waiting: Standing) -> list[Figure]:
    name = "for each of {} waiting executions, {}"
    bare, our = name.format(idle.waiting, WITHOUT), name.format(waiting.waiting, OURS)
    return [
        Figure(f"n8n memory {bare}", idle.memory, "MB"),
        Figure(f"n8n memory {our}", waiting.memory, "MB", idle.memory),
        Figure(f"n8n database {bare}", idle.disk, "KB"),
        Figure(f"n8n database {our}", waiting.disk, "KB", idle.disk),
    ]
