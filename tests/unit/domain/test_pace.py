"""One text a second, first texts ahead; a moment that was given stays given (facts: Twilio's limits)."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from sidecar.domain.pace import Pace, take_slot

NOW = datetime(2026, 11, 18, 10, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def at(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def test_a_free_sender_sends_at_once_and_is_busy_for_a_second() -> None:
    slot = take_slot(Pace(), NOW, first=True, reserved=None)
    assert slot.at == NOW
    assert (slot.pace.first_free_at, slot.pace.later_free_at) == (at(1), None)
    follow_up = take_slot(Pace(), NOW, first=False, reserved=None)
    assert (follow_up.at, follow_up.pace.first_free_at, follow_up.pace.later_free_at) == (NOW, at(1), at(1))


def test_first_texts_queue_behind_each_other_and_follow_ups_behind_both() -> None:
    pace = Pace()
    moments = []
    for first in (False, True, False, True, False):
        slot = take_slot(pace, NOW, first=first, reserved=None)
        moments.append((slot.at - NOW).total_seconds())
        pace = slot.pace
    assert moments == [0, 1, 2, 2, 3]


def test_who_asks_before_their_moment_keeps_it_and_costs_nobody_one() -> None:
    pace = Pace(at(5), at(9))
    for first in (True, False):
        slot = take_slot(pace, at(1), first=first, reserved=at(4))
        assert (slot.at, slot.pace) == (at(4), pace)


def test_who_comes_at_their_moment_sends_though_the_sender_was_a_little_late() -> None:
    """The text before went 50 ms late, so the sender is busy 50 ms past this one's moment: no reason to queue anew."""
    pace = Pace(at(5.05), at(105))
    slot = take_slot(pace, at(5), first=False, reserved=at(5))
    assert slot.at <= at(5)


def test_a_follow_up_lets_first_texts_go_before_it_and_keeps_its_place_in_the_queue() -> None:
    pace = Pace(at(7), at(10))
    moved = take_slot(pace, at(5), first=False, reserved=at(5))
    assert (moved.at, moved.place) == (at(7), at(5))
    behind = take_slot(moved.pace, at(6), first=False, reserved=at(6))
    assert behind.at == at(8)
    new = take_slot(moved.pace, at(6), first=False, reserved=None)
    assert (new.at, new.pace.later_ends_at) == (at(12), at(13))


def test_who_was_kept_waiting_by_an_outage_goes_one_a_second_again() -> None:
    pace, went = Pace(at(3), at(3)), []
    queue = [at(0), at(1), at(2)]
    for second in range(60, 65):
        for place in list(queue):
            slot = take_slot(pace, at(second), first=False, reserved=place)
            pace = slot.pace
            if slot.at <= at(second):
                queue.remove(place)
                went.append((place, second))
    assert went == [(at(0), 60), (at(1), 61), (at(2), 62)]


@given(st.integers(1, 40), st.lists(st.integers(0, 60), max_size=30))
def test_whatever_first_texts_come_between_the_queue_keeps_its_order_and_loses_no_second(
    waiting: int, firsts: list[int]
) -> None:
    """A night of `waiting` calls at one opening; each second of `firsts` somebody new rings."""
    pace, queue, went = Pace(), [], []
    for number in range(waiting):
        slot = take_slot(pace, NOW, first=False, reserved=None)
        pace = slot.pace
        if slot.at <= NOW:
            went.append(("night", number, NOW))
        else:
            queue.append((slot.at, number, slot.place))
    fresh: list[tuple[datetime, datetime]] = []
    looks = 0
    for second in range(140):
        now = at(second)
        for _ in range(firsts.count(second)):
            slot = take_slot(pace, now, first=True, reserved=None)
            pace = slot.pace
            fresh.append((slot.at, now))
        for place, came in [one for one in fresh if one[0] <= now]:
            fresh.remove((place, came))
            went.append(("first", second, now))
        while queue and min(queue)[0] <= now:
            queue.sort()
            _, number, place = queue.pop(0)
            looks += 1
            slot = take_slot(pace, now, first=False, reserved=place)
            pace = slot.pace
            if slot.at <= now:
                went.append(("night", number, now))
            else:
                queue.append((slot.at, number, place))
    assert [number for kind, number, _ in went if kind == "night"] == list(range(waiting))
    last = max(moment for kind, _, moment in went if kind == "night")
    assert (last - NOW).total_seconds() <= waiting + len(firsts)
    per_second = Counter(moment for _, _, moment in went)
    assert max(per_second.values()) <= 2, "a text that has its moment may go beside a first one, never three"
    assert looks <= waiting * (2 + len(firsts))


def test_another_interval_for_another_sender() -> None:
    pace = Pace(interval=SECOND / 3)
    slots = []
    for _ in range(4):
        slot = take_slot(pace, NOW, first=True, reserved=None)
        slots.append(slot.at)
        pace = slot.pace
    assert abs(slots[-1] - slots[0] - SECOND) < timedelta(milliseconds=1)


@given(st.lists(st.booleans(), min_size=1, max_size=40), st.floats(0, 0.4))
def test_a_queue_that_is_served_as_it_was_promised_keeps_its_order_and_its_rate(kinds: list[bool], late: float) -> None:
    """Everybody asks at once and comes back at their moment, a little late: each goes within two looks."""
    pace, queue = Pace(), []
    for number, first in enumerate(kinds):
        slot = take_slot(pace, NOW, first=first, reserved=None)
        pace = slot.pace
        queue.append((slot.at, number, first, slot.place))
    went: list[tuple[datetime, bool]] = []
    looks = 0
    while queue:
        queue.sort()
        moment, number, first, place = queue.pop(0)
        looks += 1
        now = moment if moment == NOW else moment + timedelta(seconds=late)
        slot = take_slot(pace, now, first=first, reserved=place)
        pace = slot.pace
        if slot.at <= now:
            went.append((now, first))
        else:
            queue.append((slot.at, number, first, slot.place))
    assert looks <= 2 * len(kinds) + kinds.count(True)
    span = (went[-1][0] - NOW).total_seconds()
    assert span <= len(kinds) * 2 + 1


@given(st.integers(1, 30), st.integers(0, 29))
def test_first_texts_wait_for_first_texts_only(firsts: int, follow_ups: int) -> None:
    pace = Pace()
    for _ in range(follow_ups):
        pace = take_slot(pace, NOW, first=False, reserved=None).pace
    last = NOW
    for _ in range(firsts):
        slot = take_slot(pace, NOW, first=True, reserved=None)
        pace, last = slot.pace, slot.at
    assert last <= NOW + firsts * SECOND
