"""``recovery flows draw``: a flow as a picture."""

from __future__ import annotations

import sys

import click

from sidecar.cli.taught import Taught


@click.command(
    cls=Taught,
    short_help="A flow as a picture (SVG).",
    examples=(
        "recovery flows draw hartley/hartley-replies.json --output replies.svg",
        "recovery flows draw make-blueprints/replies.blueprint.json --output replies.svg",
    ),
)
@click.argument("file", metavar="FILE")
@click.option("--output", type=click.Path(dir_okay=False), metavar="SVG", help="Write it there. Default: print it.")
def draw(file: str, output: str | None) -> None:
    """Draw the n8n workflow or Make blueprint in FILE (- for standard input) as SVG.

    Names, routes, filters and what happens on errors, in one file without fonts, scripts or links to load, that reads
    the same on a light and on a dark page.
    """
    from sidecar.flows.drawing import drawing
    from sidecar.flows.loading import one_flow, replace

    document = one_flow("<stdin>", sys.stdin.buffer.read()) if file == "-" else one_flow(file)
    picture = drawing(document).encode()
    if output is None:
        click.echo(picture, nl=False)
    else:
        replace(output, picture)
        click.echo(output)
