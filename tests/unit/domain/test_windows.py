"""Windows: single cases that a reader can check by hand; the proof is in tests/property."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from sidecar.domain.windows import (
    ALWAYS,
    WHOLE_DAY,
    LocalWindow,
    RuleError,
    Span,
    Window,
    first_open,
    is_open,
    no_holidays,
    parse_window,
)

NINE_TO_SIX: Span = (540, 1_080)
OFFICE = Window(((NINE_TO_SIX,),) * 5 + ((), ()))
LONDON = "Europe/London"


def on(window: Window, zone: str = LONDON) -> LocalWindow:
    return LocalWindow(window, zone, no_holidays)


def daily(start: int, end: int) -> Window:
    return Window((((start, end),),) * 7)


def local(zone: str, *parts: int, fold: int = 0) -> datetime:
    year, month, day, hour, minute = parts
    return datetime(year, month, day, hour, minute, tzinfo=ZoneInfo(zone), fold=fold).astimezone(UTC)


class TestOneClock:
    def test_an_open_instant_is_given_back_as_it_is(self) -> None:
        at = datetime(2026, 11, 23, 9, 30, 12, 345, tzinfo=UTC)
        assert first_open([on(OFFICE)], at) == at

    def test_an_instant_in_another_zone_comes_back_in_utc(self) -> None:
        found = first_open([on(OFFICE)], datetime(2026, 11, 23, 15, tzinfo=ZoneInfo("Asia/Kolkata")))
        assert found == datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
        assert found.tzinfo is UTC

    def test_friday_evening_waits_for_monday(self) -> None:
        assert first_open([on(OFFICE)], local(LONDON, 2026, 11, 20, 18, 0)) == local(LONDON, 2026, 11, 23, 9, 0)

    def test_the_end_is_closed_and_the_start_open(self) -> None:
        assert is_open([on(OFFICE)], datetime(2026, 11, 23, 17, 59, 59, 999_999, tzinfo=UTC))
        assert not is_open([on(OFFICE)], datetime(2026, 11, 23, 18, tzinfo=UTC))
        assert not is_open([on(OFFICE)], datetime(2026, 11, 23, 8, 59, 59, 999_999, tzinfo=UTC))
        assert is_open([on(OFFICE)], datetime(2026, 11, 23, 9, tzinfo=UTC))

    def test_the_search_ends_at_the_horizon_and_includes_it(self) -> None:
        monday = Window(((NINE_TO_SIX,), *[()] * 6))
        at = datetime(2026, 11, 23, 18, tzinfo=UTC)
        assert first_open([on(monday)], at) == datetime(2026, 11, 30, 9, tzinfo=UTC)
        until_nine = datetime(2026, 11, 30, 9, tzinfo=UTC) - at
        assert first_open([on(monday)], at, until_nine) == datetime(2026, 11, 30, 9, tzinfo=UTC)
        assert first_open([on(monday)], at, until_nine - timedelta(seconds=1)) is None

    def test_a_window_that_is_never_open_ends_the_search(self) -> None:
        assert first_open([on(Window(((),) * 7))], datetime(2026, 11, 23, tzinfo=UTC)) is None

    def test_a_leap_day_is_a_day(self) -> None:
        tuesday = Window(((), (NINE_TO_SIX,), *[()] * 5))  # 29 February 2028 is one
        found = first_open([on(tuesday)], datetime(2028, 2, 26, 12, tzinfo=UTC))
        assert found == datetime(2028, 2, 29, 9, tzinfo=UTC)

    def test_no_windows_are_always_open(self) -> None:
        at = datetime(2026, 11, 23, 3, 14, 15, tzinfo=UTC)
        assert is_open([], at)
        assert first_open([], at) == at

    def test_a_datetime_without_a_zone_is_refused(self) -> None:
        with pytest.raises(ValueError, match="no time zone"):
            first_open([], datetime(2026, 11, 23))  # noqa: DTZ001
        with pytest.raises(ValueError, match="no time zone"):
            is_open([], datetime(2026, 11, 23))  # noqa: DTZ001


class TestSeveralClocks:
    def test_every_candidate_zone_has_to_be_open(self) -> None:
        windows = [on(daily(480, 1_260), zone) for zone in ("America/New_York", "America/Los_Angeles")]
        found = first_open(windows, local("America/New_York", 2026, 11, 23, 9, 0))
        assert found == local("America/Los_Angeles", 2026, 11, 23, 8, 0)

    def test_zones_with_no_common_minute_give_none(self) -> None:
        windows = [on(daily(540, 600), zone) for zone in ("America/New_York", "Asia/Kolkata")]
        assert first_open(windows, datetime(2026, 11, 23, tzinfo=UTC)) is None

    def test_half_hour_zones_open_on_the_half_hour(self) -> None:
        found = first_open([on(OFFICE, "America/St_Johns")], datetime(2026, 11, 23, tzinfo=UTC))
        assert found == datetime(2026, 11, 23, 12, 30, tzinfo=UTC)


class TestChangesOfTheClock:
    def test_a_span_in_the_skipped_hour_never_comes_that_day(self) -> None:
        found = first_open([on(daily(75, 105))], datetime(2026, 3, 29, 0, tzinfo=UTC))
        assert found == local(LONDON, 2026, 3, 30, 1, 15)

    def test_a_span_that_begins_in_the_skipped_hour_opens_when_the_clock_has_jumped(self) -> None:
        found = first_open([on(daily(90, 180))], datetime(2026, 3, 29, 0, tzinfo=UTC))
        assert found == datetime(2026, 3, 29, 1, tzinfo=UTC)  # 02:00 in summer time

    def test_both_passes_of_the_repeated_hour_are_open(self) -> None:
        windows = [on(daily(75, 105))]
        first, second = (local(LONDON, 2026, 10, 25, 1, 15, fold=fold) for fold in (0, 1))
        assert second - first == timedelta(hours=1)
        assert first_open(windows, first - timedelta(hours=1)) == first
        assert first_open(windows, first + timedelta(minutes=30)) == second

    def test_nine_stays_nine_across_the_change(self) -> None:
        windows = [on(OFFICE, "America/New_York")]
        friday = local("America/New_York", 2026, 3, 6, 18, 0)
        assert first_open(windows, friday) == local("America/New_York", 2026, 3, 9, 9, 0)

    def test_a_clock_that_jumps_at_midnight(self) -> None:
        found = first_open([on(daily(0, 60), "America/Havana")], datetime(2026, 3, 8, 4, tzinfo=UTC))
        assert found == datetime(2026, 3, 8, 4, tzinfo=UTC) + timedelta(hours=24)  # the 8th has no 00:30

    def test_a_date_that_the_zone_left_out_has_no_minutes(self) -> None:
        friday = Window(((), (), (), (), (NINE_TO_SIX,), (), ()))
        found = first_open([on(friday, "Pacific/Apia")], datetime(2011, 12, 30, 5, tzinfo=UTC))
        assert found == local("Pacific/Apia", 2012, 1, 6, 9, 0)  # 30 December 2011 was a Friday

    def test_a_night_goes_on_into_the_next_date_that_the_zone_had(self) -> None:
        thursday_night = Window(((), (), (), ((1_200, 120),), (), (), ()))
        windows = [on(thursday_night, "Pacific/Apia")]
        saturday = datetime(2011, 12, 30, 10, tzinfo=UTC)  # 00:00 on the 31st, after 23:59 on the 29th
        assert is_open(windows, saturday - timedelta(minutes=1))
        assert is_open(windows, saturday + timedelta(minutes=119))
        assert not is_open(windows, saturday + timedelta(minutes=120))

    def test_an_offset_of_odd_seconds_opens_on_a_whole_minute(self) -> None:
        found = first_open([on(daily(540, 600), "Africa/Monrovia")], datetime(1972, 1, 5, tzinfo=UTC))
        assert found == datetime(1972, 1, 5, 9, 45, tzinfo=UTC)  # 09:00 there was 09:44:30


class TestSingleDays:
    def test_overnight_runs_into_the_next_day(self) -> None:
        windows = [on(Window((((1_200, 120),), *[()] * 6)))]  # Monday 20:00 to Tuesday 02:00
        assert is_open(windows, datetime(2026, 11, 24, 1, 59, tzinfo=UTC))
        assert not is_open(windows, datetime(2026, 11, 24, 2, tzinfo=UTC))
        assert not is_open(windows, datetime(2026, 11, 23, 1, tzinfo=UTC))

    def test_a_span_to_midnight_ends_there(self) -> None:
        windows = [on(Window((((1_200, 0),), *[()] * 6)))]
        assert is_open(windows, datetime(2026, 11, 23, 23, 59, tzinfo=UTC))
        assert not is_open(windows, datetime(2026, 11, 24, tzinfo=UTC))

    def test_holidays_take_their_own_spans(self) -> None:
        def christmas(day: date) -> bool:
            return (day.month, day.day) == (12, 25)

        at = datetime(2026, 12, 25, 10, tzinfo=UTC)  # a Friday
        for holidays, expected in ((None, True), ((), False), ((NINE_TO_SIX,), True), (((0, 60),), False)):
            window = LocalWindow(Window(OFFICE.weekdays, holidays), LONDON, christmas)
            assert is_open([window], at) is expected

    def test_a_closed_day_goes_and_an_extra_opening_comes(self) -> None:
        closed, sunday = date(2026, 11, 23), date(2026, 11, 29)
        window = LocalWindow(OFFICE, LONDON, no_holidays, frozenset({closed}), {sunday: ((600, 660),)})
        assert not is_open([window], datetime(2026, 11, 23, 10, tzinfo=UTC))
        assert is_open([window], datetime(2026, 11, 29, 10, tzinfo=UTC))
        assert not is_open([window], datetime(2026, 11, 29, 11, tzinfo=UTC))

    def test_a_closed_day_with_extra_hours_has_those_alone(self) -> None:
        day = date(2026, 11, 23)
        window = LocalWindow(OFFICE, LONDON, no_holidays, frozenset({day}), {day: ((1_080, 1_140),)})
        assert not is_open([window], datetime(2026, 11, 23, 10, tzinfo=UTC))
        assert is_open([window], datetime(2026, 11, 23, 18, 30, tzinfo=UTC))

    def test_a_night_belongs_to_the_day_on_which_it_began(self) -> None:
        window = LocalWindow(daily(1_200, 120), LONDON, no_holidays, frozenset({date(2026, 11, 24)}))
        assert is_open([window], datetime(2026, 11, 24, 1, tzinfo=UTC))  # Monday's night
        assert not is_open([window], datetime(2026, 11, 25, 1, tzinfo=UTC))  # Tuesday's, which was closed


class TestWindow:
    def test_meets(self) -> None:
        assert OFFICE.meets(ALWAYS)
        assert not OFFICE.meets(daily(1_080, 1_200))
        sunday_night = Window((*[()] * 6, ((1_380, 60),)))
        early_monday = Window((((0, 30),), *[()] * 6))
        assert sunday_night.meets(early_monday)
        assert early_monday.meets(sunday_night)

    def test_six_days_are_refused(self) -> None:
        with pytest.raises(RuleError, match="has 6 days"):
            Window(((),) * 6)

    @pytest.mark.parametrize("span", [(-1, 60), (1_440, 60), (60, 1_441)])
    def test_a_span_outside_the_day_is_refused(self, span: Span) -> None:
        with pytest.raises(RuleError, match="outside the day"):
            Window(((),) * 7, holidays=(span,))


class TestParse:
    @pytest.mark.parametrize(
        ("text", "span"),
        [
            ("09:00-18:00", (540, 1_080)),
            ("9-18", (540, 1_080)),
            ("9:30 - 18", (570, 1_080)),
            ("9\N{EN DASH}18", (540, 1_080)),
            ("20:00-02:00", (1_200, 120)),
            ("0-24", (0, 1_440)),
            ("18-0", (1_080, 0)),
        ],
    )
    def test_spans(self, text: str, span: Span) -> None:
        assert parse_window({"daily": text}) == Window(((span,),) * 7)

    def test_the_particular_counts_before_the_general_in_any_order(self) -> None:
        document = {"sat": "10-12", "weekend": "closed", "weekdays": ["9-12", "13-18"], "daily": "0-24"}
        assert parse_window(document) == Window((((540, 720), (780, 1_080)),) * 5 + (((600, 720),), ()))

    def test_what_nothing_names_is_closed_and_holidays_are_like_any_day(self) -> None:
        assert parse_window({"mon": "9-18"}) == Window(((NINE_TO_SIX,), *[()] * 6), None)

    def test_holidays(self) -> None:
        assert parse_window({"daily": "9-18", "holidays": "closed"}).holidays == ()
        assert parse_window({"daily": "9-18", "holidays": "10-12"}).holidays == ((600, 720),)
        assert parse_window({"daily": "9-18", "holidays": None}).holidays is None

    def test_a_whole_day(self) -> None:
        assert parse_window({"daily": "00:00-24:00"}).weekdays[3] == WHOLE_DAY

    @pytest.mark.parametrize(
        ("document", "field", "says"),
        [
            ({"monday": "9-18"}, "windows.sms.monday", "is not a day"),
            ({"mon": "9 to 18"}, "windows.sms.mon", "is not a span"),
            ({"mon": "9am-6pm"}, "windows.sms.mon", "is not a span"),
            ({"mon": "9:60-18"}, "windows.sms.mon", "is not a span"),
            ({"mon": 540}, "windows.sms.mon", "is not a span"),
            ({"mon": None}, "windows.sms.mon", "is not a span"),
            ({"mon": False}, "windows.sms.mon", "is not a span"),
            ({"mon": ["9-12", "closed"]}, "windows.sms.mon", "is not a span"),
            ({"mon": []}, "windows.sms.mon", "empty list"),
            ({"mon": "24:00-02:00"}, "windows.sms.mon", "outside the day"),
            ({"mon": "9-24:01"}, "windows.sms.mon", "outside the day"),
            ({"mon": "9-9"}, "windows.sms.mon", "same minute"),
            ({"daily": "9-18", "holidays": "x"}, "windows.sms.holidays", "is not a span"),
            ({"daily": "closed", "holidays": "closed"}, "windows.sms", "never open"),
            ({}, "windows.sms", "never open"),
            ("9-18", "windows.sms", "not a mapping"),
        ],
    )
    def test_mistakes_name_the_field_and_the_remedy(self, document: object, field: str, says: str) -> None:
        with pytest.raises(RuleError, match=says) as caught:
            parse_window(document, "windows.sms")
        assert caught.value.field == field
        assert str(caught.value).startswith(f"{field}: ")
        assert caught.value.remedy
