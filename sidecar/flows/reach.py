"""Can a send be reached without a yes? Both platforms' flows as one graph, walked with the claim in hand.

A claim is one permission for one send, and it lapses after 30 s. So a walk is a place and what is in hand there: the
success output of a claim gives the permission, a send uses it up, a long wait or an iterator loses it. A send that
some walk reaches with empty hands can text somebody who said STOP; the shortest such walk is what the finding prints.
It is dominance by claims, and it is linear: each place is visited once for each of the three hands. Where an output
leads several ways, and all of them are taken, only one of them may use the permission that came in.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from enum import IntEnum
from itertools import islice
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sidecar.flows.findings import Place

_DEEPEST: Final = 40
"""Sub-workflows that call each other."""
_MOST_FANS: Final = 64
"""Outputs that are looked at for two sends on one claim, the nearest first."""


class Hand(IntEnum):
    """What a walk holds; the lesser one is the more dangerous."""

    EMPTY = 0
    ASKED = 1
    """A claim was made whose answer nobody has looked at yet."""
    HELD = 2
    """A claim was granted."""


@dataclass(slots=True)
class Wire:
    """A way from one point to another."""

    target: int
    gives: Hand | None = None
    """What a claim's answer puts into the hand, on this way."""
    proves: bool = False
    """It is only taken when the claim that was asked for was granted."""
    failed: bool = False
    """It is taken when the point failed."""
    output: int = -1
    """All ways of one output are taken, one after the other; but -1 stands by itself."""
    apart: frozenset[int] = frozenset()
    """Targets of ways that are never taken together with this one."""

    def along(self, hand: Hand) -> Hand:
        """What is in hand at its end."""
        if self.gives is not None:
            return self.gives
        return Hand.HELD if self.proves and hand is Hand.ASKED else hand


@dataclass(slots=True)
class Point:
    """A node or a module."""

    name: str
    file: str
    place: Place
    send: str = ""
    loses: bool = False
    """A claim does not outlive it."""
    swallows: bool = False
    """When it fails, the flow goes on as if it had not."""
    joins: bool = False
    """It waits for all that lead to it, and goes on once."""
    grants: bool = False
    """It is a claim: who called the flow that ends with it holds the permission."""
    wires: list[Wire] = field(default_factory=list)
    ends: bool = True
    """The flow may end here, and give its data to whoever called it."""
    calls: list[int] = field(default_factory=list)
    """Where a sub-workflow begins that it runs before it goes on."""


@dataclass(frozen=True, slots=True)
class Bypass:
    """A send that can be reached without a claim of its own."""

    point: Point
    path: tuple[str, ...]
    other: str = ""
    """The send that the only claim on the way is used for too."""


Step = tuple[int, Hand]
_Came = dict[Step, Step | None]


def bypasses(points: list[Point], entries: Iterable[int]) -> list[Bypass]:
    """Every send that a walk from an entry reaches with no claim in hand, each with the shortest walk."""
    walk = _Walk(points)
    walk.enter([(entry, Hand.EMPTY) for entry in entries], ())
    return [found for _, found in sorted(walk.found.items())]


