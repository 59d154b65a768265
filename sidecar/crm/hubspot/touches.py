"""Touches on a contact's timeline: a text as a communication, a call as a call, an email as an email.

HubSpot documents no idempotency key for these. So each log carries the touch id in its last line, and the
contact's own logs are *read* before one is written: a delivery that is tried again after a lost answer finds
what it wrote. Reading by association sees a record at once, where search may take minutes. Where the text of
emails is hidden (no scope ``sales-email-read``), the very same millisecond on the same kind of log of the
same contact tells.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC
from html import escape
from typing import TYPE_CHECKING, Final

from sidecar.crm.hubspot.account import CONTACTS_READ, CONTACTS_WRITE
from sidecar.crm.hubspot.deals import newest
from sidecar.crm.hubspot.people import moment

if TYPE_CHECKING:
    from datetime import datetime

    from sidecar.crm.hubspot.account import Account
    from sidecar.crm.port import TouchNote

_BATCH = 100
_PAGE = 500


@dataclass(frozen=True, slots=True)
class _Kind:
    """How a channel's touches are kept in HubSpot."""

    objects: str
    body: str
    association: int
    """HubSpot-defined type of the link to the contact."""
    html: bool


_KINDS: Final = {
    "sms": _Kind("communications", "hs_communication_body", 81, html=True),
    "voice": _Kind("calls", "hs_call_body", 194, html=True),
    "email": _Kind("emails", "hs_email_text", 198, html=False),
}
_CALL_STATUS: Final = {
    "no_answer": "NO_ANSWER",
    "dial_no_answer": "NO_ANSWER",
    "user_declined": "NO_ANSWER",
    "voicemail": "NO_ANSWER",
    "voicemail_reached": "NO_ANSWER",
    "ivr_reached": "NO_ANSWER",
    "busy": "BUSY",
    "dial_busy": "BUSY",
    "cancelled": "CANCELED",
    "failed": "FAILED",
    "dial_failed": "FAILED",
    "invalid_destination": "FAILED",
}


def log(account: Account, note: TouchNote) -> None:
    """Write a touch to the contact's timeline unless it is there already. Raises :class:`CrmError`."""
    kind = _KINDS[note.channel]
    if _is_logged(account, note, kind):
        return
    account.write(
        account.objects.create,
        kind.objects,
        {
            "properties": properties_of(note),
            "associations": [
                {
                    "to": {"id": note.crm_id},
                    "types": [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": kind.association}],
                }
            ],
        },
        doing=f"logging a touch ({note.channel})",
        scope=CONTACTS_WRITE,
    )


def properties_of(note: TouchNote) -> dict[str, str]:
    """The properties of the log, all of them texts; times in UTC, durations in milliseconds."""
    kind = _KINDS[note.channel]
    text = f"{note.body}\n\n{_marker(note)}"
    kept = {
        "hs_timestamp": timestamp(note.at),
        kind.body: escape(text, quote=False).replace("\n", "<br>") if kind.html else text,
    }
    if note.channel == "sms":
        return kept | {"hs_communication_channel_type": "SMS", "hs_communication_logged_from": "CRM"}
    if note.channel == "email":
        return kept | {
            "hs_email_direction": "EMAIL",
            "hs_email_status": "SENT",
            "hs_email_subject": "Follow-up of a missed call",
        }
    return kept | {
        "hs_call_title": ": ".join(filter(None, ("AI callback after a missed call", note.outcome.replace("_", " ")))),
        "hs_call_direction": "OUTBOUND",
        "hs_call_status": _CALL_STATUS.get(note.outcome, "COMPLETED"),
        "hs_call_duration": str(note.duration_ms or 0),
    }


def timestamp(at: datetime) -> str:
    """``2026-11-22T10:15:00.250Z``."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _marker(note: TouchNote) -> str:
    return f"[recovery touch {note.touch_id}]"


def _is_logged(account: Account, note: TouchNote, kind: _Kind) -> bool:
    deadline = account.deadline()
    page = account.read(
        account.associations.get_page,
        "contacts",
        note.crm_id,
        kind.objects,
        limit=_PAGE,
        doing="reading a contact's timeline",
        scope=CONTACTS_READ,
        deadline=deadline,
    )
    ids = newest([to.to_object_id for to in page.results or ()], _BATCH)
    if not ids:
        return False
    answer = account.read(
        account.batches.read,
        kind.objects,
        {
            "properties": [kind.body, "hs_timestamp"],
            "propertiesWithHistory": [],
            "inputs": [{"id": log_id} for log_id in ids],
        },
        doing="reading a contact's timeline",
        scope=CONTACTS_READ,
        deadline=deadline,
    )
    at = moment(timestamp(note.at))
    return any(
        _marker(note) in ((found.properties or {}).get(kind.body) or "")
        or moment((found.properties or {}).get("hs_timestamp")) == at
        for found in answer.results or ()
    )
