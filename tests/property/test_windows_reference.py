"""The windows against a reference that looks at every single minute.

The reference shares nothing with the code but the two dataclasses: it asks the zone for the local time of
each minute, and finds yesterday by walking back through instants until the date changes.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from hypothesis import example, given, settings
from hypothesis import strategies as st

from sidecar.domain.windows import ALWAYS, LocalWindow, Span, Window, first_open, is_open
from tests.support.examples import examples

MINUTE = timedelta(minutes=1)

# Moments at which zones did something odd, to which instants are drawn near.
ODD_MOMENTS = {
    "Europe/London": [(2026, 3, 29, 1), (2026, 10, 25, 1), (2028, 2, 29, 12)],
    "Europe/Dublin": [(2026, 3, 29, 1), (2026, 10, 25, 1)],  # winter time is the daylight saving there
    "America/New_York": [(2026, 3, 8, 7), (2026, 11, 1, 6), (2028, 2, 29, 0)],
    "America/Toronto": [(2026, 3, 8, 7), (2026, 11, 1, 6)],
    "America/St_Johns": [(2026, 3, 8, 6), (2026, 11, 1, 4)],  # UTC-3:30
    "America/Los_Angeles": [(2026, 3, 8, 10), (2026, 11, 1, 9)],
    "America/Havana": [(2026, 3, 8, 5), (2026, 11, 1, 5)],  # at midnight
    "America/Caracas": [(2016, 5, 1, 7)],  # half an hour, for good
    "Asia/Kolkata": [(2026, 11, 22, 18)],
    "Asia/Kathmandu": [(2026, 11, 22, 18)],  # UTC+5:45
    "Asia/Beirut": [(2026, 3, 28, 22), (2026, 10, 24, 21)],  # at midnight
    "Asia/Pyongyang": [(2018, 5, 4, 15)],
    "Africa/Cairo": [(2026, 4, 23, 22), (2026, 10, 29, 21)],
    "Africa/Casablanca": [(2026, 2, 15, 2), (2026, 3, 22, 2)],
    "Africa/Monrovia": [(1972, 1, 7, 0)],  # from UTC-0:44:30
    "Antarctica/Troll": [(2026, 3, 29, 1), (2026, 10, 25, 1)],  # two hours
    "Australia/Adelaide": [(2026, 4, 4, 16), (2026, 10, 3, 16)],
    "Australia/Lord_Howe": [(2026, 4, 4, 15), (2026, 10, 3, 15)],  # half an hour
    "Pacific/Apia": [(2011, 12, 30, 10)],  # 30 December left out
    "Pacific/Kiritimati": [(1994, 12, 31, 10)],  # 31 December left out
    "Pacific/Kwajalein": [(1993, 8, 21, 12), (1969, 9, 30, 13)],  # a date left out, and one lived twice
    "Pacific/Chatham": [(2026, 4, 4, 14), (2026, 9, 26, 14)],  # UTC+12:45
    "UTC": [(2028, 2, 29, 0), (2026, 12, 31, 23)],
}


@cache
def yesterday(zone: str, day: date) -> date:
    """Find the date that the zone's calendar showed before ``day``."""
    instant = datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(days=2)
    clock = ZoneInfo(zone)
    while instant.astimezone(clock).date() >= day:
        instant -= timedelta(minutes=5)
    return instant.astimezone(clock).date()


def spans_of(window: LocalWindow, day: date) -> list[Span]:
    spans: list[Span] = []
    if day not in window.closed_days:
        holidays = window.window.holidays
        on_holiday = holidays is not None and window.is_holiday(day)
        spans.extend(holidays if on_holiday and holidays is not None else window.window.weekdays[day.weekday()])
    spans.extend(window.extra.get(day, ()))
    return spans


def reference_is_open(windows: list[LocalWindow], at: datetime) -> bool:
    for window in windows:
        local = at.astimezone(ZoneInfo(window.zone))
        minute = local.hour * 60 + local.minute
        today = any(
            (start <= minute < end) or (end <= start <= minute) for start, end in spans_of(window, local.date())
        )
        if today:
            continue
        night = spans_of(window, yesterday(window.zone, local.date()))
        if not any(end <= start and minute < end for start, end in night):
            return False
    return True


def reference_first_open(windows: list[LocalWindow], at: datetime, horizon: timedelta) -> datetime | None:
    if reference_is_open(windows, at):
        return at
    instant = at.replace(second=0, microsecond=0)
    while instant <= at + horizon:
        if instant >= at and reference_is_open(windows, instant):
            return instant
        instant += MINUTE
    return None


def is_tenth(day: date) -> bool:
    return day.day % 10 == 0


def on_clock(zone: str, span: Span) -> LocalWindow:
    return LocalWindow(Window(((span,),) * 7), zone, is_tenth)


