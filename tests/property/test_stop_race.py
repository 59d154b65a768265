"""STOP against senders that hang: after a STOP has committed no request to that person starts (design §4.3).

Real threads, a real waker and runner on the machine's clock, and a provider in this process that notes when each
request starts and then holds it for up to ten seconds. The STOP comes at adversarial moments around the commit of
the gates; some senders are held up between that commit and their request.

The last two tests are controls: they show that this harness does find the faults that it looks for.
"""

from __future__ import annotations

import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Self

import pytest
from sqlalchemy import func, select

from sidecar.clock import SystemClock
from sidecar.config.business import Number
from sidecar.domain.playbooks import Anchor
from sidecar.domain.reports import CallReport, MessageReport
from sidecar.domain.windows import ALWAYS
from sidecar.engine import sending, stopping
from sidecar.engine.gating import Key
from sidecar.engine.results import ClaimGranted
from sidecar.store import contacts
from sidecar.store.tables import addresses, sequences, steps
from sidecar.store.tables import contacts as people
from tests.support import world
from tests.support.provider import Provider, Request, plug_in

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sidecar.app import Sidecar
    from sidecar.config.business import Business
    from sidecar.engine.gating import Intent
    from sidecar.store.database import Tx

RACES = 400
CLAIM_RACES = 100
RACERS = 32
SENDERS = 64
BOUND = 60.0
"""Seconds after which a wait is a failure."""
LONGEST_STOP = 6.0
"""Seconds after which a STOP is answered at the latest, where the machine has nothing else to do."""
WRITES_OF_A_STOP = 4
"""Look, bar, commit, and one for luck: what a busy machine makes slower is these, not the wait."""
NUMBER = "+441174960001"

OFFSETS = (0.0, 0.0, 0.0, 0.001, 0.005, 0.02, 0.1, 0.5, 0.9, 0.97, 0.99, 1.0, 1.01, 1.03, 1.5, 1.97, 1.99, 2.0, 2.05)
"""Seconds from the commit of the gates to the STOP."""
HANGS = (0.0, 0.0, 0.01, 0.05, 0.5, 0.95, 0.98, 1.0, 1.02, 1.5, 1.9, 1.98, 2.0, 2.02, 2.5, 3.0, 10.0)
"""Seconds that the provider holds a request."""
PAUSES = (0.0, 0.0, 0.0, 0.0, 0.0, 0.3, 0.9, 0.99, 1.01, 1.2, 1.6, 2.1)
"""Seconds that a sender is held up between its commit and its request."""


def phones(how_many: int) -> list[str]:
    return [f"+4477009{index:05d}" for index in range(how_many)]


@dataclass(frozen=True, slots=True)
class Plan:
    """What one race is made of."""

    offset: float
    hang: float
    pause: float
    later_pause: float = 0.0
    """Of the touches after the first."""
    before_the_call: bool = False


@dataclass(frozen=True, slots=True)
class Stop:
    """When somebody said STOP, and when that had committed."""

    phone: str
    told: float
    committed: float

    @property
    def seconds(self) -> float:
        return self.committed - self.told


def plans(how_many: int) -> list[Plan]:
    chance = random.Random(20_261_122)
    return [
        Plan(
            chance.choice(OFFSETS),
            chance.choice(HANGS),
            chance.choice(PAUSES),
            chance.choice((0.0, 0.0, 0.9)),
            before_the_call=chance.random() < 0.05,
        )
        for _ in range(how_many)
    ]


def is_confirmation(request: Request) -> bool:
    """The one text that a STOP is answered with."""
    return request.step.startswith("confirm")


def late(requests: list[Request], stops: list[Stop]) -> list[Request]:
    """Requests that started although that person's STOP had been committed before; its confirmation may."""
    committed = {stop.phone: stop.committed for stop in stops}
    return [
        seen for seen in requests if seen.begun > committed.get(seen.to, float("inf")) and not is_confirmation(seen)
    ]


def eager_business() -> Business:
    """Three texts, all due with the call, at any hour: they queue for one person's lease."""
    acme, _ = world.businesses()
    first = replace(acme.playbook.steps[0], deadline=None)
    return replace(
        acme,
        preset=replace(acme.preset, windows=dict.fromkeys(acme.preset.windows, ALWAYS)),
        playbook=replace(
            acme.playbook,
            steps=(first, *(replace(first, name=name, after=(Anchor("call"),)) for name in ("second", "third"))),
        ),
        numbers=(Number(NUMBER, texts_per_second=100_000.0),),
        max_touches_per_day=100,
        staff=(),
    )


