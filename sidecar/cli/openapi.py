"""``recovery openapi``: the HTTP API as a document."""

from __future__ import annotations

from pathlib import Path

import click

from sidecar.cli.taught import Taught


@click.command(cls=Taught, examples=("recovery openapi --output schemas/openapi.json",))
@click.option(
    "--output", type=click.Path(path_type=Path, dir_okay=False), help="Write it there instead of printing it."
)
def openapi(output: Path | None) -> None:
    """Print the HTTP API as an OpenAPI 3.1 document; needs no business and no database."""
    from sidecar.web.contract import OPERATIONS
    from sidecar.web.openapi import text

    if output is None:
        click.echo(text(OPERATIONS), nl=False)
        return
    try:
        output.write_text(text(OPERATIONS), encoding="utf-8")
    except OSError as error:
        raise click.FileError(str(output), hint=error.strerror or str(error)) from error
