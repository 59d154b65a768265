"""``recovery deliveries``: what was given up, and another try."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import click

from sidecar.cli.opening import among, among_businesses, as_json, opened, print_json
from sidecar.cli.taught import TaughtGroup

if TYPE_CHECKING:
    from sidecar.config.business import Business


@click.group(
    cls=TaughtGroup,
    examples=("recovery deliveries dead", "recovery deliveries replay dlv_019f3c5a1b2c0001a1b2c3d4e5f6"),
)
def deliveries() -> None:
    """Deliveries: what is owed to flows, staff and the CRM; each is tried for a day."""


@deliveries.command(examples=("recovery deliveries dead", "recovery deliveries dead --business hartley --json"))
@among_businesses
@as_json
def dead(business_id: str | None, *, in_json: bool) -> None:
    """Deliveries that were given up: id, when, what, to whom, and the last reason."""
    with opened() as sidecar:
        found = [
            (business, dict(row))
            for business in among(sidecar.businesses, business_id)
            for row in sidecar.deliveries.dead(business)
        ]
    if in_json:
        print_json([row for _, row in found])
        return
    if not found:
        click.echo("None: everything was delivered or is still being tried.", err=True)
        return
    from sidecar.cli.terminal import print_columns

    print_columns([_row(business, row) for business, row in found], head=("delivery", "given up", "what", "to", "why"))


def _row(business: Business, row: dict[str, Any]) -> tuple[str, ...]:
    settled = row["settled_at"]
    when = f"{settled.astimezone(ZoneInfo(business.zone)):%Y-%m-%d %H:%M}" if settled else "-"
    return row["delivery_id"], when, row["kind"], row["target"], row["last_error"]


@deliveries.command(
    examples=(
        "recovery deliveries replay dlv_019f3c5a1b2c0001a1b2c3d4e5f6",
        "recovery deliveries replay --all     after an outage of the other side",
    )
)
@click.argument("delivery_id", required=False)
@click.option("--all", "everything", is_flag=True, help="Every dead delivery.")
@among_businesses
def replay(delivery_id: str | None, business_id: str | None, *, everything: bool) -> None:
    """Try DELIVERY_ID again, now, for another day."""
    if (delivery_id is None) != everything:
        raise click.UsageError("name one delivery, or say --all; `recovery deliveries dead` shows them")
    with opened() as sidecar:
        due = [
            row["delivery_id"]
            for business in among(sidecar.businesses, business_id)
            for row in sidecar.deliveries.dead(business)
            if everything or row["delivery_id"] == delivery_id
            if sidecar.deliveries.replay(business, row["delivery_id"])
        ]
    if not due and not everything:
        raise click.ClickException(f"no dead delivery {delivery_id}; `recovery deliveries dead` shows them")
    for found in due:
        click.echo(f"{found} is due now")
    if not due:
        click.echo("None: everything was delivered or is still being tried.", err=True)