class _Walk:
    def __init__(self, points: list[Point]) -> None:
        self._points = points
        self._exits: dict[Step, set[Hand]] = {}
        self._sends_in_all = sum(bool(point.send) for point in points)
        self._claims = any(wire.gives is not None for point in points for wire in point.wires)
        self.found: dict[int, Bypass] = {}

    def enter(self, starts: list[Step], before: tuple[str, ...], depth: int = 0) -> set[Hand]:
        """Walk from some places; what may be in hand where the flow ends."""
        exits: set[Hand] = set()
        came: _Came = dict.fromkeys(starts)
        pending = deque(came)
        while pending:
            step = pending.popleft()
            index, hand = step
            point = self._points[index]
            if point.send and hand is not Hand.HELD and index not in self.found:
                self.found[index] = Bypass(point, before + self._names(_steps(came, step)))
            way = before + self._names(_steps(came, step)) if point.calls else ()
            after, failed = self._left(step, way, depth)
            if point.ends:
                exits |= {Hand.HELD} if point.grants else after
            for wire in point.wires:
                for following in ((wire.target, wire.along(one)) for one in (failed if wire.failed else after)):
                    if following not in came:
                        came[following] = step
                        pending.append(following)
        if self._claims and len(self.found) < self._sends_in_all:
            self._look_for_doubles(came, before)
        return exits

    def _left(self, step: Step, way: tuple[str, ...] = (), depth: int = _DEEPEST) -> tuple[set[Hand], set[Hand]]:
        """What is in hand behind a point: when it went well, and when it failed."""
        index, hand = step
        point = self._points[index]
        if point.calls:
            after = set().union(*(self._called((one, hand), way, depth) for one in point.calls))
            failed = {min(hand, *after)}
        else:
            after = failed = {Hand.EMPTY if point.send or point.loses else hand}
        return (after | failed if point.swallows else after), failed

    def _called(self, start: Step, way: tuple[str, ...], depth: int) -> set[Hand]:
        if start not in self._exits and depth < _DEEPEST:
            self._exits[start] = {start[1]}  # for a workflow that calls itself
            self._exits[start] = self.enter([start], way, depth + 1) or {start[1]}
        return self._exits.get(start, {start[1]})

    def _names(self, steps: Iterable[Step]) -> tuple[str, ...]:
        return tuple(self._points[index].name for index, _ in steps)

    # ------------------------------------------------ two sends on one claim

    def _look_for_doubles(self, came: _Came, before: tuple[str, ...]) -> None:
        """Where all ways of an output are taken, what an earlier one may send uses up the claim of the later ones."""
        useful = self._useful(came)
        fans = ((step, fan) for step in came if step in useful for fan in self._fans(step, useful))
        for step, fan in islice(fans, _MOST_FANS):
            if len(self.found) == self._sends_in_all:
                return
            ways = [(wire, *self._sends(start)) for wire, start in fan]
            for count, (wire, near, far) in enumerate(ways):
                for send, steps in far.items():
                    earlier = (
                        first
                        for other, near_first, far_first in islice(ways, count)
                        if wire.target not in other.apart
                        for first in far_first
                        if first in near_first or send in near
                    )
                    first = None if send in self.found else next(earlier, None)
                    if first is not None:
                        path = before + self._names(_steps(came, step)) + self._names(steps)
                        self.found[send] = Bypass(self._points[send], path, self._points[first].name)

    def _fans(self, step: Step, useful: set[Step]) -> Iterator[list[tuple[Wire, Step]]]:
        """The ways of one output on which a permission is in hand and may be used, where there are several."""
        ways: dict[tuple[int, bool], dict[Step, Wire]] = {}
        for wire, following in self._onward(step):
            if wire.output >= 0 and following in useful:
                ways.setdefault((wire.output, wire.gives is not None), {})[following] = wire
        yield from ([(wire, start) for start, wire in fan.items()] for fan in ways.values() if len(fan) > 1)

    def _onward(self, step: Step) -> Iterator[tuple[Wire, Step]]:
        """Where a step leads with a permission in hand."""
        after, failed = self._left(step)
        for wire in self._points[step[0]].wires:
            for hand in failed if wire.failed else after:
                if wire.along(hand) is not Hand.EMPTY:
                    yield wire, (wire.target, wire.along(hand))

    def _useful(self, came: _Came) -> set[Step]:
        """The steps from which a permission that is in hand, or given there, comes to a send."""
        before: dict[Step, list[Step]] = {}
        pending: list[Step] = []
        for step in came:
            point = self._points[step[0]]
            if step[1] is not Hand.EMPTY and (point.send or point.calls):
                pending.append(step)
            for _, following in self._onward(step):
                before.setdefault(following, []).append(step)
        useful = set(pending)
        while pending:
            for step in before.get(pending.pop(), ()):
                if step not in useful:
                    useful.add(step)
                    pending.append(step)
        return useful

    def _sends(self, start: Step) -> tuple[set[int], dict[int, list[Step]]]:
        """What may use up the permission that is in hand: without waiting for other ways, and at all; with the way."""
        found = [
            {step[0]: _steps(came, step) for step in came if self._points[step[0]].send}
            for came in (self._with_permission(start, joined=False), self._with_permission(start, joined=True))
        ]
        return set(found[0]), found[1]

    def _with_permission(self, start: Step, *, joined: bool) -> _Came:
        """Wherever one permission can be carried; a claim on the way gives another one."""
        came: _Came = {start: None}
        pending = deque(came)
        while pending:
            step = pending.popleft()
            point = self._points[step[0]]
            if point.joins and not joined:
                continue
            onward = [(one, step[1]) for one in point.calls]
            onward += [following for wire, following in self._onward(step) if wire.gives is None]
            for following in onward:
                if following not in came:
                    came[following] = step
                    pending.append(following)
        return came


def _steps(came: _Came, step: Step) -> list[Step]:
    """From where the walk began to a step."""
    steps: list[Step] = []
    at: Step | None = step
    while at is not None:
        steps.append(at)
        at = came[at]
    return steps[::-1]
