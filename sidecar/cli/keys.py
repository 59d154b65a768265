"""``recovery keys``: API keys for flows and people."""

from __future__ import annotations

from datetime import timedelta

import click

from sidecar.cli.opening import as_json, opened, print_json


@click.group()
def keys() -> None:
    """API keys: hashed at rest, each for the businesses and scopes that it names."""


@keys.command()
@click.argument("name")
@click.option("--business", "businesses", multiple=True, metavar="ID", help="A business it may act for; repeatable.")
@click.option("--every-business", is_flag=True, help="An agency's key, for all businesses.")
@click.option("--scope", "scopes", multiple=True, help="What it may do; repeatable. Default: everything.")
@click.option("--days", type=click.IntRange(1), help="Good for so many days. Default: until revoked.")
def create(
    name: str, businesses: tuple[str, ...], scopes: tuple[str, ...], days: int | None, *, every_business: bool
) -> None:
    r"""Make a key called NAME and print its secret, this once.

    \b
    Example: recovery keys create "n8n of Hartley" --business hartley
    """
    with opened() as sidecar:
        known = {business.id for business in sidecar.businesses}
        unknown = sorted(set(businesses) - known)
        if unknown:
            raise click.BadParameter(f"no business {unknown[0]!r}; there are: {', '.join(sorted(known))}")
        if not businesses and not every_business and len(known) > 1:
            raise click.UsageError(
                f"say for whom: --every-business, or --business with some of {', '.join(sorted(known))}"
            )
        entitled = ["*"] if every_business else list(businesses or known)
        expires = sidecar.clock.now() + timedelta(days=days) if days else None
        key_id, secret = sidecar.keys.create(name, entitled, list(scopes) or ["*"], expires)
    click.echo(f"{key_id}  {name}  for {', '.join(entitled)}", err=True)
    click.echo("Keep this; it is not shown again:", err=True)
    click.echo(secret)


@keys.command("list")
@as_json
def listing(*, in_json: bool) -> None:
    """Every key, without its secret."""
    with opened() as sidecar:
        found = sidecar.keys.list()
    if in_json:
        print_json([{name: row[name] for name in row if name != "key_hash"} for row in found])
        return
    for row in found:
        state = "revoked" if row["revoked_at"] else "good"
        click.echo(f"{row['key_id']}  {state:8} {row['name']}  for {', '.join(row['businesses'])}")
    if not found:
        click.echo("No keys yet. Make one: recovery keys create NAME", err=True)


@keys.command()
@click.argument("key_id")
def revoke(key_id: str) -> None:
    """Make the key KEY_ID useless at once."""
    with opened() as sidecar:
        if not sidecar.keys.revoke(key_id):
            raise click.ClickException(f"no key {key_id} in use; `recovery keys list` shows them")
    click.echo(f"{key_id} is revoked")
