"""What was owed to others about a person, as lines of a story: CRM write-backs, alerts to staff, events to flows."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from sidecar.cli.sayings import clean
from sidecar.cli.story import Line

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sidecar.cli.story import Record

_SAID = {
    "crm.touch": ("CRM", "a note of {label}"),
    "crm.opt_out": ("CRM", "their STOP"),
    "crm.opt_in": ("CRM", "their START"),
    "crm.exhausted": ("CRM", "that every step is done and nobody answered"),
    "staff": ("staff", "an alert by {medium} to {member}: {about}"),
    "event": ("flow", "an event"),
    "step.ready": ("flow", "that {label} is ready"),
    "bell": ("flow", "that asking again is worth it"),
    "voice.stop": ("Retell", "to stop ringing them"),
}
_STATES = {"delivered": ("got", "good"), "due": ("is owed", "wait"), "dead": ("never got", "bad")}


def line_of(row: Mapping[str, Any], record: Record) -> Line:
    """One delivery, at the moment at which it was settled (or noted, while it is not)."""
    who, said = _SAID.get(row["kind"], ("sidecar", row["kind"]))
    payload = row["payload"]
    touch = record.touches.get(str(payload.get("touch_id")))
    step = touch["step"] if touch else row["step"]
    sequence_id = touch["sequence_id"] if touch and "sequence_id" in touch else row["sequence_id"]
    words = said.format(
        label=record.label(sequence_id, step) if step else "a touch",
        medium=payload.get("medium", ""), member=clean(str(payload.get("member", ""))),
        about=str(payload.get("about", "")).replace("_", " "),
    )  # fmt: skip
    verb, tone = _STATES.get(row["state"], (row["state"], "quiet"))
    tries = f" after {row['attempts']} attempts" if row["attempts"] > 1 else ""
    trouble = f": {clean(row['last_error'])}" if row["last_error"] else ""
    at = datetime.fromisoformat(row["settled_at"] or row["created_at"])
    return Line(at, who, f"{verb} {words}{tries}{trouble}", tone=tone)
