"""Which rules hold for a touch: the preset, its windows on every candidate clock, attempts, disclosures.

What a number may mean counts in full: all the zones and all the states that it could be in hold together, so
that the strictest wins. The tables are in :mod:`sidecar.domain.presets`; who may be written to at all is
:mod:`sidecar.domain.consent`.

Public holidays are computed by the ``holidays`` package, which is imported when the first window that knows
holidays is read, and never for one that does not. Its sets are kept by region, subdivision and year.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from sidecar.domain.presets import GDPR_REGIONS, PRESETS, Basis, Channel, Preset, Purpose
from sidecar.domain.windows import ALWAYS, HolidayCheck, LocalWindow, RuleError, Span, Window, no_holidays

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import date

__all__ = [
    "Basis",
    "Channel",
    "Preset",
    "Purpose",
    "attempts_allowed",
    "check_region",
    "check_windows",
    "holiday_check",
    "must_say_recorded",
    "needs_assessment",
    "preset",
    "windows_for",
]

Place = tuple[str, str | None]
"""A region (ISO 3166-1 alpha-2) and a subdivision (``QC``), or ``None`` where that is not known."""

_TOUCHES: tuple[Channel, ...] = ("sms", "voice", "email")
_NO_WINDOWS: Mapping[Channel, Window] = {}
_NO_EXTRA: Mapping[date, tuple[Span, ...]] = {}


def preset(name: str) -> Preset:
    """Give the preset of that name.

    Raises:
        RuleError: for an unknown name, with the known ones.
    """
    known = PRESETS.get(name)
    if known is None:
        raise RuleError("preset", f"{name!r} is not known", f"use one of {', '.join(PRESETS)}")
    return known


def windows_for(
    preset: Preset,
    channel: Channel,
    *,
    zones: tuple[str, ...],
    states: tuple[str, ...],
    business_zone: str,
    region: str,
    subdivision: str | None,
    overrides: Mapping[Channel, Window] = _NO_WINDOWS,
    closed_days: frozenset[date] = frozenset(),
    extra: Mapping[date, tuple[Span, ...]] = _NO_EXTRA,
) -> tuple[LocalWindow, ...]:
    """Give every window that a touch on this channel must be inside of, all at once.

    The law's windows (the preset's, and those of each of ``states``, ISO 3166-2) and the business's own
    (``overrides`` with ``closed_days`` and ``extra``) are each read on every clock of ``zones``; no zone
    means a non-geographic number, which takes ``business_zone``. The business can narrow what the law allows,
    never widen it. A ``staff`` step knows only the business's own hours on its own clock: without any it is
    always open.

    Raises:
        RuleError: where neither the preset nor the business says when the channel may be used.
    """
    own = overrides.get(channel)
    if channel == "staff":
        law: tuple[Window, ...] = ()
        clocks: tuple[str, ...] = (business_zone,)
    else:
        law = _law(preset, channel, states)
        clocks = (business_zone,) if preset.zone_of == "business" or not zones else zones
        if own is None and not law:
            raise _no_hours(preset, channel)
        if own is None and closed_days:
            own = ALWAYS
    is_holiday = holiday_check(_places(region, subdivision, states))
    windows = [LocalWindow(window, zone, _useful(window, is_holiday)) for zone in clocks for window in law]
    if own is not None:
        windows += [LocalWindow(own, zone, _useful(own, is_holiday), closed_days, extra) for zone in clocks]
    return tuple(windows)


def check_windows(
    preset: Preset, overrides: Mapping[Channel, Window], channels: Collection[Channel] = _TOUCHES
) -> None:
    """Refuse a business's own windows that leave one of ``channels`` no legal minute in an ordinary week.

    Raises:
        RuleError: naming ``windows.<channel>``: never open together with the preset's, or missing where the
            preset sets no hours.
    """
    for channel in channels:
        if channel == "staff":
            continue
        own, law = overrides.get(channel), preset.windows.get(channel)
        if own is None and law is None:
            raise _no_hours(preset, channel)
        if own is not None and law is not None and not own.meets(law):
            said = f"has no minute that preset {preset.name} allows"
            remedy = "open it inside the preset's hours, or leave it out to use them all"
            raise RuleError(f"windows.{channel}", said, remedy)


def attempts_allowed(preset: Preset, states: tuple[str, ...]) -> int | None:
    """Give the most texts and calls to one person in any 24 h, by the strictest state; ``None``: no limit."""
    by_state = preset.attempts_per_day_by_state
    limits = [by_state[state] for state in states if state in by_state]
    if preset.attempts_per_day is not None:
        limits.append(preset.attempts_per_day)
    return min(limits, default=None)


def must_say_recorded(preset: Preset, states: tuple[str, ...]) -> bool:
    """Whether a recorded call has to say so at its start; it has to where the state is not known."""
    return preset.recording_notice or not states or not preset.recording_states.isdisjoint(states)


def needs_assessment(preset: Preset, region: str | None) -> bool:
    """Whether answering a missed call rests on a legitimate interest, which has to be assessed beforehand.

    UK GDPR and GDPR art. 6(1)(f): the UK and the EEA. A ``uk`` preset says so wherever the business is.
    """
    return preset.name == "uk" or region in GDPR_REGIONS


def check_region(region: str, subdivision: str | None = None) -> None:
    """Refuse a region or subdivision whose public holidays nobody could look up; loads ``holidays``.

    Raises:
        RuleError: for an unknown region or subdivision, with the known ones.
    """
    from holidays import list_supported_countries

    known = list_supported_countries()
    if region not in known:
        names = sorted(name for name in known if len(name) == len("GB"))
        raise RuleError("region", f"{region!r} is not known", f"use one of {', '.join(names)}")
    if subdivision is not None and _short(region, subdivision) not in known[region]:
        names = sorted(known[region])
        remedy = f"use one of {', '.join(names)}" if names else "leave it out"
        raise RuleError("subdivision", f"{subdivision!r} is not a part of {region}", remedy)


@lru_cache(maxsize=1_024)
def holiday_check(places: tuple[Place, ...]) -> HolidayCheck:
    """Give the check whether a date is a public holiday in any of the places.

    Where the subdivision is not known, a holiday of any subdivision counts: the strictest of all candidates.
    The check raises RuleError for an unknown region; :func:`check_region` finds that out beforehand.
    """

    def is_holiday(day: date) -> bool:
        return any(day in _public_holidays(region, part, day.year) for region, part in places)

    return is_holiday


def _law(preset: Preset, channel: Channel, states: tuple[str, ...]) -> tuple[Window, ...]:
    tables = (preset.windows, *(preset.by_state[state] for state in states if state in preset.by_state))
    return tuple(table[channel] for table in tables if channel in table)


def _no_hours(preset: Preset, channel: Channel) -> RuleError:
    said = f"preset {preset.name} sets no hours for it"
    return RuleError(f"windows.{channel}", said, 'give them, for example {daily: "9-18"}')


def _useful(window: Window, is_holiday: HolidayCheck) -> HolidayCheck:
    return no_holidays if window.holidays is None else is_holiday


def _places(region: str, subdivision: str | None, states: tuple[str, ...]) -> tuple[Place, ...]:
    """Say whose holidays count: the business's, and those of each state that the person may be in."""
    theirs = [(state[:2], state[3:]) for state in states]
    if subdivision is not None:
        ours: list[Place] = [(region, _short(region, subdivision))]
    elif any(country == region for country, _ in theirs):
        ours = []  # the number says more about the subdivision than the business file does
    else:
        ours = [(region, None)]
    return tuple(dict.fromkeys((*ours, *theirs)))


def _short(region: str, subdivision: str) -> str:
    return subdivision.removeprefix(f"{region}-")


@lru_cache(maxsize=512)
def _public_holidays(region: str, subdivision: str | None, year: int) -> frozenset[date]:
    from holidays import country_holidays, list_supported_countries

    check_region(region)
    known = list_supported_countries()[region]
    # A state that was read from a number and that nobody lists holidays for is as good as unknown.
    parts = (subdivision,) if subdivision in known else (None, *known)
    return frozenset(day for part in parts for day in country_holidays(region, subdiv=part, years=year, expand=False))
