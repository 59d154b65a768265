"""``recovery sequences``: what is under way, why, and an operator's hand on it."""

from __future__ import annotations

from typing import Any

import click

from sidecar.cli.opening import as_json, chosen, in_business, opened, print_json
from sidecar.cli.story import tell


@click.group()
def sequences() -> None:
    """Sequences: one run of a playbook for one contact, opened by one missed call."""


@sequences.command("list")
@in_business
@click.option("--state", type=click.Choice(["open", "held", "closed"]), help="Only those in this state.")
@click.option("--limit", type=click.IntRange(1, 1000), default=50, show_default=True)
@as_json
def listing(business_id: str | None, state: str | None, limit: int, *, in_json: bool) -> None:
    """Sequences, newest first."""
    with opened() as sidecar:
        ids = [chosen(sidecar, business_id).id] if business_id else [found.id for found in sidecar.businesses]
        found = sidecar.timeline.listing(ids, state=state, limit=limit)
    if in_json:
        print_json(found)
        return
    for row in found:
        why = f" ({row['reason']})" if row["reason"] else ""
        click.echo(f"{row['sequence_id']}  {row['opened_at'][:16]}  {row['playbook']:20} {row['state']}{why}")
    if not found:
        click.echo("No sequences yet: one opens with the first missed call.", err=True)


@sequences.command()
@click.argument("sequence_id")
@in_business
@as_json
def show(sequence_id: str, business_id: str | None, *, in_json: bool) -> None:
    """Tell one sequence in order: what happened, what was decided and why, what was sent."""
    with opened() as sidecar:
        ids = [chosen(sidecar, business_id).id] if business_id else [found.id for found in sidecar.businesses]
        found = next((seen for each in ids if (seen := sidecar.timeline.sequence(each, sequence_id))), None)
    if found is None:
        raise click.ClickException(f"no sequence {sequence_id}; `recovery sequences list` shows them")
    if in_json:
        print_json(found)
    else:
        _print(found)


def _print(sequence: dict[str, Any]) -> None:
    why = f" ({sequence['reason']})" if sequence["reason"] else ""
    click.echo(f"{sequence['sequence_id']}  {sequence['playbook']}  {sequence['state']}{why}")
    for line in tell(sequence["events"], {touch["touch_id"]: touch for touch in sequence["touches"]}):
        click.echo(line)
    waiting = [step for step in sequence["steps"] if step["state"] == "planned"]
    for step in waiting:
        due = f"due {step['due_at'][:19]}" if step["due_at"] else "due when the step before it is done"
        click.echo(f"  still to come: {step['name']} by {step['channel']}, {due}")


@sequences.command()
@click.argument("sequence_id")
@click.option("--reason", default="operator", show_default=True)
@in_business
def close(sequence_id: str, reason: str, business_id: str | None) -> None:
    """Close a sequence: nothing more goes out of it."""
    with opened() as sidecar:
        sidecar.hand.close(chosen(sidecar, business_id), sequence_id, reason)
    click.echo(f"{sequence_id} is closed ({reason})")


@sequences.command()
@click.argument("sequence_id")
@click.option("--reason", default="operator", show_default=True)
@in_business
def hold(sequence_id: str, reason: str, business_id: str | None) -> None:
    """Hold a sequence: nothing goes out until it is resumed."""
    with opened() as sidecar:
        sidecar.hand.hold(chosen(sidecar, business_id), sequence_id, reason)
    click.echo(f"{sequence_id} is held ({reason})")


@sequences.command()
@click.argument("sequence_id")
@in_business
def resume(sequence_id: str, business_id: str | None) -> None:
    """Let a held sequence go on."""
    with opened() as sidecar:
        sidecar.hand.resume(chosen(sidecar, business_id), sequence_id)
    click.echo(f"{sequence_id} goes on")
