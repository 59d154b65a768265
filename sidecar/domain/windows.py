"""When a channel may be used: weekly windows read on one or several local clocks.

A window is read on the wall clock of its zone: an instant is open when the time which that clock shows
lies in a span of its date. So a span inside a skipped hour never comes, both passes of a repeated hour are
open, and a date that a zone left out (Pacific/Apia, 30 December 2011) has no minutes. A night's span belongs
to the date on which it began, and goes on into the next date that the zone really had.

Instants are aware datetimes; what is given back is UTC. Inside, instants are whole seconds since 1970.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

Span = tuple[int, int]
"""Minutes of the local day, ``[start, end)``; ``end <= start`` means overnight, into the next day."""

HolidayCheck = Callable[[date], bool]
"""Says whether a local date is a public holiday."""

HORIZON = timedelta(days=14)

_DAY_NAMES = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_DAYS_OF: Mapping[str, Sequence[int]] = {
    "daily": range(7),
    "weekdays": range(5),
    "weekend": range(5, 7),
    **{name: (weekday,) for weekday, name in enumerate(_DAY_NAMES)},
}
"""What each key of a window's document means, the general before the particular."""
_KEYS = (*_DAYS_OF, "holidays")
_SPAN = re.compile(
    r"\s*(?P<from_h>\d{1,2})(:(?P<from_m>[0-5]\d))?\s*[-\N{EN DASH}]"
    r"\s*(?P<to_h>\d{1,2})(:(?P<to_m>[0-5]\d))?\s*",
    re.ASCII,
)
_MINUTES = 1_440
_MINUTE = 60
_DAY = 86_400
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_ORDINAL = _EPOCH.toordinal()
_SECOND = timedelta(seconds=1)


class RuleError(ValueError):
    """A rule of the business file that cannot hold.

    ``field`` is the path of the field, ``message`` what is wrong with it, ``remedy`` what to write instead.
    """

    def __init__(self, field: str, message: str, remedy: str) -> None:
        """Keep the parts apart, so that whoever reads the file can add its name and the line."""
        self.field, self.message, self.remedy = field, message, remedy
        super().__init__(f"{field}: {message}; {remedy}")


@dataclass(frozen=True, slots=True)
class Window:
    """When a channel may be used, in somebody's local time.

    ``weekdays`` has seven entries, Monday first. ``holidays`` are the spans of a public holiday; ``None``
    means that a holiday is like any other day, an empty tuple that nothing is allowed on it.
    """

    weekdays: tuple[tuple[Span, ...], ...]
    holidays: tuple[Span, ...] | None = None

    def __post_init__(self) -> None:
        """Refuse a window that has not seven days, or a span outside the day."""
        if len(self.weekdays) != len(_DAY_NAMES):
            raise RuleError("weekdays", f"has {len(self.weekdays)} days", "give seven, Monday first")
        for start, end in (*(span for day in self.weekdays for span in day), *(self.holidays or ())):
            if not (0 <= start < _MINUTES and 0 <= end <= _MINUTES):
                raise RuleError("weekdays", f"{start}-{end} lies outside the day", "give minutes up to 1440")

    @property
    def never_open(self) -> bool:
        """Whether no day of any kind has a span."""
        return not any(self.weekdays) and not self.holidays

    def meets(self, other: Window) -> bool:
        """Whether some minute of an ordinary week (no holiday in it) is open in both windows."""
        theirs = tuple(other._week())
        return any(
            start < other_end and other_start < end for start, end in self._week() for other_start, other_end in theirs
        )

    def _week(self) -> Iterator[Span]:
        """Spans as minutes of the week; what runs past Sunday's midnight is cut in two."""
        length = len(_DAY_NAMES) * _MINUTES
        for weekday, spans in enumerate(self.weekdays):
            for start, end in spans:
                opens = weekday * _MINUTES + start
                closes = weekday * _MINUTES + (end if end > start else end + _MINUTES)
                yield opens, min(closes, length)
                if closes > length:
                    yield 0, closes - length


WHOLE_DAY: tuple[Span, ...] = ((0, _MINUTES),)
ALWAYS = Window((WHOLE_DAY,) * 7)


def no_holidays(_day: date) -> bool:
    """Say no for every day: the check for a window to which holidays mean nothing."""
    return False


