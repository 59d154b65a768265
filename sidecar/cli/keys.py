"""``recovery keys``: API keys for flows and people, and the secret by which staff webhooks are checked."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import click

from sidecar.cli.opening import as_json, chosen, in_business, opened, print_json
from sidecar.cli.taught import TaughtGroup
from sidecar.web.keys import FLOW_SCOPES, SCOPES

if TYPE_CHECKING:
    from datetime import datetime

    from sidecar.app import Sidecar


@click.group(
    cls=TaughtGroup,
    examples=('recovery keys create "n8n of Hartley" --business hartley', "recovery keys list"),
)
def keys() -> None:
    """API keys: hashed at rest, each for the businesses and scopes that it names."""


@keys.command(
    examples=(
        'recovery keys create "n8n of Hartley" --business hartley',
        'recovery keys create "agency" --every-business --all-scopes --days 90',
        'recovery keys create "reports" --scope read',
        'KEY=$(recovery keys create "n8n")     the secret alone goes to standard output',
    ),
    epilog="\b\nScopes:\n" + "\n".join(f"  {scope:<8} {meaning}" for scope, meaning in SCOPES.items()),
)
@click.argument("name")
@click.option("--business", "businesses", multiple=True, metavar="ID", help="A business it may act for; repeatable.")
@click.option("--every-business", is_flag=True, help="An agency's key, for all businesses, later ones too.")
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    type=click.Choice(list(SCOPES)),
    help=f"Repeatable. Default: what a flow needs ({', '.join(FLOW_SCOPES)}).",
)
@click.option("--all-scopes", is_flag=True, help="Everything, an operator's hand and later scopes too.")
@click.option("--days", type=click.IntRange(1, 36_500), help="Good for so many days. Default: until revoked.")
def create(
    name: str,
    businesses: tuple[str, ...],
    scopes: tuple[str, ...],
    days: int | None,
    *,
    every_business: bool,
    all_scopes: bool,
) -> None:
    """Make a key called NAME and print its secret, this once."""
    if all_scopes and scopes:
        raise click.UsageError("--all-scopes and --scope exclude each other")
    allowed = ["*"] if all_scopes else list(dict.fromkeys(scopes)) or list(FLOW_SCOPES)
    with opened() as sidecar:
        entitled = _entitled(sidecar, businesses, every_business=every_business)
        expires = sidecar.clock.now() + timedelta(days=days) if days else None
        key_id, secret = sidecar.keys.create(name, entitled, allowed, expires)
    whom = "every business" if every_business else ", ".join(entitled)
    click.echo(f"{key_id} ({name}) may {'do everything' if all_scopes else ', '.join(allowed)} for {whom}.", err=True)
    click.echo("Keep its secret now; it is stored nowhere and not shown again:", err=True)
    click.echo(secret)


def _entitled(sidecar: Sidecar, businesses: tuple[str, ...], *, every_business: bool) -> list[str]:
    known = sorted(business.id for business in sidecar.businesses)
    unknown = sorted(set(businesses) - set(known))
    if unknown:
        raise click.BadParameter(f"no business {unknown[0]!r}; there are: {', '.join(known)}", param_hint="--business")
    if every_business and businesses:
        raise click.UsageError("--every-business and --business exclude each other")
    if not businesses and not every_business and len(known) > 1:
        raise click.UsageError(f"say for whom: --every-business, or --business with some of {', '.join(known)}")
    return ["*"] if every_business else list(dict.fromkeys(businesses)) or known


@keys.command("list", examples=("recovery keys list", "recovery keys list --json"))
@as_json
def listing(*, in_json: bool) -> None:
    """Every key, without its secret: id, whether it is good, name, for whom, for what."""
    with opened() as sidecar:
        found, now = sidecar.keys.list(), sidecar.clock.now()
    if in_json:
        print_json([{name: row[name] for name in row if name != "key_hash"} for row in found])
        return
    from sidecar.cli.terminal import print_columns

    rows = [(row["key_id"], _state(row, now), row["name"], _whom(row), _what(row)) for row in found]
    if rows:
        print_columns(rows, head=("key", "state", "name", "businesses", "scopes"))
    else:
        click.echo('No keys yet. Make one: recovery keys create "n8n"', err=True)


def _state(row: Any, now: datetime) -> str:
    if row["revoked_at"]:
        return "revoked"
    if row["expires_at"] is None:
        return "good"
    return "expired" if row["expires_at"] <= now else f"good until {row['expires_at']:%Y-%m-%d}"


def _whom(row: Any) -> str:
    return "all" if "*" in row["businesses"] else ", ".join(row["businesses"])


def _what(row: Any) -> str:
    return "all" if "*" in row["scopes"] else ", ".join(row["scopes"])


@keys.command(examples=("recovery keys revoke key_019f3c5a1b2c0001a1b2c3d4e5f6",))
@click.argument("key_id")
def revoke(key_id: str) -> None:
    """Make the key KEY_ID useless at once."""
    with opened() as sidecar:
        if not sidecar.keys.revoke(key_id):
            raise click.ClickException(f"no key {key_id} in use; `recovery keys list` shows them")
    click.echo(f"{key_id} is revoked")


@keys.command("staff-webhook", examples=("recovery keys staff-webhook --business hartley",))
@in_business
def staff_webhook(business_id: str | None) -> None:
    """Print the secret (whsec_…) by which the receiver of a business's staff webhook checks our signature.

    Alerts are signed by Standard Webhooks. The secret follows from RECOVERY_SECRET and the business's id: nothing is
    stored, and it changes when RECOVERY_SECRET does.
    """
    from sidecar.channels.staff import webhook_secret
    from sidecar.config.loader import load_businesses
    from sidecar.config.settings import environment, load_settings

    environ = environment()
    settings = load_settings(environ)
    business = chosen(load_businesses(settings.businesses, environ), business_id)
    if not any(member.webhook for member in business.staff):
        click.echo(f"(Nobody in the staff of {business.id} has a `webhook:` yet.)", err=True)
    click.echo(webhook_secret(settings.secret.get_secret_value(), business.id))
