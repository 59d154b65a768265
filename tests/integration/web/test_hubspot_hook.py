"""STOP by the CRM: HubSpot's webhook, over real HTTP and signed. What it tells and what a look tells mean the same."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from sidecar.engine.gating import Key
from tests.integration.engine.seeing import alerts, contact, contact_row, ended, suppressed, texts_to
from tests.integration.web.conftest import CALLER
from tests.support.contract import conforms
from tests.support.house import House

if TYPE_CHECKING:
    from sidecar.sandbox import Sandbox
    from tests.integration.web.conftest import Web

PATH = "/hubspot/events"
STOP, NO_EMAIL, LEFT_LIST = "recovery_opt_out", "hs_email_optout", "hs_email_optout_7001"


@pytest.fixture
def home(posted: Web, sandbox: Sandbox) -> House:
    sandbox.hubspot_property(STOP, "bool")
    sandbox.hubspot_property(LEFT_LIST, "bool")
    business = posted.sidecar.businesses.get("acme")
    assert business is not None
    return House(posted.sidecar, business, posted.clock)


def texted(home: House, sandbox: Sandbox) -> tuple[str, Any]:
    """Ann, whom the CRM knows, was texted a minute ago."""
    crm_id = sandbox.hubspot_contact("Ann", "Lee", CALLER, "ann@example.com")
    opened = home.miss()
    home.live(minutes=1)
    return crm_id, opened


def test_our_property_set_in_the_crm_is_a_stop_on_every_channel(home: House, sandbox: Sandbox) -> None:
    crm_id, opened = texted(home, sandbox)
    assert sandbox.hubspot_set(crm_id, STOP, "true").status == 204
    assert suppressed(home)
    assert ended(home, opened.sequence_id) == ("closed", "opted_out")
    home.live(hours=24)
    assert (len(texts_to(sandbox)), sandbox.calls_placed, sandbox.emails) == (1, [], [])
    added = [event for event in contact(home)["events"] if event["type"] == "suppression.added"]
    assert [event["reason"] for event in added] == ["crm"]
    assert sandbox.requests("hubspot", "contacts.update") == [], "the CRM told us; it is not told back"


def test_out_of_the_clients_emails_means_no_email_and_nothing_else(home: House, sandbox: Sandbox) -> None:
    crm_id, _ = texted(home, sandbox)
    assert sandbox.hubspot_set(crm_id, NO_EMAIL, "true").status == 204
    assert not suppressed(home)
    home.live(hours=2)
    assert (len(sandbox.calls_placed), sandbox.emails) == (1, [])


@pytest.mark.parametrize("name", [NO_EMAIL, LEFT_LIST])
def test_back_in_the_clients_emails_is_undone_as_the_crm_says(home: House, sandbox: Sandbox, name: str) -> None:
    crm_id, _ = texted(home, sandbox)
    sandbox.hubspot_set(crm_id, name, "true")
    sandbox.hubspot_set(crm_id, name, "false")
    home.live(hours=2)
    assert len(sandbox.emails) == 1


def test_who_left_a_list_gets_no_email_though_a_look_sees_nothing_of_it(home: House, sandbox: Sandbox) -> None:
    crm_id, _ = texted(home, sandbox)
    sandbox.hubspot_set(crm_id, LEFT_LIST, "true")
    home.live(hours=2)
    assert (len(sandbox.calls_placed), sandbox.emails) == (1, [])


def test_taking_it_off_lifts_nothing_and_staff_hear_what_does(home: House, sandbox: Sandbox) -> None:
    crm_id, _ = texted(home, sandbox)
    sandbox.hubspot_set(crm_id, STOP, "true")
    home.live(hours=2)
    for _ in range(3):
        sandbox.hubspot_set(crm_id, STOP, "false")
    home.live(minutes=1)
    assert suppressed(home)
    told = [alert for alert in alerts(sandbox) if "still opted out" in alert]
    assert len(told) == 1
    assert "START" in told[0]


def test_a_late_word_of_the_crm_does_not_undo_a_start(home: House, sandbox: Sandbox) -> None:
    """Our own write of the STOP comes back as an event, after they have said START."""
    crm_id, _ = texted(home, sandbox)
    home.text("STOP", vendor_intent="opt_out", vendor_answered=True)
    stopped_at = int(home.clock.now().timestamp() * 1000)
    home.live(minutes=5)
    home.text("START", vendor_intent="opt_in", vendor_answered=True)
    late = sandbox.hubspot_hooks.event(crm_id, STOP, "true", occurred_at=stopped_at)
    assert [answer.status for answer in sandbox.hubspot_hooks.post([late])] == [204]
    assert not suppressed(home)
    home.live(minutes=5)
    assert sandbox.hubspot_set(crm_id, STOP, "true").status == 204, "this one is a person's, and new"
    assert suppressed(home)


def test_our_own_writes_come_back_and_change_nothing(home: House, sandbox: Sandbox) -> None:
    crm_id, _ = texted(home, sandbox)
    sandbox.hubspot_hooks.tells = frozenset({STOP, NO_EMAIL})
    home.text("STOP", vendor_intent="opt_out", vendor_answered=True)
    home.live(minutes=1)
    sandbox.settle()
    home.live(minutes=10)
    home.text("START", vendor_intent="opt_in", vendor_answered=True)
    home.live(minutes=1)
    sandbox.settle()
    assert {hook.status for hook in sandbox.webhooks if hook.vendor == "hubspot"} == {204}
    assert not suppressed(home)
    assert sandbox.hubspot_properties_of(crm_id)[STOP] == "false"
    assert not any("still opted out" in alert for alert in alerts(sandbox))


def test_a_batch_of_a_hundred_is_taken_whole(home: House, sandbox: Sandbox) -> None:
    callers = [f"+4477009{number:05}" for number in range(100, 106)]
    ids = [sandbox.hubspot_contact(None, None, caller) for caller in callers]
    for caller in callers:
        home.miss(caller=caller)
    home.live(minutes=1)
    events = [sandbox.hubspot_hooks.event(crm_id, STOP, "true") for crm_id in ids]
    strangers = [sandbox.hubspot_hooks.event(str(90_000 + number), STOP, "true") for number in range(100)]
    assert [answer.status for answer in sandbox.hubspot_hooks.post([*strangers, *events])] == [204, 204]
    assert all(suppressed(home, caller) for caller in callers)
    assert [answer.status for answer in sandbox.hubspot_hooks.post(events)] == [204], "HubSpot repeats itself"


def test_a_batch_waits_once_for_all_requests_under_way(home: House, sandbox: Sandbox) -> None:
    """HubSpot hangs up after five seconds; each STOP by itself may wait for two."""
    callers = [f"+4477009{number:05}" for number in range(100, 103)]
    ids = [sandbox.hubspot_contact(None, None, caller) for caller in callers]
    opened = [home.miss(caller=caller).sequence_id for caller in callers]
    home.clock.advance(seconds=20)
    sandbox.fault("twilio", "messages.create", "hang", times=None)
    with ThreadPoolExecutor(3) as threads:
        for under_way, sequence_id in enumerate(opened, 1):
            threads.submit(home.sidecar.runner.carry_out, Key("acme", sequence_id, "acknowledge"), "sms")
            sandbox.wait_for(lambda: len(sandbox.requests("twilio", "messages.create")) == under_way)  # noqa: B023
            home.clock.advance(seconds=2)  # carriers set the pace
        events = [sandbox.hubspot_hooks.event(crm_id, STOP, "true") for crm_id in ids]
        begun = time.monotonic()
        assert [answer.status for answer in sandbox.hubspot_hooks.post(events)] == [204]
        took = time.monotonic() - begun
        sandbox.clear_faults()
    assert all(suppressed(home, caller) for caller in callers)
    assert 1.9 < took < 4.0


def test_who_is_unknown_is_nobodys_business(home: House, sandbox: Sandbox) -> None:
    crm_id = sandbox.hubspot_contact("Zoe", "Ray", CALLER)
    assert sandbox.hubspot_set(crm_id, STOP, "true").status == 204
    assert home.miss().decision == "opened", "nobody has looked them up yet"
    home.live(minutes=1)
    assert texts_to(sandbox) == [], "the look before the text says it"


def test_only_hubspot_may_post_it(home: House, posted: Web, sandbox: Sandbox) -> None:
    crm_id, _ = texted(home, sandbox)
    hooks = sandbox.hubspot_hooks
    events = [hooks.event(crm_id, STOP, "true")]
    assert [hooks.post(events, sign=how)[0].status for how in ("wrong", "none")] == [403, 403]
    hooks.public_url = "https://elsewhere.example"
    assert hooks.post(events)[0].status == 403, "signed for another address"
    hooks.portal_id = 1
    assert hooks.post([hooks.event(crm_id, STOP, "true")])[0].status == 404
    for body in ("{", "{}", "[1]", "7"):
        answer = posted.client.post(PATH, data=body)
        conforms("POST", PATH, answer)
        assert answer.status_code == 400
    assert not suppressed(home)
    assert contact_row(home)["crm_id"] == crm_id
