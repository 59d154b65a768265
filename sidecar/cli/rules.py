"""The rules of a decision in words, each with its source: why this text was allowed, or stopped."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sidecar.cli import sayings
from sidecar.domain.grounds import source_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class Rule:
    """One gate's answer."""

    gate: str
    said: str
    source: str
    """Of the rule: a paragraph, or that it is our own."""


def rules_of(event: Mapping[str, Any], zone: ZoneInfo, preset: str) -> tuple[Rule, ...]:
    """The rules of a gate decision; none for any other event, or for a permission from before they were kept."""
    data = event["data"] or {}
    if not event["type"].startswith("gate."):
        return ()
    if event["type"] != "gate.send":
        gate = str(data.get("gate") or "")
        words = sayings.CLOSED if gate == "closed" else sayings.RULES
        return (Rule(gate, sayings.plain(event["reason"], words), source_of(gate, preset)),)
    rests = data.get("grounds") or {}
    preset = str(rests.get("preset") or preset)
    rules = [
        Rule(gate, _PASSED[gate](figures, zone), source_of(gate, preset))
        for gate, figures in rests.get("gates", {}).items()
        if gate in _PASSED
    ]
    if rests.get("kind") == "confirmation":
        rules.insert(0, Rule("confirmation", "the one confirmation of their STOP", source_of("confirmation", preset)))
    if rests.get("kind") == "answer":
        rules.insert(0, Rule("answer", "it answers their own message", source_of("answer", preset)))
    return tuple(rules)


def _moment(text: str, zone: ZoneInfo) -> str:
    at = datetime.fromisoformat(text).astimezone(zone)
    return f"{at.day} {at:%B %Y %H:%M:%S}"


def _consent(figures: Mapping[str, Any], zone: ZoneInfo) -> str:
    if not figures:
        return "what is on record carries it"
    basis = {"inquiry": "they rang or wrote: an inquiry", "express": "they agreed to it in so many words"}
    said = basis.get(figures["basis"], figures["basis"].replace("_", " "))
    until = f", good until {_moment(figures['until'], zone)}" if "until" in figures else ""
    return f"{said} of {_moment(figures['given'], zone)}{until}; {figures['sent_before']} sent on it before"


def _window(figures: Mapping[str, Any], _zone: ZoneInfo) -> str:
    clocks = figures.get("clocks") or ()
    return f"open at {', '.join(clocks)}" if clocks else "this channel has no closing hours"


def _stale(figures: Mapping[str, Any], zone: ZoneInfo) -> str:
    return f"in time: not later than {_moment(figures['deadline'], zone)}" if figures else "it does not go stale"


def _always(said: str) -> Callable[[Mapping[str, Any], ZoneInfo], str]:
    return lambda _figures, _zone: said


_PASSED: dict[str, Callable[[Mapping[str, Any], ZoneInfo], str]] = {
    "suppressed": _always("no STOP of theirs holds, on any channel"),
    "closed": _always("the sequence was open: they had not answered"),
    "held": _always("nobody had put it on hold"),
    "consent": _consent,
    "reachable": _always("the address is known and takes this channel"),
    "frequency": lambda figures, _: f"{figures['touches']} of at most {figures['most']} in the 24 hours before",
    "early": _always("its time had come"),
    "stale": _stale,
    "calling": _always("they were not on the line with us"),
    "window": _window,
    "sender": _always("the sender was free and its provider up"),
}
