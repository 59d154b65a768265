"""When staff hear of what: at once, in their hours, and of the same thing seldom."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

import pytest

from sidecar.domain.windows import parse_window
from sidecar.engine import facts, words
from sidecar.engine.context import Turn
from sidecar.engine.hand import report_flow_error
from tests.integration.engine.seeing import alerts

if TYPE_CHECKING:
    from collections.abc import Callable

    from sidecar.sandbox import Sandbox
    from tests.support.clock import ManualClock
    from tests.support.house import House

OFFICE = parse_window({"weekdays": "9-17", "holidays": "closed"})
SATURDAY = datetime(2026, 11, 28, 11, tzinfo=UTC)


def write(home: House, work: Callable[[Turn], Any]) -> Any:
    return home.sidecar.store.write(lambda tx: work(Turn(home.sidecar.context, tx, home.business)))


def alert(home: House, about: str, **refs: Any) -> None:
    write(home, lambda turn: turn.alert(about, **refs))


def test_rings_again_are_told_once_in_ten_minutes(home: House, sandbox: Sandbox) -> None:
    home.miss()
    home.live(minutes=1)
    for _ in range(5):
        assert home.miss().decision == "folded"
        home.live(minutes=1)
    assert len(alerts(sandbox)) == 1
    home.live(minutes=6)
    home.miss()
    home.live(minutes=1)
    assert len(alerts(sandbox)) == 2


@pytest.mark.parametrize(("about", "other"), [("operator", "no credit"), ("flow_failed", "another flow")])
def test_one_trouble_is_told_once_an_hour(home: House, sandbox: Sandbox, about: str, other: str) -> None:
    for _ in range(3):
        alert(home, about, reason="the token has run out")
        home.live(minutes=10)
    assert len(alerts(sandbox)) == 1
    alert(home, about, reason=other)
    home.live(minutes=1)
    assert len(alerts(sandbox)) == 2
    home.live(minutes=30)
    alert(home, about, reason="the token has run out")
    home.live(minutes=1)
    assert len(alerts(sandbox)) == 3


def test_a_flow_that_fails_at_every_run_is_told_once_an_hour(home: House, sandbox: Sandbox) -> None:
    for number in range(5):
        report_flow_error(
            home.sidecar.context, home.business, workflow="Recovery", execution_id=str(number), message="timed out"
        )
        home.live(minutes=1)
    assert len(alerts(sandbox)) == 1


def test_doubtful_sends_of_one_hour_come_in_two_alerts_that_name_everybody(home: House, sandbox: Sandbox) -> None:
    touches = {}
    for last in range(3):
        opened = home.miss(caller=f"+4477009001{last:02d}")
        home.live(minutes=1)
        touches[f"+4477009001{last:02d}"] = home.sequence(opened.sequence_id)["touches"][0]["touch_id"]
    for touch_id in touches.values():
        alert(home, "in_doubt", touch_id=touch_id)
        home.live(seconds=30)
    assert len(alerts(sandbox)) == 1
    home.live(hours=1)
    doubts = [text for text in alerts(sandbox) if "Was this sent" in text]
    assert len(doubts) == 2
    for phone in touches:
        assert any(phone in text for text in doubts)


@pytest.mark.parametrize(
    ("about", "at_once"),
    [("reply", True), ("complained", True), ("booked", True), ("missed_call", False), ("operator", False)],
)
def test_only_who_waits_is_told_outside_the_hours(
    make_home: Callable[..., House], sandbox: Sandbox, clock: ManualClock, about: str, *, at_once: bool
) -> None:
    home = make_home(staff_hours=OFFICE, subdivision="ENG")
    clock.set(SATURDAY)
    alert(home, about, reason="something")
    home.live(hours=1)
    assert (len(alerts(sandbox)) == 1) is at_once
    home.live(hours=47)  # Monday at 10
    assert len(alerts(sandbox)) == 1


def test_one_trouble_of_a_weekend_is_one_alert_on_monday(
    make_home: Callable[..., House], sandbox: Sandbox, clock: ManualClock
) -> None:
    home = make_home(staff_hours=OFFICE, subdivision="ENG")
    clock.set(SATURDAY)
    for _ in range(12):
        alert(home, "operator", reason="the token has run out")
        home.live(hours=3)
    home.live(hours=12)
    assert len(alerts(sandbox)) == 1


def test_the_staffs_holidays_count(make_home: Callable[..., House]) -> None:
    home = make_home(staff_hours=OFFICE, subdivision="ENG")
    [window] = facts.windows(home.business, "staff", None)
    assert window.spans_on(date(2026, 12, 25)) == ()
    assert window.spans_on(date(2026, 12, 24)) == ((540, 1020),)


@pytest.mark.parametrize(
    ("language", "now", "closed", "said"),
    [
        ("en-GB", SATURDAY, (), "Monday at 9"),
        ("fr-CA", SATURDAY, (), "lundi à 9 h"),
        ("en-GB", datetime(2026, 11, 29, 11, tzinfo=UTC), (), "tomorrow at 9"),
        ("fr-CA", datetime(2026, 11, 27, 11, tzinfo=UTC), (), "aujourd'hui"),
        ("en-GB", SATURDAY, range(30, 31), "Tuesday at 9"),
        ("en-GB", datetime(2026, 12, 24, 18, tzinfo=UTC), (), "Tuesday at 9"),
    ],
)
def test_when_they_are_back(
    make_home: Callable[..., House], clock: ManualClock, language: str, now: datetime, closed: Any, said: str
) -> None:
    days = frozenset(date(2026, 11, day) for day in closed)
    home = make_home(staff_hours=OFFICE, subdivision="ENG", language=language, closed_days=days)
    clock.set(now)
    assert write(home, words._opens) == said


@pytest.mark.parametrize(
    ("language", "said"), [("en-GB", "Monday 7 December at 9"), ("fr-CA", "lundi 7 décembre à 9 h")]
)
def test_a_day_more_than_six_days_away_has_its_date(
    make_home: Callable[..., House], clock: ManualClock, language: str, said: str
) -> None:
    closed = frozenset(date(2026, 11, 30 + day) if day < 1 else date(2026, 12, day) for day in range(5))
    home = make_home(staff_hours=OFFICE, subdivision="ENG", language=language, closed_days=closed)
    clock.set(SATURDAY)
    assert write(home, words._opens) == said
