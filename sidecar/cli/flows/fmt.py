"""``recovery flows fmt``: flows in the one form in which a diff is readable."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from sidecar.cli.taught import Taught

if TYPE_CHECKING:
    from sidecar.flows.loading import FlowFile


@click.command(
    cls=Taught,
    short_help="Files in the one form in which a diff is readable.",
    examples=(
        "recovery flows fmt hartley/",
        "recovery flows fmt --check n8n-workflows/ make-blueprints/",
        "recovery flows fmt -     standard input to standard output",
    ),
)
@click.argument("paths", nargs=-1, required=True, metavar="PATH…")
@click.option("--check", is_flag=True, help="Change nothing; end with 1 where something would be changed.")
@click.pass_context
def fmt(context: click.Context, paths: tuple[str, ...], *, check: bool) -> None:
    """Take away what belongs to one account or one sitting, and put the keys in one order.

    PATH is a file, a folder, or - for standard input. n8n: ids of instance, version and credentials, pinned and static
    data, pixels off the grid. Make: connections, hooks, keys, data stores, and their names. What a flow does is not
    changed; the result is the same however often it is run. A file that cannot be read is named, the others are done.
    """
    from sidecar.errors import ConfigError
    from sidecar.flows.loading import json_files

    if "-" in paths:
        _stdin(context, paths, check=check)
        return
    names = list(json_files(paths))
    if not names:
        raise click.UsageError(f"There is no .json file in {', '.join(paths)}.")
    changed = failed = 0
    for name in names:
        try:
            changed += _formatted(name, check=check)
        except ConfigError as error:
            failed += 1
            click.echo(str(error), err=True)
    files = f"{changed} of {len(names)} file{'s' * (len(names) != 1)}"
    click.echo(
        f"{files} {'would be' if check else 'were'} changed" + f", {failed} cannot be read" * bool(failed), err=True
    )
    context.exit(1 if failed or (check and changed) else 0)


def _formatted(name: str, *, check: bool) -> bool:
    """Whether the file was not in the form; it is now, unless it was only to be checked."""
    from sidecar.flows.loading import load, replace

    file = load(name)
    content = _tidied(file)
    if content == file.data:
        return False
    if not check:
        replace(name, content)
    click.echo(name)
    return True


def _stdin(context: click.Context, paths: tuple[str, ...], *, check: bool) -> None:
    from sidecar.flows.loading import load

    if len(paths) > 1:
        raise click.UsageError("- stands alone: one flow in, one out.")
    file = load("<stdin>", sys.stdin.buffer.read())
    content = _tidied(file)
    if check:
        context.exit(1 if content != file.data else 0)
    click.echo(content, nl=False)


def _tidied(file: FlowFile) -> bytes:
    from sidecar.flows.tidying import tidy_file

    return tidy_file(file)
