"""``recovery sequences``: what is under way, why, and an operator's hand on it."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import click

from sidecar.cli.opening import among, among_businesses, as_json, first_among, opened, print_json
from sidecar.cli.taught import TaughtGroup

if TYPE_CHECKING:
    from sidecar.app import Sidecar
    from sidecar.config.business import Business


@click.group(
    cls=TaughtGroup,
    examples=(
        "recovery sequences list --state open",
        "recovery sequences show seq_019f3c5a1b2c0001a1b2c3d4e5f6",
        "recovery sequences close seq_019f3c5a1b2c0001a1b2c3d4e5f6 --reason called_back",
    ),
)
def sequences() -> None:
    """Sequences: one run of a playbook for one contact, opened by one missed call."""


@sequences.command(
    "list", examples=("recovery sequences list --state held", "recovery sequences list --business hartley --json")
)
@among_businesses
@click.option("--state", type=click.Choice(["open", "held", "closed"]), help="Only those in this state.")
@click.option("--limit", type=click.IntRange(1, 1000), default=50, show_default=True)
@as_json
def listing(business_id: str | None, state: str | None, limit: int, *, in_json: bool) -> None:
    """Sequences, newest first: id, when it opened (in the business's own time), state and why, playbook."""
    with opened() as sidecar:
        businesses = among(sidecar.businesses, business_id)
        found = sidecar.timeline.listing([business.id for business in businesses], state=state, limit=limit)
    if in_json:
        print_json(found)
        return
    _print_list(businesses, found)
    if not found:
        said = f"No {state} sequences." if state else "No sequences yet: one opens with the first missed call."
        click.echo(said, err=True)


def _print_list(businesses: list[Business], found: list[dict[str, Any]]) -> None:
    from sidecar.cli.terminal import print_columns

    for business in businesses:
        rows = [_row(row, ZoneInfo(business.zone)) for row in found if row["business_id"] == business.id]
        if rows:
            if len(businesses) > 1:
                click.echo(f"{business.id}:")
            print_columns(rows, head=("sequence", f"opened, {business.zone}", "state", "why", "playbook"))


def _row(row: dict[str, Any], zone: ZoneInfo) -> tuple[str, ...]:
    opened_at = datetime.fromisoformat(row["opened_at"]).astimezone(zone)
    why = row["held_reason"] if row["state"] == "held" else row["reason"]
    return row["sequence_id"], f"{opened_at:%Y-%m-%d %H:%M}", row["state"], why.replace("_", " "), row["playbook"]


@sequences.command(
    examples=(
        "recovery sequences show seq_019f3c5a1b2c0001a1b2c3d4e5f6",
        "recovery sequences show seq_019f3c5a1b2c0001a1b2c3d4e5f6 --json | jq .events",
    )
)
@click.argument("sequence_id")
@among_businesses
@as_json
def show(sequence_id: str, business_id: str | None, *, in_json: bool) -> None:
    """Tell one sequence in order: why was this text sent?

    What happened, who acted, what the gates decided and by which rule, the words that went out, what was cancelled
    and why, what waits until when. Times are those of the business. SEQUENCE_ID is what `recovery sequences list`
    prints.
    """
    with opened() as sidecar:
        found = first_among(
            among(sidecar.businesses, business_id), lambda business: sidecar.timeline.sequence(business.id, sequence_id)
        )
    if found is None:
        raise _unknown(sequence_id)
    if in_json:
        print_json(found[1])
    else:
        from sidecar.cli.telling import tell_sequence

        tell_sequence(*found)


def _unknown(sequence_id: str) -> click.ClickException:
    return click.ClickException(f"no sequence {sequence_id}; `recovery sequences list` shows them")


def _owner(sidecar: Sidecar, sequence_id: str, business_id: str | None) -> Business:
    found = first_among(
        among(sidecar.businesses, business_id), lambda business: sidecar.timeline.sequence(business.id, sequence_id)
    )
    if found is None:
        raise _unknown(sequence_id)
    return found[0]


@sequences.command(examples=("recovery sequences close seq_019f3c5a1b2c0001a1b2c3d4e5f6 --reason called_back",))
@click.argument("sequence_id")
@click.option("--reason", default="operator", show_default=True, help="For the record; 32 characters.")
@among_businesses
def close(sequence_id: str, reason: str, business_id: str | None) -> None:
    """Close a sequence: everything still planned is cancelled, and nothing more goes out of it."""
    with opened() as sidecar:
        sidecar.hand.close(_owner(sidecar, sequence_id, business_id), sequence_id, reason)
    click.echo(f"{sequence_id} is closed ({reason})")


@sequences.command(examples=("recovery sequences hold seq_019f3c5a1b2c0001a1b2c3d4e5f6 --reason ask_owner_first",))
@click.argument("sequence_id")
@click.option("--reason", default="operator", show_default=True, help="For the record; 64 characters.")
@among_businesses
def hold(sequence_id: str, reason: str, business_id: str | None) -> None:
    """Hold a sequence: nothing goes out until it is resumed."""
    with opened() as sidecar:
        sidecar.hand.hold(_owner(sidecar, sequence_id, business_id), sequence_id, reason)
    click.echo(f"{sequence_id} is held ({reason}); `recovery sequences resume {sequence_id}` lets it go on")


@sequences.command(examples=("recovery sequences resume seq_019f3c5a1b2c0001a1b2c3d4e5f6",))
@click.argument("sequence_id")
@among_businesses
def resume(sequence_id: str, business_id: str | None) -> None:
    """Let a held sequence go on; what came due meanwhile passes the gates again, within half a minute."""
    with opened() as sidecar:
        sidecar.hand.resume(_owner(sidecar, sequence_id, business_id), sequence_id)
    click.echo(f"{sequence_id} goes on")


@sequences.command(examples=("recovery sequences settle seq_019f3c5a1b2c0001a1b2c3d4e5f6 acknowledge not-sent",))
@click.argument("sequence_id")
@click.argument("step")
@click.argument("fate", type=click.Choice(["sent", "not-sent"]))
@among_businesses
def settle(sequence_id: str, step: str, fate: str, business_id: str | None) -> None:
    """Say what became of a step that is `unknown`, once you have looked it up at the provider.

    A step that was not sent asks its gates again, and goes out only if its words are still true.
    """
    with opened() as sidecar:
        sidecar.hand.settle(_owner(sidecar, sequence_id, business_id), sequence_id, step, sent=fate == "sent")
    click.echo(f"{step} of {sequence_id}: {fate}")
