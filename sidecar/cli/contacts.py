"""``recovery contacts``: what is on record about a person, and their STOP or START by other means."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import click

from sidecar.cli.opening import among, among_businesses, as_json, chosen, in_business, opened, print_json, read_number
from sidecar.cli.taught import TaughtGroup

if TYPE_CHECKING:
    from sidecar.app import Sidecar
    from sidecar.config.business import Business


@click.group(
    cls=TaughtGroup,
    examples=(
        'recovery contacts show "+44 7700 900123"',
        'recovery contacts opt-out "+44 7700 900123" --evidence "told Sam on the phone"',
    ),
)
def contacts() -> None:
    """People of a business: what is on record about them."""


@contacts.command("list", examples=("recovery contacts list --limit 10", "recovery contacts list --json"))
@among_businesses
@click.option("--limit", type=click.IntRange(1, 1000), default=50, show_default=True)
@as_json
def listing(business_id: str | None, limit: int, *, in_json: bool) -> None:
    """People, newest first, with their numbers masked; `recovery contacts show` takes their ids."""
    with opened() as sidecar:
        businesses = among(sidecar.businesses, business_id)
        found = sidecar.timeline.people([business.id for business in businesses], limit=limit)
    if in_json:
        print_json(found)
        return
    _print_list(businesses, found)
    if not found:
        click.echo("Nobody yet: a person is on record from their first missed call or message.", err=True)


def _print_list(businesses: list[Business], found: list[dict[str, Any]]) -> None:
    from sidecar.cli.terminal import print_columns

    for business in businesses:
        rows = [_row(row, ZoneInfo(business.zone)) for row in found if row["business_id"] == business.id]
        if rows:
            if len(businesses) > 1:
                click.echo(f"{business.id}:")
            print_columns(rows, head=("contact", "number", "last call", "now", "name"))


def _row(row: dict[str, Any], zone: ZoneInfo) -> tuple[str, ...]:
    called = row["last_call_at"]
    last = f"{datetime.fromisoformat(called).astimezone(zone):%Y-%m-%d %H:%M}" if called else "-"
    state = "opted out" if row["suppressed"] else row["under_way"] or "-"
    name = " ".join(part for part in (row["first_name"], row["last_name"]) if part)
    return row["contact_id"], row["phone"] or "-", last, state, name


@contacts.command(
    examples=(
        'recovery contacts show "+44 7700 900123"',
        "recovery contacts show con_019f3c5a1b2c0001a1b2c3d4e5f6 --json",
    )
)
@click.argument("who")
@among_businesses
@as_json
def show(who: str, business_id: str | None, *, in_json: bool) -> None:
    """Everything about a person, in order: why was this text sent?

    WHO is their phone number (without a country it is read in the business's region) or an id from
    `recovery contacts list`. What they wrote stands between what we did. Times are those of the business.
    """
    with opened() as sidecar:
        business, person = one_person(sidecar, business_id, who)
    if in_json:
        print_json(person)
    else:
        from sidecar.cli.telling import tell_person

        tell_person(business, person)


def one_person(sidecar: Sidecar, business_id: str | None, who: str) -> tuple[Business, dict[str, Any]]:
    """The person with that number or id, in the business that knows them.

    Raises:
        click.ClickException: nobody has it.
        click.UsageError: several businesses know them, and none was named.
    """
    found = _found(sidecar, among(sidecar.businesses, business_id), who)
    if not found:
        raise click.ClickException(
            f"nobody with this {_kind(who)} has called or written; `recovery contacts list` shows who has"
        )
    if len(found) > 1:
        known = ", ".join(business.id for business, _ in found)
        raise click.UsageError(f"several businesses know this {_kind(who)}: say which with --business: {known}")
    return found[0]


def _kind(who: str) -> str:
    return "id" if who.startswith("con_") else "email" if "@" in who else "number"


def _found(sidecar: Sidecar, businesses: list[Business], who: str) -> list[tuple[Business, dict[str, Any]]]:
    """The person in each business that knows them."""
    found = []
    for business in businesses:
        contact_id = _contact_id(sidecar, business, who)
        person = sidecar.timeline.person(business.id, contact_id) if contact_id else None
        if person is not None:
            found.append((business, person))
    return found


def _contact_id(sidecar: Sidecar, business: Business, who: str) -> str | None:
    """Whose id, email or number that is in a business."""
    if who.startswith("con_"):
        return who
    if "@" not in who:
        return sidecar.timeline.contact_with(business.id, read_number(business, who))
    found = sidecar.timeline.contacts_with_email(business.id, who)
    if len(found) > 1:
        raise click.UsageError(f"several people share this mailbox: say which by id: {', '.join(found)}")
    return found[0] if found else None


@contacts.command(
    "opt-out", examples=('recovery contacts opt-out "+44 7700 900123" --evidence "told Sam on the phone"',)
)
@click.argument("phone")
@click.option("--evidence", default="", help='How you know: "told Sam on the phone".')
@in_business
def opt_out(phone: str, evidence: str, business_id: str | None) -> None:
    """STOP for the person with the number PHONE: nothing more on any channel, from any flow.

    Their sequence is closed. A number that never called is suppressed too.
    """
    with opened() as sidecar:
        business = chosen(sidecar.businesses, business_id)
        number = read_number(business, phone)
        result = sidecar.intake.opt_out(business, phone=number, source="operator", evidence=evidence)
    click.echo("opted out" if result.changed else "was opted out already")
    if result.in_flight:
        click.echo(f"Under way already, and not to be stopped: {', '.join(result.in_flight)}", err=True)


@contacts.command(
    "opt-in", examples=('recovery contacts opt-in "+44 7700 900123" --evidence "asked by email on 3 May"',)
)
@click.argument("phone")
@click.option("--evidence", required=True, help='How you know: "asked by email on 3 May".')
@in_business
def opt_in(phone: str, evidence: str, business_id: str | None) -> None:
    """START for the person with the number PHONE: lifts their STOP, and reopens nothing."""
    with opened() as sidecar:
        business = chosen(sidecar.businesses, business_id)
        number = read_number(business, phone)
        result = sidecar.intake.opt_in(business, phone=number, source="operator", evidence=evidence)
    click.echo("opted in" if result.changed else "was not opted out")


@contacts.command(examples=('recovery contacts export "+44 7700 900123"   > maya.json',))
@click.argument("who")
@among_businesses
def export(who: str, business_id: str | None) -> None:
    """Everything on record about one person as JSON: the answer to their request for access.

    WHO is a phone number, an email or an id from `recovery contacts list`. Times are in UTC. Not in it: what the CRM
    and the providers (Twilio, Retell, your mailbox) keep themselves.
    """
    with opened() as sidecar:
        business, person = one_person(sidecar, business_id, who)
        kept = sidecar.timeline.export(business.id, person)
        now = sidecar.clock.now().isoformat()
    print_json({"exported_at": now, "business": {"id": business.id, "name": business.name}, **kept})


@contacts.command(
    examples=('recovery contacts forget "+44 7700 900123"', 'recovery contacts forget "+44 7700 900123" --yes')
)
@click.argument("who")
@in_business
@click.option("--yes", is_flag=True, help="Do not ask.")
def forget(who: str, business_id: str | None, *, yes: bool) -> None:
    """Remove what is personal about one person, for good: their request for erasure.

    Their follow-up is closed first. Words, names, numbers and emails go from every table, ids and counts stay. A STOP
    of theirs stays in force on every channel: it is kept as a keyed hash (HMAC under RECOVERY_SECRET), from which
    nobody reads a number; START lifts it. Not touched: what the CRM and the providers keep themselves, and backups.

    WHO is a phone number, an email or an id from `recovery contacts list`. Doing it twice does no harm.
    """
    with opened() as sidecar:
        business = chosen(sidecar.businesses, business_id)
        found = _found(sidecar, [business], who)
        if not found:
            click.echo(_nothing_on_record(sidecar, business, who))
            return
        [(_, person)] = found
        if not yes:
            what = f"{len(person['calls'])} calls, {len(person['messages'])} messages"
            click.confirm(f"Forget {person['contact_id']} ({what}) for good?", abort=True)
        counted = sidecar.forgetting.forget(business, person["contact_id"])
    click.echo("forgotten: " + ", ".join(f"{count} {what}" for what, count in counted.items()))
    if person["suppressed"]:
        click.echo("Their STOP stays in force, as a keyed hash.")
    if person["crm_id"]:
        click.echo(f"The CRM keeps record {person['crm_id']}: remove it there too, if that is asked.", err=True)


def _nothing_on_record(sidecar: Sidecar, business: Business, who: str) -> str:
    said = "nothing is on record about them"
    stopped = None
    if "@" in who:
        stopped = sidecar.forgetting.stop_of(business, "email", who.strip().lower())
    elif not who.startswith("con_"):
        stopped = sidecar.forgetting.stop_of(business, "phone", read_number(business, who))
    return f"{said} but a STOP of {stopped:%Y-%m-%d}, which stays in force" if stopped else said
