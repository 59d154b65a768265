"""Retell by the SDK, with a function in place of the network."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from sidecar.channels.retell.client import RetellClients

if TYPE_CHECKING:
    from collections.abc import Iterator


class Network:
    """Answers requests in the order in which answers were given, and keeps what was asked."""

    def __init__(self) -> None:
        self.answers: list[httpx.Response | Exception] = []
        self.requests: list[httpx.Request] = []

    def will(self, *answers: httpx.Response | Exception) -> None:
        self.answers += answers

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def body(self, index: int = -1) -> Any:
        return json.loads(self.requests[index].content)

    def paths(self) -> list[str]:
        return [f"{request.method} {request.url.path}" for request in self.requests]


@pytest.fixture
def network() -> Network:
    return Network()


@pytest.fixture
def clients(network: Network) -> Iterator[RetellClients]:
    clients = RetellClients(transport=httpx.MockTransport(network))
    yield clients
    assert network.answers == [], "an answer was given that nobody asked for"
    clients.close()
