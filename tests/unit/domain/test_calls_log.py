"""A call that only the provider's log tells of is never called missed where somebody may have spoken to the caller."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from sidecar.domain.calls import Evidence, Rules, Verdict, judge, opening

NOW = datetime(2026, 11, 18, 10, 0, tzinfo=UTC)
SPOKEN = Verdict("answered", "log_only")


@pytest.mark.parametrize(
    ("evidence", "verdict"),
    [
        (Evidence(status="completed", dial_status="completed", bridged=True), SPOKEN),
        (Evidence(status="completed", dial_status="failed", bridged=None), SPOKEN),  # no leg: a conference, Flex
        (Evidence(status="completed", dial_status="completed", bridged=False), Verdict("missed", "voicemail")),
        (Evidence("completed", "completed", bridged=True, accepted=False), Verdict("missed", "voicemail")),
        (Evidence(status="completed", dial_status="no-answer", bridged=True), Verdict("missed", "no_answer")),
        (Evidence(status="completed", dial_status="failed", bridged=False), Verdict("missed", "failed")),
        (Evidence(status="no-answer"), Verdict("missed", "no_answer")),
        (Evidence(status="canceled", ring_seconds=9), Verdict("missed", "abandoned")),
    ],
)
def test_what_the_log_alone_says_of_a_call(evidence: Evidence, verdict: Verdict) -> None:
    assert judge(evidence, Rules(), log_only=True) == verdict


def test_what_a_webhook_told_of_is_judged_as_ever() -> None:
    evidence = Evidence(status="completed", dial_status="completed", bridged=True)
    assert judge(evidence, Rules()) == Verdict("missed", "voicemail")
    assert judge(Evidence(status="completed", dial_status="failed"), Rules()) == Verdict("missed", "failed")


@pytest.mark.parametrize(("held", "what"), [(True, "fold"), (False, "supersede")])
def test_a_call_never_takes_a_held_sequence_from_the_person_who_holds_it(held: bool, what: str) -> None:
    half_hour, long_ago = timedelta(minutes=30), NOW - timedelta(days=2)
    found = opening(
        NOW, open_since=long_ago, last_closed_at=None, fold_within=half_hour, cool_down=half_hour, held=held
    )
    assert found == what
