"""The record as a story: lines in order, each with its time, who acted, what was decided and in which words.

Pure: plain values in (see :mod:`sidecar.record.timeline`), lines out; printing them is ``telling``'s.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

from sidecar.cli import sayings
from sidecar.cli.sayings import clean, plain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from zoneinfo import ZoneInfo

    from sidecar.cli.rules import Rule

    Row = Mapping[str, Any]

Tone = Literal["", "good", "wait", "bad", "quiet"]

_EFFECTS = ("suppression.", "sequence.")
_CAUSES = ("call.", "reply.", "outcome.", "voice.")


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a story."""

    at: datetime
    who: str
    said: str
    words: str = ""
    """What was written or said, word for word."""
    tone: Tone = ""
    rules: tuple[Rule, ...] = ()
    """Which rules allowed or stopped it; an audit shows them."""
    event: Row | None = field(default=None, repr=False)
    """The line of the record that it tells, if it tells one."""
    delivery: Row | None = field(default=None, repr=False)
    """Or what was owed to somebody else."""


@dataclass(frozen=True, slots=True)
class Record:
    """What a story is told from."""

    events: Sequence[Row]
    zone: ZoneInfo
    """The business's own; times are told in it."""
    touches: Mapping[str, Row] = field(default_factory=dict)
    messages: Mapping[str, Row] = field(default_factory=dict)
    calls: Mapping[str, Row] = field(default_factory=dict)
    sequences: Mapping[str, Row] = field(default_factory=dict)
    steps: Mapping[tuple[str, str], Row] = field(default_factory=dict)

    @classmethod
    def of(cls, seen: Row, zone: ZoneInfo) -> Record:
        """The record of a sequence or of a person, as the timeline gives it."""
        sequences = seen.get("sequences", [seen])
        return cls(
            seen["events"],
            zone,
            {touch["touch_id"]: touch for each in sequences for touch in each["touches"]},
            {message["message_id"]: message for message in seen["messages"]},
            {call["call_id"]: call for call in seen["calls"]},
            {each["sequence_id"]: each for each in sequences},
            {(each["sequence_id"], step["name"]): step for each in sequences for step in each["steps"]},
        )

    def label(self, sequence_id: str | None, name: str) -> str:
        """A step as a person calls it: ``callback (voice call)``."""
        step = self.steps.get((sequence_id or "", name))
        if step is None:
            return name
        channel = sayings.CHANNELS.get(step["channel"], step["channel"])
        if step["kind"] == "answer":
            return f"a person's answer ({channel})"
        if step["kind"] == "ai_answer":
            return f"the AI's answer ({channel})"
        if step["kind"] == "help":
            return f"the answer to HELP ({channel})"
        if step["kind"] == "confirmation":
            return f"the confirmation of their STOP ({channel})"
        return name if name == channel else f"{name} ({channel})"

    def local(self, moment: str, beside: datetime) -> str:
        """A moment in the business's time: the day is said where it is not that of ``beside``."""
        at = datetime.fromisoformat(moment).astimezone(self.zone)
        near = beside.astimezone(self.zone)
        same_day = (at.date(), at.utcoffset()) == (near.date(), near.utcoffset())
        return f"{at:%H:%M:%S}" if same_day else f"{at:%A} {at.day} {at:%B at %H:%M}"


def tell(record: Record) -> Iterator[Line]:
    """The story, in order."""
    settled = {event["touch_id"] for event in record.events if event["type"].startswith("touch.")
               and event["type"] != "touch.intended"}  # fmt: skip
    cancelled = _cancelled(record)
    for event in _causes_first(record.events):
        if event["type"] == "touch.intended" and event["touch_id"] in settled:
            continue  # the line that says what became of it says it all
        line = _line(record, event)
        if line is not None:
            yield replace(line, event=event)
        if event["type"] in ("sequence.closed", "outcome.recorded"):
            yield from cancelled.pop((event["sequence_id"], event["at"]), ())
    for left in cancelled.values():  # cancelled by a rule of its own, long after the end
        yield from left


def to_come(record: Record) -> Iterator[str]:
    """What is still planned of a sequence, and when."""
    for (sequence_id, name), step in record.steps.items():
        if step["state"] not in ("planned", "claimed", "sending", "unknown"):
            continue
        label = record.label(sequence_id, name)
        if step["state"] == "claimed":
            yield f"{label}: a flow has claimed it and has not reported yet"
        elif step["state"] != "planned":
            yield f"{label}: {'being sent' if step['state'] == 'sending' else 'perhaps sent, the provider is asked'}"
        elif step["due_at"] is None:
            yield f"{label}: counted from a step that has not happened yet"
        else:
            due = datetime.fromisoformat(step["due_at"]).astimezone(record.zone)
            why = f" ({plain(step['reason'], sayings.RULES)})" if step["reason"] else ""
            yield f"{label}: {due:%A} {due.day} {due:%B at %H:%M:%S}{why}"


