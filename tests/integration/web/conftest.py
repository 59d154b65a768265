"""The HTTP side on a real sidecar: three businesses, an agency's key and each business's own."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import pytest
import structlog
from twilio.request_validator import RequestValidator
from werkzeug.serving import make_server

from sidecar.app import Sidecar
from sidecar.config.business import Businesses, Flow, Number, Twilio
from sidecar.sandbox import Sandbox
from sidecar.web.app import create_app
from tests.support.contract import conforms
from tests.support.house import STAFF, a_business, settings

if TYPE_CHECKING:
    from collections.abc import Iterator, MutableMapping

    from flask.testing import FlaskClient
    from werkzeug.test import TestResponse

    from tests.support.clock import ManualClock

ACME, OTHER = "+441174960001", "+441174960002"
FORWARDED, THIRD = "+441174960003", "+441174960004"
CALLER = "+447700900123"
PUBLIC = "https://recovery.example"
OTHER_TOKEN = "another account's token"
SCOPES = ("calls", "drive", "operate", "read")


@dataclass
class Web:
    """A client, the sidecar behind it, and keys."""

    sidecar: Sidecar
    client: FlaskClient
    clock: ManualClock
    keys: dict[str, str] = field(default_factory=dict)

    def key(self, *businesses: str, scopes: tuple[str, ...] = SCOPES) -> str:
        name = "+".join(businesses) + "/" + "+".join(scopes)
        if name not in self.keys:
            self.keys[name] = self.sidecar.keys.create(name, businesses, scopes)[1]
        return self.keys[name]

    def call(self, method: str, path: str, *, key: str | None = None, **how: Any) -> TestResponse:
        headers = dict(how.pop("headers", {}))
        headers["Authorization"] = f"Bearer {key or self.key('acme')}"
        answer = self.client.open(path, method=method, headers=headers, **how)
        conforms(method, path, answer)
        return answer

    def post(self, path: str, body: Any = None, *, key: str | None = None, **how: Any) -> TestResponse:
        return self.call("POST", path, key=key, json=body if body is not None else {}, **how)

    def get(self, path: str, *, key: str | None = None) -> TestResponse:
        return self.call("GET", path, key=key)

    def miss(self, call_id: str = "pbx-1", **fields: Any) -> dict[str, Any]:
        """Report a missed call in our own shape."""
        key = fields.pop("key", None)
        body = {"call_id": call_id, "to": ACME, "from": CALLER, "missed": True, **fields}
        answer = self.post("/v1/calls", body, key=key)
        assert answer.status_code == 200, answer.text
        return dict(answer.get_json())

    def twilio(self, hook: str, form: dict[str, str], *, token: str | None = None, sign: bool = True) -> TestResponse:
        """Post as Twilio does, signed over the public URL."""
        account = self.sidecar.businesses.get("acme")
        assert account is not None
        assert account.twilio is not None
        headers = {}
        if sign:
            secret = token or account.twilio.auth_token
            headers["X-Twilio-Signature"] = signature(secret, f"{PUBLIC}/twilio/{hook}", form)
        answer = self.client.post(f"/twilio/{hook}", data=form, headers=headers)
        conforms("POST", f"/twilio/{hook}", answer)
        return answer

    def rows(self) -> int:
        """Calls and messages on record."""
        from sqlalchemy import func, select

        from sidecar.store.tables import calls, messages

        return self.sidecar.store.read(
            lambda tx: sum(
                int(tx.conn.execute(select(func.count()).select_from(table)).scalar_one())
                for table in (calls, messages)
            )
        )


def signature(token: str, url: str, form: dict[str, str]) -> str:
    made: str = RequestValidator(token).compute_signature(url, form)
    return made


one_store = pytest.mark.parametrize("store_kind", ["sqlite"], indirect=True)
"""For what never reaches the store."""


@pytest.fixture(autouse=True)
def said() -> Iterator[list[MutableMapping[str, Any]]]:
    """What was logged."""
    with structlog.testing.capture_logs() as entries:
        yield entries


@pytest.fixture
def sandbox(clock: ManualClock) -> Iterator[Sandbox]:
    with Sandbox(clock.now) as running:
        yield running


@pytest.fixture
def web(store_url: str, clock: ManualClock, sandbox: Sandbox) -> Iterator[Web]:
    numbers = (Number(ACME, ring=(STAFF,)), Number(FORWARDED, mode="forwarded", can_text=False, text_from=ACME))
    acme = a_business(sandbox, numbers=numbers, flow=Flow("n8n", ("n8n.example",)), event_hosts=("hooks.example",))
    other = replace(
        a_business(sandbox),
        id="other",
        name="Other Electrics",
        numbers=(Number(OTHER, mode="forwarded"),),
        twilio=Twilio("AC" + "2" * 32, OTHER_TOKEN, sandbox.twilio_url),
        retell=None,
        hubspot=None,
    )
    third = replace(other, id="third", name="Third Roofing", numbers=(Number(THIRD, mode="forwarded"),))
    sidecar = Sidecar(settings(store_url, web_threads=4), clock, Businesses([acme, other, third]))
    app = create_app(sidecar)
    try:
        yield Web(sidecar, app.test_client(), clock)
    finally:
        sidecar.runner.stop()
        sidecar.deliveries.stop()
        sidecar.store.close()
        for part in (sidecar.twilio, sidecar.retell, sidecar.crm):
            part.close()


@pytest.fixture
def posted(web: Web, sandbox: Sandbox) -> Iterator[Web]:
    """The sidecar behind a real socket, which the sandbox's vendors post to."""
    server = make_server("127.0.0.1", 0, web.client.application, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    sandbox.point_at(f"http://127.0.0.1:{server.server_port}", PUBLIC)
    try:
        yield web
    finally:
        sandbox.settle()
        server.shutdown()
        thread.join()
        server.server_close()
