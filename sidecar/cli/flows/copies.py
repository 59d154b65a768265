"""``recovery flows list`` and ``export``: what ships, and one business's own copies of it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from sidecar.cli.opening import as_json, in_business, print_json
from sidecar.cli.taught import Taught
from sidecar.errors import ConfigError

if TYPE_CHECKING:
    from sidecar.config.business import Business
    from sidecar.flows.catalogue import ShippedFlow
    from sidecar.flows.stamping import Stamp


@click.command(
    "list",
    cls=Taught,
    short_help="What ships, and what each is for.",
    examples=("recovery flows list", "recovery flows list --json"),
)
@as_json
def list_flows(*, in_json: bool) -> None:
    """What ships: each flow, what it is for, and the webhook paths on which n8n is called."""
    from sidecar.flows.catalogue import shipped_flows

    found = shipped_flows()
    if in_json:
        print_json(
            [
                {
                    "flow": flow.key,
                    "name": flow.name,
                    "purpose": flow.purpose,
                    "webhooks": [one.shown for one in flow.webhooks],
                    "file": flow.document.file,
                }
                for flow in found
            ]
        )
        return
    if not found:
        click.echo("This version ships no flows: the sidecar drives its sequences by itself.", err=True)
        return
    from sidecar.cli.terminal import print_columns

    rows = [(flow.key, ", ".join(one.shown for one in flow.webhooks) or "-", flow.purpose) for flow in found]
    print_columns(rows, head=("flow", "called at", "what for"))


@click.command(
    cls=Taught,
    short_help="A business's own copies, ready to import.",
    examples=(
        "recovery flows export --all --business hartley --output hartley/",
        "recovery flows export n8n/missed-call-recovery --output hartley/",
        'recovery flows export n8n/replies --set ai=draft --credential "Recovery Hartley"',
        "recovery flows export make/sequence-driver make/replies --http v3",
    ),
)
@click.argument("names", nargs=-1, metavar="[FLOW]…")
@click.option("--all", "everything", is_flag=True, help="Every flow that ships.")
@in_business
@click.option(
    "--output",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path(),
    help="Folder to write to; made if it is not there. Default: this one.",
)
@click.option("--set", "given", multiple=True, metavar="NAME=VALUE", help="Another value for Settings; repeatable.")
@click.option("--prefix", metavar="TEXT", help="In front of each webhook path. Default: the business's id.")
@click.option("--credential", default="", metavar="NAME", help="The n8n credential that will hold this business's key.")
@click.option(
    "--http",
    type=click.Choice(["v3", "v4"]),
    default="v4",
    show_default=True,
    help="Version of Make's HTTP modules, for editors that do not have the new one.",
)
@click.option("--force", is_flag=True, help="Write over copies that are there.")
def export(
    names: tuple[str, ...],
    business_id: str | None,
    output: Path,
    given: tuple[str, ...],
    prefix: str | None,
    credential: str,
    http: str,
    *,
    everything: bool,
    force: bool,
) -> None:
    """Write a business's own copy of FLOW (as `recovery flows list` shows it): ready to import.

    A copy has the sidecar's address, the business's id, name and language, a tag, and webhook paths of its own, so
    that many clients share one n8n. It never holds a secret: pick the key after the import.
    """
    from sidecar.flows.catalogue import shipped_flows

    shipped = shipped_flows()
    wanted = _wanted(shipped, names, everything=everything)
    stamp = _stamp(business_id, given, prefix, credential, wanted)
    copies = {
        output / f"{stamp.business_id}-{flow.stem}{flow.ending}": content
        for flow, content in _copies(wanted, stamp, shipped, http)
    }
    there = [str(path) for path in copies if path.exists()]
    if there and not force:
        raise click.ClickException(
            f"{there[0]} is there already; --force writes over it, --output names another folder"
        )
    _refuse_clashes(output, copies)
    _write(output, copies)


def _wanted(shipped: list[ShippedFlow], names: tuple[str, ...], *, everything: bool) -> list[ShippedFlow]:
    known = ", ".join(flow.key for flow in shipped) or "none; this version ships no flows"
    if everything and names:
        raise click.UsageError("--all and the name of a flow exclude each other")
    if everything or not names:
        if not everything:
            raise click.UsageError(f"Say which: --all, or some of {known}.")
        if not shipped:
            raise click.ClickException("this version ships no flows; `recovery flows list` shows what there is")
        return shipped
    wanted: dict[str, ShippedFlow] = {}
    for name in names:
        meant = [flow for flow in shipped if name in {flow.key, flow.stem}]
        if not meant:
            raise click.BadParameter(f"there is no flow {name!r}; there are: {known}", param_hint="FLOW")
        if len(meant) > 1:
            raise click.BadParameter(f"say which: {' or '.join(flow.key for flow in meant)}", param_hint="FLOW")
        wanted[meant[0].key] = meant[0]
    return list(wanted.values())


def _stamp(
    business_id: str | None,
    given: tuple[str, ...],
    prefix: str | None,
    credential: str,
    wanted: list[ShippedFlow],
) -> Stamp:
    from sidecar.cli.opening import chosen
    from sidecar.config.loader import load_businesses
    from sidecar.config.settings import environment, load_settings
    from sidecar.flows.stamping import Stamp, unknown_settings

    own = _assignments(given)
    unknown, known = unknown_settings(own, wanted)
    if unknown:
        there = f"Settings has: {', '.join(known)}" if known else "these flows have no Settings"
        raise click.BadParameter(f"no value {unknown[0]!r}; {there}", param_hint="--set")
    environ = environment()
    settings = load_settings(environ)
    business = chosen(load_businesses(settings.businesses, environ), business_id)
    return Stamp(
        business_id=business.id,
        business_name=business.name,
        zone=business.zone,
        settings=_values(business, settings.public_url) | own,
        prefix=business.id if prefix is None else prefix.strip("/"),
        credential=credential,
        secrets=_secrets(business) | {"RECOVERY_SECRET": settings.secret.get_secret_value()},
    )


def _assignments(given: tuple[str, ...]) -> dict[str, str]:
    for one in given:
        if "=" not in one:
            raise click.BadParameter(f"{one!r} has no =; write NAME=VALUE", param_hint="--set")
        if one.partition("=")[2].strip().startswith(("rk_", "whsec_")):
            said = "this is a secret; make a credential (Bearer Auth) of it in n8n, or a key in Make's keychain"
            raise click.BadParameter(said, param_hint="--set")
    return {name.strip(): value for name, _, value in (one.partition("=") for one in given)}


def _values(business: Business, public_url: str) -> dict[str, str]:
    """What the Settings of a shipped flow may ask for, by its names."""
    first = business.staff[0] if business.staff else None
    return {
        "sidecar_url": public_url.rstrip("/"),
        "business": business.id,
        "business_id": business.id,
        "business_name": business.name,
        "agent_name": business.agent_name,
        "language": business.language,
        "region": business.region,
        "zone": business.zone,
        **({"staff_email": first.email} if first and first.email else {}),
    }


def _secrets(business: Business) -> dict[str, str]:
    """What a copy must never hold."""
    found = {
        "twilio.auth_token": business.twilio and business.twilio.auth_token,
        "retell.api_key": business.retell and business.retell.api_key,
        "hubspot.access_token": business.hubspot and business.hubspot.access_token,
        "hubspot.client_secret": business.hubspot and business.hubspot.client_secret,
        "smtp.password": business.smtp and business.smtp.password,
    }
    return {what: secret for what, secret in found.items() if secret}


def _copies(
    wanted: list[ShippedFlow], stamp: Stamp, shipped: list[ShippedFlow], http: str
) -> list[tuple[ShippedFlow, bytes]]:
    from sidecar.flows.http_v3 import with_http_v3
    from sidecar.flows.loading import text_of
    from sidecar.flows.stamping import stamped

    copies = []
    for flow in wanted:
        file, value = flow.document.file, stamped(flow, stamp, shipped)
        if http == "v3" and flow.document.platform == "make":
            value = with_http_v3(value, file)
        copies.append((flow, text_of(file, value)))
    return copies


def _refuse_clashes(output: Path, copies: dict[Path, bytes]) -> None:
    """Two workflows on one path: n8n publishes the first only, and the other's calls go to the wrong client."""
    from sidecar.errors import Mistake
    from sidecar.flows.loading import json_files, load
    from sidecar.flows.webhooks import clashes, webhooks, webhooks_within

    others = [path for path in json_files([str(output)]) if Path(path) not in copies] if output.is_dir() else []
    found = webhooks_within(others)
    for path, content in copies.items():
        found += [one for flow in load(str(path), content).flows if flow.platform == "n8n" for one in webhooks(flow)]
    mistakes = [
        Mistake(
            f"{second.shown} is the address of {first.node!r} in {first.file} too",
            "give another --prefix, or take the other workflow away",
            f"node {second.node!r}",
            None,
            second.file,
        )
        for first, second in clashes(found)
    ]
    if mistakes:
        raise ConfigError(mistakes)


def _write(output: Path, copies: dict[Path, bytes]) -> None:
    from sidecar.flows.loading import load, replace
    from sidecar.flows.webhooks import webhooks

    try:
        output.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise click.ClickException(f"{output}: cannot be made: {error.strerror}") from error
    for path, content in copies.items():
        replace(str(path), content)
        click.echo(str(path))
        for flow in load(str(path), content).flows:
            for one in webhooks(flow) if flow.platform == "n8n" else ():
                click.echo(f"  called at {one.shown}", err=True)
    click.echo(
        "Import them, pick this business's key (`recovery keys create`) where one is asked for, publish.", err=True
    )
