"""What became of a lead: outcomes, and what our voice agent and our messages report back."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sidecar.channels.port import Accepted
from sidecar.domain import phones
from sidecar.engine import facts, gating, people, sending, sequences, stopping
from sidecar.engine.intake import hearing
from sidecar.engine.results import NotFound, OptResult, OutcomeResult
from sidecar.store import contacts, touches
from sidecar.store import sequences as rows

if TYPE_CHECKING:
    from sqlalchemy import RowMapping

    from sidecar.domain.reports import DeliveryReport, Outcome, SpokenStop, VoiceReport
    from sidecar.engine.context import Turn

CLOSING = frozenset({"human_answered", "booked", "transferred", "converted", "complained", "opted_out"})
STOPPING = frozenset({"complained", "opted_out"})
"""A complaint is a STOP too, whatever words it used."""
ALERTED = frozenset({"complained", "booked", "transferred"})
"""A person must hear of it, whether or not a sequence of ours led to it."""

RANK = {"": 0, "accepted": 1, "sent": 2, "delivered": 3, "undelivered": 3, "failed": 3}
"""Delivery reports come late, twice and out of order: a state never goes down a rank."""

STAGES = {"started": 1, "ended": 2, "analyzed": 3}
"""What is reported of a call comes out of order too: only the analysis knows a voicemail."""


def record_outcome(
    turn: Turn,
    outcome: Outcome,
    contact_id: str,
    *,
    sequence_id: str | None,
    source: str,
    force: bool,
    value_minor: int | None = None,
    currency: str | None = None,
    during: str | None = None,
) -> OutcomeResult:
    """Record an outcome on a person's sequence (the given one, the open one, or the latest) and act on it.

    ``during``: the call that is still going on in which a STOP was said (see :func:`stopping.stop`).

    Raises:
        NotFound: the sequence is not one of this business.
        stopping.Leased: it is a STOP, and a request is under way; nothing is written then.
    """
    alerted = outcome in ALERTED
    if outcome in STOPPING:
        complaint = outcome == "complained"
        stopped = stopping.stop(
            turn, contact_id, source=f"outcome_{source}", force=force, during=during, complaint=complaint
        )  # fmt: skip
        alerted = alerted or (source == "voice" and stopped.changed)  # in their own words: staff hear of it
    facts.lock(turn, contact_id)
    sequence = _sequence(turn, contact_id, sequence_id)
    turn.record(
        "outcome.recorded", contact_id=contact_id, sequence_id=sequence["sequence_id"] if sequence else None,
        reason=outcome, source=source, value_minor=value_minor,
    )  # fmt: skip
    if alerted:
        turn.alert(
            outcome, contact_id=contact_id, sequence_id=sequence["sequence_id"] if sequence else None,
            reason="said_on_the_phone" if source == "voice" and outcome in STOPPING else None,
        )  # fmt: skip
    if sequence is None:
        return OutcomeResult(outcome, contact_id, None, "")
    values: dict[str, Any] = {"outcome": outcome}
    if value_minor is not None:
        values |= {"value_minor": value_minor, "currency": currency or turn.business.currency}
    rows.change(turn.tx, turn.business.id, sequence["sequence_id"], **values)
    _end(turn, outcome, contact_id, sequence)
    after = rows.get(turn.tx, turn.business.id, sequence["sequence_id"])
    return OutcomeResult(outcome, contact_id, sequence["sequence_id"], after["state"] if after else "")


def record_complaint(turn: Turn, contact_id: str, *, sequence_id: str | None, source: str, message_id: str) -> None:
    """The outcome of a complaint in a person's own words, beside the STOP that it is: staff read it at once.

    Nothing confirms it to them: whoever complains of our messages hears from a person or from nobody.
    """
    turn.record(
        "outcome.recorded", contact_id=contact_id, sequence_id=sequence_id, message_id=message_id,
        reason="complained", source=source,
    )  # fmt: skip
    if sequence_id is not None:
        rows.change(turn.tx, turn.business.id, sequence_id, outcome="complained")
    turn.alert("complained", contact_id=contact_id, sequence_id=sequence_id, message_id=message_id)


def _end(turn: Turn, outcome: Outcome, contact_id: str, sequence: RowMapping) -> None:
    """Close what the outcome ends: the sequence that it was reported of, and whatever else is open for them."""
    if sequence["state"] != "closed":
        if outcome in CLOSING:
            sequences.close_sequence(turn, sequence, outcome, outcome=outcome)
        elif outcome == "not_now":
            sequences.cancel_steps(turn, sequence, "voice", "not_now")
    standing = rows.open_of(turn.tx, turn.business.id, contact_id) if outcome in CLOSING else None
    if standing is not None:  # the outcome itself counts once, on the sequence that it was reported of
        sequences.close_sequence(turn, standing, outcome)


def _sequence(turn: Turn, contact_id: str, sequence_id: str | None) -> RowMapping | None:
    if sequence_id is None:
        found = rows.open_of(turn.tx, turn.business.id, contact_id)
        return found or rows.latest_of(turn.tx, turn.business.id, contact_id)
    found = rows.get(turn.tx, turn.business.id, sequence_id)
    if found is None:
        message = f"no sequence {sequence_id}"
        raise NotFound(message, field="sequence_id", remedy="take the id from the answer to POST /v1/calls")
    return found


def _touch(turn: Turn, touch_id: str | None, provider_id: str) -> RowMapping | None:
    found = touches.get(turn.tx, turn.business.id, touch_id) if touch_id else None
    found = found or touches.by_provider_id(turn.tx, turn.business.id, provider_id)
    return found if found is not None and found["address"] else None  # without an address: they were forgotten


def arrived(turn: Turn, touch: RowMapping, provider_id: str, *, stale: bool) -> RowMapping:
    """The provider speaks of a touch whose fate we may not know: it was sent. Its row, as it stands then."""
    if touch["state"] == "sending":
        # Its sender may have died: should it have, `reconcile` finds the provider's id and need not ask.
        touches.change(turn.tx, turn.business.id, touch["touch_id"], was=("sending",), provider_id=provider_id)
    elif touch["state"] == "unknown":
        sending.record_accepted(turn, gating.ref_of(touch), Accepted(provider_id))
    elif not stale:
        return touch
    return touches.get(turn.tx, turn.business.id, touch["touch_id"]) or touch


def record_delivery(turn: Turn, report: DeliveryReport, *, force: bool) -> None:
    """What became of a text or an email, by rank.

    Raises:
        stopping.Leased: the report is a STOP (21610), and a request is under way; nothing is written then.
    """
    touch = _touch(turn, report.touch_id, report.provider_id)
    if touch is None:
        return
    stale = facts.lock(turn, touch["contact_id"])
    if report.opted_out:
        stopping.stop(
            turn, touch["contact_id"], source="twilio_21610", force=force, refused=touch["touch_id"]
        )  # fmt: skip
    touch = arrived(turn, touch, report.provider_id, stale=stale)
    if RANK[report.state] <= RANK[touch["provider_state"]]:
        return
    touches.change(
        turn.tx, turn.business.id, touch["touch_id"],
        provider_state=report.state, code=report.code or touch["code"], settled_at=report.at,
    )  # fmt: skip
    if report.state in ("delivered", "undelivered", "failed"):
        state = "delivered" if report.state == "delivered" else "undelivered"
        rows.change_step(
            turn.tx, turn.business.id, touch["sequence_id"], touch["step"], was=("sent",),
            state=state, reason=report.code,
        )  # fmt: skip
        turn.record(
            f"touch.{state}", contact_id=touch["contact_id"], sequence_id=touch["sequence_id"], step=touch["step"],
            touch_id=touch["touch_id"], reason=report.code,
        )  # fmt: skip
        if state == "undelivered":
            _first_text_lost(turn, touch, "landline" if report.not_textable else "undelivered")
    if report.not_textable and not phones.is_anonymous(touch["address"]):
        contacts.mark_unreachable(turn.tx, turn.business.id, touch["address"], "landline")
    if report.hold:
        held = touch["sender"] if report.hold == "sender" else _words(turn, touch)
        touches.hold(turn.tx, turn.business.id, held, report.code)
    if report.alert:
        turn.alert("operator", touch_id=touch["touch_id"], sequence_id=touch["sequence_id"], reason=report.alert)


def _first_text_lost(turn: Turn, touch: RowMapping, reason: str) -> None:
    """The first text did not arrive and they have not replied: a person is asked, as if it had been skipped."""
    sequence = rows.get(turn.tx, turn.business.id, touch["sequence_id"])
    row = rows.step(turn.tx, turn.business.id, touch["sequence_id"], touch["step"])
    if sequence is None or row is None or sequence["replied_at"] is not None:
        return
    if row["ordinal"] != 0 or touch["channel"] != "sms":
        return
    definition = sequences.step_of(turn, sequence, row["name"])
    if sequence["reason"] == "exhausted":  # that text was all there was, and its report comes after the end
        turn.alert(
            "missed_call", call_id=sequence["call_id"], contact_id=touch["contact_id"],
            sequence_id=touch["sequence_id"], reason="undelivered",
        )  # fmt: skip
    elif definition is not None:
        gating.ask_person(turn, facts.person(turn, touch["contact_id"]), sequence, row, definition, reason)


def _words(turn: Turn, touch: RowMapping) -> str:
    sequence = rows.get(turn.tx, turn.business.id, touch["sequence_id"])
    assert sequence is not None  # noqa: S101 - a touch always has its sequence
    return facts.words_of(sequence, touch["step"])


def record_voice(turn: Turn, report: VoiceReport, *, force: bool) -> None:
    """How our agent's call went; each outcome of a call is acted upon once.

    Raises:
        stopping.Leased: they said STOP on the phone, and a request is under way; nothing is written then.
    """
    touch = _touch(turn, report.touch_id, report.provider_id)
    if touch is None:
        return
    facts.lock(turn, touch["contact_id"])
    touch = touches.get(turn.tx, turn.business.id, touch["touch_id"]) or touch
    details = dict(touch["details"] or {})
    heard = hearing.of(report, details.get("outcome"))
    if heard is not None and heard != "unclear":
        report = replace(report, outcome=heard)
    # A report that a later stage has overtaken tells nothing but its own time; a STOP holds whenever it comes.
    late = any(f"{stage}_at" in details for stage, rank in STAGES.items() if rank > STAGES[report.stage])
    outcome = _outcome(details.get("outcome"), report.outcome, late=late)
    if outcome is not None:
        record_outcome(
            turn, outcome, touch["contact_id"], sequence_id=touch["sequence_id"], source="voice", force=force
        )  # fmt: skip
    touch = arrived(turn, touch, report.provider_id, stale=True)
    seen = f"{report.stage}_at"
    if seen not in details:
        turn.record(
            f"voice.{report.stage}", contact_id=touch["contact_id"], sequence_id=touch["sequence_id"],
            step=touch["step"], touch_id=touch["touch_id"], reason=report.reason,
            reached=report.reached,
        )  # fmt: skip
        if heard == "unclear":
            hearing.doubt(turn, touch)
        if report.alert:
            turn.alert("operator", touch_id=touch["touch_id"], sequence_id=touch["sequence_id"], reason=report.alert)
    details[seen] = report.at.isoformat()
    learnt = {
        "reached": report.reached, "reason": report.reason or None, "in_voicemail": report.in_voicemail,
        "duration_ms": report.duration_ms, "outcome": outcome, "summary": report.summary or None,
    }  # fmt: skip
    known = {name: value for name, value in learnt.items() if value is not None}
    details = known | details if late else details | known
    touches.change(turn.tx, turn.business.id, touch["touch_id"], details=details)
    if report.stage != "started" and not late:
        _voice_over(turn, touch, report)


def _outcome(known: str | None, told: Outcome | None, *, late: bool) -> Outcome | None:
    """What a report tells anew: once they said STOP, nothing takes that back, and only a complaint adds to it."""
    if told is None or told == known:
        return None
    if told in STOPPING:
        return None if known == "complained" else told
    return None if late or known in STOPPING else told


def record_spoken_stop(turn: Turn, stop: SpokenStop, *, force: bool) -> OptResult:
    """They said STOP to our agent, who is still on the line with them: nothing more, but the agent's goodbye.

    Raises:
        NotFound: the call is none of ours and shows no number, so nobody can be suppressed.
        stopping.Leased: a request to them is under way; nothing is written then.
    """
    touch = _touch(turn, stop.touch_id, stop.provider_id)
    contact_id = touch["contact_id"] if touch is not None else _on_the_line(turn, stop)
    was = contacts.is_suppressed(turn.tx, turn.business.id, facts.person(turn, contact_id).hashes)
    details = dict(touch["details"] or {}) if touch is not None else {}
    done = was if touch is None else details.get("outcome") in STOPPING
    if not done:
        record_outcome(
            turn, "opted_out", contact_id, sequence_id=touch["sequence_id"] if touch is not None else None,
            source="voice", force=force, during=touch["touch_id"] if touch is not None else None,
        )  # fmt: skip
        if touch is not None:
            details["outcome"] = "opted_out"
            touches.change(turn.tx, turn.business.id, touch["touch_id"], details=details)
    return OptResult(contact_id, suppressed=True, changed=not was)


def _on_the_line(turn: Turn, stop: SpokenStop) -> str:
    """Whose number is on the line, where no touch of ours placed the call: they rang the agent themselves."""
    if phones.is_anonymous(stop.phone):
        message = "this call is none of ours, and it shows no phone number"
        raise NotFound(message, field="call.call_id", remedy="record the opt-out by POST /v1/contacts/opt-out")
    return people.contact_of(turn, phone=people.read_phone(turn.business, stop.phone or "", field="call.to_number"))


def _voice_over(turn: Turn, touch: RowMapping, report: VoiceReport) -> None:
    state = "delivered" if report.reached else "undelivered"
    if report.stage == "ended" or report.reached is not None:
        touches.change(turn.tx, turn.business.id, touch["touch_id"], provider_state=state)
        rows.change_step(
            turn.tx, turn.business.id, touch["sequence_id"], touch["step"], was=("sent", "undelivered"),
            state=state, reason=report.reason,
        )  # fmt: skip
