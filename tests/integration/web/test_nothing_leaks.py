"""No secret and no whole number in logs, error bodies, or the repr of what holds them, whatever fails."""

from __future__ import annotations

import io
import logging
import sys
from typing import TYPE_CHECKING

import pytest
import structlog

from sidecar.config.business import StaffMember
from sidecar.web import logs
from tests.support.house import CALLER, NUMBER, SECRET, STAFF, a_business, house

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sidecar.config.business import Business
    from sidecar.sandbox import Sandbox
    from tests.integration.web.conftest import Web
    from tests.support.clock import ManualClock

HOOK = "https://hooks.example.com/hush-hook-key"
DIGITS = ("7700900123", "7700 900123", "7700900999", "7700 900999")
FAULTS = ("twilio", "retell", "hubspot", "smtp")


def secrets_of(business: Business) -> list[str]:
    assert business.twilio is not None
    assert business.retell is not None
    assert business.hubspot is not None
    found = [SECRET, business.twilio.auth_token, business.retell.api_key, business.hubspot.access_token]
    return [*found, business.hubspot.client_secret, HOOK]


LOG = io.StringIO()
"""Never closed: a logger that keeps its stream harms no later test."""


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    """The real log at its most talkative, in the place of standard error."""
    monkeypatch.setattr(sys, "stderr", LOG)
    really = structlog.configure
    monkeypatch.setattr(structlog, "configure", lambda **how: really(**{**how, "cache_logger_on_first_use": False}))
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    LOG.seek(0)
    LOG.truncate()
    root.handlers[:] = []
    logs.configure("json", "debug")
    yield LOG
    root.handlers[:] = before
    root.setLevel(level)
    structlog.reset_defaults()


def test_configuration_shows_no_secret(sandbox: Sandbox, store_url: str, clock: ManualClock) -> None:
    business = a_business(sandbox, staff=(StaffMember("Sam", webhook=HOOK),))
    with house(store_url, clock, business) as home:
        shown = [repr(business), str(business), repr(home.sidecar.context), repr(home.sidecar.settings)]

    for secret in secrets_of(business):
        assert not any(secret in text for text in shown)


@pytest.mark.parametrize("how", [{"status": 500}, {"status": 401}, {"status": 400}])
def test_a_life_in_which_every_vendor_fails_leaves_no_number_and_no_secret_in_the_log(
    sandbox: Sandbox,
    store_url: str,
    clock: ManualClock,
    log: io.StringIO,
    how: dict[str, int],
) -> None:
    business = a_business(sandbox)
    for vendor in FAULTS:
        sandbox.fault(vendor, "*", "status", times=None, **how)
    with house(store_url, clock, business) as home:
        home.miss()
        home.live(hours=4)
        home.text("STOP")
        home.live(hours=2)
        structlog.get_logger("test").exception("broke", exc_info=ValueError(f"no route to {CALLER}"))
    text = log.getvalue()

    assert "broke" in text, "the log was read"
    for telling in (*DIGITS, *secrets_of(business)):
        assert telling not in text, telling


def test_forged_hooks_of_retell_and_hubspot_are_answered_without_either(
    web: Web, sandbox: Sandbox, log: io.StringIO
) -> None:
    call = {"call_id": "c1", "to_number": CALLER, "from_number": NUMBER, "metadata": {"business_id": "acme"}}
    change = {"portalId": sandbox.hubspot_portal_id, "objectId": 1, "propertyName": CALLER, "propertyValue": SECRET}
    retell, hubspot = {"x-retell-signature": "v=1,d=hush_forged"}, {"X-HubSpot-Signature-v3": "hush_forged"}
    answers = [
        web.client.post("/retell/events", json={"event": "call_ended", "call": call}, headers=retell),
        web.client.post("/retell/tools/opt_out", json={"name": "opt_out", "call": call, "args": {}}, headers=retell),
        web.client.post("/retell/events", data=CALLER, headers=retell),
        web.client.post("/hubspot/events", json=[change], headers=hubspot),
        web.client.post("/hubspot/events", data=CALLER, headers=hubspot),
    ]

    assert all(answer.status_code >= 400 for answer in answers)
    for telling in (*DIGITS, SECRET, "hush_forged", *secrets_of(a_business(sandbox))):
        assert telling not in log.getvalue(), telling
        assert not any(telling in answer.get_data(as_text=True) for answer in answers), telling


def test_forged_and_broken_requests_are_answered_without_either(web: Web, sandbox: Sandbox, log: io.StringIO) -> None:
    form = {"CallSid": "CA1", "From": CALLER, "To": NUMBER, "CallStatus": "no-answer", "AccountSid": "AC0"}
    answers = [web.twilio(hook, form, sign=False) for hook in ("call-status", "sms", "message-status")]
    key = web.key("acme")
    answers += [
        web.post("/v1/calls", {"call_id": "1", "caller": CALLER, "to": STAFF}, key=key),
        web.post("/v1/messages/inbound", {"from": CALLER, "body": 7}, key=key),
        web.post("/v1/outcomes", {"phone": CALLER, "outcome": "nonsense"}, key=key),
        web.post("/v1/contacts/opt-in", {"phone": CALLER + "77777777777"}, key=key),
        web.post("/v1/outcomes", {"phone": CALLER, "outcome": "booked"}, key="rk_hush_forged_key"),
    ]
    bodies = [answer.get_data(as_text=True) for answer in answers]

    assert all(answer.status_code >= 400 for answer in answers)
    for telling in (*DIGITS, SECRET, "hush_forged", *secrets_of(a_business(sandbox))):
        assert telling not in log.getvalue(), telling
        assert not any(telling in body for body in bodies), telling
