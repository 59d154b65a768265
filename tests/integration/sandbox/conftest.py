from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from sidecar.sandbox import Sandbox
from sidecar.sandbox.listener import Answer, HttpListener, Incoming

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.clock import ManualClock


@pytest.fixture
def sandbox(clock: ManualClock) -> Iterator[Sandbox]:
    with Sandbox(now=clock.now, pass_time=lambda seconds: clock.advance(seconds=seconds)) as running:
        yield running


@pytest.fixture
def app() -> Iterator[Application]:
    application = Application()
    yield application
    application.stop()


class Application:
    """Stands for the system under test: remembers what it was posted and answers as told, by path."""

    def __init__(self) -> None:
        self.seen: list[Incoming] = []
        self.answers: dict[str, str] = {}
        self.status = 200

        def respond(incoming: Incoming) -> Answer:
            self.seen.append(incoming)
            text = self.answers.get(incoming.path, "<Response/>")
            return Answer(self.status, text.encode(), {"Content-Type": "text/xml"})

        self._listener = HttpListener("127.0.0.1", 0, respond)
        self._listener.start()
        self.url = f"http://127.0.0.1:{self._listener.port}"

    @property
    def paths(self) -> list[str]:
        return [one.path for one in self.seen]

    def stop(self) -> None:
        self._listener.stop()


@pytest.fixture
def twilio_client(sandbox: Sandbox) -> Iterator[Any]:
    from twilio.http.http_client import TwilioHttpClient
    from twilio.rest import Client

    class Rebased(TwilioHttpClient):  # type: ignore[misc]
        def request(self, method: str, url: str, *rest: Any, **named: Any) -> Any:
            for host in ("api", "lookups"):
                url = url.replace(f"https://{host}.twilio.com", sandbox.twilio_url)
            return super().request(method, url, *rest, **named)

    client = Client(sandbox.account_sid, sandbox.auth_token, http_client=Rebased(timeout=5))
    yield client
    client.http_client.session.close()
