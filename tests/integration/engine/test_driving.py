"""Who drives: a flow says *now* and is rung when asking again is worth it; without it the row's time comes."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal

import pytest

from sidecar.config.business import Flow
from sidecar.engine.results import FlowRef, Invalid, NotFound
from tests.integration.engine.driven import rings, run, wait_url
from tests.integration.engine.seeing import events, steps, texts_to
from tests.support.house import CALLER

if TYPE_CHECKING:
    from collections.abc import Callable

    from sidecar.sandbox import Sandbox
    from tests.support.clock import ManualClock
    from tests.support.house import House


def test_run_sends_what_is_due_and_says_so_again_and_again(driven: House, sandbox: Sandbox) -> None:
    opened = driven.miss()
    driven.settle()
    assert texts_to(sandbox) == [], "the flow has its grace"
    first = run(driven, opened.sequence_id, "acknowledge")
    assert (first.result, first.already, bool(first.touch_id)) == ("sent", False, True)
    again = run(driven, opened.sequence_id, "acknowledge")
    assert (again.result, again.already, again.touch_id) == ("sent", True, first.touch_id)
    assert len(texts_to(sandbox)) == 1


def test_an_early_run_is_deferred_with_wake_by_and_the_bell_is_rung_once_it_is_due(
    driven: House, sandbox: Sandbox, clock: ManualClock
) -> None:
    opened = driven.miss()
    run(driven, opened.sequence_id, "acknowledge")
    due = clock.now() + timedelta(minutes=3)
    early = run(driven, opened.sequence_id, "callback", resume_url=wait_url(sandbox), execution_id="7")
    assert (early.result, early.reason, early.until) == ("deferred", "early", due)
    assert early.wake_by is not None
    assert early.wake_by > due
    driven.live(minutes=3, seconds=1)
    assert rings(sandbox) == [due]
    assert sandbox.calls_placed == [], "the flow's wait is live, so it has its grace"
    assert run(driven, opened.sequence_id, "callback", execution_id="7").result == "sent"
    driven.live(minutes=1)
    assert len(rings(sandbox)) == 1, "its run has silenced the bell"
    assert len(sandbox.calls_placed) == 1


def test_a_bell_that_nothing_follows_is_rung_again_and_the_lead_is_not_lost(driven: House, sandbox: Sandbox) -> None:
    opened = driven.miss()
    run(driven, opened.sequence_id, "acknowledge")
    sandbox.reply("/webhook-waiting/*", 404, times=3)
    run(driven, opened.sequence_id, "callback", resume_url=wait_url(sandbox), execution_id="7")
    driven.live(minutes=3, seconds=59)
    assert len(rings(sandbox)) >= 4
    assert sandbox.calls_placed == []
    driven.live(seconds=2)
    [call] = sandbox.calls_placed
    assert call.at == rings(sandbox)[0] + timedelta(seconds=60)


def test_a_new_wait_replaces_the_old_one_of_the_same_execution(driven: House, sandbox: Sandbox) -> None:
    opened = driven.miss()
    run(driven, opened.sequence_id, "acknowledge")
    run(driven, opened.sequence_id, "callback", resume_url=wait_url(sandbox, "a"), execution_id="7")
    run(driven, opened.sequence_id, "callback", resume_url=wait_url(sandbox, "b"), execution_id="7")
    run(driven, opened.sequence_id, "callback", resume_url=wait_url(sandbox, "c"), execution_id="8")
    driven.live(minutes=3, seconds=1)
    assert [len(rings(sandbox, name)) for name in "abc"] == [0, 1, 1]


def test_the_bell_of_a_step_whose_time_is_not_known_rings_when_it_is_ready(driven: House, sandbox: Sandbox) -> None:
    opened = driven.miss()
    waiting = run(driven, opened.sequence_id, "email", resume_url=wait_url(sandbox), execution_id="7")
    assert (waiting.result, waiting.until) == ("deferred", None)
    driven.live(minutes=44)
    assert rings(sandbox) == []
    driven.live(minutes=2)
    assert rings(sandbox)


@pytest.mark.parametrize("how", ["reply", "close"])
def test_the_bell_is_rung_when_the_sequence_ends(driven: House, sandbox: Sandbox, how: str) -> None:
    opened = driven.miss()
    run(driven, opened.sequence_id, "acknowledge")
    run(driven, opened.sequence_id, "callback", resume_url=wait_url(sandbox), execution_id="7")
    driven.live(minutes=1)
    if how == "reply":
        driven.text("Tomorrow at nine suits me")
    else:
        driven.sidecar.hand.close(driven.business, opened.sequence_id, "operator")
    driven.settle()
    assert len(rings(sandbox)) == 1
    told = run(driven, opened.sequence_id, "callback", execution_id="7")
    assert (told.result, told.reason) == ("closed", "replied" if how == "reply" else "operator")
    driven.live(minutes=30)
    assert len(rings(sandbox)) == 1


def test_a_held_sequence_rings_once_and_again_when_it_is_resumed(driven: House, sandbox: Sandbox) -> None:
    opened = driven.miss()
    run(driven, opened.sequence_id, "acknowledge")
    run(driven, opened.sequence_id, "callback", resume_url=wait_url(sandbox), execution_id="7")
    driven.live(minutes=1)
    driven.sidecar.hand.hold(driven.business, opened.sequence_id, "operator")
    driven.settle()
    assert len(rings(sandbox)) == 1
    held = run(driven, opened.sequence_id, "callback", resume_url=wait_url(sandbox), execution_id="7")
    assert (held.result, held.reason) == ("deferred", "held:operator")
    driven.live(minutes=15)
    assert len(rings(sandbox)) == 1, "no bell while nobody can say when"
    driven.sidecar.hand.resume(driven.business, opened.sequence_id)
    driven.live(seconds=1)
    assert len(rings(sandbox)) == 2
    assert run(driven, opened.sequence_id, "callback", execution_id="7").result == "sent"


def test_a_bell_of_an_ended_sequence_is_not_rung_for_ever(driven: House, sandbox: Sandbox) -> None:
    opened = driven.miss()
    run(driven, opened.sequence_id, "acknowledge")
    run(driven, opened.sequence_id, "callback", resume_url=wait_url(sandbox), execution_id="7")
    driven.sidecar.hand.close(driven.business, opened.sequence_id, "operator")
    driven.live(days=2)
    assert len(rings(sandbox)) <= 3


def test_a_dead_flow_costs_fifteen_seconds_and_later_steps_nothing(driven: House, sandbox: Sandbox) -> None:
    start = driven.clock.now()
    driven.miss()
    driven.live(minutes=10)
    [text] = texts_to(sandbox)
    assert (text.at - start).total_seconds() == 15
    [call] = sandbox.calls_placed
    assert (call.at - text.at).total_seconds() == 180, "no wait is live, so there is no grace"


def test_without_a_flow_there_is_no_grace(home: House, sandbox: Sandbox) -> None:
    start = home.clock.now()
    home.miss()
    home.settle()
    assert [text.at for text in texts_to(sandbox)] == [start]


def test_a_report_that_names_a_flow_gives_it_grace_though_the_business_file_does_not(
    home: House, sandbox: Sandbox
) -> None:
    from sidecar.domain.reports import CallReport

    report = CallReport("CA1", "3cx", home.clock.now(), to=home.business.numbers[0].e164, caller=CALLER, missed=True)
    home.sidecar.intake.call(home.business, report, source="flow", flow=FlowRef("make", "1"))
    home.live(seconds=14)
    assert texts_to(sandbox) == []
    home.live(seconds=1)
    assert len(texts_to(sandbox)) == 1


def test_after_hours_the_run_is_deferred_to_the_window_and_the_bell_rings_there(
    driven: House, sandbox: Sandbox, clock: ManualClock
) -> None:
    clock.set(datetime(2026, 11, 20, 21, 30, tzinfo=UTC))
    opened = driven.miss()
    deferred = run(driven, opened.sequence_id, "acknowledge", resume_url=wait_url(sandbox), execution_id="7")
    morning = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)
    assert (deferred.result, deferred.reason, deferred.until) == ("deferred", "outside_hours", morning)
    driven.live(hours=10, minutes=30, seconds=1)
    assert rings(sandbox) == [morning]
    assert texts_to(sandbox) == []
    assert run(driven, opened.sequence_id, "acknowledge", execution_id="7").result == "sent"
    assert "closed" in texts_to(sandbox)[0].body


def test_a_flow_that_leaves_a_step_out(driven: House, sandbox: Sandbox) -> None:
    opened = driven.miss()
    run(driven, opened.sequence_id, "acknowledge")
    skipped = driven.sidecar.driving.skip(driven.business, opened.sequence_id, "callback", "they have no phone line")
    assert (skipped.result, skipped.already) == ("skipped", False)
    again = driven.sidecar.driving.skip(driven.business, opened.sequence_id, "callback", "again")
    assert (again.result, again.already) == ("skipped", True)
    assert run(driven, opened.sequence_id, "callback").result == "skipped"
    assert steps(driven, opened.sequence_id)["email"]["due_at"] is not None
    driven.live(minutes=46)
    assert sandbox.calls_placed == []
    assert any(kind == "step.skipped" for kind, *_ in events(driven, opened.sequence_id))


def test_what_does_not_exist_is_named(home: House) -> None:
    opened = home.miss()
    with pytest.raises(NotFound) as missing:
        home.sidecar.driving.run(home.business, opened.sequence_id, "acknowlege")
    assert "acknowledge, callback, email" in missing.value.remedy
    with pytest.raises(NotFound):
        home.sidecar.driving.run(home.business, "seq_none", "acknowledge")


def test_a_resume_url_that_is_not_allowed_is_refused(driven: House, sandbox: Sandbox) -> None:
    opened = driven.miss()
    for url in ("http://169.254.169.254/latest", "http://evil.example/webhook-waiting/1", "file:///etc/passwd"):
        with pytest.raises(Invalid) as refused:
            run(driven, opened.sequence_id, "callback", resume_url=url)
        assert refused.value.field == "resume_url"
    assert run(driven, opened.sequence_id, "acknowledge").result == "sent"


def test_n8ns_public_address_is_rewritten_to_an_internal_one_but_only_its_waits(
    make_home: Callable[..., House], sandbox: Sandbox
) -> None:
    home = make_home(flow=Flow("n8n", callback_base=sandbox.receiver_url))
    opened = home.miss()
    home.live(seconds=15)
    public = "https://n8n.public.example/webhook-waiting/7/callback?signature=abc"
    run(home, opened.sequence_id, "callback", resume_url=public, execution_id="7")
    with pytest.raises(Invalid):
        run(home, opened.sequence_id, "callback", resume_url="https://n8n.public.example/rest/workflows")
    home.live(minutes=3)
    [hook] = [hook for hook in sandbox.received if hook.path == "/webhook-waiting/7/callback"]
    assert hook.query == {"signature": "abc"}


@pytest.mark.parametrize("platform", ["make", "n8n"])
def test_a_flow_hears_when_a_step_is_ready(
    make_home: Callable[..., House], sandbox: Sandbox, clock: ManualClock, platform: Literal["make", "n8n"]
) -> None:
    host = sandbox.receiver_url.removeprefix("http://")
    home = make_home(flow=Flow(platform), event_hosts=(host,))
    home.sidecar.subscriptions.add(
        home.business, f"{sandbox.receiver_url}/hooks/make", ["step.ready", "sequence.closed"], {}
    )
    start = clock.now()
    opened = home.miss()
    home.live(seconds=1)
    [ready] = heard(sandbox)
    assert ready["type"] == "recovery.step.ready.v1"
    assert (ready["data"]["step"], ready["data"]["channel"]) == ("acknowledge", "sms")
    assert run(home, opened.sequence_id, "acknowledge").result == "sent"
    home.live(minutes=3, seconds=30)
    assert [event["data"]["step"] for event in heard(sandbox)] == ["acknowledge", "callback"]
    assert sandbox.calls_placed == [], "whoever listens has 60 s"
    home.live(minutes=1)
    assert [(call.at - start).total_seconds() for call in sandbox.calls_placed] == [241]
    home.text("I am here")
    home.live(hours=1)
    assert [event["type"] for event in heard(sandbox)].count("recovery.sequence.closed.v1") == 1
    assert "email" not in [event["data"].get("step") for event in heard(sandbox)], "cancelled before it was ready"


def test_make_hears_again_when_the_window_has_moved_a_step_over_a_weekend(
    make_home: Callable[..., House], sandbox: Sandbox, clock: ManualClock
) -> None:
    """UK: a Saturday evening's callback waits for Monday; `step.ready` must not die of age meanwhile."""
    host = sandbox.receiver_url.removeprefix("http://")
    home = make_home(flow=Flow("make"), event_hosts=(host,))
    home.sidecar.subscriptions.add(home.business, f"{sandbox.receiver_url}/hooks/make", ["step.ready"], {})
    clock.set(datetime(2026, 11, 21, 12, 58, tzinfo=UTC))
    opened = home.miss()
    home.live(seconds=1)
    run(home, opened.sequence_id, "acknowledge")
    home.live(days=2)
    monday = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
    ready = [hook.at for hook in sandbox.received if json.loads(hook.raw)["data"]["step"] == "callback"]
    assert monday in ready
    assert [call.at for call in sandbox.calls_placed] == [monday + timedelta(seconds=60)]


def heard(sandbox: Sandbox) -> list[dict[str, Any]]:
    return [json.loads(hook.raw) for hook in sandbox.received if hook.path == "/hooks/make"]
