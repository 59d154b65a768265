"""Was it missed? Every set-up of facts.md, with reports in whatever order they come."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sidecar.domain.calls import MISSED_REASONS, Evidence, Rules, Verdict, judge, opening
from sidecar.domain.reports import CallReport

if TYPE_CHECKING:
    from collections.abc import Sequence

NOW = datetime(2026, 11, 18, 10, 0, tzinfo=UTC)
RINGS = Rules()
VOICEMAIL_OFF = Rules(press_one=False)


def report(**fields: Any) -> CallReport:
    return CallReport("CA1", "twilio", NOW, **fields)


def told(reports: Sequence[CallReport]) -> Evidence:
    evidence = Evidence()
    for each in reports:
        evidence = evidence.learn(each)
    return evidence


@pytest.mark.parametrize(
    ("rules", "reports", "state", "reason"),
    [
        (RINGS, [{"status": "ringing"}], "pending", ""),
        (RINGS, [{"status": "completed"}], "pending", ""),
        (RINGS, [{"status": "no-answer"}], "missed", "no_answer"),
        (RINGS, [{"status": "busy"}], "missed", "busy"),
        (RINGS, [{"status": "failed"}], "missed", "failed"),
        (RINGS, [{"status": "canceled", "ring_seconds": 8}], "missed", "abandoned"),
        (RINGS, [{"status": "canceled", "ring_seconds": 2}], "ignored", "too_short"),
        (RINGS, [{"status": "canceled"}], "missed", "abandoned"),
        (RINGS, [{"dial_status": "no-answer"}, {"status": "completed"}], "missed", "no_answer"),
        (RINGS, [{"dial_status": "busy"}], "missed", "busy"),
        (RINGS, [{"dial_status": "canceled", "ring_seconds": 1}], "ignored", "too_short"),
        (RINGS, [{"dial_status": "completed", "bridged": True}], "missed", "voicemail"),
        (RINGS, [{"dial_status": "completed", "bridged": True}, {"accepted": False}], "missed", "voicemail"),
        (RINGS, [{"dial_status": "completed", "bridged": True}, {"accepted": True}], "answered", ""),
        (VOICEMAIL_OFF, [{"dial_status": "completed", "bridged": True}], "answered", ""),
        (VOICEMAIL_OFF, [{"dial_status": "completed"}], "answered", ""),
        (VOICEMAIL_OFF, [{"dial_status": "completed", "bridged": False}], "missed", "voicemail"),
        (Rules("forwarded"), [{"status": "ringing"}], "missed", "no_answer"),
        (Rules("forwarded"), [{"status": "busy"}], "missed", "no_answer"),
        (Rules("forwarded"), [{"status": "canceled", "ring_seconds": 1}], "ignored", "too_short"),
        (Rules("status"), [{"status": "in-progress"}], "pending", ""),
        (Rules("status"), [{"status": "completed"}], "answered", ""),
        (Rules("status"), [{"status": "no-answer"}], "missed", "no_answer"),
        (RINGS, [{"missed": True, "reason": "after_hours"}], "missed", "after_hours"),
        (RINGS, [{"missed": True}], "missed", "no_answer"),
        (RINGS, [{"missed": False}], "answered", ""),
    ],
)
def test_the_verdict_does_not_depend_on_the_order_of_the_reports(
    rules: Rules, reports: list[dict[str, Any]], state: str, reason: str
) -> None:
    for order in permutations(reports):
        assert judge(told([report(**fields) for fields in order]), rules) == Verdict(state, reason)  # type: ignore[arg-type]


def test_an_end_never_turns_back_and_a_press_is_never_taken_back() -> None:
    evidence = told([report(status="completed"), report(status="ringing"), report(status="in-progress")])
    assert evidence.status == "completed"
    assert told([report(accepted=True), report(accepted=False)]).accepted is True
    assert told([report(accepted=False), report(accepted=True)]).accepted is True


REPORTS = st.builds(
    report,
    status=st.sampled_from([None, "queued", "ringing", "in-progress", "completed", "busy", "no-answer", "failed",
                            "canceled"]),
    dial_status=st.sampled_from([None, "completed", "answered", "busy", "no-answer", "failed", "canceled"]),
    bridged=st.sampled_from([None, True, False]),
    accepted=st.sampled_from([None, True, False]),
    missed=st.sampled_from([None, True, False]),
    ring_seconds=st.sampled_from([None, 0, 2, 3, 40]),
)  # fmt: skip
RULES = st.builds(Rules, mode=st.sampled_from(["ring_staff", "forwarded", "status"]), press_one=st.booleans())


@given(st.lists(REPORTS, max_size=5), RULES)
def test_every_verdict_is_one_of_the_words_of_the_design(reports: list[CallReport], rules: Rules) -> None:
    verdict = judge(told(reports), rules)
    allowed = {"pending": {""}, "answered": {""}, "missed": set(MISSED_REASONS), "ignored": {"too_short"}}
    assert verdict.reason in allowed[verdict.state]


@given(st.lists(REPORTS, min_size=1, max_size=5), RULES)
def test_a_report_that_comes_twice_changes_nothing(reports: list[CallReport], rules: Rules) -> None:
    once = judge(told(reports), rules)
    twice = judge(told([each for each in reports for _ in range(2)]), rules)
    assert once == twice


HALF_HOUR = timedelta(minutes=30)


@pytest.mark.parametrize(
    ("open_for", "closed_for", "wanted"),
    [
        (None, None, "open"),
        (0, None, "fold"),
        (30, None, "fold"),
        (31, None, "supersede"),
        (None, 0, "cool_down"),
        (None, 29, "cool_down"),
        (None, 30, "open"),
        (5, 5, "fold"),
    ],
)
def test_what_a_missed_call_does_to_the_persons_sequences(
    open_for: int | None, closed_for: int | None, wanted: str
) -> None:
    def ago(minutes: int | None) -> datetime | None:
        return None if minutes is None else NOW - timedelta(minutes=minutes)

    found = opening(
        NOW, open_since=ago(open_for), last_closed_at=ago(closed_for), fold_within=HALF_HOUR, cool_down=HALF_HOUR
    )
    assert found == wanted


def test_without_a_cool_down_a_call_right_after_the_end_opens() -> None:
    found = opening(NOW, open_since=None, last_closed_at=NOW, fold_within=HALF_HOUR, cool_down=timedelta())
    assert found == "open"
