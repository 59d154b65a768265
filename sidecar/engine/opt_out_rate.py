"""Watches over how many people opt out: alerts when too many do, and pauses the playbook where the business wants it.

A paused playbook opens no new sequence. The caller is not dropped: staff get the missed call, with why. What is under
way goes on. An operator lets the playbook go on with ``recovery senders release playbook:<name>``.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta
from typing import TYPE_CHECKING

from sidecar.domain.opt_out_rate import LATE, Figures, Leaver, judge, told
from sidecar.engine.context import Turn
from sidecar.store import opt_outs, touches

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import RowMapping

    from sidecar.config.business import Business
    from sidecar.domain.opt_out_rate import Alarm
    from sidecar.engine.context import Context
    from sidecar.store.database import Tx

LOOK_EVERY = timedelta(hours=1)
PAUSED = "opt_outs"
"""Why a playbook is held."""


def held_name(playbook: str) -> str:
    """The key under which a playbook is held, beside senders and words."""
    return f"playbook:{playbook}"


def is_paused(turn: Turn, playbook: str) -> bool:
    """Whether the playbook may open no new sequences."""
    return bool(touches.held_words(turn.tx, turn.business.id, held_name(playbook)))


class OptOutRate:
    """Looks at each business's playbooks every so often."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def look(self) -> None:
        """Count, and tell where the limit was crossed since the last look, in either direction."""
        for business in self._context.businesses:
            on, found = self._context.store.read(lambda tx, business=business: self._read(tx, business))  # type: ignore[misc]
            for playbook, alarm in found.items():
                if alarm is not None and _alarm_name(playbook) not in on:
                    self._raise(business, playbook, alarm)
                elif alarm is None and _alarm_name(playbook) in on:
                    self._clear(business, playbook)

    def _read(self, tx: Tx, business: Business) -> tuple[frozenset[str], dict[str, Alarm | None]]:
        on = opt_outs.raised(tx, business.id)
        limit = business.opt_out_limit
        since = self._context.clock.now() - limit.within
        leavers = _leavers(tx, business, since=since)
        found: dict[str, Alarm | None] = {}
        for playbook in _playbooks(business, on) | leavers.keys():
            left = leavers.get(playbook, [])
            found[playbook] = None
            if limit.worth_counting(len(left)):  # seldom: everybody contacted is counted for them only
                people, late = opt_outs.contacted(tx, business.id, playbook, since, LATE)
                found[playbook] = judge(Figures(people, late, left), limit)
        return on, found

    def _raise(self, business: Business, playbook: str, alarm: Alarm) -> None:
        limit = business.opt_out_limit

        def work(turn: Turn) -> None:
            if not opt_outs.raise_alarm(turn.tx, business.id, _alarm_name(playbook), turn.now):
                return  # another process was first
            figures = alarm.figures
            turn.record(
                "playbook.opt_outs_high", reason=alarm.likely.name, playbook=playbook, contacted=figures.contacted,
                opted_out=len(figures.leavers), percent=round(figures.percent, 2),
            )  # fmt: skip
            said = told(alarm, playbook, limit)
            if limit.pause:
                touches.hold(turn.tx, business.id, held_name(playbook), PAUSED)
                turn.record("playbook.paused", reason=PAUSED, playbook=playbook)
                said += (
                    f"\nIt opens nothing new meanwhile, and you get each missed call. To let it go on: "
                    f"recovery senders release {held_name(playbook)}"
                )
            turn.alert("opt_out_rate", reason=said)

        self._context.store.write(lambda tx: work(Turn(self._context, tx, business)))

    def _clear(self, business: Business, playbook: str) -> None:
        """Below the limit again: the next crossing is told anew. A pause stays, for a person decided nothing yet."""

        def work(turn: Turn) -> None:
            if opt_outs.clear_alarm(turn.tx, business.id, _alarm_name(playbook)):
                turn.record("playbook.opt_outs_normal", playbook=playbook)

        self._context.store.write(lambda tx: work(Turn(self._context, tx, business)))


def _leavers(tx: Tx, business: Business, *, since: datetime) -> dict[str, list[Leaver]]:
    """Who left since then, by the playbook that they heard from last."""
    heard: dict[str, list[RowMapping]] = defaultdict(list)
    for row in opt_outs.before_they_left(tx, business.id, since):
        heard[row["contact_id"]].append(row)
    left: dict[str, list[Leaver]] = defaultdict(list)
    for touched in heard.values():
        last = touched[-1]
        left[last["playbook"]].append(
            Leaver(
                first_touch=timedelta(seconds=last["first_touch_seconds"]),
                touches=len(touched),
                step=last["step"],
                complained=any(row["outcome"] == "complained" for row in touched),
            )
        )
    return left


def _playbooks(business: Business, on: frozenset[str]) -> set[str]:
    """Those that are in use, and those whose alarm is on."""
    used = {business.playbook_for(number).name for number in business.numbers}
    return used | {name.removeprefix(_ALARM) for name in on if name.startswith(_ALARM)}


_ALARM = "opt_outs:"


def _alarm_name(playbook: str) -> str:
    return _ALARM + playbook
