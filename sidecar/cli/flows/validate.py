"""``recovery flows validate --live``: what Make itself says of a blueprint."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from sidecar.cli.flows.n8n import key_of
from sidecar.cli.opening import as_json, print_json
from sidecar.cli.taught import Taught

if TYPE_CHECKING:
    from sidecar.platforms.asking import Platform


@click.command(
    cls=Taught,
    short_help="Ask Make whether it takes a blueprint.",
    epilog="The token (Make: Profile, API) is read from MAKE_API_TOKEN, and the address of a proxy from MAKE_BASE_URL, "
    "in the environment or in .env.",
    examples=(
        "recovery flows validate --live --zone eu2 make-blueprints/",
        "recovery flows validate --live --zone us1 hartley/hartley-replies.blueprint.json --json",
    ),
)
@click.argument("paths", nargs=-1, required=True, metavar="PATH…")
@click.option("--live", is_flag=True, help="Send them to Make; without it nothing leaves this machine.")
@click.option("--zone", metavar="ZONE", help="Where your account is: eu1, eu2, us1, us2…")
@as_json
@click.pass_context
def validate(context: click.Context, paths: tuple[str, ...], zone: str | None, *, live: bool, in_json: bool) -> None:
    """Send the Make blueprints in PATH (files or folders) to Make's own validator, and say what it finds wrong.

    Nothing is stored there. Ends with 1 where Make would refuse one. `recovery lint` checks without an account.
    """
    from sidecar.flows.loading import json_files, load
    from sidecar.flows.tidying import tidy
    from sidecar.platforms.asking import AskedInVainError
    from sidecar.platforms.make import complaints

    if not live or zone is None:
        raise click.UsageError(
            "Say --live and --zone: this sends blueprints to Make. `recovery lint` checks them here."
        )
    blueprints = [flow for name in json_files(paths) for flow in load(name).flows if flow.platform == "make"]
    if not blueprints:
        raise click.UsageError(f"There is no Make blueprint in {', '.join(paths)}.")
    try:
        make = _make(zone)
        found = [(flow.file, complaints(make, tidy(flow))) for flow in blueprints]
    except AskedInVainError as error:
        raise click.ClickException(str(error)) from error
    if in_json:
        print_json([{"file": file, "valid": not said, "errors": said} for file, said in found])
    else:
        for file, said in found:
            click.echo("\n".join(f"{file}: {one}" for one in said or ["Make would take it"]))
    context.exit(1 if any(said for _, said in found) else 0)


def _make(zone: str) -> Platform:
    from sidecar.config.settings import environment
    from sidecar.platforms.make import KEY_VARIABLE, make_at

    token = key_of(KEY_VARIABLE, "make one in Make under Profile, API")
    return make_at(zone, token, environment().get("MAKE_BASE_URL", ""))
