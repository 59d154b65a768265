"""What no webhook told: lost calls and texts from Twilio's log, doubts, claims that ran out, deals that were won."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sidecar.config.business import Businesses, Number
from sidecar.domain.reports import CallReport
from tests.integration.engine.seeing import alerts, call, ended, suppressed, texts_to
from tests.support.house import CALLER, NUMBER, House, a_business, house

if TYPE_CHECKING:
    from collections.abc import Callable

    from sidecar.sandbox import Sandbox
    from tests.support.clock import ManualClock

OTHER = "+447700900456"


def reads(sandbox: Sandbox) -> list[str]:
    return [seen.operation for seen in sandbox.requests("twilio") if seen.operation in ("calls.list", "messages.list")]


def look(home: House) -> None:
    """The minute's look at the logs, and what follows from it."""
    home.sidecar.reconcile.logs()
    home.settle()


def test_a_call_that_no_webhook_told_of_is_found_within_a_minute_and_texted(home: House, sandbox: Sandbox) -> None:
    look(home)
    home.clock.advance(seconds=20)
    lost = sandbox.lost_call(NUMBER, CALLER)
    home.clock.advance(seconds=40)
    look(home)
    [text] = texts_to(sandbox)
    assert text.at == home.clock.now()
    assert call(home, lost.sid)["recovered"] is True
    home.clock.advance(minutes=1)
    look(home)
    assert len(texts_to(sandbox)) == 1


def test_a_stop_that_no_webhook_told_of_is_found(home: House, sandbox: Sandbox) -> None:
    opened = home.miss()
    home.live(minutes=1)
    sandbox.text_us(CALLER, NUMBER, "STOP", deliver=False)
    home.clock.advance(minutes=1)
    look(home)
    assert suppressed(home)
    assert ended(home, opened.sequence_id) == ("closed", "opted_out")
    home.live(hours=1)
    assert sandbox.calls_placed == []
    assert len(texts_to(sandbox)) == 1, "Twilio has answered it already"


def test_a_lost_stop_is_heeded_before_a_lost_call_is_answered(home: House, sandbox: Sandbox) -> None:
    sandbox.text_us(CALLER, NUMBER, "STOP", deliver=False)
    sandbox.lost_call(NUMBER, CALLER)
    home.clock.advance(minutes=1)
    look(home)
    assert texts_to(sandbox) == []


def test_lost_words_are_taken_in_the_order_in_which_they_came(home: House, sandbox: Sandbox) -> None:
    for body in ("STOP", "START"):
        sandbox.text_us(CALLER, NUMBER, body, deliver=False)
        home.clock.advance(seconds=5)
    look(home)
    assert not suppressed(home)


def test_a_lost_stop_does_not_undo_a_later_start_nor_a_lost_start_a_later_stop(home: House, sandbox: Sandbox) -> None:
    home.sidecar.intake.opt_out(home.business, phone=CALLER, source="api")
    home.clock.advance(seconds=5)
    sandbox.text_us(CALLER, NUMBER, "STOP", deliver=False)
    home.clock.advance(seconds=5)
    home.text("START", vendor_intent="opt_in", vendor_answered=True)
    home.clock.advance(seconds=5)
    look(home)
    assert not suppressed(home)

    sandbox.text_us(OTHER, NUMBER, "START", deliver=False)
    home.clock.advance(seconds=5)
    home.text("STOP", caller=OTHER, vendor_intent="opt_out", vendor_answered=True)
    home.clock.advance(minutes=1)
    look(home)
    assert suppressed(home, OTHER)


def test_a_pending_call_is_judged_from_the_log(home: House, sandbox: Sandbox) -> None:
    lost = sandbox.lost_call(NUMBER, CALLER, status="completed", dial_status="no-answer")
    report = CallReport(lost.sid, "twilio", home.clock.now(), to=NUMBER, caller=CALLER, status="ringing")
    assert home.sidecar.intake.call(home.business, report, source="twilio").state == "pending"
    home.clock.advance(minutes=1)
    look(home)
    assert (call(home, lost.sid)["state"], call(home, lost.sid)["recovered"]) == ("missed", False)
    assert len(texts_to(sandbox)) == 1


