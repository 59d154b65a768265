"""``sequence-driver.blueprint.json``: Make says *now*, whatever comes between; and without Make it goes on as well."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from tests.flows.make.requests import Request, exchange
from tests.flows.make.stack import TEAM, answers, faults, post
from tests.support.house import CALLER, STAFF

if TYPE_CHECKING:
    from tests.flows.make.server import Hook
    from tests.flows.make.stack import Stack

EVENTS = ("step.ready", "sequence.closed", "reply.received")
TEXT, CALL, EMAIL = "Send the text", "Place the call", "Write the email"
LAYERS = [pytest.param({"minutes": 1}, ["text"], id="after the text"),
          pytest.param({"minutes": 10}, ["text", "call"], id="after the call"),
          pytest.param({"hours": 2}, ["text", "call", "email"], id="after the email")]  # fmt: skip


@pytest.fixture
def driver(stack: Stack) -> Hook:
    return stack.install("sequence-driver", *EVENTS, team_webhook=f"{TEAM}/hooks/team")


def results(hook: Hook) -> list[str]:
    """What the sidecar said to each *now*."""
    return [each["data"]["result"] for name in (TEXT, CALL, EMAIL) for each in answers(hook, name)]


def about(event: dict[str, Any], step: str, channel: str) -> dict[str, Any]:
    """The same event, of another step."""
    return {**event, "data": {**event["data"], "step": step, "channel": channel}}


# -- Make drives ---------------------------------------------------------------------------------------------------


def test_a_silent_lead_gets_a_text_a_call_and_an_email_in_this_order(stack: Stack, driver: Hook) -> None:
    stack.miss()
    stack.live(hours=2)
    assert stack.order() == ["text", "call", "email"]
    assert stack.texts()[0].startswith("Hi Maya, Sam at Acme Plumbing here.")
    assert results(driver) == ["sent", "sent", "sent"]
    assert stack.told() == [f"Maya ({CALLER}): the follow-up has ended (exhausted)"]
    assert faults(driver) == []


def test_make_is_what_sends_each_step_when_it_is_due(stack: Stack, driver: Hook) -> None:
    """The sidecar alone would give the text 15 s of grace, and the others a minute."""
    start = stack.now
    stack.miss()
    stack.live(hours=1)
    [text], [call] = stack.sandbox.texts, stack.sandbox.calls_placed
    assert text.at == start
    assert (call.at - text.at).total_seconds() == 180


def test_a_missed_call_costs_few_operations(stack: Stack, driver: Hook) -> None:
    """Three for each step: the webhook, the settings, the request; and four for the end, of which the team is told."""
    stack.miss()
    stack.live(hours=2)
    assert [run.operations for run in driver.scenario.executions] == [3, 3, 3, 4]


@pytest.mark.parametrize(("wait", "reached"), LAYERS)
def test_a_reply_ends_it_at_once_and_the_team_is_told(
    stack: Stack, driver: Hook, wait: dict[str, float], reached: list[str]
) -> None:
    stack.miss()
    stack.live(**wait)
    stack.says('Yes please: "a leaking tap"\nat 9')
    stack.live(hours=3)
    assert stack.order() == reached
    ended = [f"Maya ({CALLER}): the follow-up has ended (exhausted)"] if "email" in reached else []
    assert stack.told() == [*ended, f'Maya ({CALLER}) wrote: Yes please: "a leaking tap"\nat 9']
    assert faults(driver) == []


@pytest.mark.parametrize(("wait", "reached"), LAYERS)
def test_a_stop_ends_it_and_nothing_but_its_confirmation_follows(
    stack: Stack, driver: Hook, wait: dict[str, float], reached: list[str]
) -> None:
    stack.miss()
    stack.live(**wait)
    stack.sandbox.twilio_opt_outs = False  # else Twilio itself would block, and hide what we send
    stack.says("STOP")
    stack.live(hours=3)
    assert [each for each in stack.order() if each != "text"] == reached[1:]
    assert all("no more" in text for text in stack.texts()[1:])
    stack.miss()
    stack.live(hours=3)
    assert [each for each in stack.order() if each != "text"] == reached[1:], "it holds for the next call"
    assert len(stack.texts()) <= 2


def test_a_call_after_hours_is_answered_in_the_morning(stack: Stack, driver: Hook) -> None:
    stack.home.clock.set(datetime(2026, 11, 18, 23, 30, tzinfo=UTC))
    stack.miss()
    stack.live(hours=6)
    assert stack.order() == []
    stack.live(hours=12)
    [text] = stack.sandbox.texts
    assert text.at.date().isoformat() == "2026-11-19"
    assert text.at.hour >= 8
    assert stack.order() == ["text", "call", "email"]
    assert faults(driver) == []


def test_a_caller_whom_the_crm_does_not_know_is_not_called_by_a_name(stack: Stack, driver: Hook) -> None:
    stack.miss("+447700900399")
    stack.live(hours=2)
    assert stack.order("+447700900399")[:2] == ["text", "call"]
    assert stack.texts("+447700900399")[0].startswith("Hi, Sam at Acme Plumbing here.")
    assert stack.told() == ["A caller (+447700900399): the follow-up has ended (exhausted)"]
    assert faults(driver) == []


def test_a_caller_without_a_number_gets_nothing_and_make_hears_nothing(stack: Stack, driver: Hook) -> None:
    stack.miss("anonymous")
    stack.live(hours=2)
    assert stack.texts("anonymous") == []
    assert [text.to for text in stack.sandbox.texts] == [STAFF], "staff hear of it"
    assert driver.taken == []


def test_a_repeat_call_joins_the_first_and_sends_no_second_text(stack: Stack, driver: Hook) -> None:
    stack.miss()
    stack.live(minutes=2)
    stack.miss()
    stack.live(hours=2)
    assert stack.order() == ["text", "call", "email"]
    assert len(stack.sequences()) == 1


def test_staff_who_speak_to_them_meanwhile_end_it(stack: Stack, driver: Hook) -> None:
    stack.miss()
    stack.live(minutes=1)
    [sequence] = stack.sequences()
    stack.ask("/v1/outcomes", {"sequence_id": sequence["sequence_id"], "outcome": "human_answered"})
    stack.live(hours=2)
    assert stack.order() == ["text"]
    assert stack.told() == [f"Maya ({CALLER}): the follow-up has ended (human_answered)"]


# -- events twice, late, and out of order --------------------------------------------------------------------------


def test_the_same_event_twice_reaches_nobody_twice(stack: Stack, driver: Hook) -> None:
    stack.miss()
    for event in list(driver.taken) * 3:
        assert post(driver, event).status == 200
    stack.settle()
    assert stack.order() == ["text"]
    assert [each["data"]["already"] for each in answers(driver, TEXT)] == [False, True, True, True]
    stack.live(hours=2)
    assert stack.order() == ["text", "call", "email"]


@pytest.mark.parametrize("words", ["Yes please", ""], ids=["a reply", "the end"])
def test_the_same_event_twice_is_told_once(stack: Stack, driver: Hook, words: str) -> None:
    stack.miss()
    if words:
        stack.says(words)
    stack.live(hours=2)
    told = stack.told()
    assert len(told) == 1
    for event in list(driver.taken) * 3:
        post(driver, event)
    stack.settle()
    assert (stack.told(), faults(driver)) == (told, [])


def test_an_event_that_comes_after_the_end_does_nothing(stack: Stack, driver: Hook) -> None:
    stack.miss()
    stack.says("Tomorrow at nine, please")
    assert post(driver, about(driver.taken[0], "callback", "voice")).status == 200
    stack.live(hours=2)
    assert stack.order() == ["text"]
    assert [each["data"]["result"] for each in answers(driver, CALL)] == ["closed"]


def test_an_event_that_comes_before_its_time_does_nothing(stack: Stack, driver: Hook) -> None:
    stack.miss()
    post(driver, about(driver.taken[0], "email", "email"))
    stack.settle()
    assert stack.order() == ["text"]
    assert [each["data"]["result"] for each in answers(driver, EMAIL)] == ["deferred"]
    stack.live(hours=2)
    assert stack.order() == ["text", "call", "email"]


def test_who_does_not_know_the_webhooks_key_sets_nothing_off(stack: Stack, driver: Hook) -> None:
    forged = Request("POST", driver.url, {"content-type": "application/json"}, b'{"type": "recovery.step.ready.v1"}')
    assert exchange(forged).status == 401
    stack.settle()
    assert driver.scenario.executions == []


# -- one of the two is away ----------------------------------------------------------------------------------------


def test_the_sidecar_is_away_for_half_a_minute_while_make_asks(stack: Stack, driver: Hook) -> None:
    stack.miss()
    with stack.nobody_answers():
        stack.live(minutes=3, seconds=30)
    [lost] = answers(driver, CALL)
    assert lost.kind == "ConnectionError"
    assert driver.scenario.active, "the error is handled"
    stack.live(hours=2)
    assert stack.order() == ["text", "call", "email"]
    assert faults(driver) == []


@pytest.mark.parametrize("how", ["down", "switched off", 429, 410, 503])
def test_without_make_everything_is_sent_all_the_same(stack: Stack, driver: Hook, how: str | int) -> None:
    start = stack.now
    stack.make.is_down = how == "down"
    driver.scenario.active = how != "switched off"
    driver.refuses = how if isinstance(how, int) else None
    stack.miss()
    stack.live(hours=2)
    assert stack.order() == ["text", "call", "email"]
    assert driver.scenario.executions == []
    [text], [call] = stack.sandbox.texts, stack.sandbox.calls_placed
    assert 15 <= (text.at - start).total_seconds() < 20, "a sender that a busy machine holds up starts over"
    assert (call.at - text.at).total_seconds() <= 240


def test_what_make_catches_up_with_later_reaches_nobody_twice(stack: Stack, driver: Hook) -> None:
    driver.scenario.active = False
    stack.miss()
    stack.live(hours=2)
    assert len(driver.queue) == 4, "three steps and the end"
    stack.make.switch_on(driver)
    stack.live(hours=1)
    assert results(driver) == ["sent", "sent", "sent"]
    assert stack.order() == ["text", "call", "email"]
    assert stack.told() == [f"Maya ({CALLER}): the follow-up has ended (exhausted)"]


def test_make_away_for_a_while_drives_again_when_it_is_back(stack: Stack, driver: Hook) -> None:
    stack.make.is_down = True
    stack.miss()
    stack.live(minutes=1)
    stack.make.is_down = False
    stack.live(hours=2)
    assert stack.order() == ["text", "call", "email"]
    assert [len(answers(driver, name)) for name in (CALL, EMAIL)] == [1, 1]


def test_a_team_address_that_fails_stops_nothing_and_is_told_later(stack: Stack, driver: Hook) -> None:
    stack.sandbox.reply("/hooks/team", 500, times=1)
    stack.miss()
    stack.says("Yes please")
    assert driver.scenario.active
    assert (stack.order(), len(driver.scenario.incomplete)) == (["text"], 1)
    stack.live(minutes=15)
    assert (stack.told(), driver.scenario.incomplete) == ([f"Maya ({CALLER}) wrote: Yes please"] * 2, [])


def test_without_a_team_address_nobody_is_told_here(stack: Stack) -> None:
    driver = stack.install("sequence-driver", *EVENTS)
    stack.miss()
    stack.says("Yes please")
    assert stack.sandbox.received == []
    assert faults(driver) == []
