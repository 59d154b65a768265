"""What became of it: the real SDK against the sandbox's HubSpot."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from sidecar.crm.port import CrmError, TouchNote, WonDeal
from tests.unit.channels.example import THEIRS

if TYPE_CHECKING:
    from sidecar.config.business import Business
    from sidecar.crm import Crms
    from sidecar.sandbox import Sandbox
    from tests.support.clock import ManualClock

AT = datetime(2026, 11, 18, 10, 0, 0, 250_000, tzinfo=UTC)


def note(crm_id: str, **changes: Any) -> TouchNote:
    fields: dict[str, Any] = {
        "crm_id": crm_id,
        "touch_id": "tch_1",
        "channel": "sms",
        "at": AT,
        "body": "Hi Priya & Dev,\nAnn here.",
    }
    return TouchNote(**fields | changes)


@pytest.fixture
def priya(sandbox: Sandbox) -> str:
    return sandbox.hubspot_contact("Priya", "Shah", THEIRS, "priya@example.org")


# ---------------------------------------------------------------- touches


def test_a_text_is_a_communication_on_the_timeline(sandbox: Sandbox, crm: Crms, plumber: Business, priya: str) -> None:
    crm.log_touch(plumber, note(priya))
    [created] = sandbox.requests("hubspot", "communications.create")
    assert created.status == 201
    assert created.body == {
        "properties": {
            "hs_communication_channel_type": "SMS",
            "hs_communication_logged_from": "CRM",
            "hs_communication_body": "Hi Priya &amp; Dev,<br>Ann here.<br><br>[recovery touch tch_1]",
            "hs_timestamp": "2026-11-18T10:00:00.250Z",
        },
        "associations": [
            {
                "to": {"id": priya},
                "types": [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 81}],
            }
        ],
    }


def test_a_call_is_a_call(sandbox: Sandbox, crm: Crms, plumber: Business, priya: str) -> None:
    crm.log_touch(plumber, note(priya, channel="voice", outcome="dial_busy", duration_ms=42_000))
    [created] = sandbox.requests("hubspot", "calls.create")
    assert created.status == 201
    properties = created.body["properties"]
    assert properties["hs_call_duration"] == "42000"
    assert (properties["hs_call_status"], properties["hs_call_direction"]) == ("BUSY", "OUTBOUND")
    assert properties["hs_call_title"] == "AI callback after a missed call: dial busy"


@pytest.mark.parametrize("kind", ["accept_then_hang", "status"])
def test_a_delivery_that_is_tried_again_logs_once(
    sandbox: Sandbox, crm: Crms, plumber: Business, priya: str, kind: Any
) -> None:
    sandbox.fault("hubspot", "communications.create", kind, seconds=0, status=503)
    with pytest.raises(CrmError) as raised:
        crm.log_touch(plumber, note(priya))
    assert raised.value.temporary
    crm.log_touch(plumber, note(priya))
    crm.log_touch(plumber, note(priya))
    assert len(sandbox.crm.things["communications"]) == 1


def test_another_touch_at_another_time_is_logged_beside_it(
    sandbox: Sandbox, crm: Crms, plumber: Business, priya: str
) -> None:
    crm.log_touch(plumber, note(priya))
    crm.log_touch(plumber, note(priya, touch_id="tch_2", at=AT + timedelta(hours=2)))
    assert len(sandbox.crm.things["communications"]) == 2


def test_a_write_is_never_repeated_by_itself(sandbox: Sandbox, crm: Crms, plumber: Business, priya: str) -> None:
    sandbox.fault("hubspot", "communications.create", "status", times=None, status=502)
    with pytest.raises(CrmError):
        crm.log_touch(plumber, note(priya))
    assert len(sandbox.requests("hubspot", "communications.create")) == 1


# ---------------------------------------------------------------- STOP, START, exhausted


def test_stop_makes_the_properties_once_and_unsubscribes_the_email(
    sandbox: Sandbox, crm: Crms, plumber: Business, priya: str
) -> None:
    crm.set_opt_out(plumber, priya, opted_out=True, source="sms", at=AT)
    kept = sandbox.hubspot_properties_of(priya)
    assert kept["recovery_opt_out"] == "true"
    assert kept["recovery_opt_out_at"] == "2026-11-18T10:00:00.250Z"
    assert kept["recovery_opt_out_source"] == "sms"
    assert kept["hs_email_optout"] == "true"
    made = [seen.body["name"] for seen in sandbox.requests("hubspot", "properties.create")]
    assert made == [
        "recovery_opt_out",
        "recovery_opt_out_at",
        "recovery_opt_out_source",
        "recovery_exhausted_at",
    ]
    crm.set_exhausted(plumber, priya, AT)
    assert sandbox.hubspot_properties_of(priya)["recovery_exhausted_at"] == "2026-11-18T10:00:00.250Z"
    assert len(sandbox.requests("hubspot", "properties.create")) == 4


def test_start_lifts_our_property_and_leaves_the_subscription(
    sandbox: Sandbox, crm: Crms, plumber: Business, priya: str
) -> None:
    crm.set_opt_out(plumber, priya, opted_out=True, source="sms", at=AT)
    crm.set_opt_out(plumber, priya, opted_out=False, source="sms", at=AT + timedelta(days=1))
    kept = sandbox.hubspot_properties_of(priya)
    assert (kept["recovery_opt_out"], kept["hs_email_optout"]) == ("false", "true")


def test_a_contact_without_an_email_address_needs_no_unsubscribing(
    sandbox: Sandbox, crm: Crms, plumber: Business
) -> None:
    dev = sandbox.hubspot_contact("Dev", "Shah", "+447700900456")
    crm.set_opt_out(plumber, dev, opted_out=True, source="sms", at=AT)
    assert not sandbox.requests("hubspot", "preferences.unsubscribe_all")


def test_stop_is_seen_by_the_next_look_up(sandbox: Sandbox, crm: Crms, plumber: Business, priya: str) -> None:
    before = crm.find_person(plumber, THEIRS)
    assert before is not None
    assert not before.opted_out
    crm.set_opt_out(plumber, priya, opted_out=True, source="sms", at=AT)
    after = crm.find_person(plumber, THEIRS)
    assert after is not None
    assert after.opted_out


# ---------------------------------------------------------------- errors


def test_a_missing_scope_is_named(sandbox: Sandbox, crm: Crms, plumber: Business, priya: str) -> None:
    sandbox.fault("hubspot", "contacts.update", "status", status=403)
    with pytest.raises(CrmError, match=r"scope crm\.objects\.contacts\.write") as raised:
        crm.set_exhausted(plumber, priya, AT)
    assert not raised.value.temporary
    assert raised.value.code == "http_403"


@pytest.mark.parametrize(("status", "temporary"), [(429, True), (500, True), (503, True), (400, False), (404, False)])
def test_what_can_help_later_is_temporary(
    sandbox: Sandbox, crm: Crms, plumber: Business, *, status: int, temporary: bool
) -> None:
    priya = sandbox.hubspot_contact("Priya", "Shah", THEIRS)
    sandbox.fault("hubspot", "contacts.update", "status", status=status)
    with pytest.raises(CrmError) as raised:
        crm.set_exhausted(plumber, priya, AT)
    assert raised.value.temporary is temporary
    assert raised.value.__context__ is None, "the SDK's error holds people's details"


def test_a_revoked_token_names_the_field(crm: Crms, stranger: Business) -> None:
    with pytest.raises(CrmError, match=r"hubspot\.access_token"):
        crm.probe(stranger)


def test_a_live_account_is_probed(crm: Crms, plumber: Business) -> None:
    assert "can be searched" in crm.probe(plumber)


# ---------------------------------------------------------------- won deals


def test_deals_won_since_then_come_back_in_minor_units(
    sandbox: Sandbox, crm: Crms, plumber: Business, priya: str, clock: ManualClock
) -> None:
    dev = sandbox.hubspot_contact("Dev", "Shah", "+447700900456")
    closed = "2026-11-20T09:00:00.000Z"
    won = sandbox.hubspot_deal(priya, "closedwon", amount="1234.50", closedate=closed)
    sandbox.hubspot_deal(priya, "closedlost", amount="99", closedate=closed)
    sandbox.hubspot_deal(priya, "closedwon", amount="5", closedate="2026-11-01T09:00:00.000Z")
    sandbox.hubspot_deal(dev, "contractsent", amount="10")
    found = crm.won_deals(plumber, (priya, dev, priya), AT)
    at = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
    assert found == (WonDeal(priya, won, 123450, "GBP", at),)


def test_nobody_has_won_nothing(crm: Crms, plumber: Business, sandbox: Sandbox) -> None:
    assert crm.won_deals(plumber, (), AT) == ()
    assert not sandbox.requests("hubspot")
