"""``recovery agents``: the AI voice agent as code."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from sidecar.cli.opening import as_json, chosen, in_business, print_json
from sidecar.cli.taught import TaughtGroup

if TYPE_CHECKING:
    from sidecar.channels.retell.agent import Deployed
    from sidecar.config.business import Business


@click.group(cls=TaughtGroup, examples=("recovery agents deploy",))
def agents() -> None:
    """The AI voice agent: its script is a file here (sidecar/agents), deployed to Retell."""


@agents.command(
    examples=("recovery agents deploy --business hartley", "recovery agents deploy callback --json"),
    epilog="The first time there is no agent id yet: give `retell.agent_id` any word, deploy, and put the printed id "
    "in its place.",
)
@click.argument("name", default="callback")
@in_business
@as_json
def deploy(name: str, business_id: str | None, *, in_json: bool) -> None:
    """Deploy the script NAME (default: callback) to the business's Retell account, and print the agent's id.

    Deploying the same again changes nothing. A change becomes a new published version; calls under way keep theirs.
    Needs no database.
    """
    business, deployed = _deployed(name, business_id)
    if in_json:
        print_json({"agent_id": deployed.agent_id, "version": deployed.version, "changed": deployed.changed})
        return
    done = "published" if deployed.changed else "unchanged"
    click.echo(f"{done}: {deployed.name}, version {deployed.version}", err=True)
    click.echo(f"agent_id: {deployed.agent_id}")
    if business.retell is not None and business.retell.agent_id != deployed.agent_id:
        click.echo(f"Put this id into `retell.agent_id` of {business.source}.", err=True)


def _deployed(name: str, business_id: str | None) -> tuple[Business, Deployed]:
    from sidecar.channels.port import ChannelError
    from sidecar.channels.retell.agent import deploy as deploy_script
    from sidecar.channels.retell.agent import shipped_script
    from sidecar.channels.retell.client import RetellClients
    from sidecar.config.loader import load_businesses
    from sidecar.config.settings import environment, load_settings

    script = shipped_script(_known(name))
    environ = environment()
    settings = load_settings(environ)
    business = chosen(load_businesses(settings.businesses, environ), business_id)
    clients = RetellClients()
    try:
        return business, deploy_script(clients, business, script, settings.public_url)
    except ChannelError as error:
        raise click.ClickException(f"{error}; {error.remedy}" if error.remedy else str(error)) from error
    finally:
        clients.close()


def _known(name: str) -> str:
    from sidecar.shipped import shipped

    names = sorted(path.stem for path in shipped("agents").glob("*.yaml"))
    if name not in names:
        raise click.BadParameter(f"no script {name!r}; there are: {', '.join(names)}", param_hint="NAME")
    return name
