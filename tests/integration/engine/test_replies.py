"""Replies, outcomes and reports that come on a side path: nothing that is open is missed, and nobody in silence."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from sidecar.config.business import Number
from sidecar.domain.reports import DeliveryReport, MessageReport, VoiceReport
from sidecar.engine.context import Turn
from tests.integration.engine.seeing import alerts, contact, ended, step, steps, texts_to
from tests.support.house import CALLER, NUMBER, STAFF

if TYPE_CHECKING:
    from collections.abc import Callable

    from sidecar.sandbox import Sandbox
    from tests.support.house import House

SECOND = "+441174960002"


def opted_out_in_crm(sandbox: Sandbox) -> None:
    sandbox.hubspot_contact("Ann", "Lee", CALLER, "ann@example.com", recovery_opt_out="true")


def reply_token(home: House, sequence_id: str) -> str:
    from sidecar.store import sequences

    row = home.sidecar.store.read(lambda tx: sequences.get(tx, home.business.id, sequence_id))
    assert row is not None
    token: str = row["reply_token"]
    return token


def mail(home: House, body: str, token: str) -> Any:
    report = MessageReport(
        "mail-1", "email", home.clock.now(), "replies@acme.example", "ann@example.com", body, reply_token=token
    )
    return home.sidecar.intake.message(home.business, report, source="api")


def two_sequences(home: House) -> tuple[str, str]:
    """An older one, superseded by the one that is open."""
    older = home.miss().sequence_id
    home.live(minutes=35)
    newer = home.miss().sequence_id
    assert older != newer
    home.live(minutes=1)
    return older, newer


# --- C1: nobody is dropped in silence


def test_staff_hear_of_a_caller_whom_the_crm_has_as_opted_out(home: House, sandbox: Sandbox) -> None:
    opted_out_in_crm(sandbox)
    opened = home.miss()
    home.live(minutes=1)
    assert ended(home, opened.sequence_id) == ("closed", "opted_out")
    assert texts_to(sandbox) == []
    [alert] = alerts(sandbox)
    assert "Missed call" in alert
    assert "opted out" in alert


def test_staff_hear_of_a_caller_whom_twilio_refuses_to_text(home: House, sandbox: Sandbox) -> None:
    sandbox.fault("twilio", "messages.create", "status", status=400, code=21610)
    home.miss()
    home.live(minutes=1)
    assert [alert for alert in alerts(sandbox) if "Missed call" in alert and "opted out" in alert]


def test_staff_hear_of_a_caller_whose_21610_comes_by_status_callback(home: House, sandbox: Sandbox) -> None:
    home.miss()
    home.live(minutes=1)
    [text] = texts_to(sandbox)
    report = DeliveryReport(text.sid, "failed", home.clock.now(), code="21610", opted_out=True)
    home.sidecar.intake.delivery(home.business, report)
    home.live(minutes=1)
    [alert] = alerts(sandbox)
    assert "Missed call" in alert


def test_a_stop_in_their_own_words_after_a_text_is_told_once(home: House, sandbox: Sandbox) -> None:
    home.miss()
    home.live(minutes=1)
    home.text("STOP", vendor_intent="opt_out", vendor_answered=True)
    home.live(minutes=1)
    [alert] = alerts(sandbox)
    assert "Missed call" not in alert


# --- C2: an old thread


def test_a_reply_to_an_older_email_closes_what_is_open(home: House) -> None:
    older, newer = two_sequences(home)
    result = mail(home, "Yes please, come on Monday", reply_token(home, older))
    assert result.sequence_id == older, "the message belongs to the thread that it answers"
    assert ended(home, newer) == ("closed", "replied")


def test_an_unclear_reply_to_an_older_email_holds_what_is_open(
    home: House, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sidecar.engine.intake.messages.intent_of", lambda _: "unclear")
    older, newer = two_sequences(home)
    mail(home, "enough?", reply_token(home, older))
    assert home.sequence(newer)["state"] == "held"
    home.live(minutes=1)
    assert "until you resume" in alerts(sandbox)[-1]


def test_an_unclear_reply_after_the_end_claims_no_hold(
    home: House, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    home.miss()
    home.live(minutes=1)
    home.text("thanks")
    monkeypatch.setattr("sidecar.engine.intake.messages.intent_of", lambda _: "unclear")
    home.text("enough?")
    home.live(minutes=1)
    assert "may have asked us to stop" in alerts(sandbox)[-1]
    assert "until you resume" not in alerts(sandbox)[-1]


def test_an_outcome_of_an_older_sequence_closes_what_is_open_and_counts_once(home: House) -> None:
    older, newer = two_sequences(home)
    home.sidecar.intake.outcome(home.business, "booked", source="api", sequence_id=older)
    assert ended(home, newer) == ("closed", "booked")
    assert (home.sequence(older)["outcome"], home.sequence(newer)["outcome"]) == ("booked", "")


# --- C3: staff are no leads


@pytest.mark.parametrize("body", ["On my way", "STOP"])
def test_a_text_from_a_staff_phone_is_ignored(home: House, sandbox: Sandbox, body: str) -> None:
    result = home.text(body, caller=STAFF)
    assert (result.intent, result.contact_id, result.sequence_id) == ("none", None, None)
    home.live(minutes=10)
    assert sandbox.texts == []
    with pytest.raises(AssertionError):
        contact(home, STAFF)


# --- C6: from the number that they wrote to


def test_answers_and_confirmations_leave_from_the_number_that_was_written_to(
    make_home: Callable[..., House], sandbox: Sandbox
) -> None:
    home = make_home(numbers=(Number(NUMBER, ring=(STAFF,)), Number(SECOND, ring=(STAFF,))))
    opened = home.miss(to=NUMBER)
    home.live(minutes=1)
    report = MessageReport("SM1", "sms", home.clock.now(), SECOND, CALLER, "Do you do boilers?")
    home.sidecar.intake.message(home.business, report, source="twilio")
    home.sidecar.store.write(lambda tx: _answer(home, tx, opened.sequence_id))
    home.live(minutes=1)
    stop = replace(report, message_id="SM2", body="please don't text me anymore", at=home.clock.now())
    home.sidecar.intake.message(home.business, stop, source="twilio")
    home.live(minutes=1)
    assert [text.from_ for text in texts_to(sandbox)] == [NUMBER, SECOND, SECOND]


def _answer(home: House, tx: Any, sequence_id: str) -> None:
    from sidecar.engine import sequences

    turn = Turn(home.sidecar.context, tx, home.business)
    sequences.add_step(turn, sequence_id, "answer-1", kind="answer", channel="sms", body="We do.")


# --- C7: pictures


def test_pictures_are_counted_and_told(home: House, sandbox: Sandbox) -> None:
    opened = home.miss()
    home.live(minutes=1)
    home.text("It leaks here", media=2)
    home.text("", media=1)
    home.live(minutes=1)
    first, second = alerts(sandbox)
    assert "They wrote: It leaks here (and 2 pictures: see Twilio's message log)" in first
    assert "They wrote: (1 picture: see Twilio's message log)" in second
    received = [one for one in home.sequence(opened.sequence_id)["events"] if one["type"] == "reply.received"]
    assert [one["data"]["media"] for one in received] == [2, 1]


# --- C8: reports of one call, out of order


def test_a_late_end_does_not_undo_the_analysis(home: House, sandbox: Sandbox) -> None:
    opened = home.miss()
    home.live(minutes=1)
    touch_id = _call_under_way(home, opened.sequence_id)
    analysed = VoiceReport(
        "call_1", "analyzed", home.clock.now(), touch_id, reached=False, in_voicemail=True, reason="user_hangup"
    )
    home.sidecar.intake.voice(home.business, analysed)
    late = VoiceReport(
        "call_1", "ended", home.clock.now(), touch_id, reached=True, outcome="human_answered", reason="agent_hangup"
    )
    home.sidecar.intake.voice(home.business, late)
    assert steps(home, opened.sequence_id)["callback"]["state"] == "undelivered"
    assert home.sequence(opened.sequence_id)["state"] == "open"


def _call_under_way(home: House, sequence_id: str) -> str:
    """The call-back, as if our agent's call had just been placed."""
    from sidecar.store import sequences, touches

    def place(tx: Any) -> str:
        now = home.clock.now()
        row = sequences.get(tx, home.business.id, sequence_id)
        assert row is not None
        touches.add(
            tx, business_id=home.business.id, touch_id="tch_1", contact_id=row["contact_id"], sequence_id=sequence_id,
            step="callback", channel="voice", attempt=1, state="sent", address=CALLER, sender=f"voice:{NUMBER}",
            body="", intended_at=now, sent_at=now, provider_id="call_1",
        )  # fmt: skip
        sequences.change_step(tx, home.business.id, sequence_id, "callback", state="sent", settled_at=now)
        return "tch_1"

    placed: str = home.sidecar.store.write(place)
    return placed


