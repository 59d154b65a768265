"""The main job: texted at once, called if silent, emailed if that fails, left alone when they answer or say STOP."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from sidecar.config.playbooks import shipped_playbook
from sidecar.domain.compliance import preset
from sidecar.domain.consent import Consent
from sidecar.domain.reports import MessageReport
from tests.integration.engine.seeing import alerts, contact, ended, events, step, steps, suppressed, texts_to
from tests.support.house import CALLER, NUMBER

if TYPE_CHECKING:
    from collections.abc import Callable

    from sidecar.domain.reports import Outcome
    from sidecar.sandbox import Sandbox
    from tests.support.clock import ManualClock
    from tests.support.house import House

FRIDAY_EVENING = datetime(2026, 11, 20, 21, 30, tzinfo=UTC)


def ann(sandbox: Sandbox) -> None:
    sandbox.hubspot_contact("Ann", "Lee", CALLER, "ann@example.com", deal_stage="Quote sent")


def test_a_silent_lead_is_texted_called_and_emailed_in_order(home: House, sandbox: Sandbox) -> None:
    ann(sandbox)
    start = home.clock.now()
    opened = home.miss()
    assert opened.decision == "opened"
    home.live(minutes=60)

    text = next(text for text in sandbox.texts if text.to == CALLER)
    assert (text.from_, text.at) == (NUMBER, start)
    assert "Ann" in text.body
    assert "Acme Plumbing" in text.body
    assert text.validity_period == 300
    [call] = sandbox.calls_placed
    assert (call.to, (call.at - start).total_seconds()) == (CALLER, 180)
    assert call.dynamic_variables["deal_stage"] == "Quote sent"
    [email] = sandbox.emails
    assert (email.at - start).total_seconds() == 45 * 60
    assert ended(home, opened.sequence_id) == ("closed", "exhausted")
    assert home.sequence(opened.sequence_id)["first_touch_seconds"] == 0.0


def test_the_end_without_an_answer_is_told_to_the_crm_and_on_record(home: House, sandbox: Sandbox) -> None:
    ann(sandbox)
    opened = home.miss()
    home.live(minutes=60)
    assert events(home, opened.sequence_id, "sequence.exhausted")
    [person] = sandbox.crm.things["contacts"].values()
    assert person.properties.get("recovery_exhausted_at")
    kinds = [step_name for kind, step_name, _ in events(home, opened.sequence_id, "touch.sent")]
    assert kinds == ["acknowledge", "callback", "email"]


def test_an_unknown_caller_gets_the_fallback_words_and_the_generic_script(home: House, sandbox: Sandbox) -> None:
    opened = home.miss()
    home.live(minutes=60)
    [text] = texts_to(sandbox)
    assert text.body.startswith("Hi,")
    assert "{" not in text.body
    [call] = sandbox.calls_placed
    assert call.dynamic_variables["script"] == "generic"
    assert call.dynamic_variables.get("deal_stage", "") in ("", "unknown")
    assert sandbox.emails == []
    assert step(home, opened.sequence_id, "email") == ("skipped", "no_address")
    assert "email-task" in steps(home, opened.sequence_id), "no lead is dropped in silence"


def test_crm_hits_that_disagree_get_the_fallback_word_and_no_deal_stage(home: House, sandbox: Sandbox) -> None:
    sandbox.hubspot_contact("Ann", "Lee", CALLER, "ann@example.com", deal_stage="Quote sent")
    sandbox.hubspot_contact("Bob", "Lee", CALLER, "bob@example.com", deal_stage="Lost")
    home.miss()
    home.live(minutes=5)
    [text] = texts_to(sandbox)
    assert "Ann" not in text.body
    assert "Bob" not in text.body
    [call] = sandbox.calls_placed
    assert call.dynamic_variables["script"] == "generic"
    assert call.dynamic_variables.get("deal_stage", "") in ("", "unknown")


def test_a_slow_crm_costs_two_seconds_and_the_name_never_the_lead(home: House, sandbox: Sandbox) -> None:
    ann(sandbox)
    sandbox.fault("hubspot", "*", "hang", times=None)
    home.miss()
    home.live(seconds=1)
    [text] = texts_to(sandbox)
    assert "Ann" not in text.body
    [search] = sandbox.requests("hubspot")[:1]
    assert text.received_monotonic - search.received_monotonic < 3.0
    sandbox.clear_faults()


def test_a_landline_is_not_texted_but_called_and_staff_have_a_task(home: House, sandbox: Sandbox) -> None:
    landline = "+441174960123"
    opened = home.miss(caller=landline)
    home.live(minutes=5)
    assert texts_to(sandbox, landline) == []
    assert step(home, opened.sequence_id, "acknowledge") == ("skipped", "landline")
    assert step(home, opened.sequence_id, "acknowledge-task")[0] == "sent"
    assert [call.to for call in sandbox.calls_placed] == [landline]
    task = next(alert for alert in alerts(sandbox) if "takes no texts" in alert)
    assert "Acme Plumbing" in task, "with the words ready to be said"


@pytest.mark.parametrize(("law", "caller"), [("us", "+12125550123"), ("ca", "+14165550123")])
def test_no_ai_voice_without_consent_in_north_america(
    make_home: Callable[..., House], sandbox: Sandbox, clock: ManualClock, law: str, caller: str
) -> None:
    clock.set(datetime(2026, 11, 18, 16, 0, tzinfo=UTC))
    home = make_home(preset=preset(law))
    opened = home.miss(caller=caller)
    home.live(minutes=5)
    assert len(texts_to(sandbox, caller)) == 1
    assert sandbox.calls_placed == []
    assert step(home, opened.sequence_id, "callback") == ("skipped", "voice_without_consent")
    assert any("needs their consent" in alert for alert in alerts(sandbox))

    given = Consent("express", frozenset({"voice"}), "service", clock.now(), None, "form 7")
    home.sidecar.intake.consent(home.business, phone=caller, consent=given)
    home.live(hours=2)
    again = home.miss(caller=caller)
    home.live(minutes=5)
    assert step(home, again.sequence_id, "callback")[0] == "sent"
    assert len(sandbox.calls_placed) == 1


def test_a_friday_evening_call_is_texted_at_the_first_legal_minute_in_words_that_are_true(
    home: House, sandbox: Sandbox, clock: ManualClock
) -> None:
    ann(sandbox)
    clock.set(FRIDAY_EVENING)
    opened = home.miss()
    home.live(hours=1)
    assert (texts_to(sandbox), sandbox.calls_placed, sandbox.emails) == ([], [], [])
    assert step(home, opened.sequence_id, "acknowledge") == ("planned", "outside_hours")
    home.live(hours=62)

    [text] = texts_to(sandbox)
    assert text.at == datetime(2026, 11, 21, 8, 0, tzinfo=UTC)
    assert "just now" not in text.body
    assert "closed" in text.body
    [call] = sandbox.calls_placed
    assert call.at == datetime(2026, 11, 21, 9, 0, tzinfo=UTC), "voice starts at nine on a Saturday"
    [email] = sandbox.emails
    assert email.at >= call.at + timedelta(minutes=10), "not all three in one minute"


def test_a_text_whose_minute_has_passed_is_not_sent_and_staff_take_over(home: House, sandbox: Sandbox) -> None:
    opened = home.miss()
    home.clock.advance(seconds=91)
    home.settle()
    assert texts_to(sandbox) == []
    assert step(home, opened.sequence_id, "acknowledge") == ("skipped", "stale")
    assert any("too late" in alert for alert in alerts(sandbox))
    assert steps(home, opened.sequence_id)["callback"]["due_at"] is not None, "what counts from it goes on"


def test_nobody_is_touched_more_often_than_allowed_and_staff_are_asked_instead(
    make_home: Callable[..., House], sandbox: Sandbox
) -> None:
    home = make_home(max_touches_per_day=1)
    opened = home.miss()
    home.live(minutes=5)
    assert len(texts_to(sandbox)) == 1
    assert sandbox.calls_placed == []
    assert step(home, opened.sequence_id, "callback") == ("skipped", "too_many_today")
    assert step(home, opened.sequence_id, "callback-task")[0] == "sent"


def test_an_unclear_stop_holds_and_a_person_decides(home: House, sandbox: Sandbox) -> None:
    opened = home.miss()
    home.live(minutes=1)
    told = home.text("not interested")
    assert told.intent == "unclear"
    assert home.sequence(opened.sequence_id)["held_reason"] == "unclear_stop"
    home.live(hours=3)
    assert sandbox.calls_placed == []
    assert any("not interested" in alert for alert in alerts(sandbox))
    looks = [event for event in events(home, opened.sequence_id, "gate.defer") if event[2].startswith("held")]
    assert len(looks) <= 2, "a held step does not ask again and again"

    home.sidecar.hand.resume(home.business, opened.sequence_id)
    home.live(minutes=1)
    assert step(home, opened.sequence_id, "callback") == ("skipped", "stale")
    assert step(home, opened.sequence_id, "callback-task")[0] == "sent"


def test_an_operator_holds_and_resumes_in_time(home: House, sandbox: Sandbox) -> None:
    opened = home.miss()
    home.live(minutes=1)
    home.sidecar.hand.hold(home.business, opened.sequence_id, "on holiday together")
    home.live(minutes=10)
    assert sandbox.calls_placed == []
    home.sidecar.hand.resume(home.business, opened.sequence_id)
    home.settle()
    assert len(sandbox.calls_placed) == 1


def test_not_now_cancels_voice_and_keeps_email(home: House, sandbox: Sandbox) -> None:
    ann(sandbox)
    opened = home.miss()
    home.live(minutes=1)
    told = home.sidecar.intake.outcome(home.business, "not_now", source="api", sequence_id=opened.sequence_id)
    assert told.state == "open"
    home.live(minutes=60)
    assert sandbox.calls_placed == []
    assert len(sandbox.emails) == 1


@pytest.mark.parametrize("outcome", ["human_answered", "booked", "transferred", "converted"])
def test_what_ends_a_lead_closes_everything(home: House, sandbox: Sandbox, outcome: Outcome) -> None:
    ann(sandbox)
    opened = home.miss()
    home.live(minutes=1)
    home.sidecar.intake.outcome(
        home.business, outcome, source="api", phone=CALLER, value_minor=125_000 if outcome == "converted" else None
    )
    home.live(hours=2)
    assert ended(home, opened.sequence_id) == ("closed", outcome)
    assert (len(texts_to(sandbox)), sandbox.calls_placed, sandbox.emails) == (1, [], [])
    sequence = home.sequence(opened.sequence_id)
    assert sequence["outcome"] == outcome
    if outcome == "converted":
        assert (sequence["value_minor"], sequence["currency"]) == (125_000, "GBP")


def test_a_complaint_is_a_stop(home: House, sandbox: Sandbox) -> None:
    opened = home.miss()
    home.live(minutes=1)
    home.sidecar.intake.outcome(home.business, "complained", source="api", sequence_id=opened.sequence_id)
    assert suppressed(home)
    assert home.sequence(opened.sequence_id)["state"] == "closed"
    home.live(hours=2)
    assert sandbox.calls_placed == []
    assert any("complained" in alert for alert in alerts(sandbox))


def test_a_reply_closes_and_staff_read_what_was_written(home: House, sandbox: Sandbox) -> None:
    opened = home.miss()
    home.live(minutes=1)
    home.text('My boiler says "E119", can you come today?')
    assert ended(home, opened.sequence_id) == ("closed", "replied")
    assert home.sequence(opened.sequence_id)["replied_at"] == home.clock.now().isoformat()
    home.live(hours=2)
    assert (len(texts_to(sandbox)), sandbox.calls_placed) == (1, [])
    assert any('"E119"' in alert for alert in alerts(sandbox))


def test_a_reply_that_is_delivered_twice_alerts_once(home: House, sandbox: Sandbox) -> None:
    home.miss()
    home.live(minutes=1)
    assert home.text("Yes please", message_id="SM1").already is False
    assert home.text("Yes please", message_id="SM1").already is True
    home.settle()
    assert sum("Yes please" in alert for alert in alerts(sandbox)) == 1


def test_a_reply_by_email_is_matched_by_its_token_whoever_wrote(home: House, sandbox: Sandbox) -> None:
    ann(sandbox)
    opened = home.miss()
    home.live(minutes=50)
    [email] = sandbox.emails
    token = email.headers["Reply-To"].split("+")[1].split("@")[0]
    report = MessageReport(
        message_id="<1@example.com>", channel="email", at=home.clock.now(), to="replies@acme.example",
        sender="Ann.Private@example.org", body="Thursday suits me", reply_token=token,
    )  # fmt: skip
    told = home.sidecar.intake.message(home.business, report, source="api")
    assert (told.sequence_id, told.contact_id) == (opened.sequence_id, opened.contact_id)
    home.settle()
    assert any("Thursday suits me" in alert for alert in alerts(sandbox))


def test_an_unknown_writer_is_a_new_person_and_staff_hear_of_it(home: House, sandbox: Sandbox) -> None:
    told = home.text("Do you fit boilers?", caller="+447700900777")
    assert told.sequence_id is None
    home.settle()
    assert any("Do you fit boilers?" in alert for alert in alerts(sandbox))
    assert contact(home, "+447700900777")["messages"][0]["body"] == "Do you fit boilers?"


def test_two_texts_then_check_ins_at_one_week_and_three(
    make_home: Callable[..., House], sandbox: Sandbox, clock: ManualClock
) -> None:
    home = make_home(playbook=shipped_playbook("contractor-two-text"))
    start = clock.now()
    given = Consent("express", frozenset({"sms"}), "service", start, None, "form 7")
    home.sidecar.intake.consent(home.business, phone=CALLER, consent=given)
    home.miss()
    home.live(days=30)
    days = [(text.at - start) / timedelta(days=1) for text in texts_to(sandbox)]
    assert days == [0, pytest.approx(2 / 24), 7, 21]


def test_in_canada_an_inquiry_carries_one_follow_up_and_no_check_in(
    make_home: Callable[..., House], sandbox: Sandbox, clock: ManualClock
) -> None:
    clock.set(datetime(2026, 11, 18, 16, 0, tzinfo=UTC))
    home = make_home(playbook=shipped_playbook("contractor-two-text"), preset=preset("ca"))
    caller = "+14165550123"
    opened = home.miss(caller=caller)
    home.live(days=30)
    assert len(texts_to(sandbox, caller)) == 2
    assert step(home, opened.sequence_id, "week_one") == ("skipped", "follow_ups_used")
    assert ended(home, opened.sequence_id) == ("closed", "exhausted")
