"""What a person said to our voice agent is read as a text of theirs is: a STOP holds though the agent missed it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

from sidecar.domain import optout
from sidecar.engine import sequences
from sidecar.store import sequences as rows

if TYPE_CHECKING:
    from sqlalchemy import RowMapping

    from sidecar.domain.reports import VoiceReport
    from sidecar.engine.context import Turn

_AMBIGUOUS_ALOUD: Final = frozenset({"keyword", "stop_as_a_sentence"})
"""Rules that need more than a spoken word: "stop" to somebody who is speaking may mean the speaking."""

Heard = Literal["opted_out", "complained", "unclear"]
"""They asked not to be contacted; they complained that they are; they may have done either."""


def of(report: VoiceReport, known: str | None) -> Heard | None:
    """What was heard beyond what the agent noted; nothing before the analysis, which knows a voicemail's greeting.

    Args:
        report: how the call went.
        known: what has been noted of this call before, by the agent's own tool perhaps.
    """
    if report.stage != "analyzed" or not report.reached or report.in_voicemail:
        return None
    if any(optout.is_complaint(text) for text in report.said):
        return "complained"
    if {report.outcome, known} & {"opted_out", "complained"}:
        return None
    read = [optout.classify_reason(text) for text in report.said]
    if any(intent == "opt_out" and rule not in _AMBIGUOUS_ALOUD for intent, rule in read):
        return "opted_out"
    return "unclear" if any(intent in ("opt_out", "unclear") for intent, _ in read) else None


def doubt(turn: Turn, touch: RowMapping) -> None:
    """They may have said STOP, and the agent did not note it: what is open waits until a person has looked."""
    standing = rows.open_of(turn.tx, turn.business.id, touch["contact_id"])
    if standing is not None and standing["state"] == "open":
        sequences.hold_sequence(turn, standing, "unclear_stop")
    turn.alert(
        "unclear", contact_id=touch["contact_id"], sequence_id=touch["sequence_id"], reason="said_on_the_phone"
    )  # fmt: skip