# --- C9: the first text never arrived


def lost(home: House, sandbox: Sandbox, **fields: Any) -> None:
    text = texts_to(sandbox)[0]
    report = DeliveryReport(text.sid, "undelivered", home.clock.now(), **fields)
    home.sidecar.intake.delivery(home.business, report)


def test_an_undelivered_first_text_asks_a_person_once(home: House, sandbox: Sandbox) -> None:
    opened = home.miss()
    home.live(minutes=1)
    lost(home, sandbox, code="30006", not_textable=True)
    lost(home, sandbox, code="30006", not_textable=True)
    home.live(minutes=1)
    assert step(home, opened.sequence_id, "acknowledge") == ("undelivered", "30006")
    assert steps(home, opened.sequence_id)["acknowledge-task"]["state"] == "sent"
    [task] = alerts(sandbox)
    assert "takes no texts" in task


def test_an_undelivered_first_text_of_who_replied_asks_nobody(home: House, sandbox: Sandbox) -> None:
    opened = home.miss()
    home.live(minutes=1)
    home.text("I am here")
    lost(home, sandbox, code="30003")
    assert "acknowledge-task" not in steps(home, opened.sequence_id)


def test_an_undelivered_text_that_was_all_there_is_alerts_all_the_same(
    make_home: Callable[..., House], sandbox: Sandbox
) -> None:
    from sidecar.config.playbooks import shipped_playbook

    layers = shipped_playbook("uk-three-layer")
    home = make_home(playbook=replace(layers, steps=layers.steps[:1]))
    opened = home.miss()
    home.live(minutes=1)
    assert ended(home, opened.sequence_id) == ("closed", "exhausted")
    lost(home, sandbox, code="30003")
    home.live(minutes=1)
    [alert] = alerts(sandbox)
    assert "did not reach them" in alert
