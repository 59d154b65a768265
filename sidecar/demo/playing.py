"""Plays one scenario from the first ring to the verdict."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from sidecar.demo.expected import differences, outgoing
from sidecar.demo.seen import Watch
from sidecar.demo.wording import since
from sidecar.demo.world import NotSeen, Pace, World

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from sidecar.demo.expected import Outgoing
    from sidecar.demo.scenarios import Scenario
    from sidecar.demo.timeline import Screen

_ONE_MINUTE = 60


@dataclass(frozen=True, slots=True)
class Result:
    """How it went; ``account`` is what ``--json`` prints."""

    ok: bool
    account: dict[str, Any]


def play(scenario: Scenario, folder: Path, pace: Pace, screen: Screen) -> Result:
    """Play it on a stage in ``folder`` (which must exist and be empty), and check what went out."""
    screen.header("A missed call, recovered", scenario.name, scenario.opening)
    world = World(folder, scenario.starts, scenario.caller, pace)
    try:
        with screen.busy("  starting `recovery serve`"):
            world.open()
        _perform(scenario, world, screen)
        account = _account(scenario, world)
        _check(scenario, account)
    except NotSeen as wrong:
        screen.verdict("not as designed", ok=False)
        screen.failure(wrong.expected, wrong.seen, world.serving.log_tail())
        return Result(ok=False, account=_account(scenario, world) | {"ok": False, "expected": wrong.expected})
    finally:
        world.close()
    screen.verdict(verdict(account["outgoing"], world.call_at, scenario.ending), ok=True)
    return Result(ok=True, account=account)


def _perform(scenario: Scenario, world: World, screen: Screen) -> None:
    """The scenario, and a day of silence after it; everything is told as it happens."""
    watch = Watch(world)

    def tell(*, all_of_it: bool = False) -> None:
        for happening in watch.fresh(all_of_it=all_of_it):
            screen.tell(happening, world.call_at)
        now = world.clock.now()
        screen.clock((now - world.call_at).total_seconds(), now)

    world.tick, world.say = tell, watch.tell
    with screen.busy("  "):
        try:
            scenario.play(world)
            world.day_later()
        finally:
            tell(all_of_it=True)


def _account(scenario: Scenario, world: World) -> dict[str, Any]:
    """What the sandbox received and what the sidecar has on record; times in virtual seconds since the call."""
    person = world.person() or {"sequences": [], "events": []}
    last = person["sequences"][-1] if person["sequences"] else {"state": "none", "reason": ""}
    received = world.sandbox.snapshot(world.call_at)
    return {
        "scenario": scenario.name,
        "call_at": world.call_at.isoformat(),
        "outgoing": outgoing(received),
        "sequence": {"state": last["state"], "reason": last["reason"]},
        "steps": [
            {name: step[name] for name in ("name", "channel", "state", "reason")}
            for sequence in person["sequences"]
            for step in sequence["steps"]
        ],
        "events": [{"t": _since(world, event["at"]), **event} for event in person["events"]],
        "received": received,
        "ok": True,
    }


def _since(world: World, at: str) -> float:
    return round((datetime.fromisoformat(at) - world.call_at).total_seconds(), 3)


def _check(scenario: Scenario, account: dict[str, Any]) -> None:
    """Exactly what the design says went out, and the sequence ended as it says.

    Raises:
        NotSeen: it did not.
    """
    found = differences(scenario.expects, account["outgoing"])
    if found is not None:
        raise NotSeen(*found)
    ended = account["sequence"]
    if (ended["state"], ended["reason"]) != ("closed", scenario.closed):
        raise NotSeen(f"the sequence closed: {scenario.closed}", f"{ended['state']}: {ended['reason']}")


def verdict(sent: Sequence[Outgoing], call_at: datetime, ending: str) -> str:
    """In one sentence: ``Text after 0.4 s; call at 3:00; email at 45:00; nothing after that``."""
    told = []
    for one in sent:
        if one["kind"] == "alert":
            continue
        soon, at = one["t"] < _ONE_MINUTE, since(one["t"], call_at + timedelta(seconds=one["t"]))
        told.append(f"{one['kind']} after {one['t']:.1f} s" if soon else f"{one['kind']} at {at}")
    words = "; ".join([*told, ending])
    return f"{words[0].upper()}{words[1:]}."
