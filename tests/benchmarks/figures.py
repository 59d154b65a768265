"""What is measured, beside the least that it could be, as a table and as JSON."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured value."""

    name: str
    value: float
    unit: str
    floor: float | None = None
    """The same done with nothing of ours in it, measured in the same run."""
    target: float | None = None
    """What was promised; a rate must reach it, everything else must stay below it."""
    rising: bool = False
    """More is better."""

    @property
    def ratio(self) -> float | None:
        """The value over its floor."""
        return None if not self.floor else self.value / self.floor

    @property
    def holds(self) -> bool | None:
        """Whether the promise is kept; ``None`` where there is none."""
        if self.target is None:
            return None
        return self.value >= self.target if self.rising else self.value < self.target


def percentile(values: Sequence[float], share: float) -> float:
    """The value that ``share`` (0–1) of all do not exceed; nan where there are none."""
    if not values:
        return math.nan
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, math.ceil(share * len(ordered)) - 1)]


def milliseconds(values: Sequence[float], share: float) -> float:
    """A percentile of durations in seconds, in milliseconds."""
    return percentile(values, share) * 1000


def write(figures: Sequence[Figure], path: Path) -> None:
    """The list that ``make bench`` leaves: name, value, unit, floor, ratio."""
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = [
        {
            "name": figure.name,
            "value": _number(figure.value),
            "unit": figure.unit,
            "floor": _number(figure.floor),
            "ratio": _number(figure.ratio),
        }
        for figure in figures
    ]
    path.write_text(json.dumps(rows, indent=2) + "\n")


def show(figures: Sequence[Figure]) -> None:
    """Print the table; plain where nobody looks at a screen."""
    console = Console(highlight=False)
    table = Table(box=None if not console.is_terminal else Table().box, pad_edge=False)
    table.add_column("figure", no_wrap=True)
    for heading in ("value", "floor", "ratio", "target"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("")
    for figure in figures:
        verdict = {None: "", True: "[green]holds[/]", False: "[red]misses[/]"}[figure.holds]
        table.add_row(
            figure.name,
            f"{_shown(figure.value)} {figure.unit}",
            _shown(figure.floor),
            _shown(figure.ratio),
            "" if figure.target is None else f"{'≥' if figure.rising else '<'} {_shown(figure.target)}",
            verdict,
        )
    if not console.is_terminal:
        console.width = 140
    console.print(table)


def _shown(value: float | None) -> str:
    if value is None or math.isnan(value):
        return ""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def _number(value: float | None) -> float | None:
    return None if value is None or not math.isfinite(value) else round(value, 4)
