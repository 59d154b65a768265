"""``recovery classify``: what a text means for being contacted, as the sidecar reads it."""

from __future__ import annotations

import sys
from io import TextIOWrapper
from typing import TYPE_CHECKING

import click

from sidecar.cli.taught import Taught

if TYPE_CHECKING:
    from collections.abc import Iterator

MEANINGS = {
    "opt_out": "stop: nothing more on any channel",
    "opt_in": "START: they may be written to again",
    "help": "who are you: answered with the company, its number and how to stop",
    "unclear": "perhaps stop: their sequence is held, and a person is asked to read it",
    "none": "an ordinary reply",
}


@click.command(
    cls=Taught,
    epilog="\b\nAnswers:\n" + "\n".join(f"  {word:<8} {meaning}" for word, meaning in MEANINGS.items()),
    examples=(
        'recovery classify "please take me off your list"    opt_out',
        'recovery classify --why "can you stop the leak?"    none, and by which rule',
        "recovery classify < replies.txt                     a word for each line",
        'recovery classify -- "-stop-"                       a text that begins with a hyphen',
    ),
)
@click.argument("text", nargs=-1)
@click.option("--why", is_flag=True, help="Add the name of the rule that decided, after a tab.")
def classify(text: tuple[str, ...], *, why: bool) -> None:
    """Say in one word what TEXT asks of us: `opt_out`, `opt_in`, `help`, `unclear` or `none`.

    Without TEXT one phrase a line is read from standard input, and each is answered by a line as soon as it is there.
    English and French, as customers write, and plain Spanish. Needs no business, no database and no network.
    """
    from sidecar.domain.optout import classify_reason

    for phrase in (" ".join(text),) if text else _lines():
        intent, rule = classify_reason(phrase)
        click.echo(f"{intent}\t{rule}" if why else intent)


def _lines() -> Iterator[str]:
    """Standard input, a line at a time as it comes; a carriage return inside a line ends none."""
    stream = sys.stdin
    if isinstance(stream, TextIOWrapper):
        if stream.isatty():
            click.echo("One phrase a line; end with Ctrl-D.", err=True)
        stream.reconfigure(encoding="utf-8", errors="replace", newline="\n")
    yield from stream
