"""The sandbox as a whole: the vendors' servers, the people behind the phones, and what they were sent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from sidecar.sandbox.control import Control
from sidecar.sandbox.faults import Fault, FaultKind, Faults
from sidecar.sandbox.hubspot import HubSpotApi
from sidecar.sandbox.hubspot_hooks import HubSpotHooks
from sidecar.sandbox.hubspot_seeds import HubSpotSeeds
from sidecar.sandbox.hubspot_store import HubSpotStore
from sidecar.sandbox.listener import Answer, HttpListener, Incoming, json_answer
from sidecar.sandbox.posting import Poster
from sidecar.sandbox.receiver import PREFIXES, Receiver
from sidecar.sandbox.record import Journal
from sidecar.sandbox.retell import RetellApi
from sidecar.sandbox.retell_callee import RetellCallee, VoiceScript
from sidecar.sandbox.smtp import SmtpListener
from sidecar.sandbox.snapshot import snapshot
from sidecar.sandbox.twilio import TwilioApi
from sidecar.sandbox.twilio_caller import TwilioCaller, Ways
from sidecar.sandbox.twilio_log import Call, Number, TwilioBooks, new_sid
from sidecar.sandbox.twilio_stories import CallPlan, CallStory, How, TwilioStories
from sidecar.sandbox.vendor import serve

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from types import TracebackType
    from typing import Self

    from sidecar.sandbox.posting import HttpAnswer
    from sidecar.sandbox.record import (
        Json,
        PlacedCall,
        PostedWebhook,
        ReceivedHook,
        SeenRequest,
        SentEmail,
        SentText,
    )
    from sidecar.sandbox.vendor import Vendor

T = TypeVar("T")
HOST = "127.0.0.1"
DEFAULT_ACCOUNT_SID = "AC" + "5a" * 16
DEFAULT_AUTH_TOKEN = "sandbox-twilio-token"
DEFAULT_RETELL_KEY = "key_sandbox_retell"
DEFAULT_HUBSPOT_TOKEN = "pat-sandbox-hubspot"
DEFAULT_HUBSPOT_SECRET = "sandbox-hubspot-client-secret"
DEFAULT_HUBSPOT_PORTAL = 24680


class Sandbox(HubSpotSeeds):
    """Local stand-ins for Twilio, HubSpot, Retell, SMTP and a webhook receiver, in one process.

    ``now`` is the injected clock (aware UTC). ``pass_time`` moves that clock while a phone rings; without it
    calls lie in the past of ``now``. Ports 0 mean any free one. Use as a context manager, or start and stop.
    """

    def __init__(
        self,
        now: Callable[[], datetime],
        *,
        port: int = 0,
        smtp_port: int = 0,
        pass_time: Callable[[float], object] | None = None,
    ) -> None:
        """Bind both ports at once, so that the addresses are known before anything is served."""
        self.now = now
        self.journal = Journal(now)
        self.faults = Faults()
        self.poster = Poster(self.journal)
        self.books = TwilioBooks(accounts={DEFAULT_ACCOUNT_SID: DEFAULT_AUTH_TOKEN})
        self.caller = TwilioCaller(self.books, self.journal, self.poster)
        self.stories = TwilioStories(self.caller, pass_time)
        self.callee = RetellCallee(self.journal, self.poster)
        self.retell = RetellApi(self.journal, self.callee.ring, self.callee.stop)
        self.callee.api = self.retell
        self.retell.keys.add(DEFAULT_RETELL_KEY)
        self.crm = HubSpotStore(now)
        self.hubspot = HubSpotApi(self.crm, self.journal)
        self.hubspot.tokens.add(DEFAULT_HUBSPOT_TOKEN)
        self.hubspot_hooks = HubSpotHooks(
            self.journal, self.poster, client_secret=DEFAULT_HUBSPOT_SECRET, portal_id=DEFAULT_HUBSPOT_PORTAL
        )
        self.crm.on_change = self.hubspot_hooks.changed
        self.receiver = Receiver(self.journal)
        self._vendors: dict[str, Vendor] = {
            "/twilio": TwilioApi(self.books, self.journal, self.caller.after_create),
            "/hubspot": self.hubspot,
            "/retell": self.retell,
        }
        self._control = Control(self)
        self._http = HttpListener(HOST, port, self._respond)
        self._smtp = SmtpListener(HOST, smtp_port, self.journal, self.faults)

    # -- life ------------------------------------------------------------------------------------------------

    def start(self) -> Self:
        """Serve."""
        self._http.start()
        self._smtp.start()
        return self

    def stop(self) -> None:
        """Release what is held and end all servers and threads."""
        self.faults.clear()
        self._http.stop()
        self._smtp.stop()
        self.poster.stop()

    def __enter__(self) -> Self:
        """Serve until the block ends."""
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop."""
        self.stop()

    def reset(self) -> None:
        """Forget what was recorded, scripted and seeded; accounts, numbers, agents and addresses stay."""
        self.faults.clear()
        self.journal.clear()
        self.books.clear()
        self.callee.clear()
        self.retell.clear()
        self.crm.clear()
        self.receiver.clear()

    # -- addresses and credentials ---------------------------------------------------------------------------

    @property
    def base_url(self) -> str:
        """The HTTP port."""
        return f"http://{self._http.host}:{self._http.port}"

    @property
    def twilio_url(self) -> str:
        """Stands for https://api.twilio.com and https://lookups.twilio.com: keep the path."""
        return self.base_url + "/twilio"

    @property
    def hubspot_url(self) -> str:
        """Stands for https://api.hubapi.com."""
        return self.base_url + "/hubspot"

    @property
    def retell_url(self) -> str:
        """Stands for https://api.retellai.com."""
        return self.base_url + "/retell"

    @property
    def receiver_url(self) -> str:
        """Takes any POST on ``/hooks/…`` and ``/webhook-waiting/…``."""
        return self.base_url

    @property
    def smtp_host(self) -> str:
        """The SMTP server's host."""
        return self._smtp.host

    @property
    def smtp_port(self) -> int:
        """The SMTP server's port (no TLS; any login passes)."""
        return self._smtp.port

    account_sid = DEFAULT_ACCOUNT_SID
    auth_token = DEFAULT_AUTH_TOKEN
    retell_api_key = DEFAULT_RETELL_KEY
    hubspot_token = DEFAULT_HUBSPOT_TOKEN
    hubspot_client_secret = DEFAULT_HUBSPOT_SECRET
    hubspot_portal_id = DEFAULT_HUBSPOT_PORTAL

    def addresses(self) -> Json:
        """Everything that a client needs, as one JSON object."""
        names = (
            "base_url twilio_url hubspot_url retell_url receiver_url smtp_host smtp_port "
            "account_sid auth_token retell_api_key hubspot_token hubspot_client_secret hubspot_portal_id"
        )
        return {name: getattr(self, name) for name in names.split()}

    def point_at(self, app_url: str, public_url: str | None = None, *, retell_webhook_url: str | None = None) -> None:
        """Say where the application listens, under which public base Twilio knows it, and Retell's webhook.

        Twilio signs the public URL and posts to ``app_url``. Retell's default is ``<app_url>/retell/events``.
        """
        self.caller.app_url = app_url.rstrip("/")
        self.caller.public_url = public_url.rstrip("/") if public_url else None
        self.callee.webhook_url = retell_webhook_url or self.caller.app_url + "/retell/events"
        self.hubspot_hooks.app_url, self.hubspot_hooks.public_url = self.caller.app_url, self.caller.public_url

    @property
    def retell_webhook_url(self) -> str | None:
        """Where Retell posts for agents without a ``webhook_url`` of their own."""
        return self.callee.webhook_url

    @retell_webhook_url.setter
    def retell_webhook_url(self, url: str | None) -> None:
        self.callee.webhook_url = url

    @property
    def deliver_automatically(self) -> bool:
        """Whether accepted texts become queued, sent and delivered by themselves (off by default)."""
        return self.caller.deliver_automatically

    @deliver_automatically.setter
    def deliver_automatically(self, on: bool) -> None:
        self.caller.deliver_automatically = on

    @property
    def twilio_opt_outs(self) -> bool:
        """Whether Twilio itself heeds STOP and START (on by default)."""
        return self.caller.opt_outs

    @twilio_opt_outs.setter
    def twilio_opt_outs(self, on: bool) -> None:
        self.caller.opt_outs = on

    # -- what was seen ---------------------------------------------------------------------------------------

    def requests(self, vendor: str | None = None, operation: str | None = None) -> list[SeenRequest]:
        """Every request received, oldest first, by vendor and operation."""
        return self.journal.requests(vendor, operation)

    @property
    def texts(self) -> list[SentText]:
        """Texts that Twilio accepted."""
        return self.journal.read().texts

    @property
    def calls_placed(self) -> list[PlacedCall]:
        """Calls that Retell accepted."""
        return self.journal.read().calls_placed

    @property
    def emails(self) -> list[SentEmail]:
        """Messages that the SMTP server accepted."""
        return self.journal.read().emails

    @property
    def received(self) -> list[ReceivedHook]:
        """Posts that came to the receiver."""
        return self.journal.read().received

    @property
    def webhooks(self) -> list[PostedWebhook]:
        """Webhooks that the sandbox posted to the application."""
        return self.journal.read().webhooks

    def wait_for(self, predicate: Callable[[], T], timeout: float = 5.0) -> T:
        """Wait until ``predicate()`` is true, asked after each change in the sandbox; gives what it gave."""
        return self.journal.wait_for(predicate, timeout)

    def settle(self, timeout: float = 5.0) -> None:
        """Wait until no webhook is waiting or under way in the background."""
        self.journal.wait_for(lambda: self.poster.idle, timeout)

    def snapshot(self, since: datetime | None = None, *, reads: bool = False) -> list[Json]:
        """What went out, in order, with seconds since an instant: see `sidecar.sandbox.snapshot`."""
        return snapshot(self.journal, since, reads=reads)

    # -- faults ----------------------------------------------------------------------------------------------

    def fault(self, vendor: str, operation: str, kind: FaultKind, times: int | None = 1, **details: Any) -> None:
        """Script a fault: see `Fault` for kinds and ``details``. ``times=None``: until cleared."""
        self.faults.add(vendor, operation, Fault(kind=kind, times=times, **details))

    def release(self) -> None:
        """Let held requests go on."""
        self.faults.release()

    def clear_faults(self, vendor: str | None = None, operation: str | None = None) -> None:
        """Forget faults of a vendor, of an operation, or all; what is held goes on."""
        self.faults.clear(vendor, operation)

    def reply(self, pattern: str, status: int, *, body: object = None, times: int | None = None) -> None:
        """What the receiver answers on paths that match ``pattern``."""
        self.receiver.reply(pattern, status, body=body, times=times)

    # -- Twilio ----------------------------------------------------------------------------------------------

    def twilio_account(self, sid: str, token: str) -> None:
        """Register one more account."""
        self.books.accounts[sid] = token

    def twilio_number(
        self,
        number: str,
        *,
        account_sid: str | None = None,
        sms: bool = True,
        voice: bool = True,
        voice_url: str | None = None,
        sms_url: str | None = None,
        status_callback: str | None = None,
    ) -> None:
        """Register a number. Once an account owns one, it can send only from numbers that it owns (21659)."""
        self.books.numbers[number] = Number(
            number,
            account_sid or self.account_sid,
            new_sid("PN"),
            sms,
            voice,
            voice_url,
            sms_url,
            status_callback,
        )

    def line_type(self, number: str, kind: str) -> None:
        """What Lookup says of a number: mobile (default), landline, fixedVoip, nonFixedVoip, tollFree."""
        self.books.line_types[number] = kind

    def miss_call(
        self, to: str, from_: str, how: How = "staff_voicemail", ring_seconds: int = 18, **plan: Any
    ) -> CallStory:
        """A missed (or ``how="answered"``: answered) call, in the log and by every webhook: see `CallPlan`.

        ``sign``, ``times``, ``app_url`` and ``public_url`` may be given here too: see `Ways`.
        """
        ways = Ways(**{name: plan.pop(name) for name in Ways.__dataclass_fields__ if name in plan})
        return self.stories.play(to, from_, CallPlan(how=how, ring_seconds=ring_seconds, ways=ways, **plan))

    def lost_call(self, to: str, from_: str, **details: Any) -> Call:
        """A missed call that only Twilio's log knows: see `TwilioStories.lose` for ``details``."""
        return self.stories.lose(to, from_, **details)

    def text_us(self, from_: str, to: str, body: str, **details: Any) -> HttpAnswer | None:
        """A text from a caller to one of our numbers: see `TwilioCaller.text_us`; `Ways` may be given too."""
        ways = Ways(**{name: details.pop(name) for name in Ways.__dataclass_fields__ if name in details})
        return self.caller.text_us(from_, to, body, ways, **details)

    def message_status(self, sid: str, status: str, **details: Any) -> HttpAnswer | None:
        """Move one of our texts on, and tell its status callback (``error_code=`` for failures)."""
        ways = Ways(**{name: details.pop(name) for name in Ways.__dataclass_fields__ if name in details})
        return self.caller.message_status(sid, status, ways=ways, **details)

    # -- Retell ----------------------------------------------------------------------------------------------

    def retell_number(self, number: str, kind: str = "custom") -> None:
        """Register a number (custom, retell-twilio, retell-telnyx); then only registered ones may call."""
        self.retell.numbers[number] = kind

    def voice_script(self, outcome: str, to_number: str | None = None, **details: Any) -> None:
        """What a called person does (everybody's default without a number): see `VoiceScript`."""
        script = VoiceScript(outcome=outcome, **details)
        if to_number is None:
            self.callee.default = script
        else:
            self.callee.scripts[to_number] = script

    def finish_call(self, call_id: str, outcome: str | None = None, **changes: Any) -> list[HttpAnswer]:
        """End a Retell call now and post its webhooks; our answers in order."""
        return self.callee.finish(call_id, outcome, **changes)

    def tick(self) -> list[str]:
        """End the Retell calls that are due on the injected clock (scripts with ``when="when_due"``)."""
        return self.callee.tick()

    # -- HubSpot ---------------------------------------------------------------------------------------------

    def hubspot_set(self, contact_id: str, name: str, value: str) -> HttpAnswer:
        """A person sets a property in the CRM, and HubSpot's webhook tells us; our answer."""
        self.crm.change("contacts", self.crm.things["contacts"][contact_id], {name: value})
        return self.hubspot_hooks.post([self.hubspot_hooks.event(contact_id, name, value)])[0]

    # -- serving ---------------------------------------------------------------------------------------------

    def _respond(self, incoming: Incoming) -> Answer | None:
        for prefix, vendor in self._vendors.items():
            if incoming.path.startswith(prefix + "/"):
                return serve(vendor, incoming.without(prefix), self.journal, self.faults)
        if incoming.path.startswith(PREFIXES):
            return serve(self.receiver, incoming, self.journal, self.faults)
        if incoming.path.startswith("/_sandbox/"):
            return self._control.answer(incoming.without("/_sandbox"))
        return json_answer(404, {"message": f"the sandbox serves nothing at {incoming.path}"})
