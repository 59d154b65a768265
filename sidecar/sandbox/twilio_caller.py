"""Twilio acting on us: signed webhooks, and the stories in which they come.

The URL that is signed is the public one (``public_url`` + path, as configured at Twilio); the request itself
goes to ``app_url``, where the application listens, as through a proxy.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Literal
from urllib.parse import urlencode

from sidecar.sandbox.signing import twilio_signature
from sidecar.sandbox.twilio_log import (
    OPT_IN_WORDS,
    OPT_OUT_WORDS,
    Call,
    Message,
    TwilioBooks,
    new_sid,
    rfc2822,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sidecar.sandbox.posting import HttpAnswer, Poster
    from sidecar.sandbox.record import Journal

Signing = Literal["right", "wrong", "none"]
_DELIVERY_STEPS = ("queued", "sent", "delivered")


@dataclass(slots=True)
class Ways:
    """How a webhook is delivered.

    ``sign``: right, wrong or no signature. ``times``: how often the same webhook comes (the repeats carry the
    same ``I-Twilio-Idempotency-Token``). ``app_url``/``public_url``: instead of the sandbox's own.
    """

    sign: Signing = "right"
    times: int = 1
    app_url: str | None = None
    public_url: str | None = None


class TwilioCaller:
    """Posts Twilio's webhooks and keeps Twilio's log of the calls and messages they belong to."""

    def __init__(self, books: TwilioBooks, journal: Journal, poster: Poster) -> None:
        """``app_url`` and ``public_url`` are set once the application's address is known."""
        self.books = books
        self.app_url = "http://127.0.0.1:8000"
        self.public_url: str | None = None
        self.opt_outs = True
        self.deliver_automatically = False
        self._journal = journal
        self._poster = poster

    # -- one webhook at a time -------------------------------------------------------------------------------

    def post(
        self,
        event: str,
        url: str,
        form: Mapping[str, str],
        ways: Ways | None = None,
        *,
        account_sid: str | None = None,
    ) -> HttpAnswer:
        """Sign and post one webhook to a path or to a full public URL; the last answer counts."""
        ways = ways or Ways()
        public = (ways.public_url or self.public_url or ways.app_url or self.app_url).rstrip("/")
        app = (ways.app_url or self.app_url).rstrip("/")
        signed_url = url if "://" in url else public + url
        target = app + signed_url.removeprefix(public) if signed_url.startswith(public) else signed_url
        headers = {
            "Content-Type": "application/x-www-form-urlencoded; charset=UTF-8",
            "User-Agent": "TwilioProxy/1.1",
            "I-Twilio-Idempotency-Token": str(uuid.uuid4()),
        }
        token = self.books.accounts.get(account_sid or form.get("AccountSid", ""), "")
        if ways.sign != "none":
            key = token if ways.sign == "right" else token + "x"
            headers["X-Twilio-Signature"] = twilio_signature(key, signed_url, form)
        raw = urlencode(form).encode()
        answers = [
            self._poster.post("twilio", event, target, raw=raw, headers=headers, body=dict(form), shown_url=signed_url)
            for _ in range(max(ways.times, 1))
        ]
        return answers[-1]

    def url_for(self, number: str, which: Literal["voice", "status", "sms"]) -> str:
        """The webhook set on a number, else our own path for it."""
        own = self.books.numbers.get(number)
        if which == "voice":
            return (own and own.voice_url) or "/twilio/voice"
        if which == "status":
            return (own and own.status_callback) or "/twilio/call-status"
        return (own and own.sms_url) or "/twilio/sms"

    def account_of(self, number: str) -> str:
        """The account that owns a number, else the first one."""
        own = self.books.numbers.get(number)
        return own.account_sid if own else next(iter(self.books.accounts))

    def open_call(
        self,
        from_: str,
        to: str,
        *,
        call_sid: str | None = None,
        forwarded_from: str | None = None,
        caller_name: str | None = None,
        ago: float = 0.0,
    ) -> Call:
        """Write a ringing inbound call into Twilio's log, started ``ago`` seconds before now."""
        started = self._journal.now() - timedelta(seconds=ago)
        call = Call(
            sid=call_sid or new_sid("CA"),
            account_sid=self.account_of(to),
            to=to,
            from_=from_,
            status="ringing",
            direction="inbound",
            created=started,
            started=started,
            forwarded_from=forwarded_from,
            caller_name=caller_name,
        )
        self.books.calls.add(call, from_)
        return call

    def inbound_call(self, call: Call, ways: Ways | None = None) -> HttpAnswer:
        """The voice webhook: a call is coming in and Twilio asks what to do."""
        return self.post("voice", self.url_for(call.to, "voice"), call_form(call), ways)

    def whisper(
        self, call: Call, child: Call, url: str, digits: str | None = None, ways: Ways | None = None
    ) -> HttpAnswer:
        """The whisper webhook (``<Number url>``) on the leg to staff, or its Gather with ``digits``."""
        form = call_form(child, status="in-progress") | {"ParentCallSid": call.sid}
        if digits is not None:
            form |= {"Digits": digits, "FinishedOnKey": "", "msg": "Gather End"}
        return self.post("whisper", url, form, ways)

    def dial_result(
        self,
        call: Call,
        url: str,
        status: str,
        *,
        child: Call | None = None,
        seconds: int = 0,
        bridged: bool = False,
        ways: Ways | None = None,
    ) -> HttpAnswer:
        """The ``<Dial action>`` webhook: how the attempt to reach staff ended."""
        form = call_form(call, status="in-progress") | {
            "DialCallStatus": status,
            "DialBridged": "true" if bridged else "false",
        }
        if child is not None:
            form |= {"DialCallSid": child.sid}
        if status in ("completed", "answered"):
            form |= {"DialCallDuration": str(seconds)}
        return self.post("dial-result", url, form, ways)

    def call_status(self, call: Call, status: str, *, seconds: int, ways: Ways | None = None) -> HttpAnswer:
        """The parent's status callback: the call is over. Also closes the call in Twilio's log."""
        self.end_call(call, status, seconds)
        form = call_form(call) | {
            "CallDuration": str(seconds),
            "Duration": str(-(-seconds // 60)),
            "SequenceNumber": "0",
            "Timestamp": rfc2822(self._journal.now()) or "",
            "CallbackSource": "call-progress-events",
        }
        return self.post("call-status", self.url_for(call.to, "status"), form, ways)

    def end_call(self, call: Call, status: str, seconds: int) -> None:
        """Close a call in Twilio's log only."""
        call.status, call.duration = status, seconds
        call.ended = (call.started or call.created) + timedelta(seconds=seconds)

    def text_us(
        self,
        from_: str,
        to: str,
        body: str,
        ways: Ways | None = None,
        *,
        opt_out_type: str | None = None,
        message_sid: str | None = None,
        deliver: bool = True,
    ) -> HttpAnswer | None:
        """An inbound text; STOP and START act at Twilio too. ``deliver=False``: only its log knows."""
        account, now = self.account_of(to), self._journal.now()
        message = Message(
            sid=message_sid or new_sid("SM"),
            account_sid=account,
            to=to,
            from_=from_,
            body=body,
            direction="inbound",
            status="received",
            created=now,
            sent=now,
        )
        if self.books.messages.get(account, message.sid) is None:
            self.books.messages.add(message, from_)
        self._heed_word(from_, to, body)
        if not deliver:
            return None
        form = inbound_form(message)
        if opt_out_type is not None:
            form["OptOutType"] = opt_out_type
        return self.post("sms", self.url_for(to, "sms"), form, ways)

    def message_status(
        self,
        sid: str,
        status: str,
        *,
        error_code: int | None = None,
        ways: Ways | None = None,
        account_sid: str | None = None,
    ) -> HttpAnswer | None:
        """Move a message on and post its status callback; None where it was created without one.

        Raises `KeyError` for an unknown SID.
        """
        accounts = [account_sid] if account_sid else list(self.books.accounts)
        found = [m for a in accounts if (m := self.books.messages.get(a, sid)) is not None]
        if not found:
            raise KeyError(sid)
        message = found[0]
        message.status, message.error_code = status, error_code
        if message.sent is None and status in ("sent", "delivered", "undelivered"):
            message.sent = self._journal.now()
        if message.status_callback is None:
            return None
        form = {
            "SmsSid": sid,
            "SmsStatus": status,
            "MessageStatus": status,
            "To": message.to,
            "MessageSid": sid,
            "AccountSid": message.account_sid,
            "From": message.from_ or "",
            "ApiVersion": "2010-04-01",
        }
        if error_code is not None:
            form["ErrorCode"] = str(error_code)
        return self.post("message-status", message.status_callback, form, ways)

    def after_create(self, message: Message) -> None:
        """What follows an accepted message: where it is switched on, queued, sent and delivered, in order."""
        if self.deliver_automatically:
            self._poster.later(lambda: self.deliver(message.sid, account_sid=message.account_sid))

    def deliver(self, sid: str, *, account_sid: str | None = None) -> None:
        """Post queued, sent and delivered for one message."""
        for status in _DELIVERY_STEPS:
            self.message_status(sid, status, account_sid=account_sid)

    def _heed_word(self, from_: str, to: str, body: str) -> None:
        word = body.strip().upper()
        if not self.opt_outs:
            return
        if word in OPT_OUT_WORDS:
            self.books.blocked.add((to, from_))
        elif word in OPT_IN_WORDS:
            self.books.blocked.discard((to, from_))


def call_form(call: Call, status: str | None = None) -> dict[str, str]:
    """The fields that every voice webhook carries."""
    form = {
        "CallSid": call.sid,
        "AccountSid": call.account_sid,
        "From": call.from_,
        "To": call.to,
        "Caller": call.from_,
        "Called": call.to,
        "CallStatus": status or call.status,
        "Direction": call.direction,
        "ApiVersion": "2010-04-01",
        "FromCity": "",
        "FromState": "",
        "FromZip": "",
        "FromCountry": "",
        "ToCity": "",
        "ToState": "",
        "ToZip": "",
        "ToCountry": "",
    }
    if call.forwarded_from is not None:
        form["ForwardedFrom"] = call.forwarded_from
    if call.caller_name is not None:
        form["CallerName"] = call.caller_name
    return form


def inbound_form(message: Message) -> dict[str, str]:
    """The fields of an inbound text's webhook."""
    return {
        "ToCountry": "",
        "SmsMessageSid": message.sid,
        "SmsSid": message.sid,
        "MessageSid": message.sid,
        "SmsStatus": "received",
        "AccountSid": message.account_sid,
        "From": message.from_ or "",
        "To": message.to,
        "Body": message.body,
        "NumMedia": "0",
        "NumSegments": "1",
        "ApiVersion": "2010-04-01",
    }
