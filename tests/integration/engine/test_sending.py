"""What the provider answers, and what becomes of the step: sent at most once, asked about in doubt (design §4.4)."""

from __future__ import annotations

import threading
import time
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from sidecar.config.business import Twilio
from sidecar.config.playbooks import shipped_playbook
from sidecar.domain.reports import DeliveryReport
from sidecar.engine import gating
from sidecar.engine.context import Turn
from sidecar.engine.gating import Intent, Key
from tests.integration.engine.seeing import alerts, ended, events, step, steps, texts_to
from tests.support.house import CALLER, NUMBER, PATIENCE

if TYPE_CHECKING:
    from collections.abc import Callable

    from sidecar.sandbox import Sandbox
    from tests.support.house import House


def requests(sandbox: Sandbox, to: str = CALLER) -> list[Any]:
    return [seen for seen in sandbox.requests("twilio", "messages.create") if seen.body["To"] == to]


def doubts(home: House, *, rounds: int = 1, seconds: int = 6) -> None:
    """Let time pass and ask the providers about what nobody knows."""
    for _ in range(rounds):
        home.clock.advance(seconds=seconds)
        home.sidecar.reconcile.doubts()
        home.settle()


# --- certainly not sent ---------------------------------------------------------------------------------------------


def test_a_429_waits_as_long_as_it_says_and_opens_no_circuit(home: House, sandbox: Sandbox) -> None:
    sandbox.fault("twilio", "messages.create", "status", times=4, status=429, retry_after=7)
    start = home.clock.now()
    opened = home.miss()
    home.live(minutes=1)
    [text] = texts_to(sandbox)
    assert (text.at - start).total_seconds() == 28
    assert steps(home, opened.sequence_id)["acknowledge"]["attempt"] == 5
    assert all(reason != "provider_down" for _, _, reason in events(home, opened.sequence_id))


def test_a_provider_that_cannot_be_reached_is_tried_until_the_words_are_stale(make_home: Callable[..., House]) -> None:
    home = make_home(twilio=Twilio("AC" + "5a" * 16, "token", "http://127.0.0.1:9"))
    opened = home.miss()
    home.live(minutes=3)
    assert step(home, opened.sequence_id, "acknowledge") == ("skipped", "stale")
    assert 3 <= steps(home, opened.sequence_id)["acknowledge"]["attempt"] <= 8
    assert step(home, opened.sequence_id, "acknowledge-task")[0] == "sent"
    assert any(reason == "provider_down" for _, _, reason in events(home, opened.sequence_id, "gate.defer"))


def test_it_gives_up_after_twelve_attempts_and_staff_take_over(
    make_home: Callable[..., House], sandbox: Sandbox
) -> None:
    home = make_home(playbook=shipped_playbook("contractor-two-text"))
    opened = home.miss()
    home.live(minutes=1)
    sandbox.fault("twilio", "messages.create", "status", times=12, status=429, retry_after=60)
    home.live(hours=7)
    row = steps(home, opened.sequence_id)["second_text"]
    assert (row["state"], row["attempt"]) == ("failed", 12)
    assert step(home, opened.sequence_id, "second_text-task")[0] == "sent"
    assert len(texts_to(sandbox)) == 1


# --- perhaps sent ---------------------------------------------------------------------------------------------------


def test_accepted_and_then_cut_off_is_one_text(home: House, sandbox: Sandbox) -> None:
    sandbox.fault("twilio", "messages.create", "accept_then_hang", seconds=0)
    opened = home.miss()
    home.live(seconds=1)
    assert step(home, opened.sequence_id, "acknowledge")[0] == "unknown"
    doubts(home)
    assert step(home, opened.sequence_id, "acknowledge")[0] == "sent"
    home.live(minutes=2)
    assert len(texts_to(sandbox)) == len(requests(sandbox)) == 1
    assert home.sequence(opened.sequence_id)["first_touch_seconds"] is not None
    touch = home.sequence(opened.sequence_id)["touches"][0]
    assert touch["provider_id"] == texts_to(sandbox)[0].sid


def test_cut_off_before_it_was_accepted_is_asked_twice_and_then_sent_once(home: House, sandbox: Sandbox) -> None:
    sandbox.fault("twilio", "messages.create", "reset")
    opened = home.miss()
    home.live(seconds=1)
    doubts(home)
    assert step(home, opened.sequence_id, "acknowledge")[0] == "unknown", "one no may be too early"
    doubts(home, rounds=2, seconds=10)
    assert step(home, opened.sequence_id, "acknowledge")[0] == "sent"
    assert (len(texts_to(sandbox)), len(requests(sandbox))) == (1, 2)


