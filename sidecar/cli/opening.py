"""What the operator's commands share: the sidecar's parts, unstarted, and which business is meant."""

from __future__ import annotations

import contextlib
import json
import sys
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sidecar.app import Sidecar
    from sidecar.config.business import Business, Businesses

T = TypeVar("T")

in_business = click.option(
    "--business", "business_id", metavar="ID", help="Which business; not needed where there is only one."
)
among_businesses = click.option(
    "--business", "business_id", metavar="ID", help="Only this business. Left out: all of them."
)
as_json = click.option("--json", "in_json", is_flag=True, help="Print JSON, with times in UTC.")


@contextlib.contextmanager
def opened() -> Iterator[Sidecar]:
    """The parts on the configured database, beside a ``serve`` that may be running; nothing is started.

    Raises:
        ClickException: the database is missing, behind or does not answer, or what was asked cannot be done.
        ConfigError: settings or a business file are wrong.
    """
    from sqlalchemy.exc import SQLAlchemyError

    from sidecar.app import build
    from sidecar.cli.check import database_findings
    from sidecar.config.settings import load_settings
    from sidecar.engine.results import EngineError

    _log_to_stderr()
    settings = load_settings()
    for finding in database_findings(settings.database_url.get_secret_value()):
        if finding.level == "error":
            raise click.ClickException(f"the database: {finding.message}; {finding.remedy}")
    sidecar = build(settings)
    try:
        yield sidecar
    except EngineError as error:
        raise click.ClickException(f"{error}; {error.remedy}" if error.remedy else str(error)) from error
    except SQLAlchemyError as error:
        raise click.ClickException(f"the database does not answer: {reason_of(error)}") from error
    finally:
        sidecar.close()


def _log_to_stderr() -> None:
    """A line of the log must not stand in the midst of what is printed; structlog prints it there by default."""
    import structlog

    if not structlog.is_configured():
        structlog.configure(logger_factory=lambda *_: structlog.PrintLogger(sys.stderr))


def reason_of(error: Exception) -> str:
    """A database error in one line, without the statement and its values."""
    return str(getattr(error, "orig", None) or error).strip().splitlines()[0]


def _called(businesses: Businesses, business_id: str) -> Business:
    """The business with that id."""
    business = businesses.get(business_id)
    if business is None:
        known = ", ".join(found.id for found in businesses)
        raise click.BadParameter(f"no business {business_id!r}; there are: {known}", param_hint="--business")
    return business


def chosen(businesses: Businesses, business_id: str | None) -> Business:
    """The business that is meant: the one named, or the only one."""
    if business_id is not None:
        return _called(businesses, business_id)
    if len(businesses) != 1:
        known = ", ".join(found.id for found in businesses)
        raise click.UsageError(f"say which business with --business; there are: {known}")
    return next(iter(businesses))


def among(businesses: Businesses, business_id: str | None) -> list[Business]:
    """The business named, or all of them."""
    return list(businesses) if business_id is None else [_called(businesses, business_id)]


def first_among(businesses: list[Business], look: Callable[[Business], T | None]) -> tuple[Business, T] | None:
    """The business in which something (an id) is found, and what was found."""
    return next(((business, found) for business in businesses if (found := look(business))), None)


def read_number(business: Business, typed: str) -> str:
    """E.164 of a number as somebody typed it; without a country it is one of the business's region."""
    from sidecar.engine.people import read_phone
    from sidecar.engine.results import Invalid

    try:
        return read_phone(business, typed)
    except Invalid as error:
        raise click.BadParameter(f"{error}; {error.remedy}", param_hint="the phone number") from error


def print_json(value: Any) -> None:
    """One JSON document on standard output."""
    click.echo(json.dumps(value, indent=2, ensure_ascii=False, default=str))
