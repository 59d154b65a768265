"""Compliance: one test for each row of the table of rules, read at the edges of its hours."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sidecar.domain.compliance import (
    Channel,
    Preset,
    attempts_allowed,
    check_region,
    check_windows,
    holiday_check,
    must_say_recorded,
    preset,
    windows_for,
)
from sidecar.domain.presets import PRESETS
from sidecar.domain.windows import LocalWindow, RuleError, Window, first_open, is_open, parse_window

if TYPE_CHECKING:
    from collections.abc import Mapping

LONDON, NEW_YORK, CHICAGO, LOS_ANGELES = (
    "Europe/London", "America/New_York", "America/Chicago", "America/Los_Angeles",
)  # fmt: skip
TORONTO, MONTREAL = "America/Toronto", "America/Montreal"

# Business of each preset: zone, region, subdivision.
AT_HOME: Mapping[str, tuple[str, str, str | None]] = {
    "uk": (LONDON, "GB", "ENG"),
    "ca": (TORONTO, "CA", "ON"),
    "us": (NEW_YORK, "US", None),
    "custom": ("Australia/Sydney", "AU", "NSW"),
}


def rules(
    name: str,
    channel: Channel,
    *,
    zones: tuple[str, ...] | None = None,
    states: tuple[str, ...] = (),
    overrides: Mapping[Channel, Window] | None = None,
    closed_days: frozenset[date] = frozenset(),
    subdivision: str | None = "of the business",
) -> tuple[LocalWindow, ...]:
    zone, region, part = AT_HOME[name]
    return windows_for(
        preset(name),
        channel,
        zones=(zone,) if zones is None else zones,
        states=states,
        business_zone=zone,
        region=region,
        subdivision=part if subdivision == "of the business" else subdivision,
        overrides=overrides or {},
        closed_days=closed_days,
    )


def hours(windows: tuple[LocalWindow, ...], zone: str, day: date) -> str:
    """Read a local day off the windows, quarter of an hour by quarter: ``9:00-21:30``, '' where closed."""
    midnight = datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone))
    quarters = [midnight + timedelta(minutes=15 * count) for count in range(97)]
    flags = [is_open(windows, quarter) for quarter in quarters[:96]] + [False]
    edges = [count for count in range(97) if flags[count] != (count > 0 and flags[count - 1])]
    clock = [f"{count // 4}:{count % 4 * 15:02}" for count in edges]
    return " ".join(f"{start}-{end}" for start, end in zip(clock[::2], clock[1::2], strict=True))


FRIDAY, SATURDAY, SUNDAY = date(2026, 11, 20), date(2026, 11, 21), date(2026, 11, 22)
WEEK = (FRIDAY, SATURDAY, SUNDAY)


class TestUnitedKingdom:
    @pytest.mark.parametrize("channel", ["sms", "email"])
    def test_texts_and_emails_go_from_8_to_20_daily(self, channel: Channel) -> None:
        assert [hours(rules("uk", channel), LONDON, day) for day in WEEK] == ["8:00-20:00"] * 3

    def test_calls_go_from_9_to_18_on_saturday_to_13_and_never_on_sunday(self) -> None:
        assert [hours(rules("uk", "voice"), LONDON, day) for day in WEEK] == ["9:00-18:00", "9:00-13:00", ""]

    def test_a_bank_holiday_counts_as_sunday_for_calls_alone(self) -> None:
        easter_monday, boxing_day_observed = date(2027, 3, 29), date(2026, 12, 28)
        for day in (easter_monday, boxing_day_observed, date(2026, 12, 25)):
            assert hours(rules("uk", "voice"), LONDON, day) == ""
            assert hours(rules("uk", "sms"), LONDON, day) == "8:00-20:00"

    def test_a_nation_has_its_own_bank_holidays(self) -> None:
        st_andrew = date(2026, 11, 30)
        assert hours(rules("uk", "voice", subdivision="ENG"), LONDON, st_andrew) == "9:00-18:00"
        assert hours(rules("uk", "voice", subdivision="GB-SCT"), LONDON, st_andrew) == ""

    def test_where_the_nation_is_not_known_every_nations_holidays_count(self) -> None:
        for day in (date(2026, 11, 30), date(2027, 3, 29), date(2027, 7, 12)):
            assert hours(rules("uk", "voice", subdivision=None), LONDON, day) == ""

    def test_a_call_after_christmas_eve_waits_for_the_29th(self) -> None:
        # 25 Friday, 26 Saturday, 27 Sunday, 28 the observed Boxing Day.
        found = first_open(rules("uk", "voice"), datetime(2026, 12, 24, 18, tzinfo=UTC))
        assert found == datetime(2026, 12, 29, 9, tzinfo=UTC)


class TestCanada:
    @pytest.mark.parametrize("channel", ["sms", "email", "voice"])
    def test_from_9_to_half_past_21_and_10_to_18_at_the_weekend(self, channel: Channel) -> None:
        expected = ["9:00-21:30", "10:00-18:00", "10:00-18:00"]
        assert [hours(rules("ca", channel), TORONTO, day) for day in WEEK] == expected

    def test_a_holiday_has_the_hours_of_a_weekend(self) -> None:
        assert hours(rules("ca", "sms"), TORONTO, date(2026, 7, 1)) == "10:00-18:00"

    def test_quebec_has_its_own(self) -> None:
        st_john = date(2026, 6, 24)
        assert hours(rules("ca", "sms", subdivision="ON"), TORONTO, st_john) == "9:00-21:30"
        assert hours(rules("ca", "sms", subdivision="QC"), MONTREAL, st_john) == "10:00-18:00"

    def test_the_provinces_of_the_number_bring_their_holidays(self) -> None:
        st_john = date(2026, 6, 24)
        assert hours(rules("ca", "sms", states=("CA-ON", "CA-QC")), TORONTO, st_john) == "10:00-18:00"
        ontario = rules("ca", "sms", states=("CA-ON",), subdivision=None)
        assert hours(ontario, TORONTO, st_john) == "9:00-21:30"


class TestUnitedStates:
    @pytest.mark.parametrize("channel", ["sms", "voice"])
    def test_from_8_to_21_on_the_recipients_clock(self, channel: Channel) -> None:
        windows = rules("us", channel, zones=(LOS_ANGELES,), states=("US-CA",))
        assert [hours(windows, LOS_ANGELES, day) for day in WEEK] == ["8:00-21:00"] * 3

    def test_email_has_no_hours(self) -> None:
        assert hours(rules("us", "email", states=("US-FL",)), NEW_YORK, SUNDAY) == "0:00-24:00"

    @pytest.mark.parametrize("channel", ["sms", "voice"])
    @pytest.mark.parametrize(
        ("state", "zone", "expected"),
        [
            ("US-FL", NEW_YORK, ["8:00-20:00"] * 3),
            ("US-OK", CHICAGO, ["8:00-20:00"] * 3),
            ("US-MD", NEW_YORK, ["8:00-20:00"] * 3),
            ("US-TX", CHICAGO, ["9:00-21:00", "9:00-21:00", "12:00-21:00"]),
            ("US-CT", NEW_YORK, ["9:00-20:00"] * 3),
            ("US-RI", NEW_YORK, ["9:00-18:00", "10:00-17:00", "10:00-17:00"]),
            ("US-NY", NEW_YORK, ["8:00-21:00"] * 3),
        ],
    )
    def test_hours_of_the_states(self, channel: Channel, state: str, zone: str, expected: list[str]) -> None:
        windows = rules("us", channel, zones=(zone,), states=(state,))
        assert [hours(windows, zone, day) for day in WEEK] == expected

    def test_all_candidate_states_and_zones_hold_together(self) -> None:
        windows = rules("us", "sms", zones=(NEW_YORK, CHICAGO), states=("US-FL", "US-TX"))
        assert hours(windows, NEW_YORK, FRIDAY) == "10:00-20:00"
        assert hours(windows, NEW_YORK, SUNDAY) == "13:00-20:00"

    @pytest.mark.parametrize("state", ["US-FL", "US-OK", "US-MD"])
    def test_three_attempts_a_day_in_three_states(self, state: str) -> None:
        assert attempts_allowed(preset("us"), (state,)) == 3
        assert attempts_allowed(preset("us"), ("US-NY", state)) == 3

    def test_no_count_of_attempts_elsewhere(self) -> None:
        assert attempts_allowed(preset("us"), ("US-NY",)) is None
        assert attempts_allowed(preset("uk"), ()) is None

    def test_a_presets_own_count_holds_with_the_states(self) -> None:
        counted = Preset("counted", {}, attempts_per_day=2, attempts_per_day_by_state={"US-FL": 3, "US-MD": 1})
        assert attempts_allowed(counted, ("US-FL",)) == 2
        assert attempts_allowed(counted, ("US-FL", "US-MD")) == 1

    def test_a_window_without_holidays_never_loads_the_calendar(self) -> None:
        code = (
            "import sys, datetime as d; from sidecar.domain.compliance import preset, windows_for;"
            "from sidecar.domain.windows import first_open;"
            "w = windows_for(preset('us'), 'sms', zones=('America/New_York',), states=('US-FL',),"
            " business_zone='America/New_York', region='US', subdivision='FL');"
            "first_open(w, d.datetime(2026, 11, 23, 3, tzinfo=d.UTC)); sys.exit('holidays' in sys.modules)"
        )
        assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


class TestCustom:
    def test_the_business_file_alone_sets_the_hours(self) -> None:
        own: Mapping[Channel, Window] = {"sms": parse_window({"daily": "6-23", "holidays": "closed"})}
        windows = rules("custom", "sms", overrides=own)
        assert hours(windows, "Australia/Sydney", FRIDAY) == "6:00-23:00"
        assert hours(windows, "Australia/Sydney", date(2027, 1, 26)) == ""  # Australia Day

    @pytest.mark.parametrize("channel", ["sms", "voice", "email"])
    def test_a_channel_without_hours_is_refused(self, channel: Channel) -> None:
        with pytest.raises(RuleError, match=f"windows.{channel}: preset custom sets no hours"):
            rules("custom", channel)


class TestBusiness:
    def test_a_number_of_no_place_takes_the_businesss_clock(self) -> None:
        assert hours(rules("us", "sms", zones=()), NEW_YORK, FRIDAY) == "8:00-21:00"

    def test_its_own_hours_narrow_the_law_on_the_recipients_clock(self) -> None:
        own: Mapping[Channel, Window] = {"sms": parse_window({"weekdays": "7-17"})}
        windows = rules("us", "sms", zones=(LOS_ANGELES,), overrides=own)
        assert [hours(windows, LOS_ANGELES, day) for day in WEEK] == ["8:00-17:00", "", ""]

    @pytest.mark.parametrize("name", PRESETS)
    def test_closed_days_stop_every_channel(self, name: str) -> None:
        whole_day = parse_window({"daily": "0-24"})
        overrides: dict[Channel, Window] = {"sms": whole_day, "voice": whole_day, "email": whole_day}
        for channel in overrides:
            own = overrides if name == "custom" else {}
            windows = rules(name, channel, overrides=own, closed_days=frozenset({FRIDAY}))
            assert hours(windows, AT_HOME[name][0], FRIDAY) == ""
            assert hours(windows, AT_HOME[name][0], SATURDAY) != ""

    def test_an_extra_opening_adds_to_its_own_hours_and_not_to_the_laws(self) -> None:
        windows = windows_for(
            preset("uk"),
            "sms",
            zones=(LONDON,),
            states=(),
            business_zone=LONDON,
            region="GB",
            subdivision="ENG",
            overrides={"sms": parse_window({"weekdays": "9-17"})},
            extra={SUNDAY: ((1_080, 1_320),)},
        )
        assert hours(windows, LONDON, SUNDAY) == "18:00-20:00"
        assert hours(windows, LONDON, SATURDAY) == ""

    def test_staff_have_their_own_hours_on_the_businesss_clock(self) -> None:
        own: Mapping[Channel, Window] = {"staff": parse_window({"daily": "7-22"})}
        windows = rules("uk", "staff", zones=(LOS_ANGELES,), overrides=own)
        assert hours(windows, LONDON, SUNDAY) == "7:00-22:00"

    def test_staff_without_hours_are_always_asked(self) -> None:
        assert rules("uk", "staff", closed_days=frozenset({FRIDAY})) == ()

    def test_a_preset_can_be_read_on_the_businesss_clock(self) -> None:
        ours = Preset("ours", preset("uk").windows, zone_of="business")
        windows = windows_for(
            ours, "sms", zones=(LOS_ANGELES,), states=(), business_zone=LONDON, region="GB", subdivision="ENG"
        )
        assert hours(windows, LONDON, FRIDAY) == "8:00-20:00"

    @pytest.mark.parametrize("name", ["uk", "ca", "us"])
    def test_hours_that_the_law_never_allows_are_refused(self, name: str) -> None:
        with pytest.raises(RuleError, match=f"windows.voice: has no minute that preset {name} allows"):
            check_windows(preset(name), {"voice": parse_window({"daily": "22-7"})})

    def test_hours_that_the_law_allows_in_part_are_taken(self) -> None:
        check_windows(preset("uk"), {"sms": parse_window({"sun": "6-9"}), "staff": parse_window({"sun": "2-3"})})

    def test_custom_needs_hours_for_every_channel(self) -> None:
        some = parse_window({"daily": "9-18"})
        with pytest.raises(RuleError, match=r"windows\.email"):
            check_windows(preset("custom"), {"sms": some, "voice": some})
        check_windows(preset("custom"), {"sms": some, "voice": some, "email": some})

    def test_but_only_for_those_that_its_playbook_uses(self) -> None:
        some = parse_window({"daily": "9-18"})
        check_windows(preset("custom"), {"sms": some}, channels=("sms", "staff"))
        with pytest.raises(RuleError, match=r"windows\.voice"):
            check_windows(preset("custom"), {"sms": some}, channels=("sms", "voice"))


class TestDisclosure:
    ALL_PARTY = ("US-CA", "US-FL", "US-IL", "US-MD", "US-MA", "US-MT", "US-NH", "US-PA", "US-WA")

    @pytest.mark.parametrize("state", ALL_PARTY)
    def test_all_party_states_hear_that_they_are_recorded(self, state: str) -> None:
        assert must_say_recorded(preset("us"), ("US-NY", state))

    def test_one_party_states_need_not(self) -> None:
        assert not must_say_recorded(preset("us"), ("US-NY",))

    def test_where_the_state_is_not_known_it_is_said(self) -> None:
        assert must_say_recorded(preset("us"), ())

    @pytest.mark.parametrize("name", ["uk", "ca", "custom"])
    def test_elsewhere_it_is_always_said(self, name: str) -> None:
        assert must_say_recorded(preset(name), ())

    @pytest.mark.parametrize("name", PRESETS)
    def test_the_agent_always_says_what_it_is(self, name: str) -> None:
        assert preset(name).ai_notice


class TestNames:
    def test_an_unknown_preset_names_the_known(self) -> None:
        with pytest.raises(RuleError, match="'eu' is not known; use one of uk, ca, us, custom"):
            preset("eu")

    @pytest.mark.parametrize(("region", "part"), [("GB", "ENG"), ("GB", "GB-ENG"), ("CA", "QC"), ("GB", None)])
    def test_known_places(self, region: str, part: str | None) -> None:
        check_region(region, part)

    def test_an_unknown_region_names_the_known(self) -> None:
        with pytest.raises(RuleError, match=r"region: 'EN' is not known; use one of .*GB, .*US"):
            check_region("EN")

    def test_an_unknown_subdivision_names_the_known(self) -> None:
        with pytest.raises(RuleError, match="subdivision: 'LDN' is not a part of GB; use one of ENG, NIR, SCT, WLS"):
            check_region("GB", "LDN")

    def test_a_state_that_nobody_lists_takes_the_holidays_of_all(self) -> None:
        st_john = date(2026, 6, 24)
        assert holiday_check((("CA", "XX"),))(st_john)
        assert not holiday_check((("CA", "ON"),))(st_john)

    def test_the_same_places_give_the_same_check(self) -> None:
        assert rules("uk", "voice") == rules("uk", "voice")


STATES = ("US-FL", "US-OK", "US-MD", "US-TX", "US-CT", "US-RI", "US-NY", "US-CA")
ZONES = (NEW_YORK, CHICAGO, LOS_ANGELES, "America/Denver", "Pacific/Honolulu")
INSTANTS = st.datetimes(datetime(2026, 1, 1), datetime(2029, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


@given(
    st.sampled_from(["sms", "voice"]),
    st.sets(st.sampled_from(ZONES), min_size=1).map(tuple),
    st.sets(st.sampled_from(STATES)).map(tuple),
    INSTANTS,
)
def test_what_is_open_for_all_candidates_is_open_for_each(
    channel: Channel, zones: tuple[str, ...], states: tuple[str, ...], at: datetime
) -> None:
    together = is_open(rules("us", channel, zones=zones, states=states), at)
    pairs = [(zone, state) for zone in zones for state in states or ("US-NY",)]
    each = [is_open(rules("us", channel, zones=(zone,), states=(state,)), at) for zone, state in pairs]
    assert together == all(each)


@given(st.sampled_from(["uk", "ca", "us"]), st.sampled_from(["sms", "voice", "email"]), INSTANTS)
def test_the_business_never_widens_the_law(name: str, channel: Channel, at: datetime) -> None:
    whole_day = parse_window({"daily": "0-24", "holidays": "0-24"})
    assert is_open(rules(name, channel, overrides={channel: whole_day}), at) == is_open(rules(name, channel), at)
