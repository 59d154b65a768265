"""Was that call missed? What a call's reports, taken together, mean.

``CallStatus`` alone misses most misses: once TwiML answers, or the staff
mobile's own voicemail picks up, the parent ends ``completed``. So the verdict
comes from the ``<Dial>`` result *and* evidence that a person accepted.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Literal, TypeVar

if TYPE_CHECKING:
    from sidecar.domain.reports import CallReport

T = TypeVar("T")

CallState = Literal["pending", "answered", "missed", "ignored"]
NumberMode = Literal["ring_staff", "forwarded", "status"]

MISSED_REASONS = ("no_answer", "busy", "failed", "abandoned", "voicemail", "after_hours")

_TAKEN = ("completed", "answered")
_MISSED_STATUS = {"no-answer": "no_answer", "busy": "busy", "failed": "failed", "canceled": "abandoned"}
_ENDED = {"completed", *_MISSED_STATUS}

TOO_OLD = timedelta(hours=2)
"""A call that ended longer ago than this is no longer answered with "I just missed your call": a person decides."""

LIVE = timedelta(minutes=3)
"""So long after we first heard of it, a call that cannot be judged yet counts as one that rings or is spoken."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that is known of one call so far."""

    status: str | None = None
    dial_status: str | None = None
    bridged: bool | None = None
    accepted: bool | None = None
    missed: bool | None = None
    reason: str | None = None
    ring_seconds: int | None = None

    def learn(self, report: CallReport) -> Evidence:
        """Take in one more report, in whatever order reports come.

        An end never turns back into ``ringing``, and an acceptance is never taken back.
        """
        status = self.status if self.status in _ENDED else (report.status or self.status)
        return Evidence(
            status=status,
            dial_status=self.dial_status or report.dial_status,
            bridged=report.bridged if self.bridged is None else self.bridged,
            accepted=True if self.accepted or report.accepted else _first(self.accepted, report.accepted),
            missed=_first(self.missed, report.missed),
            reason=self.reason or report.reason,
            ring_seconds=_first(self.ring_seconds, report.ring_seconds),
        )


def _first(known: T | None, new: T | None) -> T | None:
    return new if known is None else known


@dataclass(frozen=True, slots=True)
class Rules:
    """How calls to one number are judged."""

    mode: NumberMode = "ring_staff"
    press_one: bool = True
    min_ring: timedelta = timedelta(seconds=3)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a call is, and why."""

    state: CallState
    reason: str = ""


PENDING = Verdict("pending")


def judge(evidence: Evidence, rules: Rules, *, log_only: bool = False) -> Verdict:
    """Decide about a call from all that is known of it; ``pending`` until it can be judged.

    ``log_only``: no webhook ever told us of the call, only the provider's own log. A log does not hold who pressed
    1, nor what another's TwiML (a conference, Flex) made of a call, so an answered one is never called missed.
    """
    if evidence.missed is not None:
        return Verdict("missed", evidence.reason or "no_answer") if evidence.missed else Verdict("answered")
    if rules.mode == "forwarded":
        return _judge_forwarded(evidence, rules)
    if evidence.status in _MISSED_STATUS:
        return _missed(_MISSED_STATUS[evidence.status], evidence, rules)
    if rules.mode == "status":
        return Verdict("answered") if evidence.status == "completed" else PENDING
    return _judge_log(evidence, rules) if log_only else _judge_dial(evidence, rules)


def _judge_forwarded(evidence: Evidence, rules: Rules) -> Verdict:
    """The staff's own phones were tried before the call came here: it is a miss as soon as we see it."""
    reason = _MISSED_STATUS.get(evidence.status or "", "no_answer")
    return _missed("no_answer" if reason == "busy" else reason, evidence, rules)


def _judge_dial(evidence: Evidence, rules: Rules) -> Verdict:
    if evidence.dial_status is None:
        return PENDING
    if evidence.dial_status in _MISSED_STATUS:
        return _missed(_MISSED_STATUS[evidence.dial_status], evidence, rules)
    if evidence.accepted or (not rules.press_one and evidence.bridged is not False):
        return Verdict("answered")
    return Verdict("missed", "voicemail")


def _judge_log(evidence: Evidence, rules: Rules) -> Verdict:
    """A completed parent that only the log knows: missed where every leg to the staff says so."""
    no_leg = evidence.dial_status in (None, "failed") and evidence.bridged is None
    spoken = evidence.dial_status in _TAKEN and evidence.bridged is not False and evidence.accepted is not False
    if evidence.status == "completed" and (no_leg or spoken):
        return Verdict("answered", "log_only")
    return _judge_dial(evidence, rules)


def _missed(reason: str, evidence: Evidence, rules: Rules) -> Verdict:
    rang = evidence.ring_seconds
    if reason == "abandoned" and rang is not None and timedelta(seconds=rang) < rules.min_ring:
        return Verdict("ignored", "too_short")
    return Verdict("missed", reason)


Opening = Literal["open", "fold", "supersede", "cool_down"]


def opening(
    now: datetime,
    *,
    open_since: datetime | None,
    last_closed_at: datetime | None,
    fold_within: timedelta,
    cool_down: timedelta,
    held: bool = False,
) -> Opening:
    """What a missed call does to the contact's sequences.

    Args:
        now: when the call was missed (UTC).
        open_since: when the last call of the open sequence came, if one is open.
        last_closed_at: when the last closed sequence ended, if none is open.
        fold_within: a repeat call within this joins the open sequence; a later one supersedes it.
        cool_down: after a sequence closed, a call within this opens none; staff are alerted all the same.
        held: a person paused the open sequence: a call never takes that decision from them.
    """
    if open_since is not None:
        return "fold" if held or now - open_since <= fold_within else "supersede"
    if last_closed_at is not None and now - last_closed_at < cool_down:
        return "cool_down"
    return "open"
