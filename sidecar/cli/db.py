"""``recovery db``: the database's schema."""

from __future__ import annotations

import sys

import click


def _url() -> str:
    from sidecar.config.settings import load_settings

    return load_settings().database_url.get_secret_value()


@click.group()
def db() -> None:
    """The database: SQLite on one machine, PostgreSQL beyond it."""


@db.command()
def upgrade() -> None:
    """Bring the schema up to date; safe to run again, and beside a running sidecar of the version before."""
    from sidecar.store import migrate

    url = _url()
    missing = migrate.pending(url)
    migrate.upgrade(url)
    click.echo(f"applied {', '.join(missing)}" if missing else "up to date")


@db.command()
def status() -> None:
    """Say which migrations are missing; exit 1 when some are."""
    from sidecar.store import migrate

    missing = migrate.pending(_url())
    click.echo("\n".join(f"missing: {name}" for name in missing) if missing else "up to date")
    sys.exit(1 if missing else 0)