def _causes_first(events: Iterable[Row]) -> list[Row]:
    """What was done in one transaction is written effect first (a STOP closes, then the message is noted)."""
    told: list[Row] = []
    for event in events:
        place = len(told)
        if event["type"].startswith(_CAUSES):
            while place and told[place - 1]["at"] == event["at"] and told[place - 1]["type"].startswith(_EFFECTS):
                place -= 1
        told.insert(place, event)
    return told


def _cancelled(record: Record) -> dict[tuple[str, str], list[Line]]:
    """Lines on what was cancelled, by sequence and moment."""
    groups: dict[tuple[str, str], dict[str, list[str]]] = {}
    for (sequence_id, name), step in record.steps.items():
        if step["state"] == "cancelled" and step["settled_at"]:
            reasons = groups.setdefault((sequence_id, step["settled_at"]), {})
            reasons.setdefault(step["reason"], []).append(record.label(sequence_id, name))
    return {
        key: [
            Line(_at(key[1]), "sidecar", f"cancelled {', '.join(labels)}: {plain(reason, sayings.CLOSED)}", tone="wait")
            for reason, labels in reasons.items()
        ]
        for key, reasons in groups.items()
    }


def _at(moment: str) -> datetime:
    return datetime.fromisoformat(moment)


def _line(record: Record, event: Row) -> Line | None:
    subject = event["type"].partition(".")[0]
    teller = _TELLERS.get(subject)
    if teller is None:
        why = f" ({clean(event['reason'])})" if event["reason"] else ""
        return Line(_at(event["at"]), "sidecar", f"{event['type'].replace('.', ' ').replace('_', ' ')}{why}")
    return teller(record, event, event["data"] or {})


# ---------------------------------------------------------------- one teller a subject


def _call(record: Record, event: Row, data: Row) -> Line:
    at, reason = _at(event["at"]), event["reason"]
    call = record.calls.get(event["call_id"] or "")
    if event["type"] == "call.recorded":
        to = f" to {call['number']}" if call else ""
        if reason == "log":
            return Line(at, "sidecar", f"found a call{to} in Twilio's log, of which no webhook had told")
        return Line(at, sayings.heard_from(reason), f"reported a call{to}")
    if event["type"] == "call.answered":
        return Line(at, "sidecar", "the call was answered", tone="good")
    if event["type"] == "call.ignored":
        return Line(at, "sidecar", f"the call is no lead: {plain(reason, sayings.IGNORED)}")
    decided = sayings.DECIDED.get(data.get("decision", ""))
    said = f"the call was missed: {plain(reason, sayings.MISSED)}"
    return Line(at, "sidecar", f"{said}; {decided}" if decided else said)


def _sequence(record: Record, event: Row, data: Row) -> Line:
    at, kind, reason = _at(event["at"]), event["type"], clean(event["reason"])
    why = plain(reason, sayings.CLOSED)
    by_hand = reason in sayings.BY_HAND or (reason and reason not in sayings.CLOSED)
    who = "operator" if by_hand else "sidecar"
    if kind == "sequence.opened":
        sequence = record.sequences.get(event["sequence_id"] or "")
        driver = f"; {sequence['flow_platform']} drives it" if sequence and sequence["flow_platform"] else ""
        return Line(at, "sidecar", f"opened sequence {event['sequence_id']} of {data.get('playbook', '')}{driver}")
    if kind == "sequence.closed":
        return Line(at, who, f"closed the sequence: {why}")
    if kind == "sequence.held":
        return Line(at, who, f"held the sequence: {why}", tone="wait")
    if kind == "sequence.resumed":
        return Line(at, "operator", "let the sequence go on")
    return Line(at, "sidecar", "every step is done and nobody answered")


