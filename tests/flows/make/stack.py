"""The whole stack on a clock that the test turns: Make's interpreter, the sidecar behind a real socket, the sandbox.

What crosses between them crosses over HTTP, as it does outside: Twilio's posts and Make's requests reach the sidecar's
web app, the sidecar's events reach Make's webhooks with their key, alerts reach the team's address. Only time is ours:
``live`` stops at each moment at which the sidecar or Make has something due.
"""

from __future__ import annotations

import contextlib
import fnmatch
import json
import threading
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final, Self

from werkzeug.serving import make_server

from sidecar.flows.stamping import settings_of
from sidecar.shipped import shipped
from sidecar.web.app import create_app
from tests.flows.make.requests import Request, exchange
from tests.flows.make.server import KEY_HEADER
from tests.support.house import CALLER, NUMBER

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime
    from types import TracebackType
    from wsgiref.types import StartResponse, WSGIEnvironment

    from flask.testing import FlaskClient

    from sidecar.sandbox import CallStory, Sandbox
    from tests.flows.make.modules import Execution
    from tests.flows.make.requests import Answer
    from tests.flows.make.server import Hook, Make
    from tests.support.house import House

PUBLIC: Final = "https://recovery.example"
TEAM: Final = "https://team.example"
HOOK_KEY: Final = "a key of the webhook"
_ROUNDS: Final = 50
_SETTLE_SECONDS: Final = 30.0


def shipped_blueprint(name: str, **settings: str) -> dict[str, Any]:
    """A shipped blueprint with its Settings filled in; nothing else is changed. KeyError: it has no such setting."""
    path = shipped("make-blueprints") / f"{name}.blueprint.json"
    document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    known = {setting["name"]: setting for setting in settings_of("make", document)}
    for key, value in settings.items():
        known[key]["value"] = value
    return document


