"""What is owed to others is brought, with retries, until they have it or its life is over (design §7)."""

from __future__ import annotations

import itertools
import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from standardwebhooks.webhooks import Webhook

from sidecar.config.business import Flow, StaffMember
from sidecar.engine.results import Invalid
from tests.integration.engine.seeing import alerts, dead
from tests.support.house import CALLER, STAFF

if TYPE_CHECKING:
    from collections.abc import Callable

    from sidecar.sandbox import Sandbox
    from tests.support.house import House

HOOK = "/hooks/events"


@pytest.fixture
def heard_home(make_home: Callable[..., House], sandbox: Sandbox) -> House:
    """A house whose events the sandbox's receiver may get."""
    return make_home(event_hosts=(sandbox.receiver_url.removeprefix("http://"),), staff=())


def subscribe(home: House, sandbox: Sandbox, *events: str, path: str = HOOK) -> tuple[str, str]:
    return home.sidecar.subscriptions.add(
        home.business, sandbox.receiver_url + path, list(events), {"x-make-apikey": "k"}
    )


def posts(sandbox: Sandbox, path: str = HOOK) -> list[Any]:
    return [hook for hook in sandbox.received if hook.path == path]


def test_an_event_is_a_signed_cloudevent(heard_home: House, sandbox: Sandbox) -> None:
    subscription, secret = subscribe(heard_home, sandbox, "reply.received")
    opened = heard_home.miss()
    heard_home.live(seconds=5)
    heard_home.text('Is "Friday" fine?')
    heard_home.settle()
    [hook] = posts(sandbox)
    headers = {name.lower(): value for name, value in hook.headers.items()}
    mark = Webhook(secret).sign(headers["webhook-id"], heard_home.clock.now(), hook.raw.decode())
    assert headers["webhook-signature"] == mark
    assert headers["webhook-timestamp"] == str(int(heard_home.clock.now().timestamp()))
    assert headers["x-make-apikey"] == "k"
    assert headers["content-type"] == "application/json", "n8n reads a body of any other type as empty"
    event = json.loads(hook.raw)
    assert (event["specversion"], event["type"], event["subject"]) == (
        "1.0", "recovery.reply.received.v1", opened.sequence_id,
    )  # fmt: skip
    assert event["id"] == headers["webhook-id"]
    assert event["data"]["message"]["text"] == 'Is "Friday" fine?'
    assert event["data"]["contact"]["phone"] == CALLER
    listed = heard_home.sidecar.subscriptions.list(heard_home.business)
    assert [(row["subscription_id"], row["headers"]) for row in listed] == [(subscription, ["x-make-apikey"])]


def test_a_verifier_of_the_standard_accepts_what_we_sign(make_home: Callable[..., House], sandbox: Sandbox) -> None:
    """The library's verifier knows today's time only, so this one test lives on today's clock."""
    from sidecar.clock import SystemClock

    home = make_home(event_hosts=(sandbox.receiver_url.removeprefix("http://"),))
    home.clock.set(SystemClock().now())
    _, secret = subscribe(home, sandbox, "sequence.opened")
    home.miss()
    home.settle()
    [hook] = posts(sandbox)
    headers = {name.lower(): value for name, value in hook.headers.items()}
    assert Webhook(secret).verify(hook.raw.decode(), headers)["type"] == "recovery.sequence.opened.v1"


def test_a_receiver_that_is_down_gets_it_later_with_the_same_id(heard_home: House, sandbox: Sandbox) -> None:
    subscribe(heard_home, sandbox, "sequence.opened")
    sandbox.reply(HOOK, 503, times=3)
    heard_home.miss()
    heard_home.live(minutes=10)
    found = posts(sandbox)
    assert [hook.status for hook in found] == [503, 503, 503, 200]
    gaps = [(later.at - earlier.at).total_seconds() for earlier, later in itertools.pairwise(found)]
    assert gaps == [5, 15, 60]
    assert len({json.loads(hook.raw)["id"] for hook in found}) == 1


def test_after_a_day_it_is_a_dead_letter_that_can_be_replayed(heard_home: House, sandbox: Sandbox) -> None:
    subscribe(heard_home, sandbox, "sequence.opened")
    sandbox.reply(HOOK, 500)
    heard_home.miss()
    heard_home.live(hours=30)
    [letter] = dead(heard_home)
    assert (letter["kind"], letter["last_error"]) == ("event", "answered 500")
    tried = posts(sandbox)
    assert tried[-1].at - tried[0].at <= timedelta(hours=24)
    assert 20 < len(tried) < 40
    sandbox.receiver.clear()
    deliveries = heard_home.sidecar.deliveries
    assert deliveries.replay(heard_home.business, letter["delivery_id"])
    assert not deliveries.replay(heard_home.business, letter["delivery_id"])
    assert not deliveries.replay(heard_home.business, "dlv_none")
    heard_home.settle()
    assert posts(sandbox)[-1].status == 200
    assert dead(heard_home) == []


