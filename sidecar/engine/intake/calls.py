"""A report of a call becomes one transaction: the call's row, the verdict, and what the verdict starts."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from sidecar.domain import phones
from sidecar.domain.calls import TOO_OLD, Rules, Verdict, judge, opening
from sidecar.domain.consent import from_inquiry
from sidecar.engine import facts, opt_out_rate, people, sequences
from sidecar.engine.results import CallResult, FlowRef, Invalid
from sidecar.store import calls, consents, contacts
from sidecar.store import sequences as rows

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import RowMapping

    from sidecar.config.business import Number
    from sidecar.domain.reports import CallReport
    from sidecar.engine.context import Turn
    from sidecar.engine.results import CallDecision

ALERTED_REASONS = ("anonymous", "unreadable_caller")
"""Ignored calls that staff hear of all the same: somebody wanted something, and only a person can know who."""

OPENED = ("opened", "superseded")
"""Decisions upon a call that opened a sequence of its own."""


def record_call(turn: Turn, report: CallReport, *, flow: FlowRef | None, source: str) -> CallResult:
    """Take in one report of one call, whatever was reported of it before.

    Raises:
        Invalid: the report names no number of this business and the call is not known.
    """
    business = turn.business
    report = _readable(turn, report)
    row = calls.get(turn.tx, business.id, report.call_id, lock=True)
    number = _number(turn, row, report)
    if row is None:
        row = _add(turn, report, number, flow, source)
    elif row["state"] != "pending":
        _join_flow(turn, row, flow)
        return _as_it_stands(row)
    driver = flow or _told_before(row)
    report = replace(report, variant=report.variant or row["variant"], ended_at=report.ended_at or row["ended_at"])
    evidence = calls.evidence_of(row).learn(report)
    caller = row["caller"] if row["caller"] is not None else report.caller
    log_only = row["recovered"] and source == "log"
    verdict = _verdict(turn, number, caller, judge(evidence, _rules(turn, number), log_only=log_only))
    calls.change(
        turn.tx, business.id, report.call_id, caller=caller, status=evidence.status,
        dial_status=evidence.dial_status, bridged=evidence.bridged, accepted=evidence.accepted,
        missed=evidence.missed, missed_reason=evidence.reason, ring_seconds=evidence.ring_seconds,
        started_at=row["started_at"] or report.started_at, ended_at=report.ended_at,
        forwarded_from=row["forwarded_from"] or report.forwarded_from, flow=_kept(driver),
    )  # fmt: skip
    if verdict.state == "pending":
        if report.accepted and (contact_id := _known(turn, caller)) is not None:
            _close_answered(turn, contact_id)  # they speak to staff now: nobody rings or texts them meanwhile
        return CallResult(report.call_id, "pending", "", "pending")
    return _judged(turn, report, number, caller, verdict, driver)


def _readable(turn: Turn, report: CallReport) -> CallReport:
    """The report with the caller as E.164, if it names a phone, and with nothing longer than its column."""
    caller = report.caller
    if caller is not None and not phones.is_anonymous(caller):
        with contextlib.suppress(Invalid):
            caller = people.read_phone(turn.business, caller, field="from")
    return replace(
        report,
        caller=calls.fit("caller", caller),
        forwarded_from=calls.fit("forwarded_from", report.forwarded_from),
        caller_name=calls.fit("caller_name", report.caller_name),
        status=calls.fit("status", report.status),
    )


def _is_phone(turn: Turn, caller: str) -> bool:
    try:
        return people.read_phone(turn.business, caller) == caller
    except Invalid:
        return False


def _known(turn: Turn, caller: str | None) -> str | None:
    """The contact who calls, if we know one."""
    return people.find_contact(turn, phone=caller) if caller and not phones.is_anonymous(caller) else None


def _number(turn: Turn, row: RowMapping | None, report: CallReport) -> Number:
    called = row["number"] if row is not None else report.to
    number = turn.business.number(called) if called else None
    if number is None:
        message = "the report names no number of this business"
        raise Invalid(message, field="to", remedy="add the number that was called to `numbers` in the business file")
    return number


def _add(turn: Turn, report: CallReport, number: Number, flow: FlowRef | None, source: str) -> RowMapping:
    local = turn.now.astimezone(ZoneInfo(turn.business.zone))
    calls.add(
        turn.tx, business_id=turn.business.id, call_id=report.call_id, provider=report.provider, number=number.e164,
        caller=report.caller, caller_name=report.caller_name, state="pending", variant=report.variant,
        flow=_kept(flow), heard_at=turn.now,
        local_weekday=local.weekday(), local_hour=local.hour, recovered=source == "log",
    )  # fmt: skip
    turn.record("call.recorded", call_id=report.call_id, reason=source)
    row = calls.get(turn.tx, turn.business.id, report.call_id)
    assert row is not None  # noqa: S101 - added just now
    return row


def _kept(flow: FlowRef | None) -> dict[str, str] | None:
    return None if flow is None else {"platform": flow.platform, "execution_id": flow.execution_id}


def _told_before(row: RowMapping) -> FlowRef | None:
    """The flow that spoke of the call while it could not be judged yet."""
    return None if row["flow"] is None else FlowRef(row["flow"]["platform"], row["flow"]["execution_id"])


def _join_flow(turn: Turn, row: RowMapping, flow: FlowRef | None) -> None:
    """The straight webhook came first and the flow reports the same call now: it drives what the call opened."""
    if flow is not None and row["flow"] is None and row["decision"] in OPENED:
        calls.change(turn.tx, turn.business.id, row["call_id"], flow=_kept(flow))
        rows.change(
            turn.tx, turn.business.id, row["sequence_id"],
            flow_platform=flow.platform, flow_execution=flow.execution_id,
        )  # fmt: skip


def _as_it_stands(row: RowMapping) -> CallResult:
    return CallResult(
        row["call_id"],
        row["state"],
        row["reason"],
        row["decision"],
        row["contact_id"],
        row["sequence_id"],
        already=True,
    )


def _rules(turn: Turn, number: Number) -> Rules:
    return Rules(number.mode, number.press_one, turn.business.min_ring)


def _verdict(turn: Turn, number: Number, caller: str | None, verdict: Verdict) -> Verdict:
    """Who called can make a missed call no lead at all."""
    if verdict.state != "missed":
        return verdict
    if caller is None or phones.is_anonymous(caller):
        return Verdict("ignored", "anonymous")
    if caller in turn.business.internal or caller in number.ring or turn.business.number(caller) is not None:
        return Verdict("ignored", "internal")
    if caller in turn.business.blocked:
        return Verdict("ignored", "blocked")
    return verdict if _is_phone(turn, caller) else Verdict("ignored", "unreadable_caller")


def _judged(
    turn: Turn, report: CallReport, number: Number, caller: str | None, verdict: Verdict, flow: FlowRef | None
) -> CallResult:
    if verdict.state == "missed" and caller is not None:
        return _missed(turn, report, number, caller, verdict, flow)
    contact_id = _known(turn, caller)
    if verdict.state == "answered" and contact_id is not None:
        _close_answered(turn, contact_id, report.ended_at)
    if verdict.reason in ALERTED_REASONS:
        turn.alert("missed_call", call_id=report.call_id, reason=verdict.reason)
    decision: CallDecision = "answered" if verdict.state == "answered" else "ignored"
    return _conclude(turn, report.call_id, verdict, decision, contact_id, None)


def _close_answered(turn: Turn, contact_id: str, ended_at: datetime | None = None) -> None:
    """They spoke to staff. A call found late in a log answers no sequence that a later call has opened."""
    facts.person(turn, contact_id, lock=True)
    sequence = rows.open_of(turn.tx, turn.business.id, contact_id)
    opened_by = calls.get(turn.tx, turn.business.id, sequence["call_id"] or "") if sequence is not None else None
    missed_at = opened_by["ended_at"] if opened_by is not None else None
    if sequence is not None and not (ended_at and missed_at and ended_at < missed_at):
        sequences.close_sequence(turn, sequence, "answered", outcome="human_answered")


def _missed(
    turn: Turn, report: CallReport, number: Number, caller: str, verdict: Verdict, flow: FlowRef | None
) -> CallResult:
    """The one decision of a missed call: open, fold, supersede, or leave the person alone."""
    business = turn.business
    contact_id = people.contact_of(turn, phone=caller)
    who = facts.person(turn, contact_id, lock=True)
    contacts.change(turn.tx, business.id, contact_id, last_call_at=turn.now)
    if contacts.is_suppressed(turn.tx, business.id, who.hashes):
        turn.alert("missed_call", call_id=report.call_id, contact_id=contact_id, reason="suppressed")
        return _conclude(turn, report.call_id, verdict, "suppressed", contact_id, None)
    ended_at = min(report.ended_at or turn.now, turn.now)
    if turn.now - ended_at > TOO_OLD:
        turn.alert("missed_call", call_id=report.call_id, contact_id=contact_id, reason="too_late")
        return _conclude(turn, report.call_id, verdict, "too_late", contact_id, None)
    inquiry = from_inquiry(business.preset, turn.now, f"missed call {report.call_id}")
    consents.add(turn.tx, business.id, contact_id, inquiry, turn.now)
    sequence = rows.open_of(turn.tx, business.id, contact_id)
    latest = None if sequence else rows.latest_of(turn.tx, business.id, contact_id)
    what = opening(
        turn.now,
        open_since=sequence["last_call_at"] if sequence else None,
        # What only holds an answer or a confirmation was no sequence that they were followed up in.
        last_closed_at=latest["closed_at"] if latest and latest["playbook"] else None,
        fold_within=business.fold_within,
        cool_down=business.cool_down,
        held=sequence is not None and sequence["state"] == "held",
    )
    if what == "fold" and sequence is not None:
        return _fold(turn, report, verdict, contact_id, sequence)
    if what == "cool_down":
        turn.alert("missed_call", call_id=report.call_id, contact_id=contact_id, reason="cooling_down")
        return _conclude(turn, report.call_id, verdict, "cooling_down", contact_id, None)
    if opt_out_rate.is_paused(turn, business.playbook_for(number).name):
        turn.alert("missed_call", call_id=report.call_id, contact_id=contact_id, reason="paused")
        return _conclude(turn, report.call_id, verdict, "paused", contact_id, None)
    if sequence is not None:
        sequences.close_sequence(turn, sequence, "superseded")
    sequence_id = sequences.open_sequence(
        turn, contact_id=contact_id, call_id=report.call_id, number=number,
        variant=report.variant or number.variant, call_at=ended_at, flow=flow,
    )  # fmt: skip
    decision: CallDecision = "superseded" if sequence is not None else "opened"
    return _conclude(turn, report.call_id, verdict, decision, contact_id, sequence_id)


def _fold(turn: Turn, report: CallReport, verdict: Verdict, contact_id: str, sequence: RowMapping) -> CallResult:
    rows.change(turn.tx, turn.business.id, sequence["sequence_id"], last_call_at=turn.now)
    why = "held" if sequence["state"] == "held" else "folded"
    turn.alert(
        "missed_call", call_id=report.call_id, contact_id=contact_id, reason=why,
        sequence_id=sequence["sequence_id"],
    )  # fmt: skip
    return _conclude(turn, report.call_id, verdict, "folded", contact_id, sequence["sequence_id"])


def _conclude(
    turn: Turn,
    call_id: str,
    verdict: Verdict,
    decision: CallDecision,
    contact_id: str | None,
    sequence_id: str | None,
) -> CallResult:
    calls.change(
        turn.tx, turn.business.id, call_id, state=verdict.state, reason=verdict.reason, decision=decision,
        judged_at=turn.now, contact_id=contact_id, sequence_id=sequence_id,
    )  # fmt: skip
    turn.record(
        f"call.{verdict.state}", contact_id=contact_id, sequence_id=sequence_id, call_id=call_id,
        reason=verdict.reason, decision=decision,
    )  # fmt: skip
    return CallResult(call_id, verdict.state, verdict.reason, decision, contact_id, sequence_id)
