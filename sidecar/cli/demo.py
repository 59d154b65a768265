"""``recovery demo``: a missed call and its recovery, played for real against pretended vendors."""

from __future__ import annotations

import contextlib
import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sidecar.demo.scenarios import Scenario

_NAMES = (
    "silent", "reply", "stop", "no-answer", "after-hours", "unknown-caller", "repeat-caller", "provider-down",
    "restart", "lost-webhook",
)  # fmt: skip
_GLIDE_SECONDS = 0.8
"""How long a wait is played on a terminal, however long it is, so that the eye can follow."""


@click.command()
@click.option("--scenario", type=click.Choice(_NAMES), default="silent", show_default=True, help="What to play.")
@click.option(
    "--speed",
    type=click.FloatRange(min=1, max=100_000),
    metavar="N",
    help="Play waits N times as fast as they are, instead of skipping them.",
)
@click.option("--json", "in_json", is_flag=True, help="Print what the vendors received as JSON; the play on stderr.")
@click.option("--no-color", is_flag=True, help="Print without colours.")
@click.option(
    "--keep",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Keep database, log and settings in a new folder.",
)
@click.option("--list", "listing", is_flag=True, help="List the scenarios.")
@click.pass_context
def demo(
    context: click.Context,
    scenario: str,
    speed: float | None,
    keep: Path | None,
    *,
    in_json: bool,
    no_color: bool,
    listing: bool,
) -> None:
    """Play a missed call against local stand-ins for Twilio, Retell, HubSpot and a mail server.

    Needs no account and no network. Ends with 1 where something else went out than the design says.
    """
    from sidecar.demo.scenarios import SCENARIOS

    if listing:
        _print_list(list(SCENARIOS.values()))
        return
    chosen = SCENARIOS[scenario]
    from rich.console import Console

    from sidecar.demo.playing import play
    from sidecar.demo.timeline import Screen
    from sidecar.demo.world import Pace

    console = Console(stderr=in_json, highlight=False, no_color=no_color or None)
    screen = Screen(console, chosen.caller)
    pace = Pace(speed, _GLIDE_SECONDS if console.is_terminal and not in_json else 0.0)
    with _folder(keep) as folder:
        result = play(chosen, folder, pace, screen)
    if in_json:
        click.echo(json.dumps(result.account, indent=2, ensure_ascii=False))
    elif result.ok:
        screen.next(_next(scenario))
    if keep is not None:
        screen.kept(folder)
    context.exit(0 if result.ok else 1)


@contextlib.contextmanager
def _folder(keep: Path | None) -> Iterator[Path]:
    """A new folder for the run: the one to keep, or one that is gone afterwards."""
    if keep is None:
        with tempfile.TemporaryDirectory(prefix="recovery-demo-") as temporary:
            yield Path(temporary)
        return
    if keep.exists() and any(keep.iterdir()):
        raise click.BadParameter(f"{keep} is not empty; name a new folder", param_hint="--keep")
    keep.mkdir(parents=True, exist_ok=True)
    yield keep.resolve()


def _next(scenario: str) -> dict[str, str]:
    another = _NAMES[(_NAMES.index(scenario) + 1) % len(_NAMES)]
    return {
        f"recovery demo --scenario {another}": "the next of ten",
        "recovery demo --list": "all of them",
        "recovery init": "your own first business file",
    }


def _print_list(scenarios: list[Scenario]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table.grid(padding=(0, 3))
    for scenario in scenarios:
        table.add_row(scenario.name, scenario.summary)
    Console(highlight=False).print(table)
