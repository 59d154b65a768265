"""``recovery flows``: the n8n workflows and Make blueprints that ship, and those that are made of them."""

from __future__ import annotations

from typing import Final

import click

from sidecar.cli.taught import LazyGroup

_COMMANDS: Final = {
    "list": ("copies:list_flows", "What ships: each flow, what it is for, where n8n is called."),
    "export": ("copies:export", "Write a business's own copy of a flow, ready to import."),
    "fmt": ("fmt:fmt", "Put flows into the one form in which a diff is readable."),
    "draw": ("draw:draw", "Draw a flow as a picture (SVG)."),
    "to-api": ("n8n:to_api", "Put a workflow into an n8n through its public API."),
    "replay": ("n8n:replay", "Try n8n's failed and crashed executions again."),
    "validate": ("validate:validate", "Ask Make's own validator about blueprints."),
}
"""Where each is found and what it does, in the order in which they are needed."""


@click.group(
    cls=LazyGroup,
    room="sidecar.cli.flows",
    listed=_COMMANDS,
    examples=(
        "recovery flows list",
        "recovery flows export --all --business hartley --output hartley/",
        "recovery flows fmt hartley/",
    ),
)
def flows() -> None:
    """Flows for n8n and Make: those that ship, a client's own copies, and what becomes of them."""
