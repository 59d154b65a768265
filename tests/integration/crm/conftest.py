from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from sidecar.config.business import Business, HubSpot
from sidecar.crm import Crms
from sidecar.sandbox import Sandbox
from tests.unit.channels.example import business

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.clock import ManualClock


class Seconds:
    """The injected monotonic seconds: they pass when the test says so."""

    def __init__(self) -> None:
        self.passed = 0.0

    def __call__(self) -> float:
        return self.passed


@pytest.fixture
def sandbox(clock: ManualClock) -> Iterator[Sandbox]:
    with Sandbox(now=clock.now) as running:
        yield running


@pytest.fixture
def seconds() -> Seconds:
    return Seconds()


@pytest.fixture
def crm(seconds: Seconds) -> Iterator[Crms]:
    crms = Crms(seconds)
    crms.warm()  # so that the first look-up's two seconds are the vendor's alone
    yield crms
    crms.close()


@pytest.fixture
def plumber(sandbox: Sandbox) -> Business:
    return business(hubspot=HubSpot(sandbox.hubspot_token, sandbox.hubspot_url))


@pytest.fixture
def stranger(plumber: Business) -> Business:
    """A business whose token HubSpot does not know."""
    assert plumber.hubspot is not None
    return replace(plumber, hubspot=replace(plumber.hubspot, access_token="pat-revoked"))
