"""Retell's posts: are they genuine, and what do they say? Pure, and without the SDK, whose import is slow.

Events: https://docs.retellai.com/features/webhook-overview.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal

from sidecar.domain.reports import SpokenStop, VoiceReport

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sidecar.domain.reports import Outcome

_SIGNATURE = re.compile(r"v=(\d{1,15}),d=([0-9a-f]{64})")
TOLERANCE = timedelta(minutes=5)
_YEAR_9999_MS = 253_370_764_800_000
_LONGEST_WORDS = 1000

_STAGES: dict[str, Literal["started", "ended", "analyzed"]] = {
    "call_started": "started",
    "call_ended": "ended",
    "call_analyzed": "analyzed",
}

REACHED = frozenset(
    {
        "user_hangup",
        "agent_hangup",
        "call_transfer",
        "inactivity",
        "max_duration_reached",
        "user_requested_dnc",
        "user_requested_callback",
        "transfer_bridged",
        "transfer_cancelled",
        "call_take_over",
    }
)
"""A person was spoken to, unless ``in_voicemail`` says otherwise."""

NOT_REACHED = frozenset(
    {
        "dial_no_answer",
        "dial_busy",
        "dial_failed",
        "user_declined",
        "voicemail_reached",
        "ivr_reached",
    }
)

OURS = frozenset({"manual_stopped"})
"""We ended it ourselves, perhaps while it rang: it says nothing about a person."""

_ACTIONS = {
    "invalid_destination": "Retell could not dial the number; a number bought from Retell dials the US only",
    "marked_as_spam": "carriers mark our calling number as spam; register it, or call from another",
    "network_blocked": "the carrier blocked our calling number; register it, or call from another",
    "scam_detected": "Retell took the call for a scam; see it in the dashboard",
    "concurrency_limit_reached": "too many calls at once; raise the concurrency limit in Retell's dashboard",
    "no_concurrency_fallback": "too many calls at once; raise the concurrency limit in Retell's dashboard",
    "no_valid_payment": "Retell has no valid payment method; add one in its dashboard",
    "credit_exhausted": "Retell's credit is used up; top it up in its dashboard",
    "budget_reached": "Retell's budget is used up; raise it in its dashboard",
    "telephony_provider_permission_denied": "the phone provider refused; check the trunk's geo permissions",
}
_ACTION = "the call failed on Retell's side; see it in the dashboard"

_OUTCOMES: dict[str, Outcome] = {
    "booked": "booked",
    "transferred": "transferred",
    "not_now": "not_now",
    "opted_out": "opted_out",
    "complained": "complained",
}
_OUTCOME_OF_REASON: dict[str, Outcome] = {
    "call_transfer": "transferred",
    "transfer_bridged": "transferred",
}
_DO_NOT_CALL = "user_requested_dnc"


class UnreadablePostError(ValueError):
    """A post lacks what it must have."""

    def __init__(self, field: str, problem: str, remedy: str) -> None:
        super().__init__(f"{field}: {problem}; {remedy}")
        self.field = field
        """Dotted path in the JSON."""
        self.remedy = remedy


def verify(api_key: str, raw_body: bytes, signature: str, now: datetime) -> bool:
    """Whether ``x-retell-signature`` is this key's over this very body, at most five minutes old or early.

    ``v=<ms>,d=<hex HMAC-SHA256(raw body + ms, api key)>``, as the SDK's ``lib/webhook_auth.py`` computes it.
    """
    match = _SIGNATURE.fullmatch(signature)
    if match is None or not api_key:
        return False
    stamp = match.group(1)
    if abs(now.timestamp() * 1000 - int(stamp)) > TOLERANCE.total_seconds() * 1000:
        return False
    expected = hmac.new(api_key.encode(), raw_body + stamp.encode(), hashlib.sha256).hexdigest()
    return hmac.compare_digest(expected, match.group(2))


def read_event(payload: Mapping[str, Any], now: datetime) -> VoiceReport | None:
    """The report of one event; ``None`` for events that say nothing about how a call went.

    ``reached`` in a ``call_ended`` is provisional: only the analysis knows a voicemail that the agent talked
    to (``in_voicemail`` overrides the disconnection reason, and takes any outcome with it).

    Args:
        payload: the decoded JSON.
        now: when it came (UTC).

    Raises:
        UnreadablePostError: the post lacks its event or its call.
    """
    event = payload.get("event")
    if not isinstance(event, str):
        raise UnreadablePostError("event", "is missing", "send Retell's webhook as it came")
    stage = _STAGES.get(event)
    if stage is None:
        return None
    call = payload.get("call")
    if not isinstance(call, dict) or not isinstance(call.get("call_id"), str):
        raise UnreadablePostError("call.call_id", "is missing", "send Retell's webhook as it came")
    reason = str(call.get("disconnection_reason") or "")
    analysis = _object(call.get("call_analysis"))
    metadata = _object(call.get("metadata"))
    in_voicemail = analysis.get("in_voicemail")
    return VoiceReport(
        provider_id=call["call_id"],
        stage=stage,
        at=_at(call, stage, now),
        touch_id=_text(metadata, "touch_id"),
        sequence_id=_text(metadata, "sequence_id"),
        reached=_reached(stage, reason, in_voicemail=in_voicemail is True),
        # Who was never spoken to has decided nothing, whatever the analysis makes of a greeting.
        outcome=None if in_voicemail is True or reason in NOT_REACHED else _outcome(analysis, reason),
        reason=reason[:64],
        in_voicemail=in_voicemail if isinstance(in_voicemail, bool) else None,
        duration_ms=_milliseconds(call.get("duration_ms")),
        summary=str(analysis.get("call_summary") or ""),
        said=_said(call.get("transcript_object")),
        alert=_alert(reason),
    )


def read_opt_out(payload: Mapping[str, Any]) -> SpokenStop:
    """What the agent's ``opt_out`` tool posts while the person is on the line.

    The shape is that of Retell's custom functions, ``{name, call, args}``
    (https://docs.retellai.com/build/single-multi-prompt/custom-function).

    Args:
        payload: the decoded JSON.

    Raises:
        UnreadablePostError: the post lacks its call.
    """
    call = payload.get("call")
    if not isinstance(call, dict) or not isinstance(call.get("call_id"), str):
        raise UnreadablePostError("call.call_id", "is missing", "leave `Payload: args only` off in the tool's settings")
    theirs = "from_number" if call.get("direction") == "inbound" else "to_number"
    return SpokenStop(
        provider_id=call["call_id"],
        touch_id=_text(_object(call.get("metadata")), "touch_id"),
        phone=_text(call, theirs),
        words=(_text(_object(payload.get("args")), "words") or "")[:_LONGEST_WORDS],
    )


def _reached(stage: str, reason: str, *, in_voicemail: bool) -> bool | None:
    if stage == "started" or not reason or reason in OURS:
        return None
    return reason in REACHED and not in_voicemail


def _said(transcript: object) -> tuple[str, ...]:
    """The person's own utterances: neither the agent's, nor those of whom the call was transferred to."""
    spoken = map(_object, transcript) if isinstance(transcript, list) else ()
    return tuple(text for one in spoken if one.get("role") == "user" and (text := _text(one, "content")))


def _alert(reason: str) -> str:
    if not reason or reason in REACHED or reason in NOT_REACHED or reason in OURS:
        return ""
    return f"Retell: {_ACTIONS.get(reason, _ACTION)} ({reason})"


def _outcome(analysis: Mapping[str, Any], reason: str) -> Outcome | None:
    """What the agent was told to note, else what the end itself says; a plain "do not call" beats both."""
    if reason == _DO_NOT_CALL:
        return "opted_out"
    noted = _object(analysis.get("custom_analysis_data")).get("outcome")
    return _OUTCOMES.get(str(noted)) or _OUTCOME_OF_REASON.get(reason)


def _at(call: Mapping[str, Any], stage: str, now: datetime) -> datetime:
    stamp = _milliseconds(call.get({"started": "start_timestamp", "ended": "end_timestamp"}.get(stage, "")))
    return now if stamp is None else datetime.fromtimestamp(stamp / 1000, tz=UTC)


def _milliseconds(value: object) -> int | None:
    """A count of milliseconds; nothing where it is none (or a moment past the year 9999)."""
    if isinstance(value, int | float) and 0 <= value < _YEAR_9999_MS:
        return int(value)
    return None


def _object(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(fields: Mapping[str, Any], name: str) -> str | None:
    value = fields.get(name)
    return value if isinstance(value, str) and value else None
