"""The called person: what happens on a Retell call after it was placed, and the signed webhooks about it."""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sidecar.sandbox.retell import RetellApi, shown
from sidecar.sandbox.signing import retell_signature

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sidecar.sandbox.posting import HttpAnswer, Poster
    from sidecar.sandbox.record import Journal, Json

_ATTEMPTS = 3  # Retell tries a webhook that gets no 2xx three times
_NOT_CONNECTED = frozenset(
    [
        "dial_busy",
        "dial_failed",
        "dial_no_answer",
        "user_declined",
        "invalid_destination",
        "telephony_provider_permission_denied",
        "telephony_provider_unavailable",
        "sip_routing_error",
        "marked_as_spam",
        "network_blocked",
        "concurrency_limit_reached",
        "no_concurrency_fallback",
        "no_valid_payment",
        "credit_exhausted",
        "budget_reached",
        "scam_detected",
        "registered_call_timeout",
        "error_user_not_joined",
    ]
)
_CONNECTED = frozenset(
    [
        "user_hangup",
        "agent_hangup",
        "user_requested_dnc",
        "user_requested_callback",
        "call_transfer",
        "voicemail_reached",
        "ivr_reached",
        "inactivity",
        "max_duration_reached",
        "manual_stopped",
        "transfer_bridged",
        "transfer_cancelled",
        "call_take_over",
    ]
)
_ERRORS = frozenset(
    [
        "error_llm_websocket_open",
        "error_llm_websocket_lost_connection",
        "error_llm_websocket_runtime",
        "error_llm_websocket_corrupt_payload",
        "error_no_audio_received",
        "error_asr",
        "error_retell",
        "error_unknown",
    ]
)
_TALKS: dict[str, tuple[str, str, str]] = {
    # outcome: disconnection reason, sentiment, summary
    "human_answered": ("user_hangup", "Neutral", "The caller answered and asked for a call back."),
    "booked": ("agent_hangup", "Positive", "The caller chose a time and the visit was booked."),
    "transferred": ("call_transfer", "Positive", "The caller was put through to a person."),
    "not_now": ("agent_hangup", "Neutral", "The caller has no need at the moment."),
    "opted_out": ("agent_hangup", "Negative", "The caller asked not to be contacted again."),
    "complained": ("user_hangup", "Negative", "The caller complained about being called."),
}
_UNREACHED = frozenset(("voicemail_reached", "ivr_reached"))


@dataclass(frozen=True, slots=True)
class VoiceScript:
    """What the called person does.

    ``outcome`` is a Retell disconnection reason or one of human_answered, booked, transferred, not_now,
    opted_out, complained. ``ring_seconds`` and ``talk_seconds`` are on the injected clock. ``when``:
    ``at_once`` ends the call right after it was placed (its timestamps lie in the future by that time);
    ``when_due`` ends it at the first tick after ringing and talking; ``asked`` waits for `finish`.
    """

    outcome: str = "dial_no_answer"
    ring_seconds: float = 20.0
    talk_seconds: float = 45.0
    when: str = "at_once"
    analysis: Mapping[str, Any] = field(default_factory=dict)
    transfer_to: str | None = None
    says_stop: str = ""
    """What they say that makes the agent use its ``opt_out`` tool, while they are on the line."""

    def __post_init__(self) -> None:
        """Raise `ValueError` for a name that no call can end with."""
        if self.outcome not in _TALKS and self.outcome not in _NOT_CONNECTED | _CONNECTED | _ERRORS:
            message = f"voice outcome {self.outcome!r} is unknown"
            raise ValueError(message)
        if self.when not in ("at_once", "when_due", "asked"):
            message = f"when={self.when!r}: use at_once, when_due or asked"
            raise ValueError(message)

    @property
    def reason(self) -> str:
        """Retell's disconnection reason."""
        return _TALKS[self.outcome][0] if self.outcome in _TALKS else self.outcome

    @property
    def connected(self) -> bool:
        """Whether somebody or something picked up (else there is no call_started)."""
        return self.reason not in _NOT_CONNECTED


