"""How fast a sender may send: about one text a second for a long code, first texts ahead.

A sender has two queues. First texts answer a call that was just missed, so they
only queue behind each other; follow-ups queue behind both. A step that must
wait is given its own moment (``slot_at``) so that a hundred waiting steps come
back one a second, and not all at once every second.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class Pace:
    """When a sender is free again (UTC): for first texts, and for everything else."""

    first_free_at: datetime | None = None
    later_free_at: datetime | None = None
    interval: timedelta = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Slot:
    """A moment to send at, and the pace once it is taken."""

    at: datetime
    pace: Pace


def take_slot(pace: Pace, now: datetime, *, first: bool, reserved: datetime | None) -> Slot:
    """The step's moment: ``at <= now`` means now, later means come back then.

    Args:
        pace: the sender's queues.
        now: the present (UTC).
        first: whether this is a first text.
        reserved: the moment that this step was given before, if it was.
    """
    behind_first = pace.first_free_at or now
    if reserved is not None:
        if reserved > now:
            return Slot(reserved, pace)  # asked before its moment: the moment stays its own
        # Sooner than one interval: the sender is only busy; later: a first text has a moment of its own there.
        if first or behind_first < now + pace.interval:
            return Slot(reserved, _busy_until(pace, now + pace.interval))
    if first:
        at = max(now, behind_first)
        return Slot(at, replace(pace, first_free_at=at + pace.interval))
    at = max(now, behind_first, pace.later_free_at or now)
    if at <= now:
        return Slot(at, _busy_until(pace, now + pace.interval))
    return Slot(at, replace(pace, later_free_at=at + pace.interval))


def _busy_until(pace: Pace, moment: datetime) -> Pace:
    return replace(
        pace,
        first_free_at=max(moment, pace.first_free_at or moment),
        later_free_at=max(moment, pace.later_free_at or moment),
    )
