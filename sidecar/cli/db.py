"""``recovery db``: the database's schema."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import click

from sidecar.cli.taught import TaughtGroup

if TYPE_CHECKING:
    from collections.abc import Iterator


def _url() -> str:
    from sidecar.config.settings import load_settings

    return load_settings().database_url.get_secret_value()


@click.group(cls=TaughtGroup, examples=("recovery db upgrade",))
def db() -> None:
    """The database: SQLite on one machine, PostgreSQL beyond it. RECOVERY_DATABASE_URL says which."""


@db.command(examples=("recovery db upgrade",))
def upgrade() -> None:
    """Bring the schema up to date, or make it.

    Safe to run again, and beside a running sidecar of the version before.
    """
    from sidecar.store import migrate

    url = _url()
    with _legible():
        missing = migrate.pending(url)
        migrate.upgrade(url)
    click.echo(f"applied {', '.join(missing)}" if missing else "up to date")


@db.command(examples=("recovery db status || recovery db upgrade",))
@click.pass_context
def status(context: click.Context) -> None:
    """Say whether the database answers and which migrations are missing; ends with 1 where it is not ready."""
    from sidecar.cli.check import database_findings

    found = database_findings(_url())
    for finding in found:
        click.echo(f"{finding.message}; {finding.remedy}" if finding.remedy else finding.message)
    context.exit(1 if any(finding.level == "error" for finding in found) else 0)


@contextlib.contextmanager
def _legible() -> Iterator[None]:
    """The database's own complaints as sentences."""
    from alembic.util import CommandError
    from sqlalchemy.exc import SQLAlchemyError

    from sidecar.cli.opening import reason_of

    try:
        yield
    except SQLAlchemyError as error:
        remedy = "see that it runs, that RECOVERY_DATABASE_URL is right, and that its folder may be written to"
        raise click.ClickException(f"the database does not answer: {reason_of(error)}; {remedy}") from error
    except CommandError as error:
        remedy = "was it made by a newer version? Install that one"
        raise click.ClickException(f"the database's schema is not one of ours: {error}; {remedy}") from error
