"""``recovery contacts``: what is on record about a person, and their STOP or START by other means."""

from __future__ import annotations

from typing import Any

import click

from sidecar.cli.opening import as_json, chosen, in_business, opened, print_json
from sidecar.cli.story import tell


@click.group()
def contacts() -> None:
    """People of a business: what is on record about them."""


@contacts.command()
@click.argument("phone")
@in_business
@as_json
def show(phone: str, business_id: str | None, *, in_json: bool) -> None:
    """Everything about the person with the number PHONE, in order: why was this text sent?"""
    from sidecar.engine.people import read_phone

    with opened() as sidecar:
        business = chosen(sidecar, business_id)
        found = sidecar.timeline.person(business.id, read_phone(business, phone))
    if found is None:
        raise click.ClickException("nobody with this number has called or written")
    if in_json:
        print_json(found)
    else:
        _print(found)


def _print(person: dict[str, Any]) -> None:
    name = " ".join(part for part in (person["first_name"], person["last_name"]) if part) or "name unknown"
    click.echo(f"{person['contact_id']}  {name}" + ("  OPTED OUT" if person["suppressed"] else ""))
    for address in person["addresses"]:
        note = f"  ({address['unreachable']})" if address["unreachable"] else ""
        click.echo(f"  {address['kind']:6} {address['address']}{note}")
    for consent in person["consents"]:
        until = f" until {consent['expires_at'][:10]}" if consent["expires_at"] else ""
        click.echo(f"  consent: {consent['basis']} since {consent['given_at'][:10]}{until}: {consent['evidence']}")
    touches = {touch["touch_id"]: touch for sequence in person["sequences"] for touch in sequence["touches"]}
    for line in tell(person["events"], touches):
        click.echo(line)


@contacts.command("opt-out")
@click.argument("phone")
@click.option("--evidence", default="", help="How you know: 'told Sam on the phone'.")
@in_business
def opt_out(phone: str, evidence: str, business_id: str | None) -> None:
    """STOP for the person with the number PHONE, on every channel."""
    with opened() as sidecar:
        result = sidecar.intake.opt_out(chosen(sidecar, business_id), phone=phone, source="operator", evidence=evidence)
    click.echo("opted out" if result.changed else "was opted out already")


@contacts.command("opt-in")
@click.argument("phone")
@click.option("--evidence", required=True, help="How you know: 'asked by email on 3 May'.")
@in_business
def opt_in(phone: str, evidence: str, business_id: str | None) -> None:
    """START for the person with the number PHONE; reopens nothing."""
    with opened() as sidecar:
        result = sidecar.intake.opt_in(chosen(sidecar, business_id), phone=phone, source="operator", evidence=evidence)
    click.echo("opted in" if result.changed else "was not opted out")