class Web:
    """The sidecar's web app at one port; it can go away and come back."""

    def __init__(self, home: House) -> None:
        app = create_app(home.sidecar)
        self.port = 0
        self.client: FlaskClient = app.test_client()
        """For what an operator asks, whether the port is open or not."""
        self.out_of_order = ""
        """Paths that are answered with 503 meanwhile; ``*`` stands for anything."""
        self._answer = app.wsgi_app

    def _serve(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if fnmatch.fnmatchcase(environ["PATH_INFO"], self.out_of_order):
            start_response("503 Service Unavailable", [("content-type", "text/plain")])
            return [b"out of order"]
        return self._answer(environ, start_response)

    @property
    def url(self) -> str:
        """Where it listens, or did."""
        return f"http://127.0.0.1:{self.port}"

    @contextlib.contextmanager
    def open(self) -> Iterator[None]:
        """Serve while the block runs."""
        server = make_server("127.0.0.1", self.port, self._serve, threaded=True)
        self.port = server.server_port
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield
        finally:
            server.shutdown()
            thread.join()
            server.server_close()


class Stack:
    """What a scenario plays with, and what it looks at afterwards."""

    def __init__(self, home: House, web: Web, sandbox: Sandbox, make: Make, key: str) -> None:
        self.home = home
        self.web = web
        self.sandbox = sandbox
        self.make = make
        self._key = key
        self._serving = contextlib.ExitStack()
        home.sidecar.driving._ring = home.settle  # a `run` is carried out in the thread that asks for it

    def __enter__(self) -> Self:
        """Open the sidecar's port."""
        self._serving.enter_context(self.web.open())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close it."""
        self._serving.close()

    @contextlib.contextmanager
    def nobody_answers(self) -> Iterator[None]:
        """The sidecar's port is closed while the block runs; what is due within goes on."""
        self._serving.close()
        try:
            yield
        finally:
            self._serving.enter_context(self.web.open())

    @property
    def now(self) -> datetime:
        """The one clock's time."""
        return self.home.clock.now()

    # -- what happens ----------------------------------------------------------------------------------------------

    def install(self, name: str, *events: str, **settings: str) -> Hook:
        """Import a shipped blueprint; with ``events``, the sidecar sends those to it."""
        document = shipped_blueprint(name, **{"sidecar_url": PUBLIC, **settings})
        hook = self.make.install(document, keys=(HOOK_KEY,) if events else ())
        if events:
            body = {"url": hook.url, "events": list(events), "headers": {KEY_HEADER: HOOK_KEY}}
            self.ask("/v1/subscriptions", body)
        return hook

    def miss(self, caller: str = CALLER) -> CallStory:
        """They ring, and nobody takes it: Twilio posts straight to the sidecar."""
        story = self.sandbox.miss_call(NUMBER, caller, how="forwarded")
        assert story.answers["voice"].status == 200, story.answers
        self.settle()
        return story

    def says(self, words: str, caller: str = CALLER) -> None:
        """They text."""
        self.sandbox.text_us(caller, NUMBER, words)
        self.settle()

    def ask(self, path: str, body: object = None) -> Any:
        """An operator's request; fails the test on anything but a 2xx."""
        answer = self.web.client.open(
            path, method="GET" if body is None else "POST", json=body, headers={"authorization": f"Bearer {self._key}"}
        )
        assert 200 <= answer.status_code < 300, f"{path} → {answer.status_code}: {answer.text}"
        return answer.get_json(silent=True)

    def settle(self) -> None:
        """Let everything that is due now be done, on both sides of the wire."""
        for _ in range(_ROUNDS):
            self.home.settle()
            self.sandbox.settle(_SETTLE_SECONDS)
            due = self.home.next_due()
            if not self.make.finish() and (due is None or due > self.now):
                return
        raise AssertionError("the sidecar and Make keep each other busy")

    def live(self, **units: float) -> None:
        """Let time pass, stopping at each moment at which something is due."""
        end = self.now + timedelta(**units)
        self.settle()
        while (moment := self._next_due()) is not None and moment <= end:
            self.home.clock.set(max(moment, self.now))
            self.make.retry_due()
            self.settle()
        self.home.clock.set(end)
        self.settle()

    def _next_due(self) -> datetime | None:
        moments = (self.home.next_due(), self.make.next_due())
        return min((moment for moment in moments if moment is not None), default=None)

    # -- what came of it -------------------------------------------------------------------------------------------

    def order(self, caller: str = CALLER) -> list[str]:
        """The channels that reached them, in order."""
        seen = [("text", text.at) for text in self.sandbox.texts if text.to == caller]
        seen += [("call", call.at) for call in self.sandbox.calls_placed if call.to == caller]
        seen += [("email", email.at) for email in self.sandbox.emails if not email.envelope_to[0].startswith("sam@")]
        return [channel for channel, _ in sorted(seen, key=lambda each: each[1])]

    def texts(self, caller: str = CALLER) -> list[str]:
        """The texts they got."""
        return [text.body for text in self.sandbox.texts if text.to == caller]

    def sequences(self) -> list[dict[str, Any]]:
        """All of them, with their steps, newest first."""
        listed = self.ask("/v1/sequences?limit=200")["sequences"]
        return [self.ask(f"/v1/sequences/{each['sequence_id']}") for each in listed]

    def step(self, name: str) -> dict[str, Any]:
        """A step of the newest sequence."""
        steps = {each["name"]: each for each in self.sequences()[0]["steps"]}
        return dict(steps[name])

    def told(self) -> list[str]:
        """What came to the team's address, in order."""
        return [hook.body["text"] for hook in self.sandbox.received if hook.path == "/hooks/team"]


def answers(hook: Hook, module: str) -> list[Any]:
    """What the runs of a scenario got from a module, in order."""
    return [each for run in hook.scenario.executions for each in run.outputs.get(module, ())]


def post(hook: Hook, event: dict[str, Any]) -> Answer:
    """Something comes to Make's webhook, with its key."""
    headers = {"content-type": "application/json", KEY_HEADER: HOOK_KEY}
    return exchange(Request("POST", hook.url, headers, json.dumps(event).encode()))


def faults(hook: Hook) -> list[Execution]:
    """The runs that did not end well."""
    return [run for run in hook.scenario.executions if run.status != "success"]
