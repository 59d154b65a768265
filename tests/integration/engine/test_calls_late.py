"""Calls told late, on the line, from no phone, or to somebody whose sequence is on hold."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy.exc import OperationalError

from sidecar.config.business import Number
from tests.integration.engine.seeing import alerts, call, contact, ended, step, texts_to
from tests.integration.engine.test_calls import CALL, tell
from tests.integration.engine.test_reconcile import give_back, look
from tests.support.house import CALLER, NUMBER, a_business

if TYPE_CHECKING:
    from sidecar.sandbox import Sandbox
    from tests.support.house import House

SECOND = "CA" + "2" * 32


def test_whom_staff_answered_is_not_texted_upon_the_log(home: House, sandbox: Sandbox) -> None:
    spoken = sandbox.lost_call(NUMBER, CALLER, status="completed", dial_status="completed")
    home.clock.advance(minutes=1)
    look(home)
    row = call(home, spoken.sid)
    assert (row["state"], row["reason"]) == ("answered", "log_only")
    home.live(hours=1)
    assert (texts_to(sandbox), sandbox.calls_placed) == ([], [])


def test_a_call_answered_before_closes_nothing_that_a_later_one_opened(home: House) -> None:
    opened = home.miss()
    before = home.clock.now() - timedelta(minutes=9)
    tell(home, call_id=SECOND, missed=False, ended_at=before)
    assert ended(home, opened.sequence_id)[0] == "open"
    tell(home, call_id="CA3", missed=False, ended_at=home.clock.now())
    assert ended(home, opened.sequence_id) == ("closed", "answered")


# --- on the line --------------------------------------------------------------------------------------------------


def test_a_press_of_one_closes_at_once_not_when_the_call_is_over(home: House, sandbox: Sandbox) -> None:
    opened = home.miss()
    home.live(minutes=1)
    tell(home, call_id=SECOND, status="ringing")
    assert ended(home, opened.sequence_id)[0] == "open"
    assert tell(home, call_id=SECOND, caller=None, to=None, accepted=True).state == "pending"
    assert ended(home, opened.sequence_id) == ("closed", "answered")
    home.live(hours=1)
    assert sandbox.calls_placed == []


def test_who_is_ringing_us_is_neither_texted_nor_rung(home: House, sandbox: Sandbox) -> None:
    opened = home.miss()
    home.clock.advance(seconds=5)
    tell(home, call_id=SECOND, status="ringing")
    home.live(seconds=20)
    assert texts_to(sandbox) == []
    assert step(home, opened.sequence_id, "acknowledge") == ("planned", "on_the_line")
    tell(home, call_id=SECOND, dial_status="no-answer")
    home.live(seconds=31)
    assert len(texts_to(sandbox)) == 1


def test_a_call_whose_end_nobody_tells_holds_nothing_up_for_long(home: House, sandbox: Sandbox) -> None:
    tell(home, call_id=SECOND, status="ringing")
    home.clock.advance(minutes=3)
    home.miss()
    home.settle()
    assert len(texts_to(sandbox)) == 1


# --- late ---------------------------------------------------------------------------------------------------------


def test_a_call_of_hours_ago_is_for_a_person_to_answer(home: House, sandbox: Sandbox) -> None:
    then = home.clock.now() - timedelta(hours=2, seconds=1)
    late = tell(home, status="no-answer", ended_at=then)
    assert (late.state, late.decision, late.sequence_id) == ("missed", "too_late", None)
    assert tell(home, status="no-answer", ended_at=then).already
    home.live(hours=1)
    assert texts_to(sandbox) == []
    assert sum("hours after it ended" in alert for alert in alerts(sandbox)) == 1
    just = tell(home, call_id=SECOND, status="no-answer", ended_at=home.clock.now() - timedelta(hours=2))
    assert just.decision == "opened"


# --- who called ---------------------------------------------------------------------------------------------------


def test_a_number_as_it_is_dialled_at_home_is_one_person_with_its_e164(home: House) -> None:
    first = tell(home, caller="07700900123", status="no-answer")
    again = tell(home, call_id=SECOND, caller=CALLER, status="no-answer")
    assert (again.contact_id, again.decision) == (first.contact_id, "folded")
    assert call(home, CALL)["caller"] == CALLER
    assert contact(home)["contact_id"] == first.contact_id


@pytest.mark.parametrize("caller", ["sip:reception@pbx.example", "88222", "client:alice", "x" * 500])
def test_what_is_no_phone_is_ignored_but_staff_hear_of_it(home: House, sandbox: Sandbox, caller: str) -> None:
    told = tell(home, caller=caller, status="no-answer")
    assert (told.decision, told.reason, told.contact_id) == ("ignored", "unreadable_caller", None)
    home.settle()
    [alert] = alerts(sandbox)
    assert "no phone number" in alert


def test_nothing_that_a_provider_writes_is_too_long_for_the_store(home: House) -> None:
    told = tell(home, status="no-answer", caller_name="n" * 500, forwarded_from="f" * 500)
    assert told.decision == "opened"
    assert (len(call(home, CALL)["caller_name"]), len(call(home, CALL)["forwarded_from"])) == (128, 64)


@pytest.mark.parametrize("sender", ["VODAFONE", "88222"])
def test_a_text_from_no_phone_is_passed_over(home: House, sandbox: Sandbox, sender: str) -> None:
    told = home.text("Your bill is ready", caller=sender)
    assert (told.contact_id, told.sequence_id, told.already) == (None, None, False)
    home.live(hours=1)
    assert sandbox.texts == []


# --- on hold ------------------------------------------------------------------------------------------------------


def test_a_call_on_a_held_sequence_folds_however_late_and_staff_are_told(home: House, sandbox: Sandbox) -> None:
    opened = home.miss()
    home.sidecar.hand.hold(home.business, opened.sequence_id, "operator")
    home.live(hours=3)
    again = home.miss()
    assert (again.decision, again.sequence_id) == ("folded", opened.sequence_id)
    assert ended(home, opened.sequence_id)[0] == "held"
    home.settle()
    assert texts_to(sandbox) == []
    assert any("on hold" in alert for alert in alerts(sandbox))


# --- how far the log was read -------------------------------------------------------------------------------------


def test_a_client_that_joins_an_account_does_not_lose_the_others_gap(home: House, sandbox: Sandbox) -> None:
    look(home)
    home.clock.advance(minutes=1)
    lost = sandbox.lost_call(NUMBER, CALLER)
    home.clock.advance(minutes=40)
    first = a_business(sandbox, id="aaa", numbers=(Number("+441174960444"),))
    home.sidecar.context.businesses.__init__([first, home.business])  # type: ignore[misc]
    look(home)
    assert call(home, lost.sid)["state"] == "missed"


def test_a_new_token_reads_on_from_where_the_old_one_came_to(home: House, sandbox: Sandbox) -> None:
    look(home)
    home.clock.advance(minutes=1)
    lost = sandbox.lost_call(NUMBER, CALLER)
    home.clock.advance(minutes=40)
    account = home.business.twilio
    assert account is not None
    sandbox.twilio_account(account.account_sid, "rotated")
    turned = replace(home.business, twilio=replace(account, auth_token="rotated"))
    home.sidecar.context.businesses.__init__([turned])  # type: ignore[misc]
    look(home)
    assert call(home, lost.sid)["state"] == "missed"


def test_what_the_store_could_not_take_is_read_again(
    home: House, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    look(home)
    lost = sandbox.lost_call(NUMBER, CALLER)
    home.clock.advance(minutes=1)
    intake = home.sidecar.intake

    def hiccup(*_: object, **__: object) -> None:
        raise OperationalError("INSERT", {}, Exception("the disk is gone"))

    with monkeypatch.context() as broken:
        broken.setattr(type(intake), "call", hiccup)
        look(home)
    home.clock.advance(minutes=40)
    give_back(home)
    look(home)
    assert call(home, lost.sid)["state"] == "missed"
