"""The timeline on a terminal or in a pipe: a header, lines as things happen, a verdict, what to do next."""

from __future__ import annotations

import contextlib
from textwrap import indent
from typing import TYPE_CHECKING

from rich.console import Console, Group
from rich.padding import Padding
from rich.panel import Panel
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from sidecar.demo.wording import Line, lines, since

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from pathlib import Path

    from rich.status import Status

    from sidecar.demo.cast import Caller
    from sidecar.demo.seen import Happening

_WIDEST = 88
_BUBBLE = 58
_GAP_SECONDS = 30
_STYLES = {
    "caller": "bold magenta", "sidecar": "bold cyan", "staff": "bold yellow", "Twilio": "blue", "Retell": "blue",
    "HubSpot": "blue", "mail": "blue", "kill -9": "bold red",
}  # fmt: skip
_BORDERS = {"caller": "magenta", "staff": "yellow"}


class Screen:
    """Prints one scenario."""

    def __init__(self, console: Console, caller: Caller) -> None:
        """``console`` says how wide it is and whether it has colours."""
        self._console = console
        self._caller = caller
        self._width = min(console.width, _WIDEST)
        self._last: float | None = None
        self._clock = ""
        self._status: Status | None = None

    def header(self, title: str, scenario: str, opening: str) -> None:
        """Who, what will be played, and what is pretended."""
        self._print(Rule(Text.assemble((title, "bold"), f"  {scenario} "), align="left", style="dim"))
        self._print(Padding(Text(opening), (0, 2)))
        pretended = "Real: recovery serve, its database, the Twilio, HubSpot and Retell SDKs, HTTP, SMTP. "
        pretended += "Pretended: the vendors at the other end, and the clock."
        self._print(Padding(Text(pretended, style="dim"), (0, 2, 1, 2)))

    def tell(self, happening: Happening, call_at: datetime) -> None:
        """Print what one happening is worth; ``call_at`` is 0:00."""
        told = lines(happening, self._caller)
        if not told:
            return
        seconds = (happening.at - call_at).total_seconds()
        if self._last is not None and seconds - self._last >= _GAP_SECONDS:
            self._print(self._row("⋮", "", Text("")))
        self._last = seconds
        clock = since(seconds, happening.at)
        for line in told:
            shown = "" if clock == self._clock else clock
            self._print(self._row(shown, line.actor, _said(line), _STYLES.get(line.actor, "")))
            self._clock = clock

    def verdict(self, words: str, *, ok: bool) -> None:
        """The one line that sums it up."""
        mark = ("✓ ", "bold green") if ok else ("✗ ", "bold red")
        self._print(Text(""))
        self._print(Padding(Text.assemble(mark, (words, "bold")), (0, 2)))

    def next(self, commands: dict[str, str]) -> None:
        """What to try now: commands with what they do."""
        table = Table.grid(padding=(0, 3))
        for command, what in commands.items():
            table.add_row(Text(command, style="cyan", no_wrap=True), Text(what, style="dim"))
        self._print(Text(""))
        self._print(Padding(table, (0, 2)))

    def kept(self, folder: Path) -> None:
        """Where everything of the run is, and how to look into it."""
        ask = f"(cd {folder} && set -a && . ./demo.env && recovery sequences list)"
        self._print(Text(f"\n  Kept in {folder}. Ask its database:"))
        self._console.print(Text(f"  {ask}", style="cyan"), soft_wrap=True)

    def failure(self, expected: str, seen: str, log: str) -> None:
        """What was expected, what was seen, and the last words of ``serve``."""
        self._print(Text(""))
        for label, words in (("expected", expected), ("seen", seen), ("log of serve", log or "(empty)")):
            head, *rest = words.splitlines() or [""]
            if rest:
                self._print(Text(f"  {label}:", style="bold"))
                self._console.print(Text(indent(words, "    ")), soft_wrap=True)
            else:
                self._print(Text.assemble((f"  {label}: ", "bold"), head))

    @contextlib.contextmanager
    def busy(self, words: str) -> Iterator[None]:
        """A spinner on a terminal, nothing in a pipe."""
        if not self._console.is_terminal:
            yield
            return
        with self._console.status(words, spinner="dots") as self._status:
            yield
        self._status = None

    def clock(self, seconds: float, at: datetime) -> None:
        """Show where the clock is, beside the spinner."""
        if self._status is not None:
            self._status.update(Text(f"  {since(seconds, at)}", style="dim"))

    def _row(self, clock: str, actor: str, said: Group | Text, style: str = "") -> Table:
        row = Table.grid(padding=(0, 2))
        row.add_column(width=9, justify="right", style="dim")
        row.add_column(width=7)
        row.add_column(ratio=1)
        row.width = self._width
        row.add_row(clock, Text(actor, style=style), said)
        return row

    def _print(self, what: Rule | Padding | Text | Table) -> None:
        self._console.print(what, width=self._width)


def _said(line: Line) -> Group | Text:
    words = Text(line.words, style="dim" if line.quiet else "")
    if not line.bubble:
        return words
    caption = Text(line.caption, style="dim") if line.caption else None
    border = _BORDERS.get(line.actor, "green")
    bubble = Panel(
        Text(line.bubble), width=_BUBBLE, border_style=border, subtitle=caption, subtitle_align="right", padding=(0, 1)
    )
    return Group(words, bubble)
