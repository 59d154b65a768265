"""What the law and the business allow, written down a second time, as slowly and plainly as possible.

Nothing of `sidecar` is imported here: hours are literal, holidays are lists, a month is counted on a calendar, and
the first legal minute is found by looking at every minute. `tests.support.model` asks it about each send, whatever the
gates thought.
"""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from collections.abc import Mapping

Span = tuple[int, int]
"""Minutes of the local day; an end before its start is on the next morning."""
Week = tuple[tuple[Span, ...], ...]
"""Monday first."""

MINUTE: Final = timedelta(minutes=1)
SEARCH: Final = timedelta(days=14)
LISTED_UNTIL: Final = datetime(2027, 12, 15, tzinfo=UTC)
"""The lists of holidays end here; beyond it no day counts as one, which only allows more."""


def _dates(text: str) -> frozenset[date]:
    return frozenset(date.fromisoformat(one) for one in text.split())


HOLIDAYS: Final = {
    # Of any part of the United Kingdom: where the part is not known, all count.
    "GB": _dates(
        "2026-11-30 2026-12-25 2026-12-26 2026-12-28 2027-01-01 2027-01-02 2027-01-04 2027-03-17 2027-03-26 2027-03-29 "
        "2027-05-03 2027-05-31 2027-07-12 2027-08-02 2027-08-30 2027-11-30"
    ),
    "CA-QC": _dates(
        "2026-12-25 2027-01-01 2027-03-26 2027-05-24 2027-06-24 2027-07-01 2027-09-06 2027-10-11"
    ),
    "US-FL": _dates(
        "2026-11-11 2026-11-26 2026-11-27 2026-12-25 2027-01-01 2027-01-18 2027-02-15 2027-05-31 2027-06-18 2027-06-19 "
        "2027-07-04 2027-07-05 2027-09-06 2027-11-11 2027-11-25 2027-11-26"
    ),
    "US-NY": _dates(
        "2026-11-03 2026-11-11 2026-11-26 2026-12-25 2027-01-01 2027-01-18 2027-02-12 2027-02-15 2027-05-31 2027-06-18 "
        "2027-06-19 2027-07-04 2027-07-05 2027-09-06 2027-10-11 2027-11-02 2027-11-11 2027-11-25"
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Somebody:
    """Where a number's owner may live."""

    zones: tuple[str, ...]
    states: tuple[str, ...] = ()


PEOPLE: Final = {
    "+447700900123": Somebody(("Europe/London",)),
    "+447700900124": Somebody(("Europe/London",)),
    "+447700900125": Somebody(()),  # a number that belongs to no place
    "+13055550101": Somebody(("America/New_York",), ("US-FL",)),
    "+12125550102": Somebody(("America/New_York",), ("US-NY",)),
    "+12125550103": Somebody(("America/New_York", "America/Los_Angeles"), ("US-NY", "US-FL")),  # in doubt
    "+15145550101": Somebody(("America/Toronto",), ("CA-QC",)),
}


@dataclass(frozen=True, slots=True)
class Own:
    """A channel's hours as the business itself sets them; ``holidays``: what is left of them then."""

    week: Week
    holidays: tuple[Span, ...] | None = None


@dataclass(frozen=True, slots=True)
class House:
    """The raw facts of a business that bear on what it may send."""

    law: str
    zone: str
    place: str
    strict: bool = False
    own: Mapping[str, Own] = field(default_factory=dict)
    closed: frozenset[date] = frozenset()
    extra: Mapping[date, tuple[Span, ...]] = field(default_factory=dict)
    most_a_day: int = 4
    first_text_within: timedelta = timedelta(seconds=90)
    """As its playbook promises; later only where the hours made it wait."""


@dataclass(slots=True)
class Grant:
    """What a person agreed to, or did that the law takes for it."""

    basis: str
    channels: frozenset[str]
    purpose: str
    given_at: datetime
    ends: datetime | None = None
    taken_back: dict[str, datetime] = field(default_factory=dict)
    """By channel, since when it no longer holds."""


# ------------------------------------------------------------------------------------------------------------ hours


def _by_law(law: str, channel: str, states: tuple[str, ...], local: datetime, *, holiday: bool) -> bool:
    hour = local.hour + local.minute / 60
    weekend = local.weekday() >= 5
    if law == "uk" and channel == "voice":
        if holiday or local.weekday() == 6:
            return False
        return 9 <= hour < (13 if weekend else 18)
    if law == "uk":
        return 8 <= hour < 20
    if law == "ca":
        return 10 <= hour < 18 if weekend or holiday else 9 <= hour < 21.5
    if law == "us" and channel != "email":
        return 8 <= hour < (20 if "US-FL" in states else 21)
    return True  # `custom`, and American email: the business's own hours alone


def _own(house: House, channel: str, local: datetime, holidays: frozenset[date]) -> bool:
    own = house.own.get(channel)
    if own is None and not house.closed:
        return True
    minute = local.hour * 60 + local.minute
    today, before = local.date(), local.date() - timedelta(days=1)
    return any(start <= minute < end or end <= start <= minute for start, end in _on(house, own, today, holidays)) or (
        any(end <= start and minute < end for start, end in _on(house, own, before, holidays))
    )


def _on(house: House, own: Own | None, day: date, holidays: frozenset[date]) -> tuple[Span, ...]:
    more = house.extra.get(day, ())
    if day in house.closed:
        return more
    if own is None:
        return ((0, 24 * 60), *more)
    if own.holidays is not None and day in holidays:
        return own.holidays + more
    return own.week[day.weekday()] + more


def holidays_for(house: House, somebody: Somebody) -> frozenset[date]:
    """Of the business's place, and of each place that the person may be in."""
    return frozenset().union(*(HOLIDAYS[place] for place in (house.place, *somebody.states)))


def open_at(house: House, channel: str, phone: str, at: datetime) -> bool:
    """Whether the person may be reached then, on every clock that they may live by."""
    somebody = PEOPLE[phone]
    holidays = holidays_for(house, somebody)
    for zone in somebody.zones or (house.zone,):
        local = at.astimezone(ZoneInfo(zone))
        if not _by_law(house.law, channel, somebody.states, local, holiday=local.date() in holidays):
            return False
        if not _own(house, channel, local, holidays):
            return False
    return True


def first_legal_minute(house: House, channel: str, phone: str, at: datetime) -> datetime | None:
    """Look at every minute of the fourteen days that a step may wait."""
    if open_at(house, channel, phone, at):
        return at
    minute = at.replace(second=0, microsecond=0) + MINUTE * bool(at.second or at.microsecond)
    while minute <= at + SEARCH:
        if open_at(house, channel, phone, minute):
            return minute
        minute += MINUTE
    return None


def attempts(house: House, phone: str) -> int:
    """Touches to one person in 24 hours."""
    return min(house.most_a_day, 3) if house.law == "us" and "US-FL" in PEOPLE[phone].states else house.most_a_day


# ---------------------------------------------------------------------------------------------------------- consent

INQUIRY_MONTHS: Final = {"uk": None, "ca": 6, "us": 3, "custom": 3}
CHECK_INS: Final = {"uk": {"express", "soft_opt_in", "contract"}}
MARKETING: Final = {"uk": {"express", "soft_opt_in"}}


@lru_cache(maxsize=4_096)
def months_on(at: datetime, months: int, zone: str) -> date:
    """The date on the person's calendar, months later; a day that the month lacks becomes its last."""
    local = at.astimezone(ZoneInfo(zone)).date()
    year, month = local.year, local.month
    for _ in range(months):
        year, month = (year + 1, 1) if month == 12 else (year, month + 1)
    return date(year, month, min(local.day, monthrange(year, month)[1]))


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants to send."""

    channel: str
    phone: str
    at: datetime
    purpose: str = "service"
    nurture: bool = False
    messages_before: int = 0
    """Texts and emails that have gone out on this inquiry."""


def agreed(house: House, grants: list[Grant], last_stop: datetime | None, wish: Wish) -> bool:
    """Whether one thing that the person agreed to, or did, allows it."""
    return any(_carries(house, grant, last_stop, wish) for grant in grants)


def _carries(house: House, grant: Grant, last_stop: datetime | None, wish: Wish) -> bool:
    at, channel = wish.at, wish.channel
    if channel not in grant.channels or grant.given_at > at:
        return False
    if last_stop is not None and grant.given_at < last_stop:
        return False
    if channel in grant.taken_back and grant.taken_back[channel] <= at:
        return False
    if grant.ends is not None and grant.ends <= at:
        return False
    return _strong_enough(house, grant, wish) and not _aged(house, grant, wish)


def _strong_enough(house: House, grant: Grant, wish: Wish) -> bool:
    express = grant.basis == "express"
    if wish.purpose == "marketing":
        if grant.purpose != "marketing":
            return False
        return express or (wish.channel != "voice" and grant.basis in MARKETING.get(house.law, {"express"}))
    if wish.channel == "voice" and (house.strict or house.law != "uk"):
        return express
    if wish.channel == "voice" and grant.basis == "soft_opt_in":
        return False
    if wish.nurture:
        return grant.basis in CHECK_INS.get(house.law, {"express"})
    # Canada: the text at once and its reminder are the one follow-up that an inquiry carries.
    return not (house.law == "ca" and grant.basis == "inquiry" and wish.messages_before >= 2)


def _aged(house: House, grant: Grant, wish: Wish) -> bool:
    months = None
    if grant.basis == "inquiry":
        months = INQUIRY_MONTHS[house.law]
    elif grant.basis == "express" and wish.channel != "email":
        months = 18
    if months is None:
        return False
    zone = (PEOPLE[wish.phone].zones or (house.zone,))[0]
    # The day itself is left open: whether it counts is a matter of the hour at which it was given.
    return wish.at.astimezone(ZoneInfo(zone)).date() > months_on(grant.given_at, months, zone)