def test_a_5xx_is_doubtful(home: House, sandbox: Sandbox) -> None:
    sandbox.fault("twilio", "messages.create", "status", status=503)
    opened = home.miss()
    home.live(seconds=1)
    assert step(home, opened.sequence_id, "acknowledge")[0] == "unknown"
    doubts(home, rounds=3, seconds=10)
    assert step(home, opened.sequence_id, "acknowledge")[0] == "sent"


def test_nothing_is_sent_while_the_provider_cannot_say(home: House, sandbox: Sandbox) -> None:
    sandbox.fault("twilio", "messages.create", "accept_then_hang", seconds=0)
    sandbox.fault("twilio", "messages.list", "status", times=None, status=503)
    opened = home.miss()
    home.live(seconds=1)
    doubts(home, rounds=8, seconds=60)
    assert step(home, opened.sequence_id, "acknowledge")[0] == "unknown"
    assert len(requests(sandbox)) == 1
    assert sum("check" in alert for alert in alerts(sandbox)) == 1, "a person is told once"
    sandbox.clear_faults()
    doubts(home, rounds=4, seconds=1800)
    assert step(home, opened.sequence_id, "acknowledge")[0] == "sent"
    assert len(requests(sandbox)) == 1


def test_a_doubt_that_a_stop_overtook_is_not_sent_again(home: House, sandbox: Sandbox) -> None:
    sandbox.fault("twilio", "messages.create", "reset")
    opened = home.miss()
    home.live(seconds=1)
    home.text("STOP", vendor_intent="opt_out", vendor_answered=True)
    doubts(home, rounds=4, seconds=20)
    assert len(requests(sandbox)) == 1
    assert step(home, opened.sequence_id, "acknowledge")[0] in ("cancelled", "failed")


def test_an_email_that_nobody_can_be_asked_about_stays_unknown_and_a_person_sees_it(
    home: House, sandbox: Sandbox
) -> None:
    sandbox.hubspot_contact("Ann", "Lee", CALLER, "ann@example.com")
    opened = home.miss()
    home.live(minutes=40)
    sandbox.fault("smtp", "*", "accept_then_hang", seconds=0)
    home.live(minutes=10)
    doubts(home, rounds=5, seconds=3600)
    assert step(home, opened.sequence_id, "email")[0] == "unknown"
    assert len(sandbox.emails) == 1
    assert sum("check" in alert for alert in alerts(sandbox)) == 1
    # Nobody will ever know: the sequence comes to its end all the same.
    assert home.sequence(opened.sequence_id)["reason"] == "exhausted"


def test_a_call_that_was_placed_and_cut_off_rings_once(home: House, sandbox: Sandbox) -> None:
    sandbox.fault("retell", "calls.create", "accept_then_hang", seconds=0)
    opened = home.miss()
    home.live(minutes=3)
    assert step(home, opened.sequence_id, "callback")[0] == "unknown"
    doubts(home, rounds=2)
    assert step(home, opened.sequence_id, "callback")[0] == "sent"
    home.live(minutes=30)
    assert len(sandbox.calls_placed) == 1


# --- the circuit ----------------------------------------------------------------------------------------------------


def test_three_faults_open_the_circuit_for_all_callers_and_a_success_closes_it(home: House, sandbox: Sandbox) -> None:
    sandbox.fault("twilio", "messages.create", "reset", times=3)
    for number in range(3):
        home.miss(caller=f"+44770090010{number}")
        home.live(seconds=1)
    waiting = home.miss(caller="+447700900109")
    home.settle()
    assert step(home, waiting.sequence_id, "acknowledge") == ("planned", "provider_down")
    home.live(seconds=6)
    assert step(home, waiting.sequence_id, "acknowledge")[0] == "sent"
    assert len(requests(sandbox, "+447700900109")) == 1
    home.live(seconds=2)
    at_once = home.miss(caller="+447700900108")
    home.settle()
    assert step(home, at_once.sequence_id, "acknowledge")[0] == "sent"


# --- refused --------------------------------------------------------------------------------------------------------


def test_21614_is_remembered_of_the_number(home: House, sandbox: Sandbox) -> None:
    sandbox.fault("twilio", "messages.create", "status", status=400, code=21614)
    first = home.miss()
    home.live(minutes=4)
    assert step(home, first.sequence_id, "acknowledge") == ("failed", "21614")
    assert step(home, first.sequence_id, "acknowledge-task")[0] == "sent"
    assert len(sandbox.calls_placed) == 1, "their voice still works"
    home.live(hours=2)
    again = home.miss()
    home.live(minutes=1)
    assert step(home, again.sequence_id, "acknowledge") == ("skipped", "landline")
    assert len(requests(sandbox)) == 1


