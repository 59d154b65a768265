"""What staff are told: composed when the alert is brought, so that the record never holds a name or a text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sidecar.engine import facts
from sidecar.store import calls, record, touches
from sidecar.store import sequences as rows

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import RowMapping

    from sidecar.engine.context import Turn

_SUBJECTS = {
    "reply": "{who} replied",
    "unclear": "{who} may have asked us to stop: please read",
    "opted_out": "{who} opted out",
    "task": "To do: {who}",
    "missed_call": "Missed call from {who}",
    "booked": "{who} booked",
    "transferred": "{who} was put through",
    "complained": "{who} complained",
    "in_doubt": "Was this sent to {who}? Please check",
    "operator": "Recovery needs you",
    "flow_failed": "A flow failed",
    "not_lifted": "{who} is still opted out",
    "opt_out_rate": "Too many people opt out",
}

_WHY = {
    "suppressed": "They opted out earlier, so nothing was sent to them.",
    "cooling_down": "We were in touch a short while ago, so no new text was sent.",
    "folded": "They rang again; the follow-up that is under way goes on.",
    "held": "They rang again while their follow-up is on hold: nothing goes out until you resume or close it.",
    "too_late": "We heard of this call hours after it ended, so no text was sent. Please ring them.",
    "paused": "The playbook is paused because too many people opted out, so no text was sent. Please ring them.",
    "unreadable_caller": "What called is no phone number, so nobody could be texted.",
    "undelivered": "Our text did not reach them, and nothing else follows.",
    "anonymous": "The number was withheld, so nobody could be texted.",
    "not_lifted": "The opt-out was taken off their record in the CRM, but only they can lift it. They text START to "
    "your number, or you note their own words with `recovery contacts opt-in`.",
    "said_on_the_phone": "It was said to our AI agent on the phone; the summary of the call is in the record.",
}


def compose(turn: Turn, payload: Mapping[str, Any]) -> tuple[str, str]:
    """Subject and body of one alert."""
    about = str(payload["about"])
    name, phone = _who(turn, payload)
    lines: list[str] = []
    subject = _SUBJECTS.get(about, about).format(who=name)
    if payload.get("message_id"):
        message = record.message(turn.tx, turn.business.id, str(payload["message_id"]))
        if message is not None:
            lines.append(f"They wrote: {_written(message)}".rstrip())
    if payload.get("touch_id"):
        touch = touches.get(turn.tx, turn.business.id, str(payload["touch_id"]))
        if touch is not None and touch["body"]:
            lines.append(touch["body"] if about == "task" else f"The text: {touch['body']}")
        subject = (touch["subject"] if touch is not None and about == "task" else "") or subject
    reason = str(payload.get("reason") or "")
    if reason:
        lines.append(_WHY.get(reason, reason))
    if about == "unclear":
        lines.append(_what_stands(turn, payload))
    also = [_who(turn, {"touch_id": touch_id}) for touch_id in payload.get("also", ())]
    lines += [f"Was this sent to {other}? Number: {number}" for other, number in also]
    if phone and phone != name:
        lines.append(f"Number: {phone}")
    return subject, "\n".join(lines)


def _written(message: RowMapping) -> str:
    """What they wrote, and what they sent with it, which stays with the provider."""
    count = message["media"]
    if not count:
        return str(message["body"])
    what, where = ("picture", "Twilio's message log") if message["channel"] == "sms" else ("file", "the mailbox")
    sent = f"{count} {what}{'s' if count != 1 else ''}: see {where}"
    return f"{message['body']} (and {sent})" if message["body"] else f"({sent})"


def _what_stands(turn: Turn, payload: Mapping[str, Any]) -> str:
    """Whether something is held until a person has read what may be a STOP."""
    sequence = rows.get(turn.tx, turn.business.id, str(payload.get("sequence_id") or ""))
    if sequence is not None and sequence["state"] == "held":
        return "Nothing more goes out until you resume or close the sequence."
    return "No follow-up is under way. If they meant to opt out, record it, or their next missed call is texted."


def _who(turn: Turn, payload: Mapping[str, Any]) -> tuple[str, str]:
    """A name to read and a number to ring."""
    contact_id = payload.get("contact_id")
    if contact_id is None and payload.get("touch_id"):
        touch = touches.get(turn.tx, turn.business.id, str(payload["touch_id"]))
        contact_id = touch["contact_id"] if touch is not None else None
    if contact_id is None:
        call = calls.get(turn.tx, turn.business.id, str(payload.get("call_id") or ""))
        if call is not None and call["reason"] == "unreadable_caller":
            return call["caller"], ""
        return ("a withheld number" if call is not None else turn.business.name), ""
    who = facts.person(turn, str(contact_id))
    phone = who.phone or who.email or ""
    name = " ".join(part for part in (who.row["first_name"], who.row["last_name"]) if part)
    return name or phone or "somebody", phone
