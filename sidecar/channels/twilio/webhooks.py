"""Twilio's posts as reports. Pure: a form and the moment it came go in, a value comes out.

Voice posts of one call come from several places and in any order; each reader says only what its post
knows. Fields: twilio.com/docs/voice/twiml and twilio.com/docs/messaging/guides/webhook-request.
"""

from __future__ import annotations

import re
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Literal, cast, get_args

from sidecar.channels.port import Effect
from sidecar.channels.twilio.errors import meaning_of
from sidecar.channels.twilio.statuses import state_of
from sidecar.domain.reports import CallReport, DeliveryReport, DialStatus, MessageReport

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

PostKind = Literal["incoming", "status", "dial_result", "whisper", "other_leg", "message", "message_status"]
"""``whisper``: from the leg of a member of staff. ``other_leg``: a call that is not one to the business."""

Intent = Literal["opt_out", "opt_in", "help"]

_ENDED = frozenset({"completed", "busy", "no-answer", "failed", "canceled"})
_ACCEPT = "1"
_LONGEST_COUNT = 9
"""Digits; beyond that nothing is a count."""

_KEYWORDS: dict[str, Intent] = {
    **dict.fromkeys(("stop", "stopall", "unsubscribe", "end", "quit", "cancel", "revoke", "optout"), "opt_out"),
    **dict.fromkeys(("start", "unstop"), "opt_in"),
    **dict.fromkeys(("help", "info"), "help"),
}
"""What Twilio acts upon and answers by itself where it is the whole text (not YES: people answer with it)."""

_SID = re.compile(r"[SM]M[0-9a-fA-F]{32}")

_OPT_OUT_TYPES: dict[str, Intent] = {"STOP": "opt_out", "START": "opt_in", "HELP": "help"}


class UnreadablePostError(ValueError):
    """A post lacks what it must have, or holds what Twilio would not send."""

    def __init__(self, field: str, problem: str, remedy: str) -> None:
        super().__init__(f"{field}: {problem}; {remedy}")
        self.field = field
        """The form field."""
        self.remedy = remedy


def classify(form: Mapping[str, str]) -> PostKind:
    """Which of Twilio's posts a form is, for flows that hand over what came without saying what it was.

    Raises:
        UnreadablePostError: it is none that we know.
    """
    if "MessageSid" in form or "SmsSid" in form:
        return "message" if "Body" in form else "message_status"
    if "CallSid" not in form:
        problem = "neither CallSid nor MessageSid is there"
        raise UnreadablePostError("CallSid", problem, "hand over Twilio's whole form as it came")
    if "DialCallStatus" in form:
        return "dial_result"
    if form.get("ParentCallSid"):
        return "other_leg" if form.get("CallbackSource") else "whisper"
    if form.get("Direction", "inbound") != "inbound":
        return "other_leg"
    if form.get("CallbackSource") or form.get("CallStatus") in _ENDED:
        return "status"
    return "incoming"


def read_call(form: Mapping[str, str], now: datetime) -> CallReport | None:
    """The report of any voice post; ``None`` where it tells nothing of a call to the business.

    Raises:
        UnreadablePostError: the form is not a voice post, or lacks a field.
    """
    kind = classify(form)
    if kind in ("message", "message_status"):
        raise UnreadablePostError("MessageSid", "this is about a message", "post it to the hook for messages")
    if kind == "incoming":
        return read_incoming(form, now)
    if kind == "status":
        return read_status_callback(form, now)
    if kind == "dial_result":
        return read_dial_result(form, now)
    return read_whisper(form, now) if kind == "whisper" else None


def read_incoming(form: Mapping[str, str], now: datetime) -> CallReport:
    """A call has come in: the number's voice URL (or its fallback) is asked what to do."""
    return CallReport(
        call_id=_need(form, "CallSid"),
        provider="twilio",
        at=now,
        to=_need(form, "To"),
        caller=form.get("From", ""),
        forwarded_from=form.get("ForwardedFrom") or None,
        caller_name=form.get("CallerName") or None,
        status=form.get("CallStatus") or None,
        started_at=now,
    )


def read_status_callback(form: Mapping[str, str], now: datetime) -> CallReport:
    """The number's status callback: where the parent call stands, usually that it ended.

    Durations are ``CallDuration``, in seconds (the older ``Duration`` is in minutes). Of a call that nobody
    answered it can only be the ringing.
    """
    at = _timestamp(form.get("Timestamp"), now)
    status = _need(form, "CallStatus")
    return CallReport(
        call_id=_need(form, "CallSid"),
        provider="twilio",
        at=at,
        to=form.get("To") or None,
        caller=form.get("From"),
        forwarded_from=form.get("ForwardedFrom") or None,
        caller_name=form.get("CallerName") or None,
        status=status,
        ended_at=at if status in _ENDED else None,
        # 0 tells nothing: Twilio counts from the answer
        ring_seconds=(_count(form, "CallDuration") or None) if status in _ENDED - {"completed"} else None,
    )


