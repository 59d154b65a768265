"""What happened, in words that can be read aloud. Pure: a happening in, lines out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from sidecar.domain.texts import segments

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from sidecar.demo.cast import Caller
    from sidecar.demo.seen import Happening

    Event = Mapping[str, Any]

ZONE = ZoneInfo("Europe/London")


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the timeline: who acts, what they do; ``bubble`` holds words that went from one to another."""

    actor: str
    words: str
    bubble: str = ""
    caption: str = ""
    quiet: bool = False
    """Told in passing."""


_LONGEST_ALERT = 200
_NOUN = {"sms": "text", "voice": "call", "email": "email", "staff": "task"}
_VENDOR = {"sms": "Twilio", "voice": "Retell", "email": "the mail server"}
_ACTOR = {"twilio": "Twilio", "retell": "Retell", "smtp": "mail"}

_MAY = {
    "sms": "may text: they rang us, and it is a decent hour",
    "voice": "may call: still silent, and calls are allowed at this hour",
    "email": "may write: neither text nor call was answered",
}
_WHY_NOT = {
    "on_the_line": "they are ringing right now",
    "outside_hours": "not at this hour",
    "pace": "this number's turn comes then",
    "provider_down": "the provider has trouble, so it rests",
    "no_address": "nobody has told us an address",
    "too_many_today": "four touches in a day are enough",
    "stale": "it is too late for these words",
    "landline": "their number takes no texts",
    "opted_out": "they said STOP",
    "replied": "they answered meanwhile",
}
_MISSED = {
    "no_answer": "nobody picked up",
    "voicemail": "only a voicemail picked up",
    "busy": "the line was busy",
    "abandoned": "the caller hung up while it rang",
}
_DECIDED = {
    "opened": "a missed call: {why}; a sequence opens",
    "folded": "rang again within half an hour: same sequence, no second text",
    "superseded": "rang again later: the old sequence ends, a new one opens",
    "suppressed": "rang again after STOP: nothing goes out, a person is told",
    "too_late": "heard of hours later: nothing goes out, a person is told",
    "paused": "rang while the playbook is paused: nothing goes out, a person is told",
    "cooling_down": "rang again shortly after: nothing goes out, a person is told",
}
_CLOSED = {
    "exhausted": "everything was tried: the sequence is exhausted",
    "replied": "they answered: the sequence is closed",
    "opted_out": "the sequence is closed",
    "superseded": "the old sequence is closed",
}
_CALL_ENDED = {
    "voicemail_reached": "their voicemail: the agent hangs up without a word",
    "dial_no_answer": "nobody picks up",
}
_IN_DOUBT = {
    "sender_died": "was killed while it sent that {noun}: {vendor} is asked whether it went",
    "no_answer": "no answer, so perhaps it went: {vendor} is asked before anything is tried again",
}
_ASKED = "perhaps it went ({why}): {vendor} is asked before anything is tried again"


def lines(happening: Happening, caller: Caller) -> list[Line]:
    """The lines that tell one happening; none for what is not worth telling."""
    data = happening.data
    if happening.kind == "told":
        return [Line(data["actor"], data["words"])]
    if happening.kind == "message":
        return [Line("caller", f"{caller.called} texts back", bubble=data["body"])]
    if happening.kind == "text":
        cost = segments(data["body"])
        caption = f"{cost.count} segment{'s' if cost.count != 1 else ''}, {cost.units} characters"
        return [Line("Twilio", f"text to {spoken(data['to'])}", bubble=data["body"], caption=caption)]
    if happening.kind == "alert":
        subject, _, rest = data["body"].partition("\n")
        return [Line("staff", "Sam gets a text", bubble=_gist(f"{subject}\n{rest}"))]
    if happening.kind == "email":
        return [Line("mail", f"email to {data['to']}", bubble=f"Subject: {data['subject']}")]
    if happening.kind == "refused":
        answer = f"answers {data['status']}" if data["status"] else "hangs up without an answer"
        return [Line(_ACTOR[data["vendor"]], answer)]
    return _called(data, caller) if happening.kind == "call" else _of_event(happening, caller)


