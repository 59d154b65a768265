"""A whole sidecar in this process: a business in the sandbox's world, a clock that the test turns."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from unittest import mock

from pydantic import SecretStr

from sidecar.app import Sidecar
from sidecar.config.business import Business, Businesses, HubSpot, Number, Retell, Smtp, StaffMember, Twilio
from sidecar.config.playbooks import shipped_playbook
from sidecar.config.settings import Settings
from sidecar.domain.compliance import preset
from sidecar.domain.reports import CallReport, MessageReport
from sidecar.engine import sending

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from sidecar.sandbox import Sandbox
    from tests.support.clock import ManualClock

NUMBER = "+441174960001"
CALLER = "+447700900123"
STAFF = "+447700900999"
SECRET = "a secret of the tests, long enough"
PATIENCE = 30.0
"""Seconds for which a busy machine may stall between an intent and its request: a touch that is withdrawn for that
starts over a second later, and the clock of these tests says when that is."""


def a_business(sandbox: Sandbox, **changes: Any) -> Business:
    """A plumber in Bristol with every channel, each in the sandbox."""
    business = Business(
        id="acme",
        name="Acme Plumbing",
        agent_name="Sam",
        region="GB",
        zone="Europe/London",
        preset=preset("uk"),
        playbook=shipped_playbook("uk-three-layer"),
        numbers=(Number(NUMBER, ring=(STAFF,)),),
        address="1 High Street, Bristol",
        staff=(StaffMember("Sam", phone=STAFF),),
        twilio=Twilio(sandbox.account_sid, sandbox.auth_token, sandbox.twilio_url),
        retell=Retell(sandbox.retell_api_key, "agent_1", NUMBER, sandbox.retell_url),
        hubspot=HubSpot(
            sandbox.hubspot_token,
            sandbox.hubspot_url,
            client_secret=sandbox.hubspot_client_secret,
            portal_id=str(sandbox.hubspot_portal_id),
        ),
        smtp=Smtp(sandbox.smtp_host, sandbox.smtp_port, "sam@acme.example", "replies@acme.example", security="none"),
    )
    return replace(business, **changes)


def settings(store_url: str, **changes: Any) -> Settings:
    """Settings of a process for tests."""
    values: dict[str, Any] = {
        "secret": SecretStr(SECRET),
        "database_url": SecretStr(store_url),
        "public_url": "https://recovery.example",
        "send_threads": 4,
    }
    return Settings(**{**values, **changes})


class House:
    """The sidecar, with what a test asks of it most."""

    def __init__(self, sidecar: Sidecar, business: Business, clock: ManualClock) -> None:
        self.sidecar = sidecar
        self.business = business
        self.clock = clock
        self._calls = 0

    def miss(self, caller: str = CALLER, to: str = NUMBER, **fields: Any) -> Any:
        """A missed call that ended just now."""
        self._calls += 1
        report = CallReport(
            call_id=fields.pop("call_id", f"CA{self._calls:032x}"),
            provider="twilio",
            at=self.clock.now(),
            to=to,
            caller=caller,
            status="no-answer",
            ended_at=self.clock.now(),
            ring_seconds=20,
            **fields,
        )
        return self.sidecar.intake.call(self.business, report, source="twilio")

    def text(self, body: str, caller: str = CALLER, message_id: str | None = None, **fields: Any) -> Any:
        """A text from a caller."""
        self._calls += 1
        report = MessageReport(
            message_id=message_id or f"SM{self._calls:032x}",
            channel="sms",
            at=self.clock.now(),
            to=NUMBER,
            sender=caller,
            body=body,
            **fields,
        )
        return self.sidecar.intake.message(self.business, report, source="twilio")

    def settle(self) -> None:
        """Carry out, in this thread, all that is due now, until nothing is."""
        from sidecar.engine.gating import Key
        from sidecar.store import record, sequences

        store, now = self.sidecar.store, self.clock.now()
        for _ in range(100):
            steps = store.write(lambda tx: sequences.take_due(tx, now, 30, 50))
            for row in steps:
                key = Key(row["business_id"], row["sequence_id"], row["name"])
                self.sidecar.runner.carry_out(key, row["channel"])
            owed = store.write(lambda tx: record.take_deliveries(tx, now, 30, 50))
            for row in owed:
                self.sidecar.deliveries.carry_out(row)
            if not steps and not owed:
                return
        raise AssertionError("work goes round in circles")

    def live(self, **units: float) -> None:
        """Let time pass, stopping at each moment at which something is due."""
        end = self.clock.now() + timedelta(**units)
        self.settle()
        while (moment := self.next_due()) is not None and moment <= end:
            self.clock.set(max(moment, self.clock.now()))
            self.settle()
        self.clock.set(end)
        self.settle()

    def next_due(self) -> datetime | None:
        from sidecar.store import record, sequences

        found = self.sidecar.store.read(lambda tx: (sequences.next_due(tx), record.next_delivery(tx)))
        moments = [moment for moment in found if moment is not None]
        return min(moments) if moments else None

    def sequence(self, sequence_id: str) -> dict[str, Any]:
        found = self.sidecar.timeline.sequence(self.business.id, sequence_id)
        assert found is not None
        return found


@contextlib.contextmanager
def house(store_url: str, clock: ManualClock, business: Business, **changes: Any) -> Iterator[House]:
    """Build, and close again; nothing is started: the test carries out what is due."""
    sidecar = Sidecar(settings(store_url, **changes), clock, Businesses([business]))
    try:
        with mock.patch.object(sending, "START_WITHIN", PATIENCE):
            yield House(sidecar, business, clock)
    finally:
        sidecar.runner.stop()
        sidecar.deliveries.stop()
        sidecar.reconcile.stop()
        sidecar.store.close()
        sidecar.twilio.close()
        sidecar.retell.close()
        sidecar.crm.close()