def test_a_long_call_that_is_still_pending_is_read_from_further_back(home: House, sandbox: Sandbox) -> None:
    lost = sandbox.lost_call(NUMBER, CALLER, status="completed", dial_status="completed")
    report = CallReport(lost.sid, "twilio", home.clock.now(), to=NUMBER, caller=CALLER, accepted=True)
    assert home.sidecar.intake.call(home.business, report, source="twilio").state == "pending"
    for _ in range(3):
        home.clock.advance(minutes=20)
        look(home)
    assert call(home, lost.sid)["state"] == "answered"


def test_what_cannot_be_taken_in_does_not_hide_what_stands_behind_it(home: House, sandbox: Sandbox) -> None:
    for sender in ("Parcels", "88222"):
        sandbox.text_us(sender, NUMBER, "Your parcel is here", deliver=False)
    sandbox.text_us(CALLER, NUMBER, "STOP", deliver=False)
    sandbox.text_us("Parcels", NUMBER, "Your parcel was here", deliver=False)
    home.clock.advance(minutes=1)
    look(home)
    assert suppressed(home)
    before = len(reads(sandbox))
    home.clock.advance(hours=1)
    look(home)
    assert len(reads(sandbox)) - before == 2, "and the look after it begins where this one ended"


def test_a_log_that_cannot_be_read_is_read_from_where_it_was_left(home: House, sandbox: Sandbox) -> None:
    look(home)
    sandbox.fault("twilio", "messages.list", "status", times=3, status=500)
    sandbox.text_us(CALLER, NUMBER, "STOP", deliver=False)
    home.clock.advance(minutes=1)
    look(home)
    give_back(home)
    home.clock.advance(hours=5)
    look(home)
    assert suppressed(home)


def give_back(home: House) -> None:
    """A look that failed is taken up again after two minutes of the database's own time: say that they are over."""
    from sqlalchemy import update

    from sidecar.store.tables import watermarks

    home.sidecar.store.write(lambda tx: tx.conn.execute(update(watermarks).values(taken_until=None)))


def test_two_processes_do_not_read_one_log_at_once(home: House, sandbox: Sandbox) -> None:
    from sidecar.store import record

    owner, name = home.sidecar.reconcile.log_name(home.business)
    home.sidecar.store.write(lambda tx: record.take_watermark(tx, owner, name, home.clock.now(), 60.0))
    look(home)
    assert reads(sandbox) == []


def test_a_thousand_numbers_of_one_account_cost_one_look(store_url: str, sandbox: Sandbox, clock: ManualClock) -> None:
    from sidecar.app import Sidecar
    from tests.support.house import settings

    businesses = [
        a_business(sandbox, id=f"b{n:03d}", name=f"Business {n}", numbers=tuple(
            Number(f"+44117496{n:02d}{m:02d}") for m in range(10)
        ))
        for n in range(100)
    ]  # fmt: skip
    sidecar = Sidecar(settings(store_url), clock, Businesses(businesses))
    home = House(sidecar, businesses[42], clock)
    try:
        sandbox.lost_call("+441174964207", CALLER)
        sandbox.text_us(OTHER, "+441174960101", "STOP", deliver=False)
        sandbox.lost_call("+15555550100", "+447700900888")
        clock.advance(minutes=1)
        look(home)
        assert sorted(reads(sandbox)) == ["calls.list", "messages.list"]
        assert [text.from_ for text in texts_to(sandbox)] == ["+441174964207"]
        assert suppressed(replace_business(home, businesses[1]), OTHER)
    finally:
        for part in (sidecar.runner, sidecar.deliveries, sidecar.reconcile):
            part.stop()
        sidecar.store.close()
        for client in (sidecar.twilio, sidecar.retell, sidecar.crm):
            client.close()


def replace_business(home: House, business: Any) -> House:
    return House(home.sidecar, business, home.clock)


