"""``recovery consents``: what people allowed, with what shows it: import, export, list, add, withdraw."""

from __future__ import annotations

import csv
import os
import sys
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import click

from sidecar.cli.opening import as_json, chosen, in_business, opened, print_json, read_number
from sidecar.cli.taught import TaughtGroup

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sidecar.app import Sidecar
    from sidecar.config.business import Business
    from sidecar.domain.compliance import Channel
    from sidecar.engine.consents import Given
    from sidecar.record.consent_file import BadLine

BATCH = 200
"""Consents in one transaction: a missed call that comes meanwhile waits for one batch, some 0.1 s."""

SHOWN = 50
"""Bad lines that are printed; the others are counted."""

_CHANNELS = click.Choice(["sms", "voice", "email"])


@click.group(
    cls=TaughtGroup,
    examples=(
        "recovery consents import crm-export.csv --business hartley --dry-run",
        'recovery consents list "+44 7700 900123"',
        'recovery consents withdraw "+44 7700 900123" --channel voice --evidence "told Sam on the phone"',
    ),
)
def consents() -> None:
    """Consents: on what ground a person may be written to or rung, and what shows it.

    A missed call is one by itself (an inquiry). AI voice calls in the US and Canada, check-ins weeks later and
    marketing need more; `recovery check` says which steps of yours do.
    """


# ---------------------------------------------------------------- import


@consents.command(
    "import",
    examples=(
        "recovery consents import crm-export.csv --dry-run",
        "recovery consents import crm-export.csv --business hartley --skip-bad",
    ),
    epilog="""\b
Columns, named by the first line, in any order:
  phone         with its country; without one it is read in the business's region
  email         one of the two must be there; with both, the phone tells who it is
  basis         express (agreed in so many words), contract (a customer now), soft_opt_in (bought
                and was offered a way out: UK), inquiry (asked you something)
  channels      sms, voice, email: one or several, with spaces between
  purpose       service (default), or marketing, which covers service too
  given_at      2026-05-03 or 2026-05-03 14:30, in the business's time unless it names another
  expires_at    from when it holds no longer; may be empty
  withdrawn_at  when the person took it back; may be empty
  evidence      what shows it: "web form 4711"; where empty, the file's name and the line
""",
)
@click.argument("file", type=click.Path(dir_okay=False, allow_dash=True))
@click.option("--dry-run", is_flag=True, help="Read and check everything, write nothing.")
@click.option("--skip-bad", is_flag=True, help="Import the good lines. Default: one bad line, and nothing is written.")
@in_business
def import_(file: str, business_id: str | None, *, dry_run: bool, skip_bad: bool) -> None:
    """Put the consents of the CSV file FILE (- for standard input) on record.

    The same consent twice, in the file or on record, is one: run it again as often as you like. A consent that was
    given before the person's last STOP is kept as withdrawn; nobody who opted out is opted in.
    """
    with opened() as sidecar:
        business = chosen(sidecar.businesses, business_id)
        good, bad = _read(file, business, sidecar.clock.now())
        _tell_bad(bad)
        if bad and not skip_bad:
            told = "and nothing was imported: mend them, or import the others with --skip-bad"
            raise click.ClickException(f"{_count(len(bad), 'bad line')} of {len(good) + len(bad)}, {told}")
        if dry_run:
            click.echo(f"{_count(len(good), 'consent')} would be imported for {business.id}; nothing was written")
            return
        new = _imported(sidecar, business, good)
    known = f", {len(good) - new:,} on record already" if new < len(good) else ""
    skipped = f", {_count(len(bad), 'bad line')} left out" if bad else ""
    click.echo(f"{_count(new, 'consent')} imported for {business.id}{known}{skipped}")


def _count(number: int, thing: str) -> str:
    return f"{number:,} {thing}{'' if number == 1 else 's'}"


def _read(path: str, business: Business, now: datetime) -> tuple[list[Given], list[BadLine]]:
    from sidecar.record.consent_file import BadLine, UnreadableFileError, read

    name = "standard input" if path == "-" else Path(path).name
    try:
        with click.open_file(path, encoding="utf-8") as file:
            found = list(read(file, business, name=name, now=now))
    except UnreadableFileError as error:
        raise click.ClickException(f"{name}: {error}") from None
    except OSError as error:
        raise click.ClickException(f"{path} cannot be read: {error.strerror}") from None
    return [one for one in found if not isinstance(one, BadLine)], [one for one in found if isinstance(one, BadLine)]


def _tell_bad(bad: Sequence[BadLine]) -> None:
    for one in bad[:SHOWN]:
        field = f"{one.field}: " if one.field else ""
        click.echo(f"line {one.line}: {field}{one.message}; {one.remedy}", err=True)
    if len(bad) > SHOWN:
        click.echo(f"… and {_count(len(bad) - SHOWN, 'more bad line')}", err=True)


def _imported(sidecar: Sidecar, business: Business, good: Sequence[Given]) -> int:
    """Write in batches, and show how far it has come; how many were new."""
    new = done = 0
    try:
        with click.progressbar(length=len(good), label="Importing", file=sys.stderr, hidden=len(good) < BATCH) as bar:
            for start in range(0, len(good), BATCH):
                batch = good[start : start + BATCH]
                new += sidecar.intake.consents(business, batch, source="import")
                done += len(batch)
                bar.update(len(batch))
    finally:
        if done < len(good):
            told = "run the command again to go on: what is on record is not doubled"
            click.echo(f"\n{done:,} of {_count(len(good), 'consent')} are on record; {told}", err=True)
    return new