ends = st.one_of(st.integers(0, 1_440), st.sampled_from([0, 30, 60, 90, 120, 150, 180, 480, 540, 1_200, 1_440]))
spans = st.tuples(ends.map(lambda end: min(end, 1_439)), ends)
days = st.lists(spans, max_size=2).map(tuple)
# Weeks of mostly empty days make for long searches; weeks of short spans for empty intersections.
weeks = st.one_of(
    st.tuples(*[days] * 7),
    days.map(lambda day: (day,) * 7),
    st.tuples(st.integers(0, 6), days).map(lambda one: tuple(one[1] if day == one[0] else () for day in range(7))),
)
windows_strategy = st.builds(Window, weekdays=weeks, holidays=st.none() | days)


@st.composite
def cases(draw: st.DrawFn) -> tuple[list[LocalWindow], datetime, timedelta]:
    odd_zone = draw(st.sampled_from(sorted(ODD_MOMENTS)))
    year, month, day, hour = draw(st.sampled_from(ODD_MOMENTS[odd_zone]))
    shift = timedelta(minutes=draw(st.integers(-3 * 1_440, 2 * 1_440)))
    second = timedelta(microseconds=draw(st.sampled_from([0, 0, 1, 29_000_000, 59_999_999])))
    at = datetime(year, month, day, hour, tzinfo=UTC) + shift + second
    near = st.integers(-3, 6).map(lambda days: at.date() + timedelta(days=days))
    windows = []
    for place in range(draw(st.integers(0, 3))):
        zone = odd_zone if place == 0 else draw(st.sampled_from([odd_zone, *sorted(ODD_MOMENTS)]))
        windows.append(
            LocalWindow(
                draw(windows_strategy),
                zone,
                is_tenth,
                draw(st.frozensets(near, max_size=2)),
                draw(st.dictionaries(near, days, max_size=2)),
            )
        )
    # Most searches are short, so that many fit into the time; some go to the full two weeks.
    short = st.sampled_from([0, 30, 60, 480, 1_800, 1_800, 1_800, 1_800])
    horizon = timedelta(minutes=draw(st.one_of(short, short, st.sampled_from([4_320, 20_160]))))
    return windows, at, horizon


@settings(max_examples=examples(dev=500, ci=2_500), print_blob=True)
@given(cases())
@example(([], datetime(2026, 11, 22, tzinfo=UTC), timedelta()))
@example(([on_clock("UTC", (540, 600))], datetime(2026, 11, 22, 8, tzinfo=UTC), timedelta(hours=1)))
@example(([on_clock("UTC", (540, 541))], datetime(2026, 11, 22, 9, 0, 59, tzinfo=UTC), timedelta(hours=1)))
@example(([on_clock("UTC", (540, 541))], datetime(2026, 11, 22, 8, 59, 0, 1, tzinfo=UTC), timedelta(hours=1)))
@example(([on_clock("Africa/Monrovia", (540, 600))], datetime(1972, 1, 5, 8, tzinfo=UTC), timedelta(days=3)))
@example(([on_clock("Africa/Monrovia", (540, 541))], datetime(1972, 1, 5, 8, tzinfo=UTC), timedelta(days=3)))
@example(([on_clock("Pacific/Apia", (1_200, 120))], datetime(2011, 12, 30, 12, tzinfo=UTC), timedelta(days=1)))
@example(([on_clock("Pacific/Kwajalein", (1_380, 60))], datetime(1969, 9, 30, 12, tzinfo=UTC), timedelta(days=1)))
def test_first_open_is_what_looking_at_every_minute_finds(
    case: tuple[list[LocalWindow], datetime, timedelta],
) -> None:
    windows, at, horizon = case
    expected = reference_first_open(windows, at, horizon)
    found = first_open(windows, at, horizon)
    assert found == expected
    assert is_open(windows, at) == (expected == at)
    if found is not None:
        assert is_open(windows, found)
        assert found.tzinfo is UTC
        assert found == at or found.second == found.microsecond == 0


@settings(max_examples=examples(dev=100, ci=500), print_blob=True)
@given(cases(), cases())
def test_another_window_never_opens_earlier(
    case: tuple[list[LocalWindow], datetime, timedelta], other: tuple[list[LocalWindow], datetime, timedelta]
) -> None:
    windows, at, horizon = case
    alone = first_open(windows, at, horizon)
    together = first_open([*windows, *other[0]], at, horizon)
    assert together is None or (alone is not None and alone <= together)


@settings(max_examples=examples(dev=100, ci=500), print_blob=True)
@given(windows_strategy, windows_strategy)
def test_weeks_that_meet_are_those_with_a_common_minute(one: Window, other: Window) -> None:
    plain = [LocalWindow(Window(window.weekdays), "UTC", is_tenth) for window in (one, other)]
    monday = datetime(2026, 11, 23, tzinfo=UTC)
    # A week and a night, so that Sunday's overnight span has come round to Monday.
    found = first_open(plain, monday, timedelta(days=8))
    assert one.meets(other) == (found is not None)


@given(st.sampled_from(sorted(ODD_MOMENTS)), st.datetimes(datetime(1975, 1, 1), datetime(2100, 1, 1)))  # noqa: DTZ001
def test_always_is_always(zone: str, naive: datetime) -> None:
    at = naive.replace(tzinfo=UTC)
    assert first_open([LocalWindow(ALWAYS, zone, is_tenth)], at) == at
