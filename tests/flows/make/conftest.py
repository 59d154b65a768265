"""A sandbox as every vendor, what a scenario is connected to, and the whole stack."""

from __future__ import annotations

import contextlib
import shutil
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from sidecar.config.business import Flow, Number
from sidecar.sandbox import Sandbox
from tests.flows.make.modules import Account, Keychain
from tests.flows.make.server import Make
from tests.flows.make.stack import PUBLIC, TEAM, Stack, Web
from tests.support.house import CALLER, NUMBER, a_business, house

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.clock import ManualClock


@pytest.fixture
def sandbox(clock: ManualClock) -> Iterator[Sandbox]:
    with Sandbox(clock.now) as running:
        yield running


@pytest.fixture
def account(clock: ManualClock, sandbox: Sandbox) -> Account:
    """Connections without a key; a sleep turns the clock."""
    return Account(
        clock.now,
        lambda seconds: clock.advance(seconds=seconds),
        twilio_url=sandbox.twilio_url,
        twilio=(sandbox.account_sid, sandbox.auth_token),
    )


@pytest.fixture
def stack(
    clock: ManualClock, sandbox: Sandbox, account: Account, sqlite_template: Path, tmp_path: Path
) -> Iterator[Stack]:
    """A business that Make drives; its store is SQLite's, as what is tested here is what crosses the wire."""
    store = tmp_path / "store.db"
    shutil.copyfile(sqlite_template, store)
    with contextlib.ExitStack() as ends:
        make = ends.enter_context(Make(account))
        business = a_business(
            sandbox,
            numbers=(Number(NUMBER, mode="forwarded"),),
            flow=Flow("make"),
            event_hosts=(make.host,),
        )
        home = ends.enter_context(house(f"sqlite:///{store}", clock, business, public_url=PUBLIC))
        home.sidecar._warm_up()  # as `start` does: a vendor's SDK takes longer to load than `run` waits
        web = Web(home)
        operator = home.sidecar.keys.create("operator", (business.id,), ("calls", "drive", "operate", "read"))[1]
        key = home.sidecar.keys.create("make", (business.id,), ("calls", "drive"))[1]
        built = ends.enter_context(Stack(home, web, sandbox, make, operator))
        sandbox.point_at(web.url, PUBLIC)
        sandbox.twilio_number(NUMBER)
        sandbox.hubspot_contact("Maya", "Osei", phone=CALLER, email="maya@example.com")
        make.account = replace(
            account,
            keychain=Keychain("Authorization", f"Bearer {key}"),
            hosts={PUBLIC: web.url, TEAM: sandbox.receiver_url},
        )
        yield built