def _called(data: Mapping[str, Any], caller: Caller) -> list[Line]:
    known = data["variables"]
    if known.get("script") == "generic":
        script = "generic script: it does not know who this is"
    else:
        script = f"the agent knows: {known['first_name']}, last deal “{known['deal_stage']}”"
    return [Line("Retell", f"the AI agent calls {caller.short}"), Line("", script, quiet=True)]


def _gist(words: str) -> str:
    """The beginning of a long alert, on as few lines as it can be read on."""
    lines_ = [line for line in words.strip().splitlines() if line]
    text = "\n".join(lines_)
    return text if len(text) <= _LONGEST_ALERT else f"{text[:_LONGEST_ALERT].rstrip()} …"


# ---------------------------------------------------------------- the sidecar's own record


def _of_event(happening: Happening, caller: Caller) -> list[Line]:
    kind = str(happening.data["type"])
    teller = _TELLERS.get(kind) or _TELLERS.get(kind.partition(".")[0])
    return teller(happening, caller) if teller is not None else []


def _channel(happening: Happening) -> str:
    """Of the step that an event is about."""
    for sequence in happening.person.get("sequences", ()):
        for step in sequence["steps"]:
            if sequence["sequence_id"] == happening.data.get("sequence_id") and step["name"] == happening.data["step"]:
                return str(step["channel"])
    return ""


def _earlier(happening: Happening, kind: str, *same: str) -> bool:
    """Whether an event of that kind, which agrees in these fields, came before."""
    data = happening.data
    return any(
        event["type"] == kind and event["event_id"] < data["event_id"] and all(event[key] == data[key] for key in same)
        for event in happening.person.get("events", ())
    )


def _call(happening: Happening, caller: Caller) -> list[Line]:
    del caller
    data = happening.data
    if data["type"] == "call.recorded":
        late = "a call that no webhook told of: it is in Twilio's log"
        return [Line("sidecar", late)] if data["reason"] == "log" else []
    decided = _DECIDED.get((data["data"] or {}).get("decision", ""), "the call is taken down")
    return [Line("sidecar", decided.format(why=_MISSED.get(data["reason"], data["reason"])))]


def _send(happening: Happening, caller: Caller) -> list[Line]:
    channel = _channel(happening)
    if channel not in _MAY:
        return []
    told = [Line("sidecar", _MAY[channel], quiet=True)]
    if channel == "sms" and not _earlier(happening, "gate.send", "sequence_id", "step"):
        told.insert(0, Line("HubSpot", _known(happening.person, caller)))
    return told


def _known(person: Mapping[str, Any], caller: Caller) -> str:
    if not person.get("crm_id"):
        return "nobody with this number: the words without a name"
    stage = person.get("deal_stage")
    return f"that is {caller.called}" + (f", last deal “{stage}”" if stage else "")


def _put_off(happening: Happening, caller: Caller) -> list[Line]:
    del caller
    data = happening.data
    noun = _NOUN.get(_channel(happening), "step")
    until = datetime.fromisoformat(data["data"]["until"])
    if (until - happening.at).total_seconds() < 1:
        return []
    why = _WHY_NOT.get(data["reason"], data["reason"].replace("_", " "))
    return [Line("sidecar", f"the {noun} waits until {local(until)}: {why}")]


def _left_out(happening: Happening, caller: Caller) -> list[Line]:
    del caller
    reason = happening.data["reason"]
    noun = _NOUN.get(_channel(happening), "step")
    return [Line("sidecar", f"no {noun}: {_WHY_NOT.get(reason, reason.replace('_', ' '))}")]


def _in_doubt(happening: Happening, caller: Caller) -> list[Line]:
    del caller
    channel, reason = _channel(happening), happening.data["reason"]
    words = _IN_DOUBT.get(reason, _ASKED)
    why = f"error {reason}" if reason.isdigit() else reason.replace("_", " ")
    return [Line("sidecar", words.format(noun=_NOUN[channel], vendor=_VENDOR[channel], why=why))]