def test_21211_ends_every_channel_on_that_number(home: House, sandbox: Sandbox) -> None:
    sandbox.fault("twilio", "messages.create", "status", status=400, code=21211)
    opened = home.miss()
    home.live(hours=2)
    assert step(home, opened.sequence_id, "acknowledge") == ("failed", "21211")
    assert step(home, opened.sequence_id, "callback") == ("skipped", "invalid")
    assert sandbox.calls_placed == []


def test_an_unregistered_sender_is_held_until_it_is_released(home: House, sandbox: Sandbox) -> None:
    sandbox.fault("twilio", "messages.create", "status", status=400, code=30034)
    home.miss()
    home.live(seconds=5)
    other = home.miss(caller="+447700900456")
    home.settle()
    assert step(home, other.sequence_id, "acknowledge") == ("planned", "sender_held:30034")
    home.live(minutes=2)
    assert step(home, other.sequence_id, "acknowledge") == ("skipped", "stale")
    assert any("A2P" in alert for alert in alerts(sandbox))
    assert [tuple(held) for held in home.sidecar.hand.held(home.business)] == [(NUMBER, "30034")]
    assert home.sidecar.hand.release(home.business, NUMBER)
    assert not home.sidecar.hand.release(home.business, NUMBER)
    third = home.miss(caller="+447700900457")
    home.settle()
    assert step(home, third.sequence_id, "acknowledge")[0] == "sent"


def test_filtered_words_are_held_and_other_words_go_on(make_home: Callable[..., House], sandbox: Sandbox) -> None:
    home = make_home(playbook=shipped_playbook("contractor-two-text"))
    opened = home.miss()
    home.live(seconds=5)
    [text] = texts_to(sandbox)
    report = DeliveryReport(text.sid, "undelivered", home.clock.now(), code="30007", hold="template", alert="reword")
    home.sidecar.intake.delivery(home.business, report)
    other = home.miss(caller="+447700900456")
    home.settle()
    assert step(home, other.sequence_id, "acknowledge") == ("planned", "sender_held:30007")
    home.live(hours=2)
    assert step(home, opened.sequence_id, "second_text")[0] == "sent", "the second text has other words"
    [held] = home.sidecar.hand.held(home.business)
    assert home.sidecar.hand.release(home.business, held[0])


# --- withdrawn ------------------------------------------------------------------------------------------------------


def intent(home: House, sequence_id: str, name: str = "acknowledge") -> Intent:
    key = Key(home.business.id, sequence_id, name)
    context = home.sidecar.context
    found = context.store.write(lambda tx: gating.gate(Turn(context, tx, home.business), key, lease_seconds=30.0))
    assert isinstance(found, Intent)
    return found


def test_a_request_that_would_start_late_is_withdrawn_and_starts_over(home: House, sandbox: Sandbox) -> None:
    opened = home.miss()
    sender = home.sidecar.runner._sender
    sender.send(intent(home, opened.sequence_id), time.monotonic() - PATIENCE - 1)
    assert requests(sandbox) == []
    assert step(home, opened.sequence_id, "acknowledge")[0] == "planned"
    home.live(seconds=1)
    assert len(texts_to(sandbox)) == 1
    assert ("touch.withdrawn", "acknowledge", "started_too_late") in events(home, opened.sequence_id)


def test_a_withdrawn_request_of_a_sequence_that_closed_meanwhile_is_over(home: House, sandbox: Sandbox) -> None:
    opened = home.miss()
    found = intent(home, opened.sequence_id)
    home.text("I found somebody, thanks")
    home.sidecar.runner._sender.send(found, time.monotonic() - PATIENCE - 1)
    home.live(hours=1)
    assert requests(sandbox) == []
    assert step(home, opened.sequence_id, "acknowledge") == ("cancelled", "replied")


def test_a_step_whose_sender_died_is_asked_about(home: House, sandbox: Sandbox) -> None:
    """Kill -9 between the intent's commit and the request: the lease runs out in real time, then `find` says no."""
    opened = home.miss()
    key = Key(home.business.id, opened.sequence_id, "acknowledge")
    context = home.sidecar.context
    context.store.write(lambda tx: gating.gate(Turn(context, tx, home.business), key, lease_seconds=0.05))
    assert step(home, opened.sequence_id, "acknowledge")[0] == "sending"
    deadline = time.monotonic() + 5
    home.clock.advance(seconds=6)
    while step(home, opened.sequence_id, "acknowledge")[0] == "sending" and time.monotonic() < deadline:
        home.sidecar.reconcile.doubts()  # the home's clock stands still: a fast machine would let the promise pass
    doubts(home, rounds=2, seconds=20)  # two noes, seconds apart: the provider may have had it in hand still
    assert step(home, opened.sequence_id, "acknowledge")[0] == "sent"
    assert len(requests(sandbox)) == 1


