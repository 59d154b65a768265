"""Can a send be reached without a yes? Both platforms' flows as one graph, walked with the claim in hand.

A claim is one permission for one send, and it lapses after 30 s. So a walk is a place and whether a claim is held: the
success output of a claim gives one, a send uses it up, a long wait or an iterator loses it. A send that some walk
reaches with empty hands can text somebody who said STOP; the shortest such walk is what the finding prints. It is
dominance by claims, and it is linear: each place is visited at most twice.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sidecar.flows.findings import Place

_DEEPEST: Final = 40
"""Sub-workflows that call each other."""


@dataclass(slots=True)
class Wire:
    """A way from one point to another."""

    target: int
    grants: bool = False
    """It is only taken when a claim was granted."""


@dataclass(slots=True)
class Point:
    """A node or a module."""

    name: str
    file: str
    place: Place
    send: str = ""
    loses: bool = False
    """A claim does not outlive it."""
    wires: list[Wire] = field(default_factory=list)
    calls: list[int] = field(default_factory=list)
    """Where a sub-workflow begins that it runs before it goes on."""


@dataclass(frozen=True, slots=True)
class Bypass:
    """A send that can be reached without a claim."""

    point: Point
    path: tuple[str, ...]


Step = tuple[int, bool]


def bypasses(points: list[Point], entries: Iterable[int]) -> list[Bypass]:
    """Every send that a walk from an entry reaches with no claim in hand, each with the shortest walk."""
    walk = _Walk(points)
    for entry in entries:
        walk.enter((entry, False), ())
    return [Bypass(points[index], path) for index, path in sorted(walk.found.items())]


class _Walk:
    def __init__(self, points: list[Point]) -> None:
        self._points = points
        self._exits: dict[Step, set[bool]] = {}
        self.found: dict[int, tuple[str, ...]] = {}

    def enter(self, start: Step, before: tuple[str, ...], depth: int = 0) -> set[bool]:
        """Walk from a place; what is in hand where the flow ends."""
        if start in self._exits or depth > _DEEPEST:
            return self._exits.get(start, {start[1]})
        self._exits[start] = {start[1]}  # for a workflow that calls itself
        exits: set[bool] = set()
        came: dict[Step, Step | None] = {start: None}
        pending = deque([start])
        while pending:
            step = pending.popleft()
            index, held = step
            point = self._points[index]
            if point.send and not held and index not in self.found:
                self.found[index] = before + self._path(came, step)
            after = {held and not point.send and not point.loses}
            if point.calls:
                way = before + self._path(came, step)
                after = set().union(*(self.enter((one, held), way, depth + 1) for one in point.calls))
            if not point.wires:
                exits |= after
            for wire in point.wires:
                for hand in after:
                    following = (wire.target, True if wire.grants else hand)
                    if following not in came:
                        came[following] = step
                        pending.append(following)
        self._exits[start] = exits or {start[1]}
        return self._exits[start]

    def _path(self, came: dict[Step, Step | None], step: Step) -> tuple[str, ...]:
        names: list[str] = []
        at: Step | None = step
        while at is not None:
            names.append(self._points[at[0]].name)
            at = came[at]
        return tuple(reversed(names))