def _failed(happening: Happening, caller: Caller) -> list[Line]:
    del caller
    reason, vendor = happening.data["reason"], _VENDOR.get(_channel(happening), "the provider")
    if reason == "never_arrived":
        return [Line(vendor, "is sure that it never came"), Line("sidecar", "so it may be sent again")]
    return [Line("sidecar", f"not sent ({reason.replace('_', ' ')})")]


def _sent(happening: Happening, caller: Caller) -> list[Line]:
    """A send is told when the vendor gets it; here only that a doubt has ended."""
    del caller
    if not _earlier(happening, "touch.unknown", "touch_id"):
        return []
    channel = _channel(happening)
    return [Line(_VENDOR[channel], f"has that {_NOUN[channel]}: it went, once, and is not repeated")]


def _delivered(happening: Happening, caller: Caller) -> list[Line]:
    del caller
    return [Line("Twilio", "delivered", quiet=True)] if _channel(happening) == "sms" else []


def _hung_up(happening: Happening, caller: Caller) -> list[Line]:
    del caller
    reason = happening.data["reason"]
    return [Line("Retell", _CALL_ENDED.get(reason, reason.replace("_", " ")))]


def _stopped(happening: Happening, caller: Caller) -> list[Line]:
    del caller
    told = [Line("sidecar", "STOP: nothing more to them, on any channel")]
    if happening.data["reason"] == "sms":
        told.append(Line("Twilio", "confirms that by itself, so the sidecar adds nothing", quiet=True))
    return told


def _closed(happening: Happening, caller: Caller) -> list[Line]:
    del caller
    reason = happening.data["reason"]
    told = [Line("sidecar", _CLOSED.get(reason, f"the sequence is closed: {reason.replace('_', ' ')}"))]
    cancelled = _cancelled(happening.person, happening.data["sequence_id"])
    if cancelled:
        told.append(Line("", f"cancelled: {listed(cancelled)}", quiet=True))
    return told


def _cancelled(person: Mapping[str, Any], sequence_id: str) -> list[str]:
    return [
        f"the {_NOUN[step['channel']]}"
        for sequence in person.get("sequences", ())
        if sequence["sequence_id"] == sequence_id
        for step in sequence["steps"]
        if step["state"] == "cancelled"
    ]


_TELLERS: Mapping[str, Callable[[Happening, Caller], list[Line]]] = {
    "call": _call,
    "gate.send": _send,
    "gate.defer": _put_off,
    "gate.skip": _left_out,
    "touch.unknown": _in_doubt,
    "touch.failed": _failed,
    "touch.sent": _sent,
    "touch.delivered": _delivered,
    "voice.ended": _hung_up,
    "suppression.added": _stopped,
    "sequence.closed": _closed,
}
"""By type of event, else by its first word; what is not here is not told."""


# ---------------------------------------------------------------- figures


def spoken(number: str) -> str:
    """A number as people write it: ``+44 7700 900142``."""
    if number.startswith("+447"):
        return f"+44 {number[3:7]} {number[7:]}"
    return f"+44 {number[3:6]} {number[6:9]} {number[9:]}" if number.startswith("+44") else number


def local(at: datetime) -> str:
    """A moment on the clock of Bristol: ``Sat 8:00``."""
    there = at.astimezone(ZONE)
    return f"{there:%a} {there.hour}:{there:%M}"


def since(seconds: float, at: datetime) -> str:
    """Time since the call: ``0:00.4``, ``3:00``, ``1:25:00``; from six hours on the clock of Bristol."""
    six_hours = 6 * 3600
    if abs(seconds) >= six_hours:
        return local(at)
    sign, seconds = ("-", -seconds) if seconds < 0 else ("", seconds)
    if seconds < 10 and not sign:  # noqa: PLR2004 - tenths where they matter
        return f"0:{int(seconds * 10) / 10:04.1f}"
    minutes, rest = divmod(round(seconds) if sign else int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{sign}{hours}:{minutes:02d}:{rest:02d}" if hours else f"{sign}{minutes}:{rest:02d}"


def listed(parts: Sequence[str]) -> str:
    """``a``, ``a and b``, ``a, b and c``."""
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
