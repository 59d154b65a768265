"""What the service takes to start and to stand: seconds and memory."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from typing import TYPE_CHECKING

from tests.benchmarks import processes
from tests.benchmarks.figures import Figure

if TYPE_CHECKING:
    from pathlib import Path

    from tests.benchmarks.processes import House
    from tests.benchmarks.town import Town

READY_SECONDS = 2.0
MEMORY_MB = 250.0


def starts(town: Town, folder: Path, database_url: str, times: int) -> list[float]:
    """Seconds from starting the process to ``/readyz``, several times."""
    took = []
    for _ in range(times):
        with processes.house(town, folder, database_url) as house:
            took.append(house.service.ready_seconds)
    return took


def bare_start(times: int) -> float:
    """Seconds that Python takes to load the web framework and the database library alone."""
    took = []
    for _ in range(times):
        began = time.monotonic()
        subprocess.run([sys.executable, "-c", "import flask, granian, sqlalchemy, pydantic"], check=True)
        took.append(time.monotonic() - began)
    return statistics.median(took)


def ready(took: list[float], floor: float, businesses: int) -> list[Figure]:
    """The start."""
    name = f"serve ready, {businesses} businesses"
    return [Figure(name, statistics.median(took), "s", floor, READY_SECONDS)]


def memory(house: House, when: str) -> list[Figure]:
    """The memory, as it is now."""
    worker = house.service.memory(house.service.worker)
    supervisor = house.service.memory(house.service.supervisor)
    return [
        Figure(f"worker resident, {when}", worker.resident, "MB", target=MEMORY_MB),
        Figure(f"worker unshared, {when}", worker.own, "MB"),
        Figure(f"supervisor resident, {when}", supervisor.resident, "MB"),
        Figure(f"supervisor unshared, {when}", supervisor.own, "MB"),
    ]
