"""``recovery agents``: the AI voice agent as code."""

from __future__ import annotations

import click

from sidecar.cli.opening import chosen, in_business, opened


@click.group()
def agents() -> None:
    """The AI voice agent: its script is a file here, deployed to Retell."""


@agents.command()
@click.argument("name", default="callback")
@in_business
def deploy(name: str, business_id: str | None) -> None:
    """Deploy the script NAME (default: callback) to the business's Retell account and print the agent's id."""
    from sidecar.channels.port import ChannelError
    from sidecar.channels.retell.agent import deploy as deploy_script
    from sidecar.channels.retell.agent import shipped_script

    with opened() as sidecar:
        business = chosen(sidecar, business_id)
        try:
            deployed = deploy_script(sidecar.retell, business, shipped_script(name), sidecar.settings.public_url)
        except ChannelError as error:
            raise click.ClickException(f"{error}. {error.remedy}") from error
    click.echo(f"agent_id: {deployed.agent_id}")
