"""The stage of one scenario: a clock, the sandbox, ``recovery serve`` and its database; and what people do on it."""

from __future__ import annotations

import math
import os
import threading
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from sidecar.clock import FileClock
from sidecar.demo.pulse import Pulse, read_log_to, take_pulse
from sidecar.demo.serving import Serving
from sidecar.demo.wording import spoken
from sidecar.record.timeline import Timeline
from sidecar.sandbox import Sandbox
from sidecar.store import migrate
from sidecar.store.database import open_store

if TYPE_CHECKING:
    from collections.abc import Callable

    from sidecar.demo.cast import Caller
    from sidecar.sandbox.twilio_stories import How

T = TypeVar("T")

PUBLIC_URL = "https://recovery.hartley.example"
"""How Twilio knows us; it signs this address, and the sandbox brings the post to where ``serve`` really listens."""

BUSINESS_ID = "hartley-sons"
NUMBER = "+441174960123"
STAFF_NUMBER = "+447700900201"

_BEFORE = timedelta(minutes=5)
"""For starting ``serve``, so that the play begins to the second."""
_LOOK_SECONDS = 0.02
_LOG_EVERY = timedelta(seconds=60)
_DOUBT_SPEED = 10.0
_RING_SECONDS = 20.0
_REST_SECONDS = 45
_START_SECONDS = 60
_NOTES = ("communications.create", "calls.create", "emails.create")
_SKIP_FROM = 1.5
"""Seconds: a wait that is shorter is waited for, a longer one is skipped."""


class NotSeen(Exception):
    """Something that had to happen did not: what was expected, and what was seen instead."""

    def __init__(self, expected: str, seen: str) -> None:
        super().__init__(f"expected: {expected}\nseen: {seen}")
        self.expected = expected
        self.seen = seen


@dataclass(frozen=True, slots=True)
class Pace:
    """How waits are played: skipped at once, in ``glide`` real seconds each, or ``speed`` times as fast as they are."""

    speed: float | None = None
    glide: float = 0.0


