"""An agency's folder: two businesses, a database, settings; and the command line in it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Protocol

import pytest
from click.testing import CliRunner, Result

from sidecar.cli import recovery
from sidecar.clock import FileClock
from sidecar.config.loader import load_business
from sidecar.sandbox import Sandbox
from tests.support.house import CALLER, NUMBER, SECRET, STAFF, House, house

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.clock import ManualClock

OTHER_NUMBER = "+12125550123"


class Recovery(Protocol):
    """``recovery`` with these arguments; standard output and error apart."""

    def __call__(self, *arguments: str, code: int = 0) -> Result: ...


def acme(sandbox: Sandbox) -> str:
    return f"""\
id: acme
name: Acme Plumbing
agent_name: Sam
region: GB
zone: Europe/London
legitimate_interest: {{document: LIA-2026-03, reviewed_by: S. Field, reviewed_on: 2026-03-03}}
playbook: uk-three-layer
numbers: [{{number: "{NUMBER}", ring: ["{STAFF}"]}}]
staff: [{{name: Sam, phone: "{STAFF}"}}]
twilio: {{account_sid: {sandbox.account_sid}, auth_token: "${{TWILIO_AUTH_TOKEN}}"}}
retell: {{api_key: "${{RETELL_API_KEY}}", agent_id: agent_1, from_number: "{NUMBER}"}}
hubspot: {{access_token: "${{HUBSPOT_ACCESS_TOKEN}}"}}
"""


BEACON = f"""\
id: beacon
name: Beacon Kitchens
agent_name: Alex
region: US
zone: America/New_York
playbook: contractor-two-text
numbers: [{{number: "{OTHER_NUMBER}", mode: forwarded}}]
staff: [{{name: Alex, webhook: "https://chat.example.com/hook"}}]
"""


@pytest.fixture
def sandbox(clock: ManualClock) -> Iterator[Sandbox]:
    with Sandbox(clock.now) as running:
        yield running


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sandbox: Sandbox, store_url: str) -> Path:
    """The working folder, with one business and everything set."""
    for name in list(os.environ):
        if name.startswith(("RECOVERY_", "TWILIO_", "RETELL_", "HUBSPOT_")) and name != "RECOVERY_TEST_PG_BIN":
            monkeypatch.delenv(name)
    settings = {
        "RECOVERY_CLOCK_FILE": str(tmp_path / "clock"),
        "RECOVERY_SECRET": SECRET, "RECOVERY_DATABASE_URL": store_url, "RECOVERY_PUBLIC_URL": "https://recovery.example",
        "TWILIO_AUTH_TOKEN": sandbox.auth_token, "TWILIO_BASE_URL": sandbox.twilio_url,
        "RETELL_API_KEY": sandbox.retell_api_key, "RETELL_BASE_URL": sandbox.retell_url,
        "HUBSPOT_ACCESS_TOKEN": sandbox.hubspot_token, "HUBSPOT_BASE_URL": sandbox.hubspot_url,
    }  # fmt: skip
    (tmp_path / ".env").write_text("".join(f"{name}={value}\n" for name, value in settings.items()), encoding="utf-8")
    (tmp_path / "businesses").mkdir()
    (tmp_path / "businesses" / "acme.yaml").write_text(acme(sandbox), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    return tmp_path


@pytest.fixture
def with_beacon(folder: Path) -> Path:
    """A second business beside the first."""
    file = folder / "businesses" / "beacon.yaml"
    file.write_text(BEACON, encoding="utf-8")
    return file


@pytest.fixture
def run(folder: Path, clock: ManualClock) -> Recovery:
    """The command line, at the time of the test's clock."""

    def invoke(*arguments: str, code: int = 0) -> Result:
        FileClock.create(folder / "clock", clock.now(), speed=1e-6)
        result = CliRunner().invoke(recovery, arguments, catch_exceptions=False)
        assert result.exit_code == code, result.output
        return result

    return invoke


@pytest.fixture
def home(folder: Path, store_url: str, clock: ManualClock, sandbox: Sandbox) -> Iterator[House]:
    """The sidecar of the first business, at work on the same database."""
    from sidecar.config.settings import environment

    business = load_business(folder / "businesses" / "acme.yaml", environment(folder))
    sandbox.hubspot_contact("Ann", "Lee", CALLER, "ann@example.com", deal_stage="Quote sent")
    with house(store_url, clock, business) as built:
        yield built
