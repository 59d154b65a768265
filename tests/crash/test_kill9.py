"""kill -9 of the process group while sends are in flight: no step lost, none sent twice, none started after STOP.

A real `recovery serve` against the sandbox in a process of its own, on a clock that all share. Each round reports
calls over HTTP, says STOP for some, and kills the group while texts are on their way. What the sandbox received is
held against what the store says, once the last start has settled everything.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
import requests
from sqlalchemy import func, select

from sidecar.clock import FileClock
from sidecar.sandbox import RemoteSandbox
from sidecar.shipped import shipped
from sidecar.store.database import opened
from sidecar.store.keys import Keys
from sidecar.store.tables import calls, steps

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from sidecar.store.database import Store

pytestmark = pytest.mark.alone

ROUNDS = 10
CALLS = 66
ANSWERED = 60
"""Reports answered with 2xx before each kill, at least."""
STOPS = 6
LATE_ROUNDS = 3
"""In the last rounds it is the second texts, two hours after the first, that are on their way."""
BOUND = 60.0
MORNING = datetime(2026, 11, 18, 9, 0, tzinfo=UTC)
NUMBERS = [f"+4411749600{index:02d}" for index in range(20)]
LATENCY = 0.5
"""Seconds for which the sandbox's Twilio thinks about each text."""
GRACE = timedelta(milliseconds=20)
"""Two processes read one clock, one after the other."""

PLAYBOOK = """\
name: two-texts
version: 1
summary: A text at once, a second after two hours.
steps:
  - name: first
    channel: sms
    after: {wait: 0s}
    words:
      known: "First text to {first_name} from {company}. STOP to opt out"
      unknown: "First text from {company}. STOP to opt out"
  - name: second
    channel: sms
    after: {step: first, wait: 2h}
    words:
      known: "Second text to {first_name} from {company}. STOP to opt out"
      unknown: "Second text from {company}. STOP to opt out"
"""


@dataclass
class Load:
    """What the world did, as far as it was told that it is durable."""

    calls: dict[str, str] = field(default_factory=dict)
    """Call's id → caller, of each report that was answered 2xx."""
    stopped: dict[str, datetime] = field(default_factory=dict)
    """Caller → when their STOP had been answered."""
    maybe_stopped: set[str] = field(default_factory=set)
    """STOPs whose answer nobody heard."""


