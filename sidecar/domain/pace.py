"""How fast a sender may send: about one text a second for a long code, first texts ahead.

A sender has two queues. First texts answer a call that was just missed, so they
only queue behind each other; everything else (follow-ups, what waited for the
morning) queues behind both. A step that must wait is given its own place
(``slot_at``) so that a hundred waiting steps come back one a second, and not all
at once every second. Where a first text took somebody's moment, the whole queue
is moved by as much (``moved_by``): each asks once more, and nobody passes anybody.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

_NOT_MOVED = timedelta()


@dataclass(frozen=True, slots=True)
class Pace:
    """When a sender is free again (UTC): for first texts, and for everything else."""

    first_free_at: datetime | None = None
    later_free_at: datetime | None = None
    """The first free place of the later queue, as it stood before it was moved."""
    moved_by: timedelta = _NOT_MOVED
    """How much later than its place each of the later queue goes."""
    interval: timedelta = timedelta(seconds=1)

    @property
    def later_ends_at(self) -> datetime | None:
        """When the last of the later queue has gone; ``None``: nobody was ever in it."""
        return None if self.later_free_at is None else self.later_free_at + self.moved_by


@dataclass(frozen=True, slots=True)
class Slot:
    """A moment to send at, the pace once it is taken, and the place to come back with (``reserved``)."""

    at: datetime
    pace: Pace
    place: datetime


def take_slot(pace: Pace, now: datetime, *, first: bool, reserved: datetime | None) -> Slot:
    """The step's moment: ``at <= now`` means now, later means come back then.

    Args:
        pace: the sender's queues.
        now: the present (UTC).
        first: whether this is a first text.
        reserved: the place that this step was given before, if it was.
    """
    if first:
        return _first(pace, now, reserved)
    if reserved is None:
        return _queue_up(pace, now)
    at = reserved + pace.moved_by
    if at > now:
        return Slot(at, pace, reserved)  # asked before its moment, or it was moved: its place stays its own
    behind_first = pace.first_free_at or now
    # Sooner than one interval: the sender is only busy; later: a first text has a moment of its own there.
    if behind_first < now + pace.interval:
        return Slot(at, _busy_until(pace, now + pace.interval), reserved)
    return Slot(behind_first, replace(pace, moved_by=behind_first - reserved), reserved)


def _first(pace: Pace, now: datetime, reserved: datetime | None) -> Slot:
    if reserved is not None:
        return Slot(reserved, pace if reserved > now else _busy_until(pace, now + pace.interval), reserved)
    at = max(now, pace.first_free_at or now)
    return Slot(at, replace(pace, first_free_at=at + pace.interval), at)


def _queue_up(pace: Pace, now: datetime) -> Slot:
    ends = pace.later_ends_at or now
    if ends <= now:
        pace = replace(pace, moved_by=_NOT_MOVED)
    at = max(now, pace.first_free_at or now, ends)
    if at <= now:
        return Slot(at, _busy_until(pace, now + pace.interval), at)
    place = at - pace.moved_by
    return Slot(at, replace(pace, later_free_at=place + pace.interval), place)


def _busy_until(pace: Pace, moment: datetime) -> Pace:
    place = moment - pace.moved_by
    return replace(
        pace,
        first_free_at=max(moment, pace.first_free_at or moment),
        later_free_at=max(place, pace.later_free_at or place),
    )
