"""The composition root: one settings value in, one :class:`Sidecar` out. Nothing is started by building it."""

from __future__ import annotations

import contextlib
import threading
from datetime import timedelta
from typing import TYPE_CHECKING

import structlog

from sidecar.channels.retell.client import RetellClients
from sidecar.channels.retell.voice import RetellVoice
from sidecar.channels.smtp import SmtpEmail
from sidecar.channels.staff import StaffDesk, webhook_secret
from sidecar.channels.twilio.client import TwilioClients
from sidecar.channels.twilio.log import TwilioLog
from sidecar.channels.twilio.sms import TwilioSms
from sidecar.clock import from_environment
from sidecar.config.loader import load_businesses
from sidecar.config.settings import environment
from sidecar.crm import Crms
from sidecar.domain.windows import first_open
from sidecar.engine.chores import Chores
from sidecar.engine.claims import Claims
from sidecar.engine.context import Context
from sidecar.engine.deliveries import Deliveries
from sidecar.engine.driving import Driving
from sidecar.engine.due import Due
from sidecar.engine.facts import windows
from sidecar.engine.forgetting import Forgetting
from sidecar.engine.hand import Answers, Hand, Looking, report_flow_error
from sidecar.engine.intake import Intake
from sidecar.engine.opt_out_rate import LOOK_EVERY, OptOutRate
from sidecar.engine.outgoing_hooks import Hooks
from sidecar.engine.reconcile import LOG_EVERY, WON_EVERY, Reconcile
from sidecar.engine.retention import LOOK_EVERY as RETENTION_EVERY
from sidecar.engine.retention import Retention
from sidecar.engine.runner import Runner
from sidecar.engine.sending import Sender
from sidecar.engine.subscriptions import Subscriptions
from sidecar.engine.waker import Waker
from sidecar.record.timeline import Timeline
from sidecar.store import migrate, record, sequences, touches
from sidecar.store.database import open_store
from sidecar.store.keys import Keys
from sidecar.store.listening import Listening
from sidecar.store.lock import ProcessLock
from sidecar.web import rows

if TYPE_CHECKING:
    from collections.abc import Callable

    from sidecar.channels.port import Channel
    from sidecar.clock import Clock
    from sidecar.config.business import Business, Businesses
    from sidecar.config.settings import Settings
    from sidecar.store.database import Tx

log = structlog.get_logger(__name__)

CONNECT_SECONDS = 1.0
"""A request starts within 1 s of its intent, and is on the wire within one more: a STOP waits for two."""

DOUBTS_EVERY = timedelta(seconds=2)
FORGET_EVERY = timedelta(hours=1)


