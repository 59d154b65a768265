"""The command ``recovery``: each subcommand is a module of this package, loaded when it is asked for."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sidecar import __version__
from sidecar.cli.taught import LazyGroup

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sidecar.errors import ConfigError

COMMANDS = {
    "init": "Write a first business file and say what to do next.",
    "check": "Find what is wrong with files, credentials, numbers and the database.",
    "lia": "Draft the legitimate-interest assessment that the UK and the EEA ask for.",
    "serve": "Answer calls and messages, and carry out what is due.",
    "demo": "Play a missed call against local vendors, in seconds.",
    "audit": "Why was this text sent? Everything about one person, with the rules.",
    "contacts": "People: list, show, STOP and START, export, forget.",
    "consents": "What people allowed: import, export, list, withdraw.",
    "sequences": "Sequences: list, show, close, hold, resume.",
    "keys": "API keys: create, list, revoke; the secret of staff webhooks.",
    "senders": "Numbers and words that a vendor refused: held, release.",
    "deliveries": "What flows, staff and the CRM never got: dead, replay.",
    "lint": "Find what is wrong with n8n workflows and Make blueprints.",
    "flows": "n8n workflows and Make blueprints: list, export, fmt, draw, to-api, replay, validate.",
    "agents": "The AI voice agent: deploy its script to Retell.",
    "classify": "Say whether a text means STOP, as the sidecar reads it.",
    "db": "The database: upgrade, status.",
    "openapi": "Print the HTTP API as an OpenAPI 3.1 document.",
}
"""In the order in which a newcomer needs them."""


class _Commands(LazyGroup):
    """Every mistake in a file or a setting ends in its sentence."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command; a mistake in a file or a setting ends in its sentence, not in a traceback."""
        from sidecar.errors import ConfigError

        try:
            return super().invoke(ctx)
        except ConfigError as error:
            raise click.ClickException(f"{error}{_where(error)}") from error


def _where(error: ConfigError) -> str:
    """Settings are missing most often since the command was run in another folder."""
    of_settings = any(not mistake.file for mistake in error.mistakes)
    if of_settings and not Path(".env").exists():
        return f"\n(There is no .env in {Path.cwd()}: run `recovery` in the folder where yours is.)"
    return ""


@click.command(
    cls=_Commands,
    room="sidecar.cli",
    listed={name: (f"{name}:{name}", said) for name, said in COMMANDS.items()},
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    examples=(
        "recovery demo             see what it does, with nothing set up",
        "recovery init             write a business file",
        "recovery check --live     find what is missing",
        "recovery serve            run it",
    ),
)
@click.version_option(__version__, prog_name="recovery")
def recovery() -> None:
    """Missed-call recovery: a text at once, a call if they stay silent, never a word after STOP.

    Settings come from the environment and from .env in the folder that this is run in. Commands end with 0 where all
    is well, 1 where something is wrong or not there, 2 where they were called wrongly.
    """


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line; every mistake that a person can mend ends in a sentence."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # a name that the terminal cannot show is no reason to fail
    recovery.main(args=None if arguments is None else list(arguments), prog_name="recovery")