class Arena:
    """A started sidecar, with hooks at the two moments that matter."""

    def __init__(self, sidecar: Sidecar, business: Business, provider: Provider) -> None:
        self.sidecar = sidecar
        self.business = business
        self.provider = provider
        self.plan: dict[str, Plan] = {}
        self._gated: dict[str, threading.Event] = {}
        self._lock = threading.Lock()
        self._nothing = threading.Event()
        provider.hold = lambda request: self.wait(0.0 if is_confirmation(request) else self.plan[request.to].hang)
        sender = sidecar.runner._sender
        send = sender.send

        def held_up(intent: Intent, committed: float) -> None:
            plan, gated = self.plan[intent.outgoing.to], self.gated(intent.outgoing.to)
            pause = plan.later_pause if gated.is_set() else plan.pause
            gated.set()
            self.wait(0.0 if intent.outgoing.step.startswith("confirm") else pause)
            send(intent, committed)

        sender.send = held_up  # type: ignore[method-assign]

    def wait(self, seconds: float) -> None:
        """The passing of real time is the subject here: what hangs, hangs in seconds."""
        if seconds:
            self._nothing.wait(seconds)

    def gated(self, phone: str) -> threading.Event:
        """Set when the gates have let the first touch to this person go and that has committed."""
        with self._lock:
            return self._gated.setdefault(phone, threading.Event())

    def miss(self, phone: str, call_id: str | None = None) -> Any:
        report = CallReport(
            call_id or f"CA{phone}", "twilio", self.sidecar.clock.now(), to=NUMBER, caller=phone, status="no-answer",
            ended_at=self.sidecar.clock.now(),
        )  # fmt: skip
        return self.sidecar.intake.call(self.business, report, source="twilio")

    def stop(self, phone: str) -> Stop:
        told = time.monotonic()
        report = MessageReport(f"SM{phone}", "sms", self.sidecar.clock.now(), NUMBER, phone, "STOP")
        self.sidecar.intake.message(self.business, report, source="twilio")
        return Stop(phone, told, time.monotonic())

    def read(self, work: Callable[[Tx], Any]) -> Any:
        return self.sidecar.store.read(work)

    def settled(self) -> None:
        """Wait until every step has gone as far as it can."""
        busy = select(steps).where(steps.c.state.in_(("planned", "sending")))
        deadline = time.monotonic() + BOUND
        while left := self.read(lambda tx: tx.conn.execute(busy).mappings().all()):
            assert time.monotonic() < deadline, f"{len(left)} steps are still under way, as {dict(left[0])}"
            self.wait(0.05)


class Pulse:
    """How slow the store is just now: the longest of many empty writes, in seconds."""

    def __init__(self, arena: Arena) -> None:
        self._arena = arena
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._beat, name="pulse")
        self.longest = 0.0

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _beat(self) -> None:
        while not self._over.is_set():
            begun = time.monotonic()
            self._over.wait(0.02)
            self._arena.sidecar.store.write(lambda _tx: None)
            self.longest = max(self.longest, time.monotonic() - begun - 0.02)

    def allows(self, seconds: float) -> bool:
        """Whether a STOP may have taken that long on a machine as busy as this."""
        return seconds <= LONGEST_STOP + WRITES_OF_A_STOP * self.longest


class NoLog:
    """A provider's log with nothing in it."""

    def calls_since(self, *_: object, **__: object) -> list[Any]:
        return []

    def messages_since(self, *_: object, **__: object) -> list[Any]:
        return []


@pytest.fixture
def arena(store_url: str) -> Iterator[Arena]:
    business, clock = eager_business(), SystemClock()
    provider = Provider(clock.now)
    with (
        world.hasty_sqlite(),
        world.sidecar(store_url, clock, (business,), send_threads=SENDERS) as built,
    ):
        plug_in(built, provider, longest=timedelta(seconds=12))
        built.reconcile._log = NoLog()  # type: ignore[assignment]
        built._warm_up = lambda: None  # type: ignore[method-assign]
        arena = Arena(built, business, provider)
        built.start()
        try:
            yield arena
        finally:
            built._chores.stop()
            built.waker.stop()
            built._running.close()


