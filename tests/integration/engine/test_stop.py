"""STOP: nothing more to that person on any channel, until START; which reopens nothing (design §4.3)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from sidecar.domain.reports import DeliveryReport, MessageReport, VoiceReport
from sidecar.engine.results import NotFound
from tests.integration.engine.seeing import alerts, contact, dead, ended, events, step, suppressed, texts_to
from tests.support.house import CALLER

if TYPE_CHECKING:
    from collections.abc import Callable

    from sidecar.sandbox import Sandbox
    from tests.support.house import House

OTHER = "+447700900456"


def ann(sandbox: Sandbox, **more: Any) -> str:
    made: str = sandbox.hubspot_contact("Ann", "Lee", CALLER, "ann@example.com", **more)
    return made


def in_crm(sandbox: Sandbox, contact_id: str, name: str) -> Any:
    return sandbox.crm.things["contacts"][contact_id].properties.get(name)


def test_stop_closes_everything_and_twilios_own_answer_is_the_confirmation(home: House, sandbox: Sandbox) -> None:
    ann(sandbox)
    opened = home.miss()
    home.live(minutes=1)
    told = home.text("STOP", vendor_intent="opt_out", vendor_answered=True)
    assert told.intent == "opt_out"
    assert ended(home, opened.sequence_id) == ("closed", "opted_out")
    assert home.sequence(opened.sequence_id)["outcome"] == "opted_out"
    home.live(hours=24)
    assert (len(texts_to(sandbox)), sandbox.calls_placed, sandbox.emails) == (1, [], [])
    assert any("opted out" in alert for alert in alerts(sandbox))
    assert suppressed(home)


def test_a_stop_in_natural_words_is_confirmed_once(home: House, sandbox: Sandbox) -> None:
    home.miss()
    home.live(minutes=1)
    for _ in range(3):
        assert home.text("please don't text me anymore").intent == "opt_out"
    home.live(hours=24)
    texts = texts_to(sandbox)
    assert len(texts) == 2
    assert "no more messages" in texts[1].body
    assert "START" in texts[1].body


def test_stop_start_stop_within_one_second_is_two_stops(home: House, sandbox: Sandbox) -> None:
    for body in ("stop texting me please", "START", "stop texting me please"):
        home.text(body)
    assert suppressed(home)
    home.live(minutes=1)
    assert len(texts_to(sandbox)) == 2


def test_a_confirmation_that_could_not_go_out_at_once_does_not_go_out_hours_later(
    home: House, sandbox: Sandbox
) -> None:
    sandbox.fault("twilio", "messages.create", "status", times=None, status=429, retry_after=60)
    home.text("please don't text me anymore")
    home.live(minutes=10)
    sandbox.clear_faults()
    home.live(hours=6)
    assert texts_to(sandbox) == []


def test_it_holds_for_every_address_of_the_person_and_for_who_shares_one(home: House, sandbox: Sandbox) -> None:
    """One CRM record with two phones: a STOP from the one is a STOP for the other."""
    sandbox.hubspot_contact("Ann", "Lee", CALLER, "ann@example.com", mobilephone=OTHER)
    home.miss()
    home.live(minutes=1)
    home.text("STOP", vendor_intent="opt_out", vendor_answered=True)
    sandbox.fault("hubspot", "contacts.update", "status", times=None, status=503)
    opened = home.miss(caller=OTHER)
    home.live(hours=2)
    assert texts_to(sandbox, OTHER) == []
    assert sandbox.calls_placed == []
    assert opened.sequence_id is None or ended(home, opened.sequence_id) == ("closed", "opted_out")


def test_start_alone_lifts_it_and_reopens_nothing(home: House, sandbox: Sandbox) -> None:
    opened = home.miss()
    home.live(minutes=1)
    home.text("STOP", vendor_intent="opt_out", vendor_answered=True)
    for body in ("YES", "ok sure", "hello?"):
        home.text(body)
        assert suppressed(home)
    home.text("START", vendor_intent="opt_in", vendor_answered=True)
    assert not suppressed(home)
    home.live(hours=2)
    assert ended(home, opened.sequence_id) == ("closed", "opted_out")
    assert len(texts_to(sandbox)) == 1
    assert home.miss().decision == "opened"


def test_twilios_21610_at_the_send_is_a_stop(home: House, sandbox: Sandbox) -> None:
    crm_id = ann(sandbox)
    sandbox.fault("twilio", "messages.create", "status", status=400, code=21610)
    opened = home.miss()
    home.live(hours=2)
    assert (texts_to(sandbox), sandbox.calls_placed, sandbox.emails) == ([], [], [])
    assert ended(home, opened.sequence_id) == ("closed", "opted_out")
    assert step(home, opened.sequence_id, "acknowledge") == ("failed", "21610")
    assert suppressed(home)
    assert in_crm(sandbox, crm_id, "recovery_opt_out") == "true"


def test_twilios_21610_by_status_callback_is_a_stop(home: House, sandbox: Sandbox) -> None:
    opened = home.miss()
    home.live(minutes=1)
    [text] = texts_to(sandbox)
    report = DeliveryReport(text.sid, "failed", home.clock.now(), code="21610", opted_out=True)
    home.sidecar.intake.delivery(home.business, report)
    home.live(hours=2)
    assert suppressed(home)
    assert ended(home, opened.sequence_id) == ("closed", "opted_out")
    assert sandbox.calls_placed == []


def test_an_operator_a_link_and_the_phone_are_good_for_a_stop(home: House, sandbox: Sandbox) -> None:
    ann(sandbox)
    opened = home.miss()
    home.live(minutes=46)
    [email] = sandbox.emails
    token = email.headers["List-Unsubscribe"].strip("<>").rpartition("/u/")[2]
    business, _ = home.sidecar.intake.unsubscribe_page(token)
    assert business.id == "acme"
    assert home.sidecar.intake.unsubscribe(token).changed
    assert not home.sidecar.intake.unsubscribe(token).changed, "one click twice is one STOP"
    assert suppressed(home)
    assert home.sequence(opened.sequence_id)["state"] == "closed"
    with pytest.raises(NotFound):
        home.sidecar.intake.unsubscribe(token[:-1] + ("0" if token[-1] != "0" else "1"))

    by_hand = home.sidecar.intake.opt_out(home.business, phone="07700 900456", source="api", evidence="rang us")
    assert by_hand.changed
    assert suppressed(home, OTHER)
    assert home.sidecar.intake.opt_in(home.business, phone=OTHER, source="api").changed
    assert not suppressed(home, OTHER)


def test_a_stop_by_email_holds_for_texts(home: House, sandbox: Sandbox) -> None:
    ann(sandbox)
    home.miss()
    home.live(minutes=46)
    report = MessageReport(
        message_id="<2@example.com>", channel="email", at=home.clock.now(), to="replies@acme.example",
        sender="ann@example.com", body="Please unsubscribe me",
    )  # fmt: skip
    assert home.sidecar.intake.message(home.business, report, source="api").intent == "opt_out"
    assert suppressed(home)
    home.live(hours=2)
    assert home.miss().decision == "suppressed"
    assert len(texts_to(sandbox)) == 1, "no text confirms a STOP that came by email"


def test_who_opted_out_in_the_crm_gets_nothing(home: House, sandbox: Sandbox) -> None:
    ann(sandbox, recovery_opt_out="true")
    opened = home.miss()
    home.live(hours=2)
    assert (texts_to(sandbox), sandbox.calls_placed, sandbox.emails) == ([], [], [])
    assert ended(home, opened.sequence_id) == ("closed", "opted_out")
    assert home.sequence(opened.sequence_id)["outcome"] == "opted_out"
    assert suppressed(home)


def test_who_left_the_clients_emails_is_texted_and_called_but_not_emailed(home: House, sandbox: Sandbox) -> None:
    ann(sandbox, hs_email_optout="true")
    home.miss()
    home.live(hours=2)
    assert (len(texts_to(sandbox)), len(sandbox.calls_placed), sandbox.emails) == (1, 1, [])
    assert not suppressed(home)


def test_a_start_is_not_undone_by_what_the_crm_still_says(home: House, sandbox: Sandbox) -> None:
    ann(sandbox)
    home.miss()
    home.live(minutes=1)
    home.text("STOP", vendor_intent="opt_out", vendor_answered=True)
    home.live(hours=1)
    sandbox.fault("hubspot", "*", "status", times=None, status=503)
    home.text("START", vendor_intent="opt_in", vendor_answered=True)
    home.live(minutes=1)
    sandbox.clear_faults()
    opened = home.miss()
    home.live(minutes=1)
    assert opened.decision == "opened"
    assert not suppressed(home)
    assert len(texts_to(sandbox)) == 2


def test_a_ringing_call_is_stopped(home: House, sandbox: Sandbox) -> None:
    sandbox.voice_script("human_answered", when="asked")
    home.miss()
    home.live(minutes=3)
    [call] = sandbox.calls_placed
    home.text("STOP", vendor_intent="opt_out", vendor_answered=True)
    home.settle()
    assert [seen.path.rpartition("/")[2] for seen in sandbox.requests("retell", "calls.stop")] == [call.call_id]


def test_a_call_that_ended_is_not_stopped(home: House, sandbox: Sandbox) -> None:
    home.miss()
    home.live(minutes=3)
    [call] = sandbox.calls_placed
    home.sidecar.intake.voice(
        home.business, VoiceReport(call.call_id, "ended", home.clock.now(), reached=False, reason="dial_no_answer")
    )
    home.text("STOP", vendor_intent="opt_out", vendor_answered=True)
    home.settle()
    assert sandbox.requests("retell", "calls.stop") == []


def test_who_says_stop_to_the_agent_is_suppressed(home: House, sandbox: Sandbox) -> None:
    ann(sandbox)
    home.miss()
    home.live(minutes=3)
    [call] = sandbox.calls_placed
    report = VoiceReport(call.call_id, "analyzed", home.clock.now(), reached=True, outcome="opted_out")
    home.sidecar.intake.voice(home.business, report)
    home.sidecar.intake.voice(home.business, report)
    assert suppressed(home)
    home.live(hours=2)
    assert sandbox.emails == []


def test_a_complaint_to_the_agent_closes_suppresses_and_alerts_once(home: House, sandbox: Sandbox) -> None:
    opened = home.miss()
    home.live(minutes=3)
    [call] = sandbox.calls_placed
    report = VoiceReport(call.call_id, "analyzed", home.clock.now(), reached=True, outcome="complained")
    for _ in range(2):
        home.sidecar.intake.voice(home.business, report)
    home.live(hours=24)
    assert ended(home, opened.sequence_id) == ("closed", "complained")
    assert (home.sequence(opened.sequence_id)["outcome"], suppressed(home)) == ("complained", True)
    assert (len(texts_to(sandbox)), sandbox.emails) == (1, [])
    assert sum("complained" in alert for alert in alerts(sandbox)) == 1


@pytest.mark.parametrize("known", [True, False])
def test_a_complaint_by_the_api_closes_suppresses_and_alerts(home: House, sandbox: Sandbox, known: bool) -> None:
    """Of somebody whom no sequence of ours ever contacted, too."""
    opened = home.miss() if known else None
    home.live(minutes=1)
    told = home.sidecar.intake.outcome(home.business, "complained", source="api", phone=CALLER)
    home.live(hours=24)
    assert suppressed(home)
    assert any("complained" in alert for alert in alerts(sandbox))
    assert len(texts_to(sandbox)) == (1 if known else 0)
    assert told.state == ("closed" if known else "")
    assert opened is None or home.sequence(opened.sequence_id)["outcome"] == "complained"


def test_staff_hear_of_a_stop_that_the_agent_was_told(home: House, sandbox: Sandbox) -> None:
    home.miss()
    home.live(minutes=3)
    [call] = sandbox.calls_placed
    ended_call = VoiceReport(call.call_id, "ended", home.clock.now(), reached=True, outcome="opted_out")
    home.sidecar.intake.voice(home.business, ended_call)
    late = VoiceReport(call.call_id, "analyzed", home.clock.now(), reached=True, outcome="not_now")
    home.sidecar.intake.voice(home.business, late)
    home.live(minutes=5)
    assert sum("opted out" in alert for alert in alerts(sandbox)) == 1
    assert contact(home)["sequences"][0]["outcome"] == "opted_out", "the analysis takes nothing back"


def test_the_crm_is_told_again_and_again_until_it_holds(home: House, sandbox: Sandbox) -> None:
    crm_id = ann(sandbox)
    home.miss()
    home.live(minutes=1)
    sandbox.fault("hubspot", "*", "status", times=None, status=503)
    home.text("STOP", vendor_intent="opt_out", vendor_answered=True)
    home.live(hours=30)
    assert in_crm(sandbox, crm_id, "recovery_opt_out") != "true"
    sandbox.clear_faults()
    home.live(hours=2)
    assert in_crm(sandbox, crm_id, "recovery_opt_out") == "true"
    assert dead(home) == []


def test_the_crm_is_told_of_a_stop_by_somebody_whom_we_never_looked_up(home: House, sandbox: Sandbox) -> None:
    crm_id = ann(sandbox)
    sandbox.fault("hubspot", "*", "status", times=None, status=503)
    home.text("STOP", vendor_intent="opt_out", vendor_answered=True)
    home.live(minutes=20)
    sandbox.clear_faults()
    home.live(hours=2)
    assert in_crm(sandbox, crm_id, "recovery_opt_out") == "true"


def test_the_crm_ends_with_the_last_word_whatever_order_the_writes_arrive_in(home: House, sandbox: Sandbox) -> None:
    crm_id = ann(sandbox)
    home.miss()
    home.live(minutes=1)
    sandbox.fault("hubspot", "*", "status", times=None, status=503)
    home.text("STOP", vendor_intent="opt_out", vendor_answered=True)
    home.live(minutes=3)
    home.text("START", vendor_intent="opt_in", vendor_answered=True)
    home.live(minutes=3)
    sandbox.clear_faults()
    home.live(hours=3)
    assert in_crm(sandbox, crm_id, "recovery_opt_out") == "false"


def test_a_stop_leaves_an_event_without_the_number(home: House) -> None:
    opened = home.miss()
    home.text("STOP", vendor_intent="opt_out", vendor_answered=True)
    found = [event for event in contact(home)["events"] if event["type"] == "suppression.added"]
    assert [event["reason"] for event in found] == ["sms"]
    assert ("sequence.closed", "", "opted_out") in events(home, opened.sequence_id)


def test_one_businesss_stop_is_not_anothers(make_home: Callable[..., House], sandbox: Sandbox) -> None:
    home = make_home()
    neighbour = make_home(id="bolt", name="Bolt Electrics")
    home.sidecar.intake.opt_out(home.business, phone=CALLER, source="api")
    assert home.miss().decision == "suppressed"
    assert neighbour.miss().decision == "opened"