@dataclass(frozen=True, slots=True)
class LocalWindow:
    """A window read on one clock, with the exceptions of single days.

    ``closed_days`` take away a date's usual spans; ``extra`` adds spans to a date, also to a closed one, so
    that a date in both has its extra hours alone.
    """

    window: Window
    zone: str
    is_holiday: HolidayCheck
    closed_days: frozenset[date] = frozenset()
    extra: Mapping[date, tuple[Span, ...]] = field(default_factory=dict)

    def spans_on(self, day: date) -> tuple[Span, ...]:
        """Give the spans that begin on a local date, overnight ones included."""
        if day in self.closed_days:
            usual: tuple[Span, ...] = ()
        elif self.window.holidays is not None and self.is_holiday(day):
            usual = self.window.holidays
        else:
            usual = self.window.weekdays[day.weekday()]
        return usual + self.extra[day] if day in self.extra else usual

    def minutes_open(self, day: date) -> list[Span]:
        """Give the open minutes of a local date, by start: its own, and what is left of last night's."""
        pieces = [(start, end if end > start else _MINUTES) for start, end in self.spans_on(day)]
        night = self.spans_on(_day_before(self.zone, day))
        pieces += [(0, end) for start, end in night if end <= start and end > 0]
        pieces.sort()
        return pieces

    def shows_open(self, at: datetime) -> bool:
        """Whether this clock shows an open minute at an instant."""
        local = at.astimezone(ZoneInfo(self.zone))
        minute = local.hour * 60 + local.minute
        return any(start <= minute < end for start, end in self.minutes_open(local.date()))


def is_open(windows: Sequence[LocalWindow], at: datetime) -> bool:
    """Whether an instant is open in every window at once; with no windows it always is.

    Raises ValueError for a datetime without a zone, zoneinfo.ZoneInfoNotFoundError for an unknown zone.
    """
    _require_aware(at)
    return all(window.shows_open(at) for window in windows)


