"""A message from a person becomes one transaction: a STOP suppresses, HELP is answered, anything else is a reply.

HELP (INFO, AIDE) by text is no answer to our question: it asks who writes. They are told, and how to stop; the
sequence goes on, nothing counts as replied, and staff are not fetched for it. A complaint about being contacted is a
STOP that staff hear of at once.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import structlog

from sidecar.domain import optout, phones
from sidecar.engine import asking, facts, people, sequences, stopping
from sidecar.engine.intake import outcomes
from sidecar.engine.results import Invalid, MessageResult
from sidecar.store import contacts, record
from sidecar.store import sequences as rows
from sidecar.store.ids import new_id

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import RowMapping

    from sidecar.domain.reports import MessageReport
    from sidecar.engine.context import Turn

log = structlog.get_logger(__name__)

WHOLE_SECONDS = timedelta(seconds=2)
"""The log's times have no fraction of a second: where a START may have come before the STOP, the STOP stands."""

LONGEST_ID = 128
LONGEST_ADDRESS = 254
"""Of the columns: PostgreSQL refuses what is longer, and the reply would be lost."""

HELP_SELDOM = timedelta(hours=24)
"""Who says HELP is told who we are no oftener than this."""

CONFIRM_WITHIN = timedelta(minutes=5)
"""A STOP is confirmed within this or not at all (47 CFR 64.1200(a)(12))."""


def intent_of(report: MessageReport) -> str:
    """What the message asks of us: the vendor's own reading, where it has one, else ours."""
    return report.vendor_intent or optout.classify(report.body)


def record_message(turn: Turn, report: MessageReport, *, source: str, force: bool) -> MessageResult:
    """Take in one message, once, whatever is delivered twice.

    Raises:
        stopping.Leased: a STOP must wait for a request under way; nothing is written then.
    """
    report = _bounded(report)
    known = record.message(turn.tx, turn.business.id, report.message_id)
    if known is not None:
        return MessageResult(
            report.message_id, known["intent"], known["contact_id"], known["sequence_id"], already=True
        )
    try:
        if _is_internal(turn, report):
            log.info("text from a phone of the business itself: ignored", sender=phones.mask(report.sender))
            return MessageResult(report.message_id, "none", None, None)
        contact_id, by_token = _sender(turn, report)
    except Invalid:  # a parcel service's name, a short code: no person who rang, and nobody to answer
        return MessageResult(report.message_id, "none", None, None)
    intent = intent_of(report)
    if source == "log" and _overtaken(turn, contact_id, intent, report.at):
        intent = "none"
    said_at = report.at if source == "log" else turn.now
    stopped = None
    complaint = intent == "opt_out" and optout.is_complaint(report.body)
    if intent == "opt_out":
        stopped = stopping.stop(
            turn, contact_id, source=report.channel, force=force, said_at=said_at, complaint=complaint
        )  # fmt: skip
    else:
        facts.person(turn, contact_id, lock=True)
    standing = rows.open_of(turn.tx, turn.business.id, contact_id)
    sequence = by_token or standing or rows.latest_of(turn.tx, turn.business.id, contact_id)
    sequence_id = sequence["sequence_id"] if sequence is not None else None
    _keep(turn, report, source, intent, contact_id, sequence_id)
    asking.hear(turn, contact_id, report, intent)
    if stopped is not None and complaint:
        outcomes.record_complaint(
            turn, contact_id, sequence_id=sequence_id, source=report.channel, message_id=report.message_id
        )
    elif stopped is not None:
        _after_stop(turn, report, contact_id, changed=stopped.changed)
    elif intent == "help" and report.channel == "sms":
        _after_help(turn, report, contact_id)
    else:
        if intent == "opt_in":
            stopping.start(turn, contact_id, source=report.channel, said_at=said_at)
        _after_reply(turn, report, intent, contact_id, sequence, standing)
    return MessageResult(report.message_id, intent, contact_id, sequence_id)


def _bounded(report: MessageReport) -> MessageReport:
    """The message as every database can keep it; its id stays the same for the same message.

    A Message-ID may have 998 characters (RFC 5322), and a decoded mail may hold NULs and halves of characters.
    """
    message_id = _storable(report.message_id)
    if len(message_id) > LONGEST_ID:
        mark = hashlib.sha256(report.message_id.encode("utf-8", "surrogatepass")).hexdigest()[:32]
        message_id = f"{message_id[: LONGEST_ID - len(mark) - 1]}~{mark}"
    return replace(
        report, message_id=message_id, to=_storable(report.to)[:LONGEST_ADDRESS], sender=_storable(report.sender),
        body=_storable(report.body),
    )  # fmt: skip