class RetellCallee:
    """Ends calls by their script and tells us, in order: call_started, call_ended, call_analyzed."""

    def __init__(self, journal: Journal, poster: Poster) -> None:
        """The API that places the calls is set by the world that builds both."""
        self.api: RetellApi
        self.scripts: dict[str, VoiceScript] = {}
        self.default = VoiceScript()
        self.webhook_url: str | None = None
        self.analysis_field = "outcome"
        self.signature_now = journal.now
        self._journal = journal
        self._poster = poster
        self._lock = threading.Lock()
        self._ringing: dict[str, VoiceScript] = {}

    def clear(self) -> None:
        """Forget scripts and ringing calls."""
        with self._lock:
            self.scripts.clear()
            self.default = VoiceScript()
            self._ringing.clear()

    def ring(self, call: Json) -> None:
        """A call was placed: let its script begin."""
        script = self.scripts.get(call["to_number"], self.default)
        with self._lock:
            self._ringing[call["call_id"]] = script
        if script.when == "at_once":
            self._poster.later(lambda: self._quietly_finish(call["call_id"]))

    def tick(self) -> list[str]:
        """End the ``when_due`` calls whose time has come on the injected clock; their ids."""
        now = self._journal.now()
        with self._lock:
            ringing = list(self._ringing.items())
        due = [
            call_id
            for call_id, script in ringing
            if script.when == "when_due" and now >= _over_at(self.api.calls[call_id], script)
        ]
        for call_id in due:
            self._quietly_finish(call_id)
        return due

    def stop(self, call_id: str) -> bool:
        """We stopped a ringing or running call; False when it was over already."""
        with self._lock:
            script = self._ringing.pop(call_id, None)
        if script is None:
            return False
        self._poster.later(lambda: self._tell_stopped(call_id))
        return True

    def finish(self, call_id: str, outcome: str | None = None, **changes: Any) -> list[HttpAnswer]:
        """End a call now, by its script or as ``outcome`` says; our answers to the webhooks.

        ``changes`` are other fields of `VoiceScript`. Raises `KeyError` when the call is unknown or over.
        """
        with self._lock:
            script = self._ringing.pop(call_id)
        if outcome is not None or changes:
            given = {name: getattr(script, name) for name in VoiceScript.__dataclass_fields__}
            script = VoiceScript(**given | {"outcome": outcome or script.outcome} | changes)
        return self._tell(call_id, script, started=script.connected)

    def post(self, event: str, call: Json, *, sign: str = "right", url: str | None = None) -> HttpAnswer | None:
        """Post one event about a call, signed; None where no URL is configured."""
        target = url or self.api.agents.webhook_of(call["agent_id"]) or self.webhook_url
        return self._post(event, call, target, {"event": event, "call": shown(call)}, sign)

    def use_tool(self, name: str, call: Json, args: Json, *, sign: str = "right") -> HttpAnswer | None:
        """The agent uses a custom function in the middle of a call, as ``{name, call, args}``, signed.

        At the tool's own address, where the agent has one; else beside the webhook's.
        """
        target = self.api.agents.tool_of(call["agent_id"], name)
        if target is None and self.webhook_url is not None:
            target = f"{self.webhook_url.rpartition('/')[0]}/tools/{name}"
        return self._post(name, call, target, {"name": name, "call": shown(call), "args": args}, sign)

    def _post(self, event: str, call: Json, target: str | None, body: Json, sign: str) -> HttpAnswer | None:
        if target is None:
            return None
        raw = json.dumps(body, separators=(",", ":"))
        headers = {"Content-Type": "application/json"}
        if sign != "none":
            key = call.get("@key") or next(iter(self.api.keys), "")
            headers["x-retell-signature"] = retell_signature(
                key if sign == "right" else key + "x", raw, _ms(self.signature_now())
            )
        return self._poster.post("retell", event, target, raw=raw.encode(), headers=headers, body=body)

    def event_of(self, call_id: str) -> Json:
        """A call as it stands now; give it to `post` to repeat, delay or forge an event."""
        return dict(self.api.calls[call_id])

    def _tell_stopped(self, call_id: str) -> None:
        self._tell(call_id, VoiceScript("manual_stopped", 0, 0), started=False)

    def _quietly_finish(self, call_id: str) -> None:
        try:
            self.finish(call_id)
        except KeyError:
            return  # stopped or finished meanwhile

    def _tell(self, call_id: str, script: VoiceScript, *, started: bool) -> list[HttpAnswer]:
        if call_id not in self.api.calls:
            return []  # forgotten by a reset meanwhile
        answers: list[HttpAnswer | None] = []
        if started:
            answers.append(self._post_until_taken("call_started", self._change(call_id, self._start(call_id, script))))
            if script.says_stop:
                answers.append(self.use_tool("opt_out", self.api.calls[call_id], {"words": script.says_stop}))
        answers.append(
            self._post_until_taken("call_ended", self._change(call_id, self._end(call_id, script, started=started)))
        )
        analysed = self._change(call_id, {"call_analysis": self._analysis(script)})
        answers.append(self._post_until_taken("call_analyzed", analysed))
        return [answer for answer in answers if answer is not None]

    def _change(self, call_id: str, changes: Json) -> Json:
        """Put a changed copy in the place of a call: whoever reads the old one meanwhile reads it whole."""
        call = self.api.calls[call_id] = self.api.calls[call_id] | changes
        return call

    def _start(self, call_id: str, script: VoiceScript) -> Json:
        picked_up = self.api.calls[call_id]["@created"] + timedelta(seconds=script.ring_seconds)
        return {"start_timestamp": _ms(picked_up), "call_status": "ongoing"}

    def _end(self, call_id: str, script: VoiceScript, *, started: bool) -> Json:
        seconds = script.ring_seconds + (script.talk_seconds if started else 0)
        ended = "error" if script.reason in _ERRORS else "ended" if script.connected else "not_connected"
        changes: Json = {
            "end_timestamp": _ms(self.api.calls[call_id]["@created"] + timedelta(seconds=seconds)),
            "disconnection_reason": script.reason,
            "call_status": ended,
        }
        if started:
            changes |= {"duration_ms": int(script.talk_seconds * 1000), "transcript": ""}
        if script.reason == "call_transfer" and script.transfer_to:
            changes["transfer_destination"] = script.transfer_to
        return changes

    def _analysis(self, script: VoiceScript) -> Json:
        _, sentiment, summary = _TALKS.get(script.outcome, ("", "Unknown", f"The call ended: {script.reason}."))
        talked = script.outcome in _TALKS
        # A person who only answered decides nothing: that is what the agent's analysis calls none.
        noted = "none" if script.outcome == "human_answered" else script.outcome
        custom = {self.analysis_field: noted} if talked else {}
        return {
            "call_successful": script.outcome in ("booked", "transferred", "human_answered", "not_now"),
            "call_summary": summary,
            "in_voicemail": script.reason == "voicemail_reached",
            "user_sentiment": "Unknown" if script.reason in _UNREACHED else sentiment,
            "custom_analysis_data": {**custom, **script.analysis},
        }

    def _post_until_taken(self, event: str, call: Json) -> HttpAnswer | None:
        answer: HttpAnswer | None = None
        for _ in range(_ATTEMPTS):
            answer = self.post(event, call)
            if answer is None or answer.ok:
                break
        return answer


def _over_at(call: Json, script: VoiceScript) -> datetime:
    seconds = script.ring_seconds + (script.talk_seconds if script.connected else 0)
    over: datetime = call["@created"] + timedelta(seconds=seconds)
    return over


def _ms(at: datetime) -> int:
    return int(at.timestamp() * 1000)