def first_open(windows: Sequence[LocalWindow], at: datetime, horizon: timedelta = HORIZON) -> datetime | None:
    """Find the first instant, not before ``at``, that is open in every window at once.

    Gives ``at`` itself (in UTC) where it is open, otherwise the first whole UTC minute that is, or ``None``
    where there is none up to and including ``at + horizon``. Raises as :func:`is_open` does.
    """
    _require_aware(at)
    at = at.astimezone(UTC)
    if is_open(windows, at):
        return at
    # The second that ``at`` lies in is closed as a whole, since openings begin and end with one.
    instant, last = _whole_minute((at - _EPOCH) // _SECOND), (at + horizon - _EPOCH) // _SECOND
    streams = [_openings(window, instant // _DAY, last // _DAY) for window in windows]
    found = _first_common(streams, instant, last)
    return None if found is None else _EPOCH + timedelta(seconds=found)


def _require_aware(at: datetime) -> None:
    if at.utcoffset() is None:
        raise ValueError(f"at: {at.isoformat()} has no time zone; give an aware datetime in UTC")


def _whole_minute(second: int) -> int:
    """Round up to the whole minute."""
    return -(-second // _MINUTE) * _MINUTE


def _first_common(streams: list[Iterator[Span]], instant: int, last: int) -> int | None:
    """Leapfrog over sorted openings: who opens later moves everybody, until nobody has to move."""
    current: list[Span] = [(instant, instant)] * len(streams)
    agreed = turn = 0
    while agreed < len(streams):
        start, end = current[turn]
        while end <= instant:
            following = next(streams[turn], None)
            if following is None:
                return None
            start, end = current[turn] = following
        if start > instant:
            # Rounding may step over this opening's end (offsets once had odd seconds): ask all again.
            instant, agreed = _whole_minute(start), 0
        else:
            agreed, turn = agreed + 1, (turn + 1) % len(streams)
        if instant > last:
            return None
    return instant


def _openings(window: LocalWindow, first_day: int, last_day: int) -> Iterator[Span]:
    """Yield a window's openings on UTC days (days since 1970) as seconds since 1970, by start."""
    for utc_day in range(first_day, last_day + 1):
        for start, end, offset in _clock(window.zone, utc_day):
            for local_day in range((start + offset) // _DAY, (end - 1 + offset) // _DAY + 1):
                midnight = local_day * _DAY - offset
                for opens, closes in window.minutes_open(date.fromordinal(local_day + _EPOCH_ORDINAL)):
                    begin = max(start, midnight + opens * _MINUTE)
                    finish = min(end, midnight + closes * _MINUTE)
                    if begin < finish:
                        yield begin, finish


@lru_cache(maxsize=4_096)
def _clock(zone: str, utc_day: int) -> tuple[tuple[int, int, int], ...]:
    """Cut a UTC day into (start, end, offset) in seconds, where the offset from UTC holds still.

    One change a day at most: in all of tzdata 2026 no two changes of a zone are less than 6.9 days apart.
    """
    start, end = utc_day * _DAY, (utc_day + 1) * _DAY
    before, after = _offset(zone, start), _offset(zone, end - 1)
    if before == after:
        return ((start, end, before),)
    low, high = start, end - 1
    while high - low > 1:
        middle = (low + high) // 2
        if _offset(zone, middle) == before:
            low = middle
        else:
            high = middle
    return ((start, high, before), (high, end, after))


def _offset(zone: str, second: int) -> int:
    local = (_EPOCH + timedelta(seconds=second)).astimezone(ZoneInfo(zone))
    return (local.utcoffset() or timedelta()) // _SECOND


@lru_cache(maxsize=4_096)
def _day_before(zone: str, day: date) -> date:
    """Give the last date before ``day`` that the zone really had: one that was left out has no noon."""
    before = day - timedelta(days=1)
    noon = datetime(before.year, before.month, before.day, 12, tzinfo=ZoneInfo(zone))
    happened = noon.astimezone(UTC).astimezone(ZoneInfo(zone)).date() == before
    return before if happened else before - timedelta(days=1)


def parse_window(document: object, field: str = "window") -> Window:
    """Read a window from a mapping of days to hours, as a business file has it.

    Keys are ``mon`` to ``sun``, ``weekdays``, ``weekend``, ``daily`` and ``holidays``; a day's own key counts
    before its group's, ``weekdays`` and ``weekend`` before ``daily``; a day that nothing names is closed.
    Values are ``"09:00-18:00"``, ``"9-18"``, ``"closed"`` or a list of spans; ``"20:00-02:00"`` runs into the
    next day.

    Raises:
        RuleError: naming the field below ``field``; also for a window that is never open.
    """
    if not isinstance(document, Mapping):
        raise RuleError(field, "is not a mapping of days", 'write {weekdays: "9-18", sat: "9-13"}')
    for key in document:
        if key not in _KEYS:
            raise RuleError(f"{field}.{key}", "is not a day", f"use one of {', '.join(_KEYS)}")
    days: list[tuple[Span, ...]] = [()] * len(_DAY_NAMES)
    for name, members in _DAYS_OF.items():
        if name in document:
            spans = _parse_day(document[name], f"{field}.{name}")
            for weekday in members:
                days[weekday] = spans
    on_holidays = document.get("holidays")
    holidays = None if on_holidays is None else _parse_day(on_holidays, f"{field}.holidays")
    window = Window(tuple(days), holidays)
    if window.never_open:
        raise RuleError(field, "is never open", 'open at least one day, for example weekdays: "9-18"')
    return window


def _parse_day(value: object, field: str) -> tuple[Span, ...]:
    if value == "closed":
        return ()
    texts = value if isinstance(value, list) else [value]
    if not texts:
        raise RuleError(field, "is an empty list", 'write "closed", or at least one span such as "9-18"')
    return tuple(_parse_span(text, field) for text in texts)


def _parse_span(value: object, field: str) -> Span:
    match = _SPAN.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        said = f"{value!r} is not a span of hours"
        raise RuleError(field, said, 'write "09:00-18:00" or "9-18" in quotes, or "closed"')
    hours, minutes = (match["from_h"], match["to_h"]), (match["from_m"], match["to_m"])
    start, end = (int(hour) * 60 + int(minute or 0) for hour, minute in zip(hours, minutes, strict=True))
    if start >= _MINUTES or end > _MINUTES:
        raise RuleError(field, f"{value!r} lies outside the day", "begin before 24:00, end by 24:00")
    if start == end:
        said = f"{value!r} begins and ends at the same minute"
        raise RuleError(field, said, 'write "00:00-24:00" for a whole day')
    return start, end
