"""``python -m tests.benchmarks``: measure, print a table, write the figures."""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tests.benchmarks import (
    calls,
    figures,
    floors,
    flows,
    lateness,
    linting,
    processes,
    seeding,
    serving,
    stops,
    writes,
)
from tests.benchmarks.figures import Figure
from tests.benchmarks.town import Town

if TYPE_CHECKING:
    from collections.abc import Callable

NAMES = ("calls", "rate", "lateness", "memory", "ready", "writes", "stop", "lint", "n8n")
QUICKLY = NAMES[:-1]
"""What a quick run measures unless it is told: n8n is 3 GB to install."""


@dataclass(frozen=True, slots=True)
class Scale:
    """How much is done."""

    town: Callable[[], Town]
    sequences: int
    rate: float
    seconds: float
    rates: tuple[float, ...]
    rate_seconds: float
    due: int
    starts: int
    floor: int
    flow_rates: tuple[float, ...]
    flow_seconds: float
    workflows: int
    nodes: int


FULL = Scale(
    lambda: Town(100, 10), 100_000, 20, 60, (30, 40, 50, 60, 70), 20, 600, 5, 100, (1, 5, 10), 30, 1000, 10_000
)
QUICK = Scale(lambda: Town(2, 2), 20, 3, 2, (4,), 1, 4, 1, 5, (2,), 2, 10, 200)


def main(arguments: list[str] | None = None) -> int:
    """Run what was asked for."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("--output", type=Path, help="where the figures go as JSON")
    parser.add_argument("--quick", action="store_true", help="tiny numbers: does the benchmark itself work?")
    parser.add_argument("--only", choices=NAMES, action="append", help="measure only this (may be repeated)")
    parser.add_argument("--folder", type=Path, default=processes.ROOT / "build" / "bench", help="where it works")
    given = parser.parse_args(arguments)
    wanted = given.only or (QUICKLY if given.quick else NAMES)
    measured = Bench(QUICK if given.quick else FULL, given.folder.resolve(), tuple(wanted)).run()
    figures.show(measured)
    if given.output is not None:
        figures.write(measured, given.output)
    return 0


class Bench:
    """One run over everything, or over what was chosen."""

    def __init__(self, scale: Scale, folder: Path, wanted: tuple[str, ...]) -> None:
        self._scale = scale
        self._folder = folder
        self._wanted = wanted
        self._town = scale.town()
        self._figures: list[Figure] = []
        folder.mkdir(parents=True, exist_ok=True)

    def run(self) -> list[Figure]:
        """Measure; the floors first."""
        scale, folder = self._scale, self._folder
        if "lint" in self._wanted:
            _say(f"the lint over {scale.workflows:,} workflows")
            self._figures += linting.figures(scale.workflows, scale.nodes)
        if self._wanted == ("lint",):  # needs no database
            return self._figures
        database, took = seeding.prepared(self._town, scale.sequences, folder)
        if took:
            _say(f"a database with {scale.sequences:,} sequences: built in {took:.0f} s")
        bare = floors.inserts(folder, scale.floor)
        self._figures.append(Figure("bare SQLite commit p99", figures.milliseconds(bare, 0.99), "ms"))
        if "ready" in self._wanted:
            _say("starting and stopping")
            url = seeding.copied(database, folder)
            started = serving.starts(self._town, folder, url, scale.starts)
            self._figures += serving.ready(started, serving.bare_start(scale.starts), self._town.businesses)
        if {"calls", "rate", "lateness", "memory", "stop"}.intersection(self._wanted):
            self._with_house(seeding.copied(database, folder), bare)
        if "writes" in self._wanted:
            _say("writes, grouped and not")
            self._figures += writes.figures(folder, 1 if scale is QUICK else 5, bare)
        if "n8n" in self._wanted:
            _say("missed calls through n8n, with the sidecar and without")
            self._figures += flows.measure(
                self._town, folder, lambda: seeding.copied(database, folder), scale.flow_rates, scale.flow_seconds
            )
        return self._figures

    def _with_house(self, url: str, bare: list[float]) -> None:
        scale = self._scale
        with processes.house(self._town, self._folder, url) as house:
            if "memory" in self._wanted:
                self._figures += serving.memory(house, "started")
            calls.warm(house, self._town)
            if "calls" in self._wanted:
                self._calls(house)
            if "rate" in self._wanted:
                self._rate(house)
            if "stop" in self._wanted:
                _say("STOP under load")
                took = stops.measure(house, self._town, scale.rate, min(scale.seconds, 20))
                self._figures += stops.figures(took, bare, scale.rate)
            if "memory" in self._wanted:
                self._figures += serving.memory(house, "after the load")
        if "lateness" in self._wanted:
            self._lateness(url)

    def _calls(self, house: processes.House) -> None:
        scale = self._scale
        _say(f"{scale.rate:g} missed calls/s for {scale.seconds:g} s")
        noop = floors.answers(self._town, scale.rate, min(scale.seconds, 20), self._folder)
        floor = floors.vendors(house, self._town, scale.floor)
        before = _withdrawn(house)
        one = calls.run(house, self._town, scale.rate, scale.seconds)
        self._figures += calls.figures(one, floor, noop, _withdrawn(house) - before)

    def _rate(self, house: processes.House) -> None:
        """Go up until the promise breaks."""
        highest = 0.0
        for rate in self._scale.rates:
            one = calls.run(house, self._town, rate, self._scale.rate_seconds)
            p99 = figures.milliseconds(one.reached, 0.99)
            _say(f"{rate:g}/s: p99 {p99:,.0f} ms, {one.lost} lost, {one.cpu * 1000:.0f} ms of CPU each")
            if not one.holds:
                break
            highest = rate
        self._figures.append(Figure("highest rate with p99 < 1 s", highest, "calls/s", target=calls.AIM, rising=True))

    def _lateness(self, url: str) -> None:
        """In a service of its own, so that what is due is there when it starts."""
        scale = self._scale
        _say(f"{scale.due} steps that come due")
        due = lateness.plan(self._town, url, scale.rate, scale.due, after=15 if scale is FULL else 8)
        with processes.house(self._town, self._folder, url) as house:
            late, lost = lateness.measure(house, due)
            self._figures += lateness.figures(late, lost, scale.rate, scale.due)
            if "memory" in self._wanted:
                self._figures += serving.memory(house, "Retell in use")


def _withdrawn(house: processes.House) -> int:
    return int(calls.ask(house, "SELECT count(*) FROM events WHERE type = 'touch.withdrawn'"))


def _say(words: str) -> None:
    sys.stderr.write(f"{words} ...\n")


if __name__ == "__main__":
    sys.exit(main())
