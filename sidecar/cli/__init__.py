"""The command ``recovery``: each subcommand is a module of this package, loaded when it is asked for."""

from __future__ import annotations

import importlib
import sys
from typing import TYPE_CHECKING

import click

from sidecar import __version__

if TYPE_CHECKING:
    from collections.abc import Sequence

_COMMANDS = {
    "init": "Write a first business file and say what to do next.",
    "check": "Find what is wrong with files, credentials, numbers and the database.",
    "serve": "Answer calls and messages, and carry out what is due.",
    "demo": "Play a missed call against local vendors, in seconds.",
    "keys": "API keys: create, list, revoke.",
    "sequences": "Sequences: list, show, close, hold, resume.",
    "contacts": "What is on record about a person, and their STOP or START.",
    "db": "The database: upgrade, status.",
    "agents": "The AI voice agent: deploy its script to Retell.",
    "deliveries": "What is owed to flows, staff and the CRM: dead letters, replay.",
    "openapi": "Print the HTTP API as an OpenAPI 3.1 document.",
}
"""In the order in which a newcomer needs them."""


class _Commands(click.Group):
    """Loads a command's module when it is run: ``recovery --help`` is quick, and a lint loads no Flask."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Every command, in our order."""
        del ctx
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name."""
        del ctx
        if cmd_name not in _COMMANDS:
            return None
        command: click.Command = getattr(importlib.import_module(f"sidecar.cli.{cmd_name}"), cmd_name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List them without loading them."""
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl(list(_COMMANDS.items()))


@click.command(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="recovery")
def recovery() -> None:
    r"""Missed-call recovery: a text at once, a call if they stay silent, never a word after STOP.

    \b
    First steps:
      recovery demo            see what it does, in seconds, with nothing set up
      recovery init            write a business file
      recovery check --live    find what is missing
      recovery serve           run it
    """


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line; every mistake that a person can mend ends in a sentence, not in a traceback."""
    from sidecar.errors import ConfigError

    try:
        recovery.main(args=None if arguments is None else list(arguments), prog_name="recovery")
    except ConfigError as error:
        click.echo(str(error), err=True)
        sys.exit(2)