def race(arena: Arena, phone: str) -> Stop:
    plan = arena.plan[phone]
    if plan.before_the_call:
        with ThreadPoolExecutor(1) as other:
            calling = other.submit(arena.miss, phone)
            stopped = arena.stop(phone)
            calling.result(BOUND)
        return stopped
    arena.miss(phone)
    assert arena.gated(phone).wait(BOUND), "the first text was never let go"
    arena.wait(plan.offset)
    return arena.stop(phone)


def run_races(arena: Arena, how_many: int) -> list[Stop]:
    callers = phones(how_many)
    arena.plan.update(zip(callers, plans(how_many), strict=True))
    with ThreadPoolExecutor(RACERS, thread_name_prefix="racer") as racers:
        return list(racers.map(lambda phone: race(arena, phone), callers))


def test_no_request_starts_after_a_stop(arena: Arena, record_property: Callable[[str, object], None]) -> None:
    with Pulse(arena) as pulse:
        stops = run_races(arena, RACES)
    arena.settled()
    seconds = sorted(stop.seconds for stop in stops)
    p99 = seconds[int(len(seconds) * 0.99) - 1]
    record_property("stop_p99_seconds", round(p99, 3))
    record_property("stop_max_seconds", round(seconds[-1], 3))
    record_property("slowest_write_seconds", round(pulse.longest, 3))
    requests = list(arena.provider.requests)
    assert len({seen.to for seen in requests}) > RACES * 0.8, "hardly anybody was texted: nothing was raced for"
    assert late(requests, stops) == []
    assert pulse.allows(seconds[-1])
    assert seconds[len(seconds) // 20] < 1.9, "a STOP waits although nothing is under way"


def test_nobody_takes_the_lease_that_a_stop_waits_for(arena: Arena) -> None:
    """One request ends just before the STOP's patience does, and the next touch is at the door already."""
    callers = phones(24)
    arena.plan.update(dict.fromkeys(callers, Plan(0.0, 1.8, 0.0, later_pause=0.9)))

    def one(phone: str) -> Stop:
        opened = arena.miss(phone)
        key = Key(arena.business.id, opened.sequence_id, "second")
        assert arena.gated(phone).wait(BOUND)
        with ThreadPoolExecutor(1) as other:
            stopping_now = other.submit(arena.stop, phone)
            while not stopping_now.done():
                arena.sidecar.runner.carry_out(key, "sms")
                arena.wait(0.005)
            return stopping_now.result()

    with ThreadPoolExecutor(8) as racers:
        stops = list(racers.map(one, callers))
    arena.settled()
    assert late(list(arena.provider.requests), stops) == []


def test_no_claim_is_granted_after_a_stop(arena: Arena) -> None:
    """A claim granted before the STOP is the one exception, and the STOP's answer names it."""
    callers = phones(CLAIM_RACES)
    arena.plan.update(dict.fromkeys(callers, Plan(0.0, 0.0, 0.0)))
    arena.sidecar.waker.stop()  # a flow drives: nobody else sends
    chance = random.Random(7)
    moments = {phone: chance.choice((0.0, 0.0, 0.001, 0.003, 0.01, 0.03)) for phone in callers}

    def claim(phone: str, sequence_id: str, step: str, gate: threading.Barrier) -> tuple[float, Any]:
        gate.wait(BOUND)
        begun = time.monotonic()
        return begun, arena.sidecar.claims.claim(arena.business, sequence_id, step)

    def stop(phone: str, gate: threading.Barrier) -> tuple[Stop, Any]:
        gate.wait(BOUND)
        arena.wait(moments[phone])
        told = time.monotonic()
        result = arena.sidecar.intake.opt_out(arena.business, phone=phone, source="api")
        return Stop(phone, told, time.monotonic()), result

    def one(phone: str) -> int:
        opened = arena.miss(phone)
        gate = threading.Barrier(3)
        with ThreadPoolExecutor(3) as three:
            asked = [three.submit(claim, phone, opened.sequence_id, step, gate) for step in ("acknowledge", "second")]
            stopped, result = three.submit(stop, phone, gate).result(BOUND)
            claims = [task.result(BOUND) for task in asked]
        granted = [(begun, answer) for begun, answer in claims if isinstance(answer, ClaimGranted)]
        assert all(begun < stopped.committed for begun, _ in granted)
        assert {answer.touch_id for _, answer in granted} == set(result.in_flight)
        assert pulse.allows(stopped.seconds)
        again = arena.sidecar.claims.claim(arena.business, opened.sequence_id, "third")
        assert not isinstance(again, ClaimGranted)
        return len(granted)

    with Pulse(arena) as pulse, ThreadPoolExecutor(25) as racers:
        granted = list(racers.map(one, callers))
    assert 0 < sum(granted) <= len(callers), "one at a time, and some of them before the STOP"


def test_a_strangers_first_calls_and_stop_at_once_make_one_person(arena: Arena) -> None:
    """Nobody is made twice: a STOP on one of two halves would leave the other half to be texted."""
    callers = phones(60)
    arena.plan.update(dict.fromkeys(callers, Plan(0.0, 0.0, 0.0)))

    def one(phone: str) -> Stop:
        gate = threading.Barrier(3)

        def call(name: str) -> None:
            gate.wait(BOUND)
            arena.miss(phone, f"{name}{phone}")

        with ThreadPoolExecutor(2) as two:
            calls = [two.submit(call, name) for name in ("CA", "CB")]
            gate.wait(BOUND)
            stopped = arena.stop(phone)
            for task in calls:
                task.result(BOUND)
        return stopped

    with ThreadPoolExecutor(20) as racers:
        stops = list(racers.map(one, callers))
    arena.settled()
    assert late(list(arena.provider.requests), stops) == []

    def look(tx: Tx) -> tuple[int, int, int]:
        known = tx.conn.execute(select(func.count(addresses.c.contact_id.distinct()))).scalar_one()
        whole = tx.conn.execute(select(func.count()).select_from(people)).scalar_one()
        left = select(func.count()).select_from(sequences).where(sequences.c.state != "closed")
        return known, whole, tx.conn.execute(left).scalar_one()

    assert arena.read(look) == (len(callers), len(callers), 0)


# --- controls: the harness can fail --------------------------------------------------------------------------------


def test_a_sender_that_only_reads_first_is_caught(arena: Arena) -> None:
    """Read the suppression, then send: what everybody writes first."""
    callers = phones(96)
    arena.plan.update(dict.fromkeys(callers, Plan(0.0, 0.0, 0.0)))
    context, provider = arena.sidecar.context, arena.provider

    def send(phone: str, read: threading.Event, stop_is_in: threading.Event) -> None:
        hashed = context.key_hash(arena.business.id, "phone", phone)
        stopped = arena.read(lambda tx: contacts.is_suppressed(tx, arena.business.id, [hashed]))
        read.set()
        stop_is_in.wait(BOUND)  # the time that a CRM, a template or a full pool may take
        if not stopped:
            now = arena.sidecar.clock.now()
            provider.requests.append(
                Request("t", arena.business.id, "s", "text", "sms", phone, NUMBER, now, time.monotonic())
            )

    def one(phone: str) -> Stop:
        read, stop_is_in = threading.Event(), threading.Event()
        with ThreadPoolExecutor(1) as sender:
            sending_now = sender.submit(send, phone, read, stop_is_in)
            read.wait(BOUND)
            stopped = arena.stop(phone)
            stop_is_in.set()
            sending_now.result(BOUND)
        return stopped

    with ThreadPoolExecutor(16) as racers:
        stops = list(racers.map(one, callers))
    caught = late(list(provider.requests), stops)
    assert len(caught) > 10


def test_a_stop_that_does_not_wait_is_caught(arena: Arena, monkeypatch: pytest.MonkeyPatch) -> None:
    """The real engine without its wait, and with senders that start when they like."""
    monkeypatch.setattr(stopping, "WAIT_SECONDS", 0.0)
    monkeypatch.setattr(sending, "START_WITHIN", 60.0)
    callers = phones(40)
    arena.plan.update(dict.fromkeys(callers, Plan(0.0, 0.0, 5.0)))
    with ThreadPoolExecutor(40) as racers:
        stops = list(racers.map(lambda phone: race(arena, phone), callers))
    arena.settled()
    assert len(late(list(arena.provider.requests), stops)) > 10
