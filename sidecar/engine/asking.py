"""Consent asked for in a conversation: the question goes out as an answer, and a plain YES to it is on record.

A YES answers what was said last. So a question is open while it is the last thing that we sent to the person, for
three days at most, and for a message from the address that it went to; once anything else has gone out, their YES
may mean that. What the gates did with the question needs no report here: whether it went out is read from its touch
when they write.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sidecar.domain.assent import Asking, is_answerable, plain_answer
from sidecar.engine import facts, people
from sidecar.engine.consents import record_consent
from sidecar.store import consents, contacts, touches
from sidecar.store import sequences as rows
from sidecar.store.ids import new_id

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import RowMapping

    from sidecar.domain.assent import Answer
    from sidecar.domain.reports import MessageReport
    from sidecar.engine.context import Turn


def ask(turn: Turn, contact_id: str, sequence_id: str, step: str, asking: Asking) -> None:
    """Note that a step asks for consent; a question that was open gives way to it."""
    question_id = new_id("qst", turn.now)
    consents.add_question(
        turn.tx, business_id=turn.business.id, question_id=question_id, contact_id=contact_id,
        sequence_id=sequence_id, step=step, channels=sorted(asking.channels), purpose=asking.purpose,
        about=asking.about, asked_at=turn.now,
    )  # fmt: skip
    turn.record(
        "consent.asked", contact_id=contact_id, sequence_id=sequence_id, step=step, reason=asking.purpose,
        question_id=question_id, channels=sorted(asking.channels),
    )  # fmt: skip


def hear(turn: Turn, contact_id: str, report: MessageReport, intent: str) -> None:
    """See whether a message answers the open question, and record the consent or the refusal.

    Anything but a plain yes or no leaves it open. Nobody who said STOP consents by a YES.
    """
    question = consents.open_question(turn.tx, turn.business.id, contact_id)
    touch = None if question is None else _touch(turn, question)
    at = min(report.at, turn.now)
    if question is None or touch is None or at < touch["intended_at"]:
        return
    last = touches.last_to(turn.tx, turn.business.id, contact_id, until=at)
    moved_on = last is None or last["touch_id"] != touch["touch_id"]
    if moved_on or not is_answerable(touch["intended_at"], at):
        consents.settle_question(turn.tx, question, "lapsed", settled_at=turn.now)
        return
    answer = _answer(turn, contact_id, report, intent, touch)
    if answer == "yes":
        _give(turn, question, touch, report.message_id, at)
    elif answer == "no":
        consents.settle_question(turn.tx, question, "refused", settled_at=turn.now, message_id=report.message_id)
        turn.record(
            "consent.refused", contact_id=contact_id, sequence_id=question["sequence_id"], step=question["step"],
            touch_id=touch["touch_id"], message_id=report.message_id, reason=question["purpose"],
            channels=question["channels"],
        )  # fmt: skip


def _touch(turn: Turn, question: RowMapping) -> RowMapping | None:
    """The touch by which the question went out, or may have; ``None``: it reached nobody."""
    step = rows.step(turn.tx, turn.business.id, question["sequence_id"], question["step"])
    touch = touches.get(turn.tx, turn.business.id, step["touch_id"] or "") if step is not None else None
    if touch is None or touch["state"] not in ("sending", "sent", "unknown"):
        return None
    return None if touch["provider_state"] in ("undelivered", "failed") else touch


def _answer(turn: Turn, contact_id: str, report: MessageReport, intent: str, touch: RowMapping) -> Answer:
    if not _from_asked(turn, report, touch) or report.media or intent not in ("none", "unclear"):
        return "neither"
    answer = plain_answer(report.body)
    if answer != "yes":
        return answer
    stopped = contacts.is_suppressed(turn.tx, turn.business.id, facts.person(turn, contact_id).hashes)
    return "neither" if stopped or intent != "none" else "yes"


def _from_asked(turn: Turn, report: MessageReport, touch: RowMapping) -> bool:
    """Whether the message comes by the way and from the address that the question went to."""
    if report.channel != touch["channel"]:
        return False
    sms = report.channel == "sms"
    sender = people.read_phone(turn.business, report.sender) if sms else report.sender.strip().lower()
    return bool(sender == touch["address"])


def _give(turn: Turn, question: RowMapping, touch: RowMapping, message_id: str, at: datetime) -> None:
    asking = Asking(frozenset(question["channels"]), question["purpose"], question["about"])
    consent = asking.consent(at, touch_id=touch["touch_id"], message_id=message_id)
    consent_id, _ = record_consent(
        turn, question["contact_id"], consent, source="reply", touch_id=touch["touch_id"], message_id=message_id
    )  # fmt: skip
    consents.settle_question(
        turn.tx, question, "given", settled_at=turn.now, message_id=message_id, consent_id=consent_id
    )
