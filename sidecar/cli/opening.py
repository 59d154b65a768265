"""What the operator's commands share: the sidecar's parts, unstarted, and which business is meant."""

from __future__ import annotations

import contextlib
import json
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sidecar.app import Sidecar
    from sidecar.config.business import Business

in_business = click.option(
    "--business", "business_id", metavar="ID", help="Which business; not needed where there is only one."
)
as_json = click.option("--json", "in_json", is_flag=True, help="Print JSON.")


@contextlib.contextmanager
def opened() -> Iterator[Sidecar]:
    """The parts on the configured database, beside a ``serve`` that may be running; nothing is started."""
    from sidecar.app import build
    from sidecar.config.settings import load_settings
    from sidecar.engine.results import EngineError

    sidecar = build(load_settings())
    try:
        yield sidecar
    except EngineError as error:
        raise click.ClickException(f"{error}. {error.remedy}" if error.remedy else str(error)) from error
    finally:
        sidecar.close()


def chosen(sidecar: Sidecar, business_id: str | None) -> Business:
    """The business that is meant: the one named, or the only one."""
    if business_id is not None:
        business = sidecar.businesses.get(business_id)
        if business is None:
            known = ", ".join(found.id for found in sidecar.businesses)
            raise click.BadParameter(f"no business {business_id!r}; there are: {known}", param_hint="--business")
        return business
    businesses = list(sidecar.businesses)
    if len(businesses) != 1:
        known = ", ".join(found.id for found in businesses)
        raise click.UsageError(f"say which business with --business: {known}")
    return businesses[0]


def print_json(value: Any) -> None:
    """One JSON document on standard output."""
    click.echo(json.dumps(value, indent=2, ensure_ascii=False, default=str))
