"""``recovery flows``: the n8n workflows and Make blueprints that ship, and those that are made of them."""

from __future__ import annotations

import importlib
from typing import Final

import click

from sidecar.cli.taught import TaughtGroup

_COMMANDS: Final = {
    "list": ("copies", "list_flows"),
    "export": ("copies", "export"),
    "fmt": ("fmt", "fmt"),
    "draw": ("draw", "draw"),
    "to-api": ("n8n", "to_api"),
    "replay": ("n8n", "replay"),
    "validate": ("validate", "validate"),
}
"""Where each is found, in the order in which they are needed."""


class _Commands(TaughtGroup):
    """Loads a command's module when it is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Every command, in our order."""
        del ctx
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name."""
        del ctx
        if cmd_name not in _COMMANDS:
            return None
        module, name = _COMMANDS[cmd_name]
        command: click.Command = getattr(importlib.import_module(f"sidecar.cli.flows.{module}"), name)
        return command


@click.group(
    cls=_Commands,
    examples=(
        "recovery flows list",
        "recovery flows export --all --business hartley --output hartley/",
        "recovery flows fmt hartley/",
    ),
)
def flows() -> None:
    """Flows for n8n and Make: those that ship, a client's own copies, and what becomes of them."""