# --- status callbacks -----------------------------------------------------------------------------------------------


def delivered(home: House, sid: str, state: Any, **more: Any) -> None:
    home.sidecar.intake.delivery(home.business, DeliveryReport(sid, state, home.clock.now(), **more))


def test_status_callbacks_come_late_twice_and_out_of_order(home: House, sandbox: Sandbox) -> None:
    opened = home.miss()
    home.live(seconds=5)
    [text] = texts_to(sandbox)
    for state in ("delivered", "sent", "delivered", "accepted"):
        delivered(home, text.sid, state)
    assert step(home, opened.sequence_id, "acknowledge")[0] == "delivered"
    assert len(events(home, opened.sequence_id, "touch.delivered")) == 1
    delivered(home, "SM" + "f" * 32, "delivered")  # not one of ours: nothing happens


def test_an_undelivered_text_to_a_landline_is_remembered(home: House, sandbox: Sandbox) -> None:
    opened = home.miss()
    home.live(seconds=5)
    [text] = texts_to(sandbox)
    delivered(home, text.sid, "undelivered", code="30006", not_textable=True)
    assert step(home, opened.sequence_id, "acknowledge") == ("undelivered", "30006")
    home.live(minutes=4)
    assert len(sandbox.calls_placed) == 1
    home.live(hours=2)
    again = home.miss()
    home.settle()
    assert step(home, again.sequence_id, "acknowledge") == ("skipped", "landline")


def test_a_callback_settles_a_doubt(home: House, sandbox: Sandbox) -> None:
    sandbox.fault("twilio", "messages.create", "accept_then_hang", seconds=0)
    sandbox.hubspot_contact("Ann", "Lee", CALLER, "ann@example.com")
    opened = home.miss()
    home.live(seconds=1)
    [text] = texts_to(sandbox)
    touch_id = home.sequence(opened.sequence_id)["touches"][0]["touch_id"]
    delivered(home, text.sid, "delivered", touch_id=touch_id)
    assert step(home, opened.sequence_id, "acknowledge")[0] == "delivered"
    sequence = home.sequence(opened.sequence_id)
    assert sequence["first_touch_seconds"] is not None
    assert steps(home, opened.sequence_id)["callback"]["due_at"] is not None
    home.settle()
    assert any("communications" in seen.operation for seen in sandbox.requests("hubspot")), "the CRM has the touch"


def test_a_callback_that_overtakes_the_providers_answer_is_not_lost(home: House, sandbox: Sandbox) -> None:
    sandbox.fault("twilio", "messages.create", "hang")
    opened = home.miss()
    worker = threading.Thread(target=home.settle)
    worker.start()
    text = sandbox.wait_for(lambda: texts_to(sandbox))[0]
    touch_id = home.sequence(opened.sequence_id)["touches"][0]["touch_id"]
    delivered(home, text.sid, "delivered", touch_id=touch_id)
    sandbox.release()
    worker.join(20)
    assert step(home, opened.sequence_id, "acknowledge")[0] == "delivered"
    assert len(events(home, opened.sequence_id, "touch.sent")) == 1
    home.live(minutes=4)
    assert len(sandbox.calls_placed) == 1
    assert len(requests(sandbox)) == 1


@pytest.mark.parametrize("stop_first", [True, False])
def test_a_voice_call_under_way_when_the_sequence_closes_does_not_ring_on(
    home: House, sandbox: Sandbox, stop_first: bool
) -> None:
    opened = home.miss()
    home.live(minutes=2)
    sandbox.voice_script("human_answered", when="asked")
    sandbox.fault("retell", "calls.create", "hang")
    home.clock.advance(minutes=1)
    worker = threading.Thread(target=home.settle)
    worker.start()
    sandbox.wait_for(lambda: sandbox.calls_placed)
    if stop_first:
        home.text("STOP", vendor_intent="opt_out", vendor_answered=True)
        sandbox.release()
        worker.join(20)
    else:
        sandbox.release()
        worker.join(20)
        home.text("STOP", vendor_intent="opt_out", vendor_answered=True)
    home.live(seconds=5)
    assert ended(home, opened.sequence_id) == ("closed", "opted_out")
    assert len(sandbox.requests("retell", "calls.stop")) >= 1
    assert timedelta(0) < home.clock.now() - sandbox.calls_placed[0].at