class World:
    """One scenario's stage. ``tick`` is called all the while, so that somebody can tell what happens."""

    def __init__(self, folder: Path, starts: datetime, caller: Caller, pace: Pace) -> None:
        """Everything of the run is in ``folder``; the clock shows ``starts`` (aware) when the play begins."""
        self.folder = folder
        self.caller = caller
        self.clock = FileClock.create(folder / "clock", starts - _BEFORE)
        self.sandbox = Sandbox(self.clock.now, pass_time=self._ring_out)
        self.sandbox.deliver_automatically = True
        self.sandbox.twilio_number(NUMBER)
        self.sandbox.voice_script(caller.picks_up, when="asked")
        url = f"sqlite:///{folder / 'recovery.db'}"
        self._settings = self._environment(url)
        environ = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        environ["PYTHONPATH"] = str(Path(__file__).parents[2])
        self.serving = Serving({**environ, **self._settings}, folder)
        self._settings["RECOVERY_PORT"] = str(self.serving.port)
        self.call_at = starts
        """When the caller gave up, 0:00 of the timeline; before that, when the play begins."""
        self.tick: Callable[[], None] = lambda: None
        self.say: Callable[[str, str], None] = lambda _actor, _words: None
        self.call_was = False
        """Whether the call that counts has been placed."""
        self._pace = pace
        self._speed = 1.0
        self._up = False
        self.opened = False
        self._ended: set[str] = set()

    def _environment(self, url: str) -> dict[str, str]:
        """The settings of ``serve``, as an operator would export them; kept beside the database."""
        sandbox = self.sandbox
        written = Path(__file__).with_name("business.yaml").read_text(encoding="utf-8")
        business = self.folder / "business.yaml"
        business.write_text(written.replace("port: 2525", f"port: {sandbox.smtp_port}"), encoding="utf-8")
        return {
            "RECOVERY_SECRET": "the demo's own secret, of no use elsewhere",
            "RECOVERY_DATABASE_URL": url,
            "RECOVERY_BUSINESSES": str(business),
            "RECOVERY_PUBLIC_URL": PUBLIC_URL,
            "RECOVERY_CLOCK_FILE": str(self.folder / "clock"),
            "TWILIO_ACCOUNT_SID": sandbox.account_sid,
            "TWILIO_AUTH_TOKEN": sandbox.auth_token,
            "TWILIO_BASE_URL": sandbox.twilio_url,
            "RETELL_API_KEY": sandbox.retell_api_key,
            "RETELL_BASE_URL": sandbox.retell_url,
            "HUBSPOT_ACCESS_TOKEN": sandbox.hubspot_token,
            "HUBSPOT_BASE_URL": sandbox.hubspot_url,
        }

    # --- life -----------------------------------------------------------------------------------------------------

    def open(self) -> None:
        """Make the tables, start the sandbox and ``serve``, and wait until its SDKs are loaded."""
        lines = (f'{name}="{value}"\n' for name, value in self._settings.items())
        (self.folder / "demo.env").write_text("".join(lines), encoding="utf-8")
        url = self._settings["RECOVERY_DATABASE_URL"]
        migrate.upgrade(url)
        self.store = open_store(url)
        self.record = Timeline(self.store)
        self.sandbox.start()
        self.opened = True
        self.sandbox.point_at(self.serving.url, PUBLIC_URL)
        if self.caller.email is not None:
            self.sandbox.hubspot_contact(
                self.caller.first, self.caller.last, self.caller.phone, self.caller.email,
                deal_stage=self.caller.deal_stage,
            )  # fmt: skip
        self.start()
        self.until("`recovery serve` loads the vendors' SDKs", self._is_warm, _START_SECONDS)
        self.clock.jump(self.call_at)
        self.until("Twilio's log is read", lambda: self.last_look() >= self.call_at)

    def start(self) -> None:
        """Start ``serve`` and wait until it is ready."""
        self.serving.start()
        self._up = True
        self.until(
            "`recovery serve` is ready", lambda: self.serving.checks().get("database", (False, ""))[0], _START_SECONDS
        )

    def _is_warm(self) -> bool:
        return self.serving.checks().get("vendors", (True, ""))[1] != "loading"

    def kill(self) -> None:
        """Kill -9, as a power cut does; the vendors let go of what they held for it."""
        self.tick()
        self._up = False
        self.serving.kill()
        self.sandbox.clear_faults()

    def close(self) -> None:
        """End every process and server."""
        self._up = False
        self.serving.stop()
        if self.opened:
            self.sandbox.stop()
            self.store.close()

    # --- people ---------------------------------------------------------------------------------------------------

    def ring(self, how: How = "staff_voicemail") -> None:
        """The caller rings our number; Twilio posts what it posts, signed, and follows our TwiML."""
        self._rings()
        ends = "then its voicemail picks up" if how == "staff_voicemail" else "nobody picks up"
        self.say("staff", f"Sam's mobile rings 18 s, {ends}")
        self.sandbox.miss_call(NUMBER, self.caller.phone, how=how)

    def _rings(self) -> None:
        again = " again" if self.call_was else ""
        self.say("caller", f"{self.caller.called} rings {spoken(NUMBER)}{again}")

    def _ring_out(self, seconds: float) -> None:
        """Sam's mobile rings for a while: nobody waits for it here."""
        self.clock.jump(self.clock.now() + timedelta(seconds=seconds))
        if not self.call_was:
            self.call_at = self.clock.now()
        self.call_was = True

    def lose_call(self) -> None:
        """The caller rings, nobody picks up, and none of Twilio's webhooks arrives: only its log knows."""
        self._rings()
        # To the second: Twilio's log is no more exact than that.
        self.clock.jump((self.clock.now() + timedelta(seconds=18)).replace(microsecond=0))
        self.call_at, self.call_was = self.clock.now(), True
        self.sandbox.lost_call(NUMBER, self.caller.phone, status="no-answer", dial_status="no-answer")

    def text(self, words: str) -> None:
        """The caller texts our number."""
        self.sandbox.text_us(self.caller.phone, NUMBER, words)

    def person(self) -> dict[str, Any] | None:
        """Everything on record about the caller."""
        contact_id = self.record.contact_with(BUSINESS_ID, self.caller.phone)
        return None if contact_id is None else self.record.person(BUSINESS_ID, contact_id)

    # --- time -----------------------------------------------------------------------------------------------------

    def until(self, what: str, condition: Callable[[], T], seconds: float = 15.0) -> T:
        """Wait (in real time, bounded) until a condition holds; gives what it gave.

        Raises:
            NotSeen: it did not come to hold, or ``serve`` died meanwhile.
        """
        deadline = time.monotonic() + seconds
        while not (found := condition()):
            self.tick()
            if self._up and not self.serving.running:
                raise NotSeen(what, "`recovery serve` ended")
            if time.monotonic() > deadline:
                raise NotSeen(what, f"nothing of the kind within {seconds:g} s")
            threading.Event().wait(_LOOK_SECONDS)
        self.tick()
        return found

    def settle(self) -> None:
        """Wait until nothing is due or under way, neither in the sidecar nor at the vendors."""
        busy: tuple[str, ...] = ()

        def rests() -> bool:
            nonlocal busy
            pulse = self._pulse()
            # Doubts are asked about every two seconds of the clock: that much may pass faster.
            self._run_at(_DOUBT_SPEED if pulse.doubts else 1.0)
            busy = pulse.busy if self.sandbox.poster.idle else (*pulse.busy, "a vendor is posting")
            return not busy

        try:
            self.until("the sidecar comes to rest", rests, _REST_SECONDS)
        except NotSeen as stuck:
            raise NotSeen(stuck.expected, f"{', '.join(busy)}, for {_REST_SECONDS} s") from stuck
        finally:
            self._run_at(1.0)

    def _pulse(self) -> Pulse:
        return self.store.read(lambda tx: take_pulse(tx, self.clock.now))

    def live(self, **span: float) -> None:
        """Let time pass (``minutes=60``), stopping at each moment at which something is due."""
        end = self.clock.now() + timedelta(**span)
        self._live_to(end)
        self.forward(end)

    def play_out(self) -> None:
        """Let time pass until nothing is due any more."""
        self._live_to(self.clock.now() + timedelta(days=1))

    def _live_to(self, end: datetime) -> None:
        while True:
            self.settle()
            if self._end_calls():
                continue
            pulse = self._pulse()
            if pulse.busy:
                continue
            if pulse.next_at is None or pulse.next_at > end:
                return
            self.forward(pulse.next_at)

    def _end_calls(self) -> bool:
        """The agent's call rings a while, then ends as the caller's script says; whether there was one."""
        ringing = next((call for call in self.sandbox.calls_placed if call.call_id not in self._ended), None)
        if ringing is None:
            return False
        self._ended.add(ringing.call_id)
        self.forward(ringing.at + timedelta(seconds=_RING_SECONDS))
        self.sandbox.finish_call(ringing.call_id)
        return True

    def forward(self, to: datetime) -> None:
        """Be at that moment: skip there, glide there, or play the wait at the speed that was asked for."""
        begun, left = self.clock.now(), (to - self.clock.now()).total_seconds()
        if left <= 0:
            return
        if left <= _SKIP_FROM:
            self.until("the clock goes on", lambda: self.clock.now() >= to)
            return
        speed = self._pace.speed or (left / self._pace.glide if self._pace.glide else math.inf)
        since = time.monotonic()

        def moved() -> bool:
            # By jumps, so that a clock that is fast does not run past its aim.
            passed = min((time.monotonic() - since) * speed, left) if speed < math.inf else left
            self.clock.jump(max(begun + timedelta(seconds=passed), self.clock.now()))
            return passed >= left

        self.until("the clock goes on", moved, left / speed + 15)

    def _run_at(self, speed: float) -> None:
        if speed != self._speed:
            self.clock.set_speed(speed)
            self._speed = speed

    def last_look(self) -> datetime:
        """When the sidecar last read Twilio's log to its end; long ago where it never did."""
        return self.store.read(read_log_to) or datetime.min.replace(tzinfo=UTC)

    def pass_a_look(self) -> None:
        """Let the minute pass after which Twilio's log is read again, and wait until it has been."""
        said = "Twilio's log is read every minute"
        self.until(said, lambda: self.last_look() > self.clock.now() - _LOG_EVERY)
        before = self.last_look()
        self.forward(before + _LOG_EVERY)
        self.until(said, lambda: self.last_look() > before)

    def day_later(self) -> None:
        """A day passes; the sidecar is seen at work twice in it, so that silence is its choice."""
        before, self._pace = self._sent(), Pace()
        self.live(hours=24)
        self.pass_a_look()
        self.pass_a_look()
        self.settle()
        if self._sent() == before:
            notes = sum(len(self.sandbox.requests("hubspot", operation)) for operation in _NOTES)
            noted = f"; HubSpot has a note of {'each' if notes > 1 else 'it'}" if notes else ""
            self.say("", f"a day later: nothing more{noted}")

    def _sent(self) -> int:
        return len(self.sandbox.texts) + len(self.sandbox.calls_placed) + len(self.sandbox.emails)