def read_dial_result(form: Mapping[str, str], now: datetime) -> CallReport:
    """What became of ``<Dial>``: its ``action`` URL was asked what to do next."""
    status = _need(form, "DialCallStatus")
    if status not in get_args(DialStatus):
        problem = f"{status[:20]!r} is not a result of <Dial>"
        raise UnreadablePostError("DialCallStatus", problem, f"use one of {', '.join(get_args(DialStatus))}")
    bridged = form.get("DialBridged")
    return CallReport(
        call_id=_need(form, "CallSid"),
        provider="twilio",
        at=now,
        to=form.get("To") or None,
        caller=form.get("From"),
        dial_status=cast("DialStatus", status),
        bridged=None if bridged is None else bridged.lower() == "true",
        ended_at=now,
    )


def read_whisper(form: Mapping[str, str], now: datetime) -> CallReport:
    """The leg of a member of staff: the whisper starts (no ``Digits``), or a key was pressed.

    Silence is never posted: who does not press is known by a ``<Dial>`` result without an acceptance.
    """
    digits = form.get("Digits")
    return CallReport(
        call_id=_need(form, "ParentCallSid"),
        provider="twilio",
        at=now,
        accepted=None if digits is None else digits == _ACCEPT,
    )


def read_message(form: Mapping[str, str], now: datetime) -> MessageReport:
    """A text came in."""
    intent, answered = intent_of(form.get("Body", ""), form.get("OptOutType", ""))
    return MessageReport(
        message_id=form.get("MessageSid") or _need(form, "SmsSid"),
        channel="sms",
        at=now,
        to=_need(form, "To"),
        sender=_need(form, "From"),
        body=form.get("Body", ""),
        vendor_intent=intent,
        vendor_answered=answered,
        media=_count(form, "NumMedia") or 0,
    )


def intent_of(body: str, opt_out_type: str = "") -> tuple[Intent | None, bool]:
    """What Twilio itself made of a text, and whether it has answered it.

    ``OptOutType`` comes with Advanced Opt-Out. Without it, Twilio acts on its default keywords where one of
    them is the whole text. On toll-free numbers the network answers STOP and START, and Twilio the others, HELP
    too. Where Twilio did not act after all ("Stop." with its full stop), a confirmation of ours is the only one;
    where it did, it refuses ours (21610): nobody gets two.
    """
    intent = _OPT_OUT_TYPES.get(opt_out_type.upper()) or _KEYWORDS.get(body.strip().casefold())
    return intent, intent is not None


def is_sid(message_id: str) -> bool:
    """Whether a message went through Twilio, by the shape of its id, whoever tells us of it."""
    return _SID.fullmatch(message_id) is not None


def read_message_status(form: Mapping[str, str], now: datetime, touch_id: str | None = None) -> DeliveryReport:
    """What became of a text of ours. ``touch_id`` is the one that its status URL carried."""
    code = form.get("ErrorCode", "")
    meaning = meaning_of(_count(form, "ErrorCode") or 0)
    hold: Literal["", "sender", "template"] = ""
    if meaning.effect is Effect.HOLD_SENDER:
        hold = "sender"
    elif meaning.effect is Effect.HOLD_TEMPLATE:
        hold = "template"
    return DeliveryReport(
        provider_id=form.get("MessageSid") or _need(form, "SmsSid"),
        state=state_of(form.get("MessageStatus") or _need(form, "SmsStatus")),
        at=_timestamp(form.get("Timestamp"), now),
        touch_id=touch_id,
        code=code[:32],
        opted_out=meaning.effect is Effect.OPTED_OUT,
        not_textable=meaning.effect in (Effect.NOT_TEXTABLE, Effect.INVALID),
        alert=f"Twilio error {code}: {meaning.remedy}" if meaning.remedy else "",
        hold=hold,
    )


def _count(form: Mapping[str, str], field: str) -> int | None:
    given = form.get(field, "")
    return int(given) if given.isdecimal() and len(given) <= _LONGEST_COUNT else None


def _need(form: Mapping[str, str], field: str) -> str:
    value = form.get(field)
    if not value:
        raise UnreadablePostError(field, "is missing", "hand over Twilio's whole form as it came")
    return value


def _timestamp(text: str | None, now: datetime) -> datetime:
    """RFC 2822, as Twilio writes it; the moment of arrival where it is absent or unreadable."""
    try:
        at = parsedate_to_datetime(text or "")
        return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return now