class Sidecar:
    """Every part, put together. ``start`` begins to act; a web process that only answers need not."""

    def __init__(self, settings: Settings, clock: Clock, businesses: Businesses) -> None:
        self.settings = settings
        self.clock = clock
        self.businesses = businesses
        secret = settings.secret.get_secret_value()
        self.store = open_store(settings.database_url.get_secret_value())
        self.context = Context(self.store, clock, businesses, secret, settings.public_url)
        self.twilio = TwilioClients(connect_seconds=CONNECT_SECONDS)
        self.retell = RetellClients(connect_seconds=CONNECT_SECONDS)
        self.crm = Crms(lambda: clock.now().timestamp())
        sms, voice, email = TwilioSms(self.twilio), RetellVoice(self.retell), SmtpEmail()
        channels: dict[str, Channel] = {"sms": sms, "voice": voice, "email": email}
        desk = StaffDesk(sms, email, webhook_secret=lambda business_id: webhook_secret(secret, business_id))
        warm: dict[str, Callable[[Business], object]] = {"sms": self.twilio.of, "voice": self.retell.of}
        self.runner = Runner(
            self.context, Sender(self.context, channels), self.crm, threads=settings.send_threads, warm=warm
        )
        self._hooks = Hooks(self.context)
        self.deliveries = Deliveries(
            self.context,
            self._hooks,
            desk,
            self.crm,
            voice,
            threads=max(4, settings.send_threads // 2),
        )
        self.intake = Intake(self.context)
        self.forgetting = Forgetting(self.context)
        self.retention = Retention(self.context, self.forgetting)
        self.opt_out_rate = OptOutRate(self.context)
        self.reconcile = Reconcile(self.context, channels, TwilioLog(self.twilio), self.crm, self.intake)
        self.waker = Waker(clock, Due(self.context, self.runner, self.deliveries).hand_out)
        self.driving = Driving(self.context, self.runner, self.waker.ring)
        self.claims = Claims(self.context, self.driving, self.runner)
        self.hand = Hand(self.context)
        self.answers = Answers(self.context, self.driving)
        self.looking = Looking(self.context)
        self.subscriptions = Subscriptions(self.context)
        self.keys = Keys(self.store, clock)
        self.timeline = Timeline(self.store)
        self._chores = Chores(clock)
        self._running = contextlib.ExitStack()
        self._warm = threading.Event()

    def flow_errors(self, business: Business, *, workflow: str, execution_id: str, message: str) -> None:
        """A flow's error workflow reports."""
        report_flow_error(self.context, business, workflow=workflow, execution_id=execution_id, message=message)

    def start(self) -> None:
        """Begin to act: take the lock (SQLite serves one process), refuse an old schema, wake, reconcile.

        Raises:
            RuntimeError: another process serves this database file, or the schema is not up to date.
        """
        url = self.settings.database_url.get_secret_value()
        missing = migrate.pending(url)
        if missing:
            message = f"the database lacks {len(missing)} migration(s); run `recovery db upgrade`"
            raise RuntimeError(message)
        if self.store.is_sqlite:
            self._running.enter_context(ProcessLock(url))
            self.store.write(sequences.give_back_all)
            self.store.write(record.give_back_all)
            self.store.write(touches.give_back_all)
        else:
            listening = Listening(url, self.waker.due)
            listening.start()
            self._running.callback(listening.stop)
        self.store.on_commit = self.waker.due
        self.runner.room.on_room = self.deliveries.room.on_room = self.waker.ring
        self.waker.start()
        self._chores.every(DOUBTS_EVERY, self.reconcile.doubts, name="doubts")
        self._chores.every(LOG_EVERY, self.reconcile.logs, name="logs")
        self._chores.every(WON_EVERY, self.reconcile.won, name="won")
        self._chores.every(LOOK_EVERY, self.opt_out_rate.look, name="opt-out rate")
        self._chores.every(RETENTION_EVERY, self.retention.look, name="retention")
        self._chores.every(FORGET_EVERY, lambda: self.store.write(self._forget_old_keys), name="old keys")
        self._chores.start()
        threading.Thread(target=self._warm_up, name="warm-up", daemon=True).start()

    def _forget_old_keys(self, tx: Tx) -> None:
        rows.forget_old_keys(tx, self.clock.now())

    def _warm_up(self) -> None:
        """Load what the first call would wait for: SDKs (1.7 s for Retell's alone) and the holidays' tables."""
        for business in self.businesses:
            for prepare, section in ((self.twilio.of, business.twilio), (self.retell.of, business.retell)):
                if section is not None:
                    prepare(business)
        if any(business.hubspot is not None for business in self.businesses):
            self.crm.warm()
        now = self.clock.now()
        for business in self.businesses:
            first_open(windows(business, "voice", None), now)
        self._warm.set()

    def stop(self) -> None:
        """Finish what is under way, take nothing new, let go of everything."""
        self._chores.stop()
        self.waker.stop()
        self._running.close()
        self.close()

    def close(self) -> None:
        """Let go of threads, connections and the database; for those who built but never started."""
        self.runner.stop()
        self.deliveries.stop()
        self.reconcile.stop()
        self._hooks.close()
        self.store.close()
        self.twilio.close()
        self.retell.close()
        self.crm.close()

    def ready(self) -> list[tuple[str, bool, str]]:
        """For ``/readyz``: each part, whether it is well, and a word on it."""
        try:
            self.store.read(lambda tx: tx.db_time())
        except Exception as error:  # noqa: BLE001 - whatever it is, we are not ready
            return [("database", False, type(error).__name__)]
        # Cold, the first call is answered too, a second or two later: no reason to send it elsewhere.
        vendors = ("vendors", True, "loaded" if self._warm.is_set() else "loading")
        return [("database", True, "sqlite" if self.store.is_sqlite else "postgresql"), vendors]


def build(settings: Settings, clock: Clock | None = None, businesses: Businesses | None = None) -> Sidecar:
    """Put the parts together.

    Raises:
        ConfigError: a business file is wrong; with file, line, field and remedy.
    """
    clock = clock or from_environment(str(settings.clock_file) if settings.clock_file else None)
    return Sidecar(settings, clock, businesses or load_businesses(settings.businesses, environment()))
