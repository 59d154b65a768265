"""``any-phone-system.blueprint.json``: a missed call from a phone system that is not Twilio."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import pytest

from tests.flows.make.requests import FORM, Request, exchange
from tests.flows.make.stack import post
from tests.support.house import CALLER, NUMBER

if TYPE_CHECKING:
    from tests.flows.make.server import Hook
    from tests.flows.make.stack import Stack

ODD = 'Ana "Ann" O\'Brien\n& sons = 100 % ünïcode {{1.to}}'


@pytest.fixture
def reporter(stack: Stack) -> Hook:
    return stack.install("any-phone-system", provider="threecx")


def call(call_id: str = "pbx-1", **more: str) -> dict[str, str]:
    return {"call_id": call_id, "to": NUMBER, "from": CALLER, "caller_name": "", **more}


def calls(stack: Stack) -> list[dict[str, Any]]:
    from sqlalchemy import select

    from sidecar.store.tables import calls as table

    store = stack.home.sidecar.store
    return [dict(row._mapping) for row in store.read(lambda tx: tx.conn.execute(select(table)).all())]


@pytest.mark.parametrize("kind", ["json", "form"])
def test_a_missed_call_is_reported_and_the_phone_system_hears_the_decision(
    stack: Stack, reporter: Hook, kind: str
) -> None:
    given = call(caller_name=ODD)
    if kind == "json":
        answer = post(reporter, given)
    else:
        answer = exchange(Request("POST", reporter.url, {"content-type": FORM}, urlencode(given).encode()))
    assert (answer.status, answer.text) == (200, "opened")
    stack.live(hours=2)
    assert stack.order() == ["text", "call", "email"]
    [row] = calls(stack)
    assert row["caller_name"] == ODD
    assert row["provider"] == "threecx"
    assert [run.operations for run in reporter.scenario.executions] == [4]


def test_the_same_call_reported_twice_counts_once(stack: Stack, reporter: Hook) -> None:
    for _ in range(2):
        post(reporter, call())
    stack.live(hours=2)
    assert stack.order() == ["text", "call", "email"]
    assert len(calls(stack)) == 1


def test_a_call_that_finds_the_sidecar_away_is_stored_and_reported_a_minute_later(stack: Stack, reporter: Hook) -> None:
    with stack.nobody_answers():
        answer = post(reporter, call())
        stack.live(seconds=30)
    assert (answer.status, answer.text) == (200, "Accepted")
    assert len(reporter.scenario.incomplete) == 1
    stack.live(minutes=1)
    assert reporter.scenario.incomplete == []
    assert len(calls(stack)) == 1
    stack.live(minutes=1)
    assert stack.order() == ["text"]


def test_an_answer_that_is_no_success_is_not_taken_for_one(stack: Stack, reporter: Hook) -> None:
    stack.web.out_of_order = "/v1/calls"
    post(reporter, call())
    stack.settle()
    assert (len(reporter.scenario.incomplete), calls(stack)) == (1, [])
    stack.web.out_of_order = ""
    stack.live(minutes=1)
    assert (reporter.scenario.incomplete, len(calls(stack))) == ([], 1)


def test_a_stored_call_is_tried_for_half_an_hour_and_then_kept_for_a_person(stack: Stack, reporter: Hook) -> None:
    with stack.nobody_answers():
        post(reporter, call())
        stack.live(minutes=40)
    [kept] = reporter.scenario.incomplete
    assert (len(reporter.scenario.executions), kept.due_at) == (31, None)
    assert reporter.scenario.active
    reporter.scenario.replay(kept)
    assert len(calls(stack)) == 1


def test_a_caller_who_hides_the_number_is_recorded_and_gets_nothing(stack: Stack, reporter: Hook) -> None:
    answer = post(reporter, call(**{"from": "anonymous"}))
    stack.live(hours=2)
    assert answer.text == "ignored"
    assert stack.order() == []
