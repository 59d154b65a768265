"""Claims: a flow that must send with its own node asks first, and only a granted claim is a yes (design §6)."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import TYPE_CHECKING, Literal

import pytest
from sqlalchemy import update

from sidecar.config.business import Flow
from sidecar.config.playbooks import shipped_playbook
from sidecar.domain.consent import Consent
from sidecar.domain.reports import DeliveryReport
from sidecar.engine.results import ClaimGranted, ClaimRefused, Conflict, Invalid, NotFound
from sidecar.store.tables import contacts, touches
from tests.integration.engine.driven import rings, run, wait_url
from tests.integration.engine.seeing import ended, events, step, suppressed, texts_to
from tests.support.house import CALLER

if TYPE_CHECKING:
    from collections.abc import Callable

    from sidecar.sandbox import Sandbox
    from tests.support.house import House


def test_only_a_granted_claim_is_a_yes_and_its_report_counts(driven: House, sandbox: Sandbox) -> None:
    claims = driven.sidecar.claims
    opened = driven.miss()
    granted = claims.claim(driven.business, opened.sequence_id, "acknowledge")
    assert isinstance(granted, ClaimGranted)
    assert (granted.to, granted.channel, "Acme Plumbing" in granted.body) == (CALLER, "sms", True)
    second = claims.claim(driven.business, opened.sequence_id, "acknowledge")
    assert isinstance(second, ClaimRefused)
    driven.live(seconds=20)
    assert texts_to(sandbox) == [], "we do not send what a flow has claimed"
    told = claims.result(driven.business, granted.claim_id, sent=True, provider_id="SMflow")
    assert told.result == "sent"
    assert claims.result(driven.business, granted.claim_id, sent=True).already
    with pytest.raises(Conflict):
        claims.result(driven.business, granted.claim_id, sent=False)
    with pytest.raises(NotFound):
        claims.result(driven.business, "clm_none", sent=True)
    assert step(driven, opened.sequence_id, "acknowledge")[0] == "sent"
    driven.live(minutes=4)
    assert len(sandbox.calls_placed) == 1, "the next step counts from it"


def test_an_early_claim_is_refused_and_the_flow_keeps_its_grace(driven: House, sandbox: Sandbox) -> None:
    opened = driven.miss()
    run(driven, opened.sequence_id, "acknowledge")
    due = driven.clock.now() + timedelta(minutes=3)
    refused = driven.sidecar.claims.claim(
        driven.business, opened.sequence_id, "callback", resume_url=wait_url(sandbox), execution_id="7"
    )
    assert isinstance(refused, ClaimRefused)
    assert (refused.reason, refused.until) == ("early", due)
    driven.live(minutes=3, seconds=5)
    assert rings(sandbox)[0] == due
    assert sandbox.calls_placed == []
    granted = driven.sidecar.claims.claim(driven.business, opened.sequence_id, "callback", execution_id="7")
    assert isinstance(granted, ClaimGranted)
    assert granted.channel == "voice"


def test_a_claim_that_must_wait_for_its_turn_keeps_its_grace_and_is_told_when_to_come(
    make_home: Callable[..., House], sandbox: Sandbox
) -> None:
    """One text a second: who sends by itself comes again, and the sidecar does not send in its place at once."""
    host = sandbox.receiver_url.removeprefix("http://")
    home = make_home(flow=Flow("n8n"), event_hosts=(host,))
    home.sidecar.subscriptions.add(home.business, f"{sandbox.receiver_url}/hooks/n8n", ["step.ready"], {})
    claims = home.sidecar.claims
    first, second = home.miss(), home.miss(caller="+447700900124")
    assert isinstance(claims.claim(home.business, first.sequence_id, "acknowledge"), ClaimGranted)
    refused = claims.claim(home.business, second.sequence_id, "acknowledge")
    assert isinstance(refused, ClaimRefused)
    assert (refused.reason, refused.until) == ("pace", home.clock.now() + timedelta(seconds=1))
    home.live(seconds=2)
    told = [hook.body["data"]["sequence_id"] for hook in sandbox.received if hook.path == "/hooks/n8n"]
    assert told.count(second.sequence_id) == 2
    assert texts_to(sandbox) == []
    assert isinstance(claims.claim(home.business, second.sequence_id, "acknowledge"), ClaimGranted)


def test_a_claim_that_the_flow_could_not_use_is_a_failed_step_and_a_task(driven: House) -> None:
    opened = driven.miss()
    granted = driven.sidecar.claims.claim(driven.business, opened.sequence_id, "acknowledge")
    assert isinstance(granted, ClaimGranted)
    told = driven.sidecar.claims.result(driven.business, granted.claim_id, sent=False, code="node_failed")
    assert told.result == "failed"
    driven.live(seconds=5)
    assert step(driven, opened.sequence_id, "acknowledge") == ("failed", "node_failed")
    assert step(driven, opened.sequence_id, "acknowledge-task")[0] == "sent"


def test_an_unreported_claim_is_unknown_shown_to_a_person_and_never_sent_by_us(driven: House, sandbox: Sandbox) -> None:
    opened = driven.miss()
    granted = driven.sidecar.claims.claim(driven.business, opened.sequence_id, "acknowledge")
    assert isinstance(granted, ClaimGranted)
    let_leases_run_out(driven)
    for _ in range(6):
        driven.clock.advance(minutes=30)
        driven.sidecar.reconcile.doubts()
        driven.settle()
    assert step(driven, opened.sequence_id, "acknowledge")[0] == "unknown"
    assert texts_to(sandbox) == []
    assert len(events(driven, opened.sequence_id, "touch.unknown")) == 1
    late = driven.sidecar.claims.result(driven.business, granted.claim_id, sent=True, provider_id="SMlate")
    assert late.result == "sent", "a late report still counts"
    assert step(driven, opened.sequence_id, "acknowledge")[0] == "sent"


@pytest.mark.parametrize("said", ["delivered", "undelivered"])
def test_an_unreported_claim_whose_text_twilio_reports_is_not_in_doubt(
    driven: House, said: Literal["delivered", "undelivered"]
) -> None:
    """The flow died between Twilio's yes and its own report; the text's status came straight to us."""
    opened = driven.miss()
    granted = driven.sidecar.claims.claim(driven.business, opened.sequence_id, "acknowledge")
    assert isinstance(granted, ClaimGranted)
    touch = granted.status_url.partition("?touch=")[2]
    report = DeliveryReport("SMflow", said, driven.clock.now(), touch_id=touch)
    driven.sidecar.intake.delivery(driven.business, report)
    let_leases_run_out(driven)
    driven.clock.advance(minutes=30)
    driven.sidecar.reconcile.doubts()
    assert step(driven, opened.sequence_id, "acknowledge")[0] == said
    assert events(driven, opened.sequence_id, "touch.unknown") == []
    late = driven.sidecar.claims.result(driven.business, granted.claim_id, sent=True, provider_id="SMflow")
    assert late.result == "sent", "its own report may still come"


def let_leases_run_out(home: House) -> None:
    """Leases are in the database's own time: say that theirs has passed, rather than wait half a minute."""
    home.sidecar.store.write(
        lambda tx: [tx.conn.execute(update(table).values(lease_until=1.0)) for table in (touches, contacts)]
    )