def _gate(record: Record, event: Row, data: Row) -> Line:
    label = record.label(event["sequence_id"], event["step"])
    at, why = _at(event["at"]), plain(event["reason"], sayings.RULES)
    gate = data.get("gate") or ""
    if gate == "closed":
        why = f"the sequence is closed ({plain(event['reason'], sayings.CLOSED)})"
    rule = f" [{gate}]" if gate and event["reason"] != "allowed" else ""
    verdict = event["type"].removeprefix("gate.")
    if verdict == "send":
        basis = f"; the ground is {sayings.GROUNDS[data['basis']]}" if data.get("basis") else ""
        return Line(at, "gate", f"{label} may go out: {why}{basis}", tone="good")
    if verdict == "defer":
        until = f" until {record.local(data['until'], at)}" if data.get("until") else ""
        until = " until somebody resumes it" if gate == "held" else until
        return Line(at, "gate", f"{label} waits{until}: {why}{rule}", tone="wait")
    done = "is left out" if verdict == "skip" else "is stopped"
    return Line(at, "gate", f"{label} {done}: {why}{rule}", tone="wait")


def _touch(record: Record, event: Row, data: Row) -> Line:
    label = record.label(event["sequence_id"], event["step"] or "")
    at, code = _at(event["at"]), event["reason"]
    touch = record.touches.get(event["touch_id"] or "")
    channel = touch["channel"] if touch else ""
    who, state = sayings.PROVIDERS.get(channel, "sidecar"), event["type"].removeprefix("touch.")
    why = f": {sayings.trouble(channel, code)}" if code else ""
    if state == "sent":
        return _sent(touch, Line(at, who, label), found=code == "provider_reported")
    if state == "failed":
        again = "; it is tried again" if data.get("fault") == "not_sent" or code == "never_arrived" else ""
        return Line(at, who, f"{label} was not sent{why}{again}", tone="bad")
    if state == "unknown":
        return Line(at, "sidecar", f"{label} was perhaps sent{why}; {who} is asked before anything else", tone="bad")
    if state == "withdrawn":
        return Line(at, "sidecar", f"{label} starts over{why}", tone="quiet")
    if state in ("delivered", "undelivered"):
        arrived = state == "delivered"
        said = f"{label} was delivered" if arrived else f"{label} was not delivered{why}"
        return Line(at, who, said, tone="good" if arrived else "bad")
    return Line(at, "sidecar", f"{label} is about to be handed to {who}", tone="quiet")


def _sent(touch: Row | None, line: Line, *, found: bool) -> Line:
    """The touch that went out, with its words."""
    channel = touch["channel"] if touch else ""
    done = {"sms": "accepted", "voice": "dialled", "email": "accepted", "staff": "got"}.get(channel, "took")
    after = " (known from its report only)" if found else ""
    subject = f"Subject: {touch['subject']}\n\n" if touch and touch["subject"] else ""
    return Line(
        line.at, line.who, f"{done} {line.said}{after}", clean(subject + touch["body"]) if touch else "", "good"
    )


def _voice(record: Record, event: Row, data: Row) -> Line:
    touch = record.touches.get(event["touch_id"] or "")
    details = (touch["details"] if touch else None) or {}
    at, stage = _at(event["at"]), event["type"].removeprefix("voice.")
    if stage == "started":
        return Line(at, "Retell", "the call began", tone="quiet")
    if stage == "ended":
        seconds = int(details.get("duration_ms") or 0) // 1000
        lasted = f" after {seconds // 60} min {seconds % 60} s" if data.get("reached") and seconds else ""
        why = f": {plain(event['reason'], sayings.CALL_ENDS)}" if event["reason"] else ""
        return Line(at, "Retell", f"the call ended{lasted}{why}", tone="good" if data.get("reached") else "wait")
    return Line(at, "Retell", "summed the call up", clean(str(details.get("summary") or "")), "quiet")


def _reply(record: Record, event: Row, data: Row) -> Line:
    message = record.messages.get(str(data.get("message_id")))
    how = "by email" if data.get("channel") == "email" else "by text"
    late = " (found in Twilio's log)" if data.get("source") == "log" else ""
    body = clean(message["body"]) if message else ""
    return Line(_at(event["at"]), "caller", f"wrote {how}{sayings.INTENTS.get(event['reason'], '')}{late}", body)


def _outcome(record: Record, event: Row, data: Row) -> Line:
    del record
    who = sayings.heard_from(str(data.get("source") or "sidecar"))
    value = data.get("value_minor")
    worth = f", worth {value / 100:.2f}" if isinstance(value, int) else ""
    return Line(_at(event["at"]), who, f"outcome: {plain(event['reason'], sayings.OUTCOMES)}{worth}")


