"""A call is recorded once and judged when it can be; one contact has at most one open sequence (design §4.2, §5)."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from sidecar.config.business import Flow, Number
from sidecar.domain.reports import CallReport
from sidecar.engine.results import FlowRef, Invalid
from tests.integration.engine.seeing import alerts, call, ended, events, steps, suppressed, texts_to
from tests.support.house import CALLER, NUMBER, STAFF

if TYPE_CHECKING:
    from collections.abc import Callable

    from sidecar.engine.results import CallResult
    from sidecar.sandbox import Sandbox
    from tests.support.clock import ManualClock
    from tests.support.house import House

CALL = "CA" + "1" * 32
OTHER = "+447700900456"


def report(home: House, **fields: Any) -> CallReport:
    values: dict[str, Any] = {"call_id": CALL, "provider": "twilio", "at": home.clock.now(), "to": NUMBER}
    return CallReport(**{**values, "caller": CALLER, **fields})


def tell(home: House, flow: FlowRef | None = None, **fields: Any) -> CallResult:
    return home.sidecar.intake.call(home.business, report(home, **fields), source="twilio", flow=flow)


def test_a_dial_that_nobody_took_is_missed_before_the_parent_ends(home: House) -> None:
    assert tell(home, status="ringing").decision == "pending"
    told = tell(home, dial_status="no-answer")
    assert (told.decision, told.state, told.reason) == ("opened", "missed", "no_answer")
    late = tell(home, status="completed")
    assert (late.already, late.sequence_id) == (True, told.sequence_id)


def test_completed_before_the_dial_result_stays_pending_until_it_can_be_judged(home: House) -> None:
    assert tell(home, status="completed").state == "pending"
    assert tell(home, dial_status="completed", bridged=True, accepted=False).reason == "voicemail"


def test_a_press_of_one_is_an_answer_in_whatever_order_it_is_told(home: House) -> None:
    assert tell(home, accepted=True).state == "pending"
    assert tell(home, status="completed").state == "pending"
    assert tell(home, dial_status="completed", bridged=True).decision == "answered"


def test_staffs_own_voicemail_is_no_answer(home: House) -> None:
    assert tell(home, dial_status="completed", bridged=True).reason == "voicemail"


def test_every_call_to_a_forwarded_number_is_missed_when_it_is_seen(make_home: Callable[..., House]) -> None:
    home = make_home(numbers=(Number(NUMBER, mode="forwarded"),))
    assert tell(home, status="ringing").decision == "opened"


def test_a_number_with_other_twiml_is_judged_by_its_parents_status(make_home: Callable[..., House]) -> None:
    home = make_home(numbers=(Number(NUMBER, mode="status"),))
    assert tell(home, status="in-progress").state == "pending"
    assert tell(home, status="completed").decision == "answered"
    assert tell(home, call_id="CA2", status="busy").decision == "opened"


def test_another_phone_system_says_itself_what_was_missed_and_which_words_fit(home: House) -> None:
    told = tell(home, provider="3cx", missed=True, reason="after_hours", variant="kitchen")
    assert (told.decision, told.reason) == ("opened", "after_hours")
    assert home.sequence(str(told.sequence_id))["variant"] == "kitchen"
    assert tell(home, call_id="CA2", missed=False).decision == "answered"


@pytest.mark.parametrize("caller", ["anonymous", "+266696687", "", "restricted"])
def test_a_withheld_number_is_ignored_but_staff_hear_of_it(home: House, sandbox: Sandbox, caller: str) -> None:
    told = tell(home, caller=caller, status="no-answer")
    assert (told.decision, told.reason, told.sequence_id) == ("ignored", "anonymous", None)
    home.settle()
    [alert] = alerts(sandbox)
    assert "withheld" in alert


def test_internal_blocked_and_own_numbers_are_no_leads(make_home: Callable[..., House], sandbox: Sandbox) -> None:
    home = make_home(internal=frozenset({OTHER}), blocked=frozenset({CALLER}))
    assert tell(home, status="no-answer").reason == "blocked"
    for number, caller in enumerate((OTHER, STAFF, NUMBER)):
        assert tell(home, call_id=f"CA{number}", caller=caller, status="no-answer").reason == "internal"
    home.live(hours=1)
    assert sandbox.texts == []


def test_a_misdial_is_too_short_but_a_call_that_rang_is_not(home: House) -> None:
    assert tell(home, status="canceled", ring_seconds=1).reason == "too_short"
    assert tell(home, call_id="CA2", status="canceled", ring_seconds=9).reason == "abandoned"


def test_a_number_that_is_not_ours_names_the_setting(home: House) -> None:
    with pytest.raises(Invalid) as refused:
        tell(home, to="+441174960999", status="no-answer")
    assert (refused.value.field, "numbers" in refused.value.remedy) == ("to", True)


def test_delivered_twice_it_opens_once(home: House, sandbox: Sandbox) -> None:
    first, again = tell(home, status="no-answer"), tell(home, status="no-answer")
    assert (again.already, again.decision, again.sequence_id) == (True, "opened", first.sequence_id)
    home.live(minutes=2)
    assert len(texts_to(sandbox)) == 1
    assert call(home, CALL)["recovered"] is False


def race(home: House, reports: list[CallReport]) -> list[CallResult]:
    barrier = threading.Barrier(len(reports))

    def one(told: CallReport) -> CallResult:
        barrier.wait(10)
        return home.sidecar.intake.call(home.business, told, source="twilio")

    with ThreadPoolExecutor(len(reports)) as pool:
        return list(pool.map(one, reports))


def test_one_call_told_by_many_at_once_opens_one_sequence(home: House) -> None:
    for number in range(10):
        told = report(home, call_id=f"CA{number}", caller=f"+4477009001{number:02d}", status="no-answer")
        results = race(home, [told] * 4)
        assert len({result.sequence_id for result in results}) == 1
        assert sorted(result.already for result in results) == [False, True, True, True]


def test_two_calls_of_a_new_caller_at_once_are_one_person_and_one_sequence(home: House) -> None:
    for number in range(10):
        caller = f"+4477009002{number:02d}"
        told = [report(home, call_id=f"CA{number}-{n}", caller=caller, status="no-answer") for n in range(4)]
        results = race(home, told)
        assert len({result.sequence_id for result in results}) == 1
        assert len({result.contact_id for result in results}) == 1
        assert sorted(result.decision for result in results) == ["folded", "folded", "folded", "opened"]


def test_a_repeat_call_folds_into_the_open_sequence_and_staff_are_told(home: House, sandbox: Sandbox) -> None:
    first = home.miss()
    home.live(minutes=20)
    again = home.miss()
    assert (again.decision, again.sequence_id) == ("folded", first.sequence_id)
    home.live(minutes=20)
    third = home.miss()
    assert third.decision == "folded", "counted from the last call, not from the first"
    home.settle()
    assert len(texts_to(sandbox)) == 1
    assert sum("rang again" in alert for alert in alerts(sandbox)) == 2


def test_a_later_repeat_call_supersedes(home: House, sandbox: Sandbox) -> None:
    first = home.miss()
    home.live(minutes=31)
    again = home.miss()
    assert again.decision == "superseded"
    assert again.sequence_id != first.sequence_id
    assert ended(home, first.sequence_id) == ("closed", "superseded")
    assert steps(home, first.sequence_id)["email"]["state"] == "cancelled"
    home.settle()
    assert len(texts_to(sandbox)) == 2


def test_a_call_soon_after_the_end_opens_nothing_but_alerts(home: House, sandbox: Sandbox) -> None:
    home.miss()
    home.live(minutes=1)
    home.text("Yes please, ring me after four")
    home.live(minutes=10)
    again = home.miss()
    assert (again.decision, again.sequence_id) == ("cooling_down", None)
    home.settle()
    assert len(texts_to(sandbox)) == 1
    assert any("in touch a short while ago" in alert for alert in alerts(sandbox))
    home.live(minutes=25)
    assert home.miss().decision == "opened"


def test_a_suppressed_caller_gets_nothing_and_staff_are_told(home: House, sandbox: Sandbox) -> None:
    home.sidecar.intake.opt_out(home.business, phone=CALLER, source="api")
    told = home.miss()
    assert (told.decision, told.sequence_id) == ("suppressed", None)
    home.live(hours=2)
    assert texts_to(sandbox) == []
    assert any("opted out" in alert for alert in alerts(sandbox))
    assert suppressed(home)


def test_an_answered_call_closes_what_a_missed_one_opened(home: House, sandbox: Sandbox) -> None:
    opened = home.miss()
    home.live(minutes=1)
    tell(home, call_id="CA2", dial_status="completed", accepted=True, bridged=True)
    assert ended(home, opened.sequence_id) == ("closed", "answered")
    assert home.sequence(opened.sequence_id)["outcome"] == "human_answered"
    home.live(hours=2)
    assert (len(texts_to(sandbox)), sandbox.calls_placed, sandbox.emails) == (1, [], [])


FLOW = Flow("n8n", callback_hosts=("n8n.example",))


def test_the_straight_webhook_first_and_the_flows_report_second_the_flow_joins(
    make_home: Callable[..., House], sandbox: Sandbox
) -> None:
    home = make_home(flow=FLOW)
    straight = tell(home, status="no-answer")
    home.live(seconds=14)
    assert texts_to(sandbox) == [], "the flow has its grace"
    joined = tell(home, FlowRef("n8n", "77"), status="no-answer")
    assert (joined.sequence_id, joined.decision) == (straight.sequence_id, "opened")
    sequence = home.sequence(str(straight.sequence_id))
    assert (sequence["flow_platform"], sequence["flow_execution"]) == ("n8n", "77")
    home.live(seconds=2)
    assert len(texts_to(sandbox)) == 1


def test_a_flow_that_told_of_the_call_while_it_rang_drives_what_the_webhook_opens(home: House) -> None:
    assert tell(home, FlowRef("n8n", "77"), status="ringing").state == "pending"
    opened = tell(home, status="no-answer")
    assert home.sequence(str(opened.sequence_id))["flow_execution"] == "77"


def test_a_flow_that_tells_of_a_pending_call_second_drives_it_too(home: House) -> None:
    assert tell(home, status="ringing").state == "pending"
    assert tell(home, FlowRef("n8n", "77"), status="ringing").state == "pending"
    opened = tell(home, status="no-answer")
    assert home.sequence(str(opened.sequence_id))["flow_execution"] == "77"


def test_the_flow_of_a_folded_call_does_not_take_the_first_ones_sequence(home: House, clock: ManualClock) -> None:
    opened = tell(home, FlowRef("n8n", "77"), status="no-answer")
    clock.advance(minutes=2)
    assert tell(home, call_id="CA2", status="no-answer").decision == "folded"
    assert tell(home, FlowRef("n8n", "78"), call_id="CA2", status="no-answer").decision == "folded"
    assert home.sequence(str(opened.sequence_id))["flow_execution"] == "77"


def test_the_local_hour_and_weekday_are_kept_and_every_verdict_is_on_record(home: House) -> None:
    home.clock.advance(timedelta(days=3))
    opened = home.miss(call_id=CALL)
    row = call(home, CALL)
    assert (row["local_weekday"], row["local_hour"], row["judged_at"]) == (5, 10, home.clock.now())
    assert ("call.missed", "", "no_answer") in events(home, opened.sequence_id)


def test_the_text_comes_from_the_number_that_can_be_answered(make_home: Callable[..., House], sandbox: Sandbox) -> None:
    landline = Number("+441174960002", can_text=False, text_from=NUMBER)
    home = make_home(numbers=(Number(NUMBER), landline))
    home.miss(to=landline.e164)
    home.settle()
    assert [text.from_ for text in texts_to(sandbox)] == [NUMBER]


def test_a_number_may_run_a_playbook_of_its_own(make_home: Callable[..., House], sandbox: Sandbox) -> None:
    from sidecar.config.playbooks import shipped_playbook

    by_hand = replace(Number(NUMBER), playbook=shipped_playbook("by-hand"))
    home = make_home(numbers=(by_hand,))
    opened = home.miss()
    home.live(minutes=6)
    assert texts_to(sandbox) == []
    assert [name for name, row in steps(home, opened.sequence_id).items() if row["state"] == "sent"] == [
        "alert", "reminder",
    ]  # fmt: skip
