"""``recovery senders``: numbers, words and playbooks that are on hold, and their release."""

from __future__ import annotations

import click

from sidecar.cli.opening import among, among_businesses, as_json, opened, print_json
from sidecar.cli.taught import TaughtGroup


@click.group(cls=TaughtGroup, examples=("recovery senders held", "recovery senders release +441174960123"))
def senders() -> None:
    """Senders: what is on hold until a person has seen to it.

    Numbers, mailboxes and words that a vendor refused, and playbooks by which too many people opted out.
    """


@senders.command(examples=("recovery senders held", "recovery senders held --business hartley --json"))
@among_businesses
@as_json
def held(business_id: str | None, *, in_json: bool) -> None:
    """What is on hold: the sender, `words:playbook/variant/step`, or `playbook:name`; and why."""
    with opened() as sidecar:
        found = [
            (business.id, what, code)
            for business in among(sidecar.businesses, business_id)
            for what, code in sidecar.hand.held(business)
        ]
    if in_json:
        print_json([{"business_id": whose, "held": what, "code": code} for whose, what, code in found])
        return
    if not found:
        click.echo("Nothing is on hold.", err=True)
        return
    from sidecar.cli.sayings import trouble
    from sidecar.cli.terminal import print_columns

    rows = [(whose, what, trouble("sms" if code.isdigit() else "", code)) for whose, what, code in found]
    print_columns(rows, head=("business", "on hold", "why"))


@senders.command(
    examples=(
        "recovery senders release +441174960123",
        "recovery senders release words:uk-three-layer/general/email",
        "recovery senders release playbook:uk-three-layer",
    )
)
@click.argument("what")
@among_businesses
def release(what: str, business_id: str | None) -> None:
    """Use WHAT again: a sender, words, or a playbook, as `recovery senders held` shows it.

    What waits for it looks within 10 minutes.
    """
    with opened() as sidecar:
        done = [
            business.id for business in among(sidecar.businesses, business_id) if sidecar.hand.release(business, what)
        ]
    if not done:
        raise click.ClickException(f"{what} is not on hold; `recovery senders held` shows what is")
    click.echo(f"{what} may be used again ({', '.join(done)})")