# ---------------------------------------------------------------- export


@consents.command(
    examples=(
        "recovery consents export --output consents.csv",
        "recovery consents export --business hartley | wc -l",
    )
)
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), help="A new file. Default: standard output.")
@in_business
def export(output: Path | None, business_id: str | None) -> None:
    """Every consent as CSV, in the columns that `recovery consents import` reads; what is withdrawn says so.

    It holds real phone numbers and addresses: keep it where only you can read it, and delete it when it has served.
    """
    with opened() as sidecar:
        business = chosen(sidecar.businesses, business_id)
        with _writing(output) as file:
            count = _export(sidecar, business, file)
    where = f" in {output}" if output else ""
    click.echo(f"{_count(count, 'consent')} of {business.id}{where}, with real phone numbers: keep them safe", err=True)


@contextmanager
def _writing(output: Path | None) -> Iterator[IO[str]]:
    """Standard output, or a new file that nobody else can read."""
    if output is None:
        yield sys.stdout
        return
    try:
        handle = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise click.ClickException(f"{output} is there already; delete it, or give another name") from None
    except OSError as error:
        raise click.ClickException(f"{output} cannot be written: {error.strerror}") from None
    with open(handle, "w", encoding="utf-8", newline="") as file:  # noqa: PTH123 - a handle, no path
        yield file


def _export(sidecar: Sidecar, business: Business, file: IO[str]) -> int:
    from sidecar.record.consent_file import COLUMNS, row_of
    from sidecar.store.consents import page

    writer, count, after = csv.writer(file, lineterminator="\n"), 0, ""
    writer.writerow(COLUMNS)
    while found := sidecar.store.read(lambda tx, after=after: page(tx, business.id, after=after)):  # type: ignore[misc]
        writer.writerows(row_of(*one) for one in found)
        count, after = count + len(found), found[-1][0].consent_id
    return count


# ---------------------------------------------------------------- one person


@consents.command("list", examples=('recovery consents list "+44 7700 900123"',))
@click.argument("phone")
@in_business
@as_json
def listing(phone: str, business_id: str | None, *, in_json: bool) -> None:
    """What the person with the number PHONE consented to, newest first, and what has become of it."""
    with opened() as sidecar:
        business = chosen(sidecar.businesses, business_id)
        contact_id = sidecar.timeline.contact_with(business.id, read_number(business, phone))
        if contact_id is None:
            raise click.ClickException("nobody with this number is on record; `recovery contacts list` shows who is")
        found = sidecar.timeline.consents(business, contact_id, sidecar.clock.now())
    if in_json:
        print_json(found)
        return
    _print(found, ZoneInfo(business.zone))


def _print(found: Sequence[dict[str, Any]], zone: ZoneInfo) -> None:
    from sidecar.cli.terminal import print_columns

    if not found:
        click.echo("No consent is on record: nothing but a person's own answer may go to them.", err=True)
        return
    head = ("consent", "ground", "for", "on", "given", "now", "what shows it")
    print_columns([_row(one, zone) for one in found], head=head)


def _row(one: dict[str, Any], zone: ZoneInfo) -> tuple[str, ...]:
    def day(field: str) -> str:
        return f"{datetime.fromisoformat(one[field]).astimezone(zone):%Y-%m-%d}"

    ends = f"until {day('ends_at')}" if one["ends_at"] else "no end"
    now = {"holds": ends, "expired": f"expired {day('ends_at')}" if one["ends_at"] else "expired"}
    fate = now.get(one["standing"]) or f"withdrawn {day('withdrawn_at')}"
    basis, channels = one["basis"].replace("_", " "), ", ".join(one["channels"])
    return one["consent_id"], basis, one["purpose"], channels, day("given_at"), fate, one["evidence"]


@consents.command(
    examples=('recovery consents withdraw "+44 7700 900123" --channel voice --evidence "told Sam on the phone"',)
)
@click.argument("phone")
@click.option("--consent", "consent_id", metavar="ID", help="This one only, as `recovery consents list` names it.")
@click.option("--channel", "channels", multiple=True, type=_CHANNELS, help="On this channel only; repeatable.")
@click.option("--evidence", required=True, help='How you know: "told Sam on the phone".')
@in_business
def withdraw(
    phone: str, consent_id: str | None, channels: tuple[Channel, ...], evidence: str, business_id: str | None
) -> None:
    """The person with the number PHONE takes consent back: all that they gave, or what the options name.

    This is no STOP: their next missed call is a new inquiry. Who wants to hear nothing more is opted out by
    `recovery contacts opt-out`.
    """
    if not evidence.strip():
        raise click.BadParameter("is empty; say how you know", param_hint="--evidence")
    with opened() as sidecar:
        business = chosen(sidecar.businesses, business_id)
        taken = sidecar.intake.withdraw(
            business,
            phone=read_number(business, phone),
            consent_id=consent_id,
            channels=frozenset(channels) or None,
            evidence=evidence,
            source="operator",
        )
    click.echo(f"{_count(len(taken), 'consent')} withdrawn" if taken else "nothing was left to withdraw")