def test_410_ends_it_at_once(heard_home: House, sandbox: Sandbox) -> None:
    subscribe(heard_home, sandbox, "sequence.opened")
    sandbox.reply(HOOK, 410)
    heard_home.miss()
    heard_home.live(hours=2)
    assert len(posts(sandbox)) == 1
    assert [letter["last_error"] for letter in dead(heard_home)] == ["410 gone"]


def test_a_subscription_hears_only_what_it_asked_for_and_nothing_once_removed(
    heard_home: House, sandbox: Sandbox
) -> None:
    subscribe(heard_home, sandbox, "*")
    other, _ = subscribe(heard_home, sandbox, "sequence.closed", path="/hooks/other")
    heard_home.miss()
    heard_home.live(minutes=1)
    types = {json.loads(hook.raw)["type"] for hook in posts(sandbox)}
    assert {"recovery.sequence.opened.v1", "recovery.touch.sent.v1"} <= types
    assert not any("gate" in kind for kind in types), "what is for the record only stays there"
    heard_home.text("I am back")
    assert heard_home.sidecar.subscriptions.remove(heard_home.business, other)
    assert not heard_home.sidecar.subscriptions.remove(heard_home.business, other)
    heard_home.settle()
    assert posts(sandbox, "/hooks/other") == []
    assert dead(heard_home) == []


@pytest.mark.parametrize(
    ("url", "events", "field"),
    [
        ("https://evil.example/x", ["*"], "url"),
        ("ftp://n8n.example/x", ["*"], "url"),
        ("{ours}/x", ["sequence.opend"], "events"),
    ],
)
def test_a_subscription_that_cannot_be_is_refused(
    heard_home: House, sandbox: Sandbox, url: str, events: list[str], field: str
) -> None:
    with pytest.raises(Invalid) as refused:
        heard_home.sidecar.subscriptions.add(heard_home.business, url.format(ours=sandbox.receiver_url), events, {})
    assert (refused.value.field, bool(refused.value.remedy)) == (field, True)


def test_a_name_that_resolves_to_a_private_address_is_not_called(
    make_home: Callable[..., House], sandbox: Sandbox
) -> None:
    port = sandbox.receiver_url.rpartition(":")[2]
    home = make_home(event_hosts=("*.localhost",), staff=())
    home.sidecar.subscriptions.add(home.business, f"http://n8n.localhost:{port}{HOOK}", ["sequence.opened"], {})
    home.miss()
    home.live(minutes=1)
    assert posts(sandbox) == []


def test_every_member_of_staff_is_told_by_every_means_each_retried_alone(
    make_home: Callable[..., House], sandbox: Sandbox
) -> None:
    staff = (
        StaffMember("Sam", phone=STAFF, email="sam@acme.example"),
        StaffMember("Kim", webhook=f"{sandbox.receiver_url}/hooks/kim"),
    )
    home = make_home(staff=staff, event_hosts=(sandbox.receiver_url.removeprefix("http://"),))
    home.miss()
    home.live(seconds=5)
    sandbox.reply("/hooks/kim", 500, times=2)
    home.text("Call me at six")
    home.live(minutes=2)
    assert sum("Call me at six" in alert for alert in alerts(sandbox)) == 1
    assert [email.to for email in sandbox.emails] == [("sam@acme.example",)]
    assert "Call me at six" in sandbox.emails[0].text
    kim = posts(sandbox, "/hooks/kim")
    assert [hook.status for hook in kim] == [500, 500, 200]


def test_an_alert_whose_text_was_accepted_but_not_answered_is_not_sent_twice(home: House, sandbox: Sandbox) -> None:
    home.miss()
    home.live(seconds=5)
    sandbox.fault("twilio", "messages.create", "accept_then_hang", seconds=0)
    home.text("Call me at six")
    home.live(minutes=5)
    assert sum("Call me at six" in alert for alert in alerts(sandbox)) == 1


def test_a_note_that_the_crm_refuses_for_good_is_a_dead_letter(home: House, sandbox: Sandbox) -> None:
    sandbox.hubspot_contact("Ann", "Lee", CALLER, "ann@example.com")
    sandbox.fault("hubspot", "communications.create", "status", times=None, status=403)
    home.miss()
    home.live(hours=30)
    assert {letter["kind"] for letter in dead(home)} == {"crm.touch"}


def test_a_flows_error_reaches_staff_and_the_record(make_home: Callable[..., House], sandbox: Sandbox) -> None:
    home = make_home(flow=Flow("n8n"))
    home.sidecar.flow_errors(home.business, workflow="missed-call", execution_id="7", message="no such node")
    home.settle()
    assert any("missed-call" in alert and "no such node" in alert for alert in alerts(sandbox))
