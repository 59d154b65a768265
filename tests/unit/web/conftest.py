"""The app on a hand-written stand-in for the sidecar: what the web room does by itself."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import pytest
import structlog

from sidecar.engine.results import CallResult
from sidecar.store.keys import Key
from sidecar.web.app import create_app

if TYPE_CHECKING:
    from collections.abc import Iterator, MutableMapping

    from flask.testing import FlaskClient

    from sidecar.app import Sidecar
    from tests.support.clock import ManualClock

NUMBER = "+441174960001"
HEADERS = {"Authorization": "Bearer good"}


class FakeBusinesses:
    def __init__(self) -> None:
        self.one = SimpleNamespace(
            id="acme", region="GB", name="Acme", twilio=None, retell=None, number=lambda n: n if n == NUMBER else None
        )

    def get(self, business_id: str) -> Any:
        return self.one if business_id == "acme" else None

    def by_number(self, number: str) -> Any:
        return self.one if number == NUMBER else None

    def __iter__(self) -> Iterator[Any]:
        return iter([self.one])


class FakeIntake:
    def __init__(self) -> None:
        self.reports: list[Any] = []
        self.fault: Exception | None = None

    def call(self, business: Any, report: Any, *, source: str, flow: Any = None) -> CallResult:
        if self.fault is not None:
            raise self.fault
        self.reports.append((business.id, report, source, flow))
        return CallResult(report.call_id, "missed", "no_answer", "opened", "con_1", "seq_1")


class FakeSidecar:
    def __init__(self, clock: ManualClock) -> None:
        self.clock = clock
        self.settings = SimpleNamespace(web_threads=4, public_url="https://recovery.example")
        self.businesses = FakeBusinesses()
        self.intake = FakeIntake()
        self.keys = SimpleNamespace(
            authenticate=lambda secret: Key("key_1", "test", ("acme",), ("*",)) if secret == "good" else None
        )
        self.store = SimpleNamespace(read=lambda _: {"steps_due": 3, "deliveries_due": 2, "deliveries_dead": 1})
        self.checks = [("database", True, "sqlite")]

    def ready(self) -> list[tuple[str, bool, str]]:
        return self.checks


@pytest.fixture
def fake(clock: ManualClock) -> FakeSidecar:
    return FakeSidecar(clock)


@pytest.fixture
def client(fake: FakeSidecar) -> FlaskClient:
    app = create_app(cast("Sidecar", fake))
    return app.test_client()


@pytest.fixture(autouse=True)
def said() -> Iterator[list[MutableMapping[str, Any]]]:
    """What was logged."""
    with structlog.testing.capture_logs() as entries:
        yield entries
