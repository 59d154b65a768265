from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sidecar.domain.opt_out_rate import LATE, OFTEN, Figures, Leaver, Limit, judge, told

SOON = timedelta(seconds=20)
LIMIT = Limit()


def leaver(**changes: Any) -> Leaver:
    fields: dict[str, Any] = {"first_touch": SOON, "touches": 1, "step": "acknowledge", "complained": False}
    return Leaver(**fields | changes)


def figures(*leavers: Leaver, contacted: int = 200, late: float = 0.05) -> Figures:
    return Figures(contacted, late, leavers)


@pytest.mark.parametrize(
    ("left", "contacted", "alarmed"),
    [
        (0, 0, False),
        (0, 1000, False),
        (1, 10, False),  # 10 %, and chance
        (10, 99, False),
        (2, 100, False),  # at the limit is not over it
        (3, 100, True),
        (20, 1000, False),
        (21, 1000, True),
    ],
)
def test_over_the_limit_and_of_enough_people(left: int, contacted: int, alarmed: bool) -> None:
    found = judge(figures(*[leaver()] * left, contacted=contacted), LIMIT)
    assert (found is not None) is alarmed


def test_the_business_may_set_its_own_limit() -> None:
    few = figures(*[leaver()] * 2, contacted=20)
    assert judge(few, Limit(percent=5, people=20)) is not None
    assert judge(few, Limit(percent=10, people=20)) is None


@given(st.integers(0, 500), st.integers(0, 500), st.floats(0.1, 100), st.integers(1, 400))
def test_what_is_not_worth_counting_is_never_an_alarm(left: int, more: int, percent: float, people: int) -> None:
    limit = Limit(percent=percent, people=people)
    if not limit.worth_counting(left):
        assert judge(figures(*[leaver()] * left, contacted=left + more), limit) is None


@pytest.mark.parametrize(
    ("leavers", "likely"),
    [
        ([leaver(first_touch=LATE * 3)] * 4 + [leaver()], "too_late"),
        ([leaver(touches=OFTEN)] * 4 + [leaver()], "too_often"),
        ([leaver(complained=True, touches=OFTEN)] * 5, "wrong_tone"),
        ([leaver()] * 4 + [leaver(touches=OFTEN)], "wrong_tone"),
        ([leaver(first_touch=LATE)] * 5, "wrong_tone"),  # five minutes are still in time
    ],
)
def test_the_likely_cause_is_read_from_what_they_had_got(leavers: list[Leaver], likely: str) -> None:
    alarm = judge(figures(*leavers, contacted=100), LIMIT)
    assert alarm is not None
    assert alarm.likely.name == likely
    assert {cause.name for cause in alarm.causes} == {"too_late", "wrong_tone", "too_often"}
    weights = [cause.weight for cause in alarm.causes]
    assert weights == sorted(weights, reverse=True)
    assert all(0 <= weight <= 1 for weight in weights)


def test_lateness_that_everybody_shares_explains_less() -> None:
    leavers = [leaver(first_touch=LATE * 3, touches=OFTEN)] * 3 + [leaver(first_touch=LATE * 3)]
    theirs_alone = judge(figures(*leavers, contacted=100, late=0.04), LIMIT)
    everybodys = judge(figures(*leavers, contacted=100, late=1.0), LIMIT)
    assert theirs_alone is not None
    assert everybodys is not None
    assert (theirs_alone.likely.name, everybodys.likely.name) == ("too_late", "too_often")


def test_it_is_told_with_its_figures() -> None:
    leavers = [leaver(touches=4, step="nudge")] * 5 + [leaver(first_touch=LATE * 2), leaver(complained=True)]
    alarm = judge(figures(*leavers, contacted=206, late=0.1), LIMIT)
    assert alarm is not None
    assert told(alarm, "contractor-two-text", LIMIT) == (
        "3.4 % of those whom contractor-two-text contacted in 30 days opted out (7 of 206; the limit is 2 %).\n"
        "Likely cause: too often. 5 of 7 had had 3 messages or calls, or more.\n"
        "Less likely: wrong tone. 1 of 7 complained (1) or left after one or two messages that came in time; 5 "
        "answered the step nudge.\n"
        "Less likely: too late. 1 of 7 first heard from us later than 5 minutes after their call (of everybody "
        "contacted: 10 %)."
    )
