"""Whole missed calls, as they go at Twilio: the log, the webhooks, and what our TwiML makes of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from sidecar.sandbox.twilio_caller import TwilioCaller, Ways
from sidecar.sandbox.twilio_log import Call, new_sid
from sidecar.sandbox.twiml import Twiml, read_twiml

if TYPE_CHECKING:
    from collections.abc import Callable

    from sidecar.sandbox.posting import HttpAnswer

How = Literal["staff_voicemail", "no_answer", "busy", "failed", "caller_hung_up", "forwarded", "answered"]
Webhook = Literal["voice", "whisper", "dial-result", "call-status"]

_DIAL_STATUS: dict[str, str] = {
    "staff_voicemail": "completed",
    "answered": "completed",
    "no_answer": "no-answer",
    "busy": "busy",
    "failed": "failed",
    "caller_hung_up": "canceled",
    "forwarded": "no-answer",
}
_VOICEMAIL_SECONDS = 6
STAFF_NUMBER = "+441174960099"


@dataclass(slots=True)
class CallStory:
    """What happened in one inbound call: its SID and our answers by webhook, in the order they were sent."""

    call_sid: str
    child_sid: str | None = None
    answers: dict[str, HttpAnswer] = field(default_factory=dict)
    twiml: Twiml = field(default_factory=Twiml)


@dataclass(slots=True)
class CallPlan:
    """How one inbound call goes.

    ``ring_seconds``: how long staff's phone rang. ``talk_seconds``: how long an answered call lasted.
    ``status_first``: the status callback overtakes the dial result. ``lost``: webhooks that never arrive.
    ``final_status`` and ``dial_status`` override what follows from ``how``.
    """

    how: How = "staff_voicemail"
    ring_seconds: int = 18
    talk_seconds: int = 60
    forwarded_from: str | None = None
    caller_name: str | None = None
    call_sid: str | None = None
    status_first: bool = False
    lost: tuple[Webhook, ...] = ()
    final_status: str | None = None
    dial_status: str | None = None
    ways: Ways = field(default_factory=Ways)


class TwilioStories:
    """Plays calls through `TwilioCaller`, following the TwiML that the application answers."""

    def __init__(self, caller: TwilioCaller, pass_time: Callable[[float], object] | None) -> None:
        """``pass_time`` moves the injected clock while the phone rings; None leaves the clock alone."""
        self._caller = caller
        self._pass_time = pass_time

    def play(self, to: str, from_: str, plan: CallPlan) -> CallStory:
        """Place the call in the log, then post what Twilio would post.

        Without ``pass_time`` the call began ``ring_seconds`` ago, so that log and webhooks agree with now.
        """
        call = self._caller.open_call(
            from_,
            to,
            call_sid=plan.call_sid,
            forwarded_from=plan.forwarded_from,
            caller_name=plan.caller_name,
            ago=0.0 if self._pass_time else plan.ring_seconds,
        )
        story = CallStory(call.sid)
        if "voice" not in plan.lost:
            answer = story.answers["voice"] = self._caller.inbound_call(call, plan.ways)
            story.twiml = read_twiml(answer, self._public(call, plan))
        if self._pass_time:
            self._pass_time(plan.ring_seconds)
        if story.twiml.dials:
            self._dial(call, plan, story)
        else:
            self._finish(call, plan, story)
        return story

    def lose(
        self,
        to: str,
        from_: str,
        *,
        ring_seconds: int = 18,
        status: str = "no-answer",
        dial_status: str | None = None,
        dialled: str = STAFF_NUMBER,
        forwarded_from: str | None = None,
    ) -> Call:
        """A missed call that only Twilio's log knows: no webhook of it ever comes.

        ``dial_status`` also writes the leg to staff (``dialled``) that ended so, a child of the call.
        """
        call = self._caller.open_call(from_, to, ago=ring_seconds, forwarded_from=forwarded_from)
        if dial_status is not None:
            self._child(call, dial_status, 0, to=dialled)
        self._caller.end_call(call, status, ring_seconds)
        return call

    def _dial(self, call: Call, plan: CallPlan, story: CallStory) -> None:
        status = plan.dial_status or _DIAL_STATUS[plan.how]
        reached = plan.how in ("staff_voicemail", "answered")
        seconds = plan.talk_seconds if plan.how == "answered" else _VOICEMAIL_SECONDS if reached else 0
        child = self._child(call, status, seconds, to=next(iter(story.twiml.dialled), STAFF_NUMBER))
        story.child_sid = child.sid
        if reached and story.twiml.whisper_url and "whisper" not in plan.lost:
            self._whisper(call, child, plan, story)
        if plan.status_first:
            self._finish(call, plan, story)
        if story.twiml.dial_action and "dial-result" not in plan.lost:
            story.answers["dial-result"] = self._caller.dial_result(
                call,
                story.twiml.dial_action,
                status,
                child=child,
                seconds=seconds,
                bridged=plan.how == "answered",
                ways=plan.ways,
            )
        if not plan.status_first:
            self._finish(call, plan, story)

    def _whisper(self, call: Call, child: Call, plan: CallPlan, story: CallStory) -> None:
        url = story.twiml.whisper_url or ""
        answer = story.answers["whisper"] = self._caller.whisper(call, child, url, ways=plan.ways)
        gather = read_twiml(answer, url).gather_url
        if plan.how == "answered" and gather is not None:
            story.answers["accept"] = self._caller.whisper(call, child, gather, digits="1", ways=plan.ways)

    def _finish(self, call: Call, plan: CallPlan, story: CallStory) -> None:
        status, seconds = plan.final_status or self._final(plan, story), plan.ring_seconds
        if plan.how == "answered":
            seconds += plan.talk_seconds
        if "call-status" in plan.lost:
            self._caller.end_call(call, status, seconds)
            return
        story.answers["call-status"] = self._caller.call_status(call, status, seconds=seconds, ways=plan.ways)

    def _final(self, plan: CallPlan, story: CallStory) -> str:
        """The parent's last status: what picked up completes a call; a caller who left got no answer."""
        if plan.how == "caller_hung_up":
            return "no-answer"
        if story.twiml.reject_reason is not None:
            return "busy" if story.twiml.reject_reason == "busy" else "no-answer"
        if plan.how in ("staff_voicemail", "answered") or not story.twiml.dials:
            return "completed"
        later = story.answers.get("dial-result")
        if not story.twiml.answer_on_bridge or (later is not None and read_twiml(later, "").answers):
            return "completed"
        return _DIAL_STATUS[plan.how]

    def _child(self, call: Call, status: str, seconds: int, *, to: str) -> Call:
        child = Call(
            sid=new_sid("CA"),
            account_sid=call.account_sid,
            to=to,
            from_=call.from_,
            status=status,
            direction="outbound-dial",
            created=call.created,
            started=call.created,
            ended=call.created,
            duration=seconds,
            parent_call_sid=call.sid,
        )
        self._caller.books.calls.add(child, call.from_)
        return child

    def _public(self, call: Call, plan: CallPlan) -> str:
        url = self._caller.url_for(call.to, "voice")
        ways, caller = plan.ways, self._caller
        base = ways.public_url or caller.public_url or ways.app_url or caller.app_url
        return url if "://" in url else base.rstrip("/") + url
