"""``recovery lia``: the draft of a legitimate-interest assessment, for a person to review."""

from __future__ import annotations

import os
from pathlib import Path

import click

from sidecar.cli.taught import Taught
from sidecar.config.assessment import draft
from sidecar.config.loader import business_files, load_business
from sidecar.config.settings import PREFIX, environment
from sidecar.domain.compliance import needs_assessment


@click.command(
    cls=Taught,
    examples=(
        "recovery lia businesses/hartley-plumbing.yaml --output assessment.md",
        "recovery lia | less",
    ),
)
@click.argument("business", required=False, type=click.Path(path_type=Path))
@click.option(
    "--output", type=click.Path(dir_okay=False, path_type=Path), help="Where to write it; nothing is overwritten."
)
def lia(business: Path | None, output: Path | None) -> None:
    """Draft the legitimate-interest assessment of the business in the file BUSINESS.

    In the UK and the EEA the answer to a missed call rests on a legitimate interest, which has to be weighed and
    written down first. The draft says what is sent, when and how often, how people opt out, who handles their
    data and for how long; a person answers what is left open, reviews it and signs. Its last lines say what to
    write into the business file: until then `recovery check` names it as missing and `recovery serve` does not
    start. It is a form and not legal advice.

    BUSINESS may be left out where there is only one.
    """
    file = business or _only()
    found = load_business(_file(file), environment(), assessed=False)
    place = output or Path(f"assessment-{found.id}.md")
    text = draft(found, document=_seen_from(place, found.source) if output else place.name)
    if output is None:
        click.echo(text, nl=False)
    else:
        try:
            with output.open("x", encoding="utf-8") as paper:
                paper.write(text)
        except FileExistsError:
            raise click.ClickException(f"{output} exists already; choose another --output, or move it away") from None
        click.echo(f"wrote {output}; a person answers what begins with Yours, reviews and signs it", err=True)
    if not needs_assessment(found.preset, found.region):
        click.echo(f"note: {found.id} starts without one: the GDPR does not hold in {found.region}", err=True)


def _only() -> Path:
    return Path(environment().get(f"{PREFIX}BUSINESSES") or "businesses")


def _file(place: Path) -> Path:
    files = business_files(place)
    if len(files) != 1:
        known = ", ".join(str(file) for file in files)
        raise click.UsageError(f"say which business file; there are: {known}")
    return files[0]


def _seen_from(paper: Path, business: str) -> str:
    """The paper's path as the business file would write it."""
    return Path(os.path.relpath(paper, Path(business).parent)).as_posix()
