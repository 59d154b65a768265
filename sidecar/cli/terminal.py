"""Printing for people: aligned columns, colours on a terminal and none in a pipe or with NO_COLOR."""

from __future__ import annotations

import os
from itertools import zip_longest
from typing import TYPE_CHECKING

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from sidecar.cli.sayings import clean

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sidecar.cli.story import Line, Record

WIDEST = 100
"""Columns; longer lines are hard to read, however wide the terminal is."""

_TIME, _WHO, _GAP = 8, 8, 2
_STYLES = {"": "", "good": "green", "wait": "yellow", "bad": "red", "quiet": "dim"}


def console() -> Console:
    """Standard output. NO_COLOR takes every style away, bold too (https://no-color.org)."""
    plain = bool(os.environ.get("NO_COLOR"))
    return Console(highlight=False, soft_wrap=True, color_system=None if plain else "auto")


def print_columns(rows: Sequence[Sequence[str]], *, head: Sequence[str] = ()) -> None:
    """Rows with aligned columns. Nothing is cut: an id that is not whole cannot be copied."""
    shown = [[Text(" ".join(clean(cell).split())) for cell in row] for row in rows]
    if head:
        shown.insert(0, [Text(cell, style="bold") for cell in head])
    widths = [max(cell_len(cell.plain) for cell in column) for column in zip_longest(*shown, fillvalue=Text())]
    out = console()
    for row in shown:
        for cell, width in zip(row, widths, strict=False):
            cell.pad_right(width - cell_len(cell.plain) + _GAP)
        line = Text.assemble(*row)
        line.rstrip()
        out.print(line)


def print_facts(facts: Sequence[tuple[str, str]]) -> None:
    """Names and values, the values wrapped beside the names."""
    out, width = console(), max(len(name) for name, _ in facts)
    for name, value in facts:
        head = Text(f"  {name:<{width}}  ", style="dim")
        _print_beside(out, head, Text(value))


def print_story(record: Record, lines: Sequence[Line]) -> None:
    """A story by days, in the business's own time; times, people and what they did in columns."""
    out = console()
    day = ""
    for line in lines:
        local = line.at.astimezone(record.zone)
        today = f"{local:%A} {local.day} {local:%B %Y}, UTC{local.isoformat()[-6:]}"
        if today != day:
            day = today
            out.print(Text(f"\n{today}", style="bold"))
        head = Text(f"  {local:%H:%M:%S}", style="dim")
        head.append(f"  {line.who:<{_WHO}}  ", style="bold")
        _print_beside(out, head, Text(line.said, style=_STYLES[line.tone]))
        if line.words:
            margin = Text(" " * (2 + _TIME + _GAP + _WHO + _GAP) + "│ ", style="dim")
            for paragraph in line.words.split("\n"):
                _print_beside(out, margin, Text(paragraph, style="italic"), margin)
        for rule in line.rules:
            indent = Text(" " * (2 + _TIME + _GAP + _WHO + _GAP) + "· ", style="dim")
            said = Text(f"{rule.gate}: {rule.said} ").append(f"({rule.source})", style="dim")
            _print_beside(out, indent, said, Text(" " * cell_len(indent.plain)))


def _print_beside(out: Console, head: Text, said: Text, margin: Text | None = None) -> None:
    """``said``, wrapped to the room that ``head`` leaves; further lines begin with ``margin`` (blank by default)."""
    room = max(20, min(out.width, WIDEST) - cell_len(head.plain))
    beside = margin or Text(" " * cell_len(head.plain))
    for number, part in enumerate(said.wrap(out, room) or [Text()]):
        line = Text.assemble(beside if number else head, part)
        line.rstrip()
        out.print(line)
