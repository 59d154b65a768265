"""One text a second for a long code, first texts ahead of follow-ups, and no asking again and again (design §5)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

from sidecar.config.business import Number
from sidecar.config.playbooks import shipped_playbook
from tests.integration.engine.seeing import events, step
from tests.support.house import NUMBER

if TYPE_CHECKING:
    from collections.abc import Callable

    from sidecar.domain.playbooks import Playbook
    from sidecar.sandbox import Sandbox
    from tests.support.house import House


def patient(seconds: int = 600) -> Playbook:
    """The playbook with a first text that may wait ten minutes, so that a long queue can be watched."""
    playbook = shipped_playbook("contractor-two-text")
    first = replace(playbook.steps[0], deadline=timedelta(seconds=seconds))
    return replace(playbook, steps=(first, *playbook.steps[1:]))


def test_a_hundred_texts_leave_one_a_second_and_each_is_decided_twice_at_most(
    make_home: Callable[..., House], sandbox: Sandbox
) -> None:
    home = make_home(playbook=patient(), staff=(), hubspot=None)
    opened = [home.miss(caller=f"+4477009002{number:02d}") for number in range(100)]
    home.live(seconds=110)
    at = [text.at for text in sandbox.texts]
    assert len(at) == 100
    assert all(later - earlier == timedelta(seconds=1) for earlier, later in pairwise(at))
    decisions = [len(events(home, call.sequence_id, "gate.")) for call in opened]
    assert max(decisions) <= 2
    assert [text.to for text in sandbox.texts] == [f"+4477009002{number:02d}" for number in range(100)]


def test_first_texts_go_ahead_of_follow_ups(make_home: Callable[..., House], sandbox: Sandbox) -> None:
    home = make_home(playbook=patient(), staff=(), hubspot=None)
    for number in range(20):
        home.miss(caller=f"+4477009002{number:02d}")
    home.live(hours=2)
    before = len(sandbox.texts)
    assert before < 40, "the follow-ups are going out"
    fresh = [f"+4477009003{number:02d}" for number in range(5)]
    begun = home.clock.now()
    for caller in fresh:
        home.miss(caller=caller)
    home.live(seconds=60)
    ours = [text for text in sandbox.texts if text.to in fresh]
    assert [text.at - begun for text in ours][-1] <= timedelta(seconds=6), "each waits for first texts only"
    at = sorted(text.at for text in sandbox.texts[20:])
    assert all(later - earlier >= timedelta(seconds=1) for earlier, later in pairwise(at))
    assert len(sandbox.texts) == 45


def test_a_toll_free_number_texts_three_a_second(make_home: Callable[..., House], sandbox: Sandbox) -> None:
    home = make_home(numbers=(Number(NUMBER, texts_per_second=3.0),), playbook=patient(), staff=(), hubspot=None)
    begun = home.clock.now()
    for number in range(9):
        home.miss(caller=f"+4477009002{number:02d}")
    home.live(seconds=10)
    assert [text.at - begun for text in sandbox.texts][-1] < timedelta(seconds=3)


def test_a_queue_too_long_for_the_words_is_handed_to_staff_and_takes_no_turn(
    make_home: Callable[..., House], sandbox: Sandbox
) -> None:
    """20 s at one a second: the thirtieth caller is told nothing that is no longer true."""
    home = make_home(playbook=patient(seconds=20), hubspot=None)
    for number in range(30):
        home.miss(caller=f"+4477009002{number:02d}")
    home.live(seconds=30)
    callers = [text for text in sandbox.texts if text.to.startswith("+4477009002")]
    assert len(callers) == 21
    home.live(seconds=1)
    late = home.miss(caller="+447700900399")
    home.settle()
    assert step(home, late.sequence_id, "acknowledge")[0] == "sent", "nobody who was handed over holds a turn"


def test_asking_early_does_not_cost_a_step_its_turn(make_home: Callable[..., House], sandbox: Sandbox) -> None:
    """A flow that runs a queued step again and again keeps its moment."""
    home = make_home(playbook=patient(), staff=(), hubspot=None)
    home.sidecar.driving._ring = home.settle
    calls = [home.miss(caller=f"+4477009002{number:02d}") for number in range(4)]
    home.settle()
    moments = set()
    for _ in range(3):
        told = home.sidecar.driving.run(home.business, calls[3].sequence_id, "acknowledge")
        assert (told.result, told.reason) == ("deferred", "pace")
        moments.add(told.until)
    assert len(moments) == 1
    home.live(seconds=4)
    assert len(sandbox.texts) == 4
