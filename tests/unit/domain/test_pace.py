"""One text a second, first texts ahead; a moment that was given stays given (facts: Twilio's limits)."""

from __future__ import annotations

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


def test_a_follow_up_lets_a_first_text_go_before_it() -> None:
    pace = Pace(at(7), at(10))
    slot = take_slot(pace, at(5), first=False, reserved=at(5))
    assert slot.at == at(10)


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
        queue.append((slot.at, number, first))
    went: list[tuple[datetime, bool]] = []
    looks = 0
    while queue:
        queue.sort()
        moment, number, first = queue.pop(0)
        looks += 1
        now = moment if moment == NOW else moment + timedelta(seconds=late)
        slot = take_slot(pace, now, first=first, reserved=moment)
        pace = slot.pace
        if slot.at <= now:
            went.append((now, first))
        else:
            queue.append((slot.at, number, first))
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
