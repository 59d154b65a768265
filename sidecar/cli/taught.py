"""Commands whose ``--help`` ends with examples: a line to copy says more than a list of options."""

from __future__ import annotations

import importlib
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class Taught(click.Command):
    """A command with examples; each is a line that can be copied."""

    def __init__(self, *arguments: Any, examples: Sequence[str] = (), **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.examples = tuple(examples)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The examples, never wrapped."""
        super().format_epilog(ctx, formatter)
        if self.examples:
            with formatter.section("Examples" if len(self.examples) > 1 else "Example"):
                for line in self.examples:
                    formatter.write(f"{'':>{formatter.current_indent}}{line}\n")


class TaughtGroup(Taught, click.Group):
    """A group of such commands, which knows what a misspelt one was meant to be."""

    command_class = Taught

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that is meant; an unknown one is refused with the nearest known one."""
        if args and not args[0].startswith("-") and self.get_command(ctx, args[0]) is None:
            known = self.list_commands(ctx)
            near = get_close_matches(args[0], known, n=1, cutoff=0.6)
            remedy = f"Did you mean {near[0]!r}?" if near else f"There are: {', '.join(known)}."
            raise click.UsageError(f"No such command {args[0]!r}. {remedy}", ctx)
        return super().resolve_command(ctx, args)


class LazyGroup(TaughtGroup):
    """Loads a command's module when it is run: ``recovery --help`` is quick, and a lint loads no Flask."""

    def __init__(
        self, *arguments: Any, room: str = "", listed: Mapping[str, tuple[str, str]] | None = None, **options: Any
    ) -> None:
        super().__init__(*arguments, **options)
        self.room = room
        """The package of the modules."""
        self.listed = dict(listed or {})
        """By its name: where a command is found (``module:function``), and what it is for; in the order of need."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Every command, in our order."""
        del ctx
        return list(self.listed)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name."""
        del ctx
        if cmd_name not in self.listed:
            return None
        module, _, function = self.listed[cmd_name][0].partition(":")
        command: click.Command = getattr(importlib.import_module(f"{self.room}.{module}"), function)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List them without loading them."""
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl([(name, said) for name, (_, said) in self.listed.items()])