def test_a_stop_during_a_claim_waits_two_seconds_and_then_holds(driven: House, sandbox: Sandbox) -> None:
    opened = driven.miss()
    granted = driven.sidecar.claims.claim(driven.business, opened.sequence_id, "acknowledge")
    assert isinstance(granted, ClaimGranted)
    begun = time.monotonic()
    told = driven.sidecar.intake.opt_out(driven.business, phone=CALLER, source="api")
    assert 1.5 < time.monotonic() - begun < 4.0
    assert told.in_flight == (granted.touch_id,), "what was in flight is noted"
    assert ended(driven, opened.sequence_id) == ("closed", "opted_out")
    refused = driven.sidecar.claims.claim(driven.business, opened.sequence_id, "callback")
    assert isinstance(refused, ClaimRefused)
    assert refused.reason == "opted_out"
    assert driven.sidecar.claims.result(driven.business, granted.claim_id, sent=True).result == "sent"
    driven.live(hours=1)
    assert (texts_to(sandbox), sandbox.calls_placed) == ([], [])


def test_twilios_21610_to_a_flow_is_a_stop_too(driven: House, sandbox: Sandbox) -> None:
    opened = driven.miss()
    granted = driven.sidecar.claims.claim(driven.business, opened.sequence_id, "acknowledge")
    assert isinstance(granted, ClaimGranted)
    driven.sidecar.claims.result(driven.business, granted.claim_id, sent=False, code="21610")
    assert suppressed(driven)
    assert ended(driven, opened.sequence_id) == ("closed", "opted_out")
    driven.live(hours=1)
    assert (texts_to(sandbox), sandbox.calls_placed) == ([], [])


@pytest.mark.parametrize("code", ["", "NodeApiError", "\N{SUPERSCRIPT TWO}", "9" * 40])
def test_a_code_that_is_none_of_twilios_fails_the_step_and_no_more(driven: House, code: str) -> None:
    opened = driven.miss()
    granted = driven.sidecar.claims.claim(driven.business, opened.sequence_id, "acknowledge")
    assert isinstance(granted, ClaimGranted)
    assert driven.sidecar.claims.result(driven.business, granted.claim_id, sent=False, code=code).result == "failed"
    assert not suppressed(driven)


def test_a_staff_step_is_run_not_claimed(make_home: Callable[..., House], sandbox: Sandbox) -> None:
    home = make_home(playbook=shipped_playbook("by-hand"))
    opened = home.miss()
    with pytest.raises(Invalid):
        home.sidecar.claims.claim(home.business, opened.sequence_id, "alert")
    assert run(home, opened.sequence_id, "alert").result == "sent"


def test_a_consent_gate_refuses_a_claim_as_it_would_a_run(driven: House) -> None:
    opened = driven.miss()
    given = Consent("express", frozenset({"sms"}), "service", driven.clock.now(), None, "form 7")
    assert driven.sidecar.intake.consent(driven.business, phone=CALLER, consent=given)
    granted = driven.sidecar.claims.claim(driven.business, opened.sequence_id, "acknowledge")
    assert isinstance(granted, ClaimGranted)
