"""A night's missed calls: queued for the opening, then answered in order, at the sender's pace, in true words."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

from sidecar.config.playbooks import shipped_playbook
from tests.integration.engine.seeing import events, step
from tests.support.house import STAFF

if TYPE_CHECKING:
    from collections.abc import Callable

    from sidecar.sandbox import Sandbox
    from tests.support.house import House

EVENING = datetime(2026, 11, 18, 20, 0, tzinfo=UTC)
OPENING = datetime(2026, 11, 19, 8, 0, tzinfo=UTC)
CALLS = 100
NIGHT = [f"+4477009002{number:02d}" for number in range(CALLS)]
SECOND = timedelta(seconds=1)


def a_night_of_calls(home: House) -> list[str]:
    """A hundred callers between eight and eight, seven minutes apart; their sequences, oldest first."""
    opened = []
    for number, caller in enumerate(NIGHT):
        home.clock.set(EVENING + number * timedelta(minutes=7))
        opened.append(home.miss(caller=caller).sequence_id)
        home.settle()
    return opened


def test_a_hundred_calls_of_a_night_are_answered_in_order_one_a_second_from_the_opening(
    make_home: Callable[..., House], sandbox: Sandbox
) -> None:
    home = make_home(hubspot=None, playbook=shipped_playbook("uk-three-layer"))
    opened = a_night_of_calls(home)
    assert [text.to for text in sandbox.texts if text.to != STAFF] == [], "nobody is texted at night"
    home.clock.set(OPENING - SECOND)
    home.live(seconds=CALLS + 20)
    texts = [text for text in sandbox.texts if text.to in NIGHT]
    assert [text.to for text in texts] == NIGHT, "oldest first"
    assert texts[0].at == OPENING
    assert all(later.at - earlier.at == SECOND for earlier, later in pairwise(texts))
    assert all("You rang while we were closed" in text.body for text in texts)
    assert not any("just" in text.body or "minute" in text.body for text in texts)
    for sequence_id in opened:
        assert step(home, sequence_id, "acknowledge")[0] == "sent"
        assert len(events(home, sequence_id, "gate.")) <= 3, "deferred to the opening, given its moment, sent"


def test_those_who_call_in_the_morning_do_not_wait_behind_the_night(
    make_home: Callable[..., House], sandbox: Sandbox
) -> None:
    """Each is answered within the words' own time; the night moves on by one for each of them, and keeps its order."""
    home = make_home(hubspot=None, staff=())
    a_night_of_calls(home)
    home.clock.set(OPENING)
    home.live(seconds=10)
    morning = [f"+4477009003{number:02d}" for number in range(30)]
    called: dict[str, datetime] = {}
    for number, caller in enumerate(morning):
        burst = number < 10
        called[caller] = home.clock.now()
        home.miss(caller=caller)
        home.live(seconds=0 if burst else 3)
    home.live(seconds=120)
    waited = [text.at - called[text.to] for text in sandbox.texts if text.to in called]
    assert len(waited) == len(morning)
    assert max(waited) <= 11 * SECOND, "behind those of the morning only, and one that was just being sent"
    assert all("I just missed your call" in text.body for text in sandbox.texts if text.to in called)
    night = [text.to for text in sandbox.texts if text.to in NIGHT]
    assert night == NIGHT, "all of the night, oldest first"
    at = sorted(text.at for text in sandbox.texts)
    assert all(later - earlier >= SECOND for earlier, later in pairwise(at)), "one a second in all"
    assert at[-1] - OPENING <= (CALLS + len(morning) + 1) * SECOND, "and no second is wasted"