def _storable(text: str) -> str:
    return text.replace("\0", "").encode("utf-8", "replace").decode()


def _keep(
    turn: Turn, report: MessageReport, source: str, intent: str, contact_id: str, sequence_id: str | None
) -> None:
    record.add_message(
        turn.tx, business_id=turn.business.id, message_id=report.message_id, contact_id=contact_id,
        sequence_id=sequence_id, channel=report.channel, sender=report.sender, recipient=report.to,
        body=report.body, intent=intent, media=report.media, at=report.at,
    )  # fmt: skip
    contacts.change(turn.tx, turn.business.id, contact_id, last_message_at=turn.now)
    turn.record(
        "reply.received", message_id=report.message_id, reason=intent, channel=report.channel, source=source,
        contact_id=contact_id, sequence_id=sequence_id, media=report.media or None,
    )  # fmt: skip


def _is_internal(turn: Turn, report: MessageReport) -> bool:
    """Staff answer an alert, or say STOP to one: no lead's reply, and no lead's STOP."""
    if report.channel != "sms" or phones.is_anonymous(report.sender):
        return False
    return people.is_internal(turn.business, people.read_phone(turn.business, report.sender, field="from"))


def _overtaken(turn: Turn, contact_id: str, intent: str, at: datetime) -> bool:
    """A lost STOP or START is found in the log when a later word of theirs has come already: that one stands."""
    hashes = facts.person(turn, contact_id).hashes
    if intent == "opt_out":
        return contacts.lifted_since(turn.tx, turn.business.id, hashes, at + WHOLE_SECONDS)
    return intent == "opt_in" and contacts.suppressed_since(turn.tx, turn.business.id, hashes, at)


def _sender(turn: Turn, report: MessageReport) -> tuple[str, RowMapping | None]:
    """Whose message it is: an email is matched by its Reply-To token before its address."""
    if report.reply_token:
        sequence = rows.by_reply_token(turn.tx, turn.business.id, report.reply_token)
        if sequence is not None:
            return sequence["contact_id"], sequence
    if report.channel == "email":
        return people.contact_of(turn, email=report.sender), None
    phone = people.read_phone(turn.business, report.sender, field="from")
    return people.contact_of(turn, phone=phone), None


def _after_stop(turn: Turn, report: MessageReport, contact_id: str, *, changed: bool) -> None:
    """One confirmation at most, and none where the vendor has already answered."""
    turn.alert("opted_out", contact_id=contact_id, message_id=report.message_id)
    if changed and report.channel == "sms" and not report.vendor_answered and not phones.is_anonymous(report.sender):
        sequence_id = sequences.conversation(turn, contact_id, report.to)
        name = new_id("confirm", turn.now)
        sequences.add_step(turn, sequence_id, name, kind="confirmation", channel="sms", deadline=CONFIRM_WITHIN)


def _after_help(turn: Turn, report: MessageReport, contact_id: str) -> None:
    """Say who we are and how to stop: once in a while, and not where the vendor has answered by itself."""
    since = turn.now - HELP_SELDOM
    if report.vendor_answered or phones.is_anonymous(report.sender):
        return
    if record.recorded_since(turn.tx, turn.business.id, contact_id, "answer.asked", "help", since):
        return
    sequence_id = sequences.conversation(turn, contact_id, report.to)
    name = new_id("help", turn.now)
    sequences.add_step(turn, sequence_id, name, kind="help", channel="sms", deadline=HELP_SELDOM)
    turn.record("answer.asked", contact_id=contact_id, sequence_id=sequence_id, step=name, reason="help")


def _after_reply(
    turn: Turn,
    report: MessageReport,
    intent: str,
    contact_id: str,
    sequence: RowMapping | None,
    standing: RowMapping | None,
) -> None:
    """Close what is open, or hold it where they may have said STOP; whichever sequence they answered."""
    for row in {row["sequence_id"]: row for row in (sequence, standing) if row is not None}.values():
        if row["replied_at"] is None:
            rows.change(turn.tx, turn.business.id, row["sequence_id"], replied_at=turn.now)
    if standing is not None:
        if intent != "unclear":
            sequences.close_sequence(turn, standing, "replied")
        elif standing["state"] == "open":
            sequences.hold_sequence(turn, standing, "unclear_stop")
    about = standing or sequence
    turn.alert(
        "unclear" if intent == "unclear" else "reply", contact_id=contact_id, message_id=report.message_id,
        sequence_id=about["sequence_id"] if about is not None else None,
    )  # fmt: skip
