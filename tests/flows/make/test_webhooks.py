"""Webhooks as https://help.make.com/webhooks describes them, over HTTP."""

from __future__ import annotations

import http.client
import threading
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

from tests.flows.make.server import Make
from tests.flows.make.shapes import hook, only_if, post
from tests.flows.make.values import NotKnown
from tests.support.flows import blueprint, module

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sidecar.sandbox import Sandbox
    from tests.flows.make.modules import Account
    from tests.support.clock import ManualClock

JSON, FORM = "application/json", "application/x-www-form-urlencoded"


@pytest.fixture
def make(account: Account) -> Iterator[Make]:
    with Make(account) as running:
        yield running


def ask(url: str, body: str = "{}", kind: str = JSON, **headers: str) -> tuple[int, str]:
    """One post: status and body."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=20)
    try:
        target = parts.path + (f"?{parts.query}" if parts.query else "")
        connection.request("POST", target, body, {"content-type": kind} | headers)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


def test_it_is_answered_at_once_and_the_scenario_runs_beside_it(make: Make, sandbox: Sandbox) -> None:
    installed = make.install(blueprint(hook(), post(2, sandbox.receiver_url + "/hooks/x", {"a": "{{1.a}}"})))
    sandbox.fault("receiver", "hooks.post", "hang")
    assert ask(installed.url, '{"a": 1}') == (200, "Accepted")
    sandbox.wait_for(lambda: sandbox.received, 20)
    assert installed.scenario.executions[0].outputs == {"http:MakeRequest (2)": []}, "it hangs"
    sandbox.release()
    make.finish()
    [run] = installed.scenario.executions
    assert (run.status, [each.body for each in sandbox.received]) == ("success", [{"a": "1"}])


@pytest.mark.parametrize(
    ("query", "body", "kind", "bundle"),
    [
        ("", '{"a": {"b": [1]}}', JSON, {"a": {"b": [1]}}),
        ("?c=d", "a=b+c%0A&e=", FORM, {"c": "d", "a": "b c\n", "e": ""}),
        ("?c=d", "", JSON, {"c": "d"}),
    ],
)
def test_query_and_body_become_the_bundle(make: Make, query: str, body: str, kind: str, bundle: Any) -> None:
    installed = make.install(blueprint(hook()))
    assert ask(installed.url + query, body, kind)[0] == 200
    assert installed.taken == [bundle]


@pytest.mark.parametrize(("body", "kind"), [("{", JSON), ("[1]", JSON), ("<a/>", "application/xml")])
def test_a_body_that_is_not_what_it_says_is_refused(make: Make, body: str, kind: str) -> None:
    assert ask(make.install(blueprint(hook())).url, body, kind)[0] == 400


def test_a_webhook_with_keys_asks_for_one(make: Make) -> None:
    installed = make.install(blueprint(hook()), keys=("secret",))
    assert ask(installed.url)[0] == 401
    assert ask(installed.url, **{"x-make-apikey": "wrong"})[0] == 401
    assert ask(installed.url, **{"x-make-apikey": "secret"})[0] == 200


def test_after_300_requests_in_ten_seconds_it_answers_429(make: Make, clock: ManualClock) -> None:
    installed = make.install(blueprint(hook()))
    assert {ask(installed.url)[0] for _ in range(300)} == {200}
    assert ask(installed.url)[0] == 429
    clock.advance(seconds=10)
    assert ask(installed.url)[0] == 200


def test_a_scenario_with_a_response_answers_by_it(make: Make) -> None:
    answer = {"status": "201", "body": "{{1.a}} taken", "headers": [{"key": "X-A", "value": "b"}]}
    only = module(2, "gateway:WebhookRespond", answer, filter=only_if("{{1.a}}", "yes"))
    installed = make.install(blueprint(hook(), only))
    assert ask(installed.url, '{"a": "yes"}') == (201, "yes taken")
    assert ask(installed.url, '{"a": "no"}') == (200, "Accepted")


def test_a_scenario_that_is_off_keeps_what_comes_and_works_it_off_when_it_is_on_again(make: Make) -> None:
    installed = make.install(blueprint(hook()))
    installed.scenario.active = False
    assert ask(installed.url, '{"a": 1}')[0] == 200
    assert installed.scenario.executions == []
    make.switch_on(installed)
    make.finish()
    assert len(installed.scenario.executions) == 1


@pytest.mark.parametrize("is_sequential", [True, False])
def test_runs_are_parallel_unless_the_scenario_is_sequential(make: Make, sandbox: Sandbox, is_sequential: bool) -> None:
    begun, together = threading.Semaphore(0), threading.Event()

    def sleep(_: float) -> None:
        begun.release()
        together.wait(20)

    make.account = replace(make.account, sleep=sleep)
    sleeping = blueprint(
        hook(), module(2, "util:FunctionSleep", {"duration": 1}), scenario={"sequential": is_sequential}
    )
    installed = make.install(sleeping)
    for _ in range(2):
        ask(installed.url)
    assert begun.acquire(timeout=20)
    assert begun.acquire(timeout=0.2 if is_sequential else 20) is not is_sequential
    together.set()
    make.finish()
    assert len(installed.scenario.executions) == 2


def test_what_the_interpreter_does_not_know_fails_the_test_that_runs_it(make: Make) -> None:
    installed = make.install(blueprint(hook(), post(2, "{{1.a}}", mapper={"contentType": "{{1.a}}"})))
    ask(installed.url, '{"a": "multipart"}')
    with pytest.raises(NotKnown, match="multipart"):
        make.finish()


def test_what_is_down_cuts_the_connection(make: Make) -> None:
    installed = make.install(blueprint(hook()))
    make.is_down = True
    with pytest.raises((OSError, http.client.HTTPException)):
        ask(installed.url)