def _suppression(record: Record, event: Row, data: Row) -> Line:
    at, source = _at(event["at"]), event["reason"]
    if event["type"] == "suppression.evidence":
        note = record.messages.get(str(data.get("message_id")))
        return Line(at, str(data.get("by") or "operator"), "noted how we know", clean(note["body"]) if note else "")
    who = sayings.heard_from(source)
    if event["type"] == "suppression.lifted":
        return Line(at, who, "opted in again")
    begun = data.get("in_flight") or ()
    late = f" ({len(begun)} had begun before)" if begun else ""
    told = {"twilio_21610": "Twilio says they opted out there", "crm": "the CRM says they opted out"}
    said = told.get(source, "opted out" if who == "caller" else "says they opted out")
    return Line(at, who, f"{said}: nothing more on any channel{late}", tone="wait")


def _step(record: Record, event: Row, data: Row) -> Line:
    label = record.label(event["sequence_id"], event["step"])
    return Line(_at(event["at"]), str(data.get("by") or "flow"), f"left {label} out: {clean(event['reason'])}")


def _claim(record: Record, event: Row, data: Row) -> Line:
    label = record.label(event["sequence_id"], event["step"])
    return Line(_at(event["at"]), "flow", f"may send {label} itself (claim {data.get('claim_id', '')})")


def _answer(record: Record, event: Row, data: Row) -> Line:
    del record
    if event["reason"] == "help":
        return Line(_at(event["at"]), "sidecar", "says who we are and how to stop, if the gates agree")
    who = "AI" if data.get("by") == "ai" else "staff"
    return Line(_at(event["at"]), who, "answered them, if the gates agree")


def _flow(record: Record, event: Row, data: Row) -> Line:
    del record
    run = f" (execution {data['execution_id']})" if data.get("execution_id") else ""
    return Line(_at(event["at"]), "flow", f"{clean(event['reason'])} failed{run}", tone="bad")


def _delivery(record: Record, event: Row, data: Row) -> Line:
    del record
    said = f"gave up bringing {event['reason']}: `recovery deliveries replay {data.get('delivery_id', '')}`"
    return Line(_at(event["at"]), "sidecar", said, tone="bad")


def _consent(record: Record, event: Row, data: Row) -> Line:
    at, kind, what = _at(event["at"]), event["type"].removeprefix("consent."), event["reason"].replace("_", " ")
    channels = ", ".join(sayings.CHANNELS.get(channel, channel) for channel in data.get("channels") or ())
    on = f" ({channels})" if channels else ""
    if kind == "asked":
        label = record.label(event["sequence_id"], event["step"] or "")
        return Line(at, "sidecar", f"{label} asks for express consent to {what}{on}; a plain YES gives it")
    if kind == "refused":
        return Line(at, "caller", f"said no to {what}{on}: no consent, and no STOP", tone="wait")
    who = sayings.heard_from(str(data.get("source") or "api"))
    if kind == "withdrawn":
        return Line(at, who, f"consent was taken back: {what}{on}", tone="wait")
    if data.get("source") == "reply":
        return Line(at, who, f"said yes: express consent to {data.get('purpose')}{on}", tone="good")
    return Line(at, who, f"consent was put on record: {what}{on}")


def _contact(record: Record, event: Row, data: Row) -> Line:
    del record
    if event["type"] == "contact.forgotten":
        counted = ", ".join(f"{count} {what}" for what, count in data.items())
        return Line(_at(event["at"]), "operator", f"had them forgotten: {counted} without words and numbers from here")
    gone = event["type"] == "contact.email_opted_out"
    said = "says that they want no email" if gone else "says that they take email again"
    return Line(_at(event["at"]), "CRM", said, tone="wait" if gone else "")


def _sender(record: Record, event: Row, data: Row) -> Line:
    del record
    return Line(_at(event["at"]), "operator", f"released {data.get('words') or 'the sender'}")


def _playbook(record: Record, event: Row, data: Row) -> Line:
    del record
    told = {
        "playbook.opt_outs_high": f"too many people opted out ({data.get('percent')} %)",
        "playbook.opt_outs_normal": "no longer too many people opt out",
    }
    said = told.get(event["type"], "the playbook is paused: too many people opted out")
    return Line(_at(event["at"]), "sidecar", f"{data.get('playbook', '')}: {said}", tone="wait")


_TELLERS: dict[str, Callable[[Record, Row, Row], Line]] = {
    "call": _call, "sequence": _sequence, "gate": _gate, "touch": _touch, "voice": _voice, "reply": _reply,
    "outcome": _outcome, "suppression": _suppression, "step": _step, "claim": _claim, "answer": _answer,
    "flow": _flow, "delivery": _delivery, "consent": _consent, "contact": _contact, "sender": _sender,
    "playbook": _playbook,
}  # fmt: skip