class Service:
    """`recovery serve` in a process group of its own."""

    def __init__(self, place: Path, environment: dict[str, str], port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self._place = place
        self._environment = environment
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        code = "from sidecar.cli.serve import serve; serve()"
        with (self._place / "serve.log").open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-c", code], cwd=self._place, env=self._environment, stdout=log, stderr=log,
                start_new_session=True,
            )  # fmt: skip
        until(self._ready, "readiness")

    def _ready(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, (self._place / "serve.log").read_text()[-2000:]
        try:
            return requests.get(f"{self.url}/readyz", timeout=5).ok
        except requests.ConnectionError:
            return False

    def kill(self) -> None:
        """As a power cut would, but for the machine."""
        if self._process is not None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait(BOUND)
            until(self._closed, "the end of the worker")
            self._process = None

    def _closed(self) -> bool:
        """The worker is a grandchild: it has gone when nobody listens any more."""
        try:
            requests.get(f"{self.url}/healthz", timeout=5)
        except requests.RequestException:
            return True
        return False


def until(condition: Callable[[], object], what: str, bound: float = BOUND) -> None:
    """Wait for a condition, with a bound."""
    end, pause = time.monotonic() + bound, threading.Event()
    while not condition():
        assert time.monotonic() < end, f"{what} did not come about in {bound} s"
        pause.wait(0.02)


@pytest.fixture
def clock(tmp_path: Path) -> FileClock:
    return FileClock.create(tmp_path / "clock", MORNING)


@pytest.fixture
def vendor(tmp_path: Path, clock: FileClock) -> Iterator[RemoteSandbox]:
    command = [sys.executable, "-m", "sidecar.sandbox", "--clock-file", str(tmp_path / "clock")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        remote = RemoteSandbox(json.loads(running.stdout.readline())["base_url"])
        remote.do("fault", vendor="twilio", operation="messages.create", kind="latency", seconds=LATENCY)
        yield remote
        running.kill()


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    with opened(store_url) as store:
        yield store


@pytest.fixture
def key(store: Store, clock: FileClock) -> str:
    return Keys(store, clock).create("the load", ["*"], ["*"], None)[1]


@pytest.fixture
def service(tmp_path: Path, store_url: str, vendor: RemoteSandbox, key: str) -> Iterator[Service]:
    twilio = vendor.read("addresses")
    folder = tmp_path / "businesses"
    folder.mkdir()
    (folder / "two-texts.playbook").write_text(PLAYBOOK)
    business = {
        "id": "harbour", "name": "Harbour Plumbing", "agent_name": "Sam", "region": "GB", "zone": "Europe/London",
        "playbook": "./two-texts.playbook",
        "legitimate_interest": {"document": "LIA-1", "reviewed_by": "S. Field", "reviewed_on": "2026-03-03"},
        "numbers": [{"number": number, "mode": "status"} for number in NUMBERS],
        "staff": [{"name": "Sam", "email": "sam@harbour.example"}],
        "twilio": {"account_sid": "${TWILIO_ACCOUNT_SID}", "auth_token": "${TWILIO_AUTH_TOKEN}"},
    }  # fmt: skip
    (folder / "harbour.yaml").write_text(json.dumps(business))  # JSON is YAML
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {
        "PATH": os.environ["PATH"], "PYTHONPATH": str(shipped("schemas").parent),
        "RECOVERY_SECRET": "a secret of the tests, long enough", "RECOVERY_PORT": str(port),
        "RECOVERY_DATABASE_URL": store_url, "RECOVERY_BUSINESSES": str(folder),
        "RECOVERY_CLOCK_FILE": str(tmp_path / "clock"), "RECOVERY_LOG_LEVEL": "warning",
        "TWILIO_ACCOUNT_SID": twilio["account_sid"], "TWILIO_AUTH_TOKEN": twilio["auth_token"],
        "TWILIO_BASE_URL": twilio["twilio_url"],
    }  # fmt: skip
    serving = Service(tmp_path, environment, port)
    yield serving
    serving.kill()


class World:
    """Callers who ring, and some who say STOP."""

    def __init__(self, service: Service, clock: FileClock, key: str) -> None:
        self.load = Load()
        self._service = service
        self._clock = clock
        self._headers = {"Authorization": f"Bearer {key}"}
        self._callers = iter([f"+447700900{index:03d}" for index in range(1000)])

    def post(self, path: str, body: dict[str, Any]) -> bool:
        """Whether it was answered 2xx; False where the answer never came."""
        try:
            answer = requests.post(f"{self._service.url}{path}", json=body, headers=self._headers, timeout=BOUND)
        except requests.RequestException:
            return False
        assert answer.status_code < 500, answer.text
        assert answer.ok, answer.text
        return True

    def miss(self, caller: str) -> None:
        call_id = f"call-{caller[1:]}"
        body = {"call_id": call_id, "to": NUMBERS[int(caller[-2:]) % len(NUMBERS)], "from": caller, "missed": True}
        if self.post("/v1/calls", body):
            self.load.calls[call_id] = caller

    def stop(self, caller: str) -> None:
        self.load.maybe_stopped.add(caller)
        by_text = {
            "message_id": f"message-{caller[1:]}", "channel": "sms", "from": caller, "body": "STOP",
            "to": NUMBERS[int(caller[-2:]) % len(NUMBERS)],
        }  # fmt: skip
        if int(caller[-1]) % 2:
            done = self.post("/v1/messages/inbound", by_text)
        else:
            done = self.post("/v1/contacts/opt-out", {"phone": caller, "evidence": "said so at the door"})
        if done:
            self.load.stopped[caller] = self._clock.now()

    def rush(self, stopping: list[str], enough: threading.Event) -> ThreadPoolExecutor:
        """Everybody rings at once; `enough` is set as soon as most have been answered."""
        callers = [next(self._callers) for _ in range(CALLS)]
        before = len(self.load.calls)

        def ring(caller: str) -> None:
            self.miss(caller)
            if len(self.load.calls) - before >= ANSWERED:
                enough.set()

        crowd = ThreadPoolExecutor(8, thread_name_prefix="crowd")
        for caller in callers[:-STOPS]:
            crowd.submit(ring, caller)
        for caller in [*stopping, *callers[:2]]:
            crowd.submit(self.stop, caller)
        for caller in callers[-STOPS:]:
            crowd.submit(ring, caller)
        return crowd


def in_flight(vendor: RemoteSandbox) -> int:
    seen = vendor.read("requests", vendor="twilio", operation="messages.create")
    return sum(1 for request in seen if request["ended_monotonic"] is None)


def left(store: Store) -> int:
    """Steps that are not settled, but for those that wait for another day."""
    open_steps = (
        select(func.count()).select_from(steps).where(steps.c.state.in_(("planned", "sending", "claimed", "unknown")))
    )
    return int(store.read(lambda tx: tx.conn.execute(open_steps).scalar_one()))


def kill_in_a_rush(world: World, service: Service, vendor: RemoteSandbox, chance: random.Random) -> None:
    """One round: start, ring, say STOP, and kill while texts are on their way."""
    service.start()
    known = [caller for caller in world.load.calls.values() if caller not in world.load.maybe_stopped]
    enough = threading.Event()
    crowd = world.rush(chance.sample(known, min(STOPS, len(known))), enough)
    assert enough.wait(BOUND), "the calls were not taken"
    until(lambda: in_flight(vendor), "a text on its way")
    threading.Event().wait(chance.uniform(0.0, 1.2))
    service.kill()
    crowd.shutdown(wait=True)


def kill_while_due(world: World, service: Service, vendor: RemoteSandbox, chance: random.Random) -> None:
    """One round two hours later: the second texts go out, somebody says STOP, and we kill."""
    service.start()
    until(lambda: in_flight(vendor), "a second text on its way")
    known = [caller for caller in world.load.calls.values() if caller not in world.load.maybe_stopped]
    with ThreadPoolExecutor(8) as crowd:
        list(crowd.map(world.stop, chance.sample(known, STOPS)))
    until(lambda: in_flight(vendor), "a second text on its way")
    threading.Event().wait(chance.uniform(0.0, 0.8))
    service.kill()


def test_nothing_is_lost_sent_twice_or_started_after_a_stop(
    service: Service, vendor: RemoteSandbox, store: Store, clock: FileClock, key: str
) -> None:
    chance = random.Random(20_261_122)
    world = World(service, clock, key)
    for _ in range(ROUNDS - LATE_ROUNDS):
        kill_in_a_rush(world, service, vendor, chance)
    clock.jump(clock.now() + timedelta(hours=2))
    for _ in range(LATE_ROUNDS):
        kill_while_due(world, service, vendor, chance)
    service.start()
    clock.set_speed(4.0)
    with contextlib.suppress(AssertionError):
        until(lambda: left(store) == 0, "the end of all work", 30.0)
    clock.jump(clock.now() + timedelta(hours=2))  # first texts that went out late have a late second
    until(lambda: left(store) == 0, "the end of all work", 2 * BOUND)
    judge(world.load, vendor, store)


def judge(load: Load, vendor: RemoteSandbox, store: Store) -> None:
    """Hold what the sandbox received against what the world and the store say."""
    rows = store.read(lambda tx: tx.conn.execute(select(calls)).mappings().all())
    known = {row["call_id"]: row for row in rows}
    assert set(load.calls) <= set(known), "a call that was answered 2xx is not on record"
    texts = Counter((text["to"], text["body"].split()[0]) for text in vendor.read("texts"))
    twice = {text: times for text, times in texts.items() if times > 1}
    assert not twice, "sent twice"
    for call_id in load.calls:
        row = known[call_id]
        if row["decision"] != "opened":
            assert row["caller"] in load.maybe_stopped, f"{row['decision']} for no reason"
            continue
        states = {
            step["name"]: step["state"]
            for step in store.read(
                lambda tx, row=row: tx.conn.execute(  # type: ignore[misc]
                    select(steps).where(steps.c.sequence_id == row["sequence_id"])
                ).mappings().all()
            )
        }  # fmt: skip
        for step, word in (("first", "First"), ("second", "Second")):
            arrived = texts[row["caller"], word]
            assert arrived == (states[step] == "sent"), f"{step} is {states[step]}, the provider has {arrived}"
            assert states[step] == "sent" or row["caller"] in load.maybe_stopped, f"{step} was lost: {states[step]}"
    began = vendor.read("requests", vendor="twilio", operation="messages.create")
    for request in began:
        if request["body"] is None:
            continue  # its sender was killed before the body had left: nothing was asked for
        stopped = load.stopped.get(request["body"]["To"])
        confirmation = request["body"]["Body"].startswith("You will get no more")
        if stopped is not None and not confirmation:
            at = datetime.fromisoformat(request["at"])
            assert at <= stopped + GRACE, f"started {at - stopped} after the STOP"
    assert len(load.stopped) > ROUNDS, "hardly anybody said STOP"