def test_answered_calls_that_are_known_cost_no_further_reading(home: House, sandbox: Sandbox) -> None:
    lost = sandbox.lost_call(NUMBER, CALLER, status="completed", dial_status="completed")
    report = CallReport(
        lost.sid, "twilio", home.clock.now(), to=NUMBER, caller=CALLER, dial_status="completed", accepted=True
    )
    home.sidecar.intake.call(home.business, report, source="twilio")
    for _ in range(3):
        home.clock.advance(minutes=1)
        look(home)
    assert reads(sandbox).count("calls.list") == 3, "the legs of a judged call are not asked for"


def test_accounts_are_apart_and_one_that_fails_does_not_stop_the_others(
    store_url: str, sandbox: Sandbox, clock: ManualClock
) -> None:
    sandbox.twilio_account("AC" + "6b" * 16, "other-token")
    with house(store_url, clock, a_business(sandbox)) as home:
        account = home.business.twilio
        assert account is not None
        broken = a_business(
            sandbox, id="bolt", numbers=(Number("+441174960555"),), twilio=replace(account, auth_token="wrong")
        )
        home.sidecar.context.businesses.__init__([broken, home.business])  # type: ignore[misc]
        lost = sandbox.lost_call(NUMBER, CALLER)
        clock.advance(minutes=1)
        look(home)
        assert call(home, lost.sid)["state"] == "missed"


def test_a_won_deal_is_converted_with_its_value_and_once(home: House, sandbox: Sandbox) -> None:
    crm_id = sandbox.hubspot_contact("Ann", "Lee", CALLER, "ann@example.com")
    first = home.miss()
    home.live(hours=2)
    second = home.miss()
    home.live(hours=2)
    won = home.clock.now() - timedelta(hours=1)
    sandbox.hubspot_deal(crm_id, "closedwon", amount="1250.50", closedate=won.isoformat(), deal_currency_code="GBP")
    for _ in range(3):
        home.sidecar.reconcile.won()
        home.clock.advance(hours=1)
    sequence = home.sequence(second.sequence_id)
    assert (sequence["outcome"], sequence["value_minor"], sequence["currency"]) == ("converted", 125_050, "GBP")
    assert home.sequence(first.sequence_id)["outcome"] == "", "one deal is not counted for two sequences"


def test_a_deal_won_while_the_sequence_runs_closes_it(home: House, sandbox: Sandbox) -> None:
    crm_id = sandbox.hubspot_contact("Ann", "Lee", CALLER, "ann@example.com")
    opened = home.miss()
    home.live(minutes=1)
    sandbox.hubspot_deal(crm_id, "closedwon", amount="90", closedate=home.clock.now().isoformat())
    home.sidecar.reconcile.won()
    assert ended(home, opened.sequence_id) == ("closed", "converted")
    home.live(hours=1)
    assert (sandbox.calls_placed, sandbox.emails) == ([], [])


def test_a_deal_won_before_they_rang_is_not_ours(home: House, sandbox: Sandbox) -> None:
    crm_id = sandbox.hubspot_contact("Ann", "Lee", CALLER, "ann@example.com")
    sandbox.hubspot_deal(crm_id, "closedwon", amount="90", closedate=(home.clock.now() - timedelta(days=2)).isoformat())
    opened = home.miss()
    home.live(minutes=1)
    home.sidecar.reconcile.won()
    assert home.sequence(opened.sequence_id)["outcome"] == ""


def test_doubts_of_a_business_that_left_do_not_stand_before_those_of_others(
    make_home: Callable[..., House], sandbox: Sandbox
) -> None:
    gone = make_home(id="gone", numbers=(Number("+441174960777"),))
    sandbox.fault("twilio", "messages.create", "reset", times=None)
    for number in range(3):
        gone.miss(caller=f"+44770090070{number}", to="+441174960777")
        gone.live(seconds=30)
    home = make_home()
    home.clock.advance(minutes=2)
    asked = home.sidecar.reconcile.doubts()
    assert asked == 3
    assert home.sidecar.reconcile.doubts() == 0
    assert alerts(sandbox) == []
