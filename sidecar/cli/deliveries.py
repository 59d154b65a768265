"""``recovery deliveries``: what was given up, and another try."""

from __future__ import annotations

import click

from sidecar.cli.opening import as_json, chosen, in_business, opened, print_json


@click.group()
def deliveries() -> None:
    """Deliveries: what is owed to flows, staff and the CRM."""


@deliveries.command()
@in_business
@as_json
def dead(business_id: str | None, *, in_json: bool) -> None:
    """Deliveries that were given up after a day of trying."""
    with opened() as sidecar:
        found = [dict(row) for row in sidecar.deliveries.dead(chosen(sidecar, business_id))]
    if in_json:
        print_json(found)
        return
    for row in found:
        click.echo(f"{row['delivery_id']}  {row['kind']:12} {row['target']}  {row['last_error']}")
    if not found:
        click.echo("None: everything was delivered or is still being tried.", err=True)


@deliveries.command()
@click.argument("delivery_id")
@in_business
def replay(delivery_id: str, business_id: str | None) -> None:
    """Try DELIVERY_ID again, now, for another day."""
    with opened() as sidecar:
        if not sidecar.deliveries.replay(chosen(sidecar, business_id), delivery_id):
            raise click.ClickException(f"no dead delivery {delivery_id}; `recovery deliveries dead` shows them")
    click.echo(f"{delivery_id} is due now")
