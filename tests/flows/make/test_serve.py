"""A silent lead against a real ``recovery serve``, on the real clock: what the turned clock leaves out."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from sidecar.clock import SystemClock
from sidecar.sandbox import Sandbox
from tests.flows.make.modules import Account, Keychain
from tests.flows.make.server import KEY_HEADER, Make
from tests.flows.make.stack import HOOK_KEY, PUBLIC, faults, shipped_blueprint
from tests.flows.n8n.servers import Sidecar, exchange, until
from tests.flows.n8n.stack import QUICK, Lead, business_id, secret_of, write_businesses

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.flows.make.server import Hook


class Served:
    """The processes, and Make with the scenario that drives."""

    def __init__(self, sandbox: Sandbox, sidecar: Sidecar, make: Make, authorization: str) -> None:
        self.sandbox = sandbox
        self._url = sidecar.url
        self.make = make
        self._headers = {"authorization": authorization}
        make.account = replace(
            make.account, keychain=Keychain("Authorization", authorization), hosts={PUBLIC: sidecar.url}
        )
        sandbox.point_at(sidecar.url)
        sandbox.twilio_number(QUICK)

    def install(self, name: str, *events: str) -> Hook:
        """A shipped blueprint, to which the sidecar sends these events."""
        hook = self.make.install(shipped_blueprint(name, sidecar_url=PUBLIC), keys=(HOOK_KEY,))
        self.ask("/v1/subscriptions", url=hook.url, events=events, headers={KEY_HEADER: HOOK_KEY})
        return hook

    def lead(self) -> Lead:
        """Somebody who agreed to be rung, at whatever hour the tests run."""
        lead = Lead.new(self.sandbox)
        self.ask(
            "/v1/contacts/consents", basis="express", channels=("sms", "voice", "email"), evidence="form 17",
            given_at="2026-01-05T10:00:00Z", phone=lead.phone,
        )  # fmt: skip
        return lead

    def ask(self, path: str, **body: object) -> None:
        """Something is added."""
        status, raw, _ = exchange(self._url + path, "POST", {**body, "business": business_id(QUICK)}, self._headers)
        assert status == 201, raw


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    now = SystemClock().now
    with Sandbox(now) as sandbox, Make(Account(now, lambda _: None)) as make, contextlib.ExitStack() as ends:
        of_make = {"flow": {"platform": "make"}, "event_hosts": [make.host]}
        write_businesses(tmp_path / "businesses", sandbox, {QUICK: ("1s", "1s")}, **of_make)
        sidecar = Sidecar(tmp_path, sandbox)
        sidecar.command("db", "upgrade")
        key = secret_of(sidecar.command("keys", "create", "make", "--every-business", "--all-scopes"))
        ends.callback(sidecar.stop)
        sidecar.start()
        yield Served(sandbox, sidecar, make, f"Bearer {key}")


def test_a_silent_lead_gets_a_text_a_call_and_an_email(served: Served) -> None:
    driver = served.install("sequence-driver", "step.ready", "sequence.closed")
    lead = served.lead()
    story = served.sandbox.miss_call(QUICK, lead.phone, how="forwarded")
    assert story.answers["voice"].status == 200
    until(lambda: len(driver.scenario.executions) == 4, "three steps and the end")
    served.make.finish()
    assert [text.to for text in served.sandbox.texts] == [lead.phone]
    assert [call.to for call in served.sandbox.calls_placed] == [lead.phone]
    assert [email.envelope_to for email in served.sandbox.emails] == [(lead.email,)]
    assert faults(driver) == []
    assert [run.operations for run in driver.scenario.executions] == [3, 3, 3, 2]
