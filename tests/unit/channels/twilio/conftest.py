"""Twilio by the SDK, with `responses` in place of the network."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import responses
import stamina

from sidecar.channels.twilio.client import TwilioClients

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def twilio() -> Iterator[responses.RequestsMock]:
    """What Twilio answers; an answer that nobody asked for fails the test."""
    with responses.RequestsMock() as mock:
        yield mock


@pytest.fixture
def clients() -> Iterator[TwilioClients]:
    clients = TwilioClients()
    yield clients
    clients.close()


@pytest.fixture
def _no_waiting() -> Iterator[None]:
    """Reads are repeated as in earnest, without the pauses between."""
    with stamina.set_testing(testing=True, attempts=3, cap=True):
        yield
