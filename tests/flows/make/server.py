"""Make's side of the wire: webhooks over HTTP, each with a scenario behind it.

As https://help.make.com/webhooks describes: a request is answered 200 “Accepted” at once and the scenario runs beside
it, several at a time unless it is sequential; a scenario that has a Webhook response gives the answer itself. 300
requests in 10 s, then 429; a webhook that asks for a key answers 401 without it (`x-make-apikey`); one whose scenario
is off keeps what comes in its queue, one that has been off for long is gone (410).
"""

from __future__ import annotations

import json
import threading
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final, Self
from urllib.parse import parse_qsl

from sidecar.sandbox.listener import Answer, HttpListener
from tests.flows.make.scenario import Scenario

if TYPE_CHECKING:
    from concurrent.futures import Future
    from datetime import datetime
    from types import TracebackType

    from sidecar.sandbox.listener import Incoming
    from tests.flows.make.modules import Account, Execution

KEY_HEADER: Final = "x-make-apikey"
_MOST: Final = 300
_WITHIN: Final = timedelta(seconds=10)
_RUN_SECONDS: Final = 30.0
ACCEPTED: Final = Answer(200, b"Accepted", {"Content-Type": "text/plain"})


class Hook:
    """A webhook and its scenario."""

    def __init__(self, url: str, scenario: Scenario, keys: tuple[str, ...]) -> None:
        self.url = url
        self.scenario = scenario
        self.keys = keys
        self.refuses: int | None = None
        """The status that every request gets instead, while it is set: 429, 410, 503."""
        self.taken: list[Any] = []
        """Bundles that were accepted, in order."""
        self.queue: deque[Any] = deque()
        """Bundles that wait for the scenario to be switched on."""
        self._times: deque[datetime] = deque()
        self._one_at_a_time = threading.Lock()

    def refusal(self, incoming: Incoming) -> Answer | None:
        """Why the request is not taken, if it is not."""
        if self.refuses is not None:
            return Answer(self.refuses, b"")
        if self.keys and incoming.headers.get(KEY_HEADER) not in self.keys:
            return Answer(401, b"Unauthorized")
        now = self.scenario.account.now()
        while self._times and now - self._times[0] >= _WITHIN:
            self._times.popleft()
        if len(self._times) >= _MOST:
            return Answer(429, b"Too many requests")
        self._times.append(now)
        return None

    def run(self, bundle: Any) -> Execution:
        """One run of the scenario; one after the other where it is sequential."""
        if not self.scenario.is_sequential:
            return self.scenario.run(bundle)
        with self._one_at_a_time:
            return self.scenario.run(bundle)


class Make:
    """Use it as a context manager; ``install`` is *Import blueprint* and switching the scenario on."""

    def __init__(self, account: Account) -> None:
        self.account = account
        self.is_down = False
        """Connections are cut without an answer."""
        self.hooks: dict[str, Hook] = {}
        self._listener = HttpListener("127.0.0.1", 0, self._respond)
        self._pool = ThreadPoolExecutor(8, thread_name_prefix="make")
        self._running: set[Future[Execution]] = set()
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        self._listener.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._listener.stop()
        self._pool.shutdown()

    @property
    def host(self) -> str:
        """As it stands on a business's allow-list."""
        return f"{self._listener.host}:{self._listener.port}"

    def install(self, document: dict[str, Any], keys: tuple[str, ...] = ()) -> Hook:
        """A scenario of this blueprint with a webhook of its own; ``keys`` of which one must come with each request."""
        path = f"/hook{len(self.hooks) + 1}"
        self.hooks[path] = hook = Hook(f"http://{self.host}{path}", Scenario(document, self.account), keys)
        return hook

    def switch_on(self, hook: Hook) -> None:
        """Again; what has queued up meanwhile is worked off."""
        hook.scenario.active = True
        while hook.queue:
            self._begin(hook, hook.queue.popleft())

    def finish(self) -> bool:
        """Wait until nothing runs; whether anything ran. Raises what a run raised (:class:`NotKnown`)."""
        with self._lock:
            running = tuple(self._running)
        for one in running:
            one.result(_RUN_SECONDS)
        with self._lock:
            self._running.difference_update(running)
        return bool(running)

    def next_due(self) -> datetime | None:
        """When the next stored execution is tried again."""
        moments = [hook.scenario.next_due() for hook in self.hooks.values()]
        return min((moment for moment in moments if moment is not None), default=None)

    def retry_due(self) -> None:
        """Try again what is due, in this thread."""
        for hook in self.hooks.values():
            hook.scenario.retry_due()

    def _begin(self, hook: Hook, bundle: Any) -> Future[Execution]:
        with self._lock:
            begun = self._pool.submit(hook.run, bundle)
            self._running.add(begun)
        return begun

    def _respond(self, incoming: Incoming) -> Answer | None:
        if self.is_down:
            return None
        hook = self.hooks.get(incoming.path)
        if hook is None:
            return Answer(404, b"Not found")
        refusal = hook.refusal(incoming)
        if refusal is not None:
            return refusal
        try:
            bundle = bundle_of(incoming)
        except (ValueError, TypeError):
            return Answer(400, b"Invalid request")
        hook.taken.append(bundle)
        if not hook.scenario.active:
            hook.queue.append(bundle)
            return ACCEPTED
        begun = self._begin(hook, bundle)
        return _answer_of(begun.result(_RUN_SECONDS)) if hook.scenario.responds else ACCEPTED


def bundle_of(incoming: Incoming) -> dict[str, Any]:
    """What the trigger gives out: the query's fields and those of the body, JSON or a form.

    Raises:
        ValueError, TypeError: the body is not what its type says, no object, or of a type that is not taken apart.
    """
    kind = incoming.headers.get("content-type", "").partition(";")[0].strip()
    if not incoming.raw:
        return dict(incoming.query)
    if kind == "application/json":
        return {**incoming.query, **json.loads(incoming.raw)}
    if kind == "application/x-www-form-urlencoded":
        return {**incoming.query, **dict(parse_qsl(incoming.raw.decode(), keep_blank_values=True))}
    raise ValueError(kind)


def _answer_of(execution: Execution) -> Answer:
    """What the scenario says; “Accepted” where it came to no response, 500 where it failed before."""
    if execution.answer is None:
        return Answer(500, b"Scenario failed to complete.") if execution.status == "error" else ACCEPTED
    status, body, headers = execution.answer
    return Answer(status, body.encode(), headers)
